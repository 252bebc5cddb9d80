"""Keeps one of each cluster of equal or nearly equal questions, and of references that differ in spelling only.

Nearly equal is judged by MinHash (Broder, 1997) over runs of words, found by banding (Leskovec et al., Mining of
Massive Datasets, chapter 3) and kept as 16 bits a value (Li and König, 2010). A row is compared with the rows kept
before it, never with rejected ones, so that a chain of small changes does not carry a cluster away. Memory grows by
some hundred bytes for each kept row, whatever its length.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from reward.syntax import normalised_syntax
from rlcode.synthesis.measuring import Measuring, measured_here
from rlcode.synthesis.rejection import Gate, Rejection, Row
from rlcode.synthesis.words import Grams, Hashes, grams_of, hash_text, marked_words_of

BANDS, ROWS_PER_BAND = 12, 5  # at a similarity of 0.8, 99 % of the pairs share a band; at 0.4, 12 %
VALUES = BANDS * ROWS_PER_BAND
WORDS_PER_RUN = 3
ROWS_PER_BLOCK = 1024
NO_ROW = np.iinfo(np.int32).max
_RNG = np.random.default_rng(20240202)
_FACTORS = _RNG.integers(1, 1 << 63, VALUES, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
_OFFSETS = _RNG.integers(0, 1 << 63, VALUES, dtype=np.uint64)


def unique_questions(at_least: float = 0.8, references: bool = True, measuring: Measuring = measured_here) -> Gate:
    """A gate that rejects a row whose `prompt` shares `at_least` of its runs of three words with that of a row kept
    before (Jaccard similarity, estimated within about 0.05), or, with `references`, whose `reference` has the same
    syntax tree. The rejection names the twin's `id`."""
    measure = partial(measure_keys, references=references)

    def gate(rows: Iterable[Row]) -> Iterator[tuple[Row, Rejection | None]]:
        known = _Known(at_least)
        for block, keys in measuring(measure, rows, ROWS_PER_BLOCK):
            yield from known.sort_out(block, keys)

    return gate


@dataclass(frozen=True)
class Keys:
    """What a question is found again by, for N rows."""

    texts: Hashes  # (N,)
    programs: Hashes  # (N,), 0 where there is no program to compare
    bands: Hashes  # (N, BANDS)
    signatures: NDArray[np.uint16]  # (N, VALUES)


def measure_keys(rows: Sequence[Row], references: bool) -> Keys:
    """All that a gate has to know of the rows by themselves."""
    words = [marked_words_of(row["prompt"]) for row in rows]
    values = minhash(grams_of(words, WORDS_PER_RUN))
    programs = [_program_key(row.get("reference") or "") if references else 0 for row in rows]
    return Keys(
        texts=np.array([hash_text(" ".join(text)) for text in words], np.uint64),
        programs=np.array(programs, np.uint64),
        bands=_band_keys(values),
        signatures=values.astype(np.uint16),
    )


def _program_key(program: str) -> int:
    tree = normalised_syntax(program) if program else None
    return hash_text(tree) if tree else 0


class _Known:
    """The rows kept so far, as far as a later row can be their twin."""

    def __init__(self, at_least: float) -> None:
        self.at_least = at_least
        self.ids: list[str] = []
        self.signatures = np.empty((0, VALUES), np.uint16)
        self.bands = [KeyIndex() for _ in range(BANDS)]
        self.texts, self.programs = KeyIndex(), KeyIndex()

    def sort_out(self, block: Sequence[Row], of_block: Keys) -> Iterator[tuple[Row, Rejection | None]]:
        texts, programs, bands, short = of_block.texts, of_block.programs, of_block.bands, of_block.signatures
        first = len(self.ids)
        earlier = [self.texts.find(texts), self.programs.find(programs)]
        candidates = np.stack([index.find(keys) for index, keys in zip(self.bands, bands.T, strict=True)], axis=1)
        keys_here: list[dict[int, int]] = [{} for _ in range(BANDS + 2)]  # of the rows of this block that are kept
        kept: list[int] = []
        for place, row in enumerate(block):
            keys = [int(texts[place]), int(programs[place]), *map(int, bands[place])]
            here = [found.get(key, NO_ROW) for found, key in zip(keys_here, keys, strict=True)]
            rejection = self._equal(min(earlier[0][place], here[0]), "the same question")
            if rejection is None and programs[place]:
                rejection = self._equal(min(earlier[1][place], here[1]), "the same program")
            if rejection is None:
                near = {int(number) for number in [*candidates[place], *here[2:]] if number != NO_ROW}
                rejection = self._near(sorted(near), short, place, first, kept)
            if rejection is None:
                number = first + len(kept)
                kept.append(place)
                self.ids.append(str(row["id"]))
                for found, key in zip(keys_here, keys, strict=True):
                    found.setdefault(key, number)
            yield row, rejection
        self._remember(texts[kept], programs[kept], bands[kept], short[kept], first)

    def _equal(self, number: int, reason: str) -> Rejection | None:
        return None if number == NO_ROW else Rejection(reason, f"as {self.ids[number]}")

    def _near(
        self, numbers: list[int], short: NDArray[np.uint16], place: int, first: int, kept: list[int]
    ) -> Rejection | None:
        for number in numbers:
            theirs = self.signatures[number] if number < first else short[kept[number - first]]
            similarity = float(np.mean(theirs == short[place]))
            if similarity >= self.at_least:
                return Rejection("nearly the same question", f"as {self.ids[number]}, similarity {similarity:.2f}")
        return None

    def _remember(self, texts: Hashes, programs: Hashes, bands: Hashes, short: NDArray[np.uint16], first: int) -> None:
        numbers = np.arange(first, first + len(texts), dtype=np.int32)
        self.texts.add(texts, numbers)
        self.programs.add(programs[programs != 0], numbers[programs != 0])
        for index, keys in zip(self.bands, bands.T, strict=True):
            index.add(keys, numbers)
        needed = first + len(texts)
        if needed > len(self.signatures):  # grows by a quarter, so that copying stays a small share of the work
            larger = np.empty((max(needed, len(self.signatures) * 5 // 4), VALUES), np.uint16)
            larger[:first] = self.signatures[:first]
            self.signatures = larger
        self.signatures[first:needed] = short


def minhash(grams: Grams) -> Hashes:
    """For each text the smallest value of each of VALUES hash functions over its runs: equal values of two texts are as
    frequent as runs they share among all runs they have."""
    starts = np.concatenate([[0], grams.ends[:-1]])
    columns = [np.minimum.reduceat(grams.hashes * a + b, starts) for a, b in zip(_FACTORS, _OFFSETS, strict=True)]
    return np.stack(columns, axis=1)


def _band_keys(values: Hashes) -> Hashes:
    grouped = values.reshape(len(values), BANDS, ROWS_PER_BAND)
    keys = np.zeros((len(values), BANDS), np.uint64)
    for place in range(ROWS_PER_BAND):
        keys = keys * _FACTORS[0] + grouped[:, :, place]
    return keys


class KeyIndex:
    """Numbers by 64-bit key in sorted runs, as a log-structured merge tree holds them: 12 bytes an entry."""

    def __init__(self) -> None:
        self._runs: list[tuple[Hashes, NDArray[np.int32]]] = []

    def add(self, keys: Hashes, numbers: NDArray[np.int32]) -> None:
        order = np.argsort(keys, kind="stable")
        self._runs.append((keys[order], numbers[order]))
        while len(self._runs) > 1 and 2 * len(self._runs[-1][0]) > len(self._runs[-2][0]):
            later, earlier = self._runs.pop(), self._runs.pop()
            keys, numbers = np.concatenate([earlier[0], later[0]]), np.concatenate([earlier[1], later[1]])
            order = np.argsort(keys, kind="stable")
            self._runs.append((keys[order], numbers[order]))

    def find(self, keys: Hashes) -> NDArray[np.int32]:
        """The first number of each key, NO_ROW for those that are not there."""
        found = np.full(len(keys), NO_ROW, np.int32)
        for run_keys, numbers in self._runs:
            if not len(run_keys):
                continue
            places = np.minimum(np.searchsorted(run_keys, keys), len(run_keys) - 1)
            found = np.minimum(found, np.where(run_keys[places] == keys, numbers[places], NO_ROW))
        return found
