"""What a program may do with what a test lends it: objects of the test's own classes, and mocks.

It may use them by their public attributes and operators and change what they hold; never what they do.
"""

from __future__ import annotations

import copy
import functools
import inspect
import operator
import re
import sys
import types
from collections.abc import Callable
from types import NoneType
from typing import Any

from sandbox.inside.link import OPERATORS, TEST_MODULE, text_form
from sandbox.inside.remote import RemoteObject
from sandbox.wire import encode, is_named_tuple

# What the program may have called of libraries: nothing that goes by names, formats or paths which it is given, nor, of
# numpy's, by a state, which may be one whose next numbers are what lies elsewhere in memory.
_HARMLESS = re.compile(
    r"""(?!builtins\.str\.format | collections\.UserString\.format | .*\.__\w*attr
       | numpy\..*\.(?:set_state|dump|tofile))
    (?: builtins\.(?:abs|all|any|ascii|bin|callable|chr|divmod|format|hash|hex|id|input|isinstance|issubclass|iter|len
            |max|min|next|oct|ord|pow|print|repr|round|sorted|sum|type\.__call__
            |bool|bytearray|bytes|classmethod|complex|dict|enumerate|filter|float|frozenset|generator|int|list|map|object
            |property|range|reversed|set|slice|staticmethod|str|tuple|zip|[A-Z]\w*)
        | (?:abc|enum)\.\w+(?=\.)  # not the classes themselves, by which one makes others with any methods
        | array | base64 | bisect | calendar | cmath | collections | contextlib | copy | datetime | decimal | fractions
        | hashlib | heapq | html | itertools | json | math | namedtuple_\w+ | numbers | queue | random | re
        | sortedcontainers | statistics | struct | textwrap | time | uuid | zlib
        | functools\.(?:KeyWrapper|_?lru_cache\w*|cache|cmp_to_key|partial|reduce)
        | io\.(?:_\w+|BytesIO|StringIO|TextIOBase|TextIOWrapper)
        | logging\.(?:Filter|Filterer|Handler|Logger|StreamHandler)
        | numpy\.(?:random|ufunc|ndarray|(?:\w+\.)*(?:poly1d|polynomial|vectorize))
        | operator\.(?!(?:attrgetter|methodcaller)$)\w+
        | string\.(?:Template|capwords)
        | types\.SimpleNamespace
        | typing\.(?:Generic|Protocol|_no_init\w*)
        | unittest\.mock\.(?:\w*Mock\w*|\w*Mixin|Base)
        | unittest\.case\.TestCase\.(?:assert|fail)\w*
        | pytest\.outcomes\._?[Ff]ail
        | sandbox\.inside\.(?:remote|tests\.\w+_there_too)
    )(?:\.|$)""",
    re.VERBOSE,
)


def is_harmless(function: Any) -> bool:
    """Whether the program may have this called by the test's process: what the test wrote, also where a library wraps
    it, and what is on the list."""
    kind = type(function)
    if kind is RemoteObject or is_mock(function):
        return True
    if isinstance(function, functools.partial):
        return is_harmless(function.func)
    if kind is types.MethodType:
        return is_harmless(function.__func__)
    if isinstance(function, type) and function.__module__.startswith(TEST_MODULE):
        return all(map(is_harmless, (kind.__call__, function.__new__, function.__init__)))  # type: ignore[misc]
    is_an_object = kind.__module__.startswith(TEST_MODULE) and not isinstance(function, type)
    if is_an_object or (path := _path_of(function)) is None:
        return callable(function) and is_harmless(kind.__call__)
    if path.startswith(TEST_MODULE) or _HARMLESS.match(path):
        return True
    return kind is types.FunctionType and hasattr(function, "__wrapped__") and is_harmless(function.__wrapped__)


def _path_of(function: Any) -> str | None:
    """Module and name of a function, method or class; None for another object. Of what `exec` made the globals tell
    more than `__module__`, which `functools.wraps` copies."""
    name = getattr(function, "__qualname__", None)
    if type(name) is not str:
        return None
    if type(function) is types.FunctionType:
        module = function.__globals__.get("__name__", TEST_MODULE)
    elif (owner := _owner_of(function)) is not None:
        if type(owner) is str:  # a format of the test's
            return TEST_MODULE
        module, name = owner.__module__, f"{owner.__qualname__}.{function.__name__}"
    else:
        module = getattr(function, "__module__", None)
    return f"{str(module).removeprefix('_')}.{name}"


def _owner_of(method: Any) -> Any:
    """The class that has a method written in C; the text where it is a method of one."""
    owner = getattr(method, "__objclass__", None) or getattr(method, "__self__", None)
    if type(owner) in (NoneType, types.ModuleType, str) or hasattr(method, "__objclass__"):
        return None if type(owner) is types.ModuleType else owner
    kinds = (*(owner.__mro__ if isinstance(owner, type) else ()), *type(owner).__mro__)
    own = [kind for kind in kinds if not kind.__module__.startswith(TEST_MODULE)]
    return next((kind for kind in own if method.__name__ in vars(kind)), own[0])


def place_of(value: Any) -> list[str] | None:
    """Module and name where the program finds the same of a library in its own process."""
    module, name = getattr(_owner_of(value) or value, "__module__", None), getattr(value, "__qualname__", None)
    found = sys.modules.get(str(module))
    for part in str(name).split("."):
        found = getattr(found, part, None)
    is_there = found is value and str(module).partition(".")[0] not in ("sandbox", "solution", TEST_MODULE)
    return [str(module), str(name)] if is_there else None


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
