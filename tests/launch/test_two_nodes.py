"""Judges on a cluster of several nodes, each a Ray node of its own on this machine."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from nodes import end_node, free_ports, kill_node, runs_with, start_node

pytestmark = pytest.mark.slow
SECONDS = 240


@dataclass(frozen=True)
class Nodes:
    """The nodes that have a processor each, and what a program has in its environment that uses them."""

    processes: list[subprocess.Popen[bytes]]
    environment: dict[str, str]


@pytest.fixture
def nodes() -> Iterator[Nodes]:
    """Two nodes with a processor each, behind a head that has none to give."""
    folder = tempfile.mkdtemp(prefix="rlcode-nodes-", dir="/tmp")  # short: Unix sockets have room for 107 bytes
    port, client, *agents = free_ports(8)
    token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")} | token
    environment["RAY_raylet_start_wait_time_s"] = str(SECONDS)
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    address = f"127.0.0.1:{port}"
    started: list[subprocess.Popen[bytes]] = []

    def start(number: int, *arguments: str) -> None:
        listen, grpc = agents[2 * number : 2 * number + 2]
        ports = [f"--dashboard-agent-listen-port={listen}", f"--dashboard-agent-grpc-port={grpc}"]
        common = ["--node-ip-address=127.0.0.1", f"--object-store-memory={80 << 20}", *ports]
        started.append(start_node(environment, folder, *common, *arguments))
        deadline = time.monotonic() + SECONDS  # one after the other: nodes that start together may take the same names
        while Path(folder, "start.log").read_text().count("Ray runtime started") < len(started):
            assert started[-1].poll() is None and time.monotonic() < deadline, Path(folder, "start.log").read_text()
            time.sleep(0.2)

    try:
        ports = [f"--port={port}", f"--ray-client-server-port={client}"]
        start(0, "--head", *ports, "--include-dashboard=false", "--num-cpus=0")
        for number in (1, 2):
            start(number, f"--address={address}", "--num-cpus=1")
        yield Nodes(started[1:], environment | {"RAY_ADDRESS": address})
    finally:
        for process in reversed(started):
            end_node(process)
        shutil.rmtree(folder)


def test_each_node_gets_a_judge_and_the_work_of_a_node_that_dies_is_moved(nodes: Nodes, tmp_path: Path) -> None:
    script = Path(__file__).with_name("judged_over_nodes.py")
    driver = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)], env=nodes.environment, stdout=subprocess.PIPE, text=True
    )
    with driver:
        assert driver.stdout is not None
        socket_name = driver.stdout.readline().strip()  # the programs are on their way
        time.sleep(1)  # some are judged by now, some are not
        kill_node(next(node for node in nodes.processes if runs_with(node, socket_name)))
        lines = driver.communicate(timeout=SECONDS)[0].splitlines()  # Ray says there too that a node is dead
    results = json.loads(next(line for line in lines if line.startswith("{")))
    assert results["passed"] == [False, True] * 12
    assert results["restarts"] == 1, "the judges shared a node"
