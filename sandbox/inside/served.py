"""The program's end of a conversation: does what the test asks with the program's objects, and answers.

Runs in the jailed process next to the program, which may change anything here. An answer is a claim.
"""

from __future__ import annotations

import _thread
import argparse
import builtins
import copy
import importlib
import io
import itertools
import math
import operator
import os
import sys
import time
import types
from collections import ChainMap, OrderedDict, UserDict, UserList, UserString
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.inside.copies import Copies
from sandbox.inside.job import REPORT_FD, describe, load, silence_stdout
from sandbox.inside.link import (
    NAMELESS,
    OPERATORS_OF_EXCEPTIONS,
    Closed,
    References,
    class_of_tuples,
    from_numpy,
    is_shared_class,
    is_shared_exception,
    make_exception,
    receive,
    rich,
    send,
    text_form,
)
from sandbox.wire import ANY_NUMBER, WireError, base_value, decode, encode, is_named_tuple

MAX_PRINTED = 1 << 20


def serve(job: dict[str, Any]) -> None:
    """Load the program, say whether it loaded, then answer requests until the test's side closes."""
    os.close(REPORT_FD)  # who listens to the program is the test
    silence_stdout()
    server = Server()
    try:
        server.module = load(job["program"], "solution")
        greeting: dict[str, Any] = {"value": encode(sorted(server.public_names()))}
        if job["prints"]:
            builtins.print = server.print
    except BaseException as error:
        greeting = server.describe(error)
    try:
        server.turn.acquire()
        send(server.with_output(greeting))
        while True:
            request = receive()
            server.turn.release()
            reply = server.answer(request)
            server.turn.acquire()
            send(reply)
    except Closed:
        os._exit(0)


class Server:
    def __init__(self) -> None:
        self.references = References()
        self.module = types.ModuleType("solution")
        self.test_exceptions: dict[int, type[Exception]] = {}
        self.test_instances: dict[int, TestInstance] = {}
        self.test_kinds: dict[int, Any] = {}
        self.test_tuples: dict[int, Any] = {}
        self.test_objects: dict[int, TestObject] = {}
        self.shared: dict[int, int] = {}  # what of libraries the test handed over, by `id`: its numbers at the test
        self.output, self.complaints = Output(), Output()
        sys.stdout, sys.stderr = self.output, self.complaints  # type: ignore[assignment]
        sys.stdin = Input(self)  # type: ignore[assignment]
        builtins.input = self.input
        self.operations = {**OPERATIONS, "module": lambda name: getattr(self.module, name),
                           "set": lambda name, value: setattr(self.module, name, value),
                           "delete": lambda name: delattr(self.module, name),
                           "names": lambda *owner: _names_in(*owner or (self.module,))}  # fmt: skip
        self.copies = Copies(1, self.encode, self.decode)
        self.turn = _thread.RLock()  # of who writes to the test: nobody but between a request and its answer

    def public_names(self) -> list[str]:
        declared = getattr(self.module, "__all__", None)
        names = declared if isinstance(declared, list) else [n for n in vars(self.module) if not n.startswith("_")]
        return [name for name in names if isinstance(name, str)][:2000]

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            self.take_changes(request)
            self.copies.drop(request["forget"])
            operation = self.operations[request["do"]]
            values = [self.copies.take(arg) for arg in request["args"]]
            named = {name: self.copies.take(value) for name, value in request["kwargs"].items()}
            result = operation(*values, **named)
            changed = self.copies.changes(of_large_ones=True)
            pass_on = self.encode if request["do"] in ("plain", "dir", "names") else self.copies.hand_over
            reply = {"value": pass_on(result), "changed": changed}
        except BaseException as error:  # reading the answer ran the program's own methods, too
            reply = {**self.describe(error), "changed": self.changes_beside_an_error()}
        return self.with_output(reply)

    def take_changes(self, message: dict[str, Any]) -> None:
        for _ in self.copies.apply(message["changed"]):
            pass

    def changes_beside_an_error(self) -> list[Any]:
        try:
            return self.copies.changes(of_large_ones=True)
        except BaseException:  # what it holds now cannot be sent
            return []

    def with_output(self, reply: dict[str, Any]) -> dict[str, Any]:
        texts = {"printed": self.output.take(), "complained": self.complaints.take()}
        return {**reply, **{name: text for name, text in texts.items() if text}}

    def describe(self, error: BaseException, with_cause: bool = True) -> dict[str, Any]:
        """An exception with what a test can look at: its classes, arguments, attributes, text, cause, and by its number
        whatever else the program's class gives it."""
        report = describe(error)
        try:
            if type(number := vars(error).get(FROM_TEST)) is int:
                return {**report, "raised": number}
            classes = [self.class_name(kind) for kind in type(error).__mro__[:-1]]
            text = str(error)
            arguments = [self.encode(arg) for arg in error.args]
            attributes = {name: self.encode(value) for name, value in vars(error).items() if isinstance(name, str)}
            members = {name: getattr(error, name, None) for name in _members_of(error)}
            attributes |= {name: self.encode(value) for name, value in members.items() if value is not None}
            if not is_shared_class(type(error)):
                report["number"] = self.references.number(error.with_traceback(None))  # without what its frames hold
            for name in ("__cause__", "__context__") if with_cause else ():
                if getattr(error, name) is not None:
                    report[name] = self.describe(getattr(error, name), with_cause=False)
            if error.__suppress_context__:
                report["from"] = True
        except BaseException:  # the class is the program's own and may raise anything here
            return {**report, "classes": [], "text": "", "args": [], "attributes": {}}
        return {**report, "classes": classes, "text": text, "args": arguments, "attributes": attributes}

    def class_name(self, kind: type) -> list[Any]:
        """[module, name] of a shared class, [None, number] of the test's, of one of the program's its number, its name
        and the operators that it defines."""
        if type(number := vars(kind).get(FROM_TEST)) is int:
            return [None, number]
        if is_shared_exception(kind):
            return [kind.__module__, kind.__name__]
        operators = [name for name in OPERATORS_OF_EXCEPTIONS if f"__{name}__" in vars(kind)]
        return [self.references.number(kind), kind.__name__, operators]

    def encode(self, value: Any) -> Any:
        return encode(value, self.reference)

    def reference(self, value: Any) -> Any:
        text = text_form(value)
        if text is not None:
            return text
        if type(value) is type and FROM_TEST in vars(value) and is_named_tuple(value):
            return ["y", vars(value)[FROM_TEST]]
        if isinstance(value, (TestObject, TestInstance, Unknown)):
            return ["y", object.__getattribute__(value, "number")]
        if isinstance(value, BaseException) and type(number := vars(value).get(FROM_TEST)) is int:
            return ["y", number]
        if isinstance(value, BaseException):
            return ["V", self.describe(value)]
        if type(value) in HOLDERS:
            return ["K", type(value).__name__, *[self.encode(part) for part in HOLDERS[type(value)](value)]]
        if type(value) in VIEWS:
            return ["W", VIEWS[type(value)], *[self.encode(item) for item in value]]
        if is_shared_class(value):
            return ["G", value.__module__, value.__qualname__]
        if id(value) in self.shared:
            return ["y", self.shared[id(value)]]
        if isinstance(value, types.ModuleType):
            return ["P", value.__name__, self.references.number(value)]
        number = self.references.number(value)
        if isinstance(value, type) and issubclass(value, BaseException):
            return ["E", number, [self.class_name(kind) for kind in value.__mro__[:-1]]]
        kind = type(value)
        classes = [self.references.number(base) for base in kind.__mro__[:-1] if not is_shared_class(base)]
        return ["m", number, kind.__name__, classes, plain_form(value)]

    def decode(self, data: Any) -> Any:
        return decode(data, rich(self.resolve), max_nodes=ANY_NUMBER)

    def resolve(self, data: list[Any]) -> Any:
        if data[0] == "m":
            return self.references.object(data[1])
        if data[0] in ("A", "n"):
            return from_numpy(data)
        if data[0] == "N":
            return self.named_tuple(*data[1], *data[2:])
        if data[0] == "y":
            return self.test_objects.setdefault(data[1], TestObject(self, *data[1:]))
        if data[0] == "t":
            return self.test_objects.setdefault(data[1], TestClass(self, data[1], data[2], None))
        if data[0] == "Y":
            found = operator.attrgetter(data[3])(importlib.import_module(data[2]))
            self.shared[id(found)] = data[1]
            return found
        if data[0] == "G":
            return getattr(importlib.import_module(data[1]), data[2])
        if data[0] == "e":
            return self.stand_in_exception(*data[1:])
        if data[0] == "u":
            return self.stand_in(*data[1:])
        if data[0] == "x":
            return self.stand_in_error(data[1])
        if data[0] == "P":
            return importlib.import_module(data[1])
        if data[0] == "s":
            return self.output if data[1] == "stdout" else self.complaints
        if data[0] == "o":
            return type(str(data[2]), (Unknown,), {})(data[1])
        raise WireError("an unknown value")

    def named_tuple(self, name: str, owner: Any, fields: list[str], values: list[Any]) -> Any:
        """One of the class that the test named, or of what stands here for one of the test's."""
        if owner and owner[0] == "m":
            return tuple.__new__(self.resolve(owner), values)
        number = owner[1] if owner and owner[0] == "t" else -1
        kind = self.test_tuples.get(number)
        if kind is None:
            kind = class_of_tuples(name, fields, values, **({FROM_TEST: number} if number >= 0 else {}))
        if kind is not None and number >= 0:
            self.test_tuples[number] = kind
        return tuple.__new__(kind or tuple, values)

    def ask(self, what: str, number: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Have the test's side do something with an object of its own; meanwhile it may ask for things here. Threads do
        so one after another."""
        with self.turn:
            return self._ask(what, number, args, kwargs)

    def _ask(self, what: str, number: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        shared, self.shared = self.shared, {}  # what is called for the program is its own
        try:
            request = {"ask": what, "object": number, "changed": self.copies.changes(),
                       "args": [self.copies.hand_over(arg) for arg in args],
                       "kwargs": {name: self.copies.hand_over(value) for name, value in kwargs.items()}}  # fmt: skip
        finally:
            self.shared = shared
        send(self.with_output(request))
        while True:
            reply = receive()
            if "do" not in reply:
                break
            send(self.answer(reply))
        self.take_changes(reply)
        try:
            if "value" in reply:
                return self.copies.take(reply["value"])
        finally:
            self.copies.drop(reply["forget"])
        raise self.decode(reply["own"]) if "own" in reply else self.stand_in_error(reply)

    def stand_in_error(self, reply: dict[str, Any]) -> BaseException:
        """What stands here for an exception of the test's side."""
        error = make_exception(self.resolve(reply["class"]), [self.decode(arg) for arg in reply["args"]])
        for name, value in reply["attributes"].items():
            setattr(error, name, self.decode(value))
        setattr(error, FROM_TEST, reply["raised"])
        return error

    def stand_in_exception(self, number: int, name: str, base: list[Any]) -> type[Exception]:
        """What stands here for an exception class of the test's."""
        if number not in self.test_exceptions:
            self.test_exceptions[number] = type(name, (self.resolve(base),), {FROM_TEST: number})
        return self.test_exceptions[number]

    def stand_in(self, number: int, name: str, operators: list[str], made_by: list[Any]) -> TestInstance:
        """What stands here for an object of the test's; one for each, because a program may ask whether two are one, or
        of one class."""
        if number not in self.test_instances:
            kind = self.test_kinds.get(made_by[0]) or self.stand_in_kind(name, operators, *made_by)
            instance = self.test_instances[number] = object.__new__(kind)
            TestInstance.__init__(instance, self, number)
        return self.test_instances[number]

    def stand_in_kind(self, name: str, operators: list[str], number: int, fields: list[Any]) -> Any:
        members = {f"__{operator}__": _operator_of_test(operator) for operator in operators}
        if fields:
            import dataclasses

            like = [(field, object, dataclasses.field(init=init)) for field, init in fields]
            members["__dataclass_fields__"] = vars(dataclasses.make_dataclass(name, like))["__dataclass_fields__"]
        kind = KindOfTest(name, (TestInstance,), {**members, "_made_by": (self, number)})
        if number >= 0:
            self.test_kinds[number] = kind
        return kind

    def input(self, prompt: object = "") -> Any:
        return self.ask("input", 0, (str(prompt),), {})

    def print(self, *values: object, file: Any = None, **how: Any) -> None:
        """By the test's `print`, for which it may have put something else in place."""
        streams = {id(self.output): "stdout", id(self.complaints): "stderr"}
        if id(file or sys.stdout) in streams:
            self.ask("print", 0, values, how if file is None else {**how, "file": streams[id(file)]})
        else:
            PRINT(*values, file=file, **how)


# Equal when their contents are; how to read these.
HOLDERS: dict[type, Any] = {types.SimpleNamespace: lambda value: [vars(value)], ChainMap: lambda value: value.maps,
                            argparse.Namespace: lambda value: [vars(value)]}  # fmt: skip
VIEWS: dict[type, str] = {
    type(getattr(kind(), name)()): name for kind in (dict, OrderedDict) for name in ("keys", "values", "items")
}
PRINT = print
FROM_TEST = "__number_at_the_test__"
COPYINGS = itertools.count()
PLAIN_BASES = (int, float, str, bytes, list, tuple, dict, set, frozenset)


# What is equal to what it holds.
WRAPPERS = (types.MappingProxyType, UserDict, UserList, UserString)


def plain_form(value: Any) -> Any:
    """The form of what an object of a built-in's subclass holds, or None where that is no plain value."""
    if not issubclass(type(value), (*PLAIN_BASES, *WRAPPERS)):
        return None
    try:
        if issubclass(type(value), PLAIN_BASES):
            return encode(base_value(value), _plain_part)
        return encode(dict(value) if isinstance(value, types.MappingProxyType) else value.data, _plain_part)
    except (WireError, RecursionError):
        return None


def _plain_part(value: Any) -> Any:
    """What such an object holds may be of a built-in's subclass, too; of objects of other classes it is a container."""
    if (text := text_form(value)) is not None:
        return text
    if isinstance(value, type) and is_named_tuple(value):
        return [""]  # such a tuple is known by its fields
    if not issubclass(type(value), PLAIN_BASES):
        raise WireError(f"a {type(value).__name__} is no plain value")
    return encode(base_value(value), _plain_part)


_MEMBERS: dict[type[BaseException], tuple[str, ...]] = {
    OSError: ("filename", "filename2"), ImportError: ("name", "path"), NameError: ("name",), AttributeError: ("name",),
    SyntaxError: ("msg", "filename", "lineno", "offset", "text"),
}  # fmt: skip


def _members_of(error: BaseException) -> tuple[str, ...]:
    """Attributes that some exceptions have beside those in their `__dict__`. Where one is None nothing is told: an
    OSError that is given a `filename`, be it None, words itself otherwise."""
    return next((names for kind, names in _MEMBERS.items() if isinstance(error, kind)), ())


class Unknown:
    """Something of the test's that is no plain value: the program sees that it is none, and can give it back."""

    def __init__(self, number: int) -> None:
        self.number = number


class TestObject:
    """A function or an iterator that the test handed over. What a function shows of itself is, but for two names that
    classes have too, not in its `__dict__`, which `functools.wraps` copies."""

    __slots__ = ("__dict__", "looks", "number", "server")
    __test__ = False

    def __init__(self, server: Server, number: int, name: str, looks: dict[str, Any] | None) -> None:
        self.server, self.number, self.looks = server, number, {"__name__": name}
        if looks is not None:
            self.looks |= looks_of_function(server.decode, name, looks)
        self.__dict__.update({name: self.looks.get(name) for name in ("__doc__", "__module__")})

    def __getattr__(self, name: str) -> Any:
        try:
            return self.looks[name]
        except KeyError:
            raise AttributeError(name) from None

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return self.server.ask("call", self.number, args, kwargs)

    def __iter__(self) -> TestObject:
        return self

    def __next__(self) -> Any:
        return self.server.ask("next", self.number, (), {})


class TestClass(TestObject):
    """A class that the test defines, put in the place of one that the program uses."""

    def __getattr__(self, name: str) -> Any:
        return super().__getattr__(name) if name.startswith("_") else _ask_about(self, "getattr", name)


def looks_of_function(decode: Callable[[Any], Any], name: str, looks: dict[str, Any]) -> dict[str, Any]:
    """What decorators read of a function: its signature, in both forms, and words for people."""
    import inspect

    kinds = inspect.Parameter
    (count, positional, keywords, flags), names = looks["arguments"], looks["names"]
    defaults = tuple(map(decode, looks["defaults"]))
    keyword_defaults = {name: decode(value) for name, value in looks["keyword_defaults"].items()}
    hints = {name: decode(kind) for name, kind in looks["annotations"].items()}
    rest = names[count + keywords :]
    found: list[tuple[str, Any]] = [(name, kinds.POSITIONAL_ONLY) for name in names[:positional]]
    found += [(name, kinds.POSITIONAL_OR_KEYWORD) for name in names[positional:count]]
    found += [(rest.pop(0), kinds.VAR_POSITIONAL)] if flags & inspect.CO_VARARGS else []
    found += [(name, kinds.KEYWORD_ONLY) for name in names[count : count + keywords]]
    found += [(name, kinds.VAR_KEYWORD) for name in rest]
    given = dict(zip(reversed(names[:count]), reversed(defaults), strict=False)) | keyword_defaults
    parameters = [kinds(name, kind, default=given.get(name, kinds.empty), annotation=hints.get(name, kinds.empty))
                  for name, kind in found]  # fmt: skip
    return {
        "__doc__": looks["doc"], "__qualname__": looks["qualname"], "__module__": looks["module"],
        "__defaults__": defaults or None, "__kwdefaults__": keyword_defaults or None, "__annotations__": hints,
        "__code__": types.SimpleNamespace(
            co_argcount=count, co_posonlyargcount=positional, co_kwonlyargcount=keywords, co_flags=flags,
            co_varnames=tuple(names), co_name=name,
        ),
        "__signature__": inspect.Signature(
            parameters, return_annotation=hints.get("return", inspect.Signature.empty)
        ),
    }  # fmt: skip


class KindOfTest(type):
    """What stands for a class that the test defines, by the objects of it that the program has."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        server, number = vars(cls)["_made_by"]
        return server.ask("call", number, args, kwargs)


class TestInstance(metaclass=KindOfTest):
    """An object of a class that the test defines; it lives there."""

    __test__ = False

    def __init__(self, server: Server, number: int) -> None:
        object.__setattr__(self, "server", server)
        object.__setattr__(self, "number", number)

    def __getattribute__(self, name: str) -> Any:
        return object.__getattribute__(self, name) if name.startswith("_") else _ask_about(self, "getattr", name)

    def __setattr__(self, name: str, value: Any) -> None:
        _ask_about(self, "setattr", name, value)

    def __delattr__(self, name: str) -> None:
        _ask_about(self, "delattr", name)

    def __copy__(self) -> Any:
        return _ask_about(self, "copy", "copy")

    def __deepcopy__(self, memo: dict[Any, Any]) -> Any:
        """What is copied in one go stays linked: the number of the copying is remembered with the rest."""
        return _ask_about(self, "copy", "deepcopy", memo.setdefault("at the test", next(COPYINGS)))


def _ask_about(instance: TestInstance | TestClass, what: str, *args: Any) -> Any:
    own = object.__getattribute__
    return own(instance, "server").ask(what, own(instance, "number"), args, {})


def _operator_of_test(name: str) -> Any:
    if name == "call":
        own = object.__getattribute__
        return lambda self, /, *args, **kwargs: own(self, "server").ask("call", own(self, "number"), args, kwargs)
    if name == "exit":
        return lambda self, *error: _ask_about(self, "operator", name, *error[:2])
    return lambda self, *args: _ask_about(self, "operator", name, *args)


class Output:
    """What the program prints, kept until the next answer takes it along."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.size = 0

    def write(self, text: str) -> int:
        if self.size < MAX_PRINTED:
            self.parts.append("" + text)  # bytes are none
            self.size += len(text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        return

    def reconfigure(self, **how: Any) -> None:
        return

    def isatty(self) -> bool:
        return False

    @property
    def buffer(self) -> RawOutput:
        return RawOutput(self)

    def take(self) -> str:
        printed, self.parts, self.size = "".join(self.parts)[:MAX_PRINTED], [], 0
        return printed


class RawOutput(io.RawIOBase):
    """What the program prints as bytes."""

    def __init__(self, output: Output) -> None:
        self.output = output

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.output.write(bytes(data).decode("utf-8", "replace"))
        return len(data)


class Input:
    """Standard input is the test's: it may have put something in its place."""

    def __init__(self, server: Server, of: str = "") -> None:
        self.server, self.of = server, of

    @property
    def buffer(self) -> Input:
        return Input(self.server, "buffer.")

    def read(self, *size: int) -> Any:
        return self.server.ask(f"{self.of}read", 0, size, {})

    def readline(self, *size: int) -> Any:
        return self.server.ask(f"{self.of}readline", 0, size, {})

    def reconfigure(self, **how: Any) -> None:
        return

    def isatty(self) -> bool:
        return False

    def readlines(self) -> list[Any]:
        return list(self)

    def __iter__(self) -> Input:
        return self

    def __next__(self) -> Any:
        if line := self.readline():
            return line
        raise StopIteration


def _exit_context(context: Any, kind: Any = None, error: Any = None) -> bool:
    return bool(context.__exit__(kind, error, None))


def _seed(module: str, value: Any) -> None:
    """A test that seeds means the program's draws, too."""
    importlib.import_module({"random": "random", "numpy": "numpy.random"}[module]).seed(value)


def _sleep(seconds: float) -> None:
    """The test sleeps. Where there are no other threads it may do so alone."""
    if _thread._count():
        time.sleep(seconds)


def _class_called(module: str, name: str) -> Any:
    """A class that the test named."""
    if module == "builtins" and name in NAMELESS:
        return NAMELESS[name]
    return operator.attrgetter(name)(importlib.import_module(module))


def _names_in(owner: Any) -> list[str]:
    """All that it has: of an enumeration's class `dir` leaves out other names of a member, and what is none."""
    more = [*vars(owner), *getattr(owner, "__members__", ())] if isinstance(owner, type) else []
    return list(dict.fromkeys([*dir(owner), *more]))


def _raise(kind: Any, /, *args: Any, **kwargs: Any) -> None:
    raise kind(*args, **kwargs)


OPERATIONS: dict[str, Any] = {
    **dict.fromkeys(("call", "step"), lambda function, /, *args, **kwargs: function(*args, **kwargs)),
    "getattr": getattr, "setattr": setattr, "delattr": delattr, "dir": dir, "isinstance": isinstance,
    "issubclass": issubclass, "len": len, "iter": iter, "next": next, "reversed": reversed, "hash": hash, "repr": repr,
    "str": str, "bool": bool, "int": int, "float": float, "abs": abs, "round": round, "index": operator.index,
    "format": format, "getitem": operator.getitem, "setitem": operator.setitem, "delitem": operator.delitem,
    "contains": operator.contains, "eq": operator.eq, "lt": operator.lt, "le": operator.le, "gt": operator.gt,
    "ge": operator.ge, "add": operator.add, "sub": operator.sub, "mul": operator.mul, "truediv": operator.truediv,
    "floordiv": operator.floordiv, "mod": operator.mod, "pow": operator.pow, "matmul": operator.matmul,
    "and": operator.and_, "or": operator.or_, "xor": operator.xor, "neg": operator.neg, "pos": operator.pos,
    "invert": operator.invert, "enter": lambda context: context.__enter__(), "exit": _exit_context,
    "plain": plain_form,
    "iadd": operator.iadd, "isub": operator.isub, "imul": operator.imul, "ior": operator.ior, "iand": operator.iand,
    "lshift": operator.lshift, "rshift": operator.rshift, "divmod": divmod, "seed": _seed, "sleep": _sleep,
    "isinstance_of": lambda value, module, name: isinstance(value, _class_called(module, name)),
    "issubclass_of": lambda value, module, name: issubclass(value, _class_called(module, name)), "callable": callable,
    "complex": complex, "trunc": math.trunc, "floor": math.floor, "ceil": math.ceil, "itruediv": operator.itruediv,
    "ifloordiv": operator.ifloordiv, "imod": operator.imod, "ipow": operator.ipow, "imatmul": operator.imatmul,
    "ixor": operator.ixor, "ilshift": operator.ilshift, "irshift": operator.irshift, "bytes": bytes,
    "type": type, "copy": copy.copy, "deepcopy": copy.deepcopy, "raise": _raise,
}  # fmt: skip
