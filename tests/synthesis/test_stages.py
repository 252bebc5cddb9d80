"""Stages go on where they were, whatever a kill left of their files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from rlcode.synthesis.rejection import Rejection, Row
from rlcode.synthesis.stages import Stage, StageFiles, read_stage, run_stage

INPUTS: list[Row] = [{"number": number} for number in range(20)]


class Counting:
    """A stage that doubles even numbers, out of order, and counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.stage: Stage[int, int] = Stage("doubled", lambda row: [row["number"]], self._answer, self._conclude)

    def _answer(self, work: Sequence[int]) -> Iterator[tuple[int, int]]:
        for index in reversed(range(len(work))):
            self.asked.append(work[index])
            yield index, 2 * work[index]

    def _conclude(self, row: Row, answers: Sequence[int]) -> Row | Rejection:
        return Rejection("odd", str(row["number"])) if row["number"] % 2 else {"double": answers[0]}


def run(folder: Path, inputs: list[Row] = INPUTS) -> tuple[list[int], list[Row], list[Row]]:
    """What was asked, and what both files hold."""
    counting, files = Counting(), StageFiles(folder, "doubled")
    run_stage(counting.stage, lambda: inputs, files, rows_per_batch=3)
    return sorted(counting.asked), list(read_stage(files.kept)), list(read_stage(files.rejected))


def test_rows_keep_the_order_of_the_input(tmp_path: Path) -> None:
    _, kept, rejected = run(tmp_path)
    assert [row["double"] for row in kept] == list(range(0, 40, 4))
    assert [row["row"]["number"] for row in rejected] == list(range(1, 20, 2))
    assert {(row["stage"], row["reason"]) for row in rejected} == {("doubled", "odd")}


def test_a_finished_stage_does_nothing(tmp_path: Path) -> None:
    first = run(tmp_path)
    assert run(tmp_path) == ([], *first[1:])


@pytest.mark.parametrize("torn", ["doubled.jsonl", "doubled.rejected.jsonl"])
@pytest.mark.parametrize("share", [0, 0.3, 0.5, 0.99])
def test_wherever_a_file_ends_the_stage_comes_out_the_same(tmp_path: Path, torn: str, share: float) -> None:
    whole = run(tmp_path)
    content = (tmp_path / torn).read_bytes()
    (tmp_path / torn).write_bytes(content[: int(share * len(content))])
    asked, *files = run(tmp_path)
    assert files == list(whole[1:])
    assert asked == list(range(min(asked), 20))


def test_more_rows_at_the_end_of_the_input_are_added(tmp_path: Path) -> None:
    run(tmp_path, INPUTS[:15])
    asked, kept, _ = run(tmp_path)
    assert asked == [15, 16, 17, 18, 19] and len(kept) == 10


def test_from_a_changed_row_on_the_stage_is_done_again(tmp_path: Path) -> None:
    run(tmp_path)
    changed = [*INPUTS[:10], {"number": 100}, *INPUTS[11:]]
    asked, kept, _ = run(tmp_path, changed)
    assert asked == sorted([100, *range(11, 20)])
    assert kept == run(tmp_path / "anew", changed)[1]


def test_with_other_settings_the_stage_is_done_again(tmp_path: Path) -> None:
    counting, files = Counting(), StageFiles(tmp_path, "doubled")
    for settings in ({"least": 1}, {"least": 2}, {"least": 2}):
        run_stage(replace(counting.stage, settings=settings), lambda: INPUTS, files, rows_per_batch=3)
    assert sorted(counting.asked) == sorted([*range(20), *range(20)])


def test_rows_before_an_error_are_in_the_files(tmp_path: Path) -> None:
    counting, files = Counting(), StageFiles(tmp_path, "doubled")

    def fails(work: Sequence[int]) -> Iterator[tuple[int, int]]:
        yield from ((index, 2 * number) for index, number in enumerate(work[:5]))
        raise RuntimeError("the endpoint is gone")

    failing = Stage("doubled", counting.stage.ask, fails, counting.stage.conclude)
    with pytest.raises(RuntimeError):
        run_stage(failing, lambda: INPUTS, files, rows_per_batch=10)
    assert len(list(read_stage(files.kept))) + len(list(read_stage(files.rejected))) == 5
