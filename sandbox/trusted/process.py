"""Jailed processes as the supervisor sees them: the warm parent, the children it forks, and how they end."""

from __future__ import annotations

import _socket  # the classes of the module around it take a while to make
import array
import contextlib
import errno
import json
import os
import signal
import socket
import subprocess
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from sandbox.trusted.cgroups import Cgroup

START_SECONDS = 120.0
SPARES = 2  # one that waits for its job while the next is forked
SPARE_SECONDS = 60.0
EXIT_SECONDS = 60.0
REAP_SECONDS = 2.0
# All a program sees of the environment, besides its scratch (HOME, TMPDIR) and a fixed hash seed, by which sets have
# the same order in every run.
ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}


@dataclass
class Spent:
    """Seconds this supervisor has spent so far: on taking tests apart, on waiting for a process to be there, and for
    processes at work. And in this attempt to judge a program: the seconds it slept, and the tests that ran out of time.
    """

    planning: float = 0.0
    waiting: float = 0.0
    in_jail: float = 0.0
    slept: float = 0.0
    timeouts: int = 0


SPENT = Spent()


class InfraError(RuntimeError):
    """Something of ours broke: a zygote died, a descriptor or memory ran out. Never the program's fault."""


class ForkFailed(InfraError):
    """The warm parent could not make one of the children that it was asked for."""


@dataclass
class Ended:
    """How a process ended: wait status, CPU seconds of it and its children."""

    status: int
    cpu_seconds: float

    @property
    def signal(self) -> int:
        return os.WTERMSIG(self.status) if os.WIFSIGNALED(self.status) else 0

    @property
    def code(self) -> int:
        return os.WEXITSTATUS(self.status) if os.WIFEXITED(self.status) else -1


@dataclass
class Child:
    """A forked process that waits for its job, and our ends of its pipes."""

    pid: int
    pidfd: int
    job: int
    report: int
    stdout: int
    stderr: int
    zygote: Zygote
    ended: Ended | None = None
    schedstat: int = -1

    def close(self) -> None:
        for name in ("job", "report", "stdout", "stderr", "pidfd", "schedstat"):
            fd = getattr(self, name)
            if fd >= 0:
                os.close(fd)
                setattr(self, name, -1)

    def send_with(self, fds: list[int], data: bytes) -> int:
        """Write the beginning of its job, with descriptors that come along; gives the number of bytes written."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, os.dup(self.job)) as job:
            return job.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))])

    def kill(self) -> None:
        """The process, and its group where no namespace ends with it: what it has started lives on there. The group has
        the process's number, which is taken as long as one of them lives."""
        if self.pidfd < 0:
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
        if self.pid > 0 and not self.zygote.has_namespaces:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    def has_threads(self) -> bool:
        """Whether there are threads beside the first one."""
        try:
            return os.stat(f"/proc/{self.pid}/task").st_nlink > 3  # each has a folder there, beside `.` and `..`
        except OSError:
            return False  # it is gone

    def die_first(self) -> None:
        """Where memory runs out the kernel shall take this process, and not one that waits or made it."""
        with contextlib.suppress(OSError):
            file = os.open(f"/proc/{self.pid}/oom_score_adj", os.O_WRONLY | os.O_CLOEXEC)
            try:
                os.write(file, b"1000")
            finally:
                os.close(file)

    def cpu_seconds(self, with_children: bool = False) -> float:
        """CPU time of the process so far, all threads. With its children when told, which is slower to find out: where
        there is a control group it is that of the group, which also has those whose end nobody waited for.
        """
        group = self.zygote.cgroup.cpu_seconds() if with_children and self.zygote.cgroup is not None else None
        if group is not None:
            return group
        if self.ended is None:
            try:
                return _tree_cpu_seconds(self.pid) if with_children else _cpu_clock(self.pid)
            except OSError:  # its warm parent has just reaped it, and says what it used
                self.ended = self.zygote.wait_for_end(self)
        return self.ended.cpu_seconds

    def waited_seconds(self) -> float:
        """Time that one of its threads, the one that waited longest, was ready to run but had no core. Where its own
        threads kept it waiting, that is less than the CPU time they used."""
        if self.schedstat < 0:
            self.schedstat = open_schedstat(self.pid)
        waited = [waited_seconds(self.schedstat)]
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{self.pid}/task")[:100] if self.has_threads() else ():
                with open(f"/proc/{self.pid}/task/{thread}/schedstat", "rb", buffering=0) as file:
                    waited.append(waited_seconds(file.fileno()))
        return max(waited)

    def is_runnable(self) -> bool:
        """Whether one of its threads computes, or waits for a core, at this moment. How long it has done so is part of
        `waited_seconds` only once it has a core again."""
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{self.pid}/task")[:100]:
                with open(f"/proc/{self.pid}/task/{thread}/stat", "rb", buffering=0) as file:
                    if file.read().rpartition(b")")[2].split()[0] == b"R":
                        return True
        return False


def open_schedstat(pid: int | str) -> int:
    """A descriptor for `waited_seconds`, or -1: looking a file up takes longer than reading it."""
    try:
        return os.open(f"/proc/{pid}/schedstat", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return -1


def waited_seconds(schedstat: int) -> float:
    """How long a thread has waited for a core, by its file in /proc. 0 where the kernel does not count it."""
    try:
        return int(os.pread(schedstat, 100, 0).split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


def _cpu_clock(pid: int) -> float:
    return time.clock_gettime((~pid << 3) | 2)


def _tree_cpu_seconds(pid: int) -> float:
    """CPU time of a process, of its living descendants and of the children it has waited for."""
    total = _cpu_clock(pid)
    with open(f"/proc/{pid}/stat", "rb") as file:
        fields = file.read().rpartition(b")")[2].split()
    total += (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            children = file.read().split()
        for child in children:
            with contextlib.suppress(OSError):
                total += _tree_cpu_seconds(int(child))
    return total


class Zygote:
    """A warm parent and its children."""

    def __init__(self, interpreter: str, settings: dict[str, Any], script: str, cgroup: Cgroup | None = None) -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.cgroup = cgroup
        self.has_namespaces = settings["tier"].startswith("namespaces")
        self.oom_kills_seen = (0, 0)
        self.children: dict[int, Child] = {}
        self.spares: deque[Child] = deque()  # asked for; those that are forked come first and have a pid
        command = [interpreter, "-s", "-S", "-X", "utf8", script, str(theirs.fileno())]
        self.stderr, stderr = os.pipe()
        os.set_blocking(self.stderr, False)
        seed = {"PYTHONHASHSEED": str(settings["hash_seed"])}
        environment = {**ENVIRONMENT, **seed, "HOME": settings["scratch"], "TMPDIR": settings["scratch"]}
        environment["LD_BIND_NOW"] = "1"  # what is bound before the fork is bound once for all programs
        with theirs:
            process = subprocess.Popen(
                command, env=environment, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stderr=stderr, cwd="/"
            )
        os.close(stderr)
        self.pid = process.pid
        try:
            if cgroup is not None:
                cgroup.add(process.pid)
            self._start(settings)
        except OSError as error:
            words = self.last_words()
            self.close()
            raise InfraError(f"no jail: {words or error}") from None
        finally:
            process.returncode = 0  # it is waited for here, or has left a successor that is

    def _start(self, settings: dict[str, Any]) -> None:
        """Send the settings and wait until the interpreter is warm. One that enters a pid namespace does so as a new
        process, whose pid it reports and which becomes our child in its place.
        """
        self.control.settimeout(START_SECONDS)
        self.control.send(json.dumps(settings).encode())
        answer = self.control.recv(1 << 16)
        if answer[:1] == b"Z":
            first, self.pid = self.pid, int(answer[1:])
            os.waitpid(first, 0)
            answer = self.control.recv(1 << 16)
        if answer != b"ready":
            raise OSError(errno.EPIPE, "the interpreter ended while it started")

    def request_spares(self) -> None:
        """Ask for children ahead of need; they are forked, and enter the jail, while other work goes on."""
        while len(self.spares) < SPARES:
            self._request_spare()

    def _request_spare(self) -> None:
        pipes: list[int] = []
        try:
            # The job's is a socket because descriptors may come along with it.
            pipes += [end.detach() for end in _socket.socketpair()]
            for _ in range(3):
                pipes += os.pipe()
            job_r, job_w, report_r, report_w, out_r, out_w, err_r, err_w = pipes
            theirs = [job_r, report_w, out_w, err_w]
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", theirs))
            self.control.sendmsg([b"F"], [rights])
        except OSError as error:
            for fd in pipes:
                os.close(fd)
            raise InfraError(f"no new process: {self.last_words() or error}") from None
        for fd in theirs:
            os.close(fd)
        for fd in (job_w, report_r, out_r, err_r):
            os.set_blocking(fd, False)
        self.spares.append(Child(0, -1, job_w, report_r, out_r, err_r, self))

    def take(self) -> Child:
        """A child that is ready for its job."""
        if not self.spares:
            self._request_spare()
        deadline = time.monotonic() + SPARE_SECONDS
        while not self.spares[0].pid:
            self.read_message(deadline)
        return self.spares.popleft()

    def read_message(self, deadline: float) -> None:
        """Handle one message of the zygote: a child made, a child ended, or a fork that failed."""
        self.control.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            message, ancillary, _, _ = self.control.recvmsg(256, socket.CMSG_SPACE(4))
        except OSError as error:
            raise InfraError(f"the warm parent does not answer: {self.last_words() or error}") from None
        if not message:
            raise InfraError(f"the warm parent has died: {self.last_words()}")
        if message[:1] == b"P":
            self._child_made(int(message[1:]), ancillary)
        elif message[:1] == b"X":
            inner_pid, status, seconds = message[1:].split()
            child = self.children.pop(int(inner_pid))
            child.ended = Ended(int(status), float(seconds))
        else:
            failed = next(spare for spare in self.spares if not spare.pid)
            self.spares.remove(failed)
            failed.close()
            raise ForkFailed(f"the warm parent could not fork: {os.strerror(int(message[1:]))}")

    def _child_made(self, inner_pid: int, ancillary: list[Any]) -> None:
        if not ancillary:
            raise InfraError("a process came without its descriptor: out of descriptors")
        fds = array.array("i")
        fds.frombytes(ancillary[0][2][:4])
        child = next(spare for spare in self.spares if not spare.pid)
        child.pidfd, child.pid = fds[0], _pid_of(fds[0])
        self.children[inner_pid] = child

    def wait_for_end(self, child: Child) -> Ended:
        deadline = time.monotonic() + EXIT_SECONDS
        while child.ended is None:
            self.read_message(deadline)
        return child.ended

    def last_words(self) -> str:
        """The last line the warm parent wrote to stderr."""
        try:
            lines = os.read(self.stderr, 1 << 16).decode(errors="replace").strip().splitlines()
        except BlockingIOError:
            return ""
        return lines[-1] if lines else ""

    def out_of_memory(self) -> bool:
        """Whether the kernel has killed something in this group, for the group's own limit of memory, since the last
        time this was asked.
        """
        if self.cgroup is None:
            return False
        now, before = self.cgroup.oom_kills(), self.oom_kills_seen
        self.oom_kills_seen = now
        return all(count > earlier for count, earlier in zip(now, before, strict=True))

    def close(self) -> None:
        with contextlib.suppress(InfraError, OSError):  # it may be what is broken
            self._bury_children(time.monotonic() + REAP_SECONDS)
        self.control.close()
        os.close(self.stderr)
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(self.pid, signal.SIGKILL)
            deadline = time.monotonic() + REAP_SECONDS  # one that does not die is left to the host's
            while os.waitpid(self.pid, os.WNOHANG)[0] == 0 and time.monotonic() < deadline:
                time.sleep(0.001)
        for child in [*self.children.values(), *self.spares]:
            child.kill()
            child.close()
        self.children.clear()
        self.spares.clear()
        if self.cgroup is not None:
            self.cgroup.remove()

    def _bury_children(self, deadline: float) -> None:
        """Have the warm parent reap its children: orphaned by its end they would stay dead and unreaped wherever no
        process 1 looks after orphans, as in a container whose only process is the trainer.
        """
        while any(not spare.pid for spare in self.spares):
            with contextlib.suppress(ForkFailed):
                self.read_message(deadline)
        family = list(self.children.values())
        for child in family:
            child.kill()
        try:
            while self.children:
                self.read_message(deadline)
        finally:
            for child in family:
                child.close()


def _pid_of(pidfd: int) -> int:
    """The process id, as seen from here, behind a pidfd made in another pid namespace."""
    file = os.open(f"/proc/self/fdinfo/{pidfd}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        lines = os.read(file, 4096).split(b"\n")
    finally:
        os.close(file)
    for line in lines:
        if line.startswith(b"Pid:"):
            return int(line[4:])
    raise InfraError("the kernel does not tell the pid of a pidfd")


def describe_end(ended: Ended) -> str:
    if ended.signal:
        return f"killed by {signal.Signals(ended.signal).name}" if ended.signal in set(signal.Signals) else "killed"
    return f"exited with status {ended.code}"
