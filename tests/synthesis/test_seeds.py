"""Seeds of any data set, good and bad."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rlcode.problems.schema import ProblemError
from rlcode.synthesis.rejection import Rejection
from rlcode.synthesis.seeds import accept_seed, read_seeds
from rlcode.synthesis.settings import SynthConfig

FUNCTION = "def double(number):\n    return 2 * number\n"


def config(seeds: Path, **settings: object) -> SynthConfig:
    given = {"output_dir": "runs/x", "seeds": seeds, "teacher": {"model": "a"}, "oracle": {"model": "b"}}
    return SynthConfig.model_validate(given | settings)


def accepted(tmp_path: Path, *rows: dict | bytes, **settings: object) -> list:
    path = tmp_path / "seeds.jsonl"
    path.write_bytes(b"\n".join(row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows))
    settings_ = config(path, **settings)
    return [accept_seed(settings_, row) for row in read_seeds(settings_)]


@pytest.mark.parametrize(
    "row",
    [
        {"instruction": "Double it.", "response": f"Sure:\n```python\n{FUNCTION}print(double(2))\n```"},  # Evol
        {"problem": "Double it.", "solution": f"```python\n{FUNCTION}```", "lang": "python"},  # OSS
        {"content": FUNCTION + "#" * 100},  # the Stack
        {"code": FUNCTION, "instruction": "Double it.", "id": 7},
    ],
    ids=["evol", "oss", "stack", "own"],
)
def test_the_code_of_a_seed_is_found(tmp_path: Path, row: dict) -> None:
    (seed,) = accepted(tmp_path, row)
    assert seed["code"].startswith("def double") and "print" not in seed["code"]
    assert seed["id"] == "synth/00000001"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"text": "hello"}, "no code"),
        ({"code": "function f() {}", "instruction": "x"}, "not Python"),
        ({"code": "x = 1", "instruction": "x"}, "no function or class"),
        ({"code": FUNCTION}, "too short"),
        ({"code": "def f():\n    return '\x00'", "instruction": "x"}, "not Python"),
        ({"code": "(" * 10_000, "instruction": "x"}, "not Python"),
        (b'{"code": "caf\xe9"}', "cannot be read"),
        (b"{not json", "cannot be read"),
        (b"[1, 2]", "cannot be read"),
        (b"[" * 100_000, "cannot be read"),
    ],
)
def test_what_is_no_seed_is_rejected_with_a_reason(tmp_path: Path, row: dict | bytes, reason: str) -> None:
    good = {"code": FUNCTION, "instruction": "Double it."}
    first, second = accepted(tmp_path, row, good)
    assert isinstance(first, Rejection) and first.reason == reason
    assert second["seed_id"] == "2"


def test_without_the_filter_a_text_is_enough(tmp_path: Path) -> None:
    (seed,) = accepted(tmp_path, {"instruction": "A document."}, seed_filter="none")
    assert seed["instruction"] == "A document."


def test_source_and_license_are_carried(tmp_path: Path) -> None:
    row = {"code": FUNCTION, "instruction": "x"}
    named, unnamed = accepted(tmp_path, row | {"license": "MIT", "source": "oss"}, row, license="Apache-2.0")
    assert (named["license"], named["source"]) == ("MIT", "oss")
    assert (unnamed["license"], unnamed["source"]) == ("Apache-2.0", "seeds.jsonl")


def test_compressed_and_parquet_files_are_read(tmp_path: Path) -> None:
    rows = [{"code": FUNCTION, "number": number} for number in range(3)]
    with gzip.open(tmp_path / "a.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "b.parquet")
    for name in ("a.jsonl.gz", "b.parquet"):
        assert [row["seed"]["number"] for row in read_seeds(config(tmp_path / name))] == [0, 1, 2]


def test_a_damaged_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    whole = gzip.compress(b'{"code": "x"}\n' * 1000)
    (tmp_path / "cut.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "x.parquet").write_bytes(b"nonsense")
    for name in ("cut.jsonl.gz", "x.parquet", "missing.jsonl"):
        with pytest.raises(ProblemError, match=name):
            list(read_seeds(config(tmp_path / name)))


def test_what_is_no_number_and_marks_of_editors_are_no_obstacle(tmp_path: Path) -> None:
    file = tmp_path / "seeds.jsonl"
    file.write_bytes(b'\xef\xbb\xbf{"id": "caf\xc3\xa9", "code": "def f(x):\\n    return x", "score": NaN}\n')
    (row,) = read_seeds(config(file, seed_filter="none"))
    assert row["seed"]["id"] == "café" and row["seed"]["score"] is None
