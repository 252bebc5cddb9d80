"""Has 24 programs, half of them right, judged by two judges on the cluster that RAY_ADDRESS names, when that has three
nodes. Prints which node may die, by its socket, and the results when all are there.

    judged_over_nodes.py LOG_FOLDER
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import ray

from rlcode.config import JudgeConfig
from rlcode.workers.handle import RayHandle, WorkerSpec
from rlcode.workers.judge import JudgeGroup, JudgeWorker
from sandbox import Limits, Test

SECONDS = 120
SPINS = "import time\nwhile time.process_time() < 0.2: pass\ndef f():\n    return {value}\n"


def main(logs: Path) -> None:
    ray.init(log_to_driver=False)
    deadline = time.monotonic() + SECONDS
    while sum(node["Alive"] for node in ray.nodes()) < 3 and time.monotonic() < deadline:
        time.sleep(0.2)
    settings = JudgeConfig(workers=2, slots=1, limits=Limits(cpu_seconds=2))
    specs = [WorkerSpec(f"judge-{n}", JudgeWorker, (settings,), cpus=0.5, concurrency=2, spread=True) for n in (0, 1)]
    handles = [RayHandle(spec, logs) for spec in specs]
    for handle in handles:
        handle.wait_until_ready(SECONDS)
    judges = JudgeGroup(handles, SECONDS)
    passes = Test(kind="assert", code="assert f() == 1")
    jobs = [(SPINS.format(value=index % 2), [passes]) for index in range(24)]
    batches = [judges.submit(jobs[at : at + 4]) for at in range(0, 24, 4)]
    here = ray.get_runtime_context().get_node_id()
    others = [node for node in ray.nodes() if node["Resources"].get("CPU") and node["NodeID"] != here]
    print(others[0]["RayletSocketName"], flush=True)
    passed = [verdict.passed for batch in batches for verdict in judges.result(batch)]
    print(json.dumps({"passed": passed, "restarts": judges.restarts}), flush=True)
    judges.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
