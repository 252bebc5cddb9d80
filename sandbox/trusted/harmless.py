"""Operations that the supervisor may apply to a program's answers itself: each takes bounded time and memory whatever
the values are. What might not is refused with NotSimple, and happens in a process with limits instead.
"""

from __future__ import annotations

import ast
import builtins
import math
import operator
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.wire import SECONDS_A_KEY, SECONDS_TO_PLACE_KEYS, WireError, fill


class NotSimple(Exception):
    """This test cannot be taken apart, statically or for the values that came back."""


def _set(items: Iterable[Any] = ()) -> set[Any]:
    members, chosen = set[Any](), list(items)
    try:
        fill(members, chosen, SECONDS_TO_PLACE_KEYS + SECONDS_A_KEY * len(chosen))
    except WireError as error:
        raise NotSimple(str(error)) from None
    return members


def _round(number: Any, digits: Any = None) -> Any:
    if digits is not None and (type(digits) is not int or abs(digits) > 400):
        raise NotSimple("rounding to many digits")
    return round(number, digits)


_HARMLESS: dict[str, Callable[..., Any]] = {
    name: getattr(builtins, name)
    for name in ("abs", "all", "any", "bool", "float", "len", "list", "max", "min",
                 "sorted", "sum", "tuple")
}  # fmt: skip
_HARMLESS_MATH: dict[str, Callable[..., Any]] = {
    name: getattr(math, name) for name in ("ceil", "floor", "isclose", "isnan", "sqrt")
}


_HARMLESS |= {"set": _set, "frozenset": lambda items=(): frozenset(_set(items)), "round": _round}


def harmless_function(func: ast.expr) -> Callable[..., Any]:
    if isinstance(func, ast.Name) and func.id in _HARMLESS:
        return _HARMLESS[func.id]
    if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and func.value.id == "math":
        function = _HARMLESS_MATH.get(func.attr)
        if function is not None:
            return function
    raise NotSimple("a call that is not known to be harmless")


_NUMBERS = (int, float, complex, bool)
_MAX_PRODUCT_BITS = 200_000


def _bits(value: Any) -> int:
    return value.bit_length() if isinstance(value, int) else 64


def _times(left: Any, right: Any) -> Any:
    """Numbers only, and no product too large to compute at once: `[0] * 10**9` belongs into a process with limits."""
    if type(left) not in _NUMBERS or type(right) not in _NUMBERS or _bits(left) + _bits(right) > _MAX_PRODUCT_BITS:
        if isinstance(left, str | list | tuple) and type(right) is int and len(left) * right <= 100_000:
            return left * right
        raise NotSimple("a product that may be large")
    return left * right


def _power(left: Any, right: Any) -> Any:
    if type(left) not in _NUMBERS or type(right) not in _NUMBERS or _bits(left) * max(1, abs(right)) > 20_000:
        raise NotSimple("a power that may be large")
    return left**right


def _modulo(left: Any, right: Any) -> Any:
    if type(left) not in _NUMBERS:
        raise NotSimple("string formatting")
    return left % right


def _is(left: Any, right: Any) -> bool:
    """Whether equal literals are one object is the compiler's affair."""
    if not any(side is single for side in (left, right) for single in (None, True, False)):
        raise NotSimple("identity of other things than None, True and False")
    return left is right


COMPARE: dict[type, Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.Is: _is, ast.IsNot: lambda left, right: not _is(left, right),
    ast.In: lambda left, right: left in right, ast.NotIn: lambda left, right: left not in right,
}  # fmt: skip
BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv,
    ast.Mult: _times, ast.Pow: _power, ast.Mod: _modulo,
}  # fmt: skip
UNARY: dict[type, Callable[[Any], Any]] = {ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Not: operator.not_}
