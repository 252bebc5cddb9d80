"""What numpy takes for equal though it need not be: the program could answer with it in place of what is expected."""

from __future__ import annotations

import argparse
import array
import collections
import sys
import types
from typing import Any

from sandbox.inside.remote import RemoteObject

# Classes whose objects cross as what they hold.
VIEWS: tuple[type, ...] = (type({}.keys()), type({}.values()), type({}.items()))
NAMESPACES: dict[str, type] = {kind.__name__: kind for kind in (types.SimpleNamespace, argparse.Namespace)}


def equals_too_much(answer: Any) -> bool:
    """A numpy value equal to too much: without elements `all()` is true; float16 and large float32 round what they are
    compared with."""
    kind = answer.dtype
    if kind.names:
        return any(equals_too_much(answer[name]) for name in kind.names)
    # Above that, neighbouring integers are one number.
    is_large = kind.name in ("float32", "complex64") and not (abs(answer) < 2**24).all()
    return bool(answer.size == 0 or is_large or kind.name == "float16")


def is_of_few_bits(kind: Any) -> bool:
    """The same of a numpy type, which a test may give what it expects."""
    return kind.base.name == "float16" or any(is_of_few_bits(kind[name]) for name in kind.names or ())


def takes_its_precision(kind: type) -> bool:
    """Whether a numpy class gives numbers less precision than they had (float32), or is not compared element by element
    (ndarray)."""
    numpy = sys.modules.get("numpy")
    if numpy is None or not issubclass(kind, (numpy.ndarray, numpy.generic)):
        return False
    exact = (numpy.bool_, numpy.integer, numpy.float64, numpy.complex128, numpy.character, numpy.datetime64)
    return not issubclass(kind, exact)


def has_an_empty_part(answer: Any) -> bool:
    """Whether it is a sequence without items, or has one in it: as an array it is `all()` of anything."""
    if type(answer) is RemoteObject:
        answer = object.__getattribute__(answer, "_plain")
    if type(answer) in NAMESPACES.values():
        answer = vars(answer)
    if isinstance(answer, dict):
        answer = answer.items()
    if type(answer) in (set, frozenset, *VIEWS) or isinstance(answer, (list, tuple, collections.deque)):
        return not answer or any(map(has_an_empty_part, answer))
    if type(answer).__name__ == "ndarray" and answer.dtype.hasobject:
        return any(map(has_an_empty_part, answer.flat))
    return isinstance(answer, (range, array.array, bytes, bytearray)) and not answer


def selects_nothing(index: Any) -> bool:
    """Whether an array has, or may have, nothing at this index, or at one in it: `a[False]` has no row."""
    if isinstance(index, dict):
        index = (*index.values(),)
    if isinstance(index, (list, tuple)) and not all(type(part) is bool for part in index):
        return any(map(selects_nothing, index))
    if getattr(getattr(index, "dtype", None), "kind", "") == "b":
        return not index.any()
    return index is False or isinstance(index, slice) or (isinstance(index, (list, tuple)) and not any(index))


def has_many_parts(answer: Any) -> bool:
    """Whether some part of it may be equal to something, where one number is wanted."""
    return getattr(answer, "size", 0) > 1 or (isinstance(answer, (list, tuple)) and len(answer) > 1)
