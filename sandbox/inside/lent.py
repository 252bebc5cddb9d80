"""What a program may do with what a test lends it: objects of the test's own classes, and mocks.

It may use them by their public attributes and operators and change what they hold; never what they do.
"""

from __future__ import annotations

import copy
import functools
import inspect
import operator
import sys
import types
from collections.abc import Callable, Sequence
from typing import Any

from sandbox.inside.link import OPERATORS, text_form
from sandbox.inside.remote import RemoteObject
from sandbox.wire import encode, is_named_tuple


def leads_on(function: Any, args: Sequence[Any]) -> bool:
    """Whether a call that the program asks for goes along names to what it was never given."""
    while isinstance(function, functools.partial):
        function, args = function.func, [*function.args, *args]
    if isinstance(text := getattr(function, "__self__", ""), str) and type(text) is not str:
        function = getattr(str, function.__name__, function)  # the program may have made it, of a class of the test's
    if _is_one_of(function, _BY_FORMATS) or any(_is_one_of(given, (*_BY_FORMATS, *_BY_NAMES)) for given in args):
        return True  # `reduce` and its like call what they are given
    words = any(type(arg) is str and f".{arg}".find("._") >= 0 for arg in args)
    return _is_one_of(function, _BY_NAMES) and (function is vars or words)


_BY_FORMATS = (str.format, str.format_map)
_BY_NAMES = (getattr, setattr, delattr, vars, operator.attrgetter, operator.methodcaller)


def _is_one_of(function: Any, known: Sequence[Any]) -> bool:
    """A mock would note that `==` was asked of it."""
    while isinstance(function, functools.partial):
        function = function.func
    return any(function is one for one in known)


def has_operator(kind: type, name: str) -> bool:
    """Whether objects of the class have it; what `getattr` finds may be an operator of the class itself."""
    method = f"__{name}__"
    found = next((vars(base)[method] for base in kind.__mro__ if method in vars(base)), None)
    return found is not None and found is not vars(object).get(method)


def _public(name: object) -> str:
    """A name that the program may use on an object of the test's."""
    if type(name) is not str or name.startswith("_"):
        raise AttributeError(f"a test's object has no attribute {name!r} for the program")
    return name


def is_method(target: Any, name: str) -> bool:
    if isinstance(target, type):  # what it holds, its objects do
        return True
    found = _held(target, name)
    if type(found) is RemoteObject:  # the program's own, which has all methods
        return False
    computed = hasattr(found, "__get__") and not hasattr(found, "__set__")  # methods of all kinds, cached properties
    return callable(found) or computed


def _held(target: Any, name: str) -> Any:
    """What is there under a name; of a slot, what it holds."""
    found = inspect.getattr_static(target, name, None)
    return getattr(target, name, None) if isinstance(found, types.MemberDescriptorType) else found


def _get_attribute(target: Any, name: object) -> Any:
    if is_mock(target) and name in _own_names_of_mocks():
        raise AttributeError(f"a program has no use for a mock's own {name!r}")
    if name == "set_state" and type(target).__module__ == "numpy.random.mtrand":
        raise AttributeError("numpy takes any state, by which its next numbers are what lies elsewhere in memory")
    return getattr(target, _public(name))


def _set_attribute(target: Any, name: object, value: Any) -> None:
    """The program may change what an object holds, and not what it does or, of a mock, has seen."""
    if is_mock(target) and name not in _own_names_of_mocks() and not callable(value) and not _objects_in(value):
        setattr(target, _public(name), value)
        return
    if is_mock(target) or is_method(target, _public(name)):
        raise AttributeError(f"{name!r} of a {type(target).__name__} object of the test is not the program's to change")
    setattr(target, str(name), value)


def _objects_in(value: Any) -> list[Any]:
    """What of a value has no plain form, and could answer for itself when the test asks it."""
    found: list[Any] = []

    def note(part: Any) -> list[str]:
        if is_named_tuple(type(part)):
            encode(tuple(part), note)
        elif not text_form(part) and not (isinstance(part, type) and is_named_tuple(part)):
            found.append(part)
        return [""]

    encode(value, note)
    return found


def loses_an_object(target: Any, name: object, form: Any) -> bool:
    """Whether the program puts `form`, its own, in place of an object of the test's."""
    is_given_back = type(form) is list and form[:1] == ["y"]
    held = [] if is_given_back else _objects_in(_held(target, str(name)))
    return any(type(one) is not RemoteObject and not hasattr(type(one), "__set__") for one in held)


def _delete_attribute(target: Any, name: object) -> None:
    if is_mock(target) or is_method(target, _public(name)):
        raise AttributeError(f"{name!r} of a {type(target).__name__} object of the test is not the program's to delete")
    delattr(target, str(name))


def is_mock(value: Any) -> bool:
    """Whether this is a `unittest.mock.Mock`, which has any attribute and records what is done with it."""
    return makes_mocks(type(value))


def makes_mocks(kind: type) -> bool:
    return "unittest.mock" in sys.modules and issubclass(kind, mock_class())


def mock_class() -> type:
    found: type = sys.modules["unittest.mock"].NonCallableMock
    return found


@functools.cache
def _own_names_of_mocks() -> frozenset[str]:
    return frozenset(dir(mock_class()()))


def _apply(target: Any, name: object, *args: Any) -> Any:
    if name not in OPERATORS or not has_operator(type(target), str(name)):
        raise TypeError(f"a {type(target).__name__} object of the test has no operator {name!r}")
    return BUILTIN_OPERATORS.get(str(name), getattr(operator, str(name), None))(target, *args)  # type: ignore[misc]


def _copy(target: Any, how: object, copying: object = None) -> Any:
    if how == "copy":
        return copy.copy(target)
    if copying not in _memos:
        _memos.clear()
    return copy.deepcopy(target, _memos.setdefault(copying, {}))


_memos: dict[object, dict[int, Any]] = {}  # what the copying under way has copied
BUILTIN_OPERATORS: dict[str, Callable[..., Any]] = {"hash": hash, "len": len, "bool": bool, "str": str, "repr": repr,
                                                    "iter": iter, "next": next, "enter": lambda it: it.__enter__(),
                                                    "exit": lambda it, *error: it.__exit__(*error, None)}  # fmt: skip
USES: dict[str, Callable[..., Any]] = {
    "getattr": _get_attribute,
    "setattr": _set_attribute,
    "delattr": _delete_attribute,
    "operator": _apply,
    "copy": _copy,
}
