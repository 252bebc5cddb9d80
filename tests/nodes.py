"""Ray nodes on this machine, started as a cluster's are: by `ray start`."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
from pathlib import Path

_CLAIMS: list[socket.socket] = []  # open as long as this process lives


def start_node(environment: dict[str, str], folder: str, *arguments: str) -> subprocess.Popen[bytes]:
    """`ray start` with these arguments; what it prints goes to start.log. Short folder: sockets have 107 bytes."""
    command = ["ray", "start", "--block", "--disable-usage-stats", f"--temp-dir={folder}", *arguments]
    with open(f"{folder}/start.log", "ab") as log:
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)


def end_node(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        kill_node(process)


def kill_node(process: subprocess.Popen[bytes]) -> None:
    """All processes of the node at once, as when its machine dies."""
    family = [process.pid, *descendants(process.pid)]
    for pid in family:
        with contextlib.suppress(ProcessLookupError):  # it went with its parent
            os.kill(pid, signal.SIGKILL)
    process.wait()


def runs_with(process: subprocess.Popen[bytes], words: str) -> bool:
    """Whether the command line of a process of this node has these words in it."""
    return any(words in Path(f"/proc/{pid}/cmdline").read_text() for pid in descendants(process.pid))


def descendants(root: int) -> list[int]:
    try:
        text = Path(f"/proc/{root}/task/{root}/children").read_text()
    except FileNotFoundError:
        return []
    return [pid for child in map(int, text.split()) for pid in (child, *descendants(child))]


def free_ports(count: int) -> list[int]:
    """Ports that nobody uses and no other test process is given; below 10002, where those of Ray's workers begin."""
    free: list[int] = []
    for port in range(7400, 10002):
        # Who binds this name, which is no file and ends with its process, has the port, from before it is used.
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0rlcode-test-port-{port}")
            with socket.socket() as probe:
                probe.bind(("", port))
        except OSError:
            claim.close()
            continue
        _CLAIMS.append(claim)
        free.append(port)
        if len(free) == count:
            return free
    raise RuntimeError("no free ports")
