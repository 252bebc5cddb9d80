"""One judge for all tests of the sandbox that do not need limits of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox import Judge, Limits


@pytest.fixture(scope="session")
def judge() -> Iterator[Judge]:
    with Judge(2, Limits(cpu_seconds=1, wall_seconds=3, max_timeouts=2)) as judge:
        yield judge
