from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import loop_runs
import pytest


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where configs and run folders of a module's tests go."""
    loop_runs.SCRATCH.mkdir()
    yield tmp_path_factory.mktemp("runs")
    shutil.rmtree(loop_runs.SCRATCH)
