"""Hostile bytes against the decoder, arbitrary code against the taker-apart: only documented errors, in bounded time.

`fuzz_atheris.py` beside this file runs the same properties for as long as one likes, guided by coverage.
"""

from __future__ import annotations

import json
import math
import random
import time
import tracemalloc
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox import Test
from sandbox.trusted.compare import compare_output, equals_json, show
from sandbox.trusted.take_apart import (
    Apart,
    CallRaised,
    NotSimple,
    Report,
    take_apart_assert,
    take_apart_call,
    take_apart_check,
)
from sandbox.wire import FrameReader, WireError, decode, dump_frame, encode, parse_body

settings.register_profile("sandbox", deadline=2000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("sandbox")

TAGS = ["L", "T", "S", "Z", "D", "q", "C", "O", "d", "N", "A", "i", "f", "c", "b", "B", "X", "x", "", "LL", "__class__"]
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from([*TAGS, "nan", "-inf", "0x" + "f" * 50, "-0x1", "AAAA", "int", "list", "float64", 2**61 - 1, -1])
)  # fmt: skip
wire_like = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.tuples(st.sampled_from(TAGS), st.lists(inner, max_size=5)).map(lambda pair: [pair[0], *pair[1]])
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=40,
)

numbers = st.booleans() | st.integers() | st.floats() | st.complex_numbers()
keys = st.recursive(
    numbers | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3),
    max_leaves=4,
)
plain = st.recursive(
    st.none() | numbers | st.text(max_size=10) | st.binary(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.sets(keys, max_size=4)
        | st.dictionaries(keys, inner, max_size=4)
        | st.lists(inner, max_size=3).map(deque)
        | st.dictionaries(keys, inner, max_size=3).map(OrderedDict)
        | st.dictionaries(keys, st.integers(), max_size=3).map(Counter)
        | st.dictionaries(keys, st.lists(inner, max_size=2), max_size=3).map(lambda d: defaultdict(list, d))
    ),
    max_leaves=15,
)


def read(body: bytes) -> Any:
    """The value in a frame's body, or None when it is refused."""
    try:
        return decode(parse_body(body))
    except WireError:
        return None


# ------------------------------------------------------------------------------------------------------------- decoder


@given(st.binary(max_size=500))
def test_arbitrary_bytes_are_a_value_or_refused(body: bytes) -> None:
    read(body)


@given(wire_like)
def test_arbitrary_json_is_a_value_or_refused(data: Any) -> None:
    value = read(json.dumps(data).encode())
    show(value)
    repr(value)
    encode(value)


@given(plain)
def test_honest_values_survive_the_wire_with_their_types(value: Any) -> None:
    arrived = decode(json.loads(json.dumps(encode(value))))
    assert repr(arrived) == repr(value) or _same(arrived, value)


def _same(left: Any, right: Any) -> bool:
    """Equal in type and value, nan being itself; the order of sets is not a value."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return len(left) == len(right) and all(
            any(_same(k, other) and _same(v, right[other]) for other in right) for k, v in left.items()
        )
    if isinstance(left, (set, frozenset)):
        return len(left) == len(right) and all(any(_same(item, other) for other in right) for item in left)
    if isinstance(left, (list, tuple, deque)):
        return len(left) == len(right) and all(map(_same, left, right))
    return left == right or repr(left) == repr(right)


@given(st.lists(st.binary(max_size=200), max_size=20), st.integers(1, 1000))
def test_frame_reader_keeps_no_more_than_one_frame(chunks: list[bytes], max_bytes: int) -> None:
    reader = FrameReader(max_bytes)
    try:
        for chunk in chunks:
            assert all(len(body) <= max_bytes for body in reader.feed(chunk))
            assert len(reader.buffer) <= max_bytes + 4
    except WireError:
        pass


@given(st.lists(st.integers() | st.text(max_size=5), max_size=8), st.randoms(use_true_random=False))
def test_frames_cut_anywhere_arrive_whole(messages: list[Any], randomness: random.Random) -> None:
    stream = b"".join(map(dump_frame, messages))
    reader, arrived = FrameReader(1000), []
    while stream:
        cut = randomness.randint(1, len(stream))
        arrived += [parse_body(body) for body in reader.feed(stream[:cut])]
        stream = stream[cut:]
    assert arrived == messages


def complex_numbers_of_one_hash(count: int) -> list[Any]:
    """hash(c) is hash(c.real) + 1000003 * hash(c.imag), which is 0 for each of these."""
    return ["S", *[["c", -1000003.0 * n, float(n)] for n in range(count)]]


def tuples_of_one_hash(count: int) -> list[Any]:
    """CPython's tuple hash is unkeyed and, lane by lane, invertible: the second item is solved for."""
    mask, prime_1, prime_2, prime_5 = (1 << 64) - 1, 11400714785074694791, 14029467366897019727, 2870177450012600261

    def lane(state: int, value: int) -> int:
        state = (state + value * prime_2) & mask
        return ((state << 31 | state >> 33) & mask) * prime_1 & mask

    wanted, first = lane(lane(prime_5, 1), 2), 0
    found: list[Any] = []
    while len(found) < count:
        first += 1
        turned = wanted * pow(prime_1, -1, 1 << 64) & mask
        second = ((turned >> 31 | turned << 33) - lane(prime_5, first)) * pow(prime_2, -1, 1 << 64) & mask
        signed = second - (1 << 64) if second >> 63 else second
        if abs(signed) < (1 << 61) - 1:
            found.append(["T", first, ["i", hex(signed)]])
    return ["S", *found]


def keys_of_one_path(count: int) -> list[Any]:
    """A dict looks for a free place at 5 * place + 1 once a number's higher bits are used up. Most of these are their
    own places along that path, one after the other; the rest begin near its start and have to follow it to its end."""
    size = 1 << (count * 3 // 2).bit_length()
    block, mask, place = size * 6 // 10, size - 1, 0
    order: dict[int, int] = {}
    while len(order) < block:
        order[place] = len(order)
        place = (5 * place + 1) & mask
    keys, number = [*order], 4 * size
    while len(keys) < size * 2 // 3 - 10:
        number += 1
        rest, place = number, number & mask
        while rest and place in order:
            rest >>= 5
            place = (5 * place + rest + 1) & mask
        if not rest and order.get(place, block) < block // 3:
            keys.append(number)
    return ["D", *[item for key in keys for item in (key, 0)]]


COSTLY: dict[str, Callable[[int], Any]] = {
    "path": keys_of_one_path,
    "complex": complex_numbers_of_one_hash,
    "tuples": tuples_of_one_hash,
    "big-ints": lambda n: ["S", *[["i", hex((2**61 - 1) * k)] for k in range(n)]],
    "keys": lambda n: ["D", *[item for k in range(n) for item in (["T", ["c", -1000003.0 * k, float(k)]], 0)]],
    "empty-array": lambda n: ["A", "int64", [0, n]],
    "array": lambda n: ["A", "int64", [1, n, 1], *range(n)],
    "deep-array": lambda n: ["A", "int64", [*[1] * 31, n], *range(n)],
    "int": lambda n: ["i", "0x" + "f" * n],
    "bytes": lambda n: ["b", "A" * n],
    "untagged": lambda n: [["L"]] * n,
    "wide": lambda n: ["L", *[["L"]] * n],
}


@pytest.mark.parametrize("name", COSTLY)
def test_costly_values_take_time_in_proportion_to_their_size(name: str) -> None:
    """Ten times the value may take ten times the time; what grows with the square would take a hundred times."""
    small, large = (cpu_seconds_to_read(COSTLY[name](count)) for count in (2_000, 20_000))
    assert large < 30 * small + 0.05


LARGEST = {
    "path": 80_000, "complex": 40_000, "tuples": 20_000, "big-ints": 40_000, "keys": 20_000, "empty-array": 10**6,
    "int": 900_000, "bytes": 10**6, "untagged": 100_000, "wide": 190_000,
}  # fmt: skip


@pytest.mark.parametrize("name", LARGEST)
def test_the_largest_values_are_read_or_refused_quickly(name: str) -> None:
    assert cpu_seconds_to_read(COSTLY[name](LARGEST[name])) < 3.0


def cpu_seconds_to_read(data: Any, repeats: int = 3) -> float:
    """The least of a few measurements: another program can only add to it."""
    body = json.dumps(data).encode()
    measured = []
    for _ in range(repeats):
        start = time.process_time()
        read(body)
        measured.append(time.process_time() - start)
    return min(measured)


def test_deep_json_is_refused() -> None:
    assert read(b"[" * 500_000) is None
    assert read(b'["L",' * 200_000 + b"1" + b"]" * 200_000) is None


@pytest.mark.parametrize(
    "data", [["L", *[0] * 199_000], ["S", *range(199_000)], ["D", *range(198_000)], ["L", "x" * 1_000_000]]
)
def test_memory_of_a_decoded_value_is_bounded(data: Any) -> None:
    body = json.dumps(data).encode()
    tracemalloc.start()
    try:
        read(body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64 * 2**20


# ------------------------------------------------------------------------------------------------------- taking apart

ATOMS = ["f(1)", "f([1, 2])", "f(x=3)", "g()", "1", "2.5", "-1", "'ab'", "[]", "[1, 2]", "(1,)", "{1, 2}", "{'a': 1}",
         "None", "True", "math.inf", "f", "f()()", "f(f(1))", "Solution().run(3)", "10 ** 10 ** 10"]  # fmt: skip
OPERATORS = ["+", "-", "*", "/", "//", "%", "**", "==", "!=", "<", "in", "not in", "is", "and", "or"]
FUNCTIONS = ["abs", "len", "sorted", "sum", "set", "list", "round", "all", "max", "not ", "-"]
expressions = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(OPERATORS), inner).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(st.sampled_from(FUNCTIONS), inner).map(lambda parts: f"{parts[0]}({parts[1]})"),
        st.tuples(inner, inner).map(lambda parts: f"{parts[0]}[{parts[1]}]"),
        st.tuples(inner, inner).map(lambda parts: f"[{parts[0]}, {parts[1]}]"),
    ),
    max_leaves=6,
)
small = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats() | st.sampled_from(["", "ab", "a"]),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner) | st.dictionaries(st.integers(0, 2), inner),
    max_leaves=5,
)


def apart_or_none(code: str) -> Apart | None:
    try:
        return take_apart_assert(code)
    except NotSimple:
        return None


@given(st.text(max_size=200) | st.text("()[]{}:=,.*\n\\'\"0xassert fdef lambda", max_size=200))
def test_arbitrary_text_is_taken_apart_or_not_simple(code: str) -> None:
    apart_or_none(code)
    for check in (code, f"def check(candidate):\n    {code}"):
        with suppress(NotSimple):
            take_apart_check(check, "f")


@given(expressions, plain)
@settings(max_examples=300)
def test_any_answer_to_any_assert_gives_a_verdict(expression: str, answer: Any) -> None:
    """Whatever the jail claims, verifying ends in a message or in one of the two documented exceptions."""
    apart = apart_or_none(f"assert {expression}")
    if apart is None:
        return
    with suppress(NotSimple, CallRaised):
        assert isinstance(apart.verify([Report(answer)] * len(apart.calls)), str)


@pytest.mark.filterwarnings("ignore::SyntaxWarning")  # of the expressions made up
@given(expressions, small)
@settings(max_examples=500)
def test_taken_apart_means_what_python_means(expression: str, answer: Any) -> None:
    """An assert evaluated outside passes exactly when Python would have passed it."""
    code = f"assert {expression}"
    apart = apart_or_none(code)
    if apart is None:
        return
    try:
        passed = apart.verify([Report(answer)] * len(apart.calls)) == ""
    except NotSimple:
        return
    assert passed == _python_passes(code, answer)


def _python_passes(code: str, answer: Any) -> bool:
    class Solution:
        def run(self, *args: Any) -> Any:
            return answer

    namespace = {"f": lambda *_, **__: answer, "g": lambda: answer, "Solution": Solution, "math": math}
    try:
        exec(code, namespace)
    except Exception:
        return False
    return True


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(st.lists(json_values, max_size=3), json_values, plain)
def test_any_answer_to_any_call_test_gives_a_verdict(args: list[Any], expected: Any, answer: Any) -> None:
    apart = take_apart_call(Test(kind="call", entry="f", args=args, expected=expected))
    assert isinstance(apart.verify([Report(answer)]), str)


@given(json_values)
def test_a_json_value_equals_itself_and_nothing_of_another_shape(value: Any) -> None:
    assert equals_json(json.loads(json.dumps(value)), value)
    assert not equals_json([value], value)
    assert not equals_json(value, [value])


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_two_outputs_are_compared(left: bytes, right: bytes) -> None:
    assert isinstance(compare_output(left, right), str)
    assert compare_output(left, left) == ""
