"""KodCode's last step: each problem also as a function to complete, and answers to both that pass the tests."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from rlcode.cli import main
from rlcode.problems import load_problems
from rlcode.synthesis.answers import Malformed
from rlcode.synthesis.completion_form import read_starter
from sandbox import Judge

SIGN = "def sign(x):\n    return (x > 0) - (x < 0)\n"
TESTS = "from solution import sign\n\ndef test_both():\n    assert (sign(3), sign(-3)) == (1, -1)\n"
STARTER = 'import math\n\ndef sign(x: int) -> int:\n    """The sign of x.\n\n    >>> sign(3)\n    1\n    """\n'
TRIAL = f"<|Solution Begin|>\n{SIGN}<|Solution End|>\n<|Test Begin|>\n{TESTS}<|Test End|>"
RIGHT, WRONG = f"Think.\n```python\n{SIGN}```", "```python\ndef sign(x):\n    return 1\n```"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Two seeds with a problem each; the second has no completion form, and no answer to it passes."""
    answers = [
        *(("questions", name, 0, f"<|Question Begin|>Write `sign` for {name}.<|Question End|>") for name in "ab"),
        *(("trials", name, 0, TRIAL) for name in "ab"),
        ("completion_forms", "a", 0, f"```python\n{STARTER}    pass\n```"),
        ("completion_forms", "b", 0, f"```python\n{SIGN}```"),
        *(("answered", "synth/00000001", attempt, text) for attempt, text in enumerate([RIGHT, WRONG, "  "])),
        *(("answered", "synth/00000001_C", attempt, text) for attempt, text in enumerate([WRONG, RIGHT, RIGHT])),
        *(("answered", "synth/00000002", attempt, WRONG) for attempt in range(3)),
    ]
    rows = [dict(zip(("stage", "prompt_id", "attempt", "response"), answer, strict=True)) for answer in answers]
    (tmp_path / "recording.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    seeds = [{"id": name, "instruction": f"Document {name}", "license": "MIT"} for name in "ab"]
    (tmp_path / "seeds.jsonl").write_text("".join(json.dumps(seed) + "\n" for seed in seeds))
    teacher = {"kind": "recording", "model": "recorded", "recording": str(tmp_path / "recording.jsonl")}
    settings = {
        "output_dir": str(tmp_path / "synth"),
        "recipe": "kodcode",
        "seeds": str(tmp_path / "seeds.jsonl"),
        "seed_filter": "none",
        "teacher": teacher,
        "trials": 1,
        "gates": {"alike_at_least": None, "benchmarks": {}},
        "completion_form": True,
        "answers": {"teacher": teacher, "samples": 3},
        "judge": {"slots": 1, "limits": {"cpu_seconds": 2}},
    }
    path = tmp_path / "synth.yaml"
    path.write_text(yaml.safe_dump(settings))
    return path


def rows_of(folder: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "synth" / name).read_text().splitlines()]


def test_a_problem_is_there_as_a_function_to_complete_too(tmp_path: Path, config: Path) -> None:
    assert main(["synth", str(config)]) == 0
    first, completion, second = load_problems(str(tmp_path / "synth" / "problems.jsonl"))
    assert [first.id, completion.id, second.id] == ["synth/00000001", "synth/00000001_C", "synth/00000002"]
    assert completion.starter_code == STARTER and STARTER in completion.prompt
    assert completion.tests == first.tests
    with Judge(1) as judge:
        assert judge.run(completion.reference or "", completion.tests).passed


def test_only_answers_that_pass_are_trained_on(tmp_path: Path, config: Path) -> None:
    assert main(["synth", str(config)]) == 0
    rows = rows_of(tmp_path, "sft.jsonl")
    assert [row["id"] for row in rows] == ["synth/00000001/0", "synth/00000001_C/1", "synth/00000001_C/2"]
    assert [row["pass_sequence"] for row in rows] == [[1, 0, 0], [0, 1, 1], [0, 1, 1]]
    assert all(row["messages"][1] == {"role": "assistant", "content": RIGHT} for row in rows)
    assert all(row["license"] == "MIT" for row in rows)
    (rejected,) = rows_of(tmp_path, "checked.rejected.jsonl")
    assert (rejected["reason"], rejected["detail"]) == ("no answer passed", "failed, failed, failed")


def test_no_bar_of_the_report_is_wider_than_its_table(tmp_path: Path, config: Path) -> None:
    assert main(["synth", str(config)]) == 0
    widths = re.findall(r"width:([\d.]+)%'></span>", (tmp_path / "synth" / "report.html").read_text())
    assert max(map(float, widths)) == 100 and widths[0] == "66.7"  # two seeds; three problems with completion forms


def test_a_second_start_asks_and_judges_nothing(tmp_path: Path, config: Path) -> None:
    assert main(["synth", str(config)]) == 0
    before = {file.name: file.read_bytes() for file in (tmp_path / "synth").glob("*.jsonl")}
    (tmp_path / "recording.jsonl").write_text("")
    assert main(["synth", str(config)]) == 0
    assert {file.name: file.read_bytes() for file in (tmp_path / "synth").glob("*.jsonl")} == before


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (SIGN, "no docstring"),
        (STARTER + "    return 1\n", "it shows a solution"),
        (STARTER + "    pass\n\nprint(sign(1))\n", "not one function"),
        (STARTER.replace("sign(x", "other(x"), "another function"),
        ("def sign(:\n", "not Python"),
    ],
)
def test_what_is_no_completion_form_says_why(answer: str, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        read_starter(f"```python\n{answer}```", "sign")
