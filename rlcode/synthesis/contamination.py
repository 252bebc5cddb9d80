"""Finds questions that share a run of words with a problem of a benchmark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rlcode.problems.readers import load_problems
from rlcode.synthesis.measuring import Measuring, measured_here
from rlcode.synthesis.rejection import Gate, Rejection, Row
from rlcode.synthesis.words import grams_of, words_of

ROWS_PER_BLOCK = 1024


@dataclass(frozen=True)
class Hit:
    """A run of words that a question shares with a problem of a benchmark."""

    benchmark: str
    problem_id: str
    words: str


class Benchmarks:
    """The runs of `n` words of every prompt of some benchmarks, and who they belong to.

    `sources` gives for each benchmark's name a problem source, such as `humaneval` or `evalplus:FILE`. A prompt of
    fewer than n words, and at least `shortest`, is looked for as a whole; those below that say nothing. Raises
    ProblemError for a source that cannot be read.
    """

    def __init__(self, sources: Mapping[str, str], n: int = 10, shortest: int = 5) -> None:
        self.n = n
        owners: dict[int, dict[int, tuple[str, str]]] = {}
        for name, source in sources.items():
            for problem in load_problems(source):
                words = words_of(problem.prompt)
                length = min(n, len(words))
                if length >= shortest:
                    for key in grams_of([words], length).hashes:
                        owners.setdefault(length, {}).setdefault(int(key), (name, problem.id))
        self._owners = owners
        self._keys = {length: np.sort(np.array(list(found), np.uint64)) for length, found in owners.items()}

    def hits(self, text: str) -> list[Hit]:
        """Each benchmark problem that `text` shares words with, once, with all the words they share in a row."""
        words = words_of(text)
        spans: dict[tuple[str, str], list[int]] = {}
        for length, keys in self._keys.items():
            if len(words) < length:
                continue
            grams = grams_of([words], length).hashes
            places = np.minimum(np.searchsorted(keys, grams), len(keys) - 1)
            for start in np.flatnonzero(keys[places] == grams):
                owner = self._owners[length][int(grams[start])]
                span = spans.setdefault(owner, [int(start), int(start) + length])
                if start <= span[1]:
                    span[1] = max(span[1], int(start) + length)
        return [Hit(*owner, " ".join(words[start:end])) for owner, (start, end) in spans.items()]

    def rejections(self, rows: Sequence[Row]) -> list[Rejection | None]:
        """What each row's `prompt` is rejected for."""
        return [self._rejection(row["prompt"]) for row in rows]

    def _rejection(self, text: str) -> Rejection | None:
        hits = self.hits(text)
        detail = "; ".join(f"{hit.benchmark} {hit.problem_id}: {hit.words!r}" for hit in hits)
        return Rejection("shares words with a benchmark", detail) if hits else None


def uncontaminated(benchmarks: Benchmarks, measuring: Measuring = measured_here) -> Gate:
    """A gate that rejects a row whose `prompt` has a hit. The rejection names each benchmark, problem and words."""

    def gate(rows: Iterable[Row]) -> Iterator[tuple[Row, Rejection | None]]:
        for block, rejections in measuring(benchmarks.rejections, rows, ROWS_PER_BLOCK):
            yield from zip(block, rejections, strict=True)

    return gate
