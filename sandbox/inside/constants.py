"""Constants of the program's: a test may name one before it has the answer that it compares with it, as in a row of
`parametrize`. So that the program does not learn which, what is asked of one is asked of all that are like it, always
in the same order.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from sandbox.inside.remote import RemoteObject, StubException, is_data_there, number_of

if TYPE_CHECKING:
    from sandbox.inside.client import Client

_OF_OBJECTS = frozenset(("getattr", "hash", "str", "repr", "format", "type", "plain", "callable", "int", "float",
                         "index", "bool", "bytes", "len"))  # fmt: skip
_MOST_ASKED = 500
Crowd = list[tuple[Any, ...]]


class Constants:
    def __init__(self, client: Client) -> None:
        self.client = client
        self.crowds: list[Crowd] = []
        # Crowd and place in it, by the number of an owner (-1 is the program) and a name that it has, or the number of
        # an object and None.
        self.places: dict[tuple[int, str | None], tuple[int, int]] = {}
        self.unlisted: set[tuple[int, str]] = set()
        # Answers, errors and whether one was a class, of whole crowds, since the program could last change them.
        self.said: dict[Any, list[tuple[Any, Exception | None, bool]]] = {}

    def ask_among_others(self, owner: Any, name: str) -> None:
        """From now on `name` of `owner` (None: the program) is asked for only with all listed names that look like it;
        if `owner` is in a crowd, of all of that. A name that is not listed goes to `unlisted`."""
        number = _number(owner)
        if name.startswith("__") or (number, name) in self.places or (number, name) in self.unlisted:
            return
        alike = self._crowd(number, None) or [() if owner is None else (owner,)]
        crowd = [(*one, listed) for one in alike for listed in self._names_like(name, *one)][:_MOST_ASKED]
        found: dict[int, RemoteObject] = {}
        for asked in crowd:
            with contextlib.suppress(Exception):
                value = self.client.ask("module" if owner is None else "getattr", *asked)
                found |= {number_of(value): value} if is_data_there(value) else {}
        self._add(crowd, [(_number(*asked[:-1]), asked[-1]) for asked in crowd])
        self._add([(value,) for value in found.values()], [(one, None) for one in found])
        self.unlisted |= {(number, name)} - self.places.keys()

    def _names_like(self, name: str, *owner: Any) -> list[str]:
        """In capitals or not, private or not."""
        listed: Any = []
        with contextlib.suppress(Exception):
            listed = self.client.ask("names", *owner)
        looks = name.isupper(), name[:1] == "_"
        names = [one for one in listed if type(one) is str] if isinstance(listed, list) else []
        return [one for one in names if (one.isupper(), one[:1] == "_") == looks and not one.startswith("__")]

    def _add(self, crowd: Crowd, keys: list[Any]) -> None:
        self.places |= {key: (len(self.crowds), place) for place, key in enumerate(keys)}
        self.crowds.append(crowd)

    def _crowd(self, number: int, name: str | None) -> Crowd:
        return self.crowds[self.places[number, name][0]] if (number, name) in self.places else []

    def crowd_of(self, operation: str, args: tuple[Any, ...]) -> tuple[Crowd, int, Any]:
        """The crowd to ask in place of this question, its place there, and a key for the answers. An empty crowd: ask
        as it is; if there is a key all the same, the name is one that the program did not list."""
        owner = args[0] if args and type(args[0]) in (RemoteObject, StubException) else None
        number = _number(owner)
        by_name = operation == "getitem" and number in self.client.trusted_classes and type(args[1]) is str
        if operation == "module" or by_name or (operation == "getattr" and owner is not None):
            key = (number, args[-1])
            if key[1].isupper():
                self.ask_among_others(owner, key[1])
            if key in self.unlisted:
                return [], 0, key
            if found := self.places.get(key):
                return self.crowds[found[0]], found[1], (operation, found[0])
        if operation in _OF_OBJECTS and (found := self.places.get((number, None))):
            return [(*one, *args[1:]) for one in self.crowds[found[0]]], found[1], (operation, found[0], args[1:])
        return [], 0, None

    def answer(self, operation: str, crowd: Crowd, place: int, key: Any) -> Any:
        """The answer for one of a crowd; all are kept until the program is asked something else."""
        if key not in self.said:
            self.said[key] = [self._said(operation, asked) for asked in crowd]
        answer, error, named = self.said[key][place]
        self.client.doubts.gave_a_class |= named
        if error is not None:
            raise error
        return answer

    def _said(self, operation: str, asked: tuple[Any, ...]) -> tuple[Any, Exception | None, bool]:
        client, doubts = self.client, self.client.doubts
        before, doubts.gave_a_class = doubts.gave_a_class, False
        try:
            answer = client.ask(operation, *asked)
            client.copies.keep(answer)
            return answer, None, doubts.gave_a_class
        except Exception as error:
            return None, error.with_traceback(None), doubts.gave_a_class  # whose frames would hold other answers
        finally:
            doubts.gave_a_class = before


def _number(owner: Any = None) -> int:
    number: int = vars(owner)["_remote_number"] if type(owner) is StubException else number_of(owner)
    return number
