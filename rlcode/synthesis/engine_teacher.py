"""The project's own engine, vLLM or transformers, as a teacher: in this process, or several as actors of a cluster."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import islice

from reward.models import resolve_model
from rlcode.cluster import JoinedCluster, cpu_environment
from rlcode.data import Completion
from rlcode.engines import SamplingSettings
from rlcode.synthesis.settings import TeacherConfig
from rlcode.synthesis.teachers import Answer, Keep, Request
from rlcode.workers.handle import LocalHandle, WorkerDied, WorkerSpec, stop_all
from rlcode.workers.rollout import RolloutGroup, RolloutWorker

log = logging.getLogger(__name__)
DEATHS_A_BATCH = 3  # that are taken for accidents


class EngineTeacher:
    """Writes `engine.max_sequences` answers at a time, in each engine. What it writes depends on the seed, the prompt
    and the attempt, not on the requests beside it."""

    def __init__(self, config: TeacherConfig, cluster: JoinedCluster | None, seed: int):
        from transformers import AutoTokenizer

        path = resolve_model(config.model)
        self._config = config
        self._tokenizer = AutoTokenizer.from_pretrained(path)
        self._actors = ExitStack()
        specs = engine_specs(config, path, seed)
        if cluster:
            handles = self._actors.enter_context(cluster.actors(specs))
        else:
            handles = [LocalHandle(specs[0])]
            self._actors.callback(stop_all, handles)
        self._engines = RolloutGroup(handles, config.engine.deadline_seconds)
        self._start_seconds = cluster.settings.start_deadline_seconds if cluster else 0.0
        self._together = config.engine.max_sequences * len(handles)
        self._sampling = SamplingSettings(
            temperature=config.temperature,
            top_p=config.top_p,
            max_new_tokens=config.max_tokens,
            seed=seed,
            seed_each=True,
        )

    def ask_many(self, requests: Iterable[Request], keep: Keep) -> Iterator[tuple[Request, Answer]]:
        source = iter(requests)
        while batch := list(islice(source, self._together)):
            for attempt in sorted({request.attempt for request in batch}):
                yield from self._write([request for request in batch if request.attempt == attempt], attempt, keep)

    def _write(self, batch: list[Request], attempt: int, keep: Keep) -> Iterator[tuple[Request, Answer]]:
        ids = [self._ids(request) for request in batch]
        fitting = [index for index, prompt in enumerate(ids) if len(prompt) <= self._config.max_prompt_tokens]
        for index in sorted(set(range(len(batch))) - set(fitting)):
            problem = f"the prompt has {len(ids[index])} tokens, more than max_prompt_tokens="
            answer = Answer("", problem=f"{problem}{self._config.max_prompt_tokens}", paid=False)
            keep(batch[index], answer)
            yield batch[index], answer
        sampling = replace(self._sampling, seed=self._sampling.seed + attempt)
        for index, completion in self._completions({index: ids[index] for index in fitting}, sampling):
            answer = Answer(completion.text, completion.finish_reason, len(ids[index]), len(completion.ids))
            keep(batch[index], answer)
            yield batch[index], answer

    def _completions(
        self, prompts: dict[int, list[int]], sampling: SamplingSettings
    ) -> Iterator[tuple[int, Completion]]:
        """A completion for each prompt, with its key. What an engine that dies had not written is written again."""
        left, deaths = dict(prompts), 0
        while left:
            keys = list(left)
            try:
                for _, place, completions in self._engines.completions(list(left.values()), 1, sampling):
                    for completion in completions:
                        del left[keys[place]]
                        yield keys[place], completion
                return
            except WorkerDied as death:
                deaths += 1
                if deaths > DEATHS_A_BATCH:
                    raise
                log.warning("%s\nstarting it again, for the %d answers of this batch that are left", death, len(left))
                self._engines.restart_dead(self._start_seconds)

    def _ids(self, request: Request) -> list[int]:
        if self._tokenizer.chat_template:
            messages = [{"role": role, "content": text} for role, text in request.messages]
            text = str(self._tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))
        else:
            text = "\n\n".join(text for _, text in request.messages) + "\n\n"
        return list(self._tokenizer(text, add_special_tokens=False).input_ids)

    def price(self, prompt_tokens: int, completion_tokens: int) -> float:
        return 0.0

    def close(self) -> None:
        self._actors.close()


def engine_specs(config: TeacherConfig, model_path: str, seed: int) -> list[WorkerSpec]:
    """Every engine is given the same seed: it must not matter which one a prompt comes to."""
    settings = config.engine
    return [
        WorkerSpec(
            name=f"engine-{index}",
            kind=RolloutWorker,
            args=(model_path, settings, config.max_prompt_tokens + config.max_tokens, "bfloat16", seed),
            cpus=settings.cpus_per_worker,
            gpus=settings.gpus_per_worker * settings.tensor_parallel,
            environment=cpu_environment(settings.workers, settings.gpus_per_worker),
        )
        for index in range(settings.workers)
    ]
