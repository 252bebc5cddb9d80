"""Token sequences packed into rows without padding, with everything they have in common computed once.

A row holds the prefix tree of its texts: the programs of a pair share their prompt and the start of their code, the
pairs of a problem share still more, and a text that stands in several pairs stands here once. A token attends to the
tokens before it in its own text and takes the position it has there, so every score is that of the plain sequence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from reward.attention import Part

Ids = Sequence[int]


@dataclass(frozen=True)
class Row:
    """One forward pass: the S tokens of a prefix tree that holds N texts."""

    ids_1S: Tensor
    positions_1S: Tensor
    parts: list[Part]  # what the texts bring, one after the other
    last_N: Tensor  # place of each text's last token in the row, in the order the texts were given

    def to(self, device: torch.device) -> Row:
        tensors: dict[str, Any] = {
            name: value.to(device) for name, value in vars(self).items() if isinstance(value, Tensor)
        }
        return replace(self, **tensors)


def make_row(texts: Sequence[Ids]) -> Row:
    """The prefix tree of some texts. In sorted order each text has most in common with the one before it."""
    ids, positions = list[int](), list[int]()
    path = list[int]()
    previous: Ids = []
    parts, last_N = list[Part](), [0] * len(texts)
    for index in sorted(range(len(texts)), key=lambda index: list(texts[index])):
        text = texts[index]
        shared, first = _common_length(previous, text), len(ids)
        path = [*path[:shared], *range(first, first + len(text) - shared)]
        ids += text[shared:]
        positions += range(shared, len(text))
        parts.append(Part(slice(first, len(ids)), path[:shared]))
        last_N[index] = path[-1]
        previous = text
    return Row(
        ids_1S=torch.tensor([ids]),
        positions_1S=torch.tensor([positions]),
        parts=parts,
        last_N=torch.tensor(last_N),
    )


def fill_rows(groups: Sequence[Sequence[Ids]], tokens_per_row: int) -> list[list[int]]:
    """Which groups of texts go into which row, each group whole, at most `tokens_per_row` tokens a row.

    A group that is longer alone gets a row of its own. Groups that begin alike are put beside each other.
    """
    rows: list[list[int]] = []
    tree = _Tree()
    for index in sorted(range(len(groups)), key=lambda index: list(groups[index][0])):
        tree.add(groups[index])
        if not rows or tree.size > tokens_per_row:
            rows.append([])
            tree = _Tree()
            tree.add(groups[index])
        rows[-1].append(index)
    return rows


class _Tree:
    """Counts the tokens of a prefix tree while texts are added."""

    def __init__(self) -> None:
        self.size = 0
        self._root: dict[int, Any] = {}

    def add(self, texts: Sequence[Ids]) -> None:
        for text in texts:
            node = self._root
            for token in text:
                if token not in node:
                    node[token] = {}
                    self.size += 1
                node = node[token]


def _common_length(first: Ids, second: Ids) -> int:
    length = 0
    for left, right in zip(first, second, strict=False):
        if left != right:
            break
        length += 1
    return length
