"""One step off policy: the engines write the next batch while the policy learns from this one."""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from rlcode.experience import Experience
from rlcode.workers.handle import WorkerDied

FILE = "pending.pkl"


class Ahead:
    """A batch that is being written. `blocked_seconds` is the time that the loop did nothing but wait for it."""

    def __init__(self, write: Callable[[], Experience], in_background: bool):
        self.blocked_seconds = 0.0
        self._outcome: Future[Experience] = Future()
        if in_background:  # a daemon: a run that failed does not stay for it
            threading.Thread(target=self._run, args=(write,), daemon=True).start()
        else:
            began = time.monotonic()
            self._run(write)
            self.blocked_seconds = time.monotonic() - began

    def _run(self, write: Callable[[], Experience]) -> None:
        try:
            self._outcome.set_result(write())
        except BaseException as error:  # raised where it is waited for
            self._outcome.set_exception(error)

    def wait(self) -> Experience:
        """The batch; an error of writing it is raised here."""
        began = time.monotonic()
        try:
            return self._outcome.result()
        finally:
            self.blocked_seconds += time.monotonic() - began


def leave_dead(death: WorkerDied) -> None:
    """An engine that dies meanwhile cannot get the newest weights: they are being made. Raises the death."""
    raise death


def save_pending(experience: Experience | None, folder: Path) -> None:
    """Into a checkpoint: weights that are gone wrote this batch, so a resumed run could not write it again."""
    if experience:
        (folder / FILE).write_bytes(pickle.dumps(experience))


def load_pending(folder: Path) -> Experience | None:
    """The batch that a checkpoint was saved with, if any. Checkpoints are trusted: they are the run's own."""
    file = folder / FILE
    experience: Experience | None = pickle.loads(file.read_bytes()) if file.is_file() else None
    return experience
