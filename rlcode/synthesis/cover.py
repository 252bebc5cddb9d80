"""A small set of inputs that does what all of them do."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from itertools import combinations


def small_cover(effects: Sequence[set[Hashable]], costs: Sequence[int]) -> list[int]:
    """Indices of sets that together hold every element, none of which the others make up for.

    Each adds the most new elements at its turn (Chvátal, 1979); of sets that add as many, the one of lower cost goes
    first, then the earlier one. Then those go that later ones made superfluous.
    """
    missing = set().union(*effects)
    chosen: list[int] = []
    while missing:
        best = min(range(len(effects)), key=lambda index: (-len(effects[index] & missing), costs[index], index))
        chosen.append(best)
        missing -= effects[best]
    for index in list(chosen):
        others = [other for other in chosen if other != index]
        if effects[index] <= set().union(*(effects[other] for other in others)):
            chosen = others
    return chosen


def told_apart(failures: Mapping[int, frozenset[int]], inputs: int) -> list[set[tuple[int, int]]]:
    """For each input the pairs of programs of which it fails one and lets the other pass. `failures` has, for each
    program's number, the inputs it fails on."""
    apart: list[set[tuple[int, int]]] = [set() for _ in range(inputs)]
    for (first, ours), (second, theirs) in combinations(failures.items(), 2):
        for index in ours ^ theirs:
            apart[index].add((first, second))
    return apart
