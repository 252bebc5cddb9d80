"""One slot of the judge: a process that receives a program and its tests and answers with a verdict.

It holds the expected values, drives the jailed processes, reads what they claim through `wire`, and compares. One job
at a time, one thread; from one job to the next nothing is carried but warm parents, with forked children that wait,
parsed tests and compiled programs.

Started by judge.py with a socket; a settings frame comes first, then one frame a job. When the host dies its end of the
socket closes and the supervisor takes everything it started down with it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import itertools
import os
import select
import signal
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

from sandbox.trusted import cgroups, scratch
from sandbox.trusted.calls import MOST_BYTES, ProgramCalls, failure_of
from sandbox.trusted.cpp import Compiler
from sandbox.trusted.judging import Job, Judging
from sandbox.trusted.plan import Plan, plan_tests
from sandbox.trusted.process import SPENT, InfraError
from sandbox.trusted.run import MB, HostGone, watch_host
from sandbox.trusted.slot import Slot
from sandbox.trusted.take_apart import Call
from sandbox.types import CallResult, Limits, Test, TestResult, Verdict, shorten, test_set_hash
from sandbox.wire import dump_frame, parse_body, read_frame, write_all

ATTEMPTS = 3
MAX_MESSAGE_BYTES = 1 << 30
TEST_SETS_KEPT = 256
JOBS_A_COLLECTION = 50  # few objects are garbage in cycles, but those hold what programs wrote: up to a megabyte each
IDLE_SECONDS = 0.005  # with no new job for so long, the last processes are seen gone

Result = TypeVar("Result")


@dataclasses.dataclass(frozen=True)
class TestSet:
    """Tests that were read, with how each will be run."""

    name: str
    plans: list[Plan]


class Supervisor:
    def __init__(self, settings: dict[str, Any]) -> None:
        self.slot = Slot(settings)
        self.compiler = Compiler(self.slot)
        self.tier = settings["tier"]
        self.test_sets: OrderedDict[str, TestSet] = OrderedDict()

    def check_jail(self) -> None:
        """Run one program, as a probe of the tier. Raises InfraError where it does not work."""
        self.slot.begin_attempt(last=True)
        calls = ProgramCalls(self.slot, "def probe():\n    return 42", Limits(**self.slot.limits))
        (answers,) = calls.run([[Call("probe", [], {})]])
        if answers.failure is not None or answers.reports[0].value != 42:
            raise InfraError(f"a trivial program fails in this tier: {answers.failure or answers.reports[0].error}")

    def judge(self, job: Job) -> Verdict:
        """The verdict on one program."""
        start, before = time.monotonic(), dataclasses.replace(SPENT)
        tests = self._test_set(job.tests)
        SPENT.planning += time.monotonic() - start

        def attempt() -> Verdict:
            judging = Judging(self.slot, job, self.compiler, tests.plans, before)
            judging.run()
            return judging.verdict(tests.name, self.tier, time.monotonic() - start)

        try:
            return self._with_attempts(attempt)
        except InfraError as error:
            message, seconds = str(error), time.monotonic() - start
            results = [TestResult("not_run", message) for _ in tests.plans]
            return Verdict("infra_error", results, None, 0.0, seconds, tests.name, tier=self.tier, message=message)

    def _with_attempts(self, attempt: Callable[[], Result]) -> Result:
        """A failure of ours is tried again with fresh processes before it is reported. Raises InfraError."""
        for number in range(1, ATTEMPTS + 1):
            self.slot.begin_attempt(last=number == ATTEMPTS)
            try:
                return attempt()
            except (InfraError, OSError, MemoryError) as error:
                message = shorten(f"{type(error).__name__}: {error}")
                self.slot.reset()
        raise InfraError(message)

    def _test_set(self, rows: str) -> TestSet:
        """Tests by their JSON. Many programs are judged by the same ones, which are read and taken apart once."""
        known = self.test_sets.pop(rows, None)
        if known is None:
            tests = [Test.from_dict(row) for row in parse_body(rows.encode())]
            known = TestSet(test_set_hash(tests), plan_tests(tests))
        self.test_sets[rows] = known
        if len(self.test_sets) > TEST_SETS_KEPT:
            self.test_sets.popitem(last=False)
        return known

    def evaluate(self, program: str, calls: list[Call], limits: Limits) -> list[CallResult]:
        """What each call into the program gives. Values stay in wire form; the host decodes them."""
        try:
            return self._with_attempts(lambda: self._evaluate(ProgramCalls(self.slot, program, limits), calls))
        except InfraError as error:
            return [CallResult("infra_error", error=str(error)) for _ in calls]

    def _evaluate(self, running: ProgramCalls, calls: list[Call]) -> list[CallResult]:
        results: list[CallResult] = []
        size = 0
        for answers in running.run([[call] for call in calls]):
            size += answers.bytes
            if size > MOST_BYTES:
                too_large = CallResult("output_limit", error=f"all answers have more than {MOST_BYTES // MB} MB")
                return results + [too_large] * (len(calls) - len(results))
            failure = answers.failure
            if failure is None and answers.reports[0].error:
                report = answers.reports[0]
                failure = failure_of(report)
                if failure.outcome == "error" and report.error_types:
                    results.append(CallResult("raised", error=shorten(report.error), seconds=answers.seconds))
                    continue
            if failure is None:
                value = parse_body(answers.reports[0].frame)["value"]
                results.append(CallResult("returned", value, seconds=answers.seconds))
            else:
                outcome: Any = failure.outcome
                results.append(CallResult(outcome, error=shorten(failure.message), seconds=answers.seconds))
        return results

    def tidy(self, what: Callable[[], None]) -> None:
        """Between two jobs."""
        try:
            what()
        except (InfraError, OSError):  # the next job starts with fresh processes
            self.slot.reset()

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        limits = Limits(**message["limits"])
        if message["do"] == "evaluate":
            calls = [Call(*call) for call in message["calls"]]
            return {"calls": [vars(result) for result in self.evaluate(message["program"], calls, limits)]}
        how = message["stop_early"], message["language"], message["compiler"]
        return {"verdict": self.judge(Job(message["program"], message["tests"], limits, *how)).to_dict()}


def main(fd: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Tests and answers are large trees without cycles; looking for some at the usual rate took a third of the time.
    gc.set_threshold(100_000, 20, 20)
    settings = parse_body(read_frame(fd, MAX_MESSAGE_BYTES) or b"")
    cgroups.sweep()
    scratch.sweep()
    supervisor = Supervisor(settings)
    watch_host(fd)
    host = select.poll()  # its descriptor can be above those that select takes
    host.register(fd, select.POLLIN)
    try:
        supervisor.check_jail()
        write_all(fd, dump_frame({"ready": os.getpid()}))
        for number in itertools.count(1):
            body = read_frame(fd, MAX_MESSAGE_BYTES)
            if body is None:
                return
            write_all(fd, dump_frame(supervisor.answer(parse_body(body))))
            supervisor.tidy(supervisor.slot.clear)  # while the host takes the verdict in
            if number % JOBS_A_COLLECTION == 0:
                gc.collect(1)
            if not host.poll(IDLE_SECONDS * 1000):
                supervisor.tidy(supervisor.slot.settle)
    except (InfraError, OSError) as error:
        with contextlib.suppress(ConnectionError):  # it is the host that is gone
            write_all(fd, dump_frame({"failed": str(error)}))
    except HostGone:
        return
    finally:
        supervisor.slot.reset()
