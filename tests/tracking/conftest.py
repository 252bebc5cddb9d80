from pathlib import Path

import pytest
from synthetic_run import write_run


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole run of 24 steps with three evaluations of two benchmarks. Tests that change it work on a copy."""
    return write_run(tmp_path_factory.mktemp("runs") / "quickstart", steps=24, evaluate_every=12)
