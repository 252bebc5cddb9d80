"""The training loop: the file to read first. It names the steps of a run; the files it imports do them.

prompts → rollouts → verdicts → rewards → advantages → update → weights → log, evaluate, checkpoint
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from rlcode.ahead import Ahead, leave_dead, load_pending, save_pending
from rlcode.checkpoint import Checkpoints, RunState
from rlcode.cluster import Workers, ray_cluster, start_workers
from rlcode.config import TrainConfig
from rlcode.evaluate import evaluate
from rlcode.experience import Experience, gather
from rlcode.interrupt import Interrupt
from rlcode.learning import learn
from rlcode.preparation import Prepared
from rlcode.report import build_report
from rlcode.rewarding import Rewarder
from rlcode.sampler import ProblemOrder
from rlcode.step_log import check_gap, check_judge, check_versions, rollout_rows, step_metrics
from rlcode.tracking import Tracker
from rlcode.workers.handle import WorkerDied
from rlcode.workers.weight_sync import WeightSync


def train(config: TrainConfig, prepared: Prepared, resume: bool = False) -> Path:
    """Run the job in `config.output_dir`, from the start or from its newest checkpoint; returns the model's folder."""
    checkpoints = Checkpoints(config.output_dir, config.checkpoint.keep)
    folder, state = checkpoints.latest(config.model) if resume else (None, RunState(model=config.model))
    with (
        Tracker(config.output_dir, config.steps, config.tracking.wandb, state.step if resume else None) as tracker,
        ray_cluster(config),
        start_workers(config, prepared.model_path, prepared.max_tokens, config.output_dir / "workers") as workers,
        Interrupt(tracker) as interrupt,
    ):
        trainer = Trainer(config, prepared, workers, tracker, checkpoints, state)
        trainer.begin(folder)
        tracker.begin_steps()
        while state.step < config.steps and not interrupt.requested:
            trainer.step()
        return trainer.finish(interrupted=interrupt.requested)


class Trainer:
    """One run: the workers it directs, and the state that a checkpoint holds."""

    def __init__(
        self,
        config: TrainConfig,
        prepared: Prepared,
        workers: Workers,
        tracker: Tracker,
        checkpoints: Checkpoints,
        state: RunState,
    ):
        self.config, self.workers, self.tracker = config, workers, tracker
        self.checkpoints, self.state, self.prepared = checkpoints, state, prepared
        self.policy, rollout = workers.require_policy(), config.rollout
        self.weight_sync = WeightSync(
            rollout.weight_transfer, self.policy, workers.rollouts, processes_per_engine=rollout.tensor_parallel
        )
        self.problems = ProblemOrder(prepared.train, config.seed)
        self.rewarder = Rewarder(config.reward, state.rewarder)
        self.kl_controller = config.algorithm.make_kl_controller()
        self.pending: Experience | None = None  # with `staleness: 1`, the next step's

    def begin(self, checkpoint: Path | None) -> None:
        """Take up the checkpoint, or measure where the model stands before it learns anything."""
        self.tracker.message(self.prepared.summary(self.workers.judges.tier))
        if self.config.algorithm.caution:
            self.tracker.warning(self.config.algorithm.caution)
        if checkpoint is None:
            self.evaluate()
            return
        self.policy.load(checkpoint)
        if self.state.kl_controller:
            self.kl_controller.load_state_dict(self.state.kl_controller)
        self.pending = load_pending(checkpoint) if self.config.staleness else None
        self.sync_weights()
        self.tracker.message(f"went on from {checkpoint}, policy version {self.state.policy_version}")

    def step(self) -> None:
        """One round of the loop."""
        began, state, config = time.monotonic(), self.state, self.config
        state.step += 1
        experience = self.pending or self.gather(state.step, self.restart_engines)
        state.next_problem += len(experience.prompts)
        check_judge(experience.samples, config.judge.max_infra_error_share)
        check_versions(experience.samples, state.policy_version, config.staleness)

        ahead = self.write_ahead()
        with self.tracker.phase("update") as update:
            dump = config.output_dir / f"failed-step-{state.step:06d}.pt"
            updates = config.policy.updates_per_step
            learned = learn(self.policy, experience.samples, config.algorithm, self.kl_controller, updates, dump)
        check_gap(learned.metrics, config.logprob_gap, self.tracker)
        if not learned.updated:
            self.tracker.warning(f"step {state.step}: no group's programs differ in reward; the policy stays as it is")

        metrics = step_metrics(experience, learned, state.policy_version, update.seconds) | self.take_ahead(ahead)
        if learned.updated:
            state.policy_version += 1
            metrics |= self.sync_weights()
        metrics["policy/version"] = float(state.policy_version)
        self.tracker.log_rollouts(state.step, rollout_rows(experience.samples, experience.prompts, learned.advantages))
        accounted = sum(value for name, value in metrics.items() if name.startswith("seconds/"))
        metrics["seconds/other"] = time.monotonic() - began - accounted
        self.tracker.log_step(state.step, metrics)

        self.evaluate(during=True)
        if state.step % config.checkpoint.every_steps == 0:
            self.save()

    def gather(self, step: int, revive: Callable[[WorkerDied], None]) -> Experience:
        """What the engines write for a step, judged, with the weights they have now."""
        first = self.state.next_problem
        return gather(self.config, self.workers, self.problems, first, step, self.rewarder, self.tracker, revive)

    def write_ahead(self) -> Ahead | None:
        """With `staleness: 1` the engines write the next step's batch while the policy learns from this one."""
        if not self.config.staleness or self.state.step == self.config.steps:
            return None
        return Ahead(partial(self.gather, self.state.step + 1, leave_dead), in_background=not self.config.local)

    def take_ahead(self, ahead: Ahead | None) -> dict[str, float]:
        """Wait until the engines are done with the next step's batch. If one died, the next step writes its own."""
        self.pending = None
        if ahead is None:
            return {}
        with self.tracker.phase("wait for the engines"):
            try:
                self.pending = replace(ahead.wait(), written_ahead=True)
            except WorkerDied as death:
                self.restart_engines(death)
        return {"seconds/wait_ahead": ahead.blocked_seconds}

    def restart_engines(self, death: WorkerDied) -> None:
        """A dead engine holds nothing that cannot be had again: start it, and give it the newest weights."""
        self.tracker.warning(f"{death}\nstarting it again, and this step's rollouts over")
        self.policy.release_memory()  # the engine asks for its share of a GPU as a whole
        self.workers.rollouts.restart_dead(self.config.cluster.start_deadline_seconds)
        self.sync_weights()

    def sync_weights(self) -> dict[str, float]:
        """The policy's weights into every engine, in place."""
        with self.tracker.phase("sync"):
            report = self.weight_sync.load(self.state.policy_version)
        return {
            "seconds/sync": report.seconds,
            "sync/megabytes": report.bytes / 1e6,
            "megabytes_per_second/sync": report.bytes / 1e6 / report.seconds,
        }

    def evaluate(self, during: bool = False) -> None:
        """pass@k on the held-out sets; during training, only those whose turn it is."""
        for name, settings, prompts in self.prepared.evaluation:
            if during and (not settings.every_steps or self.state.step % settings.every_steps):
                continue
            with self.tracker.phase(f"evaluate {name}", total=len(prompts) * settings.samples) as phase:
                stop, seed = self.config.rollout.stop, self.config.seed
                result, _ = evaluate(self.workers, prompts, settings, stop, seed, phase.advance)
            self.tracker.log_evaluation(self.state.step, name, result.to_dict())

    def save(self) -> Path:
        self.state.kl_controller = self.kl_controller.state_dict()
        self.state.rewarder = self.rewarder.state_dict()
        with self.tracker.phase("checkpoint"):
            return self.checkpoints.save(self.state, self.write_checkpoint)

    def write_checkpoint(self, folder: Path) -> None:
        self.policy.save(folder)
        save_pending(self.pending, folder)

    def finish(self, interrupted: bool) -> Path:
        """The last checkpoint, the last evaluation, and the report."""
        folder = self.save()
        if interrupted:
            self.tracker.message(
                f"stopped after step {self.state.step}; `rlcode train --resume {self.config.output_dir}` goes on"
            )
        else:
            self.evaluate()
        build_report(self.config.output_dir)
        return folder / "model"
