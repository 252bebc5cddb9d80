"""What a program sees of the machine, in every tier there is here; and the parts that other machines would use."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tiers import TIERS

from sandbox import Judge, Limits, Test
from sandbox.isolation import landlock, seccomp
from sandbox.trusted.cgroups import ROOT as CGROUPS
from sandbox.trusted.cgroups import Cgroup, CgroupUnavailable, sweep
from sandbox.trusted.scratch import PREFIX, empty
from sandbox.trusted.scratch import sweep as sweep_scratch
from sandbox.types import Tier

NAMESPACES = pytest.mark.skipif(not TIERS[0].startswith("namespaces"), reason="needs a namespace tier")
LOOK = """
import os, sys
def attempt(action):
    try:
        return repr(action())
    except BaseException as error:
        return type(error).__name__
def look(paths):
    read = lambda path: os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(10)
    return {path: attempt(lambda: read(path)) for path in paths}
def write(paths):
    return [path for path in paths if attempt(lambda: open(os.path.join(path, "x"), "w")).startswith("<")]
def environment():
    return dict(os.environ)
def others():
    return [pid for pid in range(1, 400) if pid != os.getpid() and attempt(lambda: os.kill(pid, 0)) == "None"]
"""


@pytest.fixture(scope="module", params=TIERS)
def judge(request: pytest.FixtureRequest):
    with Judge(1, Limits(cpu_seconds=2), tier=request.param) as judge:
        yield judge


@pytest.mark.parametrize(
    "program",
    [
        "exec('im' 'port math')\nprint(math.isqrt(int(input()) ** 2))",
        "exec('im' 'port numpy')\nprint(numpy.arange(9)[int(input())])",
        "print(open('/dev/stdin').read())",
    ],
)
def test_a_program_without_imports_finds_what_others_find(judge: Judge, program: str) -> None:
    verdict = judge.run(program, [Test("stdio", stdin="7\n", stdout="7\n")])
    assert verdict.passed, verdict


def test_a_package_that_is_installed_and_not_offered_is_not_there(judge: Judge) -> None:
    """Not one that cannot be read, which `try: import torch` would not catch."""
    (found,) = judge.evaluate("def f():\n    import torch", [("f", [], {})])
    assert found.error == "ModuleNotFoundError: No module named 'torch'"


def test_a_program_reads_nothing_of_the_machine_and_writes_only_its_scratch(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = ["/etc/shadow", "/root/.ssh", "/home", "/proc/1/environ", str(Path(__file__).resolve()), "/sys/fs/cgroup"]
    look, write, environment, others = judge.evaluate(
        LOOK,
        [
            ("look", [secrets], {}),
            ("write", [["/", "/usr", "/etc", "/dev", "."]], {}),
            ("environment", [], {}),
            ("others", [], {}),
        ],
    )
    readable = {path for path, seen in look.value.items() if not seen.endswith("Error")}
    assert readable <= {"/proc/1/environ"}  # in a pid namespace that is the program itself
    assert write.value == ["."]
    assert not {"USER", "SHELL", "PYTHONPATH", "LD_LIBRARY_PATH"} & set(environment.value)
    assert others.value == []


def test_only_who_may_write_to_a_file_can_empty_it() -> None:
    """Landlock below ABI 3 does not see to it. A file of its own stands for one that a program may only read."""
    if "landlock" not in TIERS:
        pytest.skip("needs Landlock")
    program = """
import os
def f():
    open("file", "w").write("x")
    os.open("file", os.O_RDONLY | os.O_TRUNC)
"""
    with Judge(1, Limits(cpu_seconds=2), tier="landlock") as judge:
        (found,) = judge.evaluate(program, [("f", [], {})])
    assert found.error.startswith("PermissionError")


@NAMESPACES
def test_with_processes_allowed_a_program_can_start_some_and_all_end_with_it() -> None:
    program = """
import multiprocessing, os, subprocess
def f():
    return subprocess.run(["echo", "hi"], capture_output=True).stdout
def spin():
    for _ in range(3):
        if os.fork() == 0:
            while True: pass
    os.wait()
"""
    with Judge(1, Limits(cpu_seconds=1, processes=8)) as judge:
        ran, spun = judge.evaluate(program, [("f", [], {}), ("spin", [], {})])
    assert ran.value == b"hi\n"
    assert spun.outcome == "timeout"


@NAMESPACES
def test_a_program_in_the_group_of_a_child_ends_like_any_other() -> None:
    """As the first process of a pid namespace it would never be gone: its group would keep a number there."""
    program = """
import os, time
def f(x):
    child = os.fork()
    if child == 0: time.sleep(5)
    try:
        os.setpgid(child, 0)
        os.setpgid(0, child)
    except PermissionError: pass
    return x
"""
    tests = [Test("assert", code="assert f(1) == 1")]
    with Judge(1, Limits(processes=4)) as judge:
        start = time.monotonic()
        for _ in range(3):
            assert judge.run(program, tests).passed
        assert time.monotonic() - start < 10


@NAMESPACES
def test_what_a_program_starts_has_a_standard_input_and_numbers_of_its_own() -> None:
    program = """
import os, random, subprocess
def reads(): return subprocess.run(["cat"], capture_output=True, text=True).stderr
def draws():
    ends = [os.pipe() for _ in range(2)]
    for _, to in ends:
        if os.fork() == 0:
            os.write(to, str(random.random()).encode())
            os._exit(0)
    return len({os.read(there, 100) for there, _ in ends})
"""
    with Judge(1, Limits(processes=4)) as judge:
        read, drew = judge.evaluate(program, [("reads", [], {}), ("draws", [], {})])
    assert (read.value, drew.value) == ("", 2)


def test_all_threads_of_the_limit_can_be_had_whatever_ran_before() -> None:
    program = """
import threading
def f(count):
    barrier = threading.Barrier(count + 1, timeout=5)
    threads = [threading.Thread(target=barrier.wait) for _ in range(count)]
    for thread in threads: thread.start()
    barrier.wait()
    return count
"""
    brief, threads = [Test("assert", code="assert f(1) == 1")], [Test("assert", code="assert f(8) == 8")]
    with Judge(1, Limits(threads=8)) as judge:
        jobs = [("def f(x): return x", brief)] * 3 + [(program, threads)]
        for _, verdict in judge.run_many(jobs * 20):
            assert verdict.passed, verdict


V2 = "0::/user/session\n"
V1 = "9:memory:/box\n8:pids:/box\n0::/\n"


def make(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


def test_a_version_2_group_is_made_where_the_memory_controller_is_handed_on(tmp_path: Path) -> None:
    make(tmp_path, cgroup__subtree_control="memory pids")
    make(tmp_path / "user", cgroup__subtree_control="cpu memory pids")
    make(tmp_path / "user" / "session", cgroup__subtree_control="")
    group = Cgroup("g", 100, 5, root=tmp_path, membership=V2)
    assert (tmp_path / "user" / "g" / "memory.max").read_text() == str(100 << 20)
    (tmp_path / "user" / "g" / "memory.events").write_text("low 0\noom 3\noom_kill 2\n")
    assert group.oom_kills() == (2, 3) and group.version == 2


def test_version_1_groups_lie_beside_our_own(tmp_path: Path) -> None:
    make(tmp_path / "memory" / "box")
    make(tmp_path / "pids" / "box")
    group = Cgroup("g", 100, 5, root=tmp_path, membership=V1)
    assert (tmp_path / "memory" / "box" / "g" / "memory.limit_in_bytes").read_text() == str(100 << 20)
    assert (tmp_path / "pids" / "box" / "g" / "pids.max").read_text() == "5"
    (tmp_path / "memory" / "box" / "g" / "memory.oom_control").write_text(
        "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"
    )
    assert group.oom_kills() == (1, 1) and group.version == 1


def test_without_a_writable_group_the_reason_is_said(tmp_path: Path) -> None:
    with pytest.raises(CgroupUnavailable, match="no control group"):
        Cgroup("g", 100, 5, root=tmp_path, membership="0::/\n")


def test_groups_of_dead_supervisors_are_swept_and_those_of_living_ones_stay(tmp_path: Path) -> None:
    dead = make(tmp_path / "memory" / "box" / "rlcode-sandbox-999999999-1")
    alive = make(tmp_path / "memory" / "box" / "rlcode-sandbox-1-1")
    sweep(tmp_path, V1)
    assert not dead.exists() and alive.exists()


@pytest.fixture
def outer() -> Iterator[Cgroup]:
    """A group of this machine, of whichever version, that stands for what was delegated to us."""
    try:
        group = Cgroup(f"{PREFIX}{os.getpid()}-outer", 64, 64)
    except CgroupUnavailable as error:
        pytest.skip(str(error))
    yield group
    group.remove()


def inside(outer: Cgroup) -> str:
    """What /proc/self/cgroup says to a process in a group below `outer`."""
    if outer.version == 2:
        base = CGROUPS / "unified" if (CGROUPS / "unified").is_dir() else CGROUPS
        return f"0::/{outer.folders['memory'].relative_to(base)}/leaf\n"
    paths = [(name, folder.relative_to(CGROUPS / name)) for name, folder in outer.folders.items()]
    return "".join(f"{number}:{name}:/{path}\n" for number, (name, path) in enumerate(paths, 1))


def run_in(group: Cgroup, code: str) -> int:
    """The exit status of a process in the group."""
    command = [sys.executable, "-S", "-c", f"input()\n{code}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        group.add(process.pid)
        process.communicate(b"\n")
    return process.returncode


A_CHILD_NOBODY_WAITS_FOR = """
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
ended, open_as_long_as_it_lives = os.pipe()
if os.fork() == 0:
    while time.process_time() < 0.2:
        pass
else:
    os.close(open_as_long_as_it_lives)
    os.read(ended, 1)
"""


def test_a_group_can_be_made_where_nobody_has_asked_for_the_controllers_yet(outer: Cgroup) -> None:
    group = Cgroup(f"{PREFIX}{os.getpid()}-inner", 32, 5, membership=inside(outer))
    try:
        assert group.folders["memory"].parent == outer.folders["memory"]
        assert (group.folders.get("pids", group.folders["memory"]) / "pids.max").read_text() == "5\n"
        assert run_in(group, "hoard = bytearray(b'x') * (100 << 20)") == -signal.SIGKILL
        kills, reached = group.oom_kills()
        assert kills == 1 and reached >= 1
        before = group.cpu_seconds() or 0.0
        run_in(group, A_CHILD_NOBODY_WAITS_FOR)
        assert (group.cpu_seconds() or 0.0) - before >= 0.2
    finally:
        group.remove()
    assert not group.folders and list(outer.folders["memory"].glob(f"{PREFIX}*")) == []


def test_a_group_that_died_for_the_limit_of_another_has_not_reached_its_own(outer: Cgroup) -> None:
    group = Cgroup(f"{PREFIX}{os.getpid()}-inner", 512, 64, membership=inside(outer))
    try:
        assert run_in(group, "hoard = bytearray(b'x') * (100 << 20)") == -signal.SIGKILL
        assert group.oom_kills() == (1, 0 if group.version == 2 else 1)
    finally:
        group.remove()


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_filters_are_well_formed_on_both_architectures(machine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = seccomp.Program(machine)
    program.deny(seccomp.SURFACE)
    program.limit_clone(new_processes=False)
    code = program.assemble().code
    assert len(code) % 8 == 0 and len(code) // 8 < 4096
    for at, (kind, when_true, when_false, _) in enumerate(program.instructions):
        assert at + 1 + max(when_true, when_false) <= len(program.instructions), (at, kind)


def test_an_unknown_architecture_is_refused() -> None:
    with pytest.raises(OSError, match="riscv64"):
        seccomp.Program("riscv64")


def test_hidden_folders_are_cut_out_of_what_is_shown(tmp_path: Path) -> None:
    for name in ("lib/site/data", "lib/std"):
        (tmp_path / name).mkdir(parents=True)
    shown, split = landlock.without(str(tmp_path), [str(tmp_path / "lib" / "site")])
    assert shown == [str(tmp_path / "lib" / "std")]
    assert set(split) == {str(tmp_path), str(tmp_path / "lib"), str(tmp_path / "lib" / "site")}


def test_scratch_is_emptied_however_deep_and_whatever_its_links(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "keep").write_text("x")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    (scratch / "link").symlink_to(outside)
    (scratch / ".0").mkdir()
    here = os.getcwd()
    os.chdir(scratch)
    for _ in range(2000):
        os.mkdir("d")
        os.chdir("d")
    os.chdir(here)
    empty(str(scratch))
    assert list(scratch.iterdir()) == [] and (outside / "keep").exists()


def test_where_nothing_can_be_written_nothing_has_to_be_swept(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_usable() -> str:  # as in a container whose root is read-only
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none_usable)
    sweep_scratch()


COMPILES_FOR_SECONDS = (
    "constexpr long f(long n) { long s = 0; for (long i = 0; i < n * n; i++) s += i; return s; }\n"
    + "".join(f"constexpr long x{n} = f({3000 + n});\n" for n in range(30))
    + "int main() {}\n"
)


def compilers_at_work() -> int:
    """How many there are on this machine."""
    states = [words for words in (_words_of(name) for name in os.listdir("/proc") if name.isdigit()) if words]
    return sum(name == "cc1plus" and state not in "ZX" for name, state in states)


def _words_of(pid: str) -> tuple[str, str] | None:
    """A process's name and state."""
    try:
        name, _, rest = Path("/proc", pid, "stat").read_text().partition("(")[2].rpartition(")")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return name, rest.split()[0]


@pytest.mark.parametrize("tier", TIERS)
def test_what_a_compiler_has_started_ends_with_it(tier: Tier) -> None:
    before = compilers_at_work()
    with Judge(1, Limits(compile_cpu_seconds=0.5), tier=tier) as judge:
        verdict = judge.run(COMPILES_FOR_SECONDS, [Test("stdio", stdin="", stdout="")], language="c++")
        assert verdict.tests[0].message == "the compiler: used more than 0.5 s of CPU"
        deadline = time.monotonic() + 2
        while (left := compilers_at_work() - before) > 0 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert left == 0
