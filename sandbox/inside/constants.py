"""Constants of the program's: a test may name one before it has the answer that it compares with it, as in a row of
`parametrize`. So that the program does not learn which, what is asked of one is asked of all that are like it, always
in the same order.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from sandbox.inside.remote import RemoteObject, is_instance_there, number_of

_OF_OBJECTS = frozenset(("getattr", "hash", "str", "repr", "format"))
MOST_NAMES = 200


class Constants:
    def __init__(self, ask: Callable[..., Any]) -> None:
        self.ask = ask
        # By the number of a class (-1 is the program) and a name in it, or the number of an object and None.
        self.places: dict[tuple[int, str | None], tuple[list[tuple[Any, ...]], int]] = {}

    def hide(self, owner: RemoteObject | None, names: list[str]) -> None:
        """Those of a class, or of the program itself, with these names."""
        what, before = ("module", ()) if owner is None else ("getattr", (owner,))
        crowd = [(*before, name) for name in names]
        self._add([(number_of(owner), name) for name in names], crowd)
        found: dict[int, RemoteObject] = {}
        for asked in crowd:
            with contextlib.suppress(Exception):
                value = self.ask(what, *asked)
                found |= {number_of(value): value} if is_instance_there(value) else {}
        self._add([(number, None) for number in found], [(value,) for value in found.values()])

    def _add(self, keys: list[tuple[int, Any]], crowd: list[tuple[Any, ...]]) -> None:
        self.places |= {key: (crowd, place) for place, key in enumerate(keys)}

    def knows(self, owner: int, name: str) -> bool:
        return (owner, name) in self.places

    def crowd_of(self, operation: str, args: tuple[Any, ...]) -> tuple[list[tuple[Any, ...]], int, Any]:
        """What is to be asked in place of this, where it is among that, and what that is known by; nothing for what is
        no constant."""
        number, rest = number_of(args[0]) if args else -1, args[1:]
        if operation in ("getattr", "module") and (found := self.places.get((number, args[-1]))):
            return *found, (operation, id(found[0]))
        if operation in _OF_OBJECTS and (found := self.places.get((number, None))):
            return [(*one, *rest) for one in found[0]], found[1], (operation, id(found[0]), rest)
        return [], 0, None
