"""`rlcode sample`: programs for problems, each judged against every test, one row a program."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reward.conversation import first_test
from reward.sample_file import Expected, SampleFile
from reward.schema import JudgedSample, read_samples
from reward.settings import dump_config
from rlcode.cluster import Workers, ray_cluster, start_workers
from rlcode.collect import Judged, collect
from rlcode.config import GenerationConfig, SampleConfig, SampledSet
from rlcode.data import Prompt
from rlcode.engines import SamplingSettings
from rlcode.identity import model_identity
from rlcode.preparation import PreparedSets, prepare_sets, refuse_other_settings, write_config
from rlcode.step_log import check_verdicts
from rlcode.tracking import Tracker
from sandbox import Verdict
from sandbox.types import test_set_hash

WHERE = ("output_dir", "local", "cluster")  # settings that say where a job runs and not what it writes


def sample(config: SampleConfig) -> Path:
    """Draw and judge what the config asks for, or what a killed job left to do, and return the file of samples.

    Raises ConfigError when the folder holds samples that other settings drew.
    """
    prepared = prepare_sets(config, [config.draw])
    refuse_other_settings(config, config.output_dir, WHERE)
    drawing = Drawing(config, config.draw, prepared.prompts[0], model_identity(prepared.model_path))
    file = drawing.open(config.output_dir / "samples.jsonl")
    write_config(dump_config(config), config.output_dir)
    with Tracker(config.output_dir, total_steps=0) as tracker:
        tracker.message(f"model {prepared.model_path}, engine {prepared.engine}")
        if file.done:
            tracker.message(f"{file.done} of {len(drawing.prompts)} problems are in {file.path} already")
        if file.done < len(drawing.prompts):
            with sampling_workers(config, prepared) as workers:
                drawing.finish(file, workers, tracker)
        tracker.message(describe(read_samples(file.path)))
    return file.path


@dataclass(frozen=True)
class Drawing:
    """Programs of one policy for one set of problems."""

    config: GenerationConfig
    settings: SampledSet
    prompts: list[Prompt]
    policy: str

    def open(self, path: Path) -> SampleFile:
        plan = [
            Expected(prompt.problem.id, test_set_hash(prompt.problem.tests), self.settings.samples)
            for prompt in self.prompts
        ]
        return SampleFile(path, plan, self.settings.problems_per_batch, self.policy)

    def finish(self, file: SampleFile, workers: Workers, tracker: Tracker) -> None:
        """Draw the problems that are not in the file yet.

        Batches begin at the same problems whenever a job was killed: completions that are computed together share
        their rounding, and only so the file comes out the same.
        """
        per_batch, samples = self.settings.problems_per_batch, self.settings.samples
        left = (len(self.prompts) - file.done) * samples
        with tracker.phase(f"sample {self.settings.problems}", total=left) as phase:
            for start in range(file.done, len(self.prompts), per_batch):
                file.append(self._draw(self.prompts[start : start + per_batch], workers, phase.advance))

    def _draw(
        self, prompts: Sequence[Prompt], workers: Workers, on_written: Callable[[int], None]
    ) -> list[JudgedSample]:
        sampling = SamplingSettings(
            temperature=self.settings.temperature,
            top_p=self.settings.top_p,
            max_new_tokens=self.settings.max_new_tokens,
            stop=tuple(self.config.rollout.stop),
            seed=self.config.seed,
            seed_each=True,
        )
        collected = collect(workers, prompts, self.settings.samples, sampling, on_written)
        check_verdicts([item.verdict for item in collected.judged], self.config.judge.max_infra_error_share)
        by_prompt: list[list[Judged]] = [[] for _ in prompts]
        for item in collected.judged:
            by_prompt[item.rollout.group].append(item)
        return [
            self._row(prompt, index, item)
            for prompt, items in zip(prompts, by_prompt, strict=True)
            for index, item in enumerate(self._in_order(prompt, items))
        ]

    def _in_order(self, prompt: Prompt, items: list[Judged]) -> list[Judged]:
        """Engines hand short completions back first; a shuffle makes the index say nothing about the length."""
        items = sorted(items, key=lambda item: item.rollout.completion_ids)
        random.Random(f"{self.config.seed}/{prompt.problem.id}").shuffle(items)
        return items

    def _row(self, prompt: Prompt, index: int, item: Judged) -> JudgedSample:
        return JudgedSample(
            problem_id=prompt.problem.id,
            question=prompt.problem.prompt,
            index=index,
            program=item.program,
            completion=item.rollout.text,
            finish_reason=item.rollout.finish_reason,
            first_test=first_test(prompt.problem.tests),
            sampling=self._sampling(),
            policy=self.policy,
            **judgement(item.verdict, self.config.judge.limits.max_timeouts),
        )

    def _sampling(self) -> dict[str, Any]:
        drawn = self.settings.model_dump(include={"samples", "temperature", "top_p", "max_new_tokens"})
        return drawn | {"stop": self.config.rollout.stop, "seed": self.config.seed}


def judgement(verdict: Verdict, max_timeouts: int) -> dict[str, Any]:
    """The fields of a JudgedSample that a verdict gives.

    The judge starts no test of a program any more once `max_timeouts` of them ran out of time, and records the rest as
    timeouts: with more timeouts than that, some were never run and the pass rate is no measurement.
    """
    outcomes = [test.outcome for test in verdict.tests]
    every_test_ran = "not_run" not in outcomes and outcomes.count("timeout") <= max_timeouts
    return {
        "outcome": verdict.outcome,
        "pass_vector": outcomes,
        "pass_rate": verdict.pass_rate,
        "complete": verdict.pass_rate is not None and every_test_ran,
        "test_set": verdict.test_set,
    }


@contextmanager
def sampling_workers(config: GenerationConfig, prepared: PreparedSets) -> Iterator[Workers]:
    """Engines and judges, through Ray unless the config is local."""
    logs = config.output_dir / "workers"
    with ray_cluster(config), start_workers(config, prepared.model_path, prepared.max_tokens, logs) as workers:
        yield workers


def describe(samples: Sequence[JudgedSample]) -> str:
    """What was drawn, in two lines."""
    measured = [item.pass_rate for item in samples if item.complete and item.pass_rate is not None]
    outcomes = Counter(item.outcome for item in samples)
    problems = {item.problem_id for item in samples}
    mean = f"{100 * sum(measured) / len(measured):.1f} %" if measured else "unknown"
    return (
        f"{len(samples)} programs for {len(problems)} problems: {outcomes['passed']} pass every test, "
        f"tests passed on average {mean}\n"
        f"{len(samples) - outcomes['infra_error'] - len(measured)} not run to the end, "
        f"{outcomes['infra_error']} not judged"
    )
