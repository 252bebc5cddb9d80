"""New arguments for a program, made from those its tests call it with."""

from __future__ import annotations

import ast
import threading
import warnings
from collections.abc import Sequence
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from hypothesis.errors import HypothesisWarning
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider
from hypothesis.strategies import DrawFn

from rlcode.synthesis.domain import Domain, learn
from rlcode.synthesis.invariants import conditions, hold

Arguments = tuple[Any, ...]


class _WithoutConstants(HypothesisProvider):
    """Draws as hypothesis does, but never the constants that stand in whatever modules are loaded: the same seed must
    give the same inputs in every process."""

    def _maybe_draw_constant(self, *args: Any, **kwargs: Any) -> None:
        return None


AVAILABLE_PROVIDERS["rlcode"] = f"{__name__}.{_WithoutConstants.__name__}"
MOST_EDITS = 3
_ONE_AT_A_TIME = threading.Lock()  # hypothesis seeds the random generators of the whole process while it draws
CALLS_PER_DRAW = 12  # hypothesis spends as much time on a draw as on some calls


def grow_inputs(calls: Sequence[Arguments], reference: str, text: str, draws: int, seed: int) -> list[Arguments]:
    """Distinct arguments that the tests do not have, from about `draws` tries, the same for the same seed.

    Every value comes from the domain learned from the seen ones, and every fact that all seen calls agree on holds.
    `text` is what the problem says.
    """
    constants = _constants(reference)
    domains = [learn([args[index] for args in calls], constants) for index in range(len(calls[0]))]
    required = conditions(calls, text)
    known = {repr(args) for args in calls}
    grown: dict[str, Arguments] = {}

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=draws // CALLS_PER_DRAW, database=None,
        backend="rlcode", phases=[Phase.generate], deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @hypothesis.given(st.tuples(*[_arguments(list(calls), domains)] * CALLS_PER_DRAW))
    def collect(drawn: tuple[Arguments, ...]) -> None:
        for args in drawn:
            if repr(args) not in known and repr(args) not in grown and hold(required, args):
                grown[repr(args)] = args

    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore", HypothesisWarning)
        collect()
    return list(grown.values())


@st.composite
def _arguments(draw: DrawFn, calls: list[Arguments], domains: list[Domain]) -> Arguments:
    """A seen call with some of its arguments taken from another call, changed a little, or made afresh."""
    args = list(draw(st.sampled_from(calls)))
    for _ in range(draw(st.integers(1, MOST_EDITS))):
        index = draw(st.integers(0, len(args) - 1))
        change = draw(st.sampled_from(["edit", "edit", "other call", "fresh"]))
        if change == "edit":
            args[index] = domains[index].edited(draw, args[index])
        elif change == "fresh":
            args[index] = domains[index].fresh(draw)
        else:
            args[index] = draw(st.sampled_from(calls))[index]
    return tuple(args)


def _constants(reference: str) -> list[Any]:
    return [node.value for node in ast.walk(ast.parse(reference)) if isinstance(node, ast.Constant)]
