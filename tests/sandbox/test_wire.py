"""The language of the jail: what goes through it unchanged, and what it refuses."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter, OrderedDict, defaultdict, deque

import pytest

from sandbox.wire import Opaque, WireError, decode, dump_frame, encode, parse_body, read_frame, write_all


@pytest.mark.parametrize(
    "value",
    [
        None, True, 3, -(10**40), 1.5, 1.0, float("inf"), "ä\ud800\0", b"\0\xff", 2 + 3j,
        [1, (2, {3}), frozenset([4])], {(1, 2): [3], None: {}}, deque([1]), Counter("aab"), OrderedDict([(1, 2)]),
    ],
)  # fmt: skip
def test_plain_values_come_out_as_they_went_in(value: object) -> None:
    result = decode(encode(value))
    assert result == value and type(result) is type(value)


def test_a_defaultdict_keeps_its_factory() -> None:
    result = decode(encode(defaultdict(list, {1: [2]})))
    assert result == {1: [2]} and result[5] == []


def test_a_subclass_is_sent_as_what_it_holds() -> None:
    class Liar(int):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = int.__hash__

    class LyingList(list):
        def __iter__(self):
            return iter([1, 2, 3])

    assert encode(Liar(7)) == 7
    assert encode(LyingList([9])) == ["L", 9]


def test_other_objects_become_opaque_and_equal_nothing() -> None:
    result = decode(encode(object()))
    assert isinstance(result, Opaque) and result != result


@pytest.mark.parametrize(
    "data",
    [
        {}, [], [1], ["i", "zz"], ["i", "f" * 10**6], ["f", "1"], ["S", ["L"]], ["D", 1], ["A", "i", [2], 1],
        ["b", "é"],
        ["A", "i", [10**9, 10**9]],
        ["L", *[["A", "i", [200_000, 0]]] * 20], ["L", *[["q"]] * 60_000],
        ["N", "P", ["x"]], ["c", 1, 2], ["D", ["S"], 1], ["d"], ["L", {}],
    ],
)  # fmt: skip
def test_nonsense_is_refused(data: object) -> None:
    with pytest.raises(WireError):
        decode(data)


def test_a_frame_is_read_in_whatever_pieces_it_comes() -> None:
    there, here = os.pipe()
    frame = dump_frame(["L", *range(100_000)])

    def write_in_pieces() -> None:
        for piece in (frame[:1], frame[1:4], frame[4:5], frame[5:5000], frame[5000:]):
            write_all(here, piece)
            time.sleep(0.01)
        os.close(here)

    writer = threading.Thread(target=write_in_pieces)
    writer.start()
    assert read_frame(there, len(frame)) == frame[4:]
    assert read_frame(there, len(frame)) is None
    writer.join()
    os.close(there)


@pytest.mark.parametrize("body", [b"", b"1 2", b" ", b"{}{}", b"nul", b"\xff", b"[1,", b"9" * 5000])
def test_what_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(WireError):
        parse_body(body)


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(WireError):
        decode(parse_body(b'["L",' * 500 + b"1" + b"]" * 500))
    with pytest.raises(WireError):
        parse_body(b"[" * 100_000)


@pytest.mark.parametrize(
    "members",
    [
        [["i", hex(k * (2**61 - 1))] for k in range(1, 50_000)],
        [["c", -1000003.0 * k, float(k)] for k in range(50_000)],
    ],
)
def test_members_chosen_to_collide_cost_no_time(members: list) -> None:
    start = time.process_time()
    with pytest.raises(WireError):
        decode(["S", *members])
    assert time.process_time() - start < 1
