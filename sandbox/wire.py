"""The only language spoken across the wall of the jail: plain typed values as JSON, in length-prefixed frames.

Every value that a jailed process sends is read by `decode` below and nothing else. It never runs code that the sender
chose (no pickle, no eval, no class lookup), it bounds depth, count and size before it builds anything, and a value it
does not know becomes `Opaque`, which equals nothing. The encoder runs next to hostile code and is not trusted: a forged
frame can only claim a value, and a claimed value still has to be the right one.

    JSON scalars stand for themselves (integers below 2**53; finite floats keep their type because JSON writes 1.0)
    ["L", …] list  ["T", …] tuple  ["S", …] set  ["Z", …] frozenset  ["D", k, v, …] dict  ["q", maxlen, …] deque
    ["C", k, v, …] Counter  ["O", k, v, …] OrderedDict  ["d", factory, k, v, …] defaultdict
    ["N", [name, class], [fields], …] namedtuple  ["A", dtype, [shape], …flat] and ["n", dtype, number] numpy
    ["i", hex] big int  ["f", "nan" | "inf" | "-inf"]  ["c", re, im] complex  ["b", hex] bytes  ["B", …] bytearray
    ["X", kind, text, …] Decimal, Fraction, date and time: decoded only where `foreign` knows how
    ["x", class] anything else

Between a test and its program there are tags for references, too: inside/link.py.

This file is imported by the judge, by the process that holds the tests and by the jailed interpreter (Python >= 3.10).
"""

from __future__ import annotations

import _json  # the package around it compiles patterns
import os
import struct
import sys
import time
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple

TYPE_CHECKING = False  # for why see inside/zygote.py
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Foreign = Callable[[Any], Any]

MAX_DEPTH = 300  # of dicts in dicts, the deepest there are, the interpreter's own limit leaves room for so many
MAX_NODES = 1_000_000
ANY_NUMBER = sys.maxsize
MAX_FRAME_BYTES = 64 << 20  # between a test and its program
MAX_INT_BITS = 1 << 20
# A sender can choose keys that look for their places along each other's: a dict of n such takes n**2 steps to build.
# Others take a tenth of a microsecond each.
KEYS_AT_A_TIME = 64
SECONDS_TO_PLACE_KEYS, SECONDS_A_KEY = 0.05, 2e-6
_JSON_INT = 1 << 53
_FACTORIES: dict[str, type] = {
    "int": int, "float": float, "str": str, "list": list, "dict": dict, "set": set, "bool": bool, "tuple": tuple,
}  # fmt: skip


class WireError(ValueError):
    """A frame that is not a value: malformed, too deep, too large or cut short."""


class FrameTooLong(WireError):
    """A frame that is longer than whoever reads it will take."""


class Opaque:
    """A value that has no plain form, known only by its class name. Equal to nothing, not even to itself."""

    __slots__ = ("type_name",)

    def __init__(self, type_name: str) -> None:
        self.type_name = type_name

    def __repr__(self) -> str:
        return f"<{self.type_name} object>"

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = object.__hash__


def opaque(data: list[Any]) -> Opaque:
    """For a tagged list of unknown meaning; only a text in it can be the class's name."""
    return Opaque(data[1][:100] if len(data) > 1 and type(data[1]) is str else "?")


class Array:
    """A numpy array without numpy: element type, shape, and the elements as nested lists."""

    __slots__ = ("dtype", "items", "shape")

    def __init__(self, dtype: str, shape: tuple[int, ...], items: Any) -> None:
        self.dtype, self.shape, self.items = dtype, shape, items

    def __repr__(self) -> str:
        return f"array({self.items!r})"


# ---------------------------------------------------------------------------------------------------------- encoding


def encode(value: Any, foreign: Foreign | None = None, depth: int = 0) -> Any:
    """The JSON form of `value`. What has no plain form goes to `foreign`, or becomes an opaque marker."""
    kind = type(value)
    if value is None or kind is bool or kind is str:
        return value
    if kind is int:
        return value if -_JSON_INT < value < _JSON_INT else ["i", hex(value)]
    if kind is float:
        return value if value - value == 0 else ["f", repr(value)]
    if depth > MAX_DEPTH:
        raise WireError(f"the value is nested deeper than {MAX_DEPTH}")
    sequence = _SEQUENCE_TAGS.get(kind)
    if sequence is not None:
        parts: list[Any] = [sequence]
        for item in value:  # a comprehension would take a frame more at each depth
            parts.append(encode(item, foreign, depth + 1))
        return parts
    mapping = _MAPPING_TAGS.get(kind)
    if mapping is not None:
        return [mapping, *_encode_pairs(value, foreign, depth)]
    return _encode_rare(value, kind, foreign, depth)


_SEQUENCE_TAGS: dict[type, str] = {list: "L", tuple: "T", set: "S", frozenset: "Z"}
_MAPPING_TAGS: dict[type, str] = {dict: "D", Counter: "C", OrderedDict: "O"}


def _encode_pairs(value: Any, foreign: Foreign | None, depth: int) -> list[Any]:
    pairs: list[Any] = []
    for key, item in OrderedDict.items(value) if type(value) is OrderedDict else dict.items(value):
        pairs.append(encode(key, foreign, depth + 1))
        pairs.append(encode(item, foreign, depth + 1))
    return pairs


def _encode_rare(value: Any, kind: type, foreign: Foreign | None, depth: int) -> Any:
    if kind is complex:
        return ["c", encode(value.real), encode(value.imag)]
    if kind is bytes or kind is bytearray:
        return ["b" if kind is bytes else "B", value.hex()]
    if kind is deque:
        return ["q", value.maxlen, *[encode(item, foreign, depth + 1) for item in value]]
    if kind is defaultdict:
        return ["d", _encode_factory(value.default_factory, foreign), *_encode_pairs(value, foreign, depth)]
    if is_named_tuple(kind) and (foreign is None or not has_methods(kind)):
        return encode_named_tuple(value, foreign, depth)
    if kind.__module__.partition(".")[0] == "numpy":
        return _encode_numpy(value, kind, foreign, depth)
    if foreign is not None:
        return foreign(value)
    return _encode_subclass(value, kind, depth)


def _encode_factory(factory: Any, foreign: Foreign | None) -> Any:
    """The name of a built-in class; anything else, such as a lambda, where the other side can call it."""
    for name, kind in _FACTORIES.items():
        if factory is kind:
            return name
    if factory is None:
        return ""
    return foreign(factory) if foreign is not None else "?"


def encode_named_tuple(value: Any, foreign: Foreign | None = None, depth: int = 0) -> list[Any]:
    """Its fields and what they hold; methods that its class may have stay behind. The class is named to who has it, or
    a stand-in for it."""
    kind = type(value)
    items = [encode(item, foreign, depth + 1) for item in tuple.__iter__(value)]
    known = foreign(kind) if foreign is not None else [""]
    return ["N", [kind.__name__, known if known[0] in ("m", "t", "y") else None], list(kind._fields), *items]


def is_named_tuple(kind: type) -> bool:
    names = getattr(kind, "_fields", None)
    return issubclass(kind, tuple) and type(names) is tuple and all(type(name) is str for name in names)


def has_methods(kind: Any) -> bool:
    own = {name for base in kind.__mro__ if base not in (tuple, object) for name in vars(base)}
    return any(not name.startswith("__") for name in own - set(kind._fields) - _NAMED_TUPLE_NAMES)


_NAMED_TUPLE_NAMES = frozenset(vars(namedtuple("_", ())))


def _encode_numpy(value: Any, kind: type, foreign: Foreign | None, depth: int) -> Any:
    if kind.__name__ in ("ndarray", "matrix"):
        flat = value.reshape(-1).tolist() if kind.__name__ == "ndarray" else value.A1.tolist()
        items = [encode(item, foreign, depth + 1) for item in flat]
        return ["A", str(value.dtype), list(value.shape), *items]
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        name, item = value.dtype.name, value.item()
        if name in NUMPY_NUMBERS:
            return ["n", name, encode(item)]
        if name.startswith(("datetime64[", "timedelta64[")):
            return ["n", name, encode(int(value.view("int64")))]
        if type(item) is not kind:
            return encode(item, foreign, depth)
    return foreign(value) if foreign is not None else ["x", kind.__name__]


NUMPY_NUMBERS = frozenset(("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
                           "float16", "float32", "float64", "complex64", "complex128"))  # fmt: skip


def _encode_subclass(value: Any, kind: type, depth: int) -> Any:
    """What an instance of a subclass of a built-in holds, read with the built-in's own methods."""
    held = base_value(value)
    return ["x", kind.__name__] if held is value else encode(held, None, depth)


def base_value(value: Any) -> Any:
    """What it holds as a value of the built-in class that its own derives from; itself where there is none."""
    for base, read in _BASE_READERS:
        if issubclass(type(value), base):
            return read(value)
    return value


_BASE_READERS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (int, lambda value: int.__add__(value, 0)),
    (str, lambda value: str.__str__(value)),
    (float, lambda value: float.__add__(value, 0.0)),
    (bytes, lambda value: bytes.__add__(value, b"")),
    (list, lambda value: list(list.__iter__(value))),
    (tuple, lambda value: tuple(tuple.__iter__(value))),
    (set, lambda value: set(set.__iter__(value))),
    (frozenset, lambda value: frozenset(frozenset.__iter__(value))),
    (deque, lambda value: deque(deque.__iter__(value))),
    (OrderedDict, lambda value: OrderedDict(OrderedDict.items(value))),  # whose order `move_to_end` changes
    (dict, lambda value: dict(dict.items(value))),
)


# ---------------------------------------------------------------------------------------------------------- decoding


def decode(data: Any, foreign: Foreign | None = None, max_nodes: int = MAX_NODES) -> Any:
    """The value that parsed JSON `data` stands for. Raises WireError and nothing else, in bounded time and memory.

    `foreign` is given every tagged list this decoder does not know by itself (without it those become Opaque), what
    was read of named tuples and of numpy's, and ["x", "function"] for a defaultdict's factory that has no name. Only
    what comes from the judge's side may have ANY_NUMBER of parts.
    """
    try:
        return _Decoder(foreign, max_nodes).value(data, 0)
    except RecursionError:
        raise WireError("the value is nested deeper than there is room for") from None


# Sent in six bytes, an empty one takes the memory of this many list items.
_EMPTY_PARTS = {"q": 20, "S": 5, "Z": 5, "d": 5, "C": 5, "O": 5}
_AS_THEY_ARE = frozenset((int, str, bool, type(None)))


class _Decoder:
    def __init__(self, foreign: Foreign | None, max_nodes: int) -> None:
        self.foreign, self.max_nodes = foreign, max_nodes
        self.nodes = 0
        self.seconds = 0.0  # for the places of keys

    def value(self, data: Any, depth: int) -> Any:
        kind = type(data)
        if kind is float:
            if data - data != 0:
                raise WireError("a bare nan or infinity")
            return data
        if kind in _AS_THEY_ARE:
            return data
        if kind is not list or not data or type(data[0]) is not str:
            raise WireError("a value is a JSON scalar or a list that starts with its tag")
        if depth > MAX_DEPTH:
            raise WireError(f"the value is nested deeper than {MAX_DEPTH}")
        read = _READERS.get(data[0])
        if read is not None:
            self.count(_EMPTY_PARTS.get(data[0], 0))
            return read(self, data, depth)
        if self.foreign is not None:
            return self.foreign(data)
        return opaque(data)

    def count(self, parts: int) -> None:
        self.nodes += parts
        if self.nodes > self.max_nodes:
            raise WireError(f"the value has more than {self.max_nodes} parts")

    def items(self, data: list[Any], depth: int, start: int = 1, step: int = 1) -> list[Any]:
        chosen = data[start::step]
        self.count(len(chosen))
        if not _AS_THEY_ARE.issuperset(map(type, chosen)):
            for place, item in enumerate(chosen):  # a comprehension would take a frame more at each depth
                chosen[place] = self.value(item, depth + 1)
        return chosen

    def members(self, data: list[Any], depth: int) -> set[Any]:
        return self.filled(set(), self.items(data, depth))

    def filled(self, container: Any, items: list[Any]) -> Any:
        """An empty set or dict with these members or pairs; all of an answer have one allowance of time."""
        self.seconds += fill(container, items, SECONDS_TO_PLACE_KEYS + SECONDS_A_KEY * self.nodes - self.seconds)
        return container

    def pairs(self, data: list[Any], depth: int, start: int = 1) -> dict[Any, Any]:
        if (len(data) - start) % 2:
            raise WireError("a mapping with a key but no value")
        keys, values = self.items(data, depth, start, step=2), self.items(data, depth, start + 1, step=2)
        return self.filled({}, [*zip(keys, values)])  # noqa: B905

    def big_int(self, data: list[Any], depth: int) -> int:
        text = data[1] if len(data) == 2 else None
        if type(text) is not str or len(text) > MAX_INT_BITS // 4 + 3:
            raise WireError(f"an integer of more than {MAX_INT_BITS} bits")
        try:
            return int(text, 16)
        except ValueError:
            raise WireError("an integer that is not hexadecimal") from None

    def special_float(self, data: list[Any], depth: int) -> float:
        if len(data) != 2 or data[1] not in ("nan", "inf", "-inf"):
            raise WireError("a float that is none of nan, inf and -inf")
        return float(data[1])

    def complex(self, data: list[Any], depth: int) -> complex:
        parts = self.items(data, depth)
        if len(parts) != 2 or any(type(part) is not float for part in parts):
            raise WireError("a complex number without its two parts")
        return complex(*parts)

    def bytes(self, data: list[Any], depth: int) -> bytes:
        try:
            return bytes.fromhex(data[1])
        except (ValueError, TypeError, IndexError):
            raise WireError("bytes that are not hexadecimal") from None

    def bytearray(self, data: list[Any], depth: int) -> bytearray:
        return bytearray(self.bytes(data, depth))

    def defaultdict(self, data: list[Any], depth: int) -> Any:
        if len(data) < 2 or type(data[1]) not in (str, list):
            raise WireError("a defaultdict without its factory")
        factory = _FACTORIES.get(data[1]) if type(data[1]) is str else self.value(data[1], depth + 1)
        if data[1] == "?" and self.foreign is not None:
            self.foreign(["x", "function"])  # says that there is more to it
        return defaultdict(factory if callable(factory) else None, self.pairs(data, depth, 2))

    def deque(self, data: list[Any], depth: int) -> Any:
        bound = data[1] if len(data) > 1 else 0
        if bound is not None and (type(bound) is not int or bound < 0 or bound > sys.maxsize):
            raise WireError("a deque with a bound that is none")
        return deque(self.items(data, depth, 2), bound)

    def named_tuple(self, data: list[Any], depth: int) -> Any:
        names = data[2] if len(data) > 2 else None
        if type(names) is not list or len(names) != len(data) - 3 or not all(type(name) is str for name in names):
            raise WireError("a named tuple whose fields and values do not pair up")
        items = self.items(data, depth, 3)
        if self.foreign is not None:
            return self.foreign(["N", data[1], names, items])
        return tuple(items)

    def array(self, data: list[Any], depth: int) -> Any:
        if len(data) < 3 or type(data[1]) is not str or type(data[2]) is not list or len(data[2]) > 32:
            raise WireError("an array without element type and shape")
        count = rows = 1  # `rows`: an array without elements may have many of them
        for size in data[2]:
            if type(size) is not int or size < 0 or (rows := rows * max(size, 1)) > self.max_nodes:
                raise WireError("an array whose shape makes no sense")
            count *= size
        self.count(rows)
        if count != len(data) - 3:
            raise WireError("an array whose shape does not match its elements")
        array = Array(data[1][:300], tuple(data[2]), _nest(self.items(data, depth, 3), data[2]))
        return self.foreign(["A", array]) if self.foreign is not None else array

    def scalar(self, data: list[Any], depth: int) -> Any:
        if len(data) != 3 or type(data[1]) is not str:
            raise WireError("a numpy scalar without its type")
        if data[1] not in NUMPY_NUMBERS and not data[1].startswith(("datetime64[", "timedelta64[")):
            raise WireError("a numpy scalar of no known type")
        number = self.value(data[2], depth + 1)
        if type(number) not in (bool, int, float, complex):
            raise WireError("a numpy scalar that is no number")
        return self.foreign(["n", data[1], number]) if self.foreign is not None else number


_READERS: dict[str, Callable[[_Decoder, list[Any], int], Any]] = {
    "L": _Decoder.items,
    "T": lambda decoder, data, depth: tuple(decoder.items(data, depth)),
    "S": _Decoder.members,
    "Z": lambda decoder, data, depth: frozenset(decoder.members(data, depth)),
    "D": _Decoder.pairs,
    "C": lambda decoder, data, depth: Counter(decoder.pairs(data, depth)),
    "O": lambda decoder, data, depth: OrderedDict(decoder.pairs(data, depth)),
    "q": _Decoder.deque,
    "d": _Decoder.defaultdict,
    "N": _Decoder.named_tuple,
    "A": _Decoder.array,
    "n": _Decoder.scalar,
    "i": _Decoder.big_int,
    "f": _Decoder.special_float,
    "c": _Decoder.complex,
    "b": _Decoder.bytes,
    "B": _Decoder.bytearray,
}


def fill(container: Any, items: list[Any], seconds: float) -> float:
    """Put the items into a set, or the pairs into a dict, and give the CPU time that took. Raises WireError when one
    cannot be there, or when it takes longer than `seconds`."""
    start = time.thread_time() if len(items) > KEYS_AT_A_TIME else 0.0
    try:
        for first in range(0, len(items), KEYS_AT_A_TIME):
            if first and time.thread_time() - start > seconds:
                raise WireError("keys that are slow to put together")
            container.update(items[first : first + KEYS_AT_A_TIME])
    except TypeError as error:
        raise WireError(f"a key that cannot be one: {error}") from None
    return time.thread_time() - start if start else 0.0


def _nest(flat: list[Any], shape: list[int]) -> Any:
    """Elements in row-major order, as nested lists of the given shape; a bare element for shape []."""
    if not shape:
        return flat[0]
    for size in reversed(shape[1:]):
        flat = [flat[start : start + size] for start in range(0, len(flat), size)] if size else [[]] * shape[0]
    return flat


# ------------------------------------------------------------------------------------------------------------ frames

_HEADER = struct.Struct("<I")
HEADER_BYTES = _HEADER.size


class _AsJsonDoes:
    """What json.loads would have its scanner do."""

    strict = True
    object_hook = object_pairs_hook = None
    parse_int, parse_float = int, float
    parse_constant = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}.__getitem__


def _no_such_value(value: Any) -> Any:
    raise TypeError(f"{type(value).__name__} has no JSON")


_chunks = _json.make_encoder(None, _no_such_value, _json.encode_basestring_ascii, None, ":", ",", False, False, True)
_scan: Any = _json.make_scanner(_AsJsonDoes)  # type: ignore[arg-type]


def dump_frame(message: Any) -> bytes:
    """One message as a length-prefixed JSON frame."""
    body = "".join(_chunks(message, 0)).encode("ascii")
    return _HEADER.pack(len(body)) + body


def parse_body(body: bytes) -> Any:
    """The JSON in a frame's body. Raises WireError and nothing else."""
    try:
        text = body.decode()
        value, end = _scan(text, 0)
    except (ValueError, RecursionError, StopIteration):
        raise WireError("the frame is not JSON") from None
    if end < len(text):
        raise WireError("the frame has more than its JSON")
    return value


class FrameReader:
    """Cuts a stream of bytes into frame bodies; refuses a frame longer than `max_bytes` before it arrives."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        self.buffer += data
        bodies = []
        while len(self.buffer) >= HEADER_BYTES:
            (length,) = _HEADER.unpack_from(self.buffer)
            if length > self.max_bytes:
                raise FrameTooLong(f"a frame of {length} bytes, more than {self.max_bytes}")
            if len(self.buffer) < HEADER_BYTES + length:
                break
            bodies.append(bytes(self.buffer[HEADER_BYTES : HEADER_BYTES + length]))
            del self.buffer[: HEADER_BYTES + length]
        return bodies


def _not_needed() -> None:
    """A descriptor that blocks does the waiting."""


def write_all(fd: int, data: bytes, wait: Callable[[], None] = _not_needed) -> None:
    """All of `data`; `wait` is for a descriptor that does not block."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(fd, view) :]
        except BlockingIOError:
            wait()


def read_exactly(fd: int, count: int, wait: Callable[[], None] = _not_needed) -> bytes | None:
    """`count` bytes, or None when the other side has closed; `wait` as above."""
    parts: list[bytes] = []
    while count:
        try:
            part = os.read(fd, min(count, 1 << 20))
        except BlockingIOError:
            wait()
            continue
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def read_frame(fd: int, max_bytes: int, wait: Callable[[], None] = _not_needed) -> bytes | None:
    """The next frame's body, or None at the end of the stream."""
    header = read_exactly(fd, HEADER_BYTES, wait)
    if header is None:
        return None
    (length,) = _HEADER.unpack(header)
    if length > max_bytes:
        raise FrameTooLong(f"a frame of {length} bytes, more than {max_bytes}")
    return read_exactly(fd, length, wait)
