"""Runs one program in the jailed process: loads it, makes the calls it is told to, reports what they gave.

Hostile code shares this process and may change anything in it. That is harmless: no expected value, checker or other
test is here, and a report is only a claim that the judge verifies outside.
"""

from __future__ import annotations

import _io
import os
import sys
import types

from sandbox.inside.job import FILE_NAME, REPORT_FD, describe, load, silence_stdout
from sandbox.wire import ANY_NUMBER, WireError, decode, dump_frame, encode, write_all

TYPE_CHECKING = False  # for why see inside/zygote.py
if TYPE_CHECKING:
    from typing import Any


def find_entry(module: types.ModuleType, entry: str) -> Any:
    """`f`, or `Solution.method`, for which a Solution is made first unless the method is static."""
    target: Any = module
    for part in entry.split("."):
        if isinstance(target, type) and not isinstance(_raw_attribute(target, part), (staticmethod, classmethod, type)):
            target = target()
        target = getattr(target, part)
    return target


def _raw_attribute(owner: type, name: str) -> Any:
    return next((vars(base)[name] for base in owner.__mro__ if name in vars(base)), None)


def make_calls(job: dict[str, Any]) -> None:
    """Load the program, then make the calls in order. One report a call: a value, or an error."""
    silence_stdout()
    max_bytes = job["max_report_bytes"]
    try:
        module = load(job["program"], "solution")
    except BaseException as error:
        write_all(REPORT_FD, dump_frame({"load": describe(error)}))
        return
    for entry, args, kwargs in job["calls"]:
        write_all(REPORT_FD, _report(module, entry, args, kwargs, max_bytes))


def _report(module: types.ModuleType, entry: str, args: list[Any], kwargs: dict[str, Any], max_bytes: int) -> bytes:
    values = [decode(arg, max_nodes=ANY_NUMBER) for arg in args]
    named = {name: decode(value, max_nodes=ANY_NUMBER) for name, value in kwargs.items()}
    try:
        answer = find_entry(module, entry)(*values, **named)
    except BaseException as error:
        return dump_frame(describe(error))
    try:
        frame = dump_frame({"value": encode(answer)})
    except WireError as error:
        return dump_frame({"unsendable": str(error)})
    except BaseException as error:  # reading the answer ran the program's own methods
        return dump_frame(describe(error))
    return frame if len(frame) <= max_bytes else dump_frame({"too_large": len(frame)})


def run_script(job: dict[str, Any]) -> None:
    """Run the program as a script on the given standard input and exit as an interpreter would."""
    stdin_from(job["stdin"])
    renew_streams()
    os.close(REPORT_FD)
    sys.argv = [FILE_NAME]
    os._exit(_exit_status(job["program"]))


def stdin_from(text: str) -> None:
    """Make standard input a file that holds `text` and has no name."""
    stdin = os.open("stdin", os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    os.unlink("stdin")
    write_all(stdin, text.encode("utf-8", "surrogateescape"))
    os.lseek(stdin, 0, os.SEEK_SET)
    os.dup2(stdin, 0)
    os.close(stdin)


def renew_streams() -> None:
    """Those of the warm parent had other descriptors, in which one may seek: they would do so when the program
    reconfigures them or wraps them once more."""
    for fd, name in ((1, "stdout"), (2, "stderr")):
        old = getattr(sys, name)
        buffering = old.line_buffering or -1
        stream = open(fd, "w", buffering, old.encoding, old.errors, closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _exit_status(source: str) -> int:
    status = 0
    try:
        load(source, "__main__")
    except SystemExit as stop:
        status = _status_of(stop.code)
    except BaseException as error:
        _print_error(error)
        status = 1
    return _finish(status)


def _status_of(code: Any) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    os.write(2, f"{code}\n".encode("utf-8", "replace"))
    return 1


def _print_error(error: BaseException) -> None:
    report = describe(error)
    marker = "blocked: " if report["blocked"] else "memory: " if "MemoryError" in report["types"] else ""
    os.write(2, f"\n{marker}{report['error']}\n".encode("utf-8", "replace"))


def _finish(status: int) -> int:
    """What the interpreter does at its end: join threads, run atexit handlers, flush."""
    import atexit

    try:
        if threading := sys.modules.get("threading"):
            threading._shutdown()
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            if stream is not None and not getattr(stream, "closed", False):
                stream.flush()
        _flush_variables()
    except BaseException as error:
        _print_error(error)
        return status or 1
    return status


def _flush_variables() -> None:
    """The files that the program has open, `out = open(1, "w")` among them, are closed at its end, after the standard
    ones, and the first standard ones after them, if it put others in their place. Nobody hears what that raises."""
    for value in [*vars(sys.modules.get("__main__", sys)).values(), sys.__stdout__, sys.__stderr__]:
        if issubclass(type(value), _io._IOBase):
            try:
                value.flush()
            except BaseException:  # closed, detached, or of a class of the program's
                continue
