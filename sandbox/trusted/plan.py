"""How each test of a set will be run; decided from the tests alone, before any program is seen: whether it is taken
apart, and else whether it shares the program's process, and what its own is told. (A test that was taken apart runs
whole, in a process of its own, where an answer turns out to have parts that only the program can interpret.)
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sandbox.names import SHARED_MODULES, WELL_KNOWN
from sandbox.trusted.challenge import file_of
from sandbox.trusted.inventory import (
    decorated_tests,
    imports_of_the_program,
    marks_ask_the_program,
    names_of_the_program,
    own_skips,
    required_tests,
)
from sandbox.trusted.questions import (
    asks_for_its_own_word,
    asks_which_object,
    compares_arrays,
    constants_of_classes,
    functions_that_capture,
    indexes_by_answers,
    is_judged_by_helpers,
    takes_any_part,
    takes_words_for_yes,
    used_as_no_module,
)
from sandbox.trusted.sharing import must_share
from sandbox.trusted.take_apart import (
    BUILTIN_NAMES,
    Apart,
    NotSimple,
    bound_names,
    take_apart_assert,
    take_apart_call,
    take_apart_check,
    used_names,
)
from sandbox.types import Failure, Test
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


def test_job(test: Test, shadowed: frozenset[str]) -> dict[str, Any] | Failure:
    """What the test's process needs to know, found out from the text of the test alone."""
    try:
        tree = ast.parse(test.code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Failure("error", f"the test is at fault: it does not parse ({type(error).__name__}: {error})")
    nodes = list(ast.walk(tree))
    imported = set(imports_of_the_program(tree).values())
    stars = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"}
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    needs = {name for name in used - bound_names(tree) if name not in BUILTIN_NAMES or name in shadowed}
    no_modules = needs & used_as_no_module(tree)
    library = {name: WELL_KNOWN[name] for name in sorted(needs & WELL_KNOWN.keys() - no_modules)}
    if "datetime" in no_modules:
        library["datetime"] = "datetime.datetime"
    others = needs - library.keys()
    is_without_imports = test.kind != "pytest" or "solution" in stars
    free = {name for name in others if is_without_imports and name[:2] != "__"}
    its_names = others | names_of_the_program(tree)
    # The program answers for the helpers that a check does not bring along, for names of two star imports, and for what
    # else it may have out of a library.
    has_a_say = (
        (test.kind == "check" and others)
        or ("solution" in stars and any(may_be_of(module, needs) for module in stars if module != "solution"))
        or (others & no_modules and others - no_modules)
        or (free and is_judged_by_helpers(test.code, free))
        or asks_for_its_own_word(tree, its_names, others)
    )
    return {
        "mode": "tests",
        "kind": test.kind,
        "code": test.code,
        "entry": test.entry,
        "seed": 0,
        "needs": sorted(needs),
        "class_names": _class_names(nodes, {test.entry, *imported}),
        # Without an import such a name is the program's only where the test would else ask nothing of the program.
        "library": library if test.kind == "check" or others or imported - {"*"} else {},
        "weak": "a helper or value of its own" if has_a_say else "",
        "client": {
            "compares_arrays": (arrays := compares_arrays(test.code)),
            "indexes_arrays": arrays and indexes_by_answers(tree, its_names),
            "takes_any_part": takes_any_part(tree, its_names),
            "asks_which": asks_which_object(tree),
            "takes_words": takes_words_for_yes(tree),
            "captures": functions_that_capture(tree),
        },
        "constants": constants_of_classes(tree, others if is_without_imports else set()),
        "decorated": decorated_tests(tree, its_names),
        "required": required_tests(tree, its_names),
        "own_skips": own_skips(tree),
        "may_leave_out": not marks_ask_the_program(tree, its_names),
        **_guesses(test),
    }


def _class_names(nodes: Sequence[ast.AST], known: set[str]) -> list[str]:
    """All that may name a class of the program's, in texts as well, and what of the `known` names does."""
    words = {node.value for node in nodes if isinstance(node, ast.Constant) and type(node.value) is str}
    words |= {node.id for node in nodes if isinstance(node, ast.Name)}
    words |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return sorted(word for word in words | known if word[:1].isupper() and word.isidentifier())


def may_be_of(module: str | None, names: set[str]) -> bool:
    """Whether one of these may be a name that `from module import *` brings."""
    if module not in SHARED_MODULES - {"numpy"}:  # which the supervisor does not import
        return True
    return not names.isdisjoint(dir(importlib.import_module(module)))


def _guesses(test: Test) -> dict[str, Any]:
    """What words in the text make likely. No verdict depends on them but that of a test that does what they say."""
    code = test.code
    seeds = ["random", "numpy"] if "numpy" in code else ["random"]
    return {
        "uses_pytest": test.kind == "pytest" or any(word in code for word in ("pytest", "approx", "unittest")),
        "replaces_print": "builtins" in code and "print" in code,
        "seeds": seeds if "seed" in code else [],
    }
