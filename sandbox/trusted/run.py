"""One job's processes at work: their frames, their output, and the limits of the test they are in.

The supervisor is single-threaded. `pump` moves bytes and watches limits until all it was asked to wait for has
happened; every wait in it has a deadline.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sandbox.trusted.process import SPENT, Child, InfraError, open_schedstat, waited_seconds
from sandbox.types import Failure, Limits
from sandbox.wire import FrameReader, WireError, dump_frame, write_all

Cause = Literal["timeout", "wall", "memory", "output_limit"]
MB = 1 << 20
_CHUNK = 1 << 18
_ENTRY_SECONDS = 60.0
_SLEEP_SECONDS = 1.0  # less may be the machine's doing
_LOOK_SECONDS = 0.5
_AGAIN_SECONDS = 0.01
_NEWS_SECONDS = 5.0  # between two words to the host that the work goes on
_CORES = os.cpu_count() or 1
_OWN_SCHEDSTAT = open_schedstat("self")


@dataclass
class Run:
    """A child at work: its unsent input, its frames, its output, and the limits of the test it is in."""

    child: Child
    limits: Limits
    on_frame: Callable[[bytes], None] | None = None
    stdout: bytearray = field(default_factory=bytearray)
    stderr: bytearray = field(default_factory=bytearray)
    stderr_bytes: int = 0
    cause: Cause | None = None
    detail: str = ""
    outbox: memoryview = field(default_factory=lambda: memoryview(b""))
    paused_at: float | None = None
    exited: bool = False
    ready: bool = False
    waited: float = 0.0  # seconds, as last read: an ended process has none
    safe_until: float = 0.0  # no limit can be passed before; 0 where that is not known
    takes_turns_with: Child | None = None  # which may be waited for, for less time than it takes to say so
    has_job: bool = False  # before, no time is its own
    cpu_start: float = 0.0
    cpu_begun: float = 0.0
    waited_start: float = 0.0
    wall_start: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.reader = FrameReader(int(self.limits.result_mb * MB) + 1024)
        self.read(self.child.report)  # one that waited for its job is ready

    def begin_test(self) -> None:
        """Start a new allowance of CPU and wall time."""
        self.cpu_start = self.cpu_begun = self.child.cpu_seconds(self.limits.processes > 0)
        self.waited_start = self._waited_seconds() if self.ready else 0.0
        self.wall_start = time.monotonic()
        self.safe_until = 0.0
        if self.paused_at is not None:
            self.paused_at = self.wall_start
        _tell_host()

    def next_test(self) -> None:
        self.count_sleep()
        self.begin_test()

    def count_sleep(self) -> None:
        """At the end of a test: what of its time was neither computing nor waiting for a core."""
        computed = self.child.cpu_seconds(self.limits.processes > 0) - self.cpu_begun  # `lap` moves the other mark
        idle, least = self._elapsed() - computed, min(_SLEEP_SECONDS, self.limits.wall_seconds / 4)
        if self.ready and idle > least:
            idle -= self._waited_seconds() - self.waited_start
            SPENT.slept += idle if idle > least else 0.0

    def _elapsed(self) -> float:
        return (self.paused_at or time.monotonic()) - self.wall_start

    def pause(self) -> None:
        """It is the other process's turn: from now on this one waits through no fault of its own."""
        if self.paused_at is None:
            self.paused_at = time.monotonic()

    def resume(self) -> None:
        if self.paused_at is not None:
            self.wall_start += time.monotonic() - self.paused_at
            self.paused_at = None

    def close_stdout(self) -> None:
        """What its program prints goes nowhere: the first thing that it does is to see to that."""
        os.close(self.child.stdout)
        self.child.stdout = -1

    def send(self, data: bytes, fds: Sequence[int] = ()) -> None:
        """The job, and descriptors to go with it. What there is no room for goes while the process is served."""
        self.has_job = True
        self.begin_test()
        sent = self.child.send_with(list(fds), data) if fds else 0
        self.outbox = memoryview(data)[sent:]
        self.write()
        if self.child.zygote.cgroup is not None:
            self.child.die_first()

    @property
    def open_fds(self) -> list[int]:
        return [fd for fd in (self.child.report, self.child.stdout, self.child.stderr) if fd >= 0]

    @property
    def finished(self) -> bool:
        """Nothing more will come: the process has ended and its pipes are drained, or it was stopped."""
        return self.cause is not None or self.exited

    def drain(self) -> None:
        """Take in what a process that has ended left in its pipes."""
        for fd in self.open_fds:
            while fd in self.open_fds and self.cause is None and self.read(fd):
                pass
        self.exited = True

    def stop(self, cause: Cause, detail: str) -> None:
        if self.cause is None:
            self.cause, self.detail = cause, detail
            self.child.kill()

    def cpu_used(self) -> float:
        return max(0.0, self.child.cpu_seconds(self.limits.processes > 0) - self.cpu_start)

    def lap(self) -> float:
        """CPU seconds since the test began or this was asked last."""
        used = self.cpu_used()
        self.cpu_start += used
        return used

    def look(self) -> None:
        """Every now and then, while it can still be seen how long it waits."""
        if self.ready and not self.finished:
            self._waited_seconds()

    def _waited_seconds(self) -> float:
        """Time lost to a busy machine so far: the process's and our own, while we were to serve it. None is made up for
        where it could be its own processes, whose CPU time is not all known, that kept it waiting.
        """
        if self._may_keep_itself_waiting:
            return 0.0
        self.waited = max(self.waited, self.child.waited_seconds() + waited_seconds(_OWN_SCHEDSTAT))
        return self.waited

    @property
    def _may_keep_itself_waiting(self) -> bool:
        return self.limits.processes > 0 and self.child.zygote.cgroup is None

    def _is_runnable(self) -> bool:
        """Whether it does not sleep now: what it computes counts, and a wait for a core that has no end yet is seen in
        no other way. On a busy machine such a wait takes up to half a second."""
        if self._may_keep_itself_waiting:
            return False
        return self.child.is_runnable() or (self.takes_turns_with is not None and self.takes_turns_with.is_runnable())

    @property
    def over_cpu_limit(self) -> bool:
        return self.cpu_used() >= self.limits.cpu_seconds

    def cpu_failure(self) -> Failure:
        return Failure("timeout", f"used more than {self.limits.cpu_seconds:g} s of CPU")

    def seconds_left(self) -> float:
        """How long the test can still go on at the least; 0 or less when it has run out of time."""
        elapsed = self._elapsed()
        if not self.ready:
            return _ENTRY_SECONDS - elapsed
        if elapsed > self.limits.wall_seconds:
            elapsed -= self._waited_seconds() - self.waited_start
        cpu_left = self.limits.cpu_seconds - self.cpu_used()
        wall_left = self.limits.wall_seconds - elapsed
        if wall_left <= 0 < cpu_left and self._is_runnable():
            wall_left = _AGAIN_SECONDS
        return min(cpu_left / _CORES, wall_left)  # threads may use every core

    def safe_seconds(self, now: float) -> float:
        """As `seconds_left`, but clocks are read again only when what they said last does not hold any more."""
        if now >= self.safe_until:
            self.safe_until = now + self.seconds_left()
        return self.safe_until - now

    def stop_if_late(self) -> None:
        if self.finished or self.seconds_left() > 0:
            return
        if not self.ready:
            raise InfraError(f"the jail could not be entered within {_ENTRY_SECONDS:g} s")
        if self.over_cpu_limit:
            self.stop("timeout", self.cpu_failure().message)
        else:
            self.stop("wall", f"took more than {self.limits.wall_seconds:g} s, mostly waiting")

    def write(self) -> None:
        if not self.outbox:
            return
        try:
            self.outbox = self.outbox[os.write(self.child.job, self.outbox) :]
        except BlockingIOError:
            return
        except (BrokenPipeError, ConnectionResetError):
            self.outbox = memoryview(b"")

    def read(self, fd: int) -> bool:
        """Take in what is there to read; False when there was nothing."""
        try:
            data = os.read(fd, _CHUNK)
        except BlockingIOError:
            return False
        if not data:
            name = next(name for name in ("report", "stdout", "stderr") if getattr(self.child, name) == fd)
            os.close(fd)
            setattr(self.child, name, -1)
        elif fd == self.child.report:
            self._read_frames(data)
        elif fd == self.child.stdout:
            self.stdout += data
            if len(self.stdout) > self.limits.stdout_mb * MB:
                self.stop("output_limit", f"printed more than {self.limits.stdout_mb:g} MB")
        else:
            self.stderr_bytes += len(data)
            self.stderr = (self.stderr + data)[-4096:]
            if self.stderr_bytes > self.limits.stderr_mb * MB:
                self.stop("output_limit", f"wrote more than {self.limits.stderr_mb:g} MB to stderr")
        return True

    def _read_frames(self, data: bytes) -> None:
        try:
            bodies = self.reader.feed(data)
        except WireError:
            self.stop("output_limit", f"an answer of more than {self.limits.result_mb:g} MB")
            return
        for body in bodies:
            if not self.ready:
                # Written by our own code before it reads the job; without it the jail was never finished. What came
                # before it is no time of the program's.
                self.ready = True
                if self.has_job:
                    self.begin_test()
            elif self.on_frame is not None:
                self.on_frame(body)


class HostGone(Exception):
    """The process that asked for the verdict has died: there is nobody left to answer."""


_host_fd = -1
_told_host = 0.0


def watch_host(fd: int) -> None:
    """From now on `pump` ends with HostGone as soon as the other end of this socket closes."""
    global _host_fd
    _host_fd = fd


def _tell_host() -> None:
    """Now and then, that one more test begins: the host's deadline is for each, not for a job of thousands."""
    global _told_host
    now = time.monotonic()
    if _host_fd >= 0 and now - _told_host > _NEWS_SECONDS:
        _told_host = now
        write_all(_host_fd, dump_frame({"working": True}))


def too_late(limits: Limits) -> str:
    """Why no more tests of the program of this job are started; empty where they are."""
    if SPENT.timeouts < limits.max_timeouts and not slept_too_long(limits):
        return ""
    return f"not started: {SPENT.timeouts} tests ran out of time before it, or many slept"


def slept_too_long(limits: Limits) -> bool:
    """Whether the program of this job has slept away what that many timeouts would have taken."""
    return SPENT.slept > limits.wall_seconds * limits.max_timeouts


def pump(runs: list[Run], done: Callable[[], bool]) -> None:
    """Serve the processes until `done()` or until one of them has finished or was stopped."""
    poll = select.poll()
    owners: dict[int, Run] = {}
    for run in runs:
        for fd in (run.child.pidfd, *run.open_fds):
            poll.register(fd, select.POLLIN)
            owners[fd] = run
    start = time.monotonic()
    if _host_fd >= 0:
        poll.register(_host_fd, select.POLLRDHUP)
    while not done() and not any(run.finished for run in runs):
        for run in runs:
            run.write()
            if run.outbox and run.child.job not in owners:
                poll.register(run.child.job, select.POLLOUT)
                owners[run.child.job] = run
        now = time.monotonic()
        seconds = min(run.safe_seconds(now) for run in runs)
        ready = poll.poll(min(_LOOK_SECONDS, max(0.001, seconds)) * 1000 if seconds > 0 else 0)
        for run in runs if not ready else ():
            run.look()
        for fd, _ in ready:
            if fd == _host_fd:
                raise HostGone
            if not _serve(owners[fd], fd):
                poll.unregister(fd)
                del owners[fd]
        # Only now, so that an answer or an end that was there in time is seen, however late we were to look.
        if seconds <= 0 and not done():
            for run in runs:
                run.stop_if_late()
    SPENT.in_jail += time.monotonic() - start
    for run in runs:
        if run.exited and not run.ready and run.cause is None:  # of one that was stopped nothing more is read
            raise InfraError(f"the jail could not be entered: {run.stderr.decode(errors='replace')[-300:]}")


def _serve(run: Run, fd: int) -> bool:
    """Handle one descriptor that is ready; False when it needs no more watching."""
    if fd == run.child.job:
        run.write()
        return bool(run.outbox)
    if fd == run.child.pidfd:
        run.drain()
        return False
    if fd in run.open_fds:  # not closed by an event just before it
        run.read(fd)
    return fd in run.open_fds
