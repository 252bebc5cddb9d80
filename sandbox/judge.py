"""The judge as its users hold it: programs and tests in, verdicts out.

A judge owns a few slots. Each slot is a supervisor process (trusted/supervisor.py) that a thread here feeds; the host
process itself runs no program and imports nothing heavy, so a judge can live in any process, threaded or not.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import queue
import socket
import subprocess
import sys
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any

from sandbox.interpreter import Interpreter, find_compiler, inspect
from sandbox.types import (
    CallResult,
    Language,
    Limits,
    SandboxUnavailable,
    Test,
    TestResult,
    Tier,
    Verdict,
    shorten,
    test_set_hash,
)
from sandbox.wire import HEADER_BYTES, FrameReader, WireError, decode, dump_frame, encode, parse_body

PACKAGE = os.path.dirname(os.path.abspath(__file__))
START_SECONDS = 300.0
ATTEMPTS = 2
# Installed packages that programs may import, where the interpreter has them. The rest of its site-packages stays out
# of sight.
PACKAGES = ("numpy", "pandas", "scipy", "sympy", "networkx", "sortedcontainers", "pytest")
# What solutions import most. An import that is done before the fork costs a program that makes it nothing, and every
# other one the copying of its memory: what is large (dataclasses, datetime, decimal, …) comes with what needs it.
PRELOADED = (
    *("bisect", "collections", "copy", "functools", "heapq", "itertools", "math", "operator", "random", "re", "string"),
    "typing",
)
SERVED = (*PRELOADED, "sandbox.inside.served")
WITH_PYTEST = ("random", "pytest", "sandbox.inside.tests", "sandbox.inside.warm_pytest")
_LAUNCH = """
import sys, types
package = types.ModuleType("sandbox")
package.__path__ = [sys.argv[1]]
sys.modules["sandbox"] = package
from sandbox.trusted.supervisor import main
main(int(sys.argv[2]))
"""


TIERS: tuple[Tier, ...] = ("namespaces+cgroup", "namespaces", "landlock", "unsafe")
log = logging.getLogger("sandbox")
_WORKING = dump_frame({"working": True})[HEADER_BYTES:]
_Queued = tuple[bytes, float, "Future[dict[str, Any]]"] | None  # a frame, the seconds that may pass, who waits; the end
_NONE_WAITS: _Queued = (b"", 0.0, Future())


class SlotLost(RuntimeError):
    """The supervisor of a slot died or fell silent."""


class SupervisorProcess:
    """The host's end of one supervisor."""

    def __init__(self, settings: dict[str, Any]) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-I", "-S", "-c", _LAUNCH, PACKAGE, str(theirs.fileno())]
            self.process = subprocess.Popen(
                command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, start_new_session=True, cwd="/"
            )
        self.socket = ours
        self.reader = FrameReader(sys.maxsize)
        self.frames: deque[bytes] = deque()
        self.send(dump_frame(settings), START_SECONDS)
        answer = parse_body(self.answer(START_SECONDS))
        if "ready" not in answer:
            self.close()
            raise SandboxUnavailable(answer.get("failed", "the supervisor did not start"))

    def send(self, frame: bytes, seconds: float) -> None:
        """One message. Raises SlotLost."""
        with self._or_lost(seconds):
            self.socket.settimeout(seconds)
            self.socket.sendall(frame)

    def answer(self, seconds: float) -> bytes:
        """The answer to it, as it came. Raises SlotLost when for so long nothing comes, be it the answer or word that
        another of its tests has begun."""
        with self._or_lost(seconds):
            while (frame := self._next_frame(time.monotonic() + seconds)) == _WORKING:
                pass
            return frame

    @contextlib.contextmanager
    def _or_lost(self, seconds: float) -> Iterator[None]:
        try:
            yield
        except TimeoutError:
            self.process.kill()
            raise SlotLost(f"the supervisor has not answered for {seconds:.0f} s") from None
        except OSError as error:
            raise SlotLost(f"the supervisor is gone: {error}") from None

    def _next_frame(self, deadline: float) -> bytes:
        while not self.frames:
            self.socket.settimeout(max(0.001, deadline - time.monotonic()))
            part = self.socket.recv(1 << 16)
            if not part:
                raise SlotLost("the supervisor died")
            self.frames.extend(self.reader.feed(part))
        return self.frames.popleft()

    def close(self) -> None:
        self.socket.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Judge:
    """Judges programs in `workers` slots at a time. Use as a context manager, or call `close`.

    `python` is the interpreter programs run in (default: this one), `packages` the installed distributions they may
    import, `tier` one tier of isolation instead of the best there is. With `verdicts_kept` above 0 that many verdicts
    are remembered by program, tests, limits, interpreter and tier, and given again without a run. `hash_seed` is the
    programs' PYTHONHASHSEED, which decides the order of sets of texts. Raises SandboxUnavailable when the machine
    offers no isolation and `allow_unsafe` is not set.
    """

    def __init__(
        self,
        workers: int = 2,
        limits: Limits | None = None,
        python: str | None = None,
        allow_unsafe: bool = False,
        tier: Tier | None = None,
        packages: Sequence[str] = PACKAGES,
        verdicts_kept: int = 0,
        hash_seed: int = 0,
    ) -> None:
        if workers < 1:
            raise ValueError(f"workers: expected at least 1, got {workers}")
        self.limits = limits or Limits()
        self.workers = workers
        self._closed = False
        self._kept: OrderedDict[str, Verdict] = OrderedDict()
        self._verdicts_kept = verdicts_kept
        self._lock = threading.Lock()
        self._settings = _settings(
            inspect(python or sys.executable, [*packages, "pytest", "numpy"]), packages, self.limits
        ) | {"hash_seed": hash_seed}
        first = self._first_supervisor(tier, allow_unsafe)
        self.tier: Tier = self._settings["tier"]
        self._jobs: queue.SimpleQueue[_Queued] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(
                target=self._serve, args=(first if slot == 0 else None,), name=f"judge-{slot}", daemon=True
            )
            for slot in range(workers)
        ]
        for thread in self._threads:
            thread.start()

    def _first_supervisor(self, tier: Tier | None, allow_unsafe: bool) -> SupervisorProcess:
        """Start a slot in the best tier that works here, by trying; the slot runs a program before it counts as
        started.
        """
        refused: list[str] = []
        for candidate in (tier,) if tier else TIERS:
            if candidate == "unsafe" and not allow_unsafe:
                continue
            # Some containers forbid mounting /proc; a program can do without one.
            for mount_proc in (True, False) if candidate.startswith("namespaces") else (False,):
                self._settings |= {"tier": candidate, "mount_proc": mount_proc}
                try:
                    supervisor = SupervisorProcess(self._settings)
                except SandboxUnavailable as error:
                    reason = f"{candidate}: {error}"
                    if reason not in refused:  # what /proc has no part in refuses both times
                        refused.append(reason)
                    continue
                log.info("sandbox tier: %s%s", candidate, "".join(f"; not {reason}" for reason in refused))
                return supervisor
        reasons = "; ".join(refused) or "the tier 'unsafe' was asked for"
        raise SandboxUnavailable(
            f"no isolation on this machine ({reasons}); allow_unsafe=True runs programs without it"
        )

    def __enter__(self) -> Judge:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """End every slot and everything running in it."""
        if self._closed:
            return
        self._closed = True
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def run(
        self, program: str, tests: Sequence[Test], *, stop_early: bool = False, language: Language = "python"
    ) -> Verdict:
        """The verdict on one program."""
        return self._submit_run(program, tests, stop_early, language)()

    def run_many(
        self,
        jobs: Iterable[tuple[str, Sequence[Test]]],
        *,
        stop_early: bool = False,
        language: Language = "python",
    ) -> Iterator[tuple[int, Verdict]]:
        """Verdicts with the index of their job, as they finish. Jobs are taken only as slots become free."""
        waiting: dict[Future[dict[str, Any]], tuple[int, Any]] = {}
        for index, (program, tests) in enumerate(jobs):
            finish = self._submit_run(program, tests, stop_early, language)
            waiting[finish.future] = (index, finish)
            if len(waiting) >= 2 * self.workers:
                yield from self._finished(waiting)
        while waiting:
            yield from self._finished(waiting)

    def _finished(self, waiting: dict[Future[dict[str, Any]], tuple[int, Any]]) -> Iterator[tuple[int, Verdict]]:
        done, _ = wait(waiting, return_when=FIRST_COMPLETED)
        for future in done:
            index, finish = waiting.pop(future)
            yield index, finish()

    def evaluate(
        self, program: str, calls: Sequence[tuple[str, Sequence[Any], Mapping[str, Any]]], limits: Limits | None = None
    ) -> list[CallResult]:
        """What each call `(entry, args, kwargs)` into the program gives, as typed plain values.

        Calls run in order in one jailed process. A value without a plain form comes back as `sandbox.wire.Opaque`, a
        numpy array as `sandbox.wire.Array`.
        """
        limits = limits or self.limits
        rows = [
            [entry, [encode(arg) for arg in args], {name: encode(value) for name, value in kwargs.items()}]
            for entry, args, kwargs in calls
        ]
        message = {"do": "evaluate", "program": program, "calls": rows, "limits": limits.to_dict()}
        try:
            answer = self._submit(message, deadline_seconds(limits)).result()
        except SlotLost as error:
            return [CallResult("infra_error", error=str(error)) for _ in rows]
        return [_call_result(row) for row in answer["calls"]]

    def _submit_run(self, program: str, tests: Sequence[Test], stop_early: bool, language: Language) -> Finish:
        tests = list(tests)
        message = {
            "do": "judge",
            "program": program,
            "tests": json.dumps([test.to_dict() for test in tests]),
            "limits": self.limits.to_dict(),
            "stop_early": stop_early,
            "language": language,
            "compiler": find_compiler() if language == "c++" else "",
        }
        key = self._key(message) if self._verdicts_kept else ""
        with self._lock:
            known = self._kept.get(key)
        if known is not None:
            future: Future[dict[str, Any]] = Future()
            future.set_result({"verdict": known.to_dict()})
        else:
            future = self._submit(message, deadline_seconds(self.limits))
        return Finish(future, tests, self.tier, lambda verdict: self._keep(key, verdict))

    def _key(self, message: dict[str, Any]) -> str:
        environment = {name: self._settings[name] for name in ("tier", "flavours", "hash_seed")}
        return hashlib.sha256(json.dumps([message, environment], sort_keys=True).encode()).hexdigest()

    def _keep(self, key: str, verdict: Verdict) -> None:
        if not self._verdicts_kept or verdict.outcome == "infra_error":
            return
        with self._lock:
            self._kept[key] = verdict
            if len(self._kept) > self._verdicts_kept:
                self._kept.popitem(last=False)

    def _submit(self, message: dict[str, Any], seconds: float) -> Future[dict[str, Any]]:
        if self._closed:
            raise RuntimeError("this judge is closed")
        future: Future[dict[str, Any]] = Future()
        self._jobs.put((dump_frame(message), seconds, future))
        return future

    def _serve(self, supervisor: SupervisorProcess | None) -> None:
        """One slot's thread: take jobs, pass them to the supervisor, start a new one when it is lost. The next job, if
        one waits, is on its way before anyone is told of the last one's answer."""
        job, is_sent = self._jobs.get(), False
        while job is not None:
            frame, seconds, future = job
            answer: dict[str, Any] | Exception = {}
            for _ in range(ATTEMPTS):
                try:
                    supervisor = supervisor or SupervisorProcess(self._settings)
                    if not is_sent:
                        supervisor.send(frame, seconds)
                    answer = parse_body(supervisor.answer(seconds))
                    break
                except Exception as error:
                    answer, is_sent = error, False
                    if supervisor is not None:
                        supervisor.close()
                        supervisor = None
            job, is_sent = self._send_next(supervisor)
            if isinstance(answer, dict):
                future.set_result(answer)
            else:  # whoever asked waits for an answer
                is_lost = isinstance(answer, (SlotLost, SandboxUnavailable, OSError))
                future.set_exception(SlotLost(str(answer)) if is_lost else answer)
            if job is _NONE_WAITS:
                job = self._jobs.get()
        if supervisor is not None:
            supervisor.close()

    def _send_next(self, supervisor: SupervisorProcess | None) -> tuple[_Queued, bool]:
        """The next job that waits, if any does, and whether the supervisor has it already."""
        try:
            job = self._jobs.get_nowait()
        except queue.Empty:
            return _NONE_WAITS, False
        if job is None or supervisor is None:
            return job, False
        with contextlib.suppress(SlotLost):  # it is found out when the answer is waited for
            supervisor.send(*job[:2])
        return job, True


def _call_result(row: dict[str, Any]) -> CallResult:
    try:
        return CallResult(**{**row, "value": decode(row["value"])})
    except WireError as error:  # the caller's stack has no room for a value so deep
        return CallResult("error", error=f"the answer is not a plain value: {error}", seconds=row["seconds"])


def _settings(interpreter: Interpreter, packages: Sequence[str], limits: Limits) -> dict[str, Any]:
    """What a supervisor must know to start warm parents, one kind for each set of imports.

    Tests run in this process's own interpreter, which has pytest, whatever interpreter the program needs; only tests
    that must share the program's process are bound to its interpreter.
    """
    own = interpreter
    if interpreter.executable != sys.executable:
        own = inspect(sys.executable, [*packages, "pytest", "numpy"])
    flavours = {
        "bare": _flavour(interpreter, packages, ()),
        "plain": _flavour(interpreter, packages, (*PRELOADED, "sandbox.inside.native")),
        "served": _flavour(interpreter, packages, SERVED),
        "checks": _flavour(own, [*packages, "pytest"], ("random", "sandbox.inside.tests")),
        "tests": _flavour(own, [*packages, "pytest"], WITH_PYTEST),
        "together": _flavour(interpreter, [*packages, "pytest"], WITH_PYTEST),
        "compile": _flavour(interpreter, (), ("sandbox.inside.native",)),
    }
    flavours["compile"] |= {"limits": limits.for_compiling().to_dict(), "compiles": True}
    if "numpy" in packages and interpreter.packages["numpy"]:
        flavours["numpy"] = _flavour(interpreter, packages, (*SERVED, "numpy", "numpy.random"))
    return {"flavours": flavours, "limits": limits.to_dict()}


def _flavour(interpreter: Interpreter, packages: Sequence[str], preload: Sequence[str]) -> dict[str, Any]:
    return {
        "interpreter": interpreter.executable,
        "path": interpreter.path,
        "visible": interpreter.visible,
        "hidden": interpreter.hidden,
        "packages": interpreter.files_of(packages),
        "preload": [name for name in preload if name != "pytest" or interpreter.packages["pytest"]],
    }


class Finish:
    """A job on its way: calling it waits for the verdict."""

    def __init__(
        self, future: Future[dict[str, Any]], tests: list[Test], tier: str, keep: Callable[[Verdict], None]
    ) -> None:
        self.future, self.tests, self.tier, self.keep = future, tests, tier, keep

    def __call__(self) -> Verdict:
        start = time.monotonic()
        try:
            verdict = Verdict.from_dict(self.future.result()["verdict"])
            self.keep(verdict)
            return verdict
        except SlotLost as error:
            message = shorten(str(error))
            results = [TestResult("not_run", message) for _ in self.tests]
            seconds = time.monotonic() - start
            name = test_set_hash(self.tests)
            return Verdict("infra_error", results, None, 0.0, seconds, name, tier=self.tier, message=message)


def deadline_seconds(limits: Limits) -> float:
    """Longer than any test can take on a machine twenty times oversubscribed."""
    return 120 + 20 * (limits.wall_seconds + limits.cpu_seconds + limits.compile_cpu_seconds)


def offered_tiers() -> list[Tier]:
    """The tiers that work on this machine, best first, found by running a program in each."""
    offered: list[Tier] = []
    for tier in TIERS:
        if tier != "unsafe":
            try:
                Judge(1, tier=tier).close()
            except SandboxUnavailable:
                continue
            offered.append(tier)
    return offered
