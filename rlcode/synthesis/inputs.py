"""New arguments for a program, made from those its tests call it with."""

from __future__ import annotations

import ast
import re
import threading
import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from hypothesis.errors import HypothesisWarning
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider
from hypothesis.strategies import DrawFn

from rlcode.synthesis.domain import Beyond, Domain, Integers, OneOf, learn, widened
from rlcode.synthesis.invariants import conditions, hold, mended, with_numerals

Arguments = tuple[Any, ...]


class _WithoutConstants(HypothesisProvider):
    """Draws as hypothesis does, but never the constants that stand in whatever modules are loaded: the same seed must
    give the same inputs in every process."""

    def _maybe_draw_constant(self, *args: Any, **kwargs: Any) -> None:
        return None


AVAILABLE_PROVIDERS["rlcode"] = f"{__name__}.{_WithoutConstants.__name__}"
MOST_EDITS = 3
BOLD = 2  # the furthest reach
_STATED_RANGE = re.compile(  # "from 1 to 12", "1 <= n", "at most 10"; that a number is at least 1 is taken for granted
    r"\b(?:from|between) -?\d+ (?:to|and) -?\d|\d ?(?:<=?|≤|>=?|≥) ?[a-z]|[a-z\])] ?(?:<=?|≤) ?-?\d"
    r"|\b(?:at most|up to|no more than|not more than|less than|smaller than|below|not exceed) -?\d"
    r"|(?:\b(?:at least|more than|greater than|larger than)|[a-z\])] ?(?:>=?|≥)) (?:[2-9]|\d\d)"
)
_NOT_NEGATIVE = re.compile(r"\bnon-?negative|\bnot negative", re.IGNORECASE)
_EMPTY = re.compile(r"(?<!non-)(?<!non)(?<!not )(?<!not be )(?<!never )\bempty\b", re.IGNORECASE)
_ONE_AT_A_TIME = threading.Lock()  # hypothesis seeds the random generators of the whole process while it draws
CALLS_PER_DRAW = 12  # hypothesis spends as much time on a draw as on some calls


def grow_inputs(
    calls: Sequence[Arguments], reference: str, text: str, draws: int, seed: int, reach: int = 0
) -> list[Arguments]:
    """Distinct arguments that the tests do not have, from about `draws` tries, the same for the same seed.

    At `reach` 0 every value comes from the domain learned from the seen ones, and every fact that all seen calls agree
    on holds; at 1 and BOLD domains are wider, and facts hold that are not likely to be chance. `text` is what the
    problem says.
    """
    places = range(len(calls[0]))
    # What stands in the reference may be special, and so may what stands in another argument.
    special = [
        [*_constants(reference), *_leaves([args[:place] + args[place + 1 :] for args in calls], int)]
        for place in places
    ]
    domains = [learn([args[place] for args in calls], special[place]) for place in places]
    if reach:
        stated = Beyond(
            zero=_NOT_NEGATIVE.search(text) is not None,
            empty=_EMPTY.search(text) is not None,
            bounded=_STATED_RANGE.search(with_numerals(text)) is not None,
        )
        bold = [reach == BOLD and not _are_places(calls, place) for place in places]
        domains = [
            widened(domain, special[place], replace(stated, bold=bold[place])) for place, domain in enumerate(domains)
        ]
    required = conditions(calls, text, beyond=reach > 0)
    known = {repr(args) for args in calls}
    grown: dict[str, Arguments] = {}

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=draws // CALLS_PER_DRAW, database=None,
        backend="rlcode", phases=[Phase.generate], deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @hypothesis.given(st.tuples(*[_arguments(list(calls), domains, reach > 0)] * CALLS_PER_DRAW))
    def collect(drawn: tuple[Arguments, ...]) -> None:
        for args in (mended(required, args) for args in drawn):
            new = repr(args) not in known and repr(args) not in grown
            if new and _in_range(domains, args) and hold(required, args):
                grown[repr(args)] = args

    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore", HypothesisWarning)
        collect()
    # The shortest first: a reference that cannot cope with the largest is stopped there.
    return sorted(grown.values(), key=lambda args: len(repr(args)))


@st.composite
def _arguments(draw: DrawFn, calls: list[Arguments], domains: list[Domain], related: bool) -> Arguments:
    """A seen call with some of its arguments taken from another call, changed a little, or made afresh; or, where they
    may be `related`, taken from another argument."""
    args = list(draw(st.sampled_from(calls)))
    for _ in range(draw(st.integers(1, MOST_EDITS))):
        index = draw(st.integers(0, len(args) - 1))
        change = draw(st.sampled_from(["edit", "edit", "other call", "fresh"] + ["part"] * related))
        if change == "edit":
            args[index] = domains[index].edited(draw, args[index])
        elif change == "fresh":
            args[index] = domains[index].fresh(draw)
        elif change == "part":
            args[index] = draw(st.sampled_from(_parts(args, index, domains[index]) or [args[index]]))
        else:
            args[index] = draw(st.sampled_from(calls))[index]
    return tuple(args)


def _parts(args: Sequence[Any], index: int, domain: Domain) -> list[Any]:
    """Numbers and texts for one argument that stand in another: items at any depth, beginnings and ends of a text."""
    if isinstance(domain, OneOf) or not isinstance(args[index], int | float | str):
        return []
    others = _leaves([other for place, other in enumerate(args) if place != index], type(args[index]))
    texts = others if isinstance(args[index], str) else []
    return [*others, *(part for text in texts for size in range(1, len(text)) for part in (text[:size], text[-size:]))]


def _in_range(domains: Sequence[Domain], args: Arguments) -> bool:
    """Whether the numbers among the arguments are in their domains, also where another argument decided them."""
    numbers = [(domain, value) for domain, value in zip(domains, args, strict=True) if isinstance(domain, Integers)]
    return all(domain.low <= value <= domain.high for domain, value in numbers)


def _leaves(value: Any, kind: type) -> list[Any]:
    """All of a type that stand in a value, at any depth, or are the value."""
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list | tuple):
        return [leaf for item in value for leaf in _leaves(item, kind)]
    return [value] if type(value) is kind else []


def _are_places(calls: Sequence[Arguments], place: int) -> bool:
    """Whether all numbers in an argument, such as the nodes of a graph, may be places in what another one, or its
    length, is the size of. A negative one is none; Python takes it for one all the same.
    """

    def fits(args: Arguments, other: int) -> bool:
        size = len(args[other]) if hasattr(args[other], "__len__") else args[other]
        numbers = _leaves(args[place], int)
        return type(size) is int and bool(numbers) and all(0 <= number < size for number in numbers)

    return any(all(fits(args, other) for args in calls) for other in range(len(calls[0])) if other != place)


def _constants(reference: str) -> list[Any]:
    return [node.value for node in ast.walk(ast.parse(reference)) if isinstance(node, ast.Constant)]
