"""A worker as the driver holds it: in a process of its own under Ray, or in this process for a debugger.

Both kinds are used in the same way, so the loop has one code path. Every wait has a deadline, and a worker that dies is
named with its cause.
"""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rlcode.engines import EngineDied

MEMORY_HINT = (
    "lower rollout.kv_cache_gb, judge.slots or policy.tokens_per_micro_batch, or shard the policy with policy.deepspeed"
)
LOG_LINES = 15
RESTART_SECONDS = 60.0
RESTART_PAUSE_SECONDS = 1.0
Bundle = tuple[Any, int]  # a placement group of Ray, and a place in it
CAUSE_SECONDS = 10  # how long a failure is held back to see whether another worker's death is its cause


class WorkerDied(RuntimeError):
    """A worker's process ended; the message says which, why, and what it wrote last."""


class WorkerTimeout(RuntimeError):
    """A worker did not answer in time; the message says which, what was asked, and for how long."""


@dataclass(frozen=True)
class WorkerSpec:
    """How to make a worker: its class and arguments, and what it needs to run."""

    name: str
    kind: type
    args: tuple[Any, ...]
    cpus: float = 1
    gpus: float = 0
    concurrency: int = 1
    spread: bool = False  # over as many nodes as there are, instead of filling one after the other
    bundle: Bundle | None = None
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Pending:
    """An answer on its way."""

    method: str
    reference: Any  # a Ray reference; for a local worker the answer itself


class LocalHandle:
    """A worker in this process; calls run at once."""

    def __init__(self, spec: WorkerSpec):
        self.name = spec.name
        self._spec = spec
        self.start()

    def start(self) -> None:
        self._worker = self._spec.kind(*self._spec.args)

    def wait_until_ready(self, deadline_seconds: float) -> None:
        """The constructor has already run."""

    def submit(self, method: str, *args: Any) -> Pending:
        return Pending(method, getattr(self._worker, method)(*args))

    def result(self, pending: Pending, deadline_seconds: float) -> Any:
        return pending.reference

    def call(self, method: str, *args: Any, deadline_seconds: float) -> Any:
        return self.submit(method, *args).reference

    def stream(self, method: str, *args: Any, deadline_seconds: float) -> Iterator[Any]:
        yield from getattr(self._worker, method)(*args)

    def submit_stream(self, method: str) -> tuple[Iterator[Any], Pending]:
        return iter(list(self.stream(method, deadline_seconds=0))), Pending(method, None)

    def stop(self, deadline_seconds: float = 30) -> None:
        self._worker.close()


class RayHandle:
    """A worker in a Ray actor; what it prints goes to its own file in the run folder."""

    def __init__(self, spec: WorkerSpec, log_dir: Path):
        self.name = spec.name
        self._spec = spec
        self._log = log_dir.absolute() / f"{spec.name}.log"
        self.start()

    def start(self) -> None:
        """Start the actor; also after it died."""
        import ray

        options = {
            "num_cpus": self._spec.cpus,
            "num_gpus": self._spec.gpus,
            "max_concurrency": self._spec.concurrency,
            "scheduling_strategy": self._place(),
            "runtime_env": {"env_vars": self._spec.environment},
        }
        self._actor: Any = ray.remote(_Host).options(**options).remote(self._spec.kind, self._spec.args, str(self._log))

    def _place(self) -> Any:
        if self._spec.bundle is None:
            return "SPREAD" if self._spec.spread else "DEFAULT"
        from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

        group, index = self._spec.bundle
        return PlacementGroupSchedulingStrategy(group, placement_group_bundle_index=index)

    def wait_until_ready(self, deadline_seconds: float) -> None:
        self.result(Pending("start", self._actor.ping.remote()), deadline_seconds)

    def submit(self, method: str, *args: Any) -> Pending:
        return Pending(method, self._actor.call.remote(method, *args))

    def result(self, pending: Pending, deadline_seconds: float) -> Any:
        import ray

        try:
            return ray.get(pending.reference, timeout=deadline_seconds)
        except ray.exceptions.GetTimeoutError:
            raise self.timeout(pending.method, deadline_seconds) from None
        except ray.exceptions.RayTaskError as error:
            raise error.cause from error
        except (ray.exceptions.RayActorError, ray.exceptions.OutOfMemoryError) as error:
            raise self._death(error) from None

    def call(self, method: str, *args: Any, deadline_seconds: float) -> Any:
        return self.result(self.submit(method, *args), deadline_seconds)

    def stream(self, method: str, *args: Any, deadline_seconds: float) -> Iterator[Any]:
        """Items as the worker yields them; `deadline_seconds` bounds the wait for each."""
        import ray

        items = self._start_stream(method, *args)
        while True:
            ready, _ = ray.wait([items], timeout=deadline_seconds)
            if not ready:
                raise self.timeout(method, deadline_seconds)
            try:
                reference = next(items)
            except StopIteration:
                return
            yield self.result(Pending(method, reference), deadline_seconds)

    def submit_stream(self, method: str) -> tuple[Iterator[Any], Pending]:
        """References to the items, which another worker can take without the data passing through here; they are to be
        trusted once the answer beside them is there."""
        items = self._start_stream(method)
        return items, Pending(method, items.completed())

    def _start_stream(self, method: str, *args: Any) -> Any:
        return self._actor.stream.options(num_returns="streaming").remote(method, *args)

    def stop(self, deadline_seconds: float = 30) -> None:
        """Let the worker close what it holds, then end its process."""
        import ray

        with contextlib.suppress(WorkerDied, WorkerTimeout):  # it is going away in any case
            self.call("close", deadline_seconds=deadline_seconds)
        ray.kill(self._actor)

    def timeout(self, method: str, seconds: float) -> WorkerTimeout:
        """The error to raise when the worker took too long."""
        return WorkerTimeout(f"worker {self.name} did not finish '{method}' within {seconds:.0f} s{self._last_lines()}")

    def _death(self, error: Exception) -> WorkerDied:
        import ray

        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        cause, hint = " ".join(lines), ""
        if isinstance(error, ray.exceptions.OutOfMemoryError):  # two lines of numbers, then everything Ray holds
            cause, hint = " ".join(lines[:2]), "\nThe node's memory ran out: " + MEMORY_HINT
        elif "OOM killer" in cause:  # Ray's guess at any death that it did not see coming
            hint = "\nIf the node's memory ran out: " + MEMORY_HINT
        return WorkerDied(f"worker {self.name} died: {cause}{hint}{self._last_lines()}")

    def _last_lines(self) -> str:
        if not self._log.is_file():
            return f"\n(its log is {self._log} on its own node)"
        with self._log.open(errors="replace") as file:
            lines = "".join(f"\n  {line.rstrip()}" for line in deque(file, LOG_LINES))
        return f"\nlast lines of {self._log}:{lines}"


Handle = LocalHandle | RayHandle


def start_again(handle: Handle, deadline_seconds: float) -> None:
    """Start a worker that died and wait until it answers. Until the cluster has noticed that a node is gone it may
    place the worker there once more, so an early death is no verdict on the worker."""
    patience = time.monotonic() + RESTART_SECONDS
    while True:
        handle.start()
        try:
            return handle.wait_until_ready(deadline_seconds)
        except WorkerDied:
            if time.monotonic() > patience:
                raise
            time.sleep(RESTART_PAUSE_SECONDS)


def all_results(handles: Sequence[Handle], pending: Sequence[Pending], deadline_seconds: float) -> list[Any]:
    """The answers of workers that work together, in order.

    The first failure ends the wait for the others, who may be waiting for the one that failed. A worker's death is
    raised before any other failure. The error also names workers that have not answered: one of them may hang, and the
    failure be that of another who waited for it.
    """
    if not handles or isinstance(handles[0], LocalHandle):
        return [answer.reference for answer in pending]
    import ray

    began = time.monotonic()
    waiting: dict[Any, tuple[Any, Pending]] = {
        answer.reference: (handle, answer) for handle, answer in zip(handles, pending, strict=True)
    }
    failures: list[Exception] = []
    while waiting and not failures:
        left = max(0.0, deadline_seconds - (time.monotonic() - began))
        ready, _ = ray.wait(list(waiting), timeout=left)
        if not ready:
            late = [str(handle.timeout(answer.method, deadline_seconds)) for handle, answer in waiting.values()]
            raise WorkerTimeout("\n".join(late))
        failures = _failures([waiting.pop(reference) for reference in ready])
    if failures and waiting:
        ready, _ = ray.wait(list(waiting), num_returns=len(waiting), timeout=CAUSE_SECONDS)
        failures += _failures([waiting.pop(reference) for reference in ready])
    for failure in sorted(failures, key=lambda failure: not isinstance(failure, WorkerDied)):
        for handle, answer in waiting.values():
            failure.add_note(f"worker {handle.name} has not answered '{answer.method}' either")
        raise failure
    return [handle.result(answer, 0) for handle, answer in zip(handles, pending, strict=True)]


def _failures(answers: Sequence[tuple[Handle, Pending]]) -> list[Exception]:
    failures: list[Exception] = []
    for handle, answer in answers:
        try:
            handle.result(answer, 0)
        except Exception as error:
            failures.append(error)
    return failures


def stop_all(handles: Sequence[Handle], deadline_seconds: float = 30) -> None:
    """Let workers close what they hold, all at the same time, then end their processes."""
    if handles and isinstance(handles[0], LocalHandle):
        for handle in handles:
            handle.stop()
        return
    ends = [threading.Thread(target=handle.stop, args=(deadline_seconds,)) for handle in handles]
    for end in ends:
        end.start()
    for end in ends:
        end.join()


class _Host:
    """Runs in the actor's process: makes the worker there and passes calls on."""

    def __init__(self, kind: type, args: tuple[Any, ...], log: str):
        os.makedirs(os.path.dirname(log), exist_ok=True)
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        os.close(descriptor)
        self._worker = kind(*args)

    def ping(self) -> int:
        return os.getpid()

    def call(self, method: str, *args: Any) -> Any:
        with _ending_with_the_engine():
            return getattr(self._worker, method)(*args)

    def stream(self, method: str, *args: Any) -> Iterator[Any]:
        with _ending_with_the_engine():
            yield from getattr(self._worker, method)(*args)


@contextlib.contextmanager
def _ending_with_the_engine() -> Iterator[None]:
    """A worker whose engine has lost a process ends too, so that it is found dead and started again."""
    try:
        yield
    except EngineDied as death:
        print(death, file=sys.stderr, flush=True)
        os._exit(1)


def merge_streams(
    handles: list[Handle], method: str, arguments: list[tuple[Any, ...]], deadline_seconds: float
) -> Iterator[tuple[int, Any]]:
    """Items of one stream per handle, as they come, with the handle's index."""
    streams = [
        handle.stream(method, *args, deadline_seconds=deadline_seconds)
        for handle, args in zip(handles, arguments, strict=True)
    ]
    if len(streams) == 1 or isinstance(handles[0], LocalHandle):
        for index, stream in enumerate(streams):
            yield from ((index, item) for item in stream)
        return
    items: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
    for index, stream in enumerate(streams):
        threading.Thread(target=_pump, args=(index, stream, items), daemon=True).start()
    running = len(streams)
    while running:
        index, item = items.get()
        if item is _END:
            running -= 1
        elif isinstance(item, BaseException):
            raise item
        else:
            yield index, item


_END = object()


def _pump(index: int, stream: Iterator[Any], items: queue.SimpleQueue[tuple[int, Any]]) -> None:
    """Feed one stream into the shared queue; the stream itself holds the deadline of each wait."""
    try:
        for item in stream:
            items.put((index, item))
    except BaseException as error:
        items.put((index, error))
    else:
        items.put((index, _END))
