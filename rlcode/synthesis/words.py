"""Texts as numbers: hashes of their words and of each run of n words, many texts at a time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
WORDS_REMEMBERED = 1 << 20
_WORD = re.compile(r"\w+")
_MARKED_WORD = re.compile(r"\w+|[+*/%<>=^&|!~]+|-(?=\d)|(?<=\w )-(?= ?\w)")
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio, odd
_known: dict[str, int] = {}


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation."""
    return _WORD.findall(text.lower())


def marked_words_of(text: str) -> list[str]:
    """Words and operators: by these questions differ that ask for `a + b` and `a - b`, or for 1 and -1."""
    return _MARKED_WORD.findall(text.lower())


def hash_text(text: str) -> int:
    """64 bits of a text, the same in every process."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


@dataclass(frozen=True)
class Grams:
    """The runs of n words of several texts, one text after the other; `ends` says where each text's end. A text that is
    shorter than n words is one run."""

    hashes: Hashes
    ends: NDArray[np.int64]


def grams_of(texts: Sequence[list[str]], n: int) -> Grams:
    """Hashes of the runs of `n` words of each text."""
    parts = [_runs(_word_hashes(words), n) for words in texts]
    ends = np.cumsum([len(part) for part in parts], dtype=np.int64)
    return Grams(np.concatenate(parts) if parts else np.empty(0, np.uint64), ends)


def _word_hashes(words: list[str]) -> Hashes:
    if len(_known) > WORDS_REMEMBERED:
        _known.clear()
    hashes = np.empty(len(words), np.uint64)
    for place, word in enumerate(words):
        known = _known.get(word)
        if known is None:
            known = _known[word] = hash_text(word)
        hashes[place] = known
    return hashes


def _runs(words: Hashes, n: int) -> Hashes:
    """Hash of each run of n words: a polynomial in the words' hashes, modulo 2**64, mixed at the end."""
    length = min(n, len(words))
    if not length:
        return np.zeros(1, np.uint64)
    runs = np.zeros(len(words) - length + 1, np.uint64)
    for offset in range(length):
        runs = runs * _MULTIPLIER + words[offset : offset + len(runs)]
    runs ^= runs >> np.uint64(29)
    return runs * _MULTIPLIER
