"""What must hold over many runs: verdicts do not depend on how busy the machine is, and hostile programs leave nothing.

    python tests/sandbox/soak.py load --repetitions 20
    python tests/sandbox/soak.py leaks --runs 10000 --tier landlock

`test_soak.py` runs both in small.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from attacks.bait import bait_laid_out, place_bait
from attacks.catalogue import SUITE_LIMITS, load_attacks
from attacks.leaks import adopt_orphans, descendants, left_behind, take_census
from attacks.warming import start_every_parent

from sandbox import Judge, Limits, Test, offered_tiers
from sandbox.types import Tier

OVERSUBSCRIPTION = 4
LONGEST_ANSWER = "stdio/endless_spaces"
LOAD_LIMITS = Limits(cpu_seconds=0.3, wall_seconds=0.5, memory_mb=128)
ONE = Test("assert", code="assert f() == 1")
PRINTS_ONE = Test("stdio", stdin="", stdout="1")
SPIN = "import time\ndef f():\n    while time.process_time() < {seconds}: pass\n    return 1"
# What each program must get. The slow one uses 0.7 of its CPU time, the one that is too slow 1.6 times as much.
PROGRAMS: dict[str, tuple[str, Test, str]] = {
    "right": ("def f(): return 1", ONE, "passed"),
    "wrong": ("def f(): return 2", ONE, "failed"),
    "raises": ("def f(): raise ValueError", ONE, "error"),
    "leaves": ("import os; os._exit(0)", ONE, "error"),
    "slow": (SPIN.format(seconds=0.21), ONE, "passed"),
    "slow, in a thread": (
        f"import threading\n{SPIN.format(seconds=0.21).replace('def f', 'def spin')}\ndef f():\n"
        "    thread = threading.Thread(target=spin)\n    thread.start()\n    thread.join()\n    return 1",
        ONE,
        "passed",
    ),
    "too slow": (SPIN.format(seconds=0.48), ONE, "timeout"),
    "loops": ("while True: pass", ONE, "timeout"),
    "sleeps": ("import time\ndef f(): time.sleep(100)", ONE, "timeout"),
    "hoards": ("def f(): return len(bytearray(10**9))", ONE, "memory"),
    "floods": ("def f(): return 'x' * 30_000_000", ONE, "output_limit"),
    "right script": ("print(1)", PRINTS_ONE, "passed"),
    "script leaves": ("import os; os.write(1, b'1'); os._exit(0)", PRINTS_ONE, "passed"),
    "script loops": ("while True: pass", PRINTS_ONE, "timeout"),
    "right, by pytest": (
        "def f(): return 1",
        Test("pytest", code="from solution import f\ndef test():\n    assert f() == 1"),
        "passed",
    ),
}


@contextmanager
def busy_machine(times: int = OVERSUBSCRIPTION) -> Iterator[None]:
    """`times` as many spinning processes as there are cores, each in a session of its own: Linux may share cores
    fairly between sessions, whatever is in them.
    """
    command = [sys.executable, "-S", "-c", "while True: pass"]
    hogs = [subprocess.Popen(command, start_new_session=True) for _ in range(times * (os.cpu_count() or 1))]
    try:
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


def outcomes_of(tier: Tier, repetitions: int) -> dict[str, Counter[str]]:
    """How often each of PROGRAMS got each outcome, from a judge that is started now."""
    names = list(PROGRAMS) * repetitions
    found: dict[str, Counter[str]] = defaultdict(Counter)
    with Judge(os.cpu_count() or 1, LOAD_LIMITS, tier=tier) as judge:
        for index, verdict in judge.run_many((PROGRAMS[name][0], [PROGRAMS[name][1]]) for name in names):
            found[names[index]][verdict.tests[0].outcome] += 1
    return found


@dataclass(frozen=True)
class Held:
    """What the judge's own processes hold."""

    processes: int
    descriptors: int
    memory_kb: int


def held_by_judge() -> Held:
    supervisors = [pid for pid in descendants(os.getpid()) if "sandbox.trusted.supervisor" in _command_of(pid)]
    return Held(
        processes=len(descendants(os.getpid())),
        descriptors=sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in supervisors),
        memory_kb=max(_resident_kb(pid) for pid in supervisors),
    )


def _command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def _resident_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


@dataclass(frozen=True)
class Soaked:
    """Outcomes of all runs, what was left behind, and what the judge held after a first part and at the end."""

    outcomes: Counter[str]
    left: dict[str, int]
    early: Held
    late: Held


def soak(tier: str, runs: int, seed: int = 0, workers: int = 2) -> Soaked:
    """Judge that many hostile programs in one judge: every attack against every kind it knows, in random order."""
    attacks = [(attack, rows) for attack in load_attacks() for rows in attack.test_sets.values()]
    random.Random(seed).shuffle(attacks)
    # The longest answer comes first: what it leaves with the allocator, once, is no leak when it happens to come late.
    attacks.sort(key=lambda case: case[0].name != LONGEST_ANSWER)
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as bait_folder, own_scratch(), bait_laid_out(Path(bait_folder)) as bait:
        adopt_orphans()
        before = take_census()
        with Judge(workers, Limits(**SUITE_LIMITS), tier=tier) as judge:

            def jobs(count: int) -> Iterator[tuple[str, list[Test]]]:
                for attack, rows in itertools.islice(endless, count):
                    judge.limits = Limits(**attack.limits)
                    yield place_bait(attack.hostile, bait), [Test.from_dict(row) for row in rows]

            start_every_parent(judge)
            endless = itertools.cycle(attacks)
            early, late = (_run(judge, jobs(count), outcomes) for count in (runs // 3, runs - runs // 3))
        left = left_behind(before, deadline_seconds=10)
        adopt_orphans(False)
    return Soaked(outcomes, left, early, late)


def _run(judge: Judge, jobs: Iterator[tuple[str, list[Test]]], outcomes: Counter[str]) -> Held:
    for _, verdict in judge.run_many(jobs):
        outcomes[f"{verdict.outcome} {verdict.message}" if verdict.outcome == "infra_error" else verdict.outcome] += 1
    return held_by_judge()


@contextmanager
def own_scratch() -> Iterator[None]:
    """Temporary files of this process and of those it starts go to a folder of their own, where they can be counted."""
    usual = tempfile.tempdir, os.environ.get("TMPDIR")
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = os.environ["TMPDIR"] = folder
        try:
            yield
        finally:
            tempfile.tempdir = usual[0]
            if usual[1] is None:
                del os.environ["TMPDIR"]
            else:
                os.environ["TMPDIR"] = usual[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["load", "leaks"])
    parser.add_argument("--repetitions", type=int, default=20)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--tier", default=offered_tiers()[0])
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.what == "leaks":
        for name, value in vars(soak(options.tier, options.runs, options.seed)).items():
            print(f"{name}: {value}")
        return
    idle = outcomes_of(options.tier, options.repetitions)
    with busy_machine():
        busy = outcomes_of(options.tier, options.repetitions)
    for name, (_, _, wanted) in PROGRAMS.items():
        print(f"{name:18} wanted {wanted:13} idle {dict(idle[name])!s:24} busy {dict(busy[name])}")


if __name__ == "__main__":
    main()
