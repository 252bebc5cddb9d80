"""`rlcode pairs` on files: samples as `rlcode sample` writes them, and AceCode-87K rows, with the real judge."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from reward.schema import JudgedSample, read_pairs, read_samples, write_samples
from rlcode.cli import main
from rlcode.problems.acecode import read_acecode

TESTS = [f"assert double({n}) == {2 * n}" for n in range(5)]
RIGHT = "def double(n):\n    return n + n\n"
HALF = "def double(n):\n    return 2 * n if n < 2 else 0\n"
BROKEN = "def double(n:\n"


def acecode_row(**changes: object) -> dict:
    """One question with three programs, whose recorded pass rates are lower than they should be."""
    programs = [
        (RIGHT + "```", 0.7),
        (f"Here it is:\n```python\n{HALF}```\nDone.", 0.3),
        (BROKEN, 0.0),
    ]
    return {
        "id": "oss_1",
        "source": "oss",
        "question": "Write a function `double(n)`.",
        "test_cases": TESTS,
        "inferences": [
            {"model_name": "qwen", "completion_id": index, "completion": text, "pass_rate": rate}
            for index, (text, rate) in enumerate(programs)
        ],
        **changes,
    }


def write_config(folder: Path, **settings: object) -> Path:
    path = folder / "pairs.yaml"
    path.write_text(yaml.safe_dump({"output_dir": str(folder / "pairs"), "judge": {"slots": 1}, **settings}))
    return path


@pytest.fixture
def acecode(tmp_path: Path) -> Path:
    path = tmp_path / "acecode.jsonl"
    other = acecode_row(id="oss_2", question="Write `double` again.")
    path.write_text(json.dumps(acecode_row()) + "\n" + json.dumps(other) + "\n")
    return path


def test_acecode_in_parquet_as_it_is_released_says_the_same_as_in_json(acecode: Path, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in acecode.read_text().splitlines()]
    parquet = tmp_path / "train-00000-of-00001.parquet"
    pq.write_table(pa.Table.from_pylist(rows), parquet)
    assert list(read_acecode(parquet)) == list(read_acecode(acecode))


def test_programs_of_acecode_are_judged_again(tmp_path: Path, acecode: Path) -> None:
    assert main(["pairs", str(write_config(tmp_path, acecode=[str(acecode)]))]) == 0

    folder = tmp_path / "pairs"
    pairs = [*read_pairs(folder / "pairs.jsonl"), *read_pairs(folder / "heldout.jsonl")]
    assert [(pair.chosen_program, pair.rejected_program) for pair in pairs] == [(RIGHT, HALF)] * 2
    assert {(pair.chosen_pass_rate, pair.rejected_pass_rate) for pair in pairs} == {(1.0, 0.4)}
    assert len(read_pairs(folder / "heldout.jsonl")) == 1
    judged = read_samples(folder / "rejudged.jsonl")
    assert [sample.extra["recorded_pass_rate"] for sample in judged] == [0.7, 0.3, 0.0] * 2
    excluded = [json.loads(line) for line in (folder / "excluded.jsonl").read_text().splitlines()]
    assert [(item["reason"], item["index"]) for item in excluded] == [("passes_too_little", 2)] * 2


def test_a_killed_job_judges_only_what_is_left(tmp_path: Path, acecode: Path) -> None:
    config = write_config(tmp_path, acecode=[str(acecode)], problems_per_batch=1)
    assert main(["pairs", str(config)]) == 0
    rejudged = tmp_path / "pairs" / "rejudged.jsonl"
    whole = rejudged.read_text()
    marked = whole.replace('"recorded_pass_rate": 0.7', '"recorded_pass_rate": 0.75', 1)
    rejudged.write_text(marked[: marked.rindex("\n", 0, -1) + 20])

    assert main(["pairs", str(config)]) == 0

    assert rejudged.read_text() == marked  # the first question as it lay there, the second judged anew


def test_recorded_pass_rates_are_trusted_only_with_a_warning(
    tmp_path: Path, acecode: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its own pass rates this question has no winner, although a program is right."""
    assert main(["pairs", str(write_config(tmp_path, acecode=[str(acecode)], trust_pass_rate=True))]) == 1
    said = capsys.readouterr()
    assert "They are doubtful: they divide by the number of tests before filtering" in said.out
    assert "no pairs in 6 programs for 2 problems" in said.err and "draw more programs" in said.err


def test_the_report_stands_alone_and_shows_model_text_as_text(tmp_path: Path) -> None:
    evil = "def double(n):\n    return '<script>alert(1)</script>'\n"
    samples = [
        JudgedSample("p", "</pre><b>", i, program, "failed", [], True, "t", rate)
        for i, (program, rate) in enumerate([(RIGHT, 1.0), (evil, 0.5)])
    ]
    write_samples(samples, tmp_path / "samples.jsonl")
    assert main(["pairs", str(write_config(tmp_path, samples=[str(tmp_path / "samples.jsonl")]))]) == 0
    page = (tmp_path / "pairs" / "pairs_report.html").read_text()
    assert "<script>" not in page and "</pre><b>" not in page and "http://" not in page and "https://" not in page
    assert page.count("<svg") == 4
    numbers = json.loads((tmp_path / "pairs" / "pairs.json").read_text())
    assert (numbers["pairs"], numbers["length_bias"]["longer_wins"]) == (1, 0.0)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"prompt": "x"}, "line 1: fields 'id' and 'question' must be text"),
        (acecode_row(test_cases=[]), "line 1: field 'test_cases' is empty"),
        (acecode_row(inferences="none"), "line 1: field 'inferences' must be a list"),
        (acecode_row(inferences=[{"completion": "x", "pass_rate": 2}]), "pass_rate must be a share between 0 and 1"),
    ],
)
def test_a_wrong_row_is_one_readable_error(
    tmp_path: Path, row: dict, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row) + "\n")
    assert main(["pairs", str(write_config(tmp_path, acecode=[str(path)]))]) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "pairs").exists()


def test_without_a_source_there_is_nothing_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pairs", str(write_config(tmp_path))]) == 1
    assert "set samples" in capsys.readouterr().err
