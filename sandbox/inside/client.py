"""The test's end of a conversation: asks the program, and does for it what it may ask in turn.

What comes from the program is a claim and may be forged in every part. What stands for its objects is in remote.py.
"""

from __future__ import annotations

import argparse
import builtins
import collections
import dataclasses
import importlib
import io
import itertools
import operator
import os
import queue
import random
import select
import sys
import time
import types
import weakref
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from sandbox.inside.arrays import (
    NAMESPACES,
    VIEWS,
    equals_too_much,
    has_an_empty_part,
    has_many_parts,
    is_of_few_bits,
    selects_nothing,
    takes_its_precision,
)
from sandbox.inside.constants import Constants
from sandbox.inside.copies import Copies, number_in, numbers_in
from sandbox.inside.doubts import LOOKS, Doubts
from sandbox.inside.job import LINK_IN_FD, LINK_OUT_FD
from sandbox.inside.lent import (
    USES,
    has_operator,
    is_harmless,
    is_method,
    is_mock,
    loses_an_object,
    makes_mocks,
    place_of,
)
from sandbox.inside.link import (
    OPERATORS,
    SHARED_CLASS_MODULES,
    TEST_MODULE,
    Closed,
    References,
    class_form,
    class_of_tuples,
    class_of_values,
    from_numpy,
    is_shared_class,
    is_shared_exception,
    make_exception,
    plays_a_method,
    receive,
    rich,
    send,
    text_form,
)
from sandbox.inside.remote import (
    STUB_NAMES,
    UNSENDABLE,
    RemoteObject,
    StubException,
    TypeOf,
    hold,
    is_data_there,
    is_made_of,
    number_of,
    number_there,
    stub_exception,
)
from sandbox.names import SHARED_MODULES
from sandbox.wire import FrameTooLong, WireError, decode, encode, encode_named_tuple, is_named_tuple

PATIENCE_SECONDS = 0.5
# Requests whose arguments both sides may change later.
HANDS_OVER = ("call", "step", "set", "setattr", "setitem")
# Used by their public names, as objects of the test's own classes are.
OPEN_CLASSES = (io.StringIO, io.BytesIO, types.SimpleNamespace, argparse.Namespace, queue.Queue, random.Random)
OPEN_MODULES = ("numpy.random._generator", "numpy.random.mtrand")  # not their sources, which have functions of C


def _view(kind: str, items: list[Any]) -> Any:
    """What `keys()`, `values()` or `items()` of a dict of the program's gave."""
    if kind == "keys":
        return dict.fromkeys(items).keys()
    return dict(items).items() if kind == "items" else dict(enumerate(items)).values()


class RemoteError(Exception):
    """The program raised something that is no ordinary exception, or answered with nonsense."""


class Client:
    """Talks to the program. One request at a time; while it waits it serves what the program asks of the test."""

    def __init__(
        self,
        max_answer_bytes: int,
        report: Callable[..., None],
        compares_arrays: bool = False,
        indexes_arrays: bool = False,
        takes_any_part: bool = False,
        asks_which: bool = False,
        takes_words: bool = False,
        captures: Sequence[int] = (),
    ) -> None:
        self.max_answer_bytes = max_answer_bytes
        self.indexes_arrays, self.takes_any_part = indexes_arrays, takes_any_part
        self.compares_arrays, self.asks_which, self.takes_words = compares_arrays, asks_which, takes_words  # the test
        self.captures = frozenset(captures)  # the lines of its functions whose defaults are no literals
        self.report = report  # tells the judge
        self.waited = 0.0  # seconds for the program, in this test, that the judge has not been told of
        self.told = False  # that it waits
        self.references = References()
        self.proxies: dict[int, RemoteObject] = {}
        self.exceptions: dict[int, type[BaseException]] = {}
        # The texts of the program's exceptions, and their numbers there; not in their `__dict__`, which a test may see.
        self.told_of: weakref.WeakKeyDictionary[BaseException, tuple[str, int]] = weakref.WeakKeyDictionary()
        self.classes: dict[Any, type] = {}  # what `__class__` gives, by name and the program's class
        self.tuples: dict[tuple[Any, ...], Any] = {}  # classes of named tuples, by the program's class and their fields
        self.opened: set[int] = set()  # objects of the test's own classes that the program has
        self.sealed: set[int] = set()  # objects that it can only give back
        self.callable: set[int] = set()  # what it may have called or stepped
        self.serves = False  # takes the arguments of what the program asks for
        self.lent_exceptions: set[int] = set()  # of the test's own, and classes of such, that the program has
        self.trusted_classes: set[int] = set()
        self.functions: set[int] = set()  # that the test has by their names
        self.doubts = Doubts()
        self.copies = Copies(0, self.encode, self.decode)
        self.public_names: list[str] = []  # of the program
        self.given: set[int] = set()  # numbers of the arguments of calls under way
        self.passed: set[int] = set()  # and of what was handed over there
        self.variables: set[int] = set()  # what the program's module has under a name
        self.gave: set[int] = set()  # iterators that gave an item
        self.asked_last: tuple[str, int] = ("", -1)
        self.constants = Constants(self)
        self.set_there: dict[tuple[int, str], Any] = {}  # objects of the test's that it set in the program's
        self.awaited: Any = None  # the one of these now asked for

    def hello(self) -> list[str]:
        """The public names of the program. Raises what loading it raised."""
        self.public_names = [str(name) for name in self._finish(self._reply(), "hello", ())]
        return self.public_names

    def request(self, operation: str, /, *args: Any, **kwargs: Any) -> Any:
        """What the program says to this, which may be one of several questions to hide it among."""
        crowd, place, key = self.constants.crowd_of(operation, args)
        if crowd:
            return self.constants.answer(operation, crowd, place, key)
        self.constants.said.clear()
        if operation in ("set", "setattr"):
            self.constants.unlisted.discard((number_of(args[0]), args[-2]))
        try:
            answer = self.ask(operation, *args, **kwargs)
        finally:
            self.constants.said.clear()  # a function of the test's may have asked meanwhile
        is_value = type(answer) is not RemoteObject or is_data_there(answer)
        self.doubts.mark("a name it did not list", key is not None and (key[1].isupper() or is_value))
        return answer

    def ask(self, operation: str, /, *args: Any, **kwargs: Any) -> Any:
        news = self._news()
        self.doubts.acts += operation not in LOOKS or bool(news["changed"])
        self.asked_last = operation, number_of(args[0]) if args else -1
        begun = self.doubts.acts
        pass_on = self.copies.hand_over if operation in HANDS_OVER else self.encode
        encoded = [pass_on(arg) for arg in args]
        named = {name: pass_on(value) for name, value in kwargs.items()}
        self._send({"do": operation, "args": encoded, "kwargs": named, **news})
        outer = self.given, self.passed, self.awaited
        self.given, self.passed = (known | numbers_in([*encoded, *named.values()]) for known in outer[:2])
        place = (number_of(args[0]), str(args[1])) if operation.endswith("attr") else (-1, "")
        self.awaited = args[2] if operation == "setattr" else self.set_there.get(place)
        try:
            reply = self._reply()
            while "ask" in reply:
                self._send({**self._serve(reply), **self._news()})
                reply = self._reply()
            answer = self._finish(reply, operation, args)
        finally:
            self.given, self.passed, self.awaited = outer
        if operation in ("setattr", "delattr"):
            is_the_tests = operation == "setattr" and type(encoded[2]) is list and encoded[2][0] == "u"
            self.set_there[place] = args[2] if is_the_tests else None
        is_its_own = type(answer) is RemoteObject and self.set_there.get(place) is not None
        self.doubts.mark("an object in place of the test's", is_its_own)
        if operation == "next":
            self.gave.add(number_of(args[0]))
        by_class = operation == "call" and number_of(args[0]) in self.trusted_classes
        if type(answer) is RemoteObject and (by_class or operation in ("module", "enter")):
            self.doubts.not_an_answer(number_of(answer))
        if by_class:
            self.doubts.if_older(number_of(answer), begun - 1)
            self.doubts.made_by_class(number_of(answer))
            is_other = type(answer) is not RemoteObject and not is_made_of(answer, [*args[1:], *kwargs.values()])
            self.doubts.mark("a plain value of its class", is_other)
        elif operation == "call":
            self.doubts.called_for(number_of(answer), begun)
        return answer

    def _news(self) -> dict[str, Any]:
        """What the test changed in what both have, and what need not be followed any more."""
        return {"changed": self.copies.changes(of_large_ones=not self.given), "forget": self.copies.forget(self.given)}

    def _reply(self) -> dict[str, Any]:
        """What the program says next, with its changes done to what the test has of them."""
        reply = self._receive()
        if not isinstance(reply, dict):
            raise RemoteError("the program answered with nonsense")
        self._print(reply)
        for number, lost in self.copies.apply(reply.get("changed")):
            self.doubts.mark("an object in place of the test's", lost)
            # But for a variable that the test imports.
            self.doubts.mark("an answer that changed", number % 2 == 1 and number not in self.passed | self.variables)
        return reply

    def _receive(self) -> Any:
        """The next frame."""
        try:
            return receive(self.max_answer_bytes, lambda: self._wait(LINK_IN_FD, select.POLLIN))
        except FrameTooLong:
            self._leave(flooded=True)
        except Closed:
            self._leave(alone=True)
        finally:
            self._go_on()

    def _send(self, message: dict[str, Any]) -> None:
        try:
            send(message, lambda: self._wait(LINK_OUT_FD, select.POLLOUT))
        except Closed:
            self._leave(alone=True)
        finally:
            self._go_on()

    def _wait(self, fd: int, event: int) -> None:
        """Until the program has written or read more, be it in the middle of a message. Of a long wait the judge is
        told: then time is the program's, and not the test's."""
        link = select.poll()
        link.register(fd, event)
        start = time.monotonic()
        soon = link.poll(None if self.told else max(0.0, PATIENCE_SECONDS - self.waited) * 1000)
        self.waited += time.monotonic() - start
        if not soon:
            self.told = True
            self.report(waits=self.waited)

    def _go_on(self) -> None:
        if self.told:
            self.told, self.waited = False, 0.0
            self.report(waits=None)

    def _leave(self, **why: bool) -> NoReturn:
        """End this process: a test that caught an exception here could go on as if the program had not gone."""
        self.report(**why)
        os._exit(0)

    def _finish(self, reply: dict[str, Any], operation: str, args: tuple[Any, ...]) -> Any:
        if "error" in reply:
            error = self._exception(reply)
            # It would end a loop of the test's; and to numpy an empty iterator equals anything.
            ends = operation not in ("next", "step") or (self.compares_arrays and number_of(args[0]) not in self.gave)
            self.doubts.mark("an end of an iterator", isinstance(error, StopIteration) and ends)
            raise error
        value, gave_a_class = reply.get("value"), self.doubts.gave_a_class
        if operation == "module" and type(value) is list and value[:1] == ["P"] and value[1] in SHARED_MODULES:
            return importlib.import_module(value[1])
        known = number_in(value) if type(value) is list and len(value) == 2 else None
        is_had = known is not None and self.copies.has_others(known)
        answer = self._take(value)
        if known is None and (operation == "module" or (operation == "getattr" and args[1] == "__dict__")):
            self.variables |= numbers_in([value])
        self.doubts.mark("an answer the test had", operation == "call" and is_had and known not in self.passed)
        self.variables -= {known} if operation == "call" else set()
        # The test names it itself; or it is pytest that looks at the bases and so on of whatever it finds.
        if operation == "module" or (operation == "getattr" and str(args[1]).startswith("__")):
            self.doubts.gave_a_class = gave_a_class
        return answer

    def _take(self, data: Any) -> Any:
        """What the program hands over. A copy that was there before is not read anew, and is looked at here."""
        value = self.copies.take(data)
        if number_in(data) is not None and len(data) == 2:
            self._doubt_for_numpy(value)
        return value

    def _doubt_for_numpy(self, value: Any) -> None:
        self.doubts.mark("something empty for numpy", self.compares_arrays and has_an_empty_part(value))
        self.doubts.mark("an index of nothing", self.indexes_arrays and selects_nothing(value))
        self.doubts.mark("many answers in one", self.takes_any_part and has_many_parts(value))

    def _print(self, reply: dict[str, Any]) -> None:
        for name, stream in (("printed", sys.stdout), ("complained", sys.stderr)):
            if isinstance(reply.get(name), str):
                stream.write(reply[name])

    def _serve(self, request: dict[str, Any]) -> dict[str, Any]:
        """Do for the program what it may ask: call a function it was given, step an iterator, read standard input."""
        self.constants.said.clear()
        try:
            args, kwargs = self._take_arguments(request)
            # Handed over only now: its changes are no changed answer.
            self.passed |= numbers_in([arg for arg in request["args"] if type(arg) is list and len(arg) == 3])
            if request["ask"] == "input":
                return {"value": self.encode(builtins.input(*args))}
            if request["ask"] == "print":
                if "file" in kwargs:
                    kwargs["file"] = {"stdout": sys.stdout, "stderr": sys.stderr}[kwargs["file"]]
                builtins.print(*args, **kwargs)
                return {"value": None}
            if request["ask"] in ("read", "readline", "buffer.read", "buffer.readline"):
                return {"value": self.encode(operator.attrgetter(request["ask"])(sys.stdin)(*args))}
            target = self.references.object(request["object"])
            if request["ask"] in ("call", "next"):
                self._check_callable(target, request["object"])
                given = next(target) if request["ask"] == "next" else target(*args, **kwargs)
                return {"value": self.copies.hand_over(given)}
            if request["object"] not in self.opened:
                raise TypeError("the program was never given this object")
            if request["ask"] == "setattr":
                is_lost = loses_an_object(target, args[0], request["args"][1])
                self.doubts.mark("an object in place of the test's", is_lost)
            return {"value": self.copies.hand_over(USES[request["ask"]](target, *args))}
        except Exception as error:
            return self._lend_exception(error)

    def _take_arguments(self, request: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        self.serves = True
        try:
            args = [self._take(arg) for arg in request["args"]]
            return args, {str(name): self._take(value) for name, value in request["kwargs"].items()}
        finally:
            self.serves = False

    def _check_callable(self, target: Any, number: int) -> None:
        """Of what the program gives back in an argument, too, where it may be called."""
        if number not in self.callable:
            raise TypeError(f"a {type(target).__name__} of the test's is not the program's to call")

    def _lend_exception(self, error: Exception) -> dict[str, Any]:
        """What the program gets to catch, keep and pass on: then it is this exception that the test sees again. Of a
        check that failed it learns no more than that, and what it makes of it is its own word: weak."""
        if number_there(error) is not None:
            return {"own": self.reference(error)}
        number = self.references.number(error)
        self.lent_exceptions.add(number)
        if isinstance(error, AssertionError):
            self.doubts.mark("an assertion failed before its eyes")
            return {"raised": number, "class": self.reference(AssertionError), "args": [], "attributes": {}}
        attributes = {name: self.encode(value) for name, value in vars(error).items() if not name.startswith("_")}
        args = [self.encode(arg) for arg in error.args]
        return {"raised": number, "class": self.reference(type(error)), "args": args, "attributes": attributes}

    def encode(self, value: Any) -> Any:
        return encode(value, self.reference)

    def reference(self, value: Any) -> Any:
        if type(value) is RemoteObject:  # a mock with a class of the program's for its `spec` says that it is one
            self.doubts.shown(number_of(value))
            return ["m", number_of(value)]
        text = text_form(value)
        if text is not None:
            return text
        if value is TypeOf:
            return class_form(type)
        number = number_there(value)
        if number is not None:
            return ["m", number]
        if isinstance(value, type) and (form := class_form(value)):
            return form
        if isinstance(value, type) and issubclass(value, Exception):
            base = next(filter(None, (class_form(kind) for kind in value.__mro__ if issubclass(kind, Exception))))
            number = self.references.number(value)
            self.lent_exceptions.add(number)
            self.callable.add(number)
            return ["e", number, value.__name__, base]
        if isinstance(value, Exception):
            return ["x", self._lend_exception(value)]
        if isinstance(value, types.ModuleType) and value.__name__ in SHARED_MODULES:
            return ["P", value.__name__]
        if is_mock(value):
            return self._open(value, [*OPERATORS, "call"])
        if is_named_tuple(type(value)):
            return encode_named_tuple(value, self.reference)
        if type(value) in OPEN_CLASSES or type(value).__module__.startswith((TEST_MODULE, *OPEN_MODULES)):
            return self._open(value, [*OPERATORS, "call"])
        if isinstance(value, type) and value.__module__.startswith(TEST_MODULE) and not makes_mocks(value):
            self.opened.add(number := self._may_call(value))
            return ["t", number, value.__name__]
        if value is sys.stdout or value is sys.stderr:  # what the program writes to its own comes here
            return ["s", "stdout" if value is sys.stdout else "stderr"]
        if type(value) in VIEWS:
            return self.encode(list(value))
        if (number := self._may_call(value)) in self.callable:
            looks = self._looks_of(value) if isinstance(value, types.FunctionType) else None
            return ["y", number, getattr(value, "__name__", "function"), looks]
        if callable(value) and (place := place_of(value)):
            return ["Y", number, *place]
        return self._seal(value)

    def _may_call(self, value: Any) -> int:
        """The number of something that the program may have called if it is harmless, or stepped."""
        number = self.references.number(value)
        if number in self.callable or hasattr(type(value), "__next__") or (callable(value) and is_harmless(value)):
            self.callable.add(number)
        return number

    def _seal(self, value: Any) -> list[Any]:
        """What the program can give back, and do nothing else with."""
        number = self.references.number(value)
        self.sealed.add(number)
        return ["o", number, type(value).__name__]

    def _looks_of(self, function: types.FunctionType) -> dict[str, Any]:
        """What a program may read of a function of the test's: its signature, and words for people. By `want=want` a
        function made in a loop keeps what is expected."""
        code, defaults = function.__code__, function.__defaults__ or ()
        tell = self._seal if code.co_firstlineno in self.captures else self.encode
        count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 4) + bool(code.co_flags & 8)
        hints = {name: class_form(kind) for name, kind in function.__annotations__.items() if isinstance(kind, type)}
        return {
            "doc": function.__doc__, "qualname": function.__qualname__, "module": function.__module__,
            "arguments": [code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags & 12],
            "names": list(code.co_varnames[:count]), "defaults": [tell(value) for value in defaults],
            "keyword_defaults": {name: tell(v) for name, v in (function.__kwdefaults__ or {}).items()},
            "annotations": {name: form for name, form in hints.items() if form},
        }  # fmt: skip

    def _open(self, value: Any, operators: Sequence[str]) -> list[Any]:
        number, kind = self._may_call(value), type(value)
        self.opened.add(number)
        known = [name for name in operators if has_operator(kind, name)]
        return ["u", number, kind.__name__, known, self._made_by(kind)]

    def _made_by(self, kind: type) -> list[Any]:
        """By what a program makes another such object (`type(node)(3)`), where the class is the test's, and the fields
        of a dataclass."""
        if not kind.__module__.startswith(TEST_MODULE):
            return [-1, []]
        fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
        return [self._may_call(kind), [[field.name, field.init] for field in fields]]

    def decode(self, data: Any) -> Any:
        value = decode(data, self._rich)
        # As a part of an exception, too, or as what a copy holds by now.
        self._doubt_for_numpy(value)
        return value

    def _rich(self, data: list[Any]) -> Any:
        found = rich(self.resolve)(data)
        is_dtype = type(found).__module__ == "numpy.dtypes"
        self.doubts.mark("few bits for numpy", is_dtype and is_of_few_bits(found))
        return found

    def resolve(self, data: list[Any]) -> Any:
        """References as they come from the program, every part of which may be forged."""
        try:
            tag = data[0]
            if tag == "y":
                found = self.references.object(data[1])
                if self.serves and callable(found):
                    self._check_callable(found, data[1])
                # A mock does whatever it is asked to; what was sealed may be equal to anything, as `ANY` is; an
                # iterator may be at its end.
                is_at_end = self.compares_arrays and hasattr(type(found), "__next__")
                is_an_answer = is_mock(found) and found is not self.awaited
                self.doubts.mark("an object of the test's", is_an_answer or data[1] in self.sealed or is_at_end)
                return found
            if tag == "G" and data[1].partition(".")[0] in SHARED_CLASS_MODULES:
                return self._named(class_of_values(data[1], data[2]))
            if tag == "V":
                return self._exception(data[1])
            if tag in ("A", "n"):
                found = from_numpy(data)
                self.doubts.mark("few bits for numpy", hasattr(found, "dtype") and equals_too_much(found))
                return found
            if tag == "N":
                return self._named_tuple(*data[1], *data[2:])
            if tag == "K" and data[1] in NAMESPACES:
                holds = self.decode(data[2])
                # `__array_interface__`: numpy would read any memory; an object could give other names the next time.
                if type(holds) is not dict or any(name.startswith("__") for name in holds):
                    raise WireError("a namespace that plays another class")
                self.doubts.mark("a namespace with methods", any(map(callable, holds.values())))
                return NAMESPACES[data[1]](**holds)
            if tag == "K" and data[1] == "ChainMap":
                return collections.ChainMap(*[dict(self.decode(part)) for part in data[2:]])
            if tag == "W":
                return _view(data[1], [self.decode(item) for item in data[2:]])
            if tag == "P":
                return self.proxy(int(data[2]), "module", [], UNSENDABLE)
            if tag == "E":
                return self._named(self._exception_class(data[2]))
            if tag == "m":
                plain = UNSENDABLE if data[4] is None else decode(data[4], self._rich)
                return self.proxy(int(data[1]), str(data[2])[:100], [int(number) for number in data[3]], plain)
        except (IndexError, KeyError, TypeError, ValueError, AttributeError, ImportError) as error:
            raise WireError(f"a reference that makes no sense: {error}") from None
        raise WireError("an unknown value")

    def proxy(self, number: int, name: str, classes: list[int], plain: Any) -> RemoteObject:
        known = self.proxies.get(number)
        if known is None:
            known = self.proxies[number] = RemoteObject(self, number, name, classes)
            object.__setattr__(known, "_plain", plain)
        else:
            hold(known, plain)
        self.doubts.came(number)
        return known

    def _named_tuple(self, name: Any, owner: Any, fields: list[str], values: list[Any]) -> Any:
        """One of a class that stands for the program's, so that `isinstance` and `type` know it, or of one of the
        test's, of which the program has others."""
        known = self.resolve(owner) if owner else None
        number = number_of(known)
        self._may_speak(values)
        if known is not None and number < 0:
            kind: Any = known if isinstance(known, type) and is_named_tuple(known) else None
            if kind is None or list(kind._fields) != fields:
                raise WireError("a tuple of a class that has other fields")
            plays = any(itertools.starmap(plays_a_method, zip(fields, values, strict=True)))
            return tuple.__new__(tuple if plays else kind, values)
        key = (number, name, *fields)
        if key not in self.tuples or not values or any(map(callable, values)):
            self.tuples[key] = class_of_tuples(str(name), fields, values, _remote_number=number, _client=self)
        return tuple.__new__(self.tuples[key] or tuple, values)

    def _may_speak(self, values: Sequence[Any]) -> None:
        for value in values:
            self.doubts.speaks(number_of(value))

    def _named(self, kind: type) -> type:
        """A class that the program names as it is on both sides. Its methods are not the program's (`set.union` gives
        its argument back), and `except` by a name for AssertionError catches the test's own."""
        self.doubts.gave_a_class |= not issubclass(kind, BaseException)
        self.doubts.mark("few bits for numpy", takes_its_precision(kind))
        catches_all = issubclass(kind, BaseException) and issubclass(AssertionError, kind)
        self.doubts.mark("a name for AssertionError", catches_all)
        return kind

    def trust_class(self, value: Any) -> None:
        """The test names this class, so operators on its instances are part of what is tested."""
        if isinstance(value, RemoteObject):
            self.trusted_classes.add(number_of(value))
        elif isinstance(value, StubException):
            self.trusted_classes.add(vars(value)["_remote_number"])

    def _exception_class(self, classes: list[list[Any]]) -> type[BaseException]:
        """The class of the test's side that stands for the first of `classes`, the rest being its bases."""
        (where, name, *operators), rest = classes[0], classes[1:]
        if where is None:
            return self._lent(name, type)
        if isinstance(where, str):
            kind = getattr(sys.modules.get(where), name, None)
            open_kinds = (Exception, SystemExit, KeyboardInterrupt)
            if isinstance(kind, type) and issubclass(kind, open_kinds) and is_shared_exception(kind):
                return kind
            return RemoteError if not rest else self._exception_class(rest)
        if where not in self.exceptions:
            bases = self._bases(rest) or (RemoteError,)
            self.exceptions[where] = stub_exception(self, str(name)[:100], where, bases, *operators)
        return self.exceptions[where]

    def _bases(self, classes: list[list[Any]]) -> tuple[type[BaseException], ...]:
        """Of the classes behind one in its order of resolution, those that none of the others derives from."""
        bases: list[type[BaseException]] = []
        own = [place for place, (where, *_) in enumerate(classes) if not isinstance(where, str)]
        shared = [place for place, (where, *_) in enumerate(classes) if isinstance(where, str)]
        for place in [*own, *shared]:
            kind = self._exception_class(classes[place:])
            if kind is not RemoteError and not any(issubclass(base, kind) for base in bases):
                bases.append(kind)
        return tuple(bases)

    def _lent(self, number: Any, kind: type) -> Any:
        """What the program was given before. In one process it could have kept and raised it as well."""
        found = self.references.object(number)
        if number not in self.lent_exceptions or not isinstance(found, kind):
            raise WireError("an exception that the program was never given")
        return found

    def _exception(self, reply: dict[str, Any]) -> BaseException:
        try:
            if "raised" in reply:
                return self._lent(reply["raised"], BaseException)
            kind = self._exception_class(reply["classes"]) if reply.get("classes") else RemoteError
            args = [self.decode(arg) for arg in reply["args"]]
            error = make_exception(kind, args, initialise=is_shared_class(kind))
            for note in decode(reply["attributes"].pop("__notes__", None)) or ():
                error.add_note(note)
            for name, value in reply["attributes"].items():
                if not name.startswith(("__", *STUB_NAMES)) and not is_method(error, name):
                    setattr(error, name, decoded := self.decode(value))
                    self._may_speak([decoded])
                    self.doubts.mark("a method named as a built-in one", plays_a_method(name, decoded))
            if hasattr(kind, "_remote_number"):
                self.told_of[error] = str(reply["text"]), int(reply["number"])
            for name in ("__cause__", "__context__"):
                if isinstance(reply.get(name), dict):
                    setattr(error, name, self._exception(reply[name]))
            error.__suppress_context__ = bool(reply.get("from"))
            return error
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            return RemoteError(str(reply.get("error"))[:500])
