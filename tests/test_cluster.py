"""Starting Ray for a run, and joining a cluster, on a real Ray."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rlcode.cluster import ClusterTooSmall, ClusterUnreachable, join_cluster, ray_cluster, running_cluster
from rlcode.config import ClusterConfig, TrainConfig

START_AND_END = """
from rlcode.cluster import ray_cluster
from rlcode.config import TrainConfig
import ray
with ray_cluster(TrainConfig(output_dir="unused")):
    print("cores", ray.cluster_resources()["CPU"])
"""


@pytest.mark.slow
def test_a_cluster_of_its_own_leaves_nothing_behind(tmp_path: Path) -> None:
    home, temporary = tmp_path / "home", tmp_path / "a folder whose name is too long for the sockets of Ray"
    home.mkdir()
    temporary.mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    environment |= {"HOME": str(home), "TMPDIR": str(temporary)}

    with subprocess.Popen(
        [sys.executable, "-c", START_AND_END], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        out, _ = process.communicate(timeout=280)

    assert process.returncode == 0
    assert "cores" in out
    assert list(Path("/tmp").glob(f"rlcode-ray-{process.pid}-*")) == []
    assert [file for folder in (home, temporary) for file in folder.rglob("*") if file.is_file()] == []


@pytest.mark.slow
def test_workers_that_cannot_fit_are_refused_with_the_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    config = TrainConfig.model_validate({"output_dir": "unused", "rollout": {"gpus_per_worker": 64}})

    with pytest.raises(ClusterTooSmall, match="need 64 GPUs, the cluster has"), ray_cluster(config):
        pytest.fail("the cluster was said to be large enough")


def test_an_address_where_nothing_answers_is_named_at_once() -> None:
    with pytest.raises(ClusterUnreachable, match=r"no Ray cluster can be joined at 127\.0\.0\.1:1: .*refused"):
        join_cluster("127.0.0.1:1")


@pytest.mark.parametrize(
    ("setting", "variable", "joined"),
    [(None, "", None), (None, "a:1", "a:1"), ("auto", "a:1", "a:1"), ("auto", "", "auto"), ("b:2", "a:1", "b:2")],
)
def test_the_config_goes_before_the_environment(
    setting: str | None, variable: str, joined: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", variable)
    assert running_cluster(ClusterConfig(address=setting)) == joined
