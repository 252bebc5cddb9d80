"""The last resort: tests that must share a process with the program they test, because they subclass its classes,
hand it files or run its coroutines. Nothing in that process can be believed, so the judge asks questions it knows the
answers to.

The file is run as it is, and in another process with some of its functions changed so that they must fail
(challenge.py), in a secret order. Code that makes everything pass, forges reports or ends the process gives itself
away; code that guesses is right once in two for each function that can be made to fail. The results are always marked
weak.
"""

from __future__ import annotations

import ast
import builtins
import random
from dataclasses import dataclass

from sandbox.calls import seed_of
from sandbox.challenge import Challenge, make_challenge, written
from sandbox.inventory import mentions
from sandbox.process import Failure
from sandbox.run import Run, pump
from sandbox.slot import Slot
from sandbox.take_apart import bound_names, dotted, walk
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
_OF_ATTRIBUTES = frozenset(("object", "multiple", "setattr", "delattr"))
_CROSSING = frozenset(
    ("builtins.input", "builtins.print", "sys.stdin", "sys.stdout")
)  # what the program's process borrows from the test's
_RUN_TEXT = frozenset(("eval", "exec", "compile"))
# The first evaluates annotations that are text; a warning is seen only in the process that gives it.
_SHARED_CALLS = frozenset(
    ("get_type_hints", "warns", "deprecated_call", "assertWarns", "assertLogs", "reload", "setrecursionlimit")
)
_ASK_FOR_A_CLASS = frozenset(
    ("isinstance", "issubclass", "assertIsInstance", "assertNotIsInstance", "assertIsSubclass")
)
_GIVE_MODULES = frozenset(("type", "getattr", "import_module", "importorskip", "__import__", "reload"))
_OF_DATACLASSES = frozenset(("asdict", "astuple", "fields", "is_dataclass", "replace"))
MOST_REPORTS = 10_000


def must_share(code: str) -> bool:
    """Whether tests can only run in the program's own process. Decided from the tests alone: a program has no say in
    it.
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    taken = {alias.asname or alias.name for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)
             for alias in node.names if "solution" in (alias.name, getattr(node, "module", ""))}  # fmt: skip
    taken.add("solution")
    nodes = list(walk(tree))
    # But for `sys.path.insert(0, os.path.dirname(__file__))`, which only says where the program lies.
    body = [
        node for node in tree.body if not (isinstance(node, ast.Expr) and dotted(node.value)[:2] == ["sys", "path"])
    ]
    used = {node.id for node in walk(ast.Module(body, [])) if isinstance(node, ast.Name)
            and isinstance(node.ctx, ast.Load)}  # fmt: skip
    if "*" in taken:
        taken |= used - bound_names(tree) - set(dir(builtins))
    own = {node.name for node in nodes if isinstance(node, ast.ClassDef) and not any(map(_is_an_error, node.bases))}
    made = {target.id for node in nodes if isinstance(node, ast.Assign) and _makes(node.value, own)
            for target in node.targets if isinstance(target, ast.Name)}  # fmt: skip
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    local = {node.arg for node in nodes if isinstance(node, ast.arg)}
    local |= {target.id for node in nodes if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
              and dotted(node.value.func)[-1] not in _GIVE_MODULES
              for target in node.targets if isinstance(target, ast.Name)}  # fmt: skip
    shown = any(_hands_over(call, own) or _asks_of_its_own(call, own, made, taken) for call in calls)
    return shown or _runs_text(tree) or any(_needs_sharing(node, taken, used, local) for node in nodes)


def _is_an_error(base: ast.expr) -> bool:
    return dotted(base)[-1].endswith(("Error", "Exception", "Warning"))


# What a class of the test's may be given to without the program getting it.
_KNOWN = frozenset(
    ("pytest", "unittest", "self", "mock", "Mock", "MagicMock", "create_autospec", "patch", "monkeypatch", "json",
     "dataclasses", "typing", "super", "cast")
)  # fmt: skip


def _hands_over(call: ast.Call, classes: set[str]) -> bool:
    """Whether a class of the test itself is an argument of anything but a built-in function: what gets it may ask which
    objects are of it."""
    given = {arg.id for arg in [*call.args, *(word.value for word in call.keywords)] if isinstance(arg, ast.Name)}
    words = dotted(call.func)
    is_known = words[0] in _KNOWN or (len(words) == 1 and words[0] in dir(builtins))
    return not is_known and not given.isdisjoint(classes)


def _makes(node: ast.expr, classes: set[str]) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in classes


def _asks_of_its_own(call: ast.Call, own: set[str], made: set[str], taken: set[str]) -> bool:
    """Whether this is `isinstance(Mine(), Shape)`, where a class of the program's looks at one of the test's."""
    if dotted(call.func)[-1] not in _ASK_FOR_A_CLASS or len(call.args) < 2 or not mentions(call.args[1], taken):
        return False
    asked = call.args[0]
    return _makes(asked, own) or (isinstance(asked, ast.Name) and asked.id in own | made)


def _runs_text(tree: ast.Module) -> bool:
    """Whether `eval` and its like are used on anything but a constant, or are handed on."""
    safe = {id(node.func) for node in walk(tree) if isinstance(node, ast.Call) and node.args
            and isinstance(node.args[0], ast.Constant)}  # fmt: skip
    names = [dotted(node) for node in walk(tree) if isinstance(node, ast.Name | ast.Attribute) and id(node) not in safe]
    return any(words[-1] in _RUN_TEXT and words[:-1] in ([], ["builtins"]) for words in names)


def _needs_sharing(node: ast.AST, taken: set[str], used: set[str], local: set[str]) -> bool:
    if isinstance(node, ast.ClassDef):
        return _is_made_with(node, taken)
    if isinstance(node, ast.Delete):
        return any(isinstance(target, ast.Name) for target in node.targets)  # something may depend on who still has it
    if isinstance(node, ast.Assign):
        # `Point.x = f`, which may be a method, and not `Point(1, 2).x = f`, which a test expects to fail.
        owners = [dotted(target) for target in node.targets if isinstance(target, ast.Attribute)
                  and not isinstance(target.value, ast.Call)]  # fmt: skip
        return not _is_plain(node.value) and any(path[0] in taken and path[-2][:1].isupper() for path in owners)
    if isinstance(node, ast.Import | ast.ImportFrom):
        source = node.module if isinstance(node, ast.ImportFrom) else None
        return any((alias.asname or alias.name).partition(".")[0] in used | {"*"}
                   and (source or alias.name).partition(".")[0] in _SHARED_MODULES for alias in node.names)  # fmt: skip
    if isinstance(node, ast.MatchClass):
        return dotted(node.cls)[0] in taken
    if isinstance(node, ast.Compare):
        identity = isinstance(node.ops[0], ast.Is | ast.IsNot)
        return identity and isinstance(node.left, ast.Attribute) and node.left.attr == "__class__"
    if isinstance(node, ast.Call):
        words = dotted(node.func)
        if words == ["type"] and len(node.args) == 3 and mentions(node.args[1], taken):
            return True
        if words[-1] in _OF_DATACLASSES and words[0] in {"dataclasses", words[-1]} - taken:
            return True
        return words == ["open"] or words[-1] in _SHARED_CALLS or _patches_elsewhere(words, node, taken, local)
    return isinstance(node, ast.AsyncFunctionDef) or (isinstance(node, ast.arg) and node.arg in _SHARED_FIXTURES)


def _is_made_with(node: ast.ClassDef, taken: set[str]) -> bool:
    """Whether a class of the test derives from something of the program's, is decorated by it, or has something of it
    among its members, which may be a descriptor. (A decorated method gets on well in another process.)"""
    parts = list(node.bases)
    if not node.name.startswith("Test"):
        parts += [one.value for one in node.body if isinstance(one, ast.Assign | ast.AnnAssign) and one.value]
        parts += node.decorator_list
    return any(mentions(part, taken) for part in parts)


def _patches_elsewhere(words: list[str], call: ast.Call, taken: set[str], local: set[str]) -> bool:
    """Whether this call of `words` patches something that the program would look for in its own process."""
    if words[-1] not in _PATCHERS and not (words[-1] in _PATCHER_METHODS and {"patch", "monkeypatch"} & set(words)):
        return False
    target = call.args[0] if call.args else None
    if isinstance(target, ast.Constant) and isinstance(target.value, str):
        path = target.value.split(".")[:-1]
        if path[:1] == ["solution"]:
            return _patches_inside(path, call, given=call.args[1:])
        return target.value not in _CROSSING
    path = dotted(target) if target else [""]
    if path[0] in taken:
        return words[-1] in _OF_ATTRIBUTES and _patches_inside(path, call, given=call.args[2:])
    keywords = {keyword.arg for keyword in call.keywords}
    if path[0] in local and not any(word.startswith("__") for word in path):
        return not keywords.isdisjoint(("new_callable", "autospec", "wraps"))  # of an object, not of its class
    second = call.args[1] if len(call.args) > 1 else None  # `setattr(sys, "stdin", …)`
    named = [second.value] if isinstance(second, ast.Constant) and isinstance(second.value, str) else []
    return _CROSSING.isdisjoint((".".join(path), ".".join([*path, *named])))


def _patches_inside(path: list[str], call: ast.Call, given: list[ast.expr]) -> bool:
    """Whether it is in a module that the program uses, or a class gets a method or property that is no plain mock."""
    if any(word[:1].isupper() and not word.isupper() for word in path):
        words = {keyword.arg for keyword in call.keywords if keyword.arg != "new" or not _is_plain(keyword.value)}
        return not all(map(_is_plain, given)) or not words.isdisjoint(("new", "new_callable", "autospec"))
    return path[0] == "solution" and len(path) > 1


def _is_plain(node: ast.expr) -> bool:
    """Whether this is no method, property or the like, whatever it is."""
    return not any(isinstance(part, ast.Name | ast.Lambda) for part in walk(node))


# As `from solution import *`, and with the names that begin with an underscore.
_ALL_OF_THE_PROGRAM = """
import solution
globals().update({name: value for name, value in vars(solution).items() if not name.startswith(("__", "test", "Test"))})
"""


def file_of(test: Test) -> str:
    """The test as a pytest file: an assert or a check becomes the body of a test function. Raises CannotBeWritten."""
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
    return written(tree)


def _text(value: object) -> str:
    """The beginning of a text that came from a process that cannot be trusted."""
    return value[:500] if isinstance(value, str) else "?"


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
            name = _text(report["end"]).partition("[")[0]
            if self.count < MOST_REPORTS and _last(name) in self.by_name:
                self.count += 1
                self.by_name[_last(name)].append((name, _text(report.get("outcome")), _text(report.get("message"))))
        elif "broken" in report or "load" in report:
            load = report.get("load")
            error = load.get("error") if isinstance(load, dict) else None
            self.broken = _text(report.get("broken") or error)
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
    last_attempt: bool
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
        run, reports = Run(self.slot.take(FLAVOUR), self.limits), Reports(names)
        run.on_frame = reports.on_frame
        try:
            job = {"mode": "together", "program": self.program, "code": code, "seed": seed_of(self.program)}
            run.send(dump_frame(job))
            pump([run], lambda: reports.finished)
            failure = None if reports.finished else self.slot.explain_end(FLAVOUR, run, self.last_attempt)
            self.cpu_seconds += run.cpu_used()
        finally:
            if counts_sleep:
                run.count_sleep()
            self.slot.release(FLAVOUR, run.child)
        return reports, failure

    def _counts(self, name: str, reports: Reports) -> bool:
        """Whether a function has a result: one that the test's own marks leave out may have none."""
        return reports.of(name)[0] != "not_run" or name in self.required

    @staticmethod
    def _result(name: str, outcome: str, message: str) -> TestResult:
        if outcome == "passed":
            return TestResult("passed", name=name, weak=True)
        known: TestOutcome = "failed" if outcome == "failed" else "error"
        return TestResult(known, shorten(message or "no report"), name=name)
