"""C++ in the jailed process: compile a source, or become a compiled program."""

from __future__ import annotations

import base64
import os
import resource
from typing import Any

from sandbox.inside.job import REPORT_FD
from sandbox.inside.program import stdin_from
from sandbox.wire import dump_frame, write_all

MAX_ERROR_BYTES = 20_000
BINARY = "solution"


def compile_source(job: dict[str, Any]) -> None:
    # Here, because it imports threading, whose part in a fork costs every program a tenth of its start.
    import subprocess

    with open("solution.cpp", "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(job["source"])
    command = [*job["command"], "solution.cpp", "-o", BINARY]
    null = subprocess.DEVNULL
    # No pipe: a source can include `/dev/fd/2`, and the compiler would wait for its own words.
    with open("errors", "w+b") as errors:
        done = subprocess.run(command, stdin=null, stdout=null, stderr=errors, check=False)
        errors.seek(0)
        words = errors.read(MAX_ERROR_BYTES)
    if done.returncode == 0:
        with open(BINARY, "rb") as binary:
            answer = {"binary": base64.b64encode(binary.read()).decode()}
    else:
        answer = {"errors": words.decode("utf-8", "replace")}
    write_all(REPORT_FD, dump_frame(answer))


def become(job: dict[str, Any]) -> None:
    """Replace this process by the compiled program; limits and filters stay."""
    # Created executable: without a mount namespace, chmod is refused.
    file = os.open(BINARY, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o700)
    write_all(file, base64.b64decode(job["binary"]))
    os.close(file)
    stdin_from(job["stdin"])
    memory = job["memory_mb"] << 20
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    os.execv(BINARY, [BINARY])
