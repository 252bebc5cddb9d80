"""Generation by transformers alone: slower than vLLM, runs wherever torch does, and repeats itself exactly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from reward.models import load_causal_model
from rlcode.data import Completion
from rlcode.engines.base import SamplingSettings, completion_seed
from rlcode.weights import Source


class TransformersEngine:
    """A sampling loop with a key-value cache; prompts are taken in batches of `max_sequences`."""

    def __init__(self, model_path: str, max_sequences: int, dtype: str):
        from transformers import AutoTokenizer

        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._model = load_causal_model(model_path, getattr(torch, dtype), self._device).requires_grad_(False)
        self._tokenizer = AutoTokenizer.from_pretrained(model_path)
        eos = self._model.generation_config.eos_token_id
        self._eos_ids = {self._tokenizer.eos_token_id, *(eos if isinstance(eos, list) else [eos])} - {None}
        self._max_sequences = max_sequences

    def generate(
        self, prompts: Sequence[list[int]], samples_per_prompt: int, sampling: SamplingSettings
    ) -> Iterator[list[Completion]]:
        shared = self._generator(sampling.seed)
        jobs = [_Sequence(index, ids) for index, ids in enumerate(prompts) for _ in range(samples_per_prompt)]
        if sampling.seed_each:
            for number, job in enumerate(jobs):
                seed = completion_seed(sampling.seed, job.prompt_ids, number % samples_per_prompt)
                job.generator = self._generator(seed)
        for start in range(0, len(jobs), self._max_sequences):
            yield from self._generate_batch(jobs[start : start + self._max_sequences], sampling, shared)

    def _generator(self, seed: int) -> torch.Generator:
        return torch.Generator(self._device).manual_seed(seed)

    @torch.inference_mode()
    def _generate_batch(
        self, batch: list[_Sequence], sampling: SamplingSettings, shared: torch.Generator
    ) -> Iterator[list[Completion]]:
        own = [sequence.generator for sequence in batch if sequence.generator is not None]
        ids_BS, mask_BS = self._pad_left([sequence.prompt_ids for sequence in batch])
        cache: Any = None
        for _ in range(sampling.max_new_tokens):
            positions_BS = (mask_BS.cumsum(1) - 1).clamp(min=0)[:, -ids_BS.shape[1] :]
            output = self._model(
                input_ids=ids_BS,
                attention_mask=mask_BS,
                position_ids=positions_BS,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
            cache = output.past_key_values
            chosen_B, logprobs_B = _sample(output.logits[:, -1].float(), sampling, own or shared)
            finished: list[Completion] = []
            for sequence, token, logprob in zip(batch, chosen_B.tolist(), logprobs_B.tolist(), strict=True):
                if not sequence.finish_reason:
                    self._append(sequence, token, logprob, sampling)
                    if sequence.finish_reason:
                        finished.append(sequence.completion(self._text(sequence)))
            if finished:
                yield finished
            if all(sequence.finish_reason for sequence in batch):
                return
            ids_BS = chosen_B[:, None]
            mask_BS = torch.cat([mask_BS, mask_BS.new_ones(len(batch), 1)], dim=1)

    def _append(self, sequence: _Sequence, token: int, logprob: float, sampling: SamplingSettings) -> None:
        sequence.ids.append(token)
        sequence.logprobs.append(logprob)
        if token in self._eos_ids or any(stop in self._text(sequence) for stop in sampling.stop):
            sequence.finish_reason = "stop"
        elif len(sequence.ids) == sampling.max_new_tokens:
            sequence.finish_reason = "length"

    def _text(self, sequence: _Sequence) -> str:
        return str(self._tokenizer.decode(sequence.ids, skip_special_tokens=True))

    def _pad_left(self, prompts: list[list[int]]) -> tuple[Tensor, Tensor]:
        width = max(len(ids) for ids in prompts)
        ids_BS = torch.zeros(len(prompts), width, dtype=torch.long, device=self._device)
        mask_BS = torch.zeros_like(ids_BS)
        for row, ids in enumerate(prompts):
            ids_BS[row, width - len(ids) :] = torch.tensor(ids, device=self._device)
            mask_BS[row, width - len(ids) :] = 1
        return ids_BS, mask_BS

    def load_weights(self, source: Source) -> int:
        parameters = dict(self._model.named_parameters())
        missing, size = set(parameters), 0
        with torch.no_grad():
            for name, tensor in source(0):
                size += tensor.nbytes
                if name in parameters:
                    parameters[name].copy_(tensor)
                    missing.discard(name)
        if missing:
            raise RuntimeError(f"{len(missing)} weights were not updated, such as {sorted(missing)[0]}")
        return size

    def close(self) -> None:
        del self._model


@dataclass
class _Sequence:
    prompt_index: int
    prompt_ids: list[int]
    ids: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    finish_reason: str = ""
    generator: torch.Generator | None = None  # where every completion has a seed of its own

    def completion(self, text: str) -> Completion:
        return Completion(self.prompt_index, self.ids, self.logprobs, self.finish_reason, text)


def _sample(
    logits_BV: Tensor, sampling: SamplingSettings, generators: torch.Generator | list[torch.Generator]
) -> tuple[Tensor, Tensor]:
    """Draw one token a row, all with one generator or each with its own; returns ids (B,) and their log-probabilities
    (B,) under the distribution drawn from."""
    if sampling.temperature == 0:
        logprobs_BV = logits_BV.log_softmax(-1)
        chosen_B = logits_BV.argmax(-1)
    else:
        logprobs_BV = _restrict(logits_BV / sampling.temperature, sampling).log_softmax(-1)
        chosen_B = _draw(logprobs_BV.exp(), generators)
    return chosen_B, logprobs_BV.gather(1, chosen_B[:, None])[:, 0]


def _draw(probabilities_BV: Tensor, generators: torch.Generator | list[torch.Generator]) -> Tensor:
    if isinstance(generators, torch.Generator):
        return torch.multinomial(probabilities_BV, 1, generator=generators)[:, 0]
    rows = zip(probabilities_BV, generators, strict=True)
    return torch.cat([torch.multinomial(row_V, 1, generator=generator) for row_V, generator in rows])


def _restrict(logits_BV: Tensor, sampling: SamplingSettings) -> Tensor:
    """Top-k, then top-p: tokens outside get -inf."""
    if sampling.top_k > 0:
        threshold_B1 = logits_BV.topk(min(sampling.top_k, logits_BV.shape[1])).values[:, -1:]
        logits_BV = logits_BV.masked_fill(logits_BV < threshold_B1, -torch.inf)
    if sampling.top_p < 1:
        sorted_BV, order_BV = logits_BV.sort(descending=True)
        probabilities_BV = sorted_BV.softmax(-1)
        before_BV = probabilities_BV.cumsum(-1) - probabilities_BV
        outside_BV = torch.zeros_like(before_BV, dtype=torch.bool).scatter(1, order_BV, before_BV >= sampling.top_p)
        logits_BV = logits_BV.masked_fill(outside_BV, -torch.inf)
    return logits_BV
