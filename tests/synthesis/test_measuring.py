"""Gates whose rows are measured in actors of a Ray cluster."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest
import ray

from rlcode.cluster import JoinedCluster
from rlcode.config import ClusterConfig
from rlcode.problems import load_problems
from rlcode.synthesis import contamination, duplicates, meaning
from rlcode.synthesis.gates import gates
from rlcode.synthesis.measuring import MeasuredOverCluster, measured_here
from rlcode.synthesis.rejection import Row
from rlcode.synthesis.settings import GatesConfig

pytestmark = pytest.mark.slow
TWO_WORKERS = GatesConfig(workers=2, cpus_per_worker=0.5)
ROWS: list[Row] = [{"id": str(number), "prompt": f"Question {number}.", "tests": [number]} for number in range(30)]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JoinedCluster]:
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))  # else Ray leaves one in the home folder
    folder = tempfile.mkdtemp(prefix="rlcode-gates-", dir="/tmp")  # short: Unix sockets have room for 107 bytes
    here = {"env_vars": {"PYTHONPATH": str(Path(__file__).parent)}}
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, runtime_env=here, _temp_dir=folder)
    yield JoinedCluster(ClusterConfig(), tmp_path_factory.mktemp("workers"))
    ray.shutdown()
    shutil.rmtree(folder, ignore_errors=True)


def lengths(rows: Sequence[Row]) -> list[int]:
    assert all(set(row) == {"prompt"} for row in rows)
    return [len(row["prompt"]) for row in rows]


def test_every_gate_says_the_same_as_in_one_process(
    cluster: JoinedCluster, random_model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (contamination, duplicates, meaning):
        monkeypatch.setattr(module, "ROWS_PER_BLOCK", 12)
    problems = [*load_problems("starter/train")[:30], *load_problems("humaneval")[:10]]
    rows = [problem.to_dict() for problem in problems] * 2
    for number, row in enumerate(rows):
        rows[number] = row | {"id": f"row-{number}"}
    config = TWO_WORKERS.model_copy(update={"embedding_model": random_model})
    there = gates(config, MeasuredOverCluster(config, cluster))
    assert [name for name, _ in there][-1] == "decontaminated_by_meaning"
    for (name, gate_here), (_, gate_there) in zip(gates(config), there, strict=True):
        here = list(gate_here(rows))
        assert list(gate_there(rows)) == here, name
        assert any(rejection for _, rejection in here), name


def _dies_once(rows: Sequence[Row], mark: Path) -> list[int]:
    if rows[0]["prompt"] == "Question 12." and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return lengths(rows)


def test_what_a_worker_had_when_it_died_is_measured_again(cluster: JoinedCluster, tmp_path: Path) -> None:
    measured = MeasuredOverCluster(TWO_WORKERS, cluster)(partial(_dies_once, mark=tmp_path / "died"), ROWS, 4)
    assert list(measured) == list(measured_here(lengths, ROWS, 4))
    assert (tmp_path / "died").exists()


def test_rows_are_read_as_workers_are_ready_for_them(cluster: JoinedCluster) -> None:
    source = iter(ROWS)
    measured = MeasuredOverCluster(TWO_WORKERS, cluster)(lengths, source, 2)
    next(measured)
    assert len(list(source)) == len(ROWS) - 2 * 2 * 2  # two blocks of two rows for each of two workers
    measured.close()


def _fails(rows: Sequence[Row]) -> None:
    raise ValueError(f"no use: {rows[0]['prompt']}")


def test_an_error_of_a_worker_is_that_of_the_gate(cluster: JoinedCluster) -> None:
    with pytest.raises(ValueError, match="no use: Question 0"):
        list(MeasuredOverCluster(TWO_WORKERS, cluster)(_fails, ROWS, 4))
