"""One part of a step (generate, update, …) while it goes on."""

import time
from collections.abc import Callable


class Phase:
    """Counts what is done and how long it takes. `seconds` runs until the phase ends and stands still afterwards."""

    def __init__(self, name: str, total: int | None, on_advance: Callable[["Phase"], None]):
        self.name = name
        self.total = total
        self.done = 0
        self._on_advance = on_advance
        self._started = time.monotonic()
        self._ended: float | None = None

    @property
    def seconds(self) -> float:
        return (self._ended or time.monotonic()) - self._started

    def advance(self, count: int = 1) -> None:
        self.done += count
        self._on_advance(self)

    def end(self) -> None:
        self._ended = time.monotonic()

    def __str__(self) -> str:
        return self.name if self.total is None else f"{self.name} {self.done}/{self.total}"
