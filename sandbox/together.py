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
from collections.abc import Iterator, Sequence
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
        *("concurrent", "gc", "sqlite3", "weakref"),
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
_SHARED_CALLS = frozenset(("get_type_hints", "warns", "deprecated_call", "assertWarns", "assertLogs", "reload"))
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


# As `from solution import *`, and with the names that begin with an underscore.
_ALL_OF_THE_PROGRAM = """
import solution
globals().update({name: value for name, value in vars(solution).items() if not name.startswith(("__", "test", "Test"))})
"""


def file_of(test: Test) -> str:
    """The test as a pytest file: an assert or a check becomes the body of a test function."""
    if test.kind == "pytest":
        return test.code
    tree = ast.parse(_ALL_OF_THE_PROGRAM)
    body = ast.parse(test.code).body
    if test.kind == "check":
        tree.body += body
        owner, _, method = test.entry.rpartition(".")
        body = ast.parse(f"check({owner}().{method})" if owner else f"check({method})").body
    else:
        imports = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]  # a star is for modules only
        tree.body += imports
        body = [node for node in body if node not in imports] or ast.parse("pass").body
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
    functions = [node for node in walk(tree) if isinstance(node, _FUNCTIONS)]
    literals = [ast.literal_eval(node.comparators[0]) for function in functions for node in _comparisons(function)]
    mentioned = {getattr(node, "id", getattr(node, "attr", "")) for node in walk(tree)}
    expected: dict[str, tuple[str, bool]] = {}
    bases = {dotted(base)[-1] for node in walk(tree) if isinstance(node, ast.ClassDef) for base in node.bases}
    for prefix, body in reversed(list(_collected(tree.body, bases))):
        by_name = {node.name: node for node in body if isinstance(node, _FUNCTIONS)}  # the last of a name counts
        for index in reversed(range(len(body))):
            function = body[index]
            if isinstance(function, _FUNCTIONS) and function.name.startswith("test") and not _is_fixture(function):
                if function is not by_name[function.name]:
                    del body[index]
                elif function.name in mentioned or not list(_comparisons(function)):
                    expected[prefix + function.name] = (prefix + function.name, True)
                else:
                    body[index : index + 1] = _two_versions(function, prefix, literals, secret, expected)
    return Challenge(ast.unparse(ast.fix_missing_locations(tree)), expected)


def _collected(body: list[ast.stmt], bases: set[str], prefix: str = "") -> Iterator[tuple[str, list[ast.stmt]]]:
    """The module's statements and those of each class whose methods pytest may take for tests, also by way of a class
    that derives from it, with the names that lead there.
    """
    yield prefix, body
    for node in body:
        if not isinstance(node, ast.ClassDef) or any(getattr(inner, "name", "") == "__init__" for inner in node.body):
            continue
        is_unittest = any(dotted(base)[-1].endswith("TestCase") for base in node.bases)
        if node.name.startswith("Test") or is_unittest or node.name in bases:
            yield from _collected(node.body, bases, f"{prefix}{node.name}::")


def _is_fixture(function: Function) -> bool:
    return any(dotted(decorator)[-1] == "fixture" for decorator in function.decorator_list)


def _two_versions(
    function: Function,
    prefix: str,
    literals: list[Any],
    secret: random.Random,
    expected: dict[str, tuple[str, bool]],
) -> list[Function]:
    name = function.name
    wrong = copy.deepcopy(function)
    chosen = secret.choice(list(_comparisons(wrong)))
    value = ast.literal_eval(chosen.comparators[0])
    others = [other for other in literals if type(other) is type(value) and other != value]
    chosen.comparators[0] = ast.parse(repr(secret.choice(others) if others else _another(value)), mode="eval").body
    suffixes = [f"_{secret.randrange(10**9)}", f"_{secret.randrange(10**9)}"]
    for version, suffix, passes in ((function, suffixes[0], True), (wrong, suffixes[1], False)):
        version.name = name + suffix
        expected[prefix + version.name] = (prefix + name, passes)
    return secret.sample([function, wrong], 2)


def _comparisons(function: ast.AST) -> Iterator[ast.Compare]:
    """Asserts of the form `assert x == literal`, whose literal can be exchanged, and which fail the test then: those
    in other functions, loops and so on may not be reached, and `pytest.raises` may wait for their failure.
    """
    for node in _certain(getattr(function, "body", [])):
        test = node.test if isinstance(node, ast.Assert) else None
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
            try:
                ast.literal_eval(test.comparators[0])
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                continue
            yield test


def _certain(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that are run when the function is."""
    for node in body:
        if isinstance(node, ast.Return | ast.Raise):
            return
        yield node
        if isinstance(node, ast.For) and getattr(node.iter, "elts", []):
            yield from _certain(node.body)
        if isinstance(node, ast.With | ast.AsyncWith):
            calls = [dotted(item.context_expr)[-1] for item in node.items]
            if not {"raises", "suppress", "assertRaises", "assertRaisesRegex"} & set(calls):
                yield from _certain(node.body)


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
        """`passed` when every report on the function says so, else the first other outcome; `not_run` without any.
        A method that a class inherits is reported under the name of that class.
        """
        reports = [(key.partition("[")[0], outcome) for key, (outcome, _) in self.reports.items()]
        own = [outcome for key, outcome in reports if key == name]
        own = own or [outcome for key, outcome in reports if key.split("::")[-1] == name.split("::")[-1]]
        return next((outcome for outcome in own if outcome != "passed"), own[0] if own else "not_run")

    def _result(self, original: str, altered: str, failure: Failure | None) -> TestResult:
        outcome = self._outcome(altered)
        if outcome == "passed" and failure is None:
            return TestResult("passed", name=original, weak=True)
        if failure is not None:
            return TestResult(failure.outcome, shorten(failure.message), name=original)
        message = next(
            (text for key, (_, text) in self.reports.items() if altered.split("::")[-1] in key and text), "no report"
        )
        known: TestOutcome = "failed" if outcome == "failed" else "error"
        return TestResult(known, shorten(message), name=original)
