"""launch/ against a real Ray head on this machine, with token authentication on."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from nodes import end_node, free_ports, start_node

ROOT = Path(__file__).parents[2]
HEAD_CPUS = 4
START_SECONDS = 90

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Head:
    """A running Ray head. `environment` is what a user who may submit to it has set."""

    address: str
    environment: dict[str, str]


@pytest.fixture(scope="module")
def head() -> Iterator[Head]:
    folder = tempfile.mkdtemp(prefix="rlcode-head-", dir="/tmp")  # short: Unix sockets have room for 107 bytes
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    clean["PATH"] = f"{Path(sys.executable).parent}:{clean['PATH']}"
    environment = clean | {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32), "OMP_NUM_THREADS": "1"}
    environment["TMPDIR"] = folder  # Ray's dashboard leaves a socket behind
    port, dashboard, client, agent, agent_grpc = free_ports(5)
    ports = [f"--port={port}", f"--dashboard-port={dashboard}", f"--ray-client-server-port={client}"]
    ports += [f"--dashboard-agent-listen-port={agent}", f"--dashboard-agent-grpc-port={agent_grpc}"]
    process = start_node(
        environment, folder, "--head", "--node-ip-address=127.0.0.1", *ports, f"--num-cpus={HEAD_CPUS}"
    )
    server = f"http://127.0.0.1:{dashboard}"
    try:
        _wait_until_it_answers(server, environment["RAY_AUTH_TOKEN"], process, Path(folder))
        yield Head(f"127.0.0.1:{port}", environment | {"RAY_API_SERVER_ADDRESS": server})
    finally:
        end_node(process)
        shutil.rmtree(folder)


def _wait_until_it_answers(server: str, token: str, process: subprocess.Popen[bytes], folder: Path) -> None:
    request = urllib.request.Request(f"{server}/api/jobs/", headers={"Authorization": f"Bearer {token}"})
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(request, timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.5)
    pytest.fail(f"ray start did not bring up a head: {(folder / 'start.log').read_text()}")


@pytest.fixture
def config(tmp_path: Path, tiny_model: str, constant_problems: Path) -> Path:
    """One step of the tiny model."""
    settings = {
        "model": tiny_model,
        "output_dir": "runs/launch-test",
        "steps": 1,
        "train_problems": str(constant_problems),
        "prompt": {"prefill": "starter"},
        "rollout": {
            "engine": "transformers",
            "prompts_per_step": 4,
            "samples_per_prompt": 4,
            "max_new_tokens": 12,
        },
        "judge": {"slots": 1},
        "policy": {"learning_rate": 1e-4, "bf16": False},
    }
    path = tmp_path / "tiny.yaml"
    path.write_text(yaml.safe_dump(settings))
    return path


def launch(script: str, environment: dict[str, str], *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [str(ROOT / "launch" / script), *map(str, arguments)]
    return subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=240
    )


def test_a_submitted_job_trains_and_its_log_is_followed(head: Head, config: Path, tmp_path: Path) -> None:
    job = launch("submit.sh", head.environment, config, f"output_dir={tmp_path}/run")

    assert job.returncode == 0, job.stdout
    assert "step 1/1" in job.stdout
    assert "succeeded" in job.stdout
    assert (tmp_path / "run" / "checkpoints" / "step-000001" / "model" / "config.json").is_file()
    assert (tmp_path / "run" / "report.html").is_file()


def test_a_job_that_asks_for_too_much_fails_at_once_with_the_numbers(head: Head, config: Path, tmp_path: Path) -> None:
    job = launch("submit.sh", head.environment, config, f"output_dir={tmp_path}/run", "judge.workers=50")

    assert job.returncode == 1, job.stdout
    assert f"the workers need 52 CPUs, the cluster has {HEAD_CPUS} free of {HEAD_CPUS}" in job.stdout
    assert not (tmp_path / "run" / "checkpoints").exists()


def test_on_a_node_of_a_cluster_the_dry_run_looks_for_room_there(head: Head, config: Path) -> None:
    environment = head.environment | {"RAY_ADDRESS": head.address}

    planned = launch("cluster.sh", environment, config, "--dry-run")

    assert planned.returncode == 0, planned.stdout
    assert f"cluster      {head.address}: there is room" in planned.stdout


def test_without_the_token_nothing_can_be_submitted(head: Head, config: Path, tmp_path: Path) -> None:
    stranger = head.environment | {"RAY_AUTH_TOKEN": secrets.token_hex(32)}

    job = launch("submit.sh", stranger, config, f"output_dir={tmp_path}/run")

    assert job.returncode != 0
    assert "authentication token" in job.stdout
    assert not (tmp_path / "run").exists()


def test_a_folder_that_would_vanish_with_the_job_is_refused(config: Path) -> None:
    environment = dict(os.environ) | {"RAY_API_SERVER_ADDRESS": "http://127.0.0.1:1"}

    job = launch("submit.sh", environment, config)

    assert job.returncode == 64
    assert "output_dir=/" in job.stdout
