"""Paid answers: on disk before they are used, found again, never lost."""

from __future__ import annotations

import errno
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reward.rows import RowError
from rlcode.synthesis.answer_file import AnswerFile, AnswersInUse
from rlcode.synthesis.teachers import Answer, Request

REQUEST = Request("questions", "1", (("user", "?"),))


def answer(number: int) -> Answer:
    return Answer(
        f"answer {number}\nwith é and \ud800", "stop", prompt_tokens=10, completion_tokens=number, dollars=0.5
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "answers.jsonl"
    with AnswerFile(path) as file:
        for number in range(3):
            file.put(f"key{number}", REQUEST, answer(number))
    return path


def test_answers_are_found_after_reopening(path: Path) -> None:
    with AnswerFile(path) as file:
        found = file.get("key1")
        assert found is not None
        assert (found.text, found.dollars) == ("answer 1\nwith é and ?", 0.5)
        assert file.get("key9") is None
        assert (file.spent.calls, file.spent.tokens, file.spent.dollars) == (3, 33, 1.5)


def test_a_torn_last_line_is_cut_off_and_the_rest_stays(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])
    with AnswerFile(path) as file:
        assert file.get("key1") and not file.get("key2")
        file.put("key3", REQUEST, answer(3))
    with AnswerFile(path) as file:
        assert file.get("key3") and file.spent.calls == 3


@pytest.mark.parametrize("damage", [None, b"not a database"])
def test_the_index_is_made_again_from_the_record(path: Path, damage: bytes | None) -> None:
    index = path.with_suffix(".index")
    index.unlink() if damage is None else index.write_bytes(damage * 100)
    with AnswerFile(path) as file:
        assert file.get("key2") and file.spent.calls == 3


def test_a_damaged_line_is_an_error_that_says_where(path: Path) -> None:
    path.with_suffix(".index").unlink()
    first, *others = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + b"???\n" + b"".join(others))
    with pytest.raises(RowError, match=f"at byte {len(first)}"):
        AnswerFile(path)


def test_a_second_writer_is_refused(path: Path) -> None:
    with AnswerFile(path), pytest.raises(AnswersInUse, match="being written by another process"):
        AnswerFile(path)


@contextmanager
def small_disk(size: int) -> Iterator[None]:
    """A limit on the size of files stands in for a full disk: a write fails in its middle. It is lifted within the
    test, for pytest may write to a file too."""
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_an_answer_that_does_not_fit_on_the_disk_leaves_the_file_whole(path: Path) -> None:
    whole = path.read_bytes()
    with AnswerFile(path) as file, small_disk(len(whole) + 100), pytest.raises(RowError, match="could not be written"):
        file.put("key3", REQUEST, Answer("x" * 1000))
    assert path.read_bytes() == whole


@pytest.fixture
def full_disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One on which there is no room but that which is kept in reserve."""
    write, reserve = os.write, path.with_suffix(".reserve")

    def write_if_there_is_room(descriptor: int, data: bytes) -> int:
        if reserve.exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data)

    monkeypatch.setattr("rlcode.synthesis.answer_file.os.write", write_if_there_is_room)


@pytest.mark.usefixtures("full_disk")
def test_on_a_full_disk_the_answers_under_way_are_kept_and_the_run_is_told_to_end(path: Path) -> None:
    with AnswerFile(path) as file:
        with pytest.raises(RowError, match="the disk is full"):
            file.put("key3", REQUEST, answer(3))
        file.put("key4", REQUEST, answer(4))
    with AnswerFile(path) as file:
        assert file.get("key3") and file.get("key4") and file.spent.calls == 5


def test_without_room_to_keep_in_reserve_nothing_is_begun(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(descriptor: int, offset: int, length: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("rlcode.synthesis.answer_file.os.posix_fallocate", no_room)
    with pytest.raises(RowError, match="no 16 MB for answers"):
        AnswerFile(path)
    assert not path.with_suffix(".reserve").exists()


def test_behind_an_answer_that_the_index_could_not_take_it_takes_no_other(path: Path) -> None:
    """The next start reads on from the last one in it: what is missing before that would be paid for again."""
    with AnswerFile(path) as file:
        file._index.execute("PRAGMA query_only=ON")
        with pytest.raises(RowError, match=r"answers\.index: .* make room"):
            file.put("key3", REQUEST, answer(3))
        file._index.execute("PRAGMA query_only=OFF")
        file.put("key4", REQUEST, answer(4))
    with AnswerFile(path) as file:
        assert file.get("key3") and file.get("key4") and file.spent.calls == 5
