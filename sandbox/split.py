"""Runs test code that cannot be taken apart: the test in one jailed process, the program in another, and a link between
them over which nothing goes but what `wire` can say. The judge listens to the test only: what that reports, the program
cannot reach at all.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import os
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.calls import error_report, failure_of, seed_of
from sandbox.inventory import (
    asks_for_its_own_word,
    asks_which_object,
    constants_of_classes,
    decorated_tests,
    functions_that_capture,
    marks_ask_the_program,
    names_of_the_program,
    own_skips,
    required_tests,
    takes_words_for_yes,
    used_as_no_module,
    with_missing,
)
from sandbox.names import SHARED_MODULES, WELL_KNOWN
from sandbox.process import Failure
from sandbox.run import MB, Run, pump, slept_too_long
from sandbox.slot import Slot
from sandbox.take_apart import BUILTIN_NAMES, bound_names
from sandbox.types import Limits, Test, TestOutcome, TestResult, shorten
from sandbox.wire import MAX_FRAME_BYTES, dump_frame, parse_body

MAX_TESTS_PER_FILE = 2_000


@dataclass
class SplitRun:
    """One test file (or assert, or check) against one program; `results` has one entry for each test function."""

    slot: Slot
    program: str
    test: Test
    limits: Limits
    last_attempt: bool
    job: dict[str, Any] | Failure
    results: list[TestResult] = field(default_factory=list)
    cpu_seconds: float = 0.0

    def run(self) -> list[TestResult]:
        if isinstance(self.job, Failure):
            return [TestResult(self.job.outcome, shorten(self.job.message))]
        job = {**self.job, "max_answer_bytes": int(self.limits.result_mb * MB) + 1024}
        timeouts = 0
        collected: list[str] | None = None
        while collected is None or len(self.results) < len(collected):
            if collected is not None and (timeouts >= self.limits.max_timeouts or slept_too_long(self.limits)):
                late = "not started: earlier tests ran out of time, or slept"
                self.results += [TestResult("timeout", late, name=name) for name in collected[len(self.results) :]]
                break
            pair = Pair(self, {**job, "start_at": len(self.results)})
            failure = pair.run()
            self.results += pair.results
            collected = pair.collected if collected is None else collected
            if failure is not None:
                if collected and len(self.results) >= len(collected):
                    break  # it ended behind the last test
                timeouts += failure.outcome == "timeout"
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
        told = earlier if earlier.outcome != "passed" else result
        seconds, weak = earlier.seconds + result.seconds, earlier.weak or result.weak
        merged[name] = replace(told, name=name, seconds=seconds, weak=weak)
    return list(merged.values())


def test_job(test: Test, shadowed: frozenset[str]) -> dict[str, Any] | Failure:
    """What the test's process needs to know, found out from the text of the test alone."""
    try:
        tree = ast.parse(test.code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Failure("error", f"the test is at fault: it does not parse ({type(error).__name__}: {error})")
    bound = bound_names(tree)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    needs = {name for name in used - bound if name not in BUILTIN_NAMES or name in shadowed}
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    words = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and type(node.value) is str}
    imported = {alias.name for node in imports if node.module == "solution" for alias in node.names}
    no_modules = needs & used_as_no_module(tree)
    library = {name: WELL_KNOWN[name] for name in sorted(needs & WELL_KNOWN.keys() - no_modules)}
    if "datetime" in no_modules:
        library["datetime"] = "datetime.datetime"
    others = needs - library.keys()
    its_names = others | names_of_the_program(tree)
    helpers = others if test.kind == "check" else set()
    asks = test.kind == "check" or bool(others or imported - {"*"}) or "solution" in modules
    stars = {node.module for node in imports if any(alias.name == "*" for alias in node.names)}
    return {
        "mode": "tests",
        "kind": test.kind,
        "code": test.code,
        "entry": test.entry,
        "needs": sorted(needs),
        "class_names": sorted(
            name
            for name in {*used, *attributes, *imported, *words, test.entry}
            if name[:1].isupper() and name.isidentifier()
        ),
        # Without an import such a name is the program's only where the test would else ask nothing of the program.
        "library": library if asks else {},
        # The program answers for the helpers that a check does not bring along, for names of two star imports, and for
        # what else it may have out of a library.
        "weak": bool(helpers)
        or ("solution" in stars and any(may_be_of(module, needs) for module in stars if module != "solution"))
        or bool(others & no_modules and others - no_modules)
        or asks_for_its_own_word(tree, its_names, others),
        "client": {
            "asks_which": asks_which_object(tree),
            "takes_words": takes_words_for_yes(tree),
            "captures": functions_that_capture(tree),
        },
        "constants": constants_of_classes(tree, others if test.kind != "pytest" or "solution" in stars else set()),
        "decorated": decorated_tests(tree, its_names),
        "required": required_tests(tree, its_names),
        "own_skips": own_skips(tree),
        "may_leave_out": not marks_ask_the_program(tree, its_names),
        "seed": 0,
    }


def may_be_of(module: str | None, names: set[str]) -> bool:
    """Whether one of these may be a name that `from module import *` brings."""
    if module not in SHARED_MODULES - {"numpy"}:  # which the supervisor does not import
        return True
    return not names.isdisjoint(dir(importlib.import_module(module)))


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
        self.flavour = "tests" if job["kind"] == "pytest" or needs_pytest(job["code"]) else "checks"

    def run(self) -> Failure | None:
        """Serve both until the file is done; the failure that ended it early, if one did."""
        split = self.split
        flavour = split.slot.flavour_for(split.program, served=True)
        self.program = Run(split.slot.take(flavour), split.limits)
        try:
            # Not hostile, and what it reports may be as long as its names are.
            self.tests = Run(split.slot.take(self.flavour), replace(split.limits, result_mb=MAX_FRAME_BYTES / MB))
            try:
                return self._talk(flavour)
            finally:
                self.tests.on_frame = None  # by it the names of tests, which may be long, would last
                split.slot.release(self.flavour, self.tests.child)
        finally:
            self.program.count_sleep()
            split.cpu_seconds += self.program.child.cpu_seconds()
            split.slot.release(flavour, self.program.child)

    def _talk(self, flavour: str) -> Failure | None:
        slot = self.split.slot
        self.tests.on_frame = self._from_tests
        source = self.split.program
        prints = "builtins" in self.job["code"] and "print" in self.job["code"]  # there may be another in its place
        jobs = {"mode": "serve", "program": source, "seed": seed_of(source), "prints": prints}, self.job
        self.program.pause()  # until the test waits for it
        link_up(self.program, self.tests, *map(dump_frame, jobs))
        slot.prepare(flavour)
        slot.prepare(self.flavour)
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
            return slot.explain_end(flavour, self.program, self.split.last_attempt)
        failure = slot.explain_end(self.flavour, self.tests, self.split.last_attempt)
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
            weak = outcome == "passed" and (bool(report["weak"]) or self.job["weak"])
            result = TestResult(outcome, shorten(message), self.seconds(), report["end"], weak)
            self.results.append(result)
            self.current = ""
            self.done = self.job["kind"] != "pytest"
        elif "load" in report:
            self.load_failure = failure_of(error_report(report["load"], while_loading=True))
        elif "broken" in report:
            self.broken = report["broken"]
        else:
            self.done = True


def needs_pytest(code: str) -> bool:
    """Whether a test that is no pytest file uses pytest all the same. Only speed depends on the guess."""
    return "pytest" in code or "approx" in code or "unittest" in code


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
