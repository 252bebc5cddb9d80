import json
import os
import pty
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from reward.rows import RowError
from rlcode.tracking import Tracker
from rlcode.tracking.records import read_records
from rlcode.tracking.rollouts import read_rollouts, rollout_files
from rlcode.tracking.sinks import WandbMissing

EVALUATION = {"pass@1": 0.25, "ci_low": 0.1, "ci_high": 0.4, "problems": {"a": {"passed": 1, "samples": 4}}}


def log_steps(tracker: Tracker, steps: range) -> None:
    for step in steps:
        tracker.log_rollouts(step, [{"problem_id": "a", "group": 0, "completion": f"step {step}"}])
        tracker.log_step(step, {"reward/mean": step / 10, "seconds/generate": 2.0})


def test_a_step_is_on_disk_when_log_step_returns(tmp_path: Path) -> None:
    with Tracker(tmp_path, total_steps=2) as tracker:
        tracker.log_step(1, {"reward/mean": 0.5, "policy/version": 1})
        (row,) = read_records(tmp_path / "metrics.jsonl")
    assert row["step"] == 1 and row["reward/mean"] == 0.5 and row["policy/version"] == 1


def test_a_folder_that_holds_a_run_is_refused_and_left_alone(tmp_path: Path) -> None:
    with Tracker(tmp_path, total_steps=2) as tracker:
        log_steps(tracker, range(1, 3))
    before = (tmp_path / "metrics.jsonl").read_bytes()
    with pytest.raises(FileExistsError, match="--resume"):
        Tracker(tmp_path, total_steps=2)
    assert (tmp_path / "metrics.jsonl").read_bytes() == before


def test_resume_drops_everything_after_the_step(tmp_path: Path) -> None:
    with Tracker(tmp_path, total_steps=6) as tracker:
        log_steps(tracker, range(1, 5))
        for step in (0, 2, 4):
            tracker.log_evaluation(step, "starter/heldout", EVALUATION)
    with Tracker(tmp_path, total_steps=6, resume_from_step=2) as tracker:
        assert [step for step, _ in rollout_files(tmp_path / "rollouts")] == [1, 2]
        log_steps(tracker, range(3, 5))
    assert [row["step"] for row in read_records(tmp_path / "metrics.jsonl")] == [1, 2, 3, 4]
    assert [row["step"] for row in read_records(tmp_path / "evaluations.jsonl")] == [0, 2]


def test_elapsed_time_goes_on_from_where_the_run_was_cut(tmp_path: Path) -> None:
    rows = [{"step": step, "elapsed_seconds": 100.0 * step} for step in (1, 2, 3)]
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with Tracker(tmp_path, total_steps=4, resume_from_step=2) as tracker:
        assert 200.0 <= tracker.elapsed_seconds < 230.0


def test_resume_drops_a_line_torn_by_a_kill(tmp_path: Path) -> None:
    with Tracker(tmp_path, total_steps=3) as tracker:
        log_steps(tracker, range(1, 3))
    with (tmp_path / "metrics.jsonl").open("a") as metrics:
        metrics.write('{"step": 3, "reward/me')
    with Tracker(tmp_path, total_steps=3, resume_from_step=2) as tracker:
        log_steps(tracker, range(3, 4))
    assert [row["step"] for row in read_records(tmp_path / "metrics.jsonl")] == [1, 2, 3]


def test_a_damaged_line_inside_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_text('{"step": 1}\n{"step"\n{"step": 3}\n')
    with pytest.raises(RowError, match=r"metrics\.jsonl, line 2: not valid JSON"):
        Tracker(tmp_path, total_steps=3, resume_from_step=3)


def test_what_comes_before_the_first_step_does_not_count_as_a_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: seconds[0])
    with Tracker(tmp_path, total_steps=11) as tracker:
        seconds[0] += 100
        tracker.begin_steps()
        seconds[0] += 6
        log_steps(tracker, range(1, 2))
    (step,) = (line for line in capsys.readouterr().out.splitlines() if "left" in line)
    assert "1 min 00 s left" in step


def test_kill_9_loses_no_step_that_was_logged(tmp_path: Path) -> None:
    code = """
        import itertools, sys
        from rlcode.tracking import Tracker
        tracker = Tracker(sys.argv[1], total_steps=10_000)
        for step in itertools.count(1):
            tracker.log_rollouts(step, [{"problem_id": "a", "group": 0, "completion": "x" * 10_000}])
            tracker.log_step(step, {"reward/mean": 0.5})
            print("logged", step, flush=True)
    """
    process = start(code, tmp_path, stdout=subprocess.PIPE)
    assert process.stdout is not None
    logged = 0
    for line in process.stdout:
        if line.startswith("logged "):
            logged = int(line.split()[1])
        if logged == 20:
            process.send_signal(signal.SIGKILL)
            break
    logged = max([logged, *(int(line.split()[1]) for line in process.stdout if re.fullmatch(r"logged \d+\n", line))])
    process.wait(timeout=30)

    with Tracker(tmp_path, total_steps=10_000, resume_from_step=logged):
        pass
    assert [row["step"] for row in read_records(tmp_path / "metrics.jsonl")] == list(range(1, logged + 1))
    assert [step for step, _ in rollout_files(tmp_path / "rollouts")] == list(range(1, logged + 1))
    assert not list((tmp_path / "rollouts").glob(".*"))
    assert all(read_rollouts(path) for _, path in rollout_files(tmp_path / "rollouts"))


def test_a_value_that_is_not_finite_is_stored_as_null_and_warned_about(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Tracker(tmp_path, total_steps=1) as tracker:
        tracker.log_step(1, {"kl/mean": float("nan"), "reward/mean": 1.0})
        tracker.log_evaluation(1, "starter/heldout", {**EVALUATION, "pass@8": float("nan")})
    (row,) = read_records(tmp_path / "metrics.jsonl")
    assert row["kl/mean"] is None and row["reward/mean"] == 1.0
    assert read_records(tmp_path / "evaluations.jsonl")[0]["pass@8"] is None
    assert "warning: step 1: kl/mean is nan" in capsys.readouterr().out


def test_plain_output_is_one_aligned_line_per_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    with Tracker(tmp_path, total_steps=10) as tracker:
        for step, tokens in ((1, 95.0), (2, 1234.0)):
            with tracker.phase("generate", total=3) as progress:
                progress.advance()
            tracker.log_step(step, {"reward/mean": step / 10, "tokens_per_second/generate": tokens, "kl/mean": 0.001})
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[0].index(" tok/s") == lines[1].index(" tok/s")
    assert "step  1/10  reward  0.100" in lines[0]
    assert "\x1b" not in "".join(lines)


def test_a_reader_that_goes_away_does_not_end_the_run(tmp_path: Path) -> None:
    code = """
        import sys
        from rlcode.tracking import Tracker
        with Tracker(sys.argv[1], total_steps=50) as tracker:
            for step in range(1, 51):
                tracker.log_step(step, {"reward/mean": 0.5})
    """
    process = start(code, tmp_path, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(timeout=60) == 0
    assert len(read_records(tmp_path / "metrics.jsonl")) == 50


def test_log_txt_repeats_what_was_said_and_marks_warnings(tmp_path: Path) -> None:
    with Tracker(tmp_path, total_steps=1) as tracker:
        tracker.message("engine vllm")
        tracker.warning("gap 0.3 is above 0.25\nlook at the engine")
        log_steps(tracker, range(1, 2))
    lines = (tmp_path / "log.txt").read_text().splitlines()
    assert lines[0].endswith(" engine vllm")
    assert lines[1].endswith(" WARNING gap 0.3 is above 0.25")
    assert lines[2] == "    look at the engine"
    assert "step 1/1" in lines[3]


def test_a_long_phase_is_mentioned_while_it_lasts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Tracker(tmp_path, total_steps=1, heartbeat_seconds=0.05) as tracker, tracker.phase("generate", 64) as progress:
        progress.advance(31)
        time.sleep(0.3)
    assert "still in generate 31/64" in capsys.readouterr().out


def test_a_phase_measures_its_seconds(tmp_path: Path) -> None:
    with Tracker(tmp_path, total_steps=1) as tracker:
        with tracker.phase("update") as phase:
            time.sleep(0.05)
        measured = phase.seconds
        time.sleep(0.05)
    assert 0.05 <= measured == phase.seconds


def test_tensorboard_holds_the_curves_and_a_resume_replaces_later_steps(tmp_path: Path) -> None:
    with Tracker(tmp_path, total_steps=4) as tracker:
        log_steps(tracker, range(1, 4))
    with Tracker(tmp_path, total_steps=4, resume_from_step=2) as tracker:
        tracker.log_step(3, {"reward/mean": 0.9})
        tracker.log_evaluation(3, "humaneval", EVALUATION)
    events = EventAccumulator(str(tmp_path / "events"))
    events.Reload()
    assert [(event.step, round(event.value, 3)) for event in events.Scalars("reward/mean")] == [
        (1, 0.1),
        (2, 0.2),
        (3, 0.9),
    ]
    assert events.Scalars("eval/humaneval/pass@1")[0].value == 0.25


def test_asking_for_wandb_without_the_package_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)  # what Python does for a package that is not there
    with pytest.raises(WandbMissing, match=r"pip install 'rlcode\[wandb\]'"):
        Tracker(tmp_path / "run", total_steps=1, wandb={"project": "rlcode"})
    assert not (tmp_path / "run").exists()


def test_the_live_view_draws_bars_and_curves_and_gives_the_terminal_back(tmp_path: Path) -> None:
    code = """
        import sys, time
        from rlcode.tracking import Tracker
        with Tracker(sys.argv[1], total_steps=3) as tracker:
            with tracker.phase("generate", total=4) as progress:
                for _ in range(4):
                    progress.advance()
                    time.sleep(0.3)
            tracker.log_step(1, {"reward/mean": 0.25, "pass_rate/train": 0.25, "seconds/generate": progress.seconds})
            tracker.warning("something to see")
            raise KeyboardInterrupt
    """
    controller, terminal = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"}
    process = start(code, tmp_path, stdout=terminal, stderr=subprocess.DEVNULL, env=environment)
    os.close(terminal)
    screen = read_all(controller)
    process.wait(timeout=30)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen)
    assert re.search(r"generate +━+.* [1-4]/4", plain)
    assert re.search(r"steps +━+.* 1/3", plain)
    assert re.search(r"Pass rate +25\.0 %", plain)
    assert "warning: something to see" in plain
    assert screen.rindex("\x1b[?25h") > screen.rindex("\x1b[?25l"), "the cursor stays hidden"


def start(code: str, run_dir: Path, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(code), str(run_dir)]
    return subprocess.Popen(command, text=True, **options)  # type: ignore[call-overload, no-any-return]


def read_all(descriptor: int) -> str:
    """Everything written to a terminal until its last writer is gone, which Linux reports as an error."""
    chunks = []
    while True:
        try:
            chunk = os.read(descriptor, 65536)
        except OSError:
            break
        if not chunk:
            break
        chunks.append(chunk)
    os.close(descriptor)
    return b"".join(chunks).decode()
