"""`rlcode synth` as users start it, on the recording that ships with the package: a real endpoint, the real judge."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from synth_runs import OWN, outputs, write_config

from rlcode.cli import main
from rlcode.problems import load_problems
from rlcode.synthesis.replay import ReplayServer
from sandbox import Judge

ROOT = Path(__file__).parents[2]


def calls(folder: Path) -> list[str]:
    return (folder / "calls.log").read_text().split()


def reasons(folder: Path) -> Counter[str]:
    found: Counter[str] = Counter()
    for file in (folder / "synth").glob("*.rejected.jsonl"):
        found.update(json.loads(line)["reason"] for line in file.read_text().splitlines())
    return found


def test_seeds_become_problems_whose_references_pass(tmp_path: Path, server: ReplayServer) -> None:
    assert main(["synth", str(write_config(tmp_path, server.url))]) == 0
    problems = load_problems(str(tmp_path / "synth" / "problems.jsonl"))
    assert len(problems) == 6 and all(len(problem.tests) >= 5 for problem in problems)
    assert reasons(tmp_path) == Counter(
        {"not JSON": 2, "empty answer": 1, "another function": 1, "too few tests verified": 1, "too short": 1}
    ) + Counter({"not Python": 1, "no function or class": 1, "the same program": 1, "shares words with a benchmark": 1})
    with Judge(1) as judge:
        verdicts = judge.run_many([(problem.reference or "", problem.tests) for problem in problems])
        assert all(verdict.passed for _, verdict in verdicts)


def test_wrong_hanging_and_greedy_tests_are_dropped_and_listed(tmp_path: Path, server: ReplayServer) -> None:
    assert main(["synth", str(write_config(tmp_path, server.url))]) == 0
    problems = {problem.entry_point: problem for problem in load_problems(str(tmp_path / "synth" / "problems.jsonl"))}
    dropped = {item["test"]: item["why"] for item in problems["ticks_to_one"].metadata["dropped_tests"]}
    assert dropped["assert ticks_to_one(0) == 0"].startswith("the reference: timeout")
    assert "assert ticks_to_one(len([0] * 10**10)) == 40" in dropped
    (wrong,) = problems["hours_above"].metadata["dropped_tests"]
    assert wrong["test"] == "assert hours_above([4, 4], 4) == [0, 1]"


def test_the_report_is_one_page_that_loads_nothing(tmp_path: Path, server: ReplayServer) -> None:
    main(["synth", str(write_config(tmp_path, server.url))])
    page = (tmp_path / "synth" / "report.html").read_text()
    assert "16 seeds → 10 questions → 9 solutions → 8 verified" in page
    assert "default-src 'none'" in page and "http" not in page.replace("http-equiv", "")


def test_a_dry_run_says_what_would_be_asked_and_asks_nothing(
    tmp_path: Path, server: ReplayServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["synth", str(write_config(tmp_path, server.url)), "--dry-run"]) == 0
    assert "at most 26 calls (13 for questions, 13 for solutions)" in capsys.readouterr().out
    assert calls(tmp_path) == [] and not (tmp_path / "synth").exists()


def test_a_budget_ends_the_run_and_a_larger_one_goes_on(
    tmp_path: Path, server: ReplayServer, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(write_config(tmp_path, server.url))
    assert main(["synth", config, "budget.calls=15"]) == 1
    assert "budget.calls=15 is reached" in capsys.readouterr().err
    assert len(calls(tmp_path)) == 15
    assert main(["synth", config, "budget.calls=100"]) == 0
    assert len(calls(tmp_path)) == len(set(calls(tmp_path))) == 23


def test_a_full_disk_is_said_to_be_one_and_the_folder_can_be_gone_on_with(
    tmp_path: Path, server: ReplayServer, capsys: pytest.CaptureFixture[str]
) -> None:
    config, folder = str(write_config(tmp_path, server.url)), tmp_path / "synth"
    assert main(["synth", config, "--stage", "seeds"]) == 0
    before = (folder / "config.yaml").read_text()
    (folder / ".config.yaml.tmp").symlink_to("/dev/full")
    assert main(["synth", config, "--stage", "seeds", "rows_per_batch=2"]) == 1
    assert "No space left on device; make room, and start again" in capsys.readouterr().err
    assert (folder / "config.yaml").read_text() == before
    (folder / ".config.yaml.tmp").unlink()
    assert main(["synth", config, "--stage", "seeds", "rows_per_batch=2"]) == 0


def test_one_stage_is_done_again_without_paying_again(tmp_path: Path, server: ReplayServer) -> None:
    config = str(write_config(tmp_path, server.url))
    main(["synth", config])
    before, asked = outputs(tmp_path), calls(tmp_path)
    (tmp_path / "synth" / "questions.jsonl").write_text("")
    assert main(["synth", config, "--stage", "questions"]) == 0
    assert outputs(tmp_path) == before and calls(tmp_path) == asked


def test_other_settings_do_not_get_mixed_in_but_another_endpoint_does(
    tmp_path: Path, server: ReplayServer, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(write_config(tmp_path, server.url))
    assert main(["synth", config, "budget.calls=1"]) == 1
    capsys.readouterr()
    assert main(["synth", config, "teacher.temperature=0.1"]) == 1
    assert "was begun with other settings (teacher differ" in capsys.readouterr().err
    assert main(["synth", config, "teacher.endpoint.concurrency=1", "budget.calls=100"]) == 0


def test_with_other_late_settings_a_finished_run_becomes_that_of_these_and_pays_for_what_is_new(
    tmp_path: Path, server: ReplayServer
) -> None:
    (tmp_path / "anew").mkdir()
    config, anew = str(write_config(tmp_path, server.url)), str(write_config(tmp_path / "anew", server.url))
    assert main(["synth", config]) == 0
    first, asked = outputs(tmp_path), calls(tmp_path)
    assert main(["synth", config, "min_tests=2"]) == 0
    new = calls(tmp_path)[len(asked) :]
    assert len(new) < len(asked) and not set(new) & set(asked)
    main(["synth", anew, "min_tests=2"])
    assert outputs(tmp_path) == outputs(tmp_path / "anew") != first
    paid = len(calls(tmp_path))
    assert main(["synth", config]) == 0
    assert outputs(tmp_path) == first and len(calls(tmp_path)) == paid


def test_a_recording_answers_without_an_endpoint(tmp_path: Path) -> None:
    recorded = {"kind": "recording", "model": "any", "recording": str(OWN / "recorded_answers.jsonl")}
    assert main(["synth", str(write_config(tmp_path, "", teacher=recorded, oracle=recorded))]) == 0
    assert len(load_problems(str(tmp_path / "synth" / "problems.jsonl"))) == 6


def test_the_answers_of_a_run_are_a_recording_for_the_next(tmp_path: Path, server: ReplayServer) -> None:
    main(["synth", str(write_config(tmp_path, server.url))])
    first, asked = outputs(tmp_path), calls(tmp_path)
    answers = (tmp_path / "synth").rename(tmp_path / "first") / "answers.jsonl"
    recorded = {"kind": "recording", "recording": str(answers)}
    teacher, oracle = {"model": "teacher", **recorded}, {"model": "oracle", "temperature": 0.0, **recorded}
    assert main(["synth", str(write_config(tmp_path, "", teacher=teacher, oracle=oracle))]) == 0
    assert outputs(tmp_path) == first and calls(tmp_path) == asked


@pytest.mark.timeout(120)
def test_killed_at_any_moment_it_pays_nothing_twice_and_ends_the_same(tmp_path: Path, server: ReplayServer) -> None:
    """Killed when so many calls were answered; each kill may lose the calls that were under way, here two."""
    (tmp_path / "whole").mkdir()
    main(["synth", str(write_config(tmp_path / "whole", server.url))])
    once = len(calls(tmp_path))
    config = write_config(tmp_path, server.url)
    server.delay_seconds = 0.05
    command = [sys.executable, "-m", "rlcode", "synth", str(config)]
    for answered in (3, 12, 20):
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        while len(calls(tmp_path)) < once + answered and process.poll() is None:
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert main(["synth", str(config)]) == 0
    assert outputs(tmp_path) == outputs(tmp_path / "whole")
    asked = Counter(calls(tmp_path)[once:])
    assert len(asked) == once and asked.total() <= once + 3 * 2
