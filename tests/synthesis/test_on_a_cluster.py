"""`rlcode synth` with its judges, gates and engines on a Ray cluster, and `rlcode grow` with all of its work there."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from nodes import end_node, free_ports, start_node
from synth_runs import outputs, write_config

from rlcode.cli import main
from rlcode.problems import load_problems, save_problems
from rlcode.synthesis.replay import ReplayServer

pytestmark = pytest.mark.slow
SECONDS = 240
USABLE_SEEDS = 13  # of those that ship with the package
GROW = str(Path(__file__).parents[2] / "configs" / "grow.yaml")


@pytest.fixture(scope="module")
def cluster() -> Iterator[dict[str, str]]:
    """The environment of a program that uses a running cluster."""
    folder = tempfile.mkdtemp(prefix="rlcode-synth-", dir="/tmp")  # short: Unix sockets have room for 107 bytes
    port, client, listen, grpc = free_ports(4)
    token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")} | token
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    ports = [f"--port={port}", f"--ray-client-server-port={client}", f"--dashboard-agent-listen-port={listen}"]
    ports += [f"--dashboard-agent-grpc-port={grpc}", "--include-dashboard=false", "--node-ip-address=127.0.0.1"]
    node = start_node(environment, folder, "--head", *ports, "--num-cpus=2")
    try:
        yield environment | {"RAY_ADDRESS": f"127.0.0.1:{port}"}
    finally:
        end_node(node)
        shutil.rmtree(folder)


def run_on(cluster: dict[str, str], *arguments: str) -> None:
    command = [sys.executable, "-m", "rlcode", *arguments]
    for _ in range(60):  # until the head answers
        done = subprocess.run(command, env=cluster, capture_output=True, text=True, timeout=SECONDS)
        if "no Ray cluster can be joined" not in done.stdout + done.stderr:
            break
    assert done.returncode == 0, done.stdout + done.stderr


def test_judges_and_gates_on_a_cluster_give_the_files_of_a_run_without_one(
    tmp_path: Path, server: ReplayServer, cluster: dict[str, str]
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
    judge = {"workers": 2, "slots": 1, "limits": {"cpu_seconds": 0.3, "memory_mb": 128}}
    settings = {"judge": judge, "gates": {"workers": 2}}  # either takes all there is of the cluster
    assert main(["synth", str(write_config(here, server.url, **settings))]) == 0
    run_on(cluster, "synth", str(write_config(there, server.url, **settings)))
    assert outputs(there) == outputs(here)
    logs = sorted(log.name for log in (there / "synth" / "workers").iterdir())
    assert logs == ["gate-0.log", "gate-1.log", "judge-0.log", "judge-1.log"]


def test_engines_on_a_cluster_write_what_one_in_this_process_writes_also_when_one_dies(
    tmp_path: Path, server: ReplayServer, cluster: dict[str, str], random_model: str
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    engine = {"engine": "transformers", "workers": 2, "cpus_per_worker": 0.5, "max_sequences": 1}
    teacher = {"kind": "engine", "model": random_model, "max_tokens": 50, "engine": engine}
    for folder in (here, there):
        folder.mkdir()
    assert main(["synth", str(write_config(here, server.url, teacher=teacher))]) == 0
    command = [sys.executable, "-m", "rlcode", "synth", str(write_config(there, server.url, teacher=teacher))]
    with subprocess.Popen(command, env=cluster, stderr=subprocess.PIPE, text=True) as run:
        answers = there / "synth" / "answers.jsonl"
        wait_until(lambda: answers.exists() and answers.stat().st_size > 0)
        os.kill(process_that_writes(there / "synth" / "workers" / "engine-1.log"), signal.SIGKILL)
        assert "worker engine-1 died" in run.communicate(timeout=SECONDS)[1]
    assert run.returncode == 0
    assert written(there) == written(here)
    assert len(written(here)) == USABLE_SEEDS


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def process_that_writes(log: Path) -> int:
    """The process whose standard output is this file."""
    for output in Path("/proc").glob("[0-9]*/fd/1"):
        with contextlib.suppress(OSError):  # it has ended
            if output.readlink() == log:
                return int(output.parts[2])
    raise AssertionError(f"no process writes {log}")


def written(folder: Path) -> dict[str, str]:
    """The text of each answer, by its key."""
    rows = map(json.loads, (folder / "synth" / "answers.jsonl").read_text().splitlines())
    return {row["key"]: row["text"] for row in rows}


def test_growing_on_a_cluster_gives_the_files_of_a_run_without_one(tmp_path: Path, cluster: dict[str, str]) -> None:
    save_problems(load_problems("starter/heldout")[:3], tmp_path / "problems.jsonl")
    settings = [f"problems={tmp_path / 'problems.jsonl'}", "draws=40", "workers=2"]
    here, there = tmp_path / "here", tmp_path / "there"
    assert main(["grow", GROW, *settings, f"output_dir={here}"]) == 0
    run_on(cluster, "grow", GROW, *settings, f"output_dir={there}")
    for name in ("problems.jsonl", "growth.jsonl"):
        assert (there / name).read_bytes() == (here / name).read_bytes()
    assert sorted(log.name for log in (there / "workers").iterdir()) == ["grow-0.log", "grow-1.log"]
