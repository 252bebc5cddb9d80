"""AceCoder's pipeline (arXiv 2502.01718, section 2.2): question and asserts in one call, and a stronger model's program
that decides which asserts stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rlcode.synthesis import prompts
from rlcode.synthesis.answers import Malformed, read_program, read_question_with_tests, require_text
from rlcode.synthesis.asking import Asker
from rlcode.synthesis.judging import Judging, Program
from rlcode.synthesis.rejection import Rejection, Row
from rlcode.synthesis.settings import SynthConfig
from rlcode.synthesis.stages import Stage
from rlcode.synthesis.teachers import Answer, Request
from sandbox import Test, Verdict

SHOWN_TESTS = 2  # of a question's tests, in the prompt for its program; AceCoder shows as many


@dataclass(frozen=True)
class AceCoder:
    """The stages after the seeds."""

    config: SynthConfig

    def questions(self, teacher: Asker) -> Stage[Request, Answer]:
        needed = {"min_tests": self.config.min_tests}
        return Stage("questions", _ask_question, teacher.ask_many, self._question, needed)

    def solutions(self, oracle: Asker) -> Stage[Request, Answer]:
        return Stage("solutions", _ask_solution, oracle.ask_many, _solution)

    def verified(self, judging: Judging) -> Stage[Program, Verdict]:
        needed = {"min_tests": self.config.min_tests, "limits": judging.limits}
        return Stage("verified", _programs, judging.verdicts, self._verified, needed)

    def _question(self, row: Row, answers: Sequence[Answer]) -> Row | Rejection:
        try:
            found = read_question_with_tests(require_text(answers[0]))
        except Malformed as error:
            return Rejection(error.reason, error.detail)
        if len(found.tests) < self.config.min_tests:
            return Rejection(
                "too few tests", f"{len(found.tests)} of {len(found.tests) + len(found.dropped)} are tests"
            )
        return {
            "id": row["id"],
            "prompt": found.question,
            "entry_point": found.entry_point,
            "tests": [{"kind": "assert", "code": test} for test in found.tests],
            "source": row["source"],
            "license": row["license"],
            "metadata": {
                "seed_id": row["seed_id"],
                "teacher": self.config.teacher.model,
                "dropped_tests": found.dropped,
                **({"repaired": True} if found.repaired else {}),
            },
        }

    def _verified(self, row: Row, verdicts: Sequence[Verdict]) -> Row | Rejection:
        verdict = verdicts[0]
        if verdict.outcome == "infra_error":
            return Rejection("not judged", verdict.message)
        paired = list(zip(row["tests"], verdict.tests, strict=True))
        kept = [test for test, result in paired if result.outcome == "passed"]
        dropped = [
            {"test": test["code"], "why": f"the reference: {result.outcome} {result.message}".strip()}
            for test, result in paired
            if result.outcome != "passed"
        ]
        if len(kept) < self.config.min_tests:
            outcomes = Counter(result.outcome for _, result in paired)
            counts = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common())
            first = f"; the first: {dropped[0]['why']}" if dropped else ""
            return Rejection("too few tests verified", counts + first)
        metadata = row["metadata"]
        metadata = metadata | {"dropped_tests": metadata["dropped_tests"] + dropped, "oracle": _model(self.config)}
        return row | {"tests": kept, "metadata": metadata}


def _ask_question(row: Row) -> list[Request]:
    return [Request("questions", row["seed_id"], prompts.question_with_tests(row["code"], row["instruction"]))]


def _ask_solution(row: Row) -> list[Request]:
    examples = [test["code"] for test in row["tests"][:SHOWN_TESTS]]
    messages = prompts.solve(row["prompt"], row["entry_point"], examples)
    return [Request("solutions", row["metadata"]["seed_id"], messages)]


def _solution(row: Row, answers: Sequence[Answer]) -> Row | Rejection:
    try:
        return row | {"reference": read_program(require_text(answers[0]), row["entry_point"])}
    except Malformed as error:
        return Rejection(error.reason, error.detail)


def _programs(row: Row) -> list[Program]:
    return [(row["reference"], [Test.from_dict(test) for test in row["tests"]])]


def _model(config: SynthConfig) -> str:
    assert config.oracle is not None  # the settings see to it
    return config.oracle.model
