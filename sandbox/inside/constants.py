"""Constants of the program's: a test may name one before it has the answer that it compares with it, as in a row of
`parametrize`. So that the program does not learn which, what is asked of one is asked of all that are like it, always
in the same order.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from sandbox.inside.remote import RemoteObject, is_instance_there, number_of

if TYPE_CHECKING:
    from sandbox.inside.client import Client

_OF_OBJECTS = frozenset(("getattr", "hash", "str", "repr", "format"))
_MOST_NAMES = 200
Crowd = list[tuple[Any, ...]]


class Constants:
    def __init__(self, client: Client) -> None:
        self.client = client
        # By the number of an owner (-1 is the program) and a name that it has, or the number of an object and None.
        self.places: dict[tuple[int, str | None], tuple[Crowd, int]] = {}
        self.unlisted: set[tuple[int, str]] = set()

    def hide(self, owner: RemoteObject | None, name: str) -> None:
        """What a class, another object or the program itself has by this name, among what it says that it has; where it
        is not among that, what is there is the program's word."""
        number, ask = number_of(owner), self.client.ask
        if (number, name) in self.places or (number, name) in self.unlisted:
            return
        listed: Any = []
        with contextlib.suppress(Exception):
            listed = ask("call", ask("module", "__dir__")) if owner is None else ask("dir", owner)
        listed = [one for one in listed if type(one) is str] if isinstance(listed, list) else []
        names = [one for one in listed if one.isupper() == name.isupper() and one[:1] != "_"][:_MOST_NAMES]
        what, before = ("module", ()) if owner is None else ("getattr", (owner,))
        crowd: Crowd = [(*before, one) for one in names]
        found: dict[int, RemoteObject] = {}
        for asked in crowd:
            with contextlib.suppress(Exception):
                value = ask(what, *asked)
                found |= {number_of(value): value} if is_instance_there(value) else {}
        self.places |= {(number, one): (crowd, place) for place, one in enumerate(names)}
        objects: Crowd = [(value,) for value in found.values()]
        self.places |= {(one, None): (objects, place) for place, one in enumerate(found)}
        self.unlisted |= {(number, name)} if name not in names else set()
        self.client.said.clear()  # it knows crowds by `id`

    def crowd_of(self, operation: str, args: tuple[Any, ...]) -> tuple[Crowd, int, Any]:
        """What is to be asked in place of this, where it is among that, and what that is known by. For what is no
        constant nothing is, and something is known if it should be among others and is not."""
        owner = args[0] if operation in _OF_OBJECTS and type(args[0]) is RemoteObject else None
        if operation == "module" or (operation == "getattr" and owner is not None):
            key = (number_of(owner), args[-1])
            if key[1].isupper() and len(key[1]) > 1:
                self.hide(owner, key[1])
            if key in self.unlisted:
                return [], 0, key
            if found := self.places.get(key):
                return *found, (operation, id(found[0]))
        if owner is not None and (found := self.places.get((number_of(owner), None))):
            return [(*one, *args[1:]) for one in found[0]], found[1], (operation, id(found[0]), args[1:])
        return [], 0, None
