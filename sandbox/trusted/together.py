"""The last resort: tests that must share a process with the program they test (sharing.py). Nothing in that process can
be believed, so the judge asks questions it knows the answers to.

The file is run as it is, and in another process with some of its functions changed so that they must fail
(challenge.py), in a secret order. Code that makes everything pass, forges reports or ends the process gives itself
away; code that guesses is right once in two for each function that can be made to fail. The results are always marked
weak.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from sandbox.trusted.calls import seed_of, text_of
from sandbox.trusted.challenge import Challenge, file_of, make_challenge
from sandbox.trusted.run import pump
from sandbox.trusted.slot import Slot
from sandbox.types import Failure, Limits, Test, TestOutcome, TestResult, shorten, weak_pass
from sandbox.wire import WireError, dump_frame, parse_body

FLAVOUR = "together"
MOST_REPORTS = 10_000


class Reports:
    """What such a process says of the test functions it was given; anything else is not kept."""

    def __init__(self, names: list[str]) -> None:
        self.by_name: dict[str, list[tuple[str, str, str]]] = {_last(name): [] for name in names}
        self.count = 0
        self.broken: str | None = None
        self.finished = False

    def on_frame(self, body: bytes) -> None:
        try:
            message = parse_body(body)
        except WireError:
            return
        report = message.get("report") if isinstance(message, dict) else None
        if not isinstance(report, dict):
            return
        if "finished" in report:
            self.finished = True
        elif "end" in report:
            name = text_of(report["end"]).partition("[")[0]
            if self.count < MOST_REPORTS and _last(name) in self.by_name:
                self.count += 1
                self.by_name[_last(name)].append((name, text_of(report.get("outcome")), text_of(report.get("message"))))
        elif "broken" in report or "load" in report:
            load = report.get("load")
            error = load.get("error") if isinstance(load, dict) else None
            self.broken = text_of(report.get("broken") or error)
            self.finished = True

    def of(self, name: str) -> tuple[str, str]:
        """`passed` when every report on the function says so, else the first other outcome, with its message;
        `not_run` without any. A method that a class inherits is reported under the name of that class.
        """
        reports = self.by_name[_last(name)]
        own = [report for report in reports if report[0] == name] or reports
        said = next((report for report in own if report[1] != "passed"), own[0] if own else ("", "not_run", ""))
        return said[1:]


def _last(name: str) -> str:
    return name.rpartition("::")[2]


@dataclass
class TogetherRun:
    """One file of tests in one process with the program, and again in another."""

    slot: Slot
    program: str
    test: Test
    limits: Limits
    required: frozenset[str]
    cpu_seconds: float = 0.0

    def run(self) -> list[TestResult]:
        secret = random.SystemRandom()
        challenge = make_challenge(file_of(self.test), secret)
        names = list(challenge.must_pass)
        if not names:
            return [TestResult("error", "the test is at fault: the file has no tests")]
        # A process could leave a trace for the next one, in what the kernel keeps of files.
        altered = self._run(challenge.altered, names) if secret.random() < 0.5 else None
        reports, failure = self._run(challenge.plain, names, counts_sleep=True)
        if reports.broken is not None:
            return [TestResult("error", shorten(reports.broken))]
        if failure is None:
            results = [self._result(name, *reports.of(name)) for name in names if self._counts(name, reports)]
            passed = [test.name for test in results if test.outcome == "passed"]
            if not results:
                return [TestResult("error", "the file has no test that was run")]
            if not passed or all(challenge.must_pass.values()):
                return results
            failure = self._judge(challenge, passed, *(altered or self._run(challenge.altered, names)))
            if failure is None:
                return results
        return [TestResult(failure.outcome, shorten(failure.message), name=name) for name in names]

    def _judge(
        self, challenge: Challenge, passed: list[str], reports: Reports, failure: Failure | None
    ) -> Failure | None:
        """Whether what passed passes in the altered file, too, but for what must fail there."""
        found = {name: reports.of(name)[0] == "passed" for name in passed}
        if failure is None and found != {name: challenge.must_pass[name] for name in passed}:
            return Failure("failed", "a test that must fail passed, or one that passed did not a second time: this "
                           "program does not compute its answers, or its tests do not see them")  # fmt: skip
        return failure

    def _run(self, code: str, names: list[str], counts_sleep: bool = False) -> tuple[Reports, Failure | None]:
        reports = Reports(names)
        with self.slot.running(FLAVOUR, self.limits, counts_sleep) as run:
            run.on_frame = reports.on_frame
            job = {"mode": "together", "program": self.program, "code": code, "seed": seed_of(self.program)}
            run.send(dump_frame(job))
            pump([run], lambda: reports.finished)
            failure = None if reports.finished else self.slot.explain_end(FLAVOUR, run)
            self.cpu_seconds += run.cpu_used()
        return reports, failure

    def _counts(self, name: str, reports: Reports) -> bool:
        """Whether a function has a result: one that the test's own marks leave out may have none."""
        return reports.of(name)[0] != "not_run" or name in self.required

    @staticmethod
    def _result(name: str, outcome: str, message: str) -> TestResult:
        if outcome == "passed":
            return weak_pass("a test that shares its process", name)
        known: TestOutcome = "failed" if outcome == "failed" else "error"
        return TestResult(known, shorten(message or "no report"), name=name)
