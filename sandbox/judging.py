"""One program against one set of tests: each test by its plan, in order, into a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sandbox.calls import Answers, ProgramCalls, failure_of
from sandbox.compare import compare_output
from sandbox.plan import Plan
from sandbox.script import run_script
from sandbox.slot import Slot
from sandbox.take_apart import Apart, CallRaised, NotSimple
from sandbox.types import Limits, Test, TestResult, Verdict, VerdictOutcome, shorten


@dataclass
class Job:
    program: str
    tests: list[Test]
    limits: Limits
    stop_early: bool = False
    language: str = "python"


@dataclass
class Judging:
    slot: Slot
    job: Job
    plans: Sequence[Plan]
    last_attempt: bool
    results: dict[int, TestResult] = field(default_factory=dict)
    cpu_seconds: float = 0.0
    stopped: bool = False

    def run(self) -> None:
        apart = [index for index, plan in enumerate(self.plans) if plan.apart is not None]
        whole = self._run_apart(apart)
        for index, plan in enumerate(self.plans):
            if index in self.results and index not in whole:
                continue
            if self.stopped:
                return
            if plan.test.kind == "stdio":
                self._record(index, self._run_stdio(plan.test))

    def _record(self, index: int, result: TestResult) -> None:
        self.results[index] = result
        self.stopped = self.stopped or (self.job.stop_early and result.outcome != "passed")

    def _run_apart(self, indexes: list[int]) -> list[int]:
        """Run the tests that were taken apart; returns those whose answers need the slow path after all."""
        if not indexes:
            return []
        aparts = [self.plans[index].apart for index in indexes]
        calls = ProgramCalls(self.slot, self.job.program, self.job.limits, self.last_attempt)
        undecided = []
        running = calls.run([apart.calls for apart in aparts if apart is not None])
        for index, apart, answers in zip(indexes, aparts, running, strict=False):
            assert apart is not None
            try:
                self._record(index, judge_answers(apart, answers))
            except NotSimple:
                undecided.append(index)
            if self.stopped:
                break
        running.close()
        self.cpu_seconds += calls.cpu_seconds
        return undecided

    def _run_stdio(self, test: Test) -> TestResult:
        outcome = run_script(self.slot, self.job.program, test.stdin, self.job.limits, self.last_attempt)
        self.cpu_seconds += outcome.seconds
        if outcome.failure is not None:
            return TestResult(outcome.failure.outcome, shorten(outcome.failure.message), outcome.seconds)
        difference = compare_output(outcome.stdout, test.stdout.encode("utf-8", "surrogateescape"))
        return TestResult("failed" if difference else "passed", shorten(difference), outcome.seconds)

    def verdict(self, name: str, tier: str, wall_seconds: float) -> Verdict:
        results = [self.results.get(index, TestResult("not_run", "stopped early")) for index in range(len(self.plans))]
        passed = sum(result.outcome == "passed" for result in results)
        outcome: VerdictOutcome = "passed" if results and passed == len(results) else "failed"
        complete = results and not any(result.outcome == "not_run" for result in results)
        message = "" if results else "there are no tests, so nothing was shown to work"
        return Verdict(
            outcome,
            results,
            passed / len(results) if complete else (None if results else 0.0),
            self.cpu_seconds,
            wall_seconds,
            name,
            weak=any(result.weak for result in results),
            tier=tier,
            message=message,
        )


def judge_answers(apart: Apart, answers: Answers) -> TestResult:
    """The result of one test from what the jail claims. Raises NotSimple when the claims need the slow path."""
    if answers.failure is not None:
        return TestResult(answers.failure.outcome, shorten(answers.failure.message), answers.seconds)
    try:
        message = apart.verify(answers.reports)
    except CallRaised as raised:
        failure = failure_of(raised.report)
        return TestResult(failure.outcome, shorten(failure.message), answers.seconds)
    return TestResult("failed" if message else "passed", shorten(message), answers.seconds)
