"""Samples packed into rows without padding, with the prompt of a group computed once.

A row holds whole trees: a prompt, then each completion of its group. A completion's tokens attend to their prompt and
to themselves, and take the positions they would have alone, so every log-probability is that of the plain sequence,
while a prompt shared by k completions costs one k-th.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from reward.attention import Part


@dataclass(frozen=True)
class TrainSample:
    """What the policy needs of one sample. Arrays are float32 (T,), one value per completion token."""

    prompt_ids: list[int]
    completion_ids: list[int]
    engine_logprobs: np.ndarray
    advantages: np.ndarray | None = None
    ref_logprobs: np.ndarray | None = None
    old_logprobs: np.ndarray | None = None

    def has_advantage(self) -> bool:
        """Whether any of its tokens has an advantage other than 0."""
        return bool(np.any(self.advantages))

    def is_finite(self) -> bool:
        """Whether all log-probabilities that came with it are finite; some only feed metrics, so no loss shows it."""
        given = (self.engine_logprobs, self.ref_logprobs, self.old_logprobs)
        return all(bool(np.isfinite(values).all()) for values in given if values is not None)


@dataclass(frozen=True)
class PackedRow:
    """One forward pass. S tokens in the row, T completion tokens, N samples; tokens of a sample stay together."""

    indices_N: list[int]  # which samples of the input, in the order of their tokens here
    lengths_N: Tensor  # completion tokens per sample
    ids_1S: Tensor
    positions_1S: Tensor
    parts: list[Part]  # prompts, and completions that continue them
    sources_T: Tensor  # place in the row whose output predicts completion token t
    targets_T: Tensor  # the completion token
    least_chunks: int = 1  # into how many pieces the head's work is cut at least

    def to(self, device: torch.device) -> PackedRow:
        tensors: dict[str, Any] = {
            name: value.to(device) for name, value in vars(self).items() if isinstance(value, Tensor)
        }
        return replace(self, **tensors)


def pack(samples: Sequence[TrainSample], tokens_per_row: int, chosen: Iterable[int] | None = None) -> list[PackedRow]:
    """Pack samples, or those whose indices are chosen, into rows of at most `tokens_per_row` tokens (a longer single
    sample gets a row of its own).

    Samples with the same prompt are put beside each other; a group that does not fit is split, its prompt repeated.
    """
    rows: list[list[_Tree]] = []
    used = 0
    for tree in _trees(samples, range(len(samples)) if chosen is None else chosen, tokens_per_row):
        if not rows or used + tree.size > tokens_per_row:
            rows.append([])
            used = 0
        rows[-1].append(tree)
        used += tree.size
    return [_build(trees, samples) for trees in rows]


def filler_row() -> PackedRow:
    """A row without completion tokens, for a rank that has to take part in a pass and has nothing to bring."""
    return _build([_Tree([0], [], 1)], [])


@dataclass
class _Tree:
    prompt_ids: list[int]
    members: list[int]
    size: int


def _trees(samples: Sequence[TrainSample], chosen: Iterable[int], tokens_per_row: int) -> Iterator[_Tree]:
    by_prompt: dict[tuple[int, ...], list[int]] = {}
    for index in chosen:
        by_prompt.setdefault(tuple(samples[index].prompt_ids), []).append(index)
    for prompt, members in by_prompt.items():
        tree = _Tree(list(prompt), [], len(prompt))
        for index in members:
            length = len(samples[index].completion_ids)
            if tree.members and tree.size + length > tokens_per_row:
                yield tree
                tree = _Tree(list(prompt), [], len(prompt))
            tree.members.append(index)
            tree.size += length
        yield tree


def _build(trees: list[_Tree], samples: Sequence[TrainSample]) -> PackedRow:
    ids, positions, indices = list[int](), list[int](), list[int]()
    sources, targets, parts = list[int](), list[int](), list[Part]()
    for tree in trees:
        first, prompt_length = len(ids), len(tree.prompt_ids)
        ids += tree.prompt_ids
        positions += range(prompt_length)
        prompt = slice(first, first + prompt_length)
        parts.append(Part(prompt, slice(0, 0)))
        for index in tree.members:
            completion = samples[index].completion_ids
            start, length = len(ids), len(completion)
            parts.append(Part(slice(start, start + length), prompt))
            sources += [first + prompt_length - 1, *range(start, start + length - 1)][:length]
            targets += completion
            positions += range(prompt_length, prompt_length + length)
            ids += completion
            indices.append(index)
    return PackedRow(
        indices_N=indices,
        lengths_N=torch.tensor([len(samples[index].completion_ids) for index in indices], dtype=torch.long),
        ids_1S=torch.tensor([ids]),
        positions_1S=torch.tensor([positions]),
        parts=parts,
        sources_T=torch.tensor(sources, dtype=torch.long),
        targets_T=torch.tensor(targets, dtype=torch.long),
    )
