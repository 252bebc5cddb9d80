"""The training loop: the file to read first. It names the steps of a run; the files it imports do them.

prompts → rollouts → verdicts → rewards → advantages → update → weights → log, evaluate, checkpoint
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from reward.rewards import test_reward
from rlcode.checkpoint import Checkpoints, RunState
from rlcode.cluster import Workers, ray_cluster, start_workers
from rlcode.collect import collect
from rlcode.config import TrainConfig
from rlcode.data import Prompt, Sample
from rlcode.engines import SamplingSettings
from rlcode.evaluate import evaluate
from rlcode.interrupt import Interrupt
from rlcode.learning import learn
from rlcode.preparation import Prepared
from rlcode.report import build_report
from rlcode.sampler import ProblemOrder
from rlcode.step_log import check_gap, check_judge, rollout_rows, step_metrics
from rlcode.tracking import Tracker
from rlcode.workers.handle import WorkerDied

MAX_RESAMPLE_ROUNDS = 4


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
        self.policy = workers.require_policy()
        self.problems = ProblemOrder(prepared.train, config.seed)
        self.kl_controller = config.algorithm.make_kl_controller()

    def begin(self, checkpoint: Path | None) -> None:
        """Take up the checkpoint, or measure where the model stands before it learns anything."""
        self.tracker.message(self.prepared.summary(self.workers.judges.tier))
        if checkpoint is None:
            self.evaluate()
            return
        self.policy.load(checkpoint)
        if self.state.kl_controller:
            self.kl_controller.load_state_dict(self.state.kl_controller)
        self.sync_weights()
        self.tracker.message(f"went on from {checkpoint}, policy version {self.state.policy_version}")

    def step(self) -> None:
        """One round of the loop."""
        began, state = time.monotonic(), self.state
        state.step += 1
        samples, prompts, seconds = self.sample()
        check_judge(samples, self.config.judge.max_infra_error_share)

        with self.tracker.phase("update") as update:
            dump = self.config.output_dir / f"failed-step-{state.step:06d}.pt"
            updates = self.config.policy.updates_per_step
            learned = learn(self.policy, samples, self.config.algorithm, self.kl_controller, updates, dump)
        check_gap(learned.metrics, self.config.logprob_gap, self.tracker)

        metrics = step_metrics(samples, learned, seconds | {"update": update.seconds})
        if learned.updated:
            state.policy_version += 1
            metrics |= self.sync_weights()
        metrics["policy/version"] = float(state.policy_version)
        self.tracker.log_rollouts(state.step, rollout_rows(samples, prompts, learned.advantages))
        accounted = sum(value for name, value in metrics.items() if name.startswith("seconds/"))
        metrics["seconds/other"] = time.monotonic() - began - accounted
        self.tracker.log_step(state.step, metrics)

        self.evaluate(during=True)
        if state.step % self.config.checkpoint.every_steps == 0:
            self.save()

    def sample(self) -> tuple[list[Sample], list[Prompt], dict[str, float]]:
        """A step's judged samples, their prompts by group, and the seconds it took; more rounds where equal groups are
        to be replaced."""
        rollout, samples, prompts = self.config.rollout, list[Sample](), list[Prompt]()
        seconds = {"generate": 0.0, "judge_wait": 0.0}
        for round_ in range(MAX_RESAMPLE_ROUNDS):
            drawn = self.problems.take(self.state.next_problem, rollout.prompts_per_step)
            self.state.next_problem += len(drawn)
            seed = hash((self.config.seed, self.state.step, round_)) % 2**31
            sampling = SamplingSettings(
                rollout.temperature, rollout.top_p, rollout.top_k, rollout.max_new_tokens, tuple(rollout.stop), seed
            )
            with self.tracker.phase("generate", total=len(drawn) * rollout.samples_per_prompt) as phase:
                try:
                    collected = collect(self.workers, drawn, rollout.samples_per_prompt, sampling, phase.advance)
                except WorkerDied as death:
                    self.restart_engines(death)
                    collected = collect(self.workers, drawn, rollout.samples_per_prompt, sampling)
            for item in collected.judged:
                reward = test_reward(self.config.reward.kind, item.verdict, item.program)
                group = len(prompts) + item.rollout.group
                samples.append(Sample(replace(item.rollout, group=group), item.program, item.verdict, reward))
            prompts += drawn
            seconds["generate"] += collected.generate_seconds
            seconds["judge_wait"] += collected.judge_wait_seconds
            if (
                self.config.algorithm.equal_groups != "resample"
                or _learnable_groups(samples) >= rollout.prompts_per_step
            ):
                break
        return samples, prompts, seconds

    def restart_engines(self, death: WorkerDied) -> None:
        """A dead engine holds nothing that cannot be had again: start it, and give it the newest weights."""
        self.tracker.warning(f"{death}\nstarting it again, and this step's rollouts over")
        self.workers.rollouts.restart_dead(self.config.cluster.start_deadline_seconds)
        self.sync_weights()

    def sync_weights(self) -> dict[str, float]:
        """The policy's weights into every engine, in place."""
        with self.tracker.phase("sync"):
            report = self.workers.rollouts.load_weights(self.state.policy_version, self.policy.weight_references())
        return {"seconds/sync": report.seconds, "sync/megabytes": report.bytes / 1e6}

    def evaluate(self, during: bool = False) -> None:
        """pass@k on the held-out sets; during training, only those whose turn it is."""
        for settings, prompts in self.prepared.evaluation:
            if during and (not settings.every_steps or self.state.step % settings.every_steps):
                continue
            with self.tracker.phase(f"evaluate {settings.problems}", total=len(prompts) * settings.samples) as phase:
                stop, seed = self.config.rollout.stop, self.config.seed
                result, _ = evaluate(self.workers, prompts, settings, stop, seed, phase.advance)
            self.tracker.log_evaluation(self.state.step, settings.problems, result.to_dict())

    def save(self) -> Path:
        self.state.kl_controller = self.kl_controller.state_dict()
        with self.tracker.phase("checkpoint"):
            return self.checkpoints.save(self.state, self.policy.save)

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


def _learnable_groups(samples: list[Sample]) -> int:
    rewards: dict[int, set[float]] = {}
    for sample in samples:
        if sample.reward is not None:
            rewards.setdefault(sample.rollout.group, set()).add(sample.reward)
    return sum(len(values) > 1 for values in rewards.values())
