"""Which grown inputs a test may use: those on which the reference's answer is beyond doubt."""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from typing import Any, Self

from rlcode.synthesis.examples import UNKNOWN, Examples
from sandbox import CallResult, Judge, Limits

Arguments = tuple[Any, ...]
# Tight: an input on which the reference needs a second is none for a test that thousands of programs will run.
# Waiting for a core is not counted, so the second is for programs that sleep, and each is run several times.
LIMITS = Limits(cpu_seconds=1, wall_seconds=5, max_timeouts=2)
SLOWEST_SECONDS = 0.1
LONGEST_ANSWER = 2000  # characters of its repr; more only where the seen answers are as long
NUDGE = 1e-9  # relative change of every float argument, far above rounding and far below what a test means
_SECOND_RUN = "\n# The same program under another name: the sandbox seeds `random` by the text.\n"


@dataclass
class Answered:
    """The inputs that are left, with the reference's answers, and how many went for which reason."""

    answers: list[tuple[Arguments, Any]]
    dropped: Counter[str] = field(default_factory=Counter)

    def strike(self, marks: Sequence[bool], reason: str) -> None:
        """Drop the marked ones."""
        if any(marks):
            self.dropped[reason] += sum(marks)
            self.answers = [item for item, mark in zip(self.answers, marks, strict=True) if not mark]


class Oracle(AbstractContextManager["Oracle"]):
    """Runs references. Two judges with different hash seeds show an order that only a set's layout decides."""

    def __init__(self, workers: int) -> None:
        with ExitStack() as stack:
            self.judge = stack.enter_context(Judge(workers, LIMITS))
            self._other = stack.enter_context(Judge(workers, LIMITS, hash_seed=1))
            self._judges = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._judges.close()

    def values(self, program: str, entry: str, inputs: Sequence[Arguments]) -> list[CallResult]:
        return self.judge.evaluate(program, [(entry, args, {}) for args in inputs])

    def answer(
        self,
        examples: Examples,
        references: Sequence[str],
        passing: Sequence[str],
        inputs: Sequence[Arguments],
        constants: Sequence[Any],
        text: str = "",
    ) -> Answered:
        """What the first of `references` returns for each input, without the inputs that are in doubt.

        All references must agree. Of `passing`, programs that pass the tests there are, no more may agree on another
        answer than on the reference's, which counts as one of them. `constants` are what the reference returns as a
        constant somewhere, `text` is what the problem says.
        """
        entry, reference = examples.entry, references[0]
        # A seen call goes first: it pays for loading the program, and no input is taken for slow because of it.
        first = self.values(reference, entry, [examples.calls[0].args, *inputs])[1:]
        seen = _SeenAnswers.of(examples, constants, text)
        found = Answered([])
        for args, one in zip(inputs, first, strict=True):
            if reason := _failure(one) or seen.doubt(one.value):
                found.dropped[reason] += 1
            else:
                found.answers.append((args, one.value))
        backwards: list[tuple[str, Arguments, dict[str, Any]]] = [(entry, args, {}) for args, _ in found.answers[::-1]]
        again = self._other.evaluate(reference + _SECOND_RUN, backwards)[::-1]
        differs = [
            two.outcome != "returned" or _text(two.value) != _text(value)
            for two, (_, value) in zip(again, found.answers, strict=True)
        ]
        found.strike(differs, "not deterministic")
        found.strike(self._unsteady(examples, reference, found.answers), "depends on the last digits of a float")
        found.strike(self._contested(examples, references[1:], passing, found.answers), "contested")
        return found

    def _unsteady(self, examples: Examples, program: str, left: list[tuple[Arguments, Any]]) -> list[bool]:
        """Inputs whose answer jumps when every float moves by a billionth: two right programs may round differently."""
        marks = [False] * len(left)
        with_floats = [index for index, (args, _) in enumerate(left) if _nudged(args, 0) != args]
        for way in range(2 if with_floats else 0):
            moved = [_nudged(left[index][0], way) for index in with_floats]
            for index, result in zip(with_floats, self.values(program, examples.entry, moved), strict=True):
                marks[index] |= result.outcome != "returned" or not _near(result.value, left[index][1])
        return marks

    def _contested(
        self, examples: Examples, others: Sequence[str], passing: Sequence[str], left: list[tuple[Arguments, Any]]
    ) -> list[bool]:
        inputs = [args for args, _ in left]

        def other_answers(program: str) -> list[str]:
            """For each input the program's answer, empty where it is the reference's."""
            results = self.values(program, examples.entry, inputs)
            return [
                "" if result.outcome == "returned" and examples.same(result.value, value)
                else f"{result.outcome} {_text(result.value)}"
                for result, (_, value) in zip(results, left, strict=True)
            ]  # fmt: skip

        refused = [other_answers(program) for program in others]
        votes = [other_answers(program) for program in passing]
        return [
            any(answers[index] for answers in refused) or _outvoted(Counter(answers[index] for answers in votes))
            for index in range(len(left))
        ]


def _outvoted(votes: Counter[str]) -> bool:
    """Whether an answer has more votes than the reference's, the empty one. Programs that are wrong each in its own way
    are no evidence against it, however many they are."""
    for_reference = 1 + votes.pop("", 0)
    return max(votes.values(), default=0) > for_reference


def _failure(result: CallResult) -> str:
    if result.outcome != "returned":
        return {"raised": "raises", "timeout": "slow"}.get(result.outcome, result.outcome)
    return "slow" if result.seconds > SLOWEST_SECONDS else ""


def _text(value: Any) -> str:
    """As repr, with the items of sets in an order of their own."""
    if isinstance(value, set | frozenset):
        return f"{type(value).__name__}({sorted(map(_text, value))})"
    if isinstance(value, list | tuple):
        return f"{type(value).__name__}({[_text(item) for item in value]})"
    if isinstance(value, dict):
        return f"dict({[(_text(key), _text(item)) for key, item in value.items()]})"
    return hex(value) if type(value) is int else repr(value)  # repr refuses thousands of digits


@dataclass
class _SeenAnswers:
    """What the expected values of the tests there are look like."""

    types: set[str]
    texts: set[str]
    negative: bool
    longest: int
    special: set[str]  # answers that stand as constants in the reference: error marks, most of the time

    @classmethod
    def of(cls, examples: Examples, returned_constants: Sequence[Any], text: str) -> _SeenAnswers:
        """What the problem's text names, as in "or -1 if there is none", is as good as seen."""
        named = r"\b(?:[Rr]eturns?|[Oo]r|[Oo]therwise|gives?),? \W?{}\b"
        values = [example.expected for example in examples.calls if example.expected is not UNKNOWN]
        plain = [item for item in [-1, *returned_constants] if isinstance(item, str | int | None) and item != ""]
        values += [item for item in plain if values and re.search(named.format(re.escape(str(item))), text)]
        texts = set(map(repr, values))
        marks = [item for item in returned_constants if item is None or isinstance(item, str) or _is_negative(item)]
        return cls(
            types={_shape(value) for value in values},
            texts=texts,
            negative=any(_is_negative(value) for value in values),
            longest=max([LONGEST_ANSWER, *map(len, texts)]),
            special=set(map(repr, marks)) - texts,
        )

    def doubt(self, value: Any) -> str:
        """Why this answer is none that the tests vouch for; empty when they do."""
        try:
            written = repr(value)
        except ValueError:  # Python writes out no number of thousands of digits
            return "an answer out of proportion"
        if self.types and _shape(value) not in self.types:
            return "an answer of a type that no test expects"
        if written in self.special:
            return "a constant answer that no test expects"
        if value == -1 and not self.negative:
            return "a constant answer that no test expects"
        if len(written) > self.longest:
            return "an answer out of proportion"
        return ""


def _shape(value: Any) -> str:
    if isinstance(value, float):
        return "number" if math.isfinite(value) else "not finite"
    return "number" if type(value) is int else type(value).__name__


def _is_negative(value: Any) -> bool:
    return isinstance(value, int | float) and value < 0


def _nudged(value: Any, way: int) -> Any:
    """The same plain value with every float moved by a billionth, some up and some down, equal floats alike; the other
    `way`, 0 or 1, moves each in the other direction."""
    if isinstance(value, float):
        bit = hashlib.sha256(repr(value).encode()).digest()[0] & 1
        return value * (1 + (NUDGE if bit == way else -NUDGE))
    if isinstance(value, list | tuple | set | frozenset):
        return type(value)(_nudged(item, way) for item in value)
    if isinstance(value, dict):
        return {_nudged(key, way): _nudged(item, way) for key, item in value.items()}
    return value


def _near(left: Any, right: Any) -> bool:
    if isinstance(left, float) or isinstance(right, float):
        return isinstance(left, int | float) and isinstance(right, int | float) and math.isclose(
            left, right, rel_tol=1e-6, abs_tol=1e-6
        )  # fmt: skip
    if type(left) is not type(right):
        return False
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(_near, left, right))
    if isinstance(left, dict):
        return len(left) == len(right) and all(map(_near, left.values(), right.values()))
    if isinstance(left, set | frozenset):
        return len(left) == len(right)
    return bool(left == right)
