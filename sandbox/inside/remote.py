"""The test's end of a conversation: stand-ins for what lives in the program's process.

The rule that keeps a verdict honest: no operator shows an object of unknown make, such as an `int` that compares equal
to everything, what it is compared with. Comparing it to a plain value is answered here, with no; arithmetic and
look-ups with plain values are refused; what its methods make of arguments is its word. Only objects of classes that the
test itself names (`from solution import Stack`) take part in such operations, because then the class's own methods are
what is being tested. Where such a class decides what a comparison or a sum comes to, where it plays a built-in one
(`answer.startswith("a")`), and where two objects of the program are compared with `==` that are not one constant which
the test names, the result is marked weak.
"""

from __future__ import annotations

import builtins
import collections
import functools
import importlib
import operator
import random
import sys
import types
from collections.abc import Callable, Container
from typing import TYPE_CHECKING, Any

from sandbox.inside.copies import is_mutable
from sandbox.inside.link import (
    ASSERTIONS,
    BUILTIN_METHODS,
    METHODS_OF_TEXTS,
    OPERATORS_OF_EXCEPTIONS,
    TEST_MODULE,
    plays_a_method,
)
from sandbox.similar import two_unlike
from sandbox.wire import encode

if TYPE_CHECKING:
    from sandbox.inside.client import Client

UNSENDABLE = object()
_NOTHING = object()
STUB_NAMES = ("_client", "_remote_number")  # what a stand-in for an exception class holds for itself


class _TypeOf(type):
    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and not kwargs:
            return class_of(args[0])
        return type(*args, **kwargs)

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, type)


class TypeOf(metaclass=_TypeOf):
    """What `type` means in a test: the class of an object of the program is the program's, not the stand-in's."""


def class_of(value: Any) -> Any:
    if type(value) is RemoteObject:
        name = object.__getattribute__(value, "_name")
        return ITERATORS[name] if _is_iterator(value) else _client(value).request("type", value)
    own = vars(type(value))
    if isinstance(value, tuple) and own.get("_remote_number", -1) >= 0:
        return own["_client"].proxies[own["_remote_number"]]
    return type(value)


def is_instance(value: Any, kinds: Any) -> bool:
    """What `isinstance` means in a test. A stand-in has the methods of every protocol, so of a library's class the
    program is asked whether its object is one; a yes is its own word."""
    if type(type(value)) is StubException:
        return _is_exception_of(value, kinds)
    if type(value) is not RemoteObject or _is_iterator(value):
        return isinstance(value, kinds)
    if isinstance(kinds, tuple | types.UnionType):
        return any(is_instance(value, kind) for kind in (kinds if isinstance(kinds, tuple) else kinds.__args__))
    if kinds is TypeOf:
        kinds = type
    # What an object holds tells what built-in class it is of.
    has_plain = object.__getattribute__(value, "_plain") is not UNSENDABLE
    if type(kinds) is RemoteObject or (has_plain and getattr(builtins, getattr(kinds, "__name__", ""), None) is kinds):
        return isinstance(value, kinds)  # type: ignore[arg-type]
    return (has_plain and isinstance(value, kinds)) or _is_of_library(value, "isinstance_of", kinds, isinstance)


def _is_exception_of(error: Any, kinds: Any) -> bool:
    """Of a protocol it is by the operators that its class says it has."""
    if isinstance(kinds, tuple | types.UnionType):
        return any(is_instance(error, kind) for kind in (kinds if isinstance(kinds, tuple) else kinds.__args__))
    says = isinstance(error, kinds)
    derives = type(kinds) is RemoteObject or any(kinds is base for base in type(error).__mro__)
    type(error)._client.doubts.mark("its word for its class", says and not derives)
    return says


def is_subclass(value: Any, kinds: Any) -> bool:
    """What `issubclass` means in a test; see `is_instance`."""
    if type(value) is not RemoteObject:
        return issubclass(value, kinds)
    if isinstance(kinds, tuple):
        return any(is_subclass(value, kind) for kind in kinds)
    if type(kinds) is RemoteObject:
        return _says_yes(kinds, "issubclass", value)
    return _is_of_library(value, "issubclass_of", kinds, issubclass)


def _is_of_library(value: RemoteObject, operation: str, kind: Any, otherwise: Callable[[Any, Any], bool]) -> bool:
    module = getattr(kind, "__module__", "")
    if not isinstance(kind, type) or module in ("", TEST_MODULE, "solution"):
        return otherwise(value, kind)
    client = _client(value)
    says = client.request(operation, value, module, kind.__qualname__) is True
    # A class that the test names, and what it made of one, is what it asks about; no number or text has such a say.
    is_named = operation == "issubclass_of" and number_of(value) in client.trusted_classes
    is_asked_about = is_named or (module != "builtins" and client.doubts.is_the_tests(number_of(value)))
    client.doubts.mark("its word for its class", says and kind is not object and not is_asked_about)
    return says


def can_be_called(value: Any) -> bool:
    """What `callable` means in a test; see `is_instance`."""
    if type(value) is not RemoteObject:
        return callable(value)
    says = _is_function(value) or _client(value).request("callable", value) is True
    is_an_answer = is_data_there(value) and not _client(value).doubts.is_the_tests(number_of(value))
    _client(value).doubts.mark("its word that it can be called", says and is_an_answer)
    return says


@functools.wraps(len)
def length(value: Any) -> int:
    """What `len` means in a test."""
    return _content(value, "len") if type(value) is RemoteObject else len(value)


# What built-in functions mean in a test.
MEANINGS = {"type": TypeOf, "isinstance": is_instance, "issubclass": is_subclass, "callable": can_be_called,
            "len": length}  # fmt: skip


# Python's iterators: known here by class, their items asked of the program.
ITERATORS: dict[str, type] = {kind.__name__: kind for kind in (map, filter, zip, enumerate, types.GeneratorType)}
# How the program's functions are called when they are attributes: they can be called, and hold nothing.
FUNCTIONS = ("method", "function", "builtin_function_or_method", "method-wrapper")


def _is_function(value: Any) -> bool:
    return type(value) is RemoteObject and _is_of_python(value, FUNCTIONS)


def is_data_there(value: Any) -> bool:
    """Whether it is an object of the program's that is neither a function nor a class."""
    return type(value) is RemoteObject and not _is_of_python(value, (*FUNCTIONS, "property", "type"))


def _is_iterator(proxy: RemoteObject) -> bool:
    return _is_of_python(proxy, ITERATORS)


def _is_of_python(proxy: RemoteObject, names: Container[str]) -> bool:
    """Whether its class is that of Python by this name. One of the program's is known by its number, and a function or
    an iterator holds nothing."""
    own = object.__getattribute__
    return own(proxy, "_name") in names and not own(proxy, "_classes") and own(proxy, "_plain") is UNSENDABLE


def stub_exception(
    client: Client, name: str, number: int, bases: tuple[type, ...], operators: Container[str] = ()
) -> type[BaseException]:
    """What stands here for an exception class of the program's: it can be caught, looked at and made. Of operators it
    has those that the class is said to define: others could not be without (`bool` of what has no length)."""
    members = {"_client": client, "_remote_number": number, "__init__": _make_exception_there,
               "__str__": _text_of_exception, "__getattr__": _more_of_exception,
               "__eq__": _is_equal_exception, "__hash__": BaseException.__hash__,
               **{f"__{name}__": _of_exception(name) for name in OPERATORS_OF_EXCEPTIONS if name in operators},
               }  # fmt: skip
    made: Any = StubException(name, bases, members)
    return made


class StubException(type):
    """Metaclass of these: other attributes are asked of the program."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_") or "_remote_number" not in vars(cls):
            raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")
        return _ask_for(vars(cls)["_client"], cls, vars(cls)["_remote_number"], name)


def _make_exception_there(error: Any, /, *args: Any, **kwargs: Any) -> None:
    """A test makes an exception of a class of the program's: its `__init__` and `__str__` are there."""
    try:
        error._client.request("raise", type(error), *args, **kwargs)
    except type(error) as made:
        vars(error).update(vars(made))
        error.args = made.args
        error._client.told_of[error] = told_of(made)


def told_of(error: Any) -> tuple[str, int]:
    """What the program said of its exception: the text, and the number that it has there (-1: nothing)."""
    found: tuple[str, int] = type(error)._client.told_of.get(error, ("", -1))
    return found


def number_there(value: Any) -> int | None:
    """By which the program knows what stands here for one of its classes or exceptions."""
    if isinstance(value, type):
        number = vars(value).get("_remote_number", -1)
    else:
        number = told_of(value)[1] if type(type(value)) is StubException else -1
    return number if number >= 0 else None


def _text_of_exception(error: Any) -> str:
    return told_of(error)[0]


def _of_exception(operator: str) -> Callable[..., Any]:
    """An operator of the program's exceptions: that of its other objects. As such an exception is an answer, also where
    the test made it."""
    forward = getattr(RemoteObject, f"__{operator}__")

    def apply(error: Any, *args: Any) -> Any:
        classes = [vars(kind)["_remote_number"] for kind in type(error).__mro__ if type(kind) is StubException]
        return forward(type(error)._client.proxy(told_of(error)[1], type(error).__name__, classes, UNSENDABLE), *args)

    return apply


def _is_equal_exception(error: Any, other: Any) -> Any:
    """Two exceptions of the program's: their class decides (weak). Otherwise identity."""
    if error is other or not isinstance(type(other), StubException):
        return NotImplemented
    error._client.doubts.mark("its own ==")
    return _says_equal(error, other)


def _more_of_exception(error: Any, name: str) -> Any:
    """Its properties and methods, and what its class holds, which stay with the program."""
    number = told_of(error)[1]
    if name.startswith("_") or number < 0:
        raise AttributeError(f"{type(error).__name__!r} object has no attribute {name!r}")
    return _ask_for(error._client, error, number, name)


def _ask_for(client: Client, owner: Any, number: int, name: str) -> Any:
    value = client.request("getattr", owner, name)
    client.doubts.mark("a method named as a built-in one", name in BUILTIN_METHODS)
    kinds = (owner if isinstance(owner, type) else type(owner)).__mro__
    if client.trusted_classes.isdisjoint(vars(kind).get("_remote_number") for kind in kinds):
        client.doubts.speaks(number_of(value))
    if not callable(value):
        client.doubts.asked(number, name)
    return value


class RemoteObject:
    """Something that lives in the program's process, used from the test as if it were here."""

    __array_ufunc__ = None

    def __init__(self, client: Client, number: int, name: str, classes: list[int]) -> None:
        for key, value in (("_client", client), ("_number", number), ("_name", name), ("_classes", classes),
                           ("_plain", UNSENDABLE)):  # fmt: skip
            object.__setattr__(self, key, value)

    def __getattribute__(self, name: str) -> Any:
        own = object.__getattribute__
        if name == "__class__":
            plain = own(self, "_plain")
            if plain is not UNSENDABLE:
                return type(plain)
            return _class_of_object(self)
        # By the former numpy would read memory where it is told to, by the latter `copy` call what it is told to.
        if name.startswith(("__array_", "__reduce_")):
            raise AttributeError(f"{own(self, '_name')} object has no attribute {name!r}")
        if name in ("__copy__", "__deepcopy__") and not _is_iterator(self):
            return own(self, name)
        client: Client = own(self, "_client")
        plain = own(self, "_plain")
        if isinstance(plain, IMMUTABLE) and not _is_trusted(self) and hasattr(plain, name):
            return getattr(plain, name)
        if name in READERS and plain is not UNSENDABLE and not _is_trusted(self) and hasattr(plain, name):
            return getattr(_current_plain(self), name)
        value = client.request("getattr", self, name)
        if name == "__next__" or (name in ("send", "throw") and _is_iterator(self)):  # as `next` does
            return functools.partial(client.request, "step", value)
        if plays_a_method(name, value):
            return _like_a_built_in(value, self, name)
        client.doubts.came_of(number_of(self), number_of(value))
        if name in ("called", "call_count"):  # see ASSERTIONS
            client.doubts.mark("its word for a mock", "unittest.mock" in sys.modules)
        if type(value) is RemoteObject and not _is_function(value):
            _note_which(self, name, value)
        if number_of(self) in client.trusted_classes:
            _note_value(number_of(self), name, value, client)
        elif name == "value" and type(value) is not RemoteObject and isinstance(value, IMMUTABLE):
            client.doubts.value_of(number_of(self), _in_words(value))
        if _is_trusted(self):
            _note_said(self, name, value)
            return value
        client.doubts.speaks(number_of(value))
        if _is_function(value) or _is_for_pytest(name):
            return value
        if number_of(self) in client.functions and not client.doubts.is_answer(number_of(self)):
            client.doubts.says(number_of(self), name, _in_words(value))
        else:
            _note_asked(self, name)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        client = _client(self)
        client.request("setattr", self, name, value)
        if number_of(self) in client.trusted_classes:
            _note_kept(client, value, "getattr", self, name)

    def __delattr__(self, name: str) -> None:
        _client(self).request("delattr", self, name)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        doubts = _client(self).doubts
        answer = _client(self).request("call", self, *args, **kwargs)
        doubts.came_of(number_of(self), number_of(answer))
        is_judgement = answer is not None and (type(answer) is not RemoteObject or _client(self).takes_words)
        doubts.spoke(number_of(self), bool(args or kwargs) and is_judgement)
        return answer

    def __get__(self, owner: Any, kind: type | None = None) -> Any:
        """A method of a test's class that a decorator of the program's stands around."""
        is_function = _is_of_python(self, ("function",))
        return types.MethodType(self, owner) if is_function and owner is not None else self

    def __len__(self) -> Any:
        """`list(x)` asks for a loop, and then, to make room, for a length by which nothing is decided."""
        client = _client(self)
        is_guess = client.asked_last == ("iter", number_of(self))
        return client.request("len", self) if is_guess else _content(self, "len")

    def __copy__(self) -> Any:
        _note_asked(self, "copy")
        return _client(self).request("copy", self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        _note_asked(self, "copy")
        return _client(self).request("deepcopy", self)

    def __eq__(self, other: object) -> bool:
        plain, theirs = _current_plain(self), _current_plain(other) if type(other) is RemoteObject else other
        if plain is not UNSENDABLE and theirs is not UNSENDABLE:
            return bool(plain == theirs)
        if type(other) is not RemoteObject and not _is_trusted(self):
            return False
        client = _client(self)
        if other is self and client.doubts.is_constant(number_of(self)):  # as by `is`
            return True
        client.doubts.mark("its own ==")
        return other is self or _says_equal(self, other)

    def __hash__(self) -> int:
        plain = _current_plain(self)
        if plain is not UNSENDABLE and not _is_trusted(self):
            return hash(plain)
        number = _client(self).request("hash", self)
        return number if type(number) is int else hash(number)  # a hash hashed again is another one

    def __instancecheck__(self, value: object) -> bool:
        if type(value) is RemoteObject:
            return _says_yes(self, "isinstance", value)
        is_stand_in = isinstance(value, tuple) or type(type(value)) is StubException
        return is_stand_in and any(vars(kind).get("_remote_number") == number_of(self) for kind in type(value).__mro__)

    def __subclasscheck__(self, value: object) -> bool:
        return _says_yes(self, "issubclass", value)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        """The program's manager learns of exceptions, and may swallow them, but for a failed check of the test's."""
        client = _client(self)
        failed = isinstance(error, AssertionError) or not isinstance(error, Exception | None)
        try:
            swallowed = client.request("exit", self, *(() if failed or error is None else (kind, error))) is True
        except Exception:  # in the place of the test's own
            if failed:
                return False
            client.doubts.mark("its context manager took an exception", error is not None)
            raise
        client.doubts.mark("its context manager took an exception", swallowed and error is not None)
        return swallowed and not failed

    def __str__(self) -> str:
        _note_asked(self, "text")
        return str(_client(self).request("str", self))

    def __repr__(self) -> str:
        _note_asked(self, "text")
        return str(_client(self).request("repr", self))

    def __format__(self, specification: str) -> str:
        plain = _current_plain(self)
        if plain is not UNSENDABLE and not _is_trusted(self):
            return format(plain, specification)
        _note_asked(self, "text")
        return str(_client(self).request("format", self, specification))

    def __dir__(self) -> list[str]:
        return [str(name) for name in _client(self).request("dir", self)]


def _says_yes(kind: RemoteObject, operation: str, value: Any) -> bool:
    """`isinstance` and `issubclass`: a class that does not stand in the order of resolution answers for itself."""
    client = _client(kind)
    says = client.request(operation, value, kind) is True
    classes = object.__getattribute__(value, "_classes") if type(value) is RemoteObject else []
    if says and operation == "issubclass" and type(value) is RemoteObject:
        classes = [number_of(base) for base in client.request("getattr", value, "__mro__")]
    client.doubts.mark("its word for its class", says and number_of(kind) not in classes)
    return says


def _says_equal(proxy: Any, other: Any) -> Any:
    """The word of its class, which must know what an answer is equal to: it is asked about two other values as well, in
    an order that it cannot know, and does not mean what it says where both are equal, too."""
    client = _client(proxy)
    form = client.encode(other)
    if type(form) is list and form[0] == "o":
        return NotImplemented  # it could only guess, and an `approx` knows
    asked = [other]
    if type(proxy) is not RemoteObject or any(client.doubts.is_answer(number_of(side)) for side in (proxy, other)):
        asked += two_unlike(other if type(other) in _COMPARED else "anything", _SECRET)
    said = [False] * 3
    for place in _SECRET.sample(range(len(asked)), len(asked)):
        try:
            said[place] = client.request("eq", proxy, asked[place]) is True
        except Exception:  # `other.x` of what has none
            if place == 0:
                raise
    return said[0] and not (said[1] and said[2])


_SECRET = random.SystemRandom()
_COMPARED = (bool, int, float, complex, str, bytes, list, tuple, dict, set)


def _client(proxy: Any) -> Client:
    return object.__getattribute__(proxy, "_client")


def number_of(proxy: Any) -> int:
    return object.__getattribute__(proxy, "_number") if type(proxy) is RemoteObject else -1


def _is_trusted(proxy: RemoteObject) -> bool:
    trusted = _client(proxy).trusted_classes
    return number_of(proxy) in trusted or any(
        number in trusted for number in object.__getattribute__(proxy, "_classes")
    )


def _current_plain(proxy: RemoteObject) -> Any:
    """What an instance of a subclass of list, int and so on holds now; UNSENDABLE for any other object."""
    plain = object.__getattribute__(proxy, "_plain")
    if plain is UNSENDABLE or not is_mutable(plain):
        return plain
    client = _client(proxy)
    data = client.request("plain", proxy)
    client.doubts.holds_still(number_of(proxy), data)
    return UNSENDABLE if data is None else client.decode(data)  # it may hold by now what is no plain value


def hold(proxy: RemoteObject, plain: Any) -> None:
    """Keep what an object holds, as it has just come. What cannot change, and of what kind it is, stays the same; an
    object of a class that the test names may come to hold what has no plain form."""
    before = object.__getattribute__(proxy, "_plain")
    may_be_lost = _is_trusted(proxy) and any(held is UNSENDABLE for held in (before, plain))
    changed = isinstance(before, IMMUTABLE) and encode(before) != encode(plain)
    changed |= type(before) is not type(plain) and not may_be_lost
    _client(proxy).doubts.mark("an object that changed", changed)
    object.__setattr__(proxy, "_plain", plain)


def is_made_of(answer: Any, given: list[Any]) -> bool:
    """Whether the answer of a class is a tuple or dict of what the test gave it, or that itself."""
    parts = answer.values() if isinstance(answer, dict) else answer if isinstance(answer, tuple) else [answer]
    words = [_in_words(part) for part in parts]
    return bool(given) and all(_in_words(value) in words for value in given)


def _like_a_built_in(method: Callable[..., Any], proxy: RemoteObject, name: str) -> Callable[..., Any]:
    """A method that bears the name of one of a built-in class. What the program gives for a str or a list must not
    answer in its place; an object that a test made itself, of a class it names, may have a `get` or a `count`."""
    client, is_trusted = _client(proxy), _is_trusted(proxy)
    if is_trusted and not client.doubts.is_answer(number_of(proxy)) and name not in METHODS_OF_TEXTS:
        return method
    is_own = client.doubts.is_the_tests(number_of(proxy))

    def call(*args: Any, **kwargs: Any) -> Any:
        if (args or kwargs) and not is_trusted and name not in STORES | ASSERTIONS:
            owner = object.__getattribute__(proxy, "_name")
            raise TypeError(f"the program returned a {owner} object; its {name}() is not taken for the built-in one")
        if not is_trusted:
            _note_asked(proxy, name)
        answer = method(*args, **kwargs)
        # `append` and its like give nothing back, `insert` of a tree the tree.
        gives_a_value = answer is not None and type(answer) is not RemoteObject
        gives_a_value &= not (is_own and _is_worked_out(answer, args))
        decides = name in ASSERTIONS or (bool(args or kwargs) and (gives_a_value or not is_trusted))
        client.doubts.mark("a method named as a built-in one", decides)
        return answer

    return call


def _is_worked_out(answer: Any, args: tuple[Any, ...]) -> bool:
    """Whether a method of that name said more than yes or no, or where, and more than it was given: `encode` of a
    cipher that the test made. A class in place of a function that gives a text could say the rest."""
    is_more = type(answer) in (str, bytes, list, tuple, dict, set) and len(answer) > 0
    return is_more and _in_words(answer) not in map(_in_words, args)


def what_json_makes_of(encoder: Any, value: Any) -> Any:
    """An object of a subclass of str, dict and so on is written as what it holds."""
    plain = _current_plain(value) if type(value) is RemoteObject else UNSENDABLE
    if plain is UNSENDABLE:
        raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
    return plain


def _is_for_pytest(name: str) -> bool:
    """Whether it is pytest that asks, for a set of parameters or to find its tests: no assertion rests on it."""
    return (sys._getframe(2).f_globals.get("__name__"), name) in _ASKED_BY_PYTEST


_ASKED_BY_PYTEST = (("_pytest.python", "__name__"), ("_pytest.unittest", "__bases__"))


def _note_asked(proxy: RemoteObject, what: str) -> None:
    if not _is_trusted(proxy) and _current_plain(proxy) is UNSENDABLE:
        _client(proxy).doubts.asked(number_of(proxy), what)


def _note_which(owner: RemoteObject, name: str, value: RemoteObject) -> None:
    """That two objects are one, or are not, is the word of who gives them."""
    doubts, which = _client(owner).doubts, (number_of(owner), name, number_of(value))
    if number_of(owner) in _client(owner).trusted_classes and name != "__dict__":  # a new view each time
        doubts.constant(*which)
    if _client(owner).asks_which:
        doubts.read(*which)


def _note_value(owner: int, name: str, value: Any, client: Client) -> None:
    """`SMALL` and `LARGE` have different values, where a test compares answers with them."""
    what = name
    if type(value) is RemoteObject:  # equal to what it holds, as an `IntEnum` is
        what, value = f"{name}.held", object.__getattribute__(value, "_plain")
    if not name.isupper() or value is UNSENDABLE or callable(value):
        return
    if isinstance(value, (*IMMUTABLE, types.NoneType)):
        client.doubts.constant(owner, what, _in_words(value))
    if not isinstance(value, (tuple, frozenset)) and not is_mutable(value):
        client.doubts.differs_from_others(owner, name, value)


def _note_kept(client: Client, value: Any, *where: Any) -> None:
    """A class or module that does not keep what the test sets may hold what the program answers."""
    if type(value) in (*_COMPARED, types.NoneType):
        client.doubts.mark("a variable not kept", _in_words(client.request(*where)) != _in_words(value))


def _note_said(proxy: RemoteObject, what: str, value: Any) -> None:
    if not _is_function(value):
        _client(proxy).doubts.said(number_of(proxy), what, _in_words(value))


def _in_words(value: Any) -> str:
    """What tells a value from another, the program's objects by their numbers: their `repr` would ask the program."""
    return str(encode(value, lambda part: ["m", number_of(part)] if type(part) is RemoteObject else [repr(part)]))


# Methods of built-in classes that tell what an object holds and leave it alone.
READERS = frozenset(("copy", "count", "difference", "get", "index", "intersection", "isdisjoint", "issubset",
                     "issuperset", "items", "keys", "symmetric_difference", "union", "values"))  # fmt: skip
# Those that put something in or take it out, and are never given what an answer is compared with.
STORES = frozenset(("add", "append", "discard", "extend", "get", "insert", "pop", "remove", "setdefault", "update"))
IN_PLACE = ("iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow", "imatmul", "ior", "iand", "ixor",
            "ilshift", "irshift")  # fmt: skip
# Operators that compare nothing: they get an argument, no expected value.
LIKE_METHODS = ("contains", "add", "mul", "matmul", "pow", "or", "lshift", "rshift")
COMPARISONS = ("lt", "le", "gt", "ge", "contains")
# By which a test asks how large a difference is.
MEASURES = ("abs", "neg", "pos", "round", "trunc", "floor", "ceil", "int", "float", "complex", "index", "bool", "len")
IMMUTABLE = (int, float, str, bytes, tuple, frozenset)
LOCAL: dict[str, Callable[..., Any]] = {"len": len, "iter": iter, "bool": bool, "reversed": reversed, "int": int,
                                        "float": float, "index": operator.index, "abs": abs, "round": round,
                                        "neg": operator.neg, "pos": operator.pos, "invert": operator.invert,
                                        "getitem": operator.getitem, "bytes": bytes}  # fmt: skip


def _of_content(operation: str) -> Callable[..., Any]:
    return lambda self, *args: _content(self, operation, *args)


def _content(proxy: RemoteObject, operation: str, *args: Any) -> Any:
    """What an object holds. That of a built-in's subclass is read from a copy; one of unknown make is asked."""
    doubts = _client(proxy).doubts
    if _is_function(proxy) and operation != "bool":
        raise TypeError(f"a function has no {operation}")
    if operation == "iter" and _is_iterator(proxy) and _client(proxy).asked_last == ("iter", number_of(proxy)):
        return proxy  # `" ".join(x)` asks for a loop, and that for a loop
    if operation in LOCAL and not _is_trusted(proxy):
        plain = _current_plain(proxy)
        if plain is not UNSENDABLE:
            return LOCAL[operation](plain, *args)
    value = _client(proxy).request(operation, proxy, *args)
    if operation == "iter" and value is proxy:
        doubts.walks_itself(number_of(proxy))
    if _is_trusted(proxy):
        _note_said(proxy, f"{operation} {_in_words(args)}", value)
        doubts.showed_content(number_of(proxy), operation)
    elif operation in LOCAL:
        _note_asked(proxy, "content")
    doubts.came_of(number_of(proxy), number_of(value), is_measured=operation in MEASURES)
    return value


def _binary(operation: str, reflected: bool = False) -> Callable[..., Any]:
    def apply(self: RemoteObject, other: Any) -> Any:
        # `rows += squares(3)`
        fills_a_list = reflected and operation == "add" and isinstance(other, (list, collections.deque))
        if operation == "contains" and _is_trusted(self) and not hasattr(self, "__contains__"):
            return _is_among(self, other)
        if not _is_trusted(self) and not (type(other) is RemoteObject and _is_trusted(other)):
            plain = _current_plain(self)
            if plain is UNSENDABLE and operation == "contains":  # whatever its class says
                return _is_among(self, other)
            if plain is UNSENDABLE and fills_a_list:
                return NotImplemented
            if plain is UNSENDABLE:
                name = object.__getattribute__(self, "_name")
                raise TypeError(f"the program returned a {name} object, which cannot be used with {operation} here")
            _client(self).doubts.mark("its own comparison", operation in COMPARISONS)
            return _local(operation, plain, other, reflected)
        compares = operation in COMPARISONS and not _is_like_a_method(self, other, operation)
        _client(self).doubts.mark("its own comparison", compares)
        begun = _client(self).doubts.acts
        try:
            answer = _client(self).request(operation, *((other, self) if reflected else (self, other)))
        except TypeError:
            if fills_a_list:
                return NotImplemented
            raise
        if operation in IN_PLACE and answer is self:
            _client(self).doubts.not_an_answer(number_of(self))
        else:
            _note_result(self, other, answer, begun, operation)
        return answer

    return apply


def _is_like_a_method(proxy: RemoteObject, other: Any, operation: str) -> bool:
    """`"card" in trie` is `trie.has("card")`, and `Card(2) < Card(3)` the like, where the test made all of it."""
    objects = [number_of(side) for side in (proxy, other) if type(side) is RemoteObject]
    if operation == "contains" and _client(proxy).doubts.is_its_own_iterator(number_of(proxy)):
        return False  # what a loop meets need not be what it says to `in`
    return all(map(_client(proxy).doubts.is_the_tests, objects)) and (operation in LIKE_METHODS or len(objects) == 2)


def _is_among(proxy: Any, value: Any) -> bool:
    return any(item is value or item == value for item in proxy)


def _note_result(proxy: RemoteObject, other: Any, answer: Any, begun: int, operation: str) -> None:
    """`answer - 1.5` is what the program's class says: 0, or an object whose `abs` is 0. `Money(5) - 2` is a method of
    what the test made, like `Money(5).minus(2)`, unless the test asks how large it is."""
    doubts, is_plain = _client(proxy).doubts, type(other) is not RemoteObject
    doubts.if_older(number_of(answer), begun)
    answered = any(doubts.is_answer(number_of(side)) for side in (proxy, other))
    may_compare = answered or (is_plain and not _is_like_a_method(proxy, other, operation))
    decides = is_plain and may_compare and (answered or type(answer) is not RemoteObject)
    doubts.mark("its own arithmetic", decides)
    if may_compare and not answered and doubts.is_the_tests(number_of(proxy)):
        doubts.may_differ(number_of(answer))
    elif may_compare:
        doubts.feed(number_of(answer))


def _class_of_object(proxy: RemoteObject) -> type:
    """What `__class__` gives, which has to be a class: one like the program's, and of an iterator the built-in one."""
    name, classes = (object.__getattribute__(proxy, key) for key in ("_name", "_classes"))
    if _is_iterator(proxy):
        return ITERATORS[name]
    client = _client(proxy)
    known = client.proxies.get(classes[0]) if classes else None
    if known is None and classes:
        known = client.request("type", proxy)
    key = (name, number_of(known))
    if key not in client.classes:
        client.classes[key] = ClassLike(name, (RemoteObject,), {"__module__": "solution", "_class": known})
    return client.classes[key]


class ClassLike(type):
    """Of stand-ins for classes of the program's, where nothing but a class will do."""

    def __eq__(cls, other: object) -> bool:
        return cls is other or (type(other) is RemoteObject and other is vars(cls).get("_class"))

    __hash__ = type.__hash__

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        return vars(cls)["_class"](*args, **kwargs)

    def __getattr__(cls, name: str) -> Any:
        return getattr(vars(cls)["_class"], name)


def _local(operation: str, plain: Any, other: Any, reflected: bool) -> Any:
    named = {"and": operator.and_, "or": operator.or_, "divmod": divmod}
    function = named.get(operation) or getattr(operator, operation)
    return function(other, plain) if reflected else function(plain, other)


for _operation in ("iter", "next", "reversed", "bool", "int", "float", "complex", "index", "abs", "round", "neg",
                   "pos", "invert", "enter", "trunc", "floor", "ceil", "bytes",
                   "getitem", "setitem", "delitem"):  # fmt: skip
    setattr(RemoteObject, f"__{_operation}__", _of_content(_operation))
for _operation in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor", "lshift",
                   "rshift", "divmod"):  # fmt: skip
    setattr(RemoteObject, f"__{_operation}__", _binary(_operation))
    setattr(RemoteObject, f"__r{_operation}__", _binary(_operation, reflected=True))
for _operation in (*IN_PLACE, *COMPARISONS):
    setattr(RemoteObject, f"__{_operation}__", _binary(_operation))


def well_known(path: str) -> Any:
    module, _, attribute = path.partition(".")
    return getattr(importlib.import_module(module), attribute) if attribute else importlib.import_module(module)


class RemoteModule(types.ModuleType):  # `solution`, as the test imports it
    @property
    def __doc__(self) -> Any:  # type: ignore[override]
        return self.__dict__["_client"].request("module", "__doc__")

    def __init__(self, client: Client, names: list[str], class_names: frozenset[str]) -> None:
        """`names` are those of `from solution import *`."""
        super().__init__("solution")
        vars(self).update(__all__=names, __file__="solution.py", _client=client, _class_names=class_names, _replaced={})

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.__dict__["_client"].public_names]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__version__":
            raise AttributeError(f"module 'solution' has no attribute {name!r}")
        client: Client = self.__dict__["_client"]
        value = client.request("module", name)
        if name in self.__dict__["_class_names"]:
            client.trust_class(value)
        if name not in self.__dict__["_replaced"]:
            _note_value(-1, name, value, client)
        if _is_function(value):
            client.functions.add(number_of(value))
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("__"):
            self.__dict__[name] = value
            return
        self.__dict__["_replaced"].setdefault(name, []).append(getattr(self, name, _NOTHING))
        client: Client = self.__dict__["_client"]
        client.request("set", name, value)
        _note_kept(client, value, "module", name)

    def __delattr__(self, name: str) -> None:
        """`monkeypatch` and `patch` do not find in `__dict__` what they replace, and undo it by deleting their own."""
        replaced = self.__dict__["_replaced"].get(name)
        original = replaced.pop() if replaced else _NOTHING
        if original is _NOTHING:
            self.__dict__["_client"].request("delete", name)
        else:
            self.__dict__["_client"].request("set", name, original)
