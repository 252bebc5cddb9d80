"""What the values at one place of the arguments look like, learned from those seen there, and hypothesis strategies
that stay inside it: the same types, lengths, ranges of numbers, characters and nesting."""

from __future__ import annotations

import math
import re
import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

MOST_DECIMALS = 6
LONGEST_RECORD = 8
FURTHER = 3  # times as large, and as long, as anything seen
CLOSED_ALPHABET = 3  # so few different values, each seen so often, are all there are
_ROMAN = set("IVXLCDM")


class Domain(Protocol):
    def fresh(self, draw: DrawFn) -> Any:
        """A value of the domain."""

    def edited(self, draw: DrawFn, value: Any) -> Any:
        """`value`, which is in the domain, with a small change that leaves it there."""

    def holds(self, value: Any) -> bool:
        """Whether this domain is the one for values of this type."""


@dataclass(frozen=True)
class OneOf:
    """The seen values and no others: flags, names with a meaning, everything that has an inner form nobody knows."""

    values: list[Any]

    def fresh(self, draw: DrawFn) -> Any:
        return draw(st.sampled_from(self.values))

    def edited(self, draw: DrawFn, value: Any) -> Any:
        return self.fresh(draw)

    def holds(self, value: Any) -> bool:
        return any(type(value) is type(seen) for seen in self.values)


@dataclass(frozen=True)
class Integers:
    low: int
    high: int
    likely: list[int]

    def fresh(self, draw: DrawFn) -> int:
        return draw(st.one_of(st.sampled_from(self.likely), st.integers(self.low, self.high)))

    def edited(self, draw: DrawFn, value: int) -> int:
        step = draw(st.sampled_from([-1, 1]))
        return value + step if self.low <= value + step <= self.high else self.fresh(draw)

    def holds(self, value: Any) -> bool:
        return type(value) is int


@dataclass(frozen=True)
class Floats:
    """Decimal fractions with no more digits than were seen."""

    low: float
    high: float
    decimals: int
    likely: list[float]

    def fresh(self, draw: DrawFn) -> float:
        scale = 10**self.decimals
        whole = st.integers(math.ceil(self.low * scale), math.floor(self.high * scale))
        between = whole.map(lambda number: min(max(number / scale, self.low), self.high))
        return draw(st.one_of(st.sampled_from(self.likely), between))

    def edited(self, draw: DrawFn, value: float) -> float:
        step = draw(st.sampled_from([-1, 1])) / 10**self.decimals
        changed = round(value + step, self.decimals)
        return changed if self.low <= changed <= self.high else self.fresh(draw)

    def holds(self, value: Any) -> bool:
        return type(value) is float


@dataclass(frozen=True)
class Text:
    """Text made of the seen characters, or, where there are blanks, of the seen words. Lengths count the same."""

    shortest: int
    longest: int
    characters: list[str]
    words: list[str]

    def fresh(self, draw: DrawFn) -> str:
        if self.words:
            count = draw(_lengths(self.shortest, self.longest))
            return " ".join(draw(st.sampled_from(self.words)) for _ in range(count))
        count = draw(_lengths(self.shortest, self.longest))
        return "".join(draw(st.sampled_from(self.characters)) for _ in range(count))

    def edited(self, draw: DrawFn, value: str) -> str:
        parts = value.split(" ") if self.words else list(value)
        pool = OneOf(self.words or self.characters)
        return (" " if self.words else "").join(_edited_items(draw, parts, pool, self.shortest, self.longest))

    def holds(self, value: Any) -> bool:
        return isinstance(value, str)


@dataclass(frozen=True)
class Series:
    """A list, tuple or set of any length between the shortest and the longest seen; its items share one domain."""

    kind: type
    shortest: int
    longest: int
    items: Domain | None  # None when all seen are empty

    def fresh(self, draw: DrawFn) -> Any:
        if self.items is None:
            return self.kind()
        count = draw(_lengths(self.shortest, self.longest))
        return self.kind([self.items.fresh(draw) for _ in range(count)])

    def edited(self, draw: DrawFn, value: Any) -> Any:
        if self.items is None:
            return self.kind()
        items = sorted(value, key=repr) if isinstance(value, set | frozenset) else list(value)
        return self.kind(_edited_items(draw, items, self.items, self.shortest, self.longest))

    def holds(self, value: Any) -> bool:
        return type(value) is self.kind


@dataclass(frozen=True)
class Record:
    """A list or tuple of one length whose places have a meaning each."""

    kind: type
    fields: list[Domain]

    def fresh(self, draw: DrawFn) -> Any:
        return self.kind([field.fresh(draw) for field in self.fields])

    def edited(self, draw: DrawFn, value: Any) -> Any:
        index = draw(st.integers(0, len(self.fields) - 1))
        items = list(value)
        items[index] = self.fields[index].edited(draw, items[index])
        return self.kind(items)

    def holds(self, value: Any) -> bool:
        return isinstance(value, list | tuple) and type(value) is self.kind and len(value) == len(self.fields)


@dataclass(frozen=True)
class Mapping:
    """A dict: keys out of those seen, values that share one domain; all keys, where every seen dict has the same."""

    shortest: int
    longest: int
    keys: list[Any]
    values: Domain | None

    def fresh(self, draw: DrawFn) -> Any:
        if self.values is None:
            return {}
        keys = draw(st.lists(st.sampled_from(self.keys), min_size=self.shortest, max_size=self.longest, unique_by=repr))
        return {key: self.values.fresh(draw) for key in keys}

    def edited(self, draw: DrawFn, value: Any) -> Any:
        if self.values is None or not value:
            return self.fresh(draw)
        changed = dict(value)
        key = draw(st.sampled_from(list(changed)))
        if len(changed) > self.shortest and draw(st.booleans()):
            del changed[key]
        else:
            changed[key] = self.values.edited(draw, changed[key])
        return changed

    def holds(self, value: Any) -> bool:
        return type(value) is dict


@dataclass(frozen=True)
class Mixed:
    """Values of several types at one place, each with its own domain."""

    members: list[Domain]

    def fresh(self, draw: DrawFn) -> Any:
        return draw(st.sampled_from(self.members)).fresh(draw)

    def edited(self, draw: DrawFn, value: Any) -> Any:
        return next(member for member in self.members if member.holds(value)).edited(draw, value)

    def holds(self, value: Any) -> bool:
        return any(member.holds(value) for member in self.members)


def _lengths(shortest: int, longest: int) -> st.SearchStrategy[int]:
    """The shortest more often than others: there it is that programs fail."""
    return st.one_of(st.just(shortest), st.integers(shortest, longest))


def _edited_items(draw: DrawFn, items: list[Any], domain: Domain, shortest: int, longest: int) -> list[Any]:
    """One item removed, added, repeated, changed, exchanged with another, or all of them in another order."""
    items = list(items)
    can_grow, can_shrink = len(items) < longest, len(items) > shortest
    if not items:
        return [domain.fresh(draw)] if can_grow else items
    index = draw(st.integers(0, len(items) - 1))
    other = draw(st.integers(0, len(items) - 1))
    actions = ["change", "replace", "copy", "swap", "reverse", "sort", "same"]
    actions += ["insert", "repeat"] * can_grow + ["remove", "cut"] * can_shrink
    action = draw(st.sampled_from(actions))
    if action == "change":
        items[index] = domain.edited(draw, items[index])
    elif action == "replace":
        items[index] = domain.fresh(draw)
    elif action == "copy":
        items[index] = items[other]
    elif action == "swap":
        items[index], items[other] = items[other], items[index]
    elif action == "reverse":
        items.reverse()
    elif action == "sort":
        items.sort(key=_order)
    elif action == "same":
        items = [items[index]] * len(items)
    elif action == "insert":
        items.insert(index, domain.fresh(draw))
    elif action == "repeat":
        items.insert(index, items[other])
    elif action == "remove":
        del items[index]
    else:
        items = items[: max(shortest, index)]
    return items


def _order(value: Any) -> tuple[str, Any]:
    if isinstance(value, int | float):
        return ("", value)
    return (type(value).__name__, value if isinstance(value, str) else repr(value))


def learn(values: Sequence[Any], constants: Sequence[Any]) -> Domain:
    """The domain of the values seen at one place. `constants` stand in the reference: text among them that was also
    seen as an argument has a meaning, and is not altered."""
    by_type: dict[type, list[Any]] = {}
    for value in values:
        by_type.setdefault(type(value), []).append(value)
    members = [_learn_type(kind, seen, constants) for kind, seen in by_type.items()]
    return members[0] if len(members) == 1 else Mixed(members)


def _learn_type(kind: type, values: list[Any], constants: Sequence[Any]) -> Domain:
    if kind is bool:
        return OneOf([False, True])
    if kind in (int, float, str) and _closed(values):
        return OneOf(_distinct(values))
    if kind is int:
        low, high = min(values), max(values)
        near = [number + step for number in [*values, *_numbers(constants)] for step in (0, -1, 1)]
        return Integers(low, high, sorted({number for number in near if low <= number <= high}))
    if kind is float and (decimals := _decimals(values)) is not None:
        return Floats(min(values), max(values), decimals, sorted(set(values)))
    if kind is str:
        return _learn_text(values, constants)
    if kind in (list, tuple, set, frozenset):
        return _learn_items(kind, values, constants)
    if kind is dict:
        return _learn_mapping(values, constants)
    return OneOf(_distinct(values))


def _closed(values: list[Any]) -> bool:
    distinct = len(set(values))
    return distinct == 1 or (distinct <= CLOSED_ALPHABET and len(values) >= 3 * distinct)


def _distinct(values: Iterable[Any]) -> list[Any]:
    return list({repr(value): value for value in values}.values())


def _numbers(constants: Sequence[Any]) -> list[int]:
    return [value for value in constants if type(value) is int]


def _decimals(values: Sequence[float]) -> int | None:
    """The most digits after the point that a value has; None for more than MOST_DECIMALS, exponents and no numbers."""
    texts = [repr(value) for value in values]
    if not all(re.fullmatch(rf"-?\d+\.\d{{1,{MOST_DECIMALS}}}", text) for text in texts):
        return None
    return max(len(text.partition(".")[2].rstrip("0")) for text in texts)


def _learn_text(values: list[str], constants: Sequence[Any]) -> Domain:
    known = {value for value in constants if isinstance(value, str) and len(value) > 1}
    words = [word for value in values for word in value.split(" ")]
    vocabulary = _distinct(words)
    if any(" " in value for value in values):
        if known & set(words) or 3 * len(vocabulary) <= len(words) or all(map(_is_plain, words)):
            counts = [len(value.split(" ")) for value in values]
            return Text(min(counts), max(counts), [], vocabulary)
        return OneOf(_distinct(values))
    characters = sorted(set("".join(values)))
    if known & set(values) or set(characters) <= _ROMAN or not all(map(_is_plain, values)):
        return OneOf(_distinct(values))
    lengths = [len(value) for value in values]
    return Text(min(lengths), max(lengths), characters, [])


def _is_plain(word: str) -> bool:
    """Whether its parts may be exchanged: letters and digits, a word with its punctuation, or brackets. Dates,
    addresses, formulas and the like have a form that no rule here knows."""
    return re.fullmatch(r"[^\W_]*|[^\W\d_]+['-]?[^\W\d_]*[.,;:!?]?|[()\[\]{}<>]*", word) is not None


def _learn_items(kind: type, values: list[Any], constants: Sequence[Any]) -> Domain:
    lengths = {len(value) for value in values}
    items = [item for value in values for item in value]
    is_row = kind in (list, tuple) and len(lengths) == 1 and 0 < max(lengths) <= LONGEST_RECORD and len(values) > 1
    if is_row:
        columns = [[value[index] for value in values] for index in range(max(lengths))]
        types = [{type(item) for item in column} for column in columns]
        if any(not kinds & types[0] for kinds in types):
            return Record(kind, [learn(column, constants) for column in columns])
    return Series(kind, min(lengths), max(lengths), learn(items, constants) if items else None)


def _learn_mapping(values: list[dict[Any, Any]], constants: Sequence[Any]) -> Domain:
    keys = _distinct(key for value in values for key in value)
    sizes = [len(value) for value in values]
    contents = [item for value in values for item in value.values()]
    return Mapping(min(sizes), max(sizes), keys, learn(contents, constants) if contents else None)


_CLASSES = (string.ascii_lowercase, string.ascii_uppercase, string.digits)


@dataclass(frozen=True)
class Beyond:
    """What may be drawn beside the values seen: zero, and negative items (`bold`), zero and what is `empty` because the
    question has a word for them; `bounded` says that it gives a range of numbers."""

    bold: bool = False
    zero: bool = False
    empty: bool = False
    bounded: bool = False


def widened(domain: Domain, constants: Sequence[Any], beyond: Beyond, inside: bool = False) -> Domain:
    """The domain and what lies beyond the values seen: larger numbers, longer and shorter series, other letters of the
    same case, and what `beyond` allows. What is `inside` a series and always had one length keeps it."""
    fewest = 0 if beyond.empty and not inside else 1
    within = partial(widened, constants=constants, beyond=beyond, inside=True)
    match domain:
        case Integers() | Floats() if beyond.bounded:
            return domain
        case Integers(low, high, likely):
            far = FURTHER * max(abs(low), abs(high), 3)
            low = -far if low < 0 or (beyond.bold and inside) else min(low, 0 if beyond.bold or beyond.zero else 1)
            high = far if high > 0 else high
            near = [number + step for number in [low, *_numbers(constants)] for step in (0, -1, 1)]
            near += [-number for number in likely]
            return Integers(low, high, sorted({*likely, *(number for number in near if low <= number <= high)}))
        case Floats(least, most):
            limit = FURTHER * max(abs(least), abs(most))
            return replace(domain, low=-limit if least < 0 else min(least, 1.0), high=limit if most > 0 else most)
        case Text(shortest, longest, characters):
            known = [letters for letters in _CLASSES if len(set(letters) & set(characters)) > CLOSED_ALPHABET]
            longest = longest + 2 if inside else FURTHER * longest
            return replace(
                domain, shortest=min(shortest, fewest), longest=longest, characters=[*characters, *"".join(known)]
            )
        case Series(kind, shortest, longest, items):
            items = within(items) if items else None
            if (inside or kind is tuple) and shortest == longest and not (beyond.bold and kind is list):
                return replace(domain, items=items)
            longest = longest + 2 if inside else FURTHER * longest
            return Series(kind, min(shortest, fewest), longest, items)
        case Record(kind, fields):
            return Record(kind, list(map(within, fields)))
        case Mapping(shortest, _, keys, values):
            return Mapping(min(shortest, fewest), len(keys), keys, within(values) if values else None)
        case Mixed(members):
            return Mixed([widened(member, constants, beyond, inside) for member in members])
    return domain
