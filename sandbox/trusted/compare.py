"""When an answer is right: pure functions over plain values and bytes, run outside the jail."""

from __future__ import annotations

import math
import re
from collections import deque
from typing import Any

from sandbox.types import shorten
from sandbox.wire import Array

RELATIVE_TOLERANCE = 1e-6
ABSOLUTE_TOLERANCE = 1e-6
_DECIMAL = re.compile(rb"[+-]?(\d{0,200}\.\d{1,200})([eE][+-]?\d{1,4})?\Z")  # `12.` may be the end of a sentence
_NUMBER = re.compile(rb"[+-]?(\d{1,200}\.?\d{0,200}|\.\d{1,200})([eE][+-]?\d{1,4})?\Z")


def equals_json(actual: Any, expected: Any) -> bool:
    """Whether a decoded value equals a JSON value.

    JSON has one kind of sequence and string keys only, so tuples, deques and arrays count as lists and keys are
    compared the way JSON writes them. Numbers are compared as Python does; an expected float allows 1e-6, relative or
    absolute.
    """
    if isinstance(expected, list):
        items = _as_list(actual)
        return items is not None and len(items) == len(expected) and all(map(equals_json, items, expected))
    if isinstance(expected, dict):
        if not isinstance(actual, dict) or len(actual) != len(expected):
            return False
        named = {_json_key(key): value for key, value in actual.items()}
        return len(named) == len(actual) and all(
            key in named and equals_json(named[key], value) for key, value in expected.items()
        )
    if isinstance(actual, Array) and actual.shape == ():
        actual = actual.items
    if isinstance(expected, float):
        return type(actual) in (int, float) and _close(actual, expected)
    if expected is None or isinstance(expected, str):
        return type(actual) is type(expected) and actual == expected
    return type(actual) in (bool, int, float) and actual == expected


def _as_list(value: Any) -> list[Any] | None:
    if isinstance(value, (list, tuple, deque)):
        return list(value)
    if isinstance(value, Array) and value.shape:
        return list(value.items)
    return None


def _json_key(key: Any) -> Any:
    """A dict key as `json.dumps` would write it; keys it refuses stay as they are and match nothing."""
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    if isinstance(key, int):
        return str(key) if key.bit_length() < 10_000 else key
    return repr(key) if isinstance(key, float) else key


def _close(actual: float, expected: float) -> bool:
    if math.isnan(expected):
        return actual != actual
    try:
        return math.isclose(actual, expected, rel_tol=RELATIVE_TOLERANCE, abs_tol=ABSOLUTE_TOLERANCE)
    except OverflowError:  # an int too large for a float
        return False


def compare_output(actual: bytes, expected: bytes) -> str:
    """Empty when two outputs agree token by token, else a sentence saying where they part.

    Tokens are separated by ASCII white space, as contest checkers do; both must have the same number of them. A token
    equals another when the bytes are equal, or when the expected one is a decimal fraction and they differ by 1e-6.
    """
    got, wanted = actual.split(), expected.split()
    for index, (left, right) in enumerate(zip(got, wanted, strict=False)):
        if left != right and not _decimal_tokens_close(left, right):
            return f"output differs at word {index + 1}: got {_show(left)}, expected {_show(right)}"
    if len(got) < len(wanted):
        return f"output ends after {len(got)} of {len(wanted)} words; next expected {_show(wanted[len(got)])}"
    if len(got) > len(wanted):
        return f"output has {len(got)} words, expected {len(wanted)}; first extra one {_show(got[len(wanted)])}"
    return ""


def _decimal_tokens_close(actual: bytes, expected: bytes) -> bool:
    if not _DECIMAL.match(expected) or not _NUMBER.match(actual):
        return False
    left, right = float(actual), float(expected)
    return left == right or math.isclose(left, right, rel_tol=RELATIVE_TOLERANCE, abs_tol=ABSOLUTE_TOLERANCE)


def _show(token: bytes) -> str:
    return repr(shorten(token[:400].decode("utf-8", "replace"), 60))


def show(value: Any, limit: int = 80) -> str:
    """A short repr for a message. The value may be large or hostile, but it is made of plain types."""
    try:
        return shorten(repr(_cut(value, 3)), limit)
    except ValueError:  # an int with too many digits to print
        return f"<{type(value).__name__} too large to print>"


def _cut(value: Any, depth: int) -> Any:
    """The beginning of a value, so that printing costs little however large it is."""
    if isinstance(value, str | bytes):
        return value[:200]
    if isinstance(value, list | tuple):
        return type(value)(_cut(item, depth - 1) for item in value[:40]) if depth else type(value)()
    return value
