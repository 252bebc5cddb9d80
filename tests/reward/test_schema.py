"""Rows of judged samples and pairs: what is read, what survives, and what a wrong row is told."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reward.rows import RowError, write_rows
from reward.schema import JudgedSample, Pair, read_pairs, read_samples, write_pairs, write_samples

ACECODE_ROW = {"instruction": "Add two numbers.", "input": "", "chosen": "a + b", "rejected": "a - b", "id": 7}


def sample(**changes: object) -> JudgedSample:
    row = {
        "problem_id": "p",
        "question": "Add two numbers.",
        "index": 0,
        "program": "def add(a, b):\n    return a + b\n",
        "outcome": "failed",
        "pass_vector": ["passed", "timeout"],
        "complete": True,
        "test_set": "0123",
        "pass_rate": 0.5,
        **changes,
    }
    return JudgedSample(**row)  # type: ignore[arg-type]


def test_a_plain_acecode_row_is_a_pair_without_a_margin(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text(json.dumps(ACECODE_ROW) + "\n")

    (pair,) = read_pairs(path)

    assert (pair.user_text, pair.chosen, pair.rejected, pair.id) == ("Add two numbers.", "a + b", "a - b", 7)
    assert pair.margin is None


def test_an_input_follows_the_instruction() -> None:
    assert Pair("Add them.", "a", "b", input="1, 2").user_text == "Add them.\n1, 2"


def test_acecode_pairs_are_read_as_they_are_released_in_parquet(tmp_path: Path) -> None:
    path = tmp_path / "train.parquet"
    pq.write_table(pa.Table.from_pylist([ACECODE_ROW, {**ACECODE_ROW, "id": 8}]), path)
    assert [pair.id for pair in read_pairs(path)] == [7, 8]


def test_pairs_and_unknown_fields_survive_a_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    pairs = [
        Pair("i", "c", "r", id=1, problem_id="p", chosen_pass_rate=1.0, rejected_pass_rate=0.25, extra={"note": [1]}),
        Pair("ü\ud800", "c", "r"),
    ]
    write_pairs(pairs, path)
    first, second = read_pairs(path)
    assert first == pairs[0] and first.margin == 0.75
    assert second.instruction == "ü?"  # a lone surrogate has no place in UTF-8


def test_samples_and_unknown_fields_survive_a_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    samples = [sample(extra={"teacher": "x"}), sample(index=1, pass_rate=None, complete=False, outcome="infra_error")]
    write_samples(samples, path)
    assert read_samples(path) == samples


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({**ACECODE_ROW, "chosen": None}, "field 'chosen' must be text, not NoneType"),
        ({"instruction": "i", "rejected": "r"}, "field 'chosen' is missing"),
        ({**ACECODE_ROW, "chosen_pass_rate": "high"}, "field 'chosen_pass_rate' must be a number or null, not str"),
        ({**ACECODE_ROW, "id": True}, "field 'id' must be a number or text, not bool"),
        (["no object"], "a row is a JSON object"),
    ],
)
def test_a_wrong_row_is_named_by_file_and_line(tmp_path: Path, row: object, said: str) -> None:
    path = tmp_path / "pairs.jsonl.gz"
    with gzip.open(path, "wt") as file:
        file.write(json.dumps(ACECODE_ROW) + "\n" + json.dumps(row) + "\n")
    with pytest.raises(RowError) as caught:
        read_pairs(path)
    assert str(caught.value).startswith(f"{path} line 2: ") and said in str(caught.value)


def test_a_file_of_samples_is_no_file_of_pairs(tmp_path: Path) -> None:
    write_samples([sample()], tmp_path / "samples.jsonl")
    with pytest.raises(RowError, match="field 'instruction' is missing"):
        read_pairs(tmp_path / "samples.jsonl")


def test_rows_that_a_full_disk_has_no_room_for_are_named_and_leave_nothing(tmp_path: Path) -> None:
    (tmp_path / ".rows.jsonl.tmp").symlink_to("/dev/full")
    with pytest.raises(OSError, match=r"No space left on device: .*rows\.jsonl"):
        write_rows([{"a": 1}], tmp_path / "rows.jsonl")
    assert list(tmp_path.iterdir()) == []
