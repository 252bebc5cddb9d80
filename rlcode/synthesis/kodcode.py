"""KodCode's pipeline (arXiv 2503.02951, section 2): a question, then several times a program together with its pytest
file; what passes its own tests is kept, and the trials that passed say how hard the question is."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rlcode.synthesis import prompts
from rlcode.synthesis.answers import Malformed, read_question, read_solution_and_tests, require_text
from rlcode.synthesis.asking import Asker
from rlcode.synthesis.coverage import Coverage
from rlcode.synthesis.judging import Judging, Program
from rlcode.synthesis.rejection import Rejection, Row
from rlcode.synthesis.seeds import parse_python
from rlcode.synthesis.settings import SynthConfig
from rlcode.synthesis.stages import Stage
from rlcode.synthesis.teachers import Answer, Request
from sandbox import Test, Verdict

IMPORT = "from solution import *\n\n"  # KodCode's runner puts it before every test file
MEASURED_TOGETHER = 16  # programs whose coverage is measured while others are judged: rows are finished as it goes on
EASY_FROM, HARD_BELOW = 2 / 3, 1 / 3  # shares of trials that pass; KodCode's code (its paper has "above 2/3")


@dataclass(frozen=True)
class Tried:
    """What became of one program with its tests; `coverage` only where they passed and it could be measured."""

    verdict: Verdict
    coverage: Coverage | None = None


@dataclass(frozen=True)
class KodCode:
    """The stages after the seeds."""

    config: SynthConfig

    def questions(self, teacher: Asker) -> Stage[Request, Answer]:
        return Stage("questions", _ask_question, teacher.ask_many, self._question)

    def trials(self, teacher: Asker) -> Stage[Request, Answer]:
        return Stage("trials", self._ask_trials, teacher.ask_many, _trials, {"trials": self.config.trials})

    def verified(self, judging: Judging) -> Stage[Program, Tried]:
        limits = {"limits": judging.limits}
        return Stage("verified", _programs, lambda programs: _try_all(programs, judging), self._verified, limits)

    def _question(self, row: Row, answers: Sequence[Answer]) -> Row | Rejection:
        try:
            text = read_question(require_text(answers[0]))
        except Malformed as error:
            return Rejection(error.reason, error.detail)
        return {
            "id": row["id"],
            "prompt": text,
            "source": row["source"],
            "license": row["license"],
            "metadata": {"seed_id": row["seed_id"], "teacher": self.config.teacher.model},
        }

    def _ask_trials(self, row: Row) -> list[Request]:
        messages = prompts.solution_and_tests(row["prompt"])
        return [Request("trials", row["metadata"]["seed_id"], messages, trial) for trial in range(self.config.trials)]

    def _verified(self, row: Row, tried: Sequence[Tried]) -> Row | Rejection:
        trials, results = row["trials"], iter(tried)
        by_trial = [next(results) if "solution" in trial else None for trial in trials]
        infra = [result for result in tried if result.verdict.outcome == "infra_error"]
        if infra:
            return Rejection("not judged", infra[0].verdict.message)
        outcomes = [
            _outcome(result) if result else trial["problem"] for trial, result in zip(trials, by_trial, strict=True)
        ]
        passing = [number for number, outcome in enumerate(outcomes) if outcome == "passed"]
        if not passing:
            return Rejection("no trial passed", ", ".join(f"{n} {what}" for what, n in Counter(outcomes).most_common()))
        chosen = max(passing, key=lambda number: (_share(by_trial[number]), -number))
        rate = len(passing) / len(trials)
        solution, tests = trials[chosen]["solution"], trials[chosen]["tests"]
        metadata = row["metadata"] | {
            "outcomes": outcomes,
            "pass_sequence": [int(outcome == "passed") for outcome in outcomes],
            "pass_rate": rate,
            "chosen_trial": chosen,
            "coverage": _coverages(by_trial),
        }
        name = _entry_point(tests)
        return {key: value for key, value in row.items() if key not in ("trials", "from")} | {
            **({"entry_point": name} if name else {}),
            "tests": [{"kind": "pytest", "code": tests}],
            "reference": solution,
            "difficulty": "easy" if rate >= EASY_FROM else "hard" if rate < HARD_BELOW else "medium",
            "metadata": metadata,
        }


def _ask_question(row: Row) -> list[Request]:
    return [Request("questions", row["seed_id"], prompts.question(row["code"], row["instruction"]))]


def _trials(row: Row, answers: Sequence[Answer]) -> Row | Rejection:
    """Every trial counts: one whose answer is malformed is a trial that failed."""
    trials: list[Row] = []
    for answer in answers:
        try:
            solution, tests = read_solution_and_tests(require_text(answer))
            trials.append({"solution": solution, "tests": IMPORT + tests})
        except Malformed as error:
            trials.append({"problem": error.reason, "detail": error.detail})
    if not any("solution" in trial for trial in trials):
        problems = Counter(trial["problem"] for trial in trials)
        return Rejection("no trial to run", ", ".join(f"{n} {problem}" for problem, n in problems.most_common()))
    return row | {"trials": trials}


def _programs(row: Row) -> list[Program]:
    found = [trial for trial in row["trials"] if "solution" in trial]
    return [(trial["solution"], [Test("pytest", code=trial["tests"])]) for trial in found]


def _try_all(programs: Sequence[Program], judging: Judging) -> Iterator[tuple[int, Tried]]:
    """Verdicts, then the coverage of what passed."""
    passed: list[tuple[int, Verdict]] = []
    for index, verdict in judging.verdicts(programs):
        if not verdict.passed:
            yield index, Tried(verdict)
            continue
        passed.append((index, verdict))
        if len(passed) == MEASURED_TOGETHER:
            yield from _measured(passed, programs, judging)
            passed = []
    yield from _measured(passed, programs, judging)


def _measured(
    passed: Sequence[tuple[int, Verdict]], programs: Sequence[Program], judging: Judging
) -> Iterator[tuple[int, Tried]]:
    files = [(solution, tests[0].code) for solution, tests in (programs[index] for index, _ in passed)]
    for place, coverage in judging.coverages(files):
        yield passed[place][0], Tried(passed[place][1], coverage)


def _outcome(result: Tried) -> str:
    """passed, failed, or how it was ended: timeout, memory, …"""
    if result.verdict.passed:
        return "passed"
    bad = [test.outcome for test in result.verdict.tests if test.outcome not in ("passed", "not_run")]
    return bad[0] if bad else "failed"


def _share(result: Tried | None) -> float:
    return result.coverage.share if result and result.coverage else -1.0


def _coverages(results: Sequence[Tried | None]) -> list[dict[str, float | None] | None]:
    return [result.coverage.to_dict() if result and result.coverage else None for result in results]


def _entry_point(tests: str) -> str:
    """The one name that a test file imports from the solution, empty where it imports several."""
    imports = [node for node in ast.walk(parse_python(tests)) if isinstance(node, ast.ImportFrom)]
    names = {alias.name for node in imports if node.module == "solution" for alias in node.names} - {"*"}
    return names.pop() if len(names) == 1 else ""
