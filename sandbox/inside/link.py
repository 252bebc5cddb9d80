"""Both ends of the conversation between a test and the program it tests, which live in two processes.

Plain values cross as copies. Everything else stays where it is and crosses as a reference: functions, classes,
generators and objects of the program's own classes can be used by the test through `remote.py`. The program gets much
less of the test's side: it can call a function it was handed and step an iterator it was handed, raise an exception of
a class it was handed and let pass one that such a function raised, use by their public attributes and operators objects
of classes that the test defines (and make more), mocks, streams in memory, queues and generators of random numbers, and
read the test's standard input and print by its `print`. No name with an underscore leads from there to the test.

A frame each way at a time. The program says first whether it loaded; then the test asks, and while it waits it may be
asked in turn:

    {"do": operation, "args", "kwargs", "changed", "forget"}         the test asks (Client.ask, Server.answer)
    {"value", "changed"} or {"error", "classes", "args", …}          the answer, with "printed" and "complained"
    {"ask": what, "object": number, "args", "kwargs", "changed"}     the program asks (Server.ask, Client._serve)
    {"value", "changed", "forget"}, {"raised", "class", …}, {"own"}  the answer to that

Values are written as wire.py says, with more tags. A number is that of an object of the sender's side, but in ["m", …]
from the test and ["y", …] from the program, by which something of the other side's is given back.

    both            ["h", number, form]  a list, dict, … of which each side keeps a copy; ["h", number] ever after
    (copies.py)     ["X", kind, text]  what has an exact text     ["G", module, name]  a class that both sides have
    from the test   ["m", number]  an object of the program's     ["y", number, name, looks]  a function or iterator
    (Client.        ["u", number, class, [operators], made by]  an object or mock, to use by its public names
    reference,      ["t", number, name]  a class     ["e", number, name, base]  one of exceptions
    Server.         ["x", error]  an exception     ["P", module]  a module that both have
    resolve)        ["Y", number, module, name]  what both have of a library, where each side uses its own
                    ["s", "stdout" | "stderr"]     ["o", number, class]  what it can only give back
    from the        ["m", number, class, [numbers of its classes], what it holds of a built-in class]  an object
    program         ["y", number]  something of the test's     ["V", error]  an exception
    (Server.        ["E", number, [[module, name] | [number, name, [operators]], …]]  a class of exceptions and those
                    it derives from
    reference,      ["K", class, …]  a namespace or ChainMap     ["P", name, number]  a module
    Client.resolve) ["W", "keys" | "values" | "items", …]  a view of a dict
"""

from __future__ import annotations

import array
import ast
import collections
import datetime
import decimal
import fractions
import ipaddress
import itertools
import json
import re
import sys
import types
import uuid
import zoneinfo
from collections.abc import Callable
from types import NoneType
from typing import Any

from sandbox.inside.job import LINK_IN_FD, LINK_OUT_FD
from sandbox.wire import MAX_FRAME_BYTES, NUMPY_NUMBERS, WireError, dump_frame, parse_body, read_frame, write_all

# What `str` makes of them is what they are made of.
_WRITTEN: dict[type, Callable[[str], Any]] = {kind: kind for kind in (
    decimal.Decimal, fractions.Fraction, uuid.UUID, ipaddress.IPv4Address, ipaddress.IPv6Address, ipaddress.IPv4Network,
    ipaddress.IPv6Network, ipaddress.IPv4Interface, ipaddress.IPv6Interface)} | {
    type(...): lambda _: ..., type(NotImplemented): lambda _: NotImplemented}  # fmt: skip
_FROM_TEXT = {kind.__name__: read for kind, read in _WRITTEN.items()}
TEXT_FORMS: dict[type, str] = {kind: kind.__name__ for kind in (
    *_WRITTEN, datetime.datetime, datetime.date, datetime.time, datetime.timedelta, range, slice)}  # fmt: skip
TEST_MODULE = "test_solution"
ARRAY_CODES, MOST_IN_ARRAY = "bBhHiIlLqQfd", 1_000
# Operators that a program may use on objects of a test's own classes, where these have them.
OPERATORS = ("eq", "lt", "le", "gt", "ge", "hash", "len", "bool", "str", "repr", "iter", "contains", "getitem",
             "setitem", "delitem", "next", "enter", "exit",
             "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "neg", "abs")  # fmt: skip
# Those of an exception class of the program's that do here what they do there.
OPERATORS_OF_EXCEPTIONS = ("len", "bool", "iter", "reversed", "contains", "getitem", "setitem", "delitem", "lt", "le",
                           "gt", "ge", "int", "float", "index", "repr", "format")  # fmt: skip
# A mock's own assertions; no object of the program's may answer them.
ASSERTIONS = frozenset(f"assert_{what}" for what in ("any_call", "called", "called_once", "called_once_with",
                                                     "called_with", "has_calls", "not_called"))  # fmt: skip
BUILTIN_METHODS = ASSERTIONS.union(*(dir(kind) for kind in (int, float, str, bytes, list, tuple, dict, set)))
# Of texts and numbers only: a class has them to pass for one.
METHODS_OF_TEXTS = BUILTIN_METHODS - ASSERTIONS - {name for kind in (list, tuple, dict, set) for name in dir(kind)}
# Whose classes may mean the same in both processes; `class_of_values` says which of them a program may name.
SHARED_CLASS_MODULES = (
    "builtins", "collections", "dataclasses", "datetime", "decimal", "fractions", "json", "numpy", "re", "statistics"
)  # fmt: skip


class Closed(Exception):
    """The other process is gone."""


class References:
    """Objects of this side that the other side knows by number."""

    def __init__(self) -> None:
        self.objects: list[Any] = []
        self.numbers: dict[int, int] = {}

    def number(self, value: Any) -> int:
        if id(value) not in self.numbers:
            self.numbers[id(value)] = len(self.objects)
            self.objects.append(value)  # kept alive, so that its id stays its own
        return self.numbers[id(value)]

    def object(self, number: Any) -> Any:
        if type(number) is not int or not 0 <= number < len(self.objects):
            raise WireError("a reference to nothing")
        return self.objects[number]


def text_form(value: Any) -> Any:
    """["X", kind, text] for numbers and times that have an exact text form, else None."""
    kind = TEXT_FORMS.get(type(value))
    if kind is None and type(value) is re.Pattern and type(value.pattern) is str:
        return ["X", "Pattern", json.dumps([value.pattern, value.flags])]
    if kind is None and isinstance(value, datetime.tzinfo):
        return ["X", "tzinfo", name] if (name := zone_name(value)) else None
    if kind is None and type(value) is array.array and value.typecode in ARRAY_CODES and len(value) < MOST_IN_ARRAY:
        return ["X", "array", json.dumps([value.typecode, value.tolist()])]
    if kind is None:
        numpy = sys.modules.get("numpy")
        return ["X", "dtype", str(value)] if numpy is not None and isinstance(value, numpy.dtype) else None
    if kind == "timedelta":
        return ["X", kind, f"{value.days} {value.seconds} {value.microseconds}"]
    if kind == "range":
        return ["X", kind, f"{value.start} {value.stop} {value.step}"]
    if kind == "slice":
        parts = (value.start, value.stop, value.step)
        return ["X", kind, json.dumps(parts)] if all(type(part) in (int, NoneType) for part in parts) else None
    if kind in ("datetime", "time") and value.tzinfo is not None and (name := zone_name(value.tzinfo)):
        return ["X", kind, f"{value.replace(tzinfo=None).isoformat()} {value.fold} {name}"]
    return ["X", kind, str(value) if type(value) in _WRITTEN else value.isoformat()]


def zone_name(zone: datetime.tzinfo) -> str:
    """By which the other side has the same zone: an offset in seconds, or a name of the system's; empty for others."""
    if type(zone) is datetime.timezone and zone == datetime.timezone(offset := zone.utcoffset(None)):
        return str(offset.total_seconds()) if str(zone) == str(datetime.timezone(offset)) else ""
    key = getattr(zone, "key", None)
    return key if type(zone).__module__ == "zoneinfo" and type(key) is str else ""


def zone_of(name: str) -> datetime.tzinfo:
    """The zone of that name. Raises ValueError where there is none."""
    try:
        return datetime.timezone(datetime.timedelta(seconds=float(name)))
    except ValueError:
        return zoneinfo.ZoneInfo(name)


def from_text_form(data: list[Any]) -> Any:
    try:
        _, kind, text = data
        if type(text) is not str or len(text) > 40_000:
            raise ValueError
        if kind == "timedelta":
            days, seconds, microseconds = map(int, text.split())
            return datetime.timedelta(days, seconds, microseconds)
        if kind == "range":
            return range(*map(int, text.split()))
        if kind == "slice":
            return slice(*json.loads(text))
        if kind == "dtype":
            return dtype_of(text)
        if kind == "Pattern":
            return re.compile(*json.loads(text))
        if kind == "tzinfo":
            return zone_of(text)
        if kind in ("datetime", "time") and len(words := text.split(" ", 2)) == 3:
            plain = getattr(datetime, kind).fromisoformat(words[0])
            return plain.replace(tzinfo=zone_of(words[2]), fold=int(words[1]))
        if kind == "array":
            code, items = json.loads(text)
            return array.array(code if code in ARRAY_CODES else "?", items)
        if kind in _FROM_TEXT:
            return _FROM_TEXT[kind](text)
        return getattr(datetime, kind).fromisoformat(text) if kind in TEXT_FORMS.values() else None
    except (ValueError, TypeError, ArithmeticError, LookupError, OSError, re.error, RecursionError):
        raise WireError("a number, time or pattern that is none") from None


def is_shared_class(value: Any) -> bool:
    module = getattr(value, "__module__", None)
    return isinstance(value, type) and type(module) is str and module.partition(".")[0] in SHARED_CLASS_MODULES


# Classes that no module has under their names.
NAMELESS: dict[str, type] = {str(kind.__name__): kind for kind in (
    NoneType, type(...), types.GeneratorType, types.CoroutineType, types.FunctionType, types.MethodType,
    types.BuiltinFunctionType, types.MappingProxyType)}  # fmt: skip
_PLAIN_CLASSES = (int, float, complex, str, bytes, bytearray, list, tuple, dict, set, frozenset, type(None), range,
                  collections.deque, decimal.Decimal, fractions.Fraction, datetime.date, datetime.time,
                  datetime.timedelta)  # fmt: skip


def class_of_values(module: str, name: str) -> type:
    """The shared class that a program names: an exception, or one whose objects are what they hold. Never one like
    `type` or `map`, of which a program could make something else by having the test call it."""
    if module == "builtins" and name in NAMELESS:
        return NAMELESS[name]
    found = getattr(sys.modules[module], name)
    if not isinstance(found, type) or class_form(found) != ["G", module, name]:
        raise WireError(f"{name} is not a class")
    numpy = sys.modules.get("numpy")
    if found is object or issubclass(found, (BaseException, *_PLAIN_CLASSES)):
        return found
    if numpy is not None and (found is numpy.ndarray or issubclass(found, numpy.generic)):
        return found
    raise WireError(f"{name} is not a class of plain values")


def class_form(value: type) -> list[Any] | None:
    """["G", module, name] for a shared class that is found under its name, else None."""
    if is_shared_class(value) and getattr(sys.modules.get(value.__module__), value.__qualname__, None) is value:
        return ["G", value.__module__, value.__qualname__]
    return None


# Test runners: their exceptions skip or stop a test, which may not count as failed.
_RUNNERS = frozenset(("unittest", "doctest", "bdb", "pdb", "pytest", "_pytest"))


def is_shared_exception(kind: type) -> bool:
    """Whether both sides may have this class of exceptions under its name."""
    modules = [base.__module__.partition(".")[0] for base in kind.__mro__]
    is_private = any(base.__name__.startswith("_") for base in kind.__mro__)
    is_known = modules[0] in {*SHARED_CLASS_MODULES, *sys.stdlib_module_names}
    return is_known and not is_private and _RUNNERS.isdisjoint(modules)


def make_exception(kind: type[BaseException], args: list[Any], initialise: bool = True) -> BaseException:
    """An exception with these `args`, also of a class that is made of other arguments than it keeps."""
    try:
        if initialise:
            return kind(*args)
    except TypeError:
        pass
    error = kind.__new__(kind)
    error.args = tuple(args)
    return error


def send(message: Any, *wait: Callable[[], None]) -> None:
    """Where the link does not block, `wait` is called until it takes more."""
    try:
        write_all(LINK_OUT_FD, dump_frame(message), *wait)
    except OSError:
        raise Closed from None


def receive(max_bytes: int = MAX_FRAME_BYTES, *wait: Callable[[], None]) -> Any:
    body = read_frame(LINK_IN_FD, max_bytes, *wait)
    if body is None:
        raise Closed
    return parse_body(body)


def dtype_of(text: str) -> Any:
    """The numpy type of that text, also of a structured one."""
    import numpy

    return numpy.dtype(ast.literal_eval(text) if text.startswith("[") else text)


def from_numpy(data: list[Any]) -> Any:
    """What `wire` decodes of numpy's. Without numpy a scalar is a plain number, and an array raises ImportError."""
    if data[0] == "A":
        import numpy

        return numpy.array(data[1].items, dtype=dtype_of(data[1].dtype)).reshape(data[1].shape)
    _, name, number = data
    try:
        import numpy

        return numpy.dtype(name).type(number) if name in NUMPY_NUMBERS else numpy.int64(number).view(name)
    except ImportError:
        return number
    except (OverflowError, TypeError, ValueError):
        raise WireError(f"{name} of what is none") from None


def rich(reference: Callable[[list[Any]], Any]) -> Callable[[list[Any]], Any]:
    """The decoder's hook: exact texts; the rest goes to `reference`."""
    return lambda data: from_text_form(data) if data[0] == "X" else reference(data)


def plays_a_method(name: str, value: Any) -> bool:
    """Whether it stands where a built-in class has a method, and would answer in its place."""
    return name in BUILTIN_METHODS and callable(value)


def class_of_tuples(name: str, fields: list[str], values: list[Any], **members: Any) -> Any:
    """A class of named tuples; that of plain ones where it cannot be made, or where a field would play a method of a
    built-in class."""
    if any(itertools.starmap(plays_a_method, zip(fields, values, strict=True))):
        return None
    try:
        made: Any = collections.namedtuple(name, fields)  # type: ignore[misc]
    except ValueError:
        return None
    for member, value in members.items():
        setattr(made, member, value)
    return made
