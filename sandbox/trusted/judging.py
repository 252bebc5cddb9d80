"""One program against one set of tests: each test by its plan, in order, into a verdict."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from sandbox.trusted.calls import Answers, ProgramCalls, failure_of
from sandbox.trusted.challenge import CannotBeWritten
from sandbox.trusted.compare import compare_output
from sandbox.trusted.cpp import Compiler
from sandbox.trusted.plan import Plan
from sandbox.trusted.process import SPENT, Spent
from sandbox.trusted.run import too_late
from sandbox.trusted.script import ScriptOutcome, run_binary, run_script
from sandbox.trusted.slot import Slot
from sandbox.trusted.split import SplitRun
from sandbox.trusted.take_apart import Apart, CallRaised, NotSimple
from sandbox.trusted.together import TogetherRun
from sandbox.types import Failure, Limits, Test, TestResult, Verdict, VerdictOutcome, shorten


@dataclass
class Job:
    """What the host asks for; `tests` are its rows as JSON."""

    program: str
    tests: str
    limits: Limits
    stop_early: bool = False
    language: str = "python"
    compiler: str = ""


@dataclass
class Judging:
    slot: Slot
    job: Job
    compiler: Compiler
    plans: Sequence[Plan]
    before: Spent
    results: dict[int, list[TestResult]] = field(default_factory=dict)
    cpu_seconds: float = 0.0
    stopped: bool = False

    def run(self) -> None:
        if self.job.language != "python" and any(plan.test.kind != "stdio" for plan in self.plans):
            message = f"a {self.job.language} program can only be judged by stdio tests"
            self.results = {index: [TestResult("error", message)] for index in range(len(self.plans))}
            return
        self._run_apart([index for index, plan in enumerate(self.plans) if plan.apart is not None])
        for index, plan in enumerate(self.plans):
            if self.stopped:
                return
            if index not in self.results:
                late = too_late(self.job.limits)
                self._record(index, [TestResult("timeout", late)] if late else self._run_one(plan))

    def _record(self, index: int, results: list[TestResult]) -> None:
        self.results[index] = results
        failed = any(result.outcome != "passed" for result in results)
        self.stopped = self.stopped or (self.job.stop_early and failed)

    def _run_one(self, plan: Plan) -> list[TestResult]:
        try:
            return self._run_stdio(plan.test) if plan.test.kind == "stdio" else self._run_whole(plan)
        except CannotBeWritten as error:
            return [TestResult("error", f"the test is at fault: {error}")]

    def _run_whole(self, plan: Plan) -> list[TestResult]:
        job = self.job
        if plan.fault:
            return [TestResult("error", shorten(plan.fault))]
        if plan.together:
            together = TogetherRun(self.slot, job.program, plan.test, job.limits, plan.required)
            results = together.run()
            SPENT.timeouts += sum(result.outcome == "timeout" for result in results)
            self.cpu_seconds += together.cpu_seconds
            return results
        split = SplitRun(self.slot, job.program, plan.test, job.limits, plan.job)
        results = split.run()
        self.cpu_seconds += split.cpu_seconds
        return results

    def _run_apart(self, indexes: list[int]) -> None:
        """Run the tests that were taken apart. Those whose answers cannot be decided here are left for the slow
        path.
        """
        if not indexes:
            return
        aparts = [self.plans[index].apart for index in indexes]
        calls = ProgramCalls(self.slot, self.job.program, self.job.limits)
        running = calls.run([apart.calls for apart in aparts if apart is not None])
        for index, apart, answers in zip(indexes, aparts, running, strict=False):
            assert apart is not None
            with contextlib.suppress(NotSimple):
                self._record(index, [judge_answers(apart, answers)])
            if self.stopped:
                break
        running.close()
        self.cpu_seconds += calls.cpu_seconds

    def _run_stdio(self, test: Test) -> list[TestResult]:
        try:
            expected = test.stdout.encode("utf-8", "surrogateescape")
            test.stdin.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError as error:
            return [TestResult("error", f"the test is at fault: {error}")]
        outcome = self._script_outcome(test.stdin)
        self.cpu_seconds += outcome.seconds
        if outcome.failure is not None:
            SPENT.timeouts += outcome.failure.outcome == "timeout"
            return [TestResult(outcome.failure.outcome, shorten(outcome.failure.message), outcome.seconds)]
        difference = compare_output(outcome.stdout, expected)
        return [TestResult("failed" if difference else "passed", shorten(difference), outcome.seconds)]

    def _script_outcome(self, stdin: str) -> ScriptOutcome:
        job = self.job
        if job.language == "python":
            return run_script(self.slot, job.program, stdin, job.limits)
        binary = self.compiler.compile(job.compiler, job.program, job.limits)
        if isinstance(binary, Failure):
            return ScriptOutcome(b"", binary, 0.0)
        return run_binary(self.slot, binary, stdin, job.limits)

    def verdict(self, name: str, tier: str, wall_seconds: float) -> Verdict:
        not_run = [TestResult("not_run", "stopped early")]
        results = [result for index in range(len(self.plans)) for result in self.results.get(index, not_run)]
        passed = sum(result.outcome == "passed" for result in results)
        outcome: VerdictOutcome = "passed" if results and passed == len(results) else "failed"
        rate = None if self.stopped else passed / len(results) if results else 0.0
        return Verdict(
            outcome,
            results,
            rate,
            self.cpu_seconds,
            wall_seconds,
            name,
            weak=any(result.weak for result in results),
            tier=tier,
            message="" if results else "there are no tests, so nothing was shown to work",
            phases=self._phases(wall_seconds),
        )

    def _phases(self, wall_seconds: float) -> dict[str, float]:
        """Where the time went; `compare` is all that the supervisor did itself besides planning."""
        planning = SPENT.planning - self.before.planning
        waiting, in_jail = SPENT.waiting - self.before.waiting, SPENT.in_jail - self.before.in_jail
        compare = wall_seconds - planning - waiting - in_jail
        return {"plan": planning, "wait_for_process": waiting, "in_jail": in_jail, "compare": compare}


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
