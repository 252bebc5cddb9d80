"""The smallest set of inputs that does what all of them do."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import combinations


def greedy_cover(effects: Sequence[set[Hashable]], costs: Sequence[int]) -> list[int]:
    """Indices of sets that together hold every element, each adding the most new ones at its turn (Chvátal, 1979).

    Of sets that add as many, the one of lower cost goes first, then the earlier one.
    """
    missing = set().union(*effects)
    chosen: list[int] = []
    while missing:
        best = min(range(len(effects)), key=lambda index: (-len(effects[index] & missing), costs[index], index))
        chosen.append(best)
        missing -= effects[best]
    return chosen


def told_apart(failures: Sequence[frozenset[int]], inputs: int) -> list[set[tuple[int, int]]]:
    """For each input the pairs of programs of which it fails one and lets the other pass. `failures` has, for each
    program, the inputs it fails on."""
    apart: list[set[tuple[int, int]]] = [set() for _ in range(inputs)]
    for (first, ours), (second, theirs) in combinations(enumerate(failures), 2):
        for index in ours ^ theirs:
            apart[index].add((first, second))
    return apart
