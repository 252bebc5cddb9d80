"""Generation: an actor around an engine, and the group of them that a step's prompts are dealt out to."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rlcode.config import EngineConfig
from rlcode.data import Completion, Prompt, Rollout
from rlcode.engines import Engine, SamplingSettings, make_engine
from rlcode.policy.weights import WeightChunk
from rlcode.workers.handle import Handle, WorkerDied, merge_streams, start_again


class RolloutWorker:
    """Holds one engine. Weights come in chunks; a new version counts once the last chunk is in."""

    def __init__(self, model_path: str, settings: EngineConfig, max_tokens: int, dtype: str, seed: int):
        self._engine: Engine = make_engine(model_path, settings, max_tokens, dtype, seed)
        self.version = 0

    def generate(
        self, prompts: list[list[int]], samples_per_prompt: int, sampling: SamplingSettings
    ) -> Iterator[tuple[int, list[Completion]]]:
        """(policy version, completions) in small lists, as they finish."""
        for completions in self._engine.generate(prompts, samples_per_prompt, sampling):
            yield self.version, completions

    def load_weights(self, version: int, *chunks: WeightChunk) -> int:
        """Returns how many bytes were loaded."""
        self._engine.load_weights(weight for chunk in chunks for weight in chunk.tensors())
        self.version = version
        return sum(chunk.bytes for chunk in chunks)

    def close(self) -> None:
        self._engine.close()


@dataclass(frozen=True)
class SyncReport:
    """One weight update: how much was loaded over all engines, and how long it took until the last was done."""

    bytes: int
    seconds: float


class RolloutGroup:
    """All rollout workers."""

    def __init__(self, handles: list[Handle], deadline_seconds: float):
        self._handles = handles
        self._deadline = deadline_seconds

    def generate(
        self, prompts: Sequence[Prompt], samples_per_prompt: int, sampling: SamplingSettings
    ) -> Iterator[list[Rollout]]:
        """Rollouts as they finish; `group` is the index of the prompt."""
        missing = [samples_per_prompt] * len(prompts)
        for version, index, completions in self._generate(prompts, samples_per_prompt, sampling):
            missing[index] -= len(completions)
            yield [_rollout(prompts[index], index, version, completion) for completion in completions]
        if any(missing):
            raise RuntimeError(
                f"the engines left {sum(missing)} of {len(prompts) * samples_per_prompt} completions out"
            )

    def _generate(
        self, prompts: Sequence[Prompt], samples: int, sampling: SamplingSettings
    ) -> Iterator[tuple[int, int, list[Completion]]]:
        """(version, prompt, completions of that prompt) over all workers; prompts are dealt out in turn."""
        count = min(len(self._handles), len(prompts))
        shares = [list(range(worker, len(prompts), count)) for worker in range(count)]
        arguments = [([prompts[index].ids for index in share], samples, sampling) for share in shares]
        for worker, (version, completions) in merge_streams(
            self._handles[:count], "generate", arguments, self._deadline
        ):
            for prompt_index, ready in _by_prompt(completions).items():
                yield version, shares[worker][prompt_index], ready

    def load_weights(self, version: int, chunks: Iterable[Any]) -> SyncReport:
        """Give every engine the weights in `chunks` (references or WeightChunks) and wait until all have them."""
        began = time.monotonic()
        received = list(chunks)
        pending = [handle.submit("load_weights", version, *received) for handle in self._handles]
        sizes = [handle.result(answer, self._deadline) for handle, answer in zip(self._handles, pending, strict=True)]
        return SyncReport(sum(sizes), time.monotonic() - began)

    def restart_dead(self, deadline_seconds: float) -> None:
        """Start workers that no longer answer; they then need the newest weights."""
        for handle in self._handles:
            try:
                handle.wait_until_ready(deadline_seconds)
            except WorkerDied:
                start_again(handle, deadline_seconds)

    def stop(self) -> None:
        for handle in self._handles:
            handle.stop()


def _by_prompt(completions: list[Completion]) -> dict[int, list[Completion]]:
    grouped: dict[int, list[Completion]] = {}
    for completion in completions:
        grouped.setdefault(completion.prompt_index, []).append(completion)
    return grouped


def _rollout(prompt: Prompt, group: int, version: int, completion: Completion) -> Rollout:
    return Rollout(
        problem_id=prompt.problem.id,
        group=group,
        prompt_ids=prompt.ids,
        completion_ids=completion.ids,
        logprobs=completion.logprobs,
        policy_version=version,
        finish_reason=completion.finish_reason,
        text=completion.text,
    )
