"""The order in which training problems come: shuffled anew in every epoch, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class ProblemOrder(Generic[T]):
    """An endless sequence of problems in which a position alone says what comes next, so a run can go on anywhere."""

    def __init__(self, problems: Sequence[T], seed: int):
        if not problems:
            raise ValueError("there are no problems to train on")
        self._problems = problems
        self._seed = seed
        self._epoch, self._order = -1, list[int]()

    def take(self, start: int, count: int) -> list[T]:
        """`count` problems from position `start` on."""
        return [self._at(position) for position in range(start, start + count)]

    def _at(self, position: int) -> T:
        epoch, index = divmod(position, len(self._problems))
        if epoch != self._epoch:
            self._order = list(range(len(self._problems)))
            random.Random(f"{self._seed}/{epoch}").shuffle(self._order)
            self._epoch = epoch
        return self._problems[self._order[index]]
