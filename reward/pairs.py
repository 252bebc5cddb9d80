"""Preference pairs from judged samples: AceCoder's rule (arXiv 2502.01718, equation 3) without duplicates."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from reward.conversation import answer, instruction
from reward.schema import JudgedSample, Pair
from reward.settings import Section
from reward.syntax import normalised_syntax

TOLERANCE = 1e-9  # pass rates are fractions: 0.7 - 0.3 counts as 0.4

Reason = Literal[
    "infra_error",
    "incomplete",
    "no_program",
    "same_text",
    "same_syntax",
    "passes_too_little",
    "no_winner",
    "no_loser",
    "too_close",
    "over_limit",
]

REASONS: dict[Reason, str] = {
    "infra_error": "programs that the judge failed to judge",
    "incomplete": "programs of which not every test was run",
    "no_program": "completions without a program",
    "same_text": "programs with the text of another one for the same problem",
    "same_syntax": "programs with the syntax tree of another one for the same problem",
    "passes_too_little": "programs at or below pairs.loser_above, which can be neither winner nor loser",
    "no_winner": "problems without a program at pairs.winner_at_least",
    "no_loser": "problems without a second program that could lose",
    "too_close": "problems in which winners and losers are closer than pairs.margin_at_least",
    "over_limit": "pairs beyond pairs.pairs_per_problem",
}


class PairSettings(Section):
    """Which two programs make a pair. The defaults are AceCoder's, with its published code where paper and code differ
    (at least 0.8 and at least 0.4, where the paper has more than)."""

    winner_at_least: float = Field(0.8, ge=0, le=1)
    """Pass rate of the better program."""
    margin_at_least: float = Field(0.4, gt=0, le=1)
    """Difference of the two pass rates."""
    loser_above: float | None = Field(0.0, ge=0, le=1)
    """Pass rate that the worse program exceeds: one that passes nothing often has a plain syntax error, and teaches
    little. None lets every program lose. A model that will reward a policy needs that, or the policy finds what the
    model never saw, such as an empty program."""
    pairs_per_problem: int | None = Field(None, gt=0)
    """At most so many pairs of a problem; None takes all. They are chosen one after the other: always the pair whose
    two programs were used least so far, among those the one with the largest margin, then the lowest indices."""
    heldout_share: float = Field(0.05, ge=0, lt=1)
    """Share of the questions whose pairs are held out; all pairs of a question fall on one side."""
    seed: int = 0
    """Of the split."""


@dataclass(frozen=True)
class Excluded:
    """Something that made no pair: a program (`index` is set), a problem, or, for over_limit, a pair."""

    reason: Reason
    problem_id: str
    policy: str = ""
    index: int | None = None
    detail: str = ""


@dataclass(frozen=True)
class PairSet:
    """The pairs of some samples, and everything that made none."""

    train: list[Pair]
    heldout: list[Pair]
    excluded: list[Excluded]
    samples: int
    questions: int  # groups of samples that share problem, tests and policy

    @property
    def pairs(self) -> list[Pair]:
        return [*self.train, *self.heldout]

    def excluded_by_reason(self) -> dict[Reason, int]:
        counts = Counter(item.reason for item in self.excluded)
        return {reason: counts[reason] for reason in REASONS if counts[reason]}


class NoPairs(ValueError):
    """Samples in which no two programs make a pair; the message says why and how to get some."""


def make_pairs(samples: Iterable[JudgedSample], settings: PairSettings) -> PairSet:
    """Pairs of programs for one problem, judged by the same tests and written by the same policy."""
    groups: dict[tuple[str, str, str], list[JudgedSample]] = {}
    for sample in samples:
        groups.setdefault((sample.problem_id, sample.test_set, sample.policy), []).append(sample)
    excluded: list[Excluded] = []
    pairs: list[Pair] = []
    questions: list[str] = []
    for group in groups.values():
        for winner, loser in _matches(group, settings, excluded):
            pairs.append(_pair(len(pairs), winner, loser))
            questions.append(winner.question)
    held_out = heldout_questions(questions, settings)
    train = [pair for pair, question in zip(pairs, questions, strict=True) if question not in held_out]
    heldout = [pair for pair, question in zip(pairs, questions, strict=True) if question in held_out]
    return PairSet(train, heldout, excluded, sum(map(len, groups.values())), len(groups))


def require_pairs(made: PairSet, settings: PairSettings) -> None:
    """Raises NoPairs when there is not a single pair."""
    if made.pairs:
        return
    counts = "; ".join(f"{count} {REASONS[reason]}" for reason, count in made.excluded_by_reason().items())
    above = "" if settings.loser_above is None else f" and above {settings.loser_above:g}"
    raise NoPairs(
        f"no pairs in {made.samples} programs for {made.questions} problems: {counts or 'there are no programs'}. A "
        f"pair needs a program with a pass rate of at least {settings.winner_at_least:g} and another that is at least "
        f"{settings.margin_at_least:g} below it{above}. To get some: draw more programs a "
        "problem (draw.samples) or at a higher temperature, take problems that the model solves now and then, give "
        "problems more tests, or set pairs.winner_at_least, pairs.margin_at_least or pairs.loser_above lower"
    )


def heldout_questions(questions: Iterable[str], settings: PairSettings) -> set[str]:
    """The questions whose pairs are held out: `heldout_share` of them, at least one where there are two, by a hash."""
    distinct = sorted(
        set(questions), key=lambda text: hashlib.sha256(f"{settings.seed}/{text}".encode("utf-8", "replace")).digest()
    )
    if not settings.heldout_share or len(distinct) < 2:
        return set()
    return set(distinct[: max(1, round(settings.heldout_share * len(distinct)))])


def _usable(group: Sequence[JudgedSample], settings: PairSettings, excluded: list[Excluded]) -> list[JudgedSample]:
    """Those that may win or lose; the others are added to `excluded`."""
    seen: dict[str, JudgedSample] = {}
    usable = []
    for sample in group:
        flaw = _flaw(sample, settings, seen)
        if flaw is None:
            usable.append(sample)
        else:
            excluded.append(Excluded(flaw[0], sample.problem_id, sample.policy, sample.index, flaw[1]))
    return usable


def _flaw(sample: JudgedSample, settings: PairSettings, seen: dict[str, JudgedSample]) -> tuple[Reason, str] | None:
    """Why a program can be in no pair, with a detail. `seen` has the programs before it, by text and by syntax."""
    if sample.outcome == "infra_error":
        return "infra_error", ""
    if not sample.complete or sample.pass_rate is None:
        return "incomplete", ""
    if not sample.program.strip():
        return "no_program", ""
    text, syntax = f"text {sample.program.strip()}", normalised_syntax(sample.program)
    if text in seen:
        return "same_text", _likeness(sample, seen[text])
    if syntax is not None and syntax in seen:
        return "same_syntax", _likeness(sample, seen[syntax])
    seen[text] = seen[syntax or text] = sample
    if not _may_lose(sample, settings) and not _may_win(sample, settings):
        return "passes_too_little", f"pass rate {sample.pass_rate:g}"
    return None


def _likeness(sample: JudgedSample, twin: JudgedSample) -> str:
    unsteady = "" if sample.pass_rate == twin.pass_rate else f"; pass rates {twin.pass_rate:g} and {sample.pass_rate:g}"
    return f"as program {twin.index}{unsteady}"


def _may_win(sample: JudgedSample, settings: PairSettings) -> bool:
    return _rate(sample) >= settings.winner_at_least - TOLERANCE


def _may_lose(sample: JudgedSample, settings: PairSettings) -> bool:
    return settings.loser_above is None or _rate(sample) > settings.loser_above + TOLERANCE


def _rate(sample: JudgedSample) -> float:
    return sample.pass_rate or 0.0


def _matches(
    group: Sequence[JudgedSample], settings: PairSettings, excluded: list[Excluded]
) -> list[tuple[JudgedSample, JudgedSample]]:
    """(winner, loser) of each pair of one group; what makes none is added to `excluded`."""
    usable = _usable(group, settings, excluded)
    winners = [sample for sample in usable if _may_win(sample, settings)]
    losers = [sample for sample in usable if _may_lose(sample, settings)]
    matches = [
        (winner, loser)
        for winner in winners
        for loser in losers
        if _rate(winner) - _rate(loser) >= settings.margin_at_least - TOLERANCE
    ]
    head = group[0]
    if not matches:
        excluded.append(Excluded(_why_none(winners, losers), head.problem_id, head.policy, detail=_rates(usable)))
    chosen = spread(matches, settings.pairs_per_problem or len(matches))
    taken = {(id(winner), id(loser)) for winner, loser in chosen}
    for winner, loser in matches:
        if (id(winner), id(loser)) not in taken:
            detail = f"programs {winner.index} and {loser.index}"
            excluded.append(Excluded("over_limit", head.problem_id, head.policy, detail=detail))
    return chosen


def spread(matches: Sequence[tuple[JudgedSample, JudgedSample]], count: int) -> list[tuple[JudgedSample, JudgedSample]]:
    """`count` of the matches; PairSettings.pairs_per_problem says which."""
    left = sorted(matches, key=lambda match: (_rate(match[1]) - _rate(match[0]), match[0].index, match[1].index))
    if count >= len(left):
        return left
    used: Counter[int] = Counter()
    chosen = []
    for _ in range(count):
        best = min(left, key=lambda match: used[id(match[0])] + used[id(match[1])])
        left.remove(best)
        used.update(map(id, best))
        chosen.append(best)
    return chosen


def _why_none(winners: Sequence[JudgedSample], losers: Sequence[JudgedSample]) -> Reason:
    if not winners:
        return "no_winner"
    return "too_close" if any(_rate(loser) < min(map(_rate, winners)) for loser in losers) else "no_loser"


def _rates(samples: Sequence[JudgedSample]) -> str:
    return "pass rates " + ", ".join(f"{rate:g}" for rate in sorted(map(_rate, samples))) if samples else "no programs"


def _pair(number: int, winner: JudgedSample, loser: JudgedSample) -> Pair:
    return Pair(
        instruction=instruction(winner.question, winner.first_test),
        chosen=answer(winner.program),
        rejected=answer(loser.program),
        id=number,
        problem_id=winner.problem_id,
        test_set=winner.test_set,
        chosen_pass_rate=winner.pass_rate,
        rejected_pass_rate=loser.pass_rate,
        chosen_program=winner.program,
        rejected_program=loser.program,
    )
