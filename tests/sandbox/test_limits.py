"""Every limit has an outcome of its own, and decides by what the program did, not by how busy the machine is."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any, cast

import pytest
from tiers import TIERS

from sandbox import Judge, Limits, Test
from sandbox.trusted.process import Child
from sandbox.trusted.slot import Slot
from sandbox.wire import dump_frame

ONE = [Test("assert", code="assert f() == 1")]


@pytest.fixture(scope="module", params=TIERS)
def judge(request: pytest.FixtureRequest):
    limits = Limits(cpu_seconds=0.5, wall_seconds=1.5, memory_mb=128, scratch_mb=8, threads=16, result_mb=0.5)
    with Judge(1, limits, tier=request.param) as judge:
        yield judge


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ("while True: pass", "timeout"),
        ("import time; time.sleep(60)", "timeout"),
        ("return sum(range(10**12))", "timeout"),
        ("return 'x' * 1_000_000", "output_limit"),
        ("import os\n    while True: os.write(2, b'x' * 100_000)", "output_limit"),
        ("import os\n    while True: os.write(4, b'x' * 100_000)", "output_limit"),
        ("import os; os.fork()", "blocked"),
        ("import subprocess; subprocess.run(['true'])", "blocked"),
        ("import socket; socket.socket()", "blocked"),
        ("import os; os.kill(-1, 9)", "blocked"),
        ("import ctypes; ctypes.string_at(0)", "error"),
        ("import os; os.abort()", "error"),
        ("import os; os._exit(0)", "error"),
        ("raise SystemExit(0)", "error"),
        ("f()", "error"),
    ],
)
def test_each_limit_has_its_outcome(judge: Judge, body: str, outcome: str) -> None:
    start = time.monotonic()
    verdict = judge.run(f"def f():\n    {body}\n    return 1", ONE)
    assert verdict.tests[0].outcome == outcome, verdict.tests
    assert time.monotonic() - start < 60
    assert verdict.cpu_seconds < 2 * judge.limits.cpu_seconds


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("body", ["bytearray(10**9)", "x = []\n    while True: x.append(bytearray(1 << 20))"])
def test_memory_ends_before_time(body: str, tier: str) -> None:
    # Little memory: where a hypervisor hands out pages one by one, 128 MB have cost half a second.
    limits = Limits(cpu_seconds=0.5, wall_seconds=1.5, memory_mb=40)
    start = time.monotonic()
    with Judge(1, limits, tier=tier) as judge:
        verdict = judge.run(f"def f():\n    {body}\n    return 1", ONE)
    assert verdict.tests[0].outcome == "memory", verdict.tests
    assert time.monotonic() - start < 60
    assert verdict.cpu_seconds < 2 * limits.cpu_seconds


@pytest.mark.parametrize(
    ("program", "outcome"),
    [
        ("while True: print('x' * 1000)", "output_limit"),
        ("import sys\nwhile True: print('x' * 1000, file=sys.stderr)", "output_limit"),
        ("input()", "timeout"),
        ("while True: pass", "timeout"),
    ],
)
def test_output_of_a_script_is_limited(judge: Judge, program: str, outcome: str) -> None:
    program = program.replace("input()", "import threading; threading.Event().wait()")
    assert judge.run(program, [Test("stdio", stdin="", stdout="1")]).tests[0].outcome == outcome


def test_a_program_has_all_its_memory_whatever_the_one_before_held(judge: Judge) -> None:
    holds = "def f():\n    open('file', 'wb').write(bytes(7 << 20))\n    return len(bytearray(b'x') * (80 << 20)) >> 20"
    verdicts = [verdict for _, verdict in judge.run_many([(holds, [Test("assert", code="assert f() == 80")])] * 20)]
    assert [verdict.tests[0].message for verdict in verdicts if not verdict.passed] == []


def test_scratch_files_threads_and_descriptors_are_limited(judge: Judge) -> None:
    program = """
import os, threading
def disk():
    with open("a", "wb") as f:
        for _ in range(64): f.write(bytes(1 << 20))
def descriptors():
    return [os.open("/dev/null", 0) for _ in range(1000)]
def threads():
    wait = threading.Event()
    ts = [threading.Thread(target=wait.wait, daemon=True) for _ in range(500)]
    for t in ts: t.start()
"""
    for result in judge.evaluate(program, [(name, [], {}) for name in ("disk", "descriptors", "threads")]):
        assert result.outcome not in ("returned", "infra_error"), result


def test_an_ordinary_program_may_write_and_thread(judge: Judge) -> None:
    program = """
import threading, tempfile, os
def f():
    out = []
    t = threading.Thread(target=out.append, args=(1,)); t.start(); t.join()
    with tempfile.NamedTemporaryFile() as file, open("b", "w") as other:
        file.write(b"x"); other.write("y")
    return out[0]
"""
    verdict = judge.run(program, ONE)
    assert verdict.passed, verdict.tests


def test_nothing_of_one_program_is_left_for_the_next(judge: Judge) -> None:
    write = (
        "import os\ndef f():\n    os.makedirs('a/' * 50); open('a/left', 'w').write('x'); os.chmod('a', 0); return 1"
    )
    judge.run(write.replace("os.chmod('a', 0); ", ""), ONE)
    judge.run(write, ONE)
    assert judge.evaluate("import os\ndef f(): return os.listdir('.')", [("f", [], {})])[0].value == []


@pytest.mark.parametrize(
    "tests",
    [
        [Test("assert", code=f"assert f() == {n}") for n in range(12)],
        [Test("stdio", stdin="", stdout=str(n)) for n in range(12)],
        [Test("pytest", code="import pytest, solution\n@pytest.mark.parametrize('n', range(12))\n"
                             "def test_f(n): assert solution.f() == n")],
    ],
)  # fmt: skip
def test_a_program_that_sleeps_in_every_test_is_not_waited_for(tests: list[Test]) -> None:
    """Each time for less than it may; what that makes of a long file is no failure of the judge's."""
    program = "import time\ndef f(): time.sleep(1)\nif __name__ == '__main__': f()"
    with Judge(1, Limits(cpu_seconds=0.5, wall_seconds=1.5, max_timeouts=2)) as judge:
        start = time.monotonic()
        assert judge.run(program, tests).outcome == "failed"
        assert time.monotonic() - start < 10


@pytest.mark.parametrize("program", ["def f():\n    while True: pass", "import time\ntime.sleep(9)"])
def test_after_some_timeouts_no_test_is_started_in_whatever_process_it_would_run(program: str) -> None:
    apart = [Test("assert", code=f"wanted = {n}\nassert f() == wanted") for n in range(8)]
    sharing = [Test("assert", code=f"import asyncio\nasyncio.sleep\nassert f() == {n}") for n in range(8)]
    with Judge(1, Limits(cpu_seconds=0.5, wall_seconds=1, max_timeouts=2)) as judge:
        for tests in (apart, sharing):
            verdict = judge.run(program, tests)
            assert {test.outcome for test in verdict.tests} == {"timeout"}
            assert sum("not started" in test.message for test in verdict.tests) == 6 and verdict.cpu_seconds < 3


@pytest.mark.parametrize("kind", ["assert", "pytest"])
def test_a_program_that_computes_in_every_test_has_its_time(kind: str) -> None:
    program = "import time\ndef f():\n    end = time.process_time() + 0.4\n    while time.process_time() < end: pass"
    asserts = [f"assert f() is None  # {n}" for n in range(10)]
    file = "from solution import f\n" + "".join(f"def test_{n}(): {line}\n" for n, line in enumerate(asserts))
    tests = [Test("pytest", code=file)] if kind == "pytest" else [Test("assert", code=line) for line in asserts]
    with Judge(1, Limits(cpu_seconds=1.5, wall_seconds=1.5, max_timeouts=2)) as judge:
        verdict = judge.run(program, tests)
        assert verdict.passed and verdict.cpu_seconds > 3.5, verdict.tests


def test_the_time_of_a_program_begins_with_its_job() -> None:
    """In a pair it may have waited until then for the warm parent of the test to start."""
    limits = Limits(cpu_seconds=0.5, wall_seconds=0.5)
    with Judge(1, limits) as judge:
        slot = Slot(judge._settings)
        try:
            with slot.running("bare", limits) as run:
                while not run.ready:
                    run.read(run.child.report)
                time.sleep(0.6)
                run.send(dump_frame({"mode": "calls", "program": "", "calls": [], "max_report_bytes": 1, "seed": 0}))
                assert run.seconds_left() > 0.02
        finally:
            slot.reset()


@pytest.mark.parametrize(
    ("code", "runnable"),
    [
        ("while True: pass", True),
        ("import threading, time\nthreading.Thread(target=time.sleep, args=[60]).start()\nwhile True: pass", True),
        ("import time\ntime.sleep(60)", False),
    ],
)
def test_a_process_that_may_wait_for_a_core_is_told_from_one_that_sleeps(code: str, runnable: bool) -> None:
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        child = Child(process.pid, *[-1] * 5, zygote=cast(Any, None))
        deadline = time.monotonic() + 30
        while child.is_runnable() != runnable:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.kill()


def test_the_deadline_for_a_slot_is_for_each_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.judge.deadline_seconds", lambda limits: 8.0)
    with Judge(1) as judge:
        tests = [Test("assert", code=f"assert f() < {n}") for n in (1, 2)]
        assert judge.run("import time\ndef f(): time.sleep(6); return 0", tests).passed


def test_the_same_program_gets_the_same_random_numbers(judge: Judge) -> None:
    program = "import random\ndef f(): return random.random(), hash('x'), list({'a', 'b', 'c'})"
    first, second = (judge.evaluate(program, [("f", [], {})])[0].value for _ in range(2))
    assert first == second


def test_max_timeouts_holds_for_all_files_of_tests() -> None:
    """Not for each: two with three endless tests each, of which four may run."""
    code = "from solution import f\n" + "".join(f"def test_{name}(): f()\n" for name in "abc")
    with Judge(1, Limits(cpu_seconds=0.2, max_timeouts=4)) as judge:
        verdict = judge.run("def f():\n    while True: pass", [Test("pytest", code=code), Test("pytest", code=code)])
    assert [test.outcome for test in verdict.tests] == ["timeout"] * 6
    assert ["not started" in test.message for test in verdict.tests] == [False] * 4 + [True] * 2
