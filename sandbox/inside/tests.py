"""Runs test code as it stands, in a jailed process of its own. The program it tests is in another, but for tests that
must share its process (`run_together`), whose reports prove nothing by themselves.

This process holds the expected values. It gets plain values and references from the program through remote.py, and
reports to the judge. The code of a test is not hostile, but it may be wrong, so it has limits too.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import inspect
import json
import os
import sys
import time
import types
from typing import Any

from sandbox.inside.client import Client
from sandbox.inside.job import FILE_NAME as PROGRAM_FILE_NAME
from sandbox.inside.job import LINK_IN_FD, LINK_OUT_FD, REPORT_FD, describe, load, silence_stdout
from sandbox.inside.link import TEST_MODULE
from sandbox.inside.remote import (
    MEANINGS,
    RemoteModule,
    RemoteObject,
    StubException,
    is_instance,
    number_of,
    well_known,
    what_json_makes_of,
)
from sandbox.wire import dump_frame, write_all

FILE_NAME = f"{TEST_MODULE}.py"
# What pytest would take for tests or hooks if `from solution import *` brought it along.
_HOOKS = ("test", "Test", "pytest", "setup", "teardown", "load_tests", "collect_ignore", "conftest")


def report(**fields: Any) -> None:
    write_all(REPORT_FD, dump_frame({"report": fields}))


def run_tests(job: dict[str, Any]) -> None:
    silence_stdout()
    for fd in (LINK_IN_FD, LINK_OUT_FD):
        os.set_blocking(fd, False)
    client = Client(job["max_answer_bytes"], report, **job["client"])
    try:
        names = client.hello()
    except BaseException as error:
        report(load=describe(error))
        os._exit(0)
    # Only what the test uses, and nothing that pytest or its assertions look for: the program chose its names.
    exported = [name for name in names if name in job["needs"] and not name.startswith(("_", *_HOOKS))]
    module = RemoteModule(client, exported, frozenset(job["class_names"]))
    # A star import takes what lies in the module before it asks the program.
    vars(module).update({name: well_known(path) for name, path in job["library"].items() if name in exported})
    sys.modules["solution"] = module
    for name in job["seeds"]:
        seed_there_too(client, name)
    sleep_there_too(client)
    json.JSONEncoder.default = what_json_makes_of  # type: ignore[assignment,method-assign]
    look_at_constants(client, module, job["constants"])
    client.doubts.fix_constants()
    client.doubts.why, client.doubts.gave_a_class = "", False
    if job["kind"] == "pytest":
        run_pytest(job, client)
    else:
        run_code(job, client, module)
    os._exit(0)


def look_at_constants(client: Client, module: RemoteModule, names: list[list[str]]) -> None:
    """First of all, so that constants cannot depend on what the program is asked later."""
    for owner, name in names:
        found: Any = None
        try:
            found = getattr(module, owner) if owner else module
            if owner == "" or type(found) in (RemoteObject, StubException):
                client.constants.ask_among_others(found if owner else None, name)
            if owner == "" or type(found) is RemoteObject:
                getattr(found, name)
        except Exception:  # whatever the program raises, or that it has no such name
            if name.isupper():
                client.doubts.constant(number_of(found), name, f"no {name}")


def seed_there_too(client: Client, name: str) -> None:
    """What draws in a process of its own is seeded with what draws here."""
    try:
        module: Any = importlib.import_module({"random": "random", "numpy": "numpy.random"}[name])
    except ImportError:
        return
    seed_here = module.seed

    def seed(value: Any = None, *rest: Any, **named: Any) -> None:
        seed_here(value, *rest, **named)
        client.request("seed", name, value)

    module.seed = seed


def sleep_there_too(client: Client) -> None:
    """While a test sleeps, threads of the program may call what it gave them: that takes a request under way."""
    sleep_here = time.sleep

    def sleep(seconds: Any) -> None:
        end = time.monotonic() + seconds
        if seconds > 0:
            with contextlib.suppress(Exception):  # whatever the program answers, and when
                client.request("sleep", seconds)
        sleep_here(max(min(seconds, 0), end - time.monotonic()))

    time.sleep = sleep


def run_code(job: dict[str, Any], client: Client, module: RemoteModule) -> None:
    """An assert test or a check test: execute the code; names it does not bind come from the program."""
    namespace: dict[str, Any] = {"__name__": TEST_MODULE, **MEANINGS}
    client.waited = 0.0
    report(begin="")
    try:
        code = compile(_Telling().visit(ast.parse(job["code"])), FILE_NAME, "exec", dont_inherit=True)
        for name in job["needs"]:
            _bind(namespace, name, module, job["library"])
        exec(code, namespace)
        if job["kind"] == "check":
            namespace["check"](getattr_path(module, job["entry"]))
    except BaseException as error:
        report(end="", outcome="failed" if isinstance(error, AssertionError) else "error", weak="",
               message=_message(error, job["code"]))  # fmt: skip
    else:
        report(end="", outcome="passed", message="", weak=client.doubts.reason())


class _Telling(ast.NodeTransformer):
    """Has a bare `assert f(x) == y` say what it got."""

    def visit(self, node: ast.AST) -> Any:
        return node if isinstance(node, ast.expr) else super().visit(node)  # a sum of many parts is deep

    def visit_Assert(self, node: ast.Assert) -> list[ast.stmt]:
        test = node.test
        if node.msg is not None or not isinstance(test, ast.Compare) or len(test.ops) != 1:
            return [node]
        got = ast.FormattedValue(ast.Name("_got", ast.Load()), conversion=ord("r"))
        name, message = ast.Name("_got", ast.Store()), ast.JoinedStr([ast.Constant("got "), got])
        gone = ast.Delete([ast.Name("_got", ast.Del())])  # of an answer that is kept it counts who has it
        for new in (name, message, gone):
            ast.fix_missing_locations(ast.copy_location(new, node))
        test.left = ast.copy_location(ast.NamedExpr(name, test.left), test.left)
        node.msg = message
        return [node, gone]


def _bind(namespace: dict[str, Any], name: str, module: RemoteModule, library: dict[str, str]) -> None:
    if name in library:
        namespace[name] = well_known(library[name])
        return
    try:
        namespace[name] = getattr(module, name)
    except AttributeError:  # the code then fails with the NameError it deserves, if it gets there
        return


def getattr_path(module: RemoteModule, entry: str) -> Any:
    first, *rest = entry.split(".")
    target = getattr(module, first)
    for name in rest:
        target = getattr(target(), name)
    return target


def _message(error: BaseException, code: str) -> str:
    """The exception, and for a bare assert the line of the test that it stands in."""
    line = describe(error)["error"]
    position = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILE_NAME:
            position = trace.tb_lineno
        trace = trace.tb_next
    lines = code.splitlines()
    if position is not None and 0 < position <= len(lines):
        source = lines[position - 1].strip()
        bare = isinstance(error, AssertionError) and not str(error)
        return f"{source} does not hold" if bare else f"{source}: {line.removeprefix('AssertionError: ')}"
    return str(line)


def run_pytest(job: dict[str, Any], client: Client) -> None:
    try:
        import pytest
    except ImportError:
        report(broken=f"pytest is not installed for {sys.executable}")
        return
    with open(FILE_NAME, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(job["code"])
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    vars(sys.modules["unittest.case"])["isinstance"] = is_instance
    here = os.getcwd()
    off = [f"-pno:{plugin}" for plugin in ("cacheprovider", "faulthandler", "terminal", "junitxml", "doctest")]
    options = ["--noconftest", "-c", os.devnull, f"--rootdir={here}", f"--confcutdir={here}", *off, FILE_NAME]
    status = pytest.main(options, plugins=[Reporter(job, client)])
    report(finished=int(status))


def run_together(job: dict[str, Any]) -> None:
    """Tests and program in one process; the judge knows what such reports are worth."""
    silence_stdout()
    with open(PROGRAM_FILE_NAME, "w", encoding="utf-8", errors="replace") as file:
        file.write(job["program"])  # for `inspect.getsource`
    try:
        load(job["program"], "solution")
    except BaseException as error:
        report(load=describe(error))
        os._exit(0)
    run_pytest({**job, "start_at": 0, "may_leave_out": True, "own_skips": []}, Client(0, report))
    os._exit(0)


class Reporter:
    """A pytest plugin that tells the judge what happens, test by test."""

    def __init__(self, job: dict[str, Any], client: Client) -> None:
        self.start_at: int = job["start_at"]
        self.client = client
        self.may_leave_out: bool = job["may_leave_out"]
        self.own_skips: list[str] = job["own_skips"]
        self.is_apart = "program" not in job
        self.weak = ""  # what the file, or a fixture for several tests, rests on
        self.failure: tuple[str, str] | None = None

    @staticmethod
    def pytest_pycollect_makeitem(name: str, obj: Any) -> list[Any] | None:
        """A test that yields is left out, as pytest did before version 9, which refuses the file."""
        own = type(obj) in (types.FunctionType, types.MethodType)
        return [] if own and name.startswith("test") and inspect.isgeneratorfunction(obj) else None

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            globals()["report"](broken=_last_line(str(report.longrepr)))

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        if self.may_leave_out:
            items[:] = [item for item in items if not _is_left_out(item)]
        report(collected=[_name_of(item.nodeid) for item in items])
        for module in {item.module for item in items if hasattr(item, "module")}:
            for name, meaning in MEANINGS.items():
                vars(module).setdefault(name, meaning)
        if self.is_apart:
            os.unlink(FILE_NAME)  # a function that the test lends may read files for the program
        del items[: self.start_at]
        self.weak = self.client.doubts.why

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.failure = None
        self.client.doubts.why = ""
        self.client.waited = 0.0
        report(begin=_name_of(nodeid))

    def pytest_runtest_makereport(self, item: Any, call: Any) -> None:
        definitions = item._fixtureinfo.name2fixturedefs.values() if call.when == "setup" else ()
        if any(last.scope != "function" for *_, last in definitions):  # it may be there for more tests than this one
            self.weak = self.weak or self.client.doubts.why
        if call.excinfo is not None and (self.failure is None or self.failure[0] == "not_run"):
            outcome = "failed" if call.excinfo.errisinstance(AssertionError) else "error"
            if _name_of(item.nodeid).partition("[")[0] in self.own_skips and _leaves_out(call.excinfo.value):
                outcome = "not_run"
            self.failure = (outcome, _short_error(call.excinfo))

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.outcome == "skipped" and self.failure is None:
            self.failure = ("failed", "skipped, which shows nothing")
        fails_by_passing = report.outcome == "failed" and self.failure is None  # a strict mark says so
        if report.when == "call" and (fails_by_passing or (report.passed and hasattr(report, "wasxfail"))):
            self.failure = ("failed", "passed, but was expected to fail")

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        outcome, message = self.failure or ("passed", "")
        report(end=_name_of(nodeid), outcome=outcome, message=message, weak=self.weak or self.client.doubts.reason())


def _is_left_out(item: Any) -> bool:
    """Whether its marks say that it is skipped, or counts for nothing because it may fail."""
    from _pytest.skipping import evaluate_skip_marks, evaluate_xfail_marks

    owners = [getattr(item, name, None) for name in ("obj", "cls")]
    by_unittest = any(getattr(owner, name, False) for owner in owners
                      for name in ("__unittest_skip__", "__unittest_expecting_failure__"))  # fmt: skip
    return by_unittest or evaluate_skip_marks(item) is not None or evaluate_xfail_marks(item) is not None


def _leaves_out(error: BaseException) -> bool:
    """Whether the test, and no one else, has said that it is not to count: a program has no such exceptions."""
    import pytest

    return isinstance(error, (pytest.skip.Exception, pytest.xfail.Exception))


def _name_of(nodeid: str) -> str:
    return nodeid.partition("::")[2]


def _short_error(excinfo: Any) -> str:
    """The test's line and the error's last line; pytest words a failed assert as `assert got == expected`, and says
    behind an empty line where the two differ."""
    words = [line.strip() for line in str(excinfo.value).splitlines()]
    text = " ".join([line for line in words if line and not line.startswith("Use -v")][:3])
    kind = excinfo.type.__name__
    if kind == "Failed":  # pytest.fail and pytest.raises say it all themselves
        return text
    return f"{kind}: {text}" if text else kind


def _last_line(text: str) -> str:
    lines = [line.removeprefix("E").strip() for line in text.splitlines() if line.startswith("E ")]
    return lines[-1] if lines else (text.strip().splitlines() or ["?"])[-1]
