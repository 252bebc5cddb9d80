"""How each test of a set will be run; decided from the tests alone, before any program is seen."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sandbox.inventory import names_of_the_program, required_tests
from sandbox.names import WELL_KNOWN
from sandbox.process import Failure
from sandbox.split import test_job
from sandbox.take_apart import (
    BUILTIN_NAMES,
    Apart,
    NotSimple,
    take_apart_assert,
    take_apart_call,
    take_apart_check,
    used_names,
)
from sandbox.together import file_of, must_share
from sandbox.types import Test
from sandbox.wire import WireError


@dataclass(frozen=True)
class Plan:
    """`apart` when the test was taken apart; a stdio test when `test.kind` says so; else the test runs whole, in a
    process of its own unless it must share the program's.
    """

    test: Test
    apart: Apart | None = None
    shadowed: frozenset[str] = frozenset()
    together: bool = False
    fault: str = ""  # why the test cannot be run at all

    @cached_property
    def job(self) -> dict[str, Any] | Failure:
        """What the process of a test that runs whole, apart from the program, is to do."""
        return test_job(self.test, self.shadowed)

    @cached_property
    def required(self) -> frozenset[str]:
        """The functions that must run of a test that shares the program's process."""
        tree = ast.parse(file_of(self.test))
        return frozenset(required_tests(tree, names_of_the_program(tree)))


def plan_tests(tests: Sequence[Test]) -> list[Plan]:
    shadowed = _shadowed_builtins(tests)
    return [_plan(test, shadowed) for test in tests]


def _plan(test: Test, shadowed: frozenset[str]) -> Plan:
    try:
        if test.kind == "call":
            return Plan(test, take_apart_call(test))
        if test.kind == "assert":
            return Plan(test, take_apart_assert(test.code, shadowed), shadowed)
        if test.kind == "check":
            return Plan(test, take_apart_check(test.code, test.entry))
    except NotSimple:
        pass
    except (WireError, RecursionError) as error:
        return Plan(test, fault=f"the test is at fault: {error}")
    return Plan(test, shadowed=shadowed, together=must_share(test.code))


def _shadowed_builtins(tests: Sequence[Test]) -> frozenset[str]:
    """Built-ins that the asserts mean as the program's own function (`def sum(a, b)`): every one of them calls these,
    and none uses a name that could be the program's instead.
    """
    shared = BUILTIN_NAMES
    asserts = [test.code for test in tests if test.kind == "assert"]
    for code in asserts:
        used, called = used_names(code)
        if used - BUILTIN_NAMES - WELL_KNOWN.keys():
            return frozenset()
        shared &= called
    return shared if asserts else frozenset()
