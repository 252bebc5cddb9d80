"""The last resort: tests that must share a process with the program they test, because they subclass its classes,
hand it files or run its coroutines. Nothing in that process can be believed, so the judge asks questions it knows the
answers to.

Every test function with an `assert x == literal` is sent twice, in secret order: as it is, and with the literal
exchanged for another. The first must pass and the second must fail. Code that makes everything pass, forges reports
or ends the process gives itself away; code that guesses is right once in two for each such function. The results are
always marked weak.
"""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.calls import seed_of
from sandbox.process import Failure
from sandbox.run import Run, pump
from sandbox.slot import Slot
from sandbox.take_apart import dotted, walk
from sandbox.types import Limits, Test, TestOutcome, TestResult, shorten
from sandbox.wire import WireError, dump_frame, parse_body

FLAVOUR = "together"
_SHARED_FIXTURES = frozenset(("tmp_path", "tmpdir", "tmp_path_factory", "recwarn", "caplog", "capfd"))
_SHARED_MODULES = frozenset(
    (
        *("asyncio", "inspect", "os", "pathlib", "shutil", "tempfile", "threading", "warnings"),
        *("networkx", "pandas", "sympy"),  # whose values have no plain form
        # What these are given may be code, and then the program's: it must not run beside the expected values.
        *("cloudpickle", "code", "dill", "doctest", "joblib", "marshal", "pickle", "runpy", "shelve"),
    )
)
_PATCHERS = frozenset(("patch",))
_PATCHER_METHODS = frozenset(
    ("object", "dict", "multiple", "setattr", "setitem", "setenv", "delenv", "chdir", "delattr")
)
_CROSSING = frozenset(
    ("builtins.input", "sys.stdin", "sys.stdout")
)  # what the program's process borrows from the test's
_RUN_TEXT = frozenset(("eval", "exec", "compile"))
# The first evaluates annotations that are text; a warning is seen only in the process that gives it.
_SHARED_CALLS = frozenset(("get_type_hints", "warns", "deprecated_call"))
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def must_share(code: str) -> bool:
    """Whether tests can only run in the program's own process. Decided from the tests alone: a program has no say in
    it.
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    taken = {alias.asname or alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
             and node.module == "solution" for alias in node.names} | {"solution"}  # fmt: skip
    return _runs_text(tree) or any(_needs_sharing(node, taken) for node in walk(tree))


def _runs_text(tree: ast.Module) -> bool:
    """Whether `eval` and its like are used on anything but a constant, or are handed on."""
    safe = {id(node.func) for node in walk(tree) if isinstance(node, ast.Call) and node.args
            and isinstance(node.args[0], ast.Constant)}  # fmt: skip
    names = [dotted(node) for node in walk(tree) if isinstance(node, ast.Name | ast.Attribute) and id(node) not in safe]
    return any(words[-1] in _RUN_TEXT and words[:-1] in ([], ["builtins"]) for words in names)


def _needs_sharing(node: ast.AST, taken: set[str]) -> bool:
    if isinstance(node, ast.ClassDef):
        return any(name.id in taken for base in node.bases for name in ast.walk(base) if isinstance(name, ast.Name))
    if isinstance(node, ast.Import):
        return any(alias.name.partition(".")[0] in _SHARED_MODULES for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").partition(".")[0] in _SHARED_MODULES
    if isinstance(node, ast.Call):
        words = dotted(node.func)
        return words == ["open"] or words[-1] in _SHARED_CALLS or _patches_elsewhere(words, node, taken)
    return isinstance(node, ast.AsyncFunctionDef) or (isinstance(node, ast.arg) and node.arg in _SHARED_FIXTURES)


def _patches_elsewhere(words: list[str], call: ast.Call, taken: set[str]) -> bool:
    """Whether this call of `words` patches something that the program would look for in its own process."""
    if words[-1] not in _PATCHERS and not (words[-1] in _PATCHER_METHODS and {"patch", "monkeypatch"} & set(words)):
        return False
    target = call.args[0] if call.args else None
    if isinstance(target, ast.Constant):
        path = str(target.value).split(".")
        of_the_program = path[0] == "solution" and (len(path) <= 2 or path[1][:1].isupper())  # not a module it uses
        return not (of_the_program or target.value in _CROSSING)
    root = next((node.id for node in ast.walk(target) if isinstance(node, ast.Name)), "") if target else ""
    return root not in taken and not (root == "sys" and ast.unparse(target or call) in _CROSSING)


def file_of(test: Test) -> str:
    """The test as a pytest file: an assert or a check becomes the body of a test function."""
    if test.kind == "pytest":
        return test.code
    tree = ast.parse("from solution import *")
    body = ast.parse(test.code).body
    if test.kind == "check":
        tree.body += body
        body = ast.parse(f"check({test.entry})").body
    function = ast.parse(f"def test_{test.kind}(): pass").body[0]
    assert isinstance(function, ast.FunctionDef)
    function.body = body
    tree.body.append(function)
    return ast.unparse(ast.fix_missing_locations(tree))


@dataclass
class Challenge:
    """The altered file, and for each function name in it the original's name and whether it must pass."""

    code: str
    expected: dict[str, tuple[str, bool]]


def make_challenge(code: str, secret: random.Random) -> Challenge:
    tree = ast.parse(code)
    literals = list(_literals(tree))
    expected: dict[str, tuple[str, bool]] = {}
    for body in [tree.body, *[node.body for node in tree.body if isinstance(node, ast.ClassDef)]]:
        for index in reversed(range(len(body))):
            function = body[index]
            if isinstance(function, _FUNCTIONS) and function.name.startswith("test"):
                body[index : index + 1] = _two_versions(function, literals, secret, expected)
    return Challenge(ast.unparse(ast.fix_missing_locations(tree)), expected)


def _two_versions(
    function: Function, literals: list[Any], secret: random.Random, expected: dict[str, tuple[str, bool]]
) -> list[Function]:
    name = function.name
    wrong = copy.deepcopy(function)
    comparisons = list(_comparisons(wrong))
    if not comparisons:
        expected[name] = (name, True)
        return [function]
    chosen = secret.choice(comparisons)
    value = ast.literal_eval(chosen.comparators[0])
    others = [other for other in literals if type(other) is type(value) and other != value]
    chosen.comparators[0] = ast.parse(repr(secret.choice(others) if others else _another(value)), mode="eval").body
    suffixes = [f"_{secret.randrange(10**9)}", f"_{secret.randrange(10**9)}"]
    for version, suffix, passes in ((function, suffixes[0], True), (wrong, suffixes[1], False)):
        version.name = name + suffix
        expected[version.name] = (name, passes)
    return secret.sample([function, wrong], 2)


def _comparisons(tree: ast.AST) -> Iterator[ast.Compare]:
    """Asserts of the form `assert x == literal`, whose literal can be exchanged."""
    for node in ast.walk(tree):
        test = node.test if isinstance(node, ast.Assert) else None
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
            try:
                ast.literal_eval(test.comparators[0])
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                continue
            yield test


def _literals(tree: ast.AST) -> Iterator[Any]:
    for comparison in _comparisons(tree):
        yield ast.literal_eval(comparison.comparators[0])


def _another(value: Any) -> Any:
    """A value of the same type that is not equal to it."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float, complex)):
        return value + 1 if value + 1 != value else 0
    if isinstance(value, dict):
        return {**value, "another": 0}
    more: dict[type, Any] = {str: "x", bytes: b"x", list: [0], tuple: (0,)}
    if type(value) in more:
        return value + more[type(value)]
    return value | {"another"} if isinstance(value, set) else 0


def _text(value: object) -> str:
    """The beginning of a text that came from a process that cannot be trusted."""
    return value[:500] if isinstance(value, str) else "?"


@dataclass
class TogetherRun:
    """One file of tests in one process with the program."""

    slot: Slot
    program: str
    test: Test
    limits: Limits
    last_attempt: bool
    reports: dict[str, tuple[str, str]] = field(default_factory=dict)
    finished: bool = False
    cpu_seconds: float = 0.0

    def run(self) -> list[TestResult]:
        challenge = make_challenge(file_of(self.test), random.SystemRandom())
        run = Run(self.slot.take(FLAVOUR), self.limits)
        run.on_frame = self._on_frame
        try:
            job = {"mode": "together", "program": self.program, "code": challenge.code, "seed": seed_of(self.program)}
            run.send(dump_frame(job))
            pump([run], lambda: self.finished)
            failure = None if self.finished else self.slot.explain_end(FLAVOUR, run, self.last_attempt)
            self.cpu_seconds = run.cpu_used()
        finally:
            self.slot.release(FLAVOUR, run.child)
        return self._results(challenge, failure)

    def _on_frame(self, body: bytes) -> None:
        """Reports from a process that cannot be trusted: names and outcomes, which count only if they are the right
        ones.
        """
        try:
            message = parse_body(body)
        except WireError:
            return
        report = message.get("report") if isinstance(message, dict) else None
        if not isinstance(report, dict):
            return
        if "finished" in report:
            self.finished = True
        elif "end" in report and len(self.reports) < 10_000:
            self.reports[_text(report["end"])] = (_text(report.get("outcome")), _text(report.get("message")))
        elif "broken" in report or "load" in report:
            load = report.get("load")
            error = load.get("error") if isinstance(load, dict) else None
            self.reports[""] = ("error", _text(report.get("broken") or error))
            self.finished = True

    def _results(self, challenge: Challenge, failure: Failure | None) -> list[TestResult]:
        names = list(dict.fromkeys(original for original, _ in reversed(challenge.expected.values())))
        if "" in self.reports or not names:
            message = self.reports.get("", ("", "the test is at fault: the file has no tests"))[1]
            return [TestResult("error", shorten(message))]
        passing = [original for name, (original, _) in challenge.expected.items() if self._outcome(name) == "passed"]
        if len(passing) > len(set(passing)):
            message = (
                "a test that must fail passed: this program does not compute its answers, or its tests do not see them"
            )
            return [TestResult("failed", message, name=name, weak=True) for name in names]
        versions = reversed(challenge.expected.items())  # they were made from the last function to the first
        return [self._result(original, altered, failure) for altered, (original, passes) in versions if passes]

    def _outcome(self, name: str) -> str:
        """`passed` when every report on the function says so, else the first other outcome; `not_run` without any."""
        own = [outcome for key, (outcome, _) in self.reports.items() if key.split("::")[-1].partition("[")[0] == name]
        return next((outcome for outcome in own if outcome != "passed"), own[0] if own else "not_run")

    def _result(self, original: str, altered: str, failure: Failure | None) -> TestResult:
        outcome = self._outcome(altered)
        if outcome == "passed" and failure is None:
            return TestResult("passed", name=original, weak=True)
        if failure is not None:
            return TestResult(failure.outcome, shorten(failure.message), name=original)
        message = next((text for key, (_, text) in self.reports.items() if altered in key and text), "no report")
        known: TestOutcome = "failed" if outcome == "failed" else "error"
        return TestResult(known, shorten(message), name=original)
