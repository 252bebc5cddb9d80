"""Memory that a training process has freed stays with it, and serves the next tensors of any size."""

from __future__ import annotations

import os
import subprocess
import sys

from reward.allocator import environment

FREED_THEN_USED_IN_PARTS = """
import resource, torch
def faults(): return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
torch.set_num_threads(1)
large = torch.ones(64, 2**20)
del large
before = faults()
parts = [torch.ones(2**20) for _ in range(60)]
print(faults() - before, "libjemalloc" in open("/proc/self/maps").read())
"""


def run_with(variables: dict[str, str]) -> tuple[int, bool]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "LD_PRELOAD"))}
    command = [sys.executable, "-c", FREED_THEN_USED_IN_PARTS]
    done = subprocess.run(command, env=plain | variables, capture_output=True, text=True, check=True, timeout=120)
    assert not done.stderr
    faults, preloaded = done.stdout.split()
    return int(faults), preloaded == "True"


def test_what_a_large_tensor_leaves_serves_small_ones() -> None:
    paged_in_by_default, _ = run_with({})
    paged_in, by_jemalloc = run_with(environment())
    assert by_jemalloc
    assert paged_in < paged_in_by_default / 10


def test_the_users_own_allocator_stays(monkeypatch) -> None:
    monkeypatch.setenv("LD_PRELOAD", "libtcmalloc.so")
    assert "LD_PRELOAD" not in environment()
