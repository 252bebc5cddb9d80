"""A worker that Ray ends because its node's memory is nearly full."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlcode.cluster import ray_cluster
from rlcode.config import TrainConfig
from rlcode.workers.handle import RayHandle, WorkerDied, WorkerSpec

pytestmark = [pytest.mark.slow, pytest.mark.workers, pytest.mark.timeout(300)]
SECONDS = 120


class Idler:
    """Holds nothing, and asks for nothing."""

    def close(self) -> None:
        """Has nothing to end."""


def test_it_is_named_with_the_numbers_and_what_to_lower(
    workplace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_memory_usage_threshold", "0.000001")  # whatever the machine holds is too much
    monkeypatch.setenv("RAY_memory_monitor_refresh_ms", "100")
    said = r"worker policy-0 died: .* used / .* limit.* exceeded threshold.*\nThe node's memory ran out: lower "
    with ray_cluster(TrainConfig(output_dir=workplace)), pytest.raises(WorkerDied, match=said):
        handle = RayHandle(WorkerSpec("policy-0", Idler, (), cpus=0.5), tmp_path)
        handle.wait_until_ready(SECONDS)
        while True:
            handle.call("close", deadline_seconds=SECONDS)
