"""The test's end of a conversation: stand-ins for what lives in the program's process.

The rule that keeps a verdict honest: an object of unknown make, such as an `int` that compares equal to everything,
never gets to see what it is compared with. Comparing it to a plain value is answered here, with no; arithmetic and
look-ups with plain values are refused. Only objects of classes that the test itself names (`from solution import
Stack`) take part in such operations, because then the class's own methods are what is being tested. Where two objects
of the program are compared with `==`, the program decides, and the test's result is marked weak.
"""

from __future__ import annotations

import builtins
import importlib
import operator
import sys
import types
from collections.abc import Callable
from typing import Any

from sandbox.inside.link import (
    SHARED_CLASS_MODULES,
    References,
    copy_into,
    is_mutable,
    receive,
    rich,
    send,
    text_form,
)
from sandbox.names import SHARED_MODULES, WELL_KNOWN
from sandbox.wire import WireError, decode, encode

_BUILTIN_METHODS = frozenset(name for kind in (int, float, str, bytes, list, tuple, dict, set) for name in dir(kind))
_UNSENDABLE = object()


class RemoteError(Exception):
    """The program raised something that is no ordinary exception, or answered with nonsense."""


class Client:
    """Talks to the program. One request at a time; while it waits it serves what the program asks of the test."""

    def __init__(self) -> None:
        self.references = References()
        self.proxies: dict[int, RemoteObject] = {}
        self.exceptions: dict[int, type[BaseException]] = {}
        self.trusted_classes: set[int] = set()
        self.asked: set[int] = set()  # objects of unknown make whose content was looked at
        self.weak = False

    def hello(self) -> list[str]:
        """The public names of the program. Raises what loading it raised."""
        return [str(name) for name in self._finish(receive(), (), {})]

    def request(self, operation: str, *args: Any, **kwargs: Any) -> Any:
        encoded = [self.encode(arg) for arg in args]
        send({"do": operation, "args": encoded, "kwargs": {name: self.encode(value) for name, value in kwargs.items()}})
        reply = receive()
        while isinstance(reply, dict) and "ask" in reply:
            self._print(reply)
            send(self._serve(reply))
            reply = receive()
        return self._finish(reply, args, kwargs)

    def _finish(self, reply: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not isinstance(reply, dict):
            raise RemoteError("the program answered with nonsense")
        self._print(reply)
        given = {str(place): value for place, value in enumerate(args)} | kwargs
        for place, data in (reply.get("changed") or {}).items():
            if place in given and is_mutable(given[place]):
                copy_into(given[place], self.decode(data))
        if "error" in reply:
            raise self._exception(reply)
        if "same" in reply:
            if type(reply["same"]) is str and is_mutable(given.get(reply["same"])):
                return given[reply["same"]]
            raise RemoteError("the program answered with nonsense")
        return self.decode(reply.get("value"))

    def _print(self, reply: dict[str, Any]) -> None:
        if isinstance(reply.get("printed"), str):
            sys.stdout.write(reply["printed"])

    def _serve(self, request: dict[str, Any]) -> dict[str, Any]:
        """Do for the program what it may ask: call a function it was given, step an iterator, read standard input."""
        try:
            args = [self.decode(arg) for arg in request["args"]]
            kwargs = {str(name): self.decode(value) for name, value in request["kwargs"].items()}
            if request["ask"] == "input":
                return {"value": self.encode(builtins.input(*args))}
            if request["ask"] in ("read", "readline"):
                return {"value": self.encode(getattr(sys.stdin, request["ask"])())}
            target = self.references.object(request["object"])
            return {"value": self.encode(next(target) if request["ask"] == "next" else target(*args, **kwargs))}
        except Exception as error:
            return {"error": type(error).__name__, "text": str(error)[:1000]}

    def encode(self, value: Any) -> Any:
        return encode(value, self.reference)

    def reference(self, value: Any) -> Any:
        if isinstance(value, RemoteObject):
            return ["m", object.__getattribute__(value, "_number")]
        text = text_form(value)
        if text is not None:
            return text
        number = getattr(value, "_remote_number", None)
        if isinstance(value, type) and number is not None:
            return ["m", number]
        if callable(value) or hasattr(value, "__next__"):
            return ["y", self.references.number(value), getattr(value, "__name__", "function")]
        if isinstance(value, (type({}.keys()), type({}.values()), type({}.items()), range)):
            return self.encode(list(value))
        return ["o", self.references.number(value), type(value).__name__]

    def decode(self, data: Any) -> Any:
        return decode(data, rich(self.resolve))

    def resolve(self, data: list[Any]) -> Any:
        """References as they come from the program, every part of which may be forged."""
        try:
            tag = data[0]
            if tag == "y":
                return self.references.object(data[1])
            if tag == "G" and data[1].partition(".")[0] in SHARED_CLASS_MODULES:
                return shared_class(data[1], data[2])
            if tag == "P" and data[1] in SHARED_MODULES:
                return importlib.import_module(data[1])
            if tag == "P":
                return self._proxy(int(data[2]), "module", [], _UNSENDABLE)
            if tag == "E":
                return self._exception_class(data[2])
            if tag == "m":
                plain = _UNSENDABLE if data[4] is None else decode(data[4], rich(self.resolve))
                return self._proxy(int(data[1]), str(data[2])[:100], [int(number) for number in data[3]], plain)
        except (IndexError, KeyError, TypeError, ValueError, AttributeError, ImportError) as error:
            raise WireError(f"a reference that makes no sense: {error}") from None
        raise WireError("an unknown value")

    def _proxy(self, number: int, name: str, classes: list[int], plain: Any) -> RemoteObject:
        known = self.proxies.get(number)
        if known is None:
            known = self.proxies[number] = RemoteObject(self, number, name, classes)
        object.__setattr__(known, "_plain", plain)
        return known

    def trust_class(self, value: Any) -> None:
        """The test names this class, so operators on its instances are part of what is tested."""
        if isinstance(value, RemoteObject):
            self.trusted_classes.add(object.__getattribute__(value, "_number"))

    def _exception_class(self, classes: list[list[Any]]) -> type[BaseException]:
        """The class of the test's side that stands for the first of `classes`, the rest being its bases."""
        (where, name), rest = classes[0], classes[1:]
        if isinstance(where, str):
            is_shared = where.partition(".")[0] in SHARED_CLASS_MODULES
            kind = getattr(sys.modules.get(where), name, None) if is_shared else None
            if isinstance(kind, type) and issubclass(kind, (Exception, SystemExit)):
                return kind
            return RemoteError if not rest else self._exception_class(rest)
        if where not in self.exceptions:
            bases = self._bases(rest) or (RemoteError,)
            self.exceptions[where] = type(str(name)[:100], bases, {"_remote_number": where, "_remote_text": None,
                                                                   "__str__": _text_of_exception})  # fmt: skip
        return self.exceptions[where]

    def _bases(self, classes: list[list[Any]]) -> tuple[type[BaseException], ...]:
        """Of the classes behind one in its order of resolution, those that none of the others derives from."""
        bases: list[type[BaseException]] = []
        own = [place for place, (where, _) in enumerate(classes) if not isinstance(where, str)]
        shared = [place for place, (where, _) in enumerate(classes) if isinstance(where, str)]
        for place in [*own, *shared[:1]]:
            kind = self._exception_class(classes[place:])
            if not any(issubclass(base, kind) for base in bases):
                bases.append(kind)
        return tuple(bases)

    def _exception(self, reply: dict[str, Any]) -> BaseException:
        try:
            kind = self._exception_class(reply["classes"]) if reply.get("classes") else RemoteError
            args = [self.decode(arg) for arg in reply["args"]]
            try:
                error = kind(*args)
            except TypeError:  # a class whose arguments are not what it keeps in `args`
                error = kind.__new__(kind)
                error.args = tuple(args)
            for name, value in reply["attributes"].items():
                if not name.startswith("__"):
                    setattr(error, name, self.decode(value))
            if hasattr(kind, "_remote_text"):
                error._remote_text = str(reply["text"])  # type: ignore[attr-defined]
            return error
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            return RemoteError(str(reply.get("error"))[:500])


class _TypeOf(type):
    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and type(args[0]) is RemoteObject:
            return _client(args[0]).request("type", args[0])
        return type(*args, **kwargs)

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, type)


class TypeOf(metaclass=_TypeOf):
    """What `type` means in a test: the class of an object of the program is the program's, not the stand-in's."""


def _text_of_exception(error: Any) -> str:
    return error._remote_text if error._remote_text is not None else BaseException.__str__(error)


def shared_class(module: str, name: str) -> type:
    found = getattr(sys.modules[module], name)
    if not isinstance(found, type):
        raise WireError(f"{name} is not a class")
    return found


class RemoteObject:
    """Something that lives in the program's process, used from the test as if it were here."""

    __array_ufunc__ = None

    def __init__(self, client: Client, number: int, name: str, classes: list[int]) -> None:
        for key, value in (("_client", client), ("_number", number), ("_name", name), ("_classes", classes),
                           ("_plain", _UNSENDABLE)):  # fmt: skip
            object.__setattr__(self, key, value)

    def __getattribute__(self, name: str) -> Any:
        own = object.__getattribute__
        if name == "__class__":
            plain = own(self, "_plain")
            return type(plain) if plain is not _UNSENDABLE else RemoteObject
        if name.startswith("__array_"):  # numpy would read memory where the program tells it to
            raise AttributeError(f"{own(self, '_name')} object has no attribute {name!r}")
        client: Client = own(self, "_client")
        value = client.request("getattr", self, name)
        if name in _BUILTIN_METHODS and not _is_trusted(self) and callable(value):
            return _without_arguments(value, own(self, "_name"), name)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        _client(self).request("setattr", self, name, value)

    def __delattr__(self, name: str) -> None:
        _client(self).request("delattr", self, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _client(self).request("call", self, *args, **kwargs)

    def __eq__(self, other: object) -> bool:
        if other is self:
            return True
        plain, theirs = _current_plain(self), _current_plain(other) if type(other) is RemoteObject else other
        if plain is not _UNSENDABLE and theirs is not _UNSENDABLE:
            return bool(plain == theirs)
        if type(other) is not RemoteObject and not _is_trusted(self):
            return False
        client = _client(self)
        client.weak = True
        return client.request("eq", self, other) is True

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(_client(self).request("hash", self))

    def __instancecheck__(self, value: object) -> bool:
        if type(value) is RemoteObject:
            return _client(self).request("isinstance", value, self) is True
        return False

    def __subclasscheck__(self, value: object) -> bool:
        return _client(self).request("issubclass", value, self) is True

    def __exit__(self, *exception: object) -> None:
        _client(self).request("exit", self)

    def __str__(self) -> str:
        return str(_client(self).request("str", self))

    def __repr__(self) -> str:
        return str(_client(self).request("repr", self))

    def __format__(self, specification: str) -> str:
        return str(_client(self).request("format", self, specification))

    def __dir__(self) -> list[str]:
        return [str(name) for name in _client(self).request("dir", self)]


def _client(proxy: RemoteObject) -> Client:
    return object.__getattribute__(proxy, "_client")


def _is_trusted(proxy: RemoteObject) -> bool:
    trusted = _client(proxy).trusted_classes
    own = object.__getattribute__(proxy, "_number") in trusted
    return own or any(number in trusted for number in object.__getattribute__(proxy, "_classes"))


def _current_plain(proxy: RemoteObject) -> Any:
    """What an instance of a subclass of list, int and so on holds now; _UNSENDABLE for any other object."""
    plain = object.__getattribute__(proxy, "_plain")
    if plain is _UNSENDABLE or not is_mutable(plain):
        return plain
    return _client(proxy).decode(_client(proxy).request("plain", proxy))


def _without_arguments(method: Callable[..., Any], owner: str, name: str) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        if args or kwargs:
            raise TypeError(f"the program returned a {owner} object; its {name}() is not taken for the built-in one")
        return method()

    return call


COMPARISONS = ("lt", "le", "gt", "ge", "contains")
LOCAL: dict[str, Callable[..., Any]] = {"len": len, "iter": iter, "bool": bool, "reversed": reversed,
                                        "getitem": operator.getitem}  # fmt: skip


def _unary(operation: str) -> Callable[[RemoteObject], Any]:
    return lambda self: _content(self, operation)


def _content(proxy: RemoteObject, operation: str, *args: Any) -> Any:
    """What an object holds. That of a built-in's subclass is read from a copy; one of unknown make is asked, and may
    answer differently each time: a pass that rests on asking twice is weak."""
    client = _client(proxy)
    if not _is_trusted(proxy):
        plain = _current_plain(proxy)
        if plain is not _UNSENDABLE and operation in LOCAL:
            return LOCAL[operation](plain, *args)
        number = object.__getattribute__(proxy, "_number")
        client.weak |= operation in LOCAL and number in client.asked
        client.asked.add(number)
    return client.request(operation, proxy, *args)


def _binary(operation: str, reflected: bool = False) -> Callable[..., Any]:
    def apply(self: RemoteObject, other: Any) -> Any:
        _client(self).weak |= operation in COMPARISONS
        if not _is_trusted(self) and not (type(other) is RemoteObject and _is_trusted(other)):
            plain = _current_plain(self)
            if plain is _UNSENDABLE:
                name = object.__getattribute__(self, "_name")
                raise TypeError(f"the program returned a {name} object, which cannot be used with {operation} here")
            return _local(operation, plain, other, reflected)
        return _client(self).request(operation, *((other, self) if reflected else (self, other)))

    return apply


def _item(operation: str) -> Callable[..., Any]:
    return lambda self, *args: _content(self, operation, *args)


def _local(operation: str, plain: Any, other: Any, reflected: bool) -> Any:
    function = getattr(operator, {"and": "and_", "or": "or_"}.get(operation, operation))
    return function(other, plain) if reflected else function(plain, other)


for _operation in ("len", "iter", "next", "reversed", "bool", "int", "float", "index", "abs", "round", "neg", "pos",
                   "invert", "enter"):  # fmt: skip
    setattr(RemoteObject, f"__{_operation}__", _unary(_operation))
for _operation in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor"):
    setattr(RemoteObject, f"__{_operation}__", _binary(_operation))
    setattr(RemoteObject, f"__r{_operation}__", _binary(_operation, reflected=True))
for _operation in COMPARISONS:
    setattr(RemoteObject, f"__{_operation}__", _binary(_operation))
for _operation in ("getitem", "setitem", "delitem"):
    setattr(RemoteObject, f"__{_operation}__", _item(_operation))


def well_known(name: str) -> Any:
    module, _, attribute = WELL_KNOWN[name].partition(".")
    return getattr(importlib.import_module(module), attribute) if attribute else importlib.import_module(module)


class RemoteModule(types.ModuleType):
    """`solution`, as the test imports it."""

    def __init__(self, client: Client, names: list[str], class_names: frozenset[str]) -> None:
        """`names` are those of `from solution import *`."""
        super().__init__("solution")
        self.__dict__.update(__all__=names, _client=client, _class_names=class_names, __file__="solution.py")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module 'solution' has no attribute {name!r}")
        client: Client = self.__dict__["_client"]
        value = client.request("module", name)
        if name in self.__dict__["_class_names"]:
            client.trust_class(value)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("__"):
            self.__dict__[name] = value
        else:
            self.__dict__["_client"].request("set", name, value)

    def __delattr__(self, name: str) -> None:
        self.__dict__["_client"].request("delete", name)
