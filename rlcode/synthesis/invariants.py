"""What holds for the arguments of every seen call, and so for those of every new one.

In the manner of Daikon (Ernst et al., 2007): a fixed set of facts is computed for each call; those that are the same
in all of them are taken for conditions. With few calls many facts agree by chance. That costs inputs, never a correct
program.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from typing import Any

Facts = dict[str, Any]
CALLS_THAT_NEED_NO_WORD = 6  # so many seen values that agree by chance are no chance
_CLOSING = {")": "(", "]": "[", "}": "{", ">": "<"}
_TEXT_FACTS = ("islower", "isupper", "isalpha", "isdigit", "isalnum", "istitle")
# People write 5, 10, 15 and [1, 2, 3] into tests of everything. These facts are conditions where the problem's text has
# the word, or where many calls agree.
_WORDS = {
    "even": ("even",),
    "odd": ("odd",),
    "square": ("square",),
    "power of two": ("power",),
    "prime": ("prime",),
    "binary": ("binary", "bit"),
    "digit": ("digit",),
    "some even": ("even", "odd"),
    "some odd": ("even", "odd"),
    "octal": ("octal",),
    "palindrome": ("palindrom",),
    "consecutive": ("consecutive", "missing", "range", "permutation", "sequence", "natural", "first n", "1 to"),
    "a triangle": ("triangle",),
}
_NUMERALS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


# These, too, beyond the seen values: people seldom repeat themselves, and write what is in order.
_WORDS_BEYOND = {
    "distinct": ("distinct", "unique", "different", "duplicate", "permutation"),
    "majority": ("majority",),
    "palindrome": ("palindrom",),
    "ascending": ("sort", "order", "ascend", "increas", "search"),
    "descending": ("sort", "order", "descend", "decreas", "search"),
    "even length": ("even", "pair", "adjacent"),
    "odd length": ("odd", "median"),
    "square": ("square", "diagonal", "n x n", "nxn", "order n"),
    "has a blank": (),
}
_UNLIKE = re.compile(
    r"\b(?:largest|smallest|shortest) of |\bof arg.* divides | divides .*\bof arg|^only .* below "
    r"|^either length of .* [<>]= length of "
)
_MENDED = re.compile(r"(?:only|either) arg(\d+): (ascending|descending|distinct|equal lengths|square)")
_LENGTHS = re.compile(r"(length of )?arg(\d+) - (length of )?arg(\d+)")


def conditions(calls: Sequence[tuple[Any, ...]], text: str, beyond: bool = False) -> Facts:
    """The facts that all calls agree on, as far as they apply to them. `text` is what the problem says."""
    values: dict[str, set[Any]] = {}
    for args in calls:
        for name, value in facts(args).items():
            values.setdefault(name, set()).add(value)
    many = len(calls) >= CALLS_THAT_NEED_NO_WORD
    said = {name for name, words in _WORDS.items() if many or any(word in text.lower() for word in words)}
    agreed = {name: found.pop() for name, found in values.items() if len(found) == 1}
    found = {name: value for name, value in agreed.items() if _is_condition(name, value, said)}
    if many or not beyond:
        return found
    text = with_numerals(text)
    chance = [sign for sign, words in _WORDS_BEYOND.items() if not any(word in text for word in words)]
    return {name: value for name, value in found.items() if not _may_be_chance(name, value, chance, text)}


def with_numerals(text: str) -> str:
    """In small letters, and with 10 for "ten"."""
    return re.sub(
        r"[a-z]+", lambda word: str(_NUMERALS.index(word[0])) if word[0] in _NUMERALS else word[0], text.lower()
    )


def _may_be_chance(name: str, value: Any, chance: Sequence[str], text: str) -> bool:
    """Whether few calls agree on this because lists of three have three items, and small lists small numbers."""
    if name.startswith("size of"):
        return re.search(rf"\b{value}[ -][a-z]|\blength (?:of |is )?{value}\b", text) is None
    if name.startswith(("distinct items", "items of")):
        return bool(value > 1)
    if name.startswith("first of"):
        return bool(value.isalnum())
    unlike = _UNLIKE.search(name) is not None  # how long one thing is says nothing of how large another is
    return unlike or name.startswith("words of") or any(name.endswith(f": {sign}") for sign in chance)


def _is_condition(name: str, value: Any, said: set[str]) -> bool:
    if name.startswith("if said "):
        return bool(value) and any(name.endswith(word) for word in said)
    return value is not None and (bool(value) or not name.startswith("only "))


def hold(conditions: Facts, args: tuple[Any, ...]) -> bool:
    """Whether a call meets every condition; one that does not apply to it is met."""
    found = facts(args)
    return all(found.get(name, value) == value for name, value in conditions.items())


def mended(conditions: Facts, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """A call brought closer to what it must meet: sorted, cut to one length, told the right length."""
    found = list(args)
    for name, value in conditions.items():
        if (match := _MENDED.fullmatch(name)) and value:
            found[int(match[1])] = _mended_items(found[int(match[1])], match[2])
        elif match := _LENGTHS.fullmatch(name):
            left, right = int(match[2]), int(match[4])
            if match[1] and match[3] and all(isinstance(found[index], list | tuple) for index in (left, right)):
                size = min(len(found[left]), len(found[right]) + value)
                found[left], found[right] = found[left][:size], found[right][: size - value]
            elif match[1] and not match[3] and type(found[right]) is int and hasattr(found[left], "__len__"):
                found[right] = len(found[left]) - value
            elif match[3] and not match[1] and type(found[left]) is int and hasattr(found[right], "__len__"):
                found[left] = len(found[right]) + value
    return tuple(found)


def _mended_items(items: Any, what: str) -> Any:
    if not isinstance(items, list | tuple):
        return items
    if what == "distinct":
        return type(items)({repr(item): item for item in items}.values())
    if what in ("ascending", "descending") and (_are_numbers(items) or all(isinstance(item, str) for item in items)):
        return type(items)(sorted(items, reverse=what == "descending"))
    if what in ("equal lengths", "square") and all(isinstance(item, list | tuple | str) for item in items):
        size = min(map(len, items), default=0)
        return type(items)([item[:size] for item in (items if what == "equal lengths" else items[:size])])
    return items


def facts(args: tuple[Any, ...]) -> Facts:
    """The facts of one call. Those named `only …` or `if said …` say something when they are true, the others whatever
    they are; None stands for those that differ between the items of one place."""
    found: Facts = {}
    for index, value in enumerate(args):
        for name, fact in _of_places(value, f"arg{index}"):
            if name not in found or found[name] == fact:
                found[name] = fact
            else:
                found[name] = False if name.startswith(("only ", "if said ")) else None
    return found | dict(_between(args))


def _of_places(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    """Facts of a value and of everything inside it, by the path to it."""
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int):
        yield from _of_int(value, place)
    elif isinstance(value, str):
        yield from _of_text(value, place)
        yield from _of_series(value, place)
    elif isinstance(value, list | tuple):
        yield from _of_series(value, place)
        for item in value:
            yield from _of_places(item, f"{place}[]")
    elif isinstance(value, set | frozenset):
        for item in value:
            yield from _of_places(item, f"{place}[]")
    elif isinstance(value, dict):
        leads_to = [item for items in value.values() if isinstance(items, list | tuple | set) for item in items]
        if leads_to:  # a graph
            yield f"only {place}: leads to its own keys", set(map(repr, leads_to)) <= set(map(repr, value))
        for item in value.values():
            yield from _of_places(item, f"{place}{{}}")


def _of_int(value: int, place: str) -> Iterator[tuple[str, Any]]:
    digits = set(str(abs(value)))
    yield f"if said {place} is even", value % 2 == 0
    yield f"if said {place} is odd", value % 2 == 1
    yield f"if said {place} is a square", value >= 0 and math.isqrt(value) ** 2 == value
    yield f"if said {place} is a power of two", value > 0 and value & (value - 1) == 0
    yield f"if said {place} is prime", _is_prime(value)
    yield f"if said {place} is binary", digits <= set("01")
    yield f"if said {place} is a digit", 0 <= value <= 9
    yield f"if said {place} is octal", digits <= set("01234567")
    yield f"if said {place} is a palindrome", str(value) == str(value)[::-1]


def _is_prime(value: int) -> bool:
    return 2 <= value < 10**6 and all(value % divisor for divisor in range(2, math.isqrt(value) + 1))


def _of_text(value: str, place: str) -> Iterator[tuple[str, Any]]:
    for name in _TEXT_FACTS:
        yield f"only {place}: {name}", getattr(value, name)()
    yield f"only {place}: no blank around", value == value.strip()
    yield f"only {place}: single blanks", "  " not in value
    yield f"only {place}: balanced", _balanced(value)
    yield f"first of {place}", value[:1]
    yield f"last of {place}", value[-1:]
    yield f"words of {place}", len(value.split())
    yield f"either {place}: has a blank", " " in value


def _balanced(text: str) -> bool:
    opened: list[str] = []
    for character in text:
        if character in _CLOSING.values():
            opened.append(character)
        elif character in _CLOSING and (not opened or opened.pop() != _CLOSING[character]):
            return False
    return not opened


def _of_series(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    keys = [repr(item) for item in value]
    counts = Counter(keys)
    if len(keys) > 1:
        yield f"either {place}: distinct", len(counts) == len(keys)
        yield f"only {place}: palindrome", keys == keys[::-1]
        yield f"only {place}: majority", max(counts.values()) * 2 > len(keys)
    yield f"only {place}: even length", len(keys) % 2 == 0
    yield f"only {place}: odd length", len(keys) % 2 == 1
    yield f"size of {place}", len(keys)  # of ten digits, say
    yield f"distinct items of {place}", len(counts)
    yield f"items of {place} that stand alone in parity", sum(count % 2 for count in counts.values())
    if isinstance(value, str):
        return
    yield f"only {place}: one type", len({type(item) for item in value}) <= 1
    if value and all(isinstance(item, list | tuple | str) for item in value):
        yield f"only {place}: equal lengths", len({len(item) for item in value}) == 1
        yield f"only {place}: square", {len(item) for item in value} == {len(value)}
    if len(keys) > 1 and (_are_numbers(value) or all(isinstance(item, str) for item in value)):
        yield f"only {place}: ascending", all(a <= b for a, b in pairwise(value))
        yield f"only {place}: descending", all(a >= b for a, b in pairwise(value))
    if _are_numbers(value):
        yield f"if said {place} has some even", any(item % 2 == 0 for item in value)
        yield f"if said {place} has some odd", any(item % 2 == 1 for item in value)
    # A start and an end: no chance, where all that stand at a place are such.
    is_pair = len(value) == 2 and _are_numbers(value)
    yield f"only {place}: a pair in order", is_pair and value[0] <= value[1]
    yield f"only {place}: a pair in strict order", is_pair and value[0] < value[1]
    firsts = [item[0] for item in value if isinstance(item, list | tuple) and item]
    if len(firsts) == len(keys) > 1 and _are_numbers(firsts):
        yield f"only first of {place}[]: ascending", all(a <= b for a, b in pairwise(firsts))
        yield f"only first of {place}[], each once: ascending", all(a < b for a, b in pairwise(firsts))
    if value and _are_numbers(value):
        yield f"sum of {place}", round(math.fsum(value), 6) if any(isinstance(x, float) for x in value) else sum(value)
        yield f"only {place}: some positive", max(value) > 0
        yield f"only {place}: some negative", min(value) < 0
        yield f"if said {place} is consecutive", _is_consecutive(value)
        gap = max(value) - min(value) - len(value)
        yield f"range less length of {place}", gap if gap >= 0 else None


def _is_consecutive(value: Sequence[int | float]) -> bool:
    return sorted(value) == [min(value) + step for step in range(len(value))]


def _are_numbers(value: Any) -> bool:
    return all(isinstance(item, int | float) and not isinstance(item, bool) for item in value)


def _between(args: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    sizes = [(index, name, number) for index, value in enumerate(args) for name, number in _sizes(value, index)]
    for (left_index, left, a), (right_index, right, b) in combinations(sizes, 2):
        if left_index == right_index and not left.startswith("length"):
            continue  # a value against itself: its length against its items is all that says something
        yield f"either {left} <= {right}", a <= b
        yield f"either {left} >= {right}", a >= b
        yield f"{left} - {right}", round(a - b, 6)
        if isinstance(a, int) and isinstance(b, int) and a > 0 and b > 0:
            yield f"only {left} divides {right}", b % a == 0
            yield f"only {right} divides {left}", a % b == 0
    if len(args) == 3 and _are_numbers(args):
        yield "if said the arguments are sides of a triangle", 2 * max(args) < sum(args)
    for left_index, right_index in combinations(range(len(args)), 2):
        for one, other in ((left_index, right_index), (right_index, left_index)):
            yield from _membership(args[one], args[other], f"arg{one}", f"arg{other}")


def _sizes(value: Any, index: int) -> Iterator[tuple[str, int | float]]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield f"arg{index}", value
    elif isinstance(value, str | list | tuple | set | frozenset | dict):
        yield f"length of arg{index}", len(value)
        if isinstance(value, str) and value.isdecimal():
            yield f"greatest digit of arg{index}", int(max(value))  # below the base that it is written in
        if isinstance(value, list | tuple) and value:
            if _are_numbers(value):
                yield f"largest of arg{index}", max(value)
                yield f"smallest of arg{index}", min(value)
            elif all(isinstance(item, list | tuple | str) for item in value):
                yield f"shortest of arg{index}", min(map(len, value))


def _membership(one: Any, other: Any, left: str, right: str) -> Iterator[tuple[str, Any]]:
    if isinstance(one, str) and isinstance(other, str):
        yield f"either {left} in {right}", one in other
        yield f"only letters of {left} in {right}", set(one) <= set(other)
    elif isinstance(other, list | tuple | set | frozenset | dict) and not isinstance(one, list | tuple | set | dict):
        yield f"either {left} in {right}", one in other
    elif isinstance(one, list | tuple) and isinstance(other, list | tuple):
        ours, theirs = sorted(map(repr, one)), sorted(map(repr, other))
        yield f"only {left} within {right}", set(ours) <= set(theirs)
        yield f"only {left} permutes {right}", ours == theirs
        yield f"only {left} equals {right}", one == other
        yield f"only {left} apart from {right}", not set(ours) & set(theirs)
        if len(one) == len(other) and one and _are_numbers(one) and _are_numbers(other):
            yield f"only {left} below {right}", all(a <= b for a, b in zip(one, other, strict=True))
