"""Checkpoints are whole or absent, whenever the writer dies."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rlcode.checkpoint import CheckpointError, Checkpoints, RunState

# Saves steps 1, 2, 2 again and 3; before file operation number N of that, the process kills itself as `kill -9` would.
WRITER = """
import os, signal, sys
from pathlib import Path
from rlcode.checkpoint import Checkpoints, RunState

folder, kill_at, count = Path(sys.argv[1]), int(sys.argv[2]), 0
CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree", "os.truncate"}

def watch(event, arguments):
    global count
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
    if (event in CHANGES or writes) and str(folder) in str(arguments[0]):
        count += 1
        if count == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

def write_policy(step):
    def write(beside):
        (beside / "model").mkdir()
        (beside / "model" / "config.json").write_text(str(step))
        (beside / "policy.pt").write_text(f"weights of step {step}")
    return write

checkpoints = Checkpoints(folder, keep=2)
sys.addaudithook(watch)
for step in (1, 2, 2, 3):
    checkpoints.save(RunState("m", step=step, policy_version=step), write_policy(step))
    print(step, flush=True)
print("operations", count)
"""


def policy_files(step: int):
    def write(beside: Path) -> None:
        (beside / "policy.pt").write_text(f"weights of step {step}")

    return write


def save(run_dir: Path, *steps: int, keep: int = 2) -> Checkpoints:
    checkpoints = Checkpoints(run_dir, keep)
    for step in steps:
        checkpoints.save(RunState("m", step=step), policy_files(step))
    return checkpoints


def write_and_die(run_dir: Path, kill_at: int) -> list[str]:
    """Lines the writer printed before it died."""
    done = subprocess.run(
        [sys.executable, "-c", WRITER, str(run_dir), str(kill_at)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode in (0, -9), done.stderr
    return done.stdout.splitlines()


def test_a_kill_between_any_two_file_operations_leaves_a_whole_checkpoint(tmp_path: Path) -> None:
    operations = int(write_and_die(tmp_path / "whole", kill_at=0)[-1].split()[1])
    assert operations > 20
    seen = set()
    for kill_at in range(1, operations + 1):
        run_dir = tmp_path / str(kill_at)
        saved = [int(line) for line in write_and_die(run_dir, kill_at)]
        checkpoints = Checkpoints(run_dir, keep=2)
        if not saved and not (run_dir / "checkpoints" / "latest").exists():
            continue  # the first was not yet there
        folder, state = checkpoints.latest("m")
        assert state.step >= max(saved, default=1), f"killed before operation {kill_at}: a finished checkpoint is lost"
        assert (folder / "policy.pt").read_text() == f"weights of step {state.step}"
        assert (folder / "model" / "config.json").read_text() == str(state.step)
        seen.add(state.step)
        checkpoints.save(RunState("m", step=4), policy_files(4))
        assert checkpoints.latest("m")[1].step == 4
        names = sorted(path.name for path in checkpoints.folder.iterdir())
        assert names[-1] == "step-000004" and names.count("latest") == 1
        assert not [name for name in names if name.endswith(".tmp")], f"killed before operation {kill_at}: litter"
    assert seen == {1, 2, 3}


def test_the_state_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    state = RunState("m", step=7, next_problem=56, policy_version=6, kl_controller={"coefficient": 0.125})
    Checkpoints(tmp_path, 1).save(state, policy_files(7))
    folder, loaded = Checkpoints(tmp_path, 1).latest("m")
    assert loaded == state
    assert folder == tmp_path / "checkpoints" / "step-000007"


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    checkpoints = save(tmp_path, 1, 2, 3, 4, 10, keep=2)
    assert sorted(path.name for path in checkpoints.folder.glob("step-*")) == ["step-000004", "step-000010"]


def test_a_run_that_went_back_keeps_what_it_saves(tmp_path: Path) -> None:
    """Checkpoints of a future that was given up do not push out the new ones."""
    checkpoints = save(tmp_path, 8, 16)
    (checkpoints.folder / "latest").write_text("step-000008")
    save(tmp_path, 10, keep=1)
    assert Checkpoints(tmp_path, 1).latest("m")[1].step == 10


def test_a_step_saved_twice_is_written_once(tmp_path: Path) -> None:
    checkpoints = save(tmp_path, 5)
    folder = checkpoints.save(RunState("m", step=5), lambda beside: pytest.fail("nothing has changed since"))
    assert (folder / "policy.pt").read_text() == "weights of step 5"


def test_a_failed_write_leaves_the_checkpoint_before(tmp_path: Path) -> None:
    checkpoints = save(tmp_path, 1)

    def full_disk(beside: Path) -> None:
        (beside / "policy.pt").write_text("half")
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        checkpoints.save(RunState("m", step=2), full_disk)
    assert checkpoints.latest("m")[1].step == 1


def test_another_models_checkpoint_is_refused(tmp_path: Path) -> None:
    save(tmp_path, 1)
    with pytest.raises(CheckpointError, match=r"made with model 'm', the config says 'other'"):
        Checkpoints(tmp_path, 1).latest("other")


def test_no_checkpoint_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="holds no checkpoint"):
        Checkpoints(tmp_path, 1).latest("m")


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    checkpoints = save(tmp_path, 1, 2)
    (checkpoints.folder / "step-000002" / "state.json").write_text(json.dumps({"model": "m", "step": 2})[:9])
    with pytest.raises(CheckpointError, match="step-000002 is damaged"):
        checkpoints.latest("m")
