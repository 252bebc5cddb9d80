"""Pairs ready for training: read, encoded, split into training and held-out, the unusable ones listed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reward.loss import problem_of
from reward.model import encode
from reward.rows import write_rows
from reward.schema import Pair, PairsError, read_pairs
from reward.train_settings import RewardTrainConfig


@dataclass(frozen=True)
class EncodedPair:
    """A pair with its two token sequences."""

    pair: Pair
    chosen_ids: list[int]
    rejected_ids: list[int]


@dataclass(frozen=True)
class PairData:
    """What a run trains and measures on. `digest` tells whether the files are those of an earlier start."""

    train: list[EncodedPair]
    heldout: list[EncodedPair]
    excluded: list[dict[str, Any]]
    digest: str

    def summary(self) -> str:
        reasons = Counter(row["reason"] for row in self.excluded)
        left_out = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
        text = f"{len(self.train)} pairs to train on, {len(self.heldout)} held out"
        return f"{text}; left out: {left_out} (excluded.jsonl)" if left_out else text

    def write_excluded(self, path: Path) -> None:
        write_rows(self.excluded, path)


def load_pair_data(config: RewardTrainConfig, tokenizer: Any, longest: int) -> PairData:
    """Read and encode the pairs of a config; `longest` is how many tokens the model takes.

    Raises RowError for a damaged file, PairsError when nothing is left.
    """
    paths = [path for path in (config.pairs, config.heldout) if path is not None]
    sets = [_encode_file(path, min(config.max_tokens, longest), tokenizer) for path in paths]
    excluded = [row for _, rows in sets for row in rows]
    if config.heldout is None:
        train, heldout = _split(sets[0][0], config.heldout_share, config.seed)
    else:
        train, heldout = sets[0][0], sets[1][0]
        _refuse_overlap(train, heldout)
    if not train:
        raise PairsError(
            f"{config.pairs}: no pair is left to train on; {len(excluded)} are unusable. Give more pairs "
            "(`rlcode pairs`), or raise max_tokens"
        )
    return PairData(train, heldout, excluded, _digest(paths))


def _encode_file(path: Path, max_tokens: int, tokenizer: Any) -> tuple[list[EncodedPair], list[dict[str, Any]]]:
    usable, excluded = list[EncodedPair](), list[dict[str, Any]]()
    for number, pair in enumerate(read_pairs(path), start=1):
        reason = _text_fault(pair)
        encoded = EncodedPair(pair, [], [])
        if reason is None:
            texts = [encode(tokenizer, pair.user_text, text) for text in (pair.chosen, pair.rejected)]
            encoded = EncodedPair(pair, texts[0], texts[1])
            reason = _token_fault(encoded, max_tokens)
        if reason is None:
            usable.append(encoded)
        else:
            tokens = [len(encoded.chosen_ids), len(encoded.rejected_ids)]
            excluded.append({"file": str(path), "row": number, "id": pair.id, "reason": reason, "tokens": tokens})
    return usable, excluded


def _text_fault(pair: Pair) -> str | None:
    if not (pair.user_text.strip() and pair.chosen.strip() and pair.rejected.strip()):
        return "empty text"
    return "equal texts" if pair.chosen == pair.rejected else None


def _token_fault(encoded: EncodedPair, max_tokens: int) -> str | None:
    if encoded.chosen_ids == encoded.rejected_ids:
        return "equal tokens"
    return "too long" if max(len(encoded.chosen_ids), len(encoded.rejected_ids)) > max_tokens else None


def _split(pairs: Sequence[EncodedPair], share: float, seed: int) -> tuple[list[EncodedPair], list[EncodedPair]]:
    """Whole problems are held out, at least one where any is to be; which ones depends on their names alone."""
    problems = sorted({problem_of(encoded.pair) for encoded in pairs}, key=lambda name: _rank(name, seed))
    count = min(max(round(share * len(problems)), 1), len(problems) - 1) if share and problems else 0
    chosen = set(problems[:count])
    train = [encoded for encoded in pairs if problem_of(encoded.pair) not in chosen]
    return train, [encoded for encoded in pairs if problem_of(encoded.pair) in chosen]


def _rank(name: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed} {name}".encode(errors="replace")).digest()


def _refuse_overlap(train: Iterable[EncodedPair], heldout: Iterable[EncodedPair]) -> None:
    both = {problem_of(encoded.pair) for encoded in train} & {problem_of(encoded.pair) for encoded in heldout}
    if both:
        raise PairsError(
            f"{len(both)} problems stand in `pairs` and in `heldout`, {min(both)[:80]!r} among them: accuracy on them "
            "would say nothing; split by problem"
        )


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
