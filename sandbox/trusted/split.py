"""Runs test code that cannot be taken apart: the test in one jailed process, the program in another, and a link between
them over which nothing goes but what `wire` can say. The judge listens to the test only: what that reports, the program
cannot reach at all.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.trusted.calls import error_report, failure_of, seed_of
from sandbox.trusted.inventory import with_missing
from sandbox.trusted.process import SPENT
from sandbox.trusted.run import MB, Run, pump, slept_too_long, too_late
from sandbox.trusted.slot import Slot
from sandbox.types import Failure, Limits, Test, TestOutcome, TestResult, shorten, weak_pass
from sandbox.wire import MAX_FRAME_BYTES, dump_frame, parse_body

MAX_TESTS_PER_FILE = 2_000


@dataclass
class SplitRun:
    """One test file (or assert, or check) against one program; `results` has one entry for each test function."""

    slot: Slot
    program: str
    test: Test
    limits: Limits
    job: dict[str, Any] | Failure
    results: list[TestResult] = field(default_factory=list)
    cpu_seconds: float = 0.0

    def run(self) -> list[TestResult]:
        if isinstance(self.job, Failure):
            return [TestResult(self.job.outcome, shorten(self.job.message))]
        job = {**self.job, "max_answer_bytes": int(self.limits.result_mb * MB) + 1024}
        collected: list[str] | None = None
        while collected is None or len(self.results) < len(collected):
            if collected is not None and (late := too_late(self.limits)):
                self.results += [TestResult("timeout", late, name=name) for name in collected[len(self.results) :]]
                break
            pair = Pair(self, {**job, "start_at": len(self.results)})
            failure = pair.run()
            self.results += pair.results
            collected = pair.collected if collected is None else collected
            if failure is not None:
                if collected and len(self.results) >= len(collected):
                    break  # it ended behind the last test
                SPENT.timeouts += failure.outcome == "timeout"
                name = pair.current or (collected[len(self.results)] if collected else "")
                self.results.append(TestResult(failure.outcome, shorten(failure.message), pair.seconds(), name))
                if not collected or pair.broken:
                    break
            elif collected is None or len(self.results) < len(collected):
                self.results.append(TestResult("error", "the test file ended before all its tests had run"))
                break
        if self.test.kind == "pytest" and collected:
            there = [result for result in self.results if result.outcome != "not_run"]
            left_out = {result.name.partition("[")[0] for result in self.results if result.outcome == "not_run"}
            required = [name for name in job["required"] if name not in left_out]
            self.results = with_missing(by_function(there), job["decorated"], required)
        return self.results or [TestResult("error", "the test is at fault: the file has no tests")]


def by_function(results: list[TestResult]) -> list[TestResult]:
    """One result for each test function: that of its first parameter set that did not pass, if any; weak if any is."""
    merged: dict[str, TestResult] = {}
    for result in results:
        name = result.name.partition("[")[0]
        earlier = merged.get(name, replace(result, seconds=0.0, weak=False))
        told = earlier if earlier.outcome != "passed" or (earlier.weak and result.outcome == "passed") else result
        seconds, weak = earlier.seconds + result.seconds, earlier.weak or result.weak
        merged[name] = replace(told, name=name, seconds=seconds, weak=weak)
    return list(merged.values())


class Pair:
    """Two processes at work on one file, linked to each other; the judge listens to the test's reports."""

    def __init__(self, split: SplitRun, job: dict[str, Any]) -> None:
        self.split = split
        self.job = job
        self.results: list[TestResult] = []
        self.collected: list[str] | None = [""] if job["kind"] != "pytest" else None
        self.current = ""
        self.load_failure: Failure | None = None
        self.broken = ""
        self.alone = False  # the program's end of the link is closed
        self.done = False
        self.tests_flavour = "tests" if job["uses_pytest"] else "checks"

    def run(self) -> Failure | None:
        """Serve both until the file is done; the failure that ended it early, if one did."""
        split = self.split
        flavour = split.slot.flavour_for(split.program, served=True)
        # A test is not hostile, and what it reports may be as long as its names are.
        limits = replace(split.limits, result_mb=MAX_FRAME_BYTES / MB)
        with split.slot.running(flavour, split.limits) as self.program:
            try:
                with split.slot.running(self.tests_flavour, limits, counts_sleep=False) as self.tests:
                    return self._talk(flavour)
            finally:
                split.cpu_seconds += self.program.child.cpu_seconds()

    def _talk(self, flavour: str) -> Failure | None:
        slot = self.split.slot
        self.tests.on_frame = self._from_tests
        self.program.takes_turns_with, self.tests.takes_turns_with = self.tests.child, self.program.child
        source = self.split.program
        of_program = {"mode": "serve", "program": source, "seed": seed_of(source), "prints": self.job["replaces_print"]}
        self.program.pause()  # until the test waits for it
        link_up(self.program, self.tests, dump_frame(of_program), dump_frame(self.job))
        slot.prepare(flavour)
        slot.prepare(self.tests_flavour)
        on_one_core(self.program.child.pid, self.tests.child.pid)
        pump([self.program, self.tests], self._is_over)
        if self.alone and not self.program.finished:
            self.program.resume()
            pump([self.program], lambda: False)
        if self.load_failure is not None:
            return self.load_failure
        if self.broken:
            return Failure("error", f"the test file cannot be used with this program: {self.broken}")
        if self.done:
            return None
        if self.program.finished and not self.tests.cause:
            return slot.explain_end(flavour, self.program)
        failure = slot.explain_end(self.tests_flavour, self.tests)
        return Failure(failure.outcome, f"the test is at fault: {failure.message}")

    def _is_over(self) -> bool:
        ended = self.program.finished or self.tests.finished
        return self.done or ended or self.load_failure is not None or bool(self.broken)

    def _take_turns(self, waited: float | None) -> None:
        """The test waits for the program, and has done so for a while; or (None) does not wait any more."""
        if waited is None:
            self.program.pause()
            self.tests.resume()
        else:
            self.program.resume()
            self.program.wall_start -= waited
            self.tests.wall_start += waited
            self.tests.pause()

    def seconds(self) -> float:
        return self.program.cpu_used() + self.tests.cpu_used()

    def _from_tests(self, body: bytes) -> None:
        """A report of the test's process."""
        report = parse_body(body)["report"]
        if "waits" in report:
            self._take_turns(report["waits"])
        elif "flooded" in report:
            self.program.stop("output_limit", f"an answer of more than {self.split.limits.result_mb:g} MB")
        elif "alone" in report:
            self.alone = True
        elif "collected" in report:
            self.collected = report["collected"]
            if len(self.collected) > MAX_TESTS_PER_FILE:
                self.broken = f"it has {len(self.collected)} tests, more than {MAX_TESTS_PER_FILE}"
        elif "begin" in report:
            self.current = report["begin"]
            self.program.next_test()
            self.tests.begin_test()
            if slept_too_long(self.split.limits):
                self.program.stop("wall", "the tests before it slept")
        elif "end" in report:
            outcome: TestOutcome = report["outcome"]
            message: str = report["message"]
            if self.program.over_cpu_limit:  # it answered before anyone looked
                outcome, message = "timeout", self.program.cpu_failure().message
                SPENT.timeouts += 1
            if outcome == "passed" and (why := report["weak"] or self.job["weak"]):
                self.results.append(weak_pass(why, report["end"], self.seconds()))
            else:
                self.results.append(TestResult(outcome, shorten(message), self.seconds(), report["end"]))
            self.current = ""
            self.done = self.job["kind"] != "pytest"
        elif "load" in report:
            self.load_failure = failure_of(error_report(report["load"], while_loading=True))
        elif "broken" in report:
            self.broken = report["broken"]
        else:
            self.done = True


def link_up(program: Run, tests: Run, program_job: bytes, tests_job: bytes) -> None:
    """Give two processes their jobs, and with them a pipe each way between them."""
    from_program, to_tests = os.pipe()
    from_tests, to_program = os.pipe()
    program.send(program_job, [from_tests, to_tests])
    tests.send(tests_job, [from_program, to_program])
    for fd in (from_program, to_tests, from_tests, to_program):
        os.close(fd)


def on_one_core(*pids: int) -> None:
    """Keep these processes on the core where this one is: they take turns, and waking a core that sleeps takes longer
    than most turns do. Where that is not allowed they stay where they are.
    """
    with contextlib.suppress(OSError):
        core = _core_in_use()
        for pid in pids:
            os.sched_setaffinity(pid, {core})


def _core_in_use() -> int:
    with open("/proc/self/stat", "rb", buffering=0) as file:
        return int(file.read().rpartition(b")")[2].split()[36])
