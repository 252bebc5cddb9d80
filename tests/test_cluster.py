"""Starting Ray for a run, and joining a cluster, on a real Ray."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import ray

from rlcode.cluster import (
    ClusterTooSmall,
    ClusterUnreachable,
    _may_share_engines_gpus,
    _specs,
    cpu_environment,
    demand,
    join_cluster,
    ray_cluster,
    running_cluster,
    shared_gpus,
    start_roles,
)
from rlcode.config import ClusterConfig, TrainConfig
from rlcode.workers.handle import Handle, RayHandle, WorkerSpec, stop_all

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


def test_one_process_has_nothing_to_place() -> None:
    half = {"gpus_per_worker": 0.5}
    config = TrainConfig.model_validate({"output_dir": "unused", "local": True, "rollout": half, "policy": half})
    with shared_gpus(config) as bundles:
        assert not bundles and not ray.is_initialized()


HERE = {"PYTHONPATH": str(Path(__file__).parent)}


@pytest.fixture(scope="module")
def two_gpus() -> Iterator[None]:
    """A cluster that says it has two GPUs."""
    folder = tempfile.mkdtemp(dir="/tmp")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RAY_ADDRESS", raising=False)
        ray.init(num_cpus=2, num_gpus=2, include_dashboard=False, log_to_driver=False, _temp_dir=folder)
    try:
        yield
    finally:
        ray.shutdown()
        shutil.rmtree(folder)


class Where:
    """A worker that tells which GPU it was given."""

    def gpus(self) -> list[int]:
        return ray.get_gpu_ids()

    def close(self) -> None:
        """Nothing to close."""


@pytest.mark.slow
def test_engine_and_rank_of_the_same_number_share_a_gpu(two_gpus: None, tmp_path: Path) -> None:
    half = {"workers": 2, "gpus_per_worker": 0.5, "cpus_per_worker": 0.5}
    config = TrainConfig.model_validate({"output_dir": "unused", "rollout": half, "policy": half})
    with shared_gpus(config) as bundles:
        specs = [
            WorkerSpec(f"{role}-{index}", Where, (), cpus=0.5, gpus=0.5, bundle=bundle, environment=HERE)
            for role in ("rollout", "policy")
            for index, bundle in enumerate(bundles)
        ]
        workers: list[Handle] = [RayHandle(spec, tmp_path) for spec in specs]
        rollouts_then_ranks = [worker.call("gpus", deadline_seconds=60) for worker in workers]
        stop_all(workers)
    assert rollouts_then_ranks[:2] == rollouts_then_ranks[2:]
    assert sorted(rollouts_then_ranks[:2]) == [[0], [1]]


class Loads:
    """A worker that takes a moment to be ready, and notes in a file when it begins and when it is."""

    def __init__(self, name: str, notes: str):
        for word in ("begins", "is ready"):
            with open(notes, "a") as file:
                file.write(f"{name} {word}\n")
            time.sleep(0.5)

    def close(self) -> None:
        """Nothing to close."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("engines", "engine_gpus", "scorer_gpus"),
    [(["engine-0", "engine-1"], 0.25, 0.25), (["engine-0"], 0, 0.25), (["engine-0"], 1, 0)],
)
def test_nobody_starts_beside_an_engine_that_may_share_its_gpu(
    two_gpus: None, engines: list[str], engine_gpus: float, scorer_gpus: float, tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    handles: dict[str, list[Handle]] = {}

    def specs(names: list[str], gpus: float) -> list[WorkerSpec]:
        return [WorkerSpec(name, Loads, (name, str(notes)), 0.5, gpus, environment=HERE) for name in names]

    roles = {"rollout": specs(engines, engine_gpus), "scorer": specs(["scorer-0"], scorer_gpus)}
    start_roles(roles, tmp_path, 60, handles)
    started = [*handles["rollout"], *handles["scorer"]]
    for handle in started:
        handle.wait_until_ready(60)
    stop_all(started)
    one_by_one = [f"{name} {word}" for name in [*engines, "scorer-0"] for word in ("begins", "is ready")]
    assert notes.read_text().splitlines() == one_by_one


@pytest.mark.parametrize(("gpus", "way"), [(1, "shared_memory"), (0, "broadcast")])
def test_engines_whose_gpus_are_theirs_alone_start_beside_the_others(gpus: float, way: str) -> None:
    rollout = {"gpus_per_worker": gpus, "weight_transfer": way}
    config = TrainConfig.model_validate(
        {"output_dir": "unused", "rollout": rollout, "policy": {"gpus_per_worker": gpus}}
    )
    assert not _may_share_engines_gpus(_specs(config, "model", 512, bundles=[]))


def test_workers_without_gpus_that_have_to_meet_see_none() -> None:
    assert "CUDA_VISIBLE_DEVICES" not in cpu_environment(1, 0)
    assert cpu_environment(2, 0)["CUDA_VISIBLE_DEVICES"] == cpu_environment(1, 0, True)["CUDA_VISIBLE_DEVICES"] == ""


@pytest.mark.parametrize("gpus", [1, 2])
def test_an_engine_over_several_gpus_needs_them_all(gpus: int) -> None:
    rollout = {"workers": 2, "tensor_parallel": 4, "gpus_per_worker": gpus}
    config = TrainConfig.model_validate({"output_dir": "unused", "rollout": rollout})
    need = demand(config)
    assert (need.gpus, need.largest_gpus) == (8 * gpus, 4 * gpus)


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
