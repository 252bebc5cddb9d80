"""When an answer is right."""

from __future__ import annotations

from collections import deque

import pytest

from sandbox.trusted.compare import compare_output, equals_json
from sandbox.wire import Array, Opaque


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        ((1, (2, 3)), [1, [2, 3]]),
        (deque([1]), [1]),
        (Array("int64", (2,), [1, 2]), [1, 2]),
        ({2: "a"}, {"2": "a"}),
        (0.1 + 0.2, 0.3),
        (2, 2.0),
        (float("nan"), float("nan")),
        (None, None),
    ],
)
def test_json_has_fewer_types_than_python(actual: object, expected: object) -> None:
    assert equals_json(actual, expected)


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        ([1, 2], [1, 2, 3]),
        ([1, 2, 3], [1, 2]),
        ({1, 2}, [1, 2]),
        ("1", 1),
        (float("nan"), 1.0),
        (10**400, 1.0),
        ({1: 0, "1": 0}, {"1": 0}),
        (Opaque("E"), 1),
        ([Opaque("E")], [1]),
        (None, False),
        (0.31, 0.3),
    ],
)
def test_what_differs_is_not_equal(actual: object, expected: object) -> None:
    assert not equals_json(actual, expected)


@pytest.mark.parametrize(
    ("actual", "expected"), [(b"1 2\n", b"1\n2"), (b"0.3333333", b"0.33333333"), (b"2", b"2.0"), (b"", b"\n")]
)
def test_outputs_are_compared_by_words(actual: bytes, expected: bytes) -> None:
    assert compare_output(actual, expected) == ""


@pytest.mark.parametrize(
    ("actual", "expected", "message"),
    [
        (b"1", b"1 2", "ends after 1 of 2"),
        (b"1 2 3", b"1 2", "3 words, expected 2"),
        (b"YES", b"Yes", "word 1"),
        (b"1.0", b"1", "word 1"),
        (b"nan", b"0.5", "word 1"),
        (b"1\x00", b"1", "word 1"),
        (b"", b"1", "ends after 0"),
    ],
)
def test_a_difference_in_output_is_said(actual: bytes, expected: bytes, message: str) -> None:
    assert message in compare_output(actual, expected)
