"""Generation: an actor around an engine, and the group of them that a step's prompts are dealt out to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rlcode.config import EngineConfig
from rlcode.data import Completion, Prompt, Rollout
from rlcode.engines import Engine, SamplingSettings, make_engine
from rlcode.weights import Chunks, Source, WeightChunk
from rlcode.workers.handle import Handle, WorkerDied, merge_streams, start_again


class RolloutWorker:
    """Holds one engine. A new version counts once all its weights are in."""

    def __init__(self, model_path: str, settings: EngineConfig, max_tokens: int, dtype: str, seed: int):
        self._engine: Engine = make_engine(model_path, settings, max_tokens, dtype, seed)
        self.version = 0

    def generate(
        self, prompts: list[list[int]], samples_per_prompt: int, sampling: SamplingSettings
    ) -> Iterator[tuple[int, list[Completion]]]:
        """(policy version, completions) in small lists, as they finish."""
        for completions in self._engine.generate(prompts, samples_per_prompt, sampling):
            yield self.version, completions

    def load_chunks(self, version: int, *chunks: WeightChunk) -> int:
        """Returns how many bytes were loaded."""
        return self.load_weights(version, Chunks(chunks))

    def load_weights(self, version: int, source: Source) -> int:
        """Returns how many bytes were loaded."""
        size = self._engine.load_weights(source)
        self.version = version
        return size

    def close(self) -> None:
        self._engine.close()


class RolloutGroup:
    """All rollout workers. `handles` can be given other work, such as taking weights."""

    def __init__(self, handles: list[Handle], deadline_seconds: float):
        self.handles = handles
        self.restarts = 0
        self._deadline = deadline_seconds

    def generate(
        self, prompts: Sequence[Prompt], samples_per_prompt: int, sampling: SamplingSettings
    ) -> Iterator[list[Rollout]]:
        """Rollouts as they finish; `group` is the index of the prompt."""
        missing = [samples_per_prompt] * len(prompts)
        ids = [prompt.ids for prompt in prompts]
        for version, index, completions in self.completions(ids, samples_per_prompt, sampling):
            missing[index] -= len(completions)
            yield [_rollout(prompts[index], index, version, completion) for completion in completions]
        if any(missing):
            raise RuntimeError(
                f"the engines left {sum(missing)} of {len(prompts) * samples_per_prompt} completions out"
            )

    def completions(
        self, prompts: Sequence[list[int]], samples: int, sampling: SamplingSettings
    ) -> Iterator[tuple[int, int, list[Completion]]]:
        """(version, prompt, completions of that prompt) over all workers; prompts are dealt out in turn."""
        count = min(len(self.handles), len(prompts))
        shares = [list(range(worker, len(prompts), count)) for worker in range(count)]
        arguments = [([prompts[index] for index in share], samples, sampling) for share in shares]
        for worker, (version, completions) in merge_streams(
            self.handles[:count], "generate", arguments, self._deadline
        ):
            for prompt_index, ready in _by_prompt(completions).items():
                yield version, shares[worker][prompt_index], ready

    def restart_dead(self, deadline_seconds: float) -> None:
        """Start workers that have died; they then need the newest weights. Others may first end what they write."""
        for handle in self.handles:
            try:
                handle.wait_until_ready(self._deadline)
            except WorkerDied:
                start_again(handle, deadline_seconds)
                self.restarts += 1

    def stop(self) -> None:
        for handle in self.handles:
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
