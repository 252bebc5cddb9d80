"""One job in a jailed process: how it is received, and what more than one kind of job does."""

from __future__ import annotations

import _socket
import errno
import os
import sys
import types

from sandbox.wire import HEADER_BYTES, dump_frame, parse_body, read_exactly, read_frame

TYPE_CHECKING = False  # for why see inside/zygote.py
if TYPE_CHECKING:
    from typing import Any

JOB_FD = 3
REPORT_FD = 4
CHILD_FDS = (JOB_FD, REPORT_FD, 1, 2)  # in the order in which they come, with the standard streams
LINK_IN_FD, LINK_OUT_FD = 3, 5  # of a test and its program, to each other
INT_BYTES = 4
MAX_JOB_BYTES = 1 << 30
READY = dump_frame("ready")
FILE_NAME = "solution.py"
BLOCKED_ERRNOS = frozenset((errno.EPERM, errno.EACCES))
# Where each kind of job is done. The modules are imported by the warm parent; a name here costs no import in the child.
_HANDLERS = {
    "calls": ("sandbox.inside.program", "make_calls"),
    "script": ("sandbox.inside.program", "run_script"),
    "serve": ("sandbox.inside.served", "serve"),
    "tests": ("sandbox.inside.tests", "run_tests"),
    "together": ("sandbox.inside.tests", "run_together"),
    "compile": ("sandbox.inside.native", "compile_source"),
    "binary": ("sandbox.inside.native", "become"),
}


def do_one_job() -> None:
    """Read the job of this process and do it."""
    body, link = receive_job()
    if not body:
        return
    job = parse_body(body)
    if job["seed"]:
        seed_random(job["seed"])
    module, function = _HANDLERS[job.pop("mode")]
    os.close(JOB_FD)
    for fd, target in zip(link, (LINK_IN_FD, LINK_OUT_FD), strict=False):
        os.dup2(fd, target)
        os.close(fd)
    __import__(module)
    getattr(sys.modules[module], function)(job)


def receive_job() -> tuple[bytes | None, list[int]]:
    """The job, and the descriptors that came with it where any can: the two ends of the link to another process."""
    if "sandbox.inside.link" not in sys.modules:
        return read_frame(JOB_FD, MAX_JOB_BYTES), []
    job = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM, 0, JOB_FD)
    header, ancillary, _, _ = job.recvmsg(HEADER_BYTES, _socket.CMSG_SPACE(2 * INT_BYTES))
    job.detach()
    link = [fd for _, _, data in ancillary for fd in memoryview(data).cast("i")]
    return read_exactly(JOB_FD, int.from_bytes(header, "little")), link


def rehearse() -> None:
    """Done many times by the warm parent before it forks: code that the interpreter adapts to what it meets is then
    adapted once for all, and what it makes when it does something for the first time is there.
    """
    ours, theirs = _socket.socketpair()
    reports, report = os.pipe()
    os.dup2(theirs.fileno(), JOB_FD)
    os.dup2(report, REPORT_FD)
    program, calls = "def f(x):\n    return [x]\n", [["f", [["L", 1, "a", 1.5]], {}]]
    job = {"mode": "calls", "program": program, "calls": calls, "max_report_bytes": 100, "seed": 0}
    ours.sendall(dump_frame(job))
    do_one_job()
    del sys.modules["solution"]
    os.dup2(REPORT_FD, JOB_FD)  # which the job has closed
    for fd in (reports, report):
        os.close(fd)


def seed_random(seed: int) -> None:
    """The same program gets the same "random" numbers in every run; different programs get different ones."""
    if "random" in sys.modules:
        sys.modules["random"].seed(seed)
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed(seed % (1 << 32))


def describe(error: BaseException) -> dict[str, Any]:
    """An exception as data: its last line, and the built-in classes it is an instance of."""
    kind = type(error)
    try:
        line = f"{kind.__name__}: {error}" if str(error) else kind.__name__
    except BaseException:  # the class is the program's own and may raise anything here
        line = kind.__name__
    mro = [base.__name__ for base in kind.__mro__ if base.__module__ == "builtins"]
    blocked = isinstance(error, OSError) and error.errno in BLOCKED_ERRNOS
    return {"error": line[:2000], "types": [kind.__name__, *mro], "blocked": blocked}


def load(source: str, name: str) -> types.ModuleType:
    """The program as a module called `name`, registered so that dataclasses and type hints find it."""
    module = types.ModuleType(name)
    module.__file__ = FILE_NAME
    sys.modules[name] = module
    code = compile(source, FILE_NAME, "exec", dont_inherit=True)
    exec(code, module.__dict__)
    return module


def silence_stdout() -> None:
    """What a function prints is not part of its answer."""
    os.dup2(0, 1)  # /dev/null
