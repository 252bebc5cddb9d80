"""Ctrl-C: the first asks the run to end after its step, the second ends it at once."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any, Self

from rlcode.tracking import Tracker


class Interrupt:
    """While active, SIGINT and SIGTERM set `requested`; a second one raises KeyboardInterrupt."""

    def __init__(self, tracker: Tracker):
        self.requested = False
        self._tracker = tracker
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *exc: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
        self._tracker.message("stopping after this step, with a checkpoint; press Ctrl-C again to stop at once")
