"""The judge as a whole: many jobs, failures of its own parts, and what it leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from tiers import TIERS

from sandbox import Judge, Limits, SandboxUnavailable, Test, Verdict
from sandbox.__main__ import main
from sandbox.types import Tier

GOOD = "def f(x): return x + 1"
TESTS = [Test("assert", code="assert f(1) == 2"), Test("call", entry="f", args=[2], expected=3)]
SLEEPY = "import time\ndef f(x):\n    time.sleep(1)\n    return x + 1"


def processes_below(pid: int) -> dict[int, str]:
    """Descendants of a process, found by their parent."""
    parents, names = {}, {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = Path(f"/proc/{entry}/stat").read_text()
                names[int(entry)] = Path(f"/proc/{entry}/cmdline").read_text()
            except OSError:
                continue
            parents[int(entry)] = int(stat.rpartition(")")[2].split()[1])
    found: dict[int, str] = {}
    for candidate in parents:
        ancestor = candidate
        while ancestor in parents and ancestor != pid:
            ancestor = parents[ancestor]
        if ancestor == pid and candidate != pid:
            found[candidate] = names[candidate]
    return found


def supervisor_of(host: int) -> int:
    return next(pid for pid, line in processes_below(host).items() if "sandbox.trusted.supervisor" in line)


def wait_until(condition, seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_verdicts_of_many_jobs_come_as_they_finish(judge: Judge) -> None:
    jobs = [(GOOD if n % 3 else "def f(x): return x", TESTS) for n in range(40)]
    verdicts = dict(judge.run_many(jobs))
    assert sorted(verdicts) == list(range(40))
    assert all(verdicts[n].passed == bool(n % 3) for n in range(40))


def test_jobs_are_taken_only_as_slots_become_free(judge: Judge) -> None:
    taken = []

    def jobs():
        for n in range(100):
            taken.append(n)
            yield GOOD, TESTS

    iterator = judge.run_many(jobs())
    next(iterator)
    assert len(taken) <= 6
    iterator.close()


def test_several_threads_share_a_judge(judge: Judge) -> None:
    verdicts = []
    threads = [threading.Thread(target=lambda: verdicts.append(judge.run(GOOD, TESTS))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [verdict.outcome for verdict in verdicts] == ["passed"] * 8


def test_stopping_early_leaves_no_rate(judge: Judge) -> None:
    tests = [Test("assert", code=f"assert f({n}) == {n}") for n in range(3)]
    verdict = judge.run(GOOD, tests, stop_early=True)
    assert [test.outcome for test in verdict.tests] == ["failed", "not_run", "not_run"]
    assert verdict.pass_rate is None and verdict.outcome == "failed"


def test_kept_verdicts_are_given_again() -> None:
    program = "import time\ndef f(x): return time.monotonic_ns()"
    tests = [Test("assert", code="assert f(1) == 0")]
    with Judge(1, verdicts_kept=10) as judge:
        first, second = judge.run(program, tests), judge.run(program, tests)
        assert first == second
        assert judge.run(program, tests[:1] * 2) != first
    with Judge(1) as judge:
        assert judge.run(program, tests) != judge.run(program, tests)


def with_a_killed_warm_parent(judge: Judge, program: str, tests: list[Test], after_seconds: float) -> Verdict:
    """The verdict where the warm parents, and what they have started, die while the program is at work."""
    verdicts: list[Verdict] = []
    thread = threading.Thread(target=lambda: verdicts.append(judge.run(program, tests)))
    thread.start()
    time.sleep(after_seconds)
    for pid, line in processes_below(supervisor_of(os.getpid())).items():
        if "zygote.py" in line:
            with suppress(ProcessLookupError):  # a child that died with its warm parent
                os.kill(pid, signal.SIGKILL)
    thread.join()
    return verdicts[0]


@pytest.mark.parametrize("tier", TIERS)
def test_a_killed_warm_parent_is_no_wrong_answer(tier: str) -> None:
    with Judge(1, tier=tier) as judge:
        verdict = with_a_killed_warm_parent(judge, SLEEPY, TESTS[:1], after_seconds=0.4)
        assert verdict.passed, verdict


@pytest.mark.parametrize("kind", ["assert", "pytest"])
def test_what_a_program_slept_in_a_run_that_was_lost_does_not_count(kind: str) -> None:
    sleepy = "import time\ndef f(x):\n    time.sleep(1.5)\n    return x"
    asserts = [Test("assert", code="assert f(1) == 1"), Test("assert", code="assert f(2) == 2")]
    file = "from solution import f\ndef test_a(): assert f(1) == 1\ndef test_b(): assert f(2) == 2\n"
    with Judge(1, Limits(cpu_seconds=1, wall_seconds=2, max_timeouts=1)) as judge:  # two seconds of sleep
        tests = asserts if kind == "assert" else [Test("pytest", code=file)]
        verdict = with_a_killed_warm_parent(judge, sleepy, tests, after_seconds=2.6)
        assert verdict.passed, verdict


def test_a_killed_supervisor_is_no_wrong_answer() -> None:
    with Judge(1) as judge:
        verdicts = []
        thread = threading.Thread(target=lambda: verdicts.append(judge.run(SLEEPY, TESTS[:1])))
        thread.start()
        time.sleep(0.4)
        for pid, line in processes_below(os.getpid()).items():
            if "sandbox.trusted.supervisor" in line:
                os.kill(pid, signal.SIGKILL)
        thread.join()
        assert verdicts[0].passed, verdicts[0]


def test_supervisors_that_are_killed_between_two_jobs_lose_none() -> None:
    brief = "import time\ndef f(x):\n    time.sleep(0.02)\n    return x + 1"
    with Judge(1) as judge:
        for number, (_, verdict) in enumerate(judge.run_many([(brief, TESTS)] * 20)):
            assert verdict.passed, verdict
            if number in (4, 9):  # the next job is on its way
                os.kill(supervisor_of(os.getpid()), signal.SIGKILL)


@pytest.mark.parametrize(
    "program",
    [
        "import random\ndef f(): return random.random()",
        "def f(): return getattr(__import__('ran' 'dom'), 'ran' 'dom')()",
        "import numpy\ndef f(): return float(numpy.random.rand())",
    ],
)
@pytest.mark.parametrize("tier", TIERS)
def test_what_is_random_is_so_in_every_run_alike(program: str, tier: Tier) -> None:
    with Judge(2, tier=tier) as judge:
        first, *others = [judge.evaluate(program, [("f", [], {})])[0].value for _ in range(4)]
        assert others == [first] * 3


def test_other_programs_draw_other_numbers() -> None:
    with Judge(1) as judge:
        programs = [f"import random\ndef f(): return random.random()  # {number}" for number in range(3)]
        assert len({judge.evaluate(program, [("f", [], {})])[0].value for program in programs}) == 3


def test_parts_that_keep_dying_give_infra_error_and_no_rate() -> None:
    with Judge(1) as judge:
        stop = threading.Event()

        def kill_warm_parents() -> None:
            while not stop.is_set():
                for pid, line in processes_below(os.getpid()).items():
                    if "zygote.py" in line:
                        with suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGKILL)
                time.sleep(0.02)

        killer = threading.Thread(target=kill_warm_parents)
        killer.start()
        verdict = judge.run(SLEEPY, TESTS[:1])
        stop.set()
        killer.join()
        assert verdict.outcome == "infra_error" and verdict.pass_rate is None and verdict.message
        assert judge.run(GOOD, TESTS).passed


def test_a_supervisor_without_descriptors_gives_no_wrong_answer() -> None:
    import resource

    with Judge(1) as judge:
        judge.run(GOOD, TESTS)
        pid = supervisor_of(os.getpid())
        used = len(os.listdir(f"/proc/{pid}/fd"))
        hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)[1]
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (used - 4, hard))
        outcomes = {judge.run(GOOD, TESTS).outcome for _ in range(4)}  # for some of which a process waits already
        assert "infra_error" in outcomes and outcomes <= {"infra_error", "passed"}
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (1024, hard))
        assert judge.run(GOOD, TESTS).passed


def test_a_supervisor_without_memory_gives_no_wrong_answer() -> None:
    import resource

    tests = [Test("assert", code="assert len(f(90_000)) == 90_000")]
    program = "def f(n): return [[k] for k in range(n)]"
    with Judge(1, Limits(result_mb=8)) as judge:
        pid = supervisor_of(os.getpid())
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
        hard = resource.prlimit(pid, resource.RLIMIT_AS)[1]
        resource.prlimit(pid, resource.RLIMIT_AS, (pages * resource.getpagesize() + (1 << 20), hard))
        assert judge.run(program, tests).outcome != "failed"  # a supervisor that dies of it is replaced
        if os.path.exists(f"/proc/{pid}"):
            resource.prlimit(pid, resource.RLIMIT_AS, (hard, hard))
        assert judge.run(program, tests).passed


@pytest.mark.parametrize(
    ("program", "test"),
    [
        (
            "import os\ndef f(n): return [[] for _ in range(600_000)] if n == 1 else os._exit(0)",
            Test("check", code="def check(f):\n    assert f(1) == 1\n    assert f(2) == 2\n", entry="f"),
        ),
        (
            "FUNCTIONS = [lambda: 1 for _ in range(20)]\nfor n, f in enumerate(FUNCTIONS): f.__name__ = f'{n}' * 10**6",
            Test("pytest", code="import pytest, solution\n@pytest.mark.parametrize('f', solution.FUNCTIONS)\n"
                 "def test_a(f): assert f() == 2"),
        ),
    ],
)  # fmt: skip
def test_what_a_program_answered_or_named_is_not_kept(program: str, test: Test) -> None:
    import resource

    with Judge(1) as judge:
        statm = Path(f"/proc/{supervisor_of(os.getpid())}/statm")
        for _ in range(5):
            assert judge.run(program, [test]).outcome == "failed"
        resident = int(statm.read_text().split()[1]) * resource.getpagesize()
    assert resident < 150 << 20  # once it takes up to 100 MB


def test_a_supervisor_without_a_core_blames_no_test_for_another() -> None:
    burn = "import time\ndef f(n):\n    end = time.process_time() + 0.3\n    while time.process_time() < end: pass\n"
    burn += "    return n"
    tests = [Test("call", entry="f", args=[n], expected=n) for n in range(3)]
    with Judge(1, Limits(cpu_seconds=0.5)) as judge:
        judge.run(GOOD, TESTS)
        stopped = threading.Thread(target=stop_for, args=(supervisor_of(os.getpid()), 0.4, 1.0))
        stopped.start()
        verdict = judge.run(burn, tests)
        stopped.join()
    assert verdict.passed, verdict.tests


def stop_for(pid: int, after_seconds: float, seconds: float) -> None:
    time.sleep(after_seconds)
    os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(pid, signal.SIGCONT)


def test_a_full_disk_is_no_wrong_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "landlock" not in TIERS:
        pytest.skip("only the landlock tier keeps scratch on the disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "none", disk], capture_output=True).returncode:
        pytest.skip("needs the right to mount a small disk")
    monkeypatch.setenv("TMPDIR", str(disk))
    monkeypatch.setattr(tempfile, "tempdir", str(disk))
    writes = "def f(x):\n    open('a', 'wb').write(bytes(1_000_000))\n    return x + 1"
    try:
        with Judge(1, Limits(scratch_mb=8), tier="landlock") as judge:
            (disk / "other").write_bytes(bytes(18 << 20))
            verdict = judge.run(writes, TESTS)
            assert verdict.outcome == "infra_error" and "disk" in verdict.message
            (disk / "other").unlink()
            assert judge.run(writes, TESTS).passed
    finally:
        subprocess.run(["umount", disk], check=True)


@pytest.mark.parametrize("tier", TIERS)
def test_killing_the_host_leaves_nothing(tier: str) -> None:
    code = f"""
from sandbox import Judge, Test
with Judge(2, tier={tier!r}) as judge:
    print("ready", flush=True)
    judge.run("import time; time.sleep(1000)", [Test("stdio", stdin="", stdout="1")])
"""
    host = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
    assert host.stdout is not None and host.stdout.readline() == b"ready\n"
    time.sleep(0.5)
    family = processes_below(host.pid)
    assert len(family) >= 3
    host.kill()
    host.wait()
    host.stdout.close()
    assert wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in family))


def test_supervisors_whose_host_is_killed_say_nothing(tmp_path: Path) -> None:
    code = """
import os
from sandbox import Judge, Test
tests = [Test("stdio", stdout="")]
with Judge(2) as judge:
    judge.run("import time; time.sleep(1)", tests)
    for number, _ in enumerate(judge.run_many([("", tests)] * 200)):
        if number == 20:
            os.kill(os.getpid(), 9)
"""
    with (tmp_path / "said").open("wb") as said:
        host = subprocess.Popen([sys.executable, "-c", code], stderr=said, cwd=Path(__file__).parents[2])
        assert wait_until(lambda: len(processes_below(host.pid)) >= 2)
        family = processes_below(host.pid)
        assert host.wait(30) == -signal.SIGKILL
    assert wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in family))
    assert (tmp_path / "said").read_text() == ""


def test_closing_leaves_no_process_and_no_descriptor() -> None:
    before = len(os.listdir("/proc/self/fd")), set(processes_below(os.getpid()))
    for _ in range(3):
        with Judge(2) as judge:
            judge.run("import os\ndef f(x): os._exit(1)", TESTS)
            judge.run(GOOD, [*TESTS, Test("pytest", code="from solution import f\ndef test(): assert f(1) == 2")])
    after = len(os.listdir("/proc/self/fd")), set(processes_below(os.getpid()))
    assert after == before


def test_a_host_without_isolation_refuses_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SandboxUnavailable, match="allow_unsafe"):
        Judge(1, tier="unsafe")
    with Judge(1, tier="unsafe", allow_unsafe=True) as judge:
        verdict = judge.run(GOOD, TESTS)
    assert verdict.passed and verdict.tier == "unsafe"


def test_an_interpreter_that_is_not_there_is_named() -> None:
    with pytest.raises(SandboxUnavailable, match="/no/such/python"):
        Judge(1, python="/no/such/python")
    with pytest.raises(SandboxUnavailable, match="/bin/true"):
        Judge(1, python="/bin/true")


def test_the_judge_imports_nothing_heavy() -> None:
    code = "import sys, sandbox; print([m for m in ('numpy', 'torch', 'ray', 'pytest') if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], cwd=Path(__file__).parents[2]) == b"[]\n"


@pytest.mark.parametrize(
    ("program", "tests", "status"),
    [
        (GOOD, '{"kind": "assert", "code": "assert f(1) == 2"}', 0),
        (GOOD, '{"kind": "assert", "code": "assert f(1) == 3"}\n', 1),
        (GOOD, '{"kind": "assert", "code": "assert \\"\u2028\\" and f(1) == 2"}\n', 0),  # a line to `splitlines`
        (f"\ufeff{GOOD}", '\ufeff{"kind": "assert", "code": "assert f(1) == 2"}', 0),
        (GOOD, '{"kind": "magic"}', 64),
        (GOOD, "{", 64),
        (None, "{}", 64),
    ],
)
def test_the_command_speaks_by_its_exit_status(tmp_path: Path, program: str | None, tests: str, status: int) -> None:
    if program is not None:
        (tmp_path / "p.py").write_text(program)
    (tmp_path / "t.jsonl").write_text(tests)
    command = [
        sys.executable,
        "-m",
        "sandbox",
        "--program",
        str(tmp_path / "p.py"),
        "--tests",
        str(tmp_path / "t.jsonl"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], timeout=60)
    assert done.returncode == status, done.stderr
    if status < 2:
        assert json.loads(done.stdout)["outcome"] == ("passed", "failed")[status]
    else:
        assert done.stderr.startswith("sandbox: ")


def test_the_command_names_a_file_that_is_no_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "p.py").write_bytes(b"\xff")
    assert main(["--program", str(tmp_path / "p.py"), "--tests", "t.jsonl"]) == 64
    assert f"{tmp_path / 'p.py'}: 'utf-8' codec" in capsys.readouterr().err


def test_limits_of_a_judge_are_checked() -> None:
    with pytest.raises(ValueError, match="workers"):
        Judge(0)
    with pytest.raises(ValueError, match="cpu_seconds"):
        Judge(1, Limits(cpu_seconds=-1))
