"""Lists, dicts and so on that a test and its program both have: each has a copy, and is told what the other changed.

Both know such a pair by a number, an even one where the test made it. Only whole arguments and answers have one; what
is inside of them is told with them, and is no pair of its own. The test's side says which are to be forgotten.
"""

from __future__ import annotations

import itertools
import json
import marshal
import re
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.wire import WireError

MOST_HELD = 16
MOST_BYTES_HELD = 64 << 10
_MUTABLE = (list, dict, set, bytearray, deque, Counter, OrderedDict, defaultdict)


_LENT = re.compile(r'\["[uy]", (\d+)')  # references to the test's objects: u when sent, y when given back


def is_mutable(value: Any) -> bool:
    kind = type(value)
    return kind in _MUTABLE or (kind.__name__ == "ndarray" and kind.__module__ == "numpy")


@dataclass
class Held:
    value: Any
    mark: bytes | str  # of what both copies held when they were last the same
    lost: bool = False  # whether an object of the test's was taken out by the program


def _references(held: Held) -> int:
    return sys.getrefcount(held.value)


_HELD_BY_NOBODY_ELSE = _references(Held([], b""))


class Copies:
    """One side's end of all pairs."""

    def __init__(self, first: int, encode: Callable[[Any], Any], decode: Callable[[Any], Any]) -> None:
        self.encode, self.decode = encode, decode
        self.numbers = itertools.count(first, 2)
        self.last = -1 - first  # last number given there
        self.held: dict[int, Held] = {}
        self.kept: set[int] = set()  # constants: forgetting the others would tell which the test has

    def hand_over(self, value: Any) -> Any:
        """The form of an argument or answer: ["h", number] where the other side has its copy, with the content where
        it gets one now."""
        if not is_mutable(value):
            return self.encode(value)
        if (known := self._number_of(value)) is not None:
            return ["h", known]
        form = self.encode(value)
        number = next(self.numbers)
        self.held[number] = Held(value, self._mark_of(value))
        return ["h", number, form]

    def _number_of(self, value: Any) -> int | None:
        return next((number for number, held in self.held.items() if held.value is value), None)

    def keep(self, value: Any) -> None:
        if (number := self._number_of(value)) is not None:
            self.kept.add(number)

    def has_others(self, number: int) -> bool:
        """Whether anybody else here has this copy."""
        return number in self.held and _references(self.held[number]) > _HELD_BY_NOBODY_ELSE

    def take(self, data: Any) -> Any:
        """What the other side handed over. Raises WireError where it makes no sense."""
        number = number_in(data)
        if number is None:
            return self.decode(data)
        if len(data) == 2:
            if number not in self.held:
                raise WireError("a copy that was never handed over")
            return self.held[number].value
        value = self.decode(data[2])
        if number <= self.last or (number - self.last) % 2 or not is_mutable(value):
            raise WireError("a copy of what has none")
        self.last = number
        self.held[number] = Held(value, self._mark_of(value))
        return value

    def changes(self, of_large_ones: bool = False) -> list[Any]:
        """[number, form] of the copies that have changed on this side. To look at large ones takes long; they are
        followed to the end of the call that was given them."""
        changed = []
        for number, held in list(self.held.items()):  # reading one may run what the program wrote
            if len(held.mark) > MOST_BYTES_HELD and not of_large_ones:
                continue
            mark = self._mark_of(held.value)
            if mark != held.mark:
                held.mark = mark
                changed.append([number, self.encode(held.value)])
        return changed

    def apply(self, changed: Any) -> Iterator[tuple[int, bool]]:
        """Do what the other side changed. Gives the number of each copy still in use here, and whether an object of the
        test's in it gave way to one of the program's."""
        for number, form in changed if type(changed) is list else ():
            held = self.held.get(number)
            if held is None:
                continue
            is_had, before, after = self.has_others(number), held.mark, json.dumps(form)
            held.lost |= isinstance(before, str) and bool({*_LENT.findall(before)}.difference(_LENT.findall(after)))
            try:
                copy_into(held.value, self.decode(form))
                held.mark = self._mark_of(held.value)
            except ValueError:  # an array of another shape, or one that cannot be written to
                self.drop([number])
            if is_had:
                yield number, held.lost and '["m", ' in after

    def forget(self, but: set[int]) -> list[int]:
        """Drop what nobody else here has any more, and what would take long to follow; gives the numbers."""
        old = list(self.held)[:-MOST_HELD]
        found = [
            number
            for number, held in self.held.items()
            if len(held.mark) > MOST_BYTES_HELD or number in old or not (number in self.kept or self.has_others(number))
            if number not in but
        ]
        self.drop(found)
        return found

    def drop(self, numbers: list[int]) -> None:
        for number in numbers:
            self.held.pop(number, None)

    def _mark_of(self, value: Any) -> bytes | str:
        """Differs when the content does. `marshal`, in a version that does not count references, is fast and knows
        built-in values only."""
        try:
            if type(value) in (list, dict, set, bytearray):
                return marshal.dumps(value, 2)
            if type(value).__name__ == "ndarray" and not value.dtype.hasobject:
                return bytes(value.tobytes())
        except ValueError:
            pass
        return json.dumps(self.encode(value))


def number_in(form: Any) -> int | None:
    """By which a form that `hand_over` made is known."""
    return form[1] if type(form) is list and len(form) > 1 and form[0] == "h" and type(form[1]) is int else None


def numbers_in(forms: list[Any]) -> set[int]:
    return {number for form in forms if (number := number_in(form)) is not None}


def copy_into(target: Any, value: Any) -> None:
    """Give a mutable value another content in place, and what is inside of it where that is still of the same kind."""
    if isinstance(target, list):
        target[:] = map(_renewed, target, value) if len(target) == len(value) else value
    elif isinstance(target, bytearray):
        target[:] = value
    elif isinstance(target, dict):
        renewed = {key: _renewed(target.get(key), item) for key, item in value.items()}
        target.clear()
        target.update(renewed)
    elif isinstance(target, set):
        target.clear()
        target.update(value)
    elif hasattr(target, "extend"):
        target.clear()
        target.extend(value)
    else:
        target[...] = value


def _renewed(old: Any, new: Any) -> Any:
    if type(old) is not type(new) or not isinstance(new, (list, dict)):
        return new
    copy_into(old, new)
    return old
