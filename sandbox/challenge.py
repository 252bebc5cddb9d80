"""Questions for a process that cannot be believed: a file of tests, and the same file where some must fail.

In a secret half of the functions with an `assert x == literal` one literal is exchanged for another. What fails there
fails at the function's end, so that it leaves behind what the others were written for. Both files have the same form:
the process cannot tell which of the two it was given, nor which functions were altered.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.take_apart import dotted, walk

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Challenge:
    """Both files, and for each test function, by class and name, whether it must pass in the altered one."""

    plain: str
    altered: str
    must_pass: dict[str, bool]


def make_challenge(code: str, secret: random.Random) -> Challenge:
    tree = ast.parse(code)
    functions = [node for node in walk(tree) if isinstance(node, _FUNCTIONS)]
    literals = [ast.literal_eval(test.comparators[0]) for function in functions for _, test in _comparisons(function)]
    tests = dict(_tests(tree))  # the last of a name counts
    questions = {name: _put_off_a_failure(function, secret) for name, function in tests.items()}
    plain = ast.unparse(ast.fix_missing_locations(tree))
    open_to_change = {name: test for name, test in questions.items() if test is not None}
    chosen = [name for name in open_to_change if secret.random() < 0.5]
    if open_to_change and not chosen:
        chosen = [secret.choice(list(open_to_change))]
    for name in chosen:
        _exchange_literal(open_to_change[name], literals, secret)
    altered = ast.unparse(ast.fix_missing_locations(tree))
    return Challenge(plain, altered, {name: name not in chosen for name in tests})


def _tests(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    bases = {dotted(base)[-1] for node in walk(tree) if isinstance(node, ast.ClassDef) for base in node.bases}
    for prefix, body in _collected(tree.body, bases):
        for node in body:
            if not isinstance(node, _FUNCTIONS) or any(map(_is_no_test, node.decorator_list)):
                continue
            if node.name.startswith("test"):
                yield prefix + node.name, node


def _collected(body: list[ast.stmt], bases: set[str], prefix: str = "") -> Iterator[tuple[str, list[ast.stmt]]]:
    """The module's statements and those of each class whose methods pytest may take for tests, also by way of a class
    that derives from it, with the names that lead there.
    """
    yield prefix, body
    for node in body:
        if not isinstance(node, ast.ClassDef) or any(getattr(inner, "name", "") == "__init__" for inner in node.body):
            continue
        is_unittest = any(dotted(base)[-1].endswith("TestCase") for base in node.bases)
        if node.name.startswith("Test") or is_unittest or node.name in bases:
            yield from _collected(node.body, bases, f"{prefix}{node.name}::")


def _is_no_test(decorator: ast.expr) -> bool:
    """Whether it makes a fixture of a function, or has pytest skip it or expect nothing of it, come what may."""
    name, keywords = dotted(decorator)[-1], {word.arg for word in getattr(decorator, "keywords", [])}
    has_conditions = bool(getattr(decorator, "args", []) or keywords & {"condition", "strict"})
    return name == "fixture" or (name in ("skip", "xfail") and (name == "skip" or not has_conditions))


def _put_off_a_failure(function: Function, secret: random.Random) -> ast.Compare | None:
    """Have one of the comparisons with a literal fail at the end of the function, and give that one."""
    comparisons = list(_comparisons(function))
    if not comparisons:
        return None
    statement, test = secret.choice(comparisons)
    name = f"_{secret.randrange(10**9)}"
    put_off = ast.parse(f"try: pass\nexcept AssertionError as error{name}: {name} = error{name}").body[0]
    begin, whole = ast.parse(f"{name} = None\ntry: pass\nfinally:\n    if {name}: raise {name}").body
    assert isinstance(put_off, ast.Try) and isinstance(whole, ast.Try)
    _replace(function.body, statement, put_off)
    put_off.body, whole.body = [statement], function.body
    function.body = [begin, whole]
    return test


def _exchange_literal(test: ast.Compare, literals: list[Any], secret: random.Random) -> None:
    value = ast.literal_eval(test.comparators[0])
    others = [other for other in literals if type(other) is type(value) and other != value]
    wrong = secret.choice(others) if others else _another(value)
    test.comparators[0] = ast.parse(repr(wrong), mode="eval").body


def _replace(body: list[ast.stmt], old: ast.stmt, new: ast.stmt) -> None:
    for index, node in enumerate(body):
        if node is old:
            body[index] = new
        elif isinstance(inner := getattr(node, "body", None), list):
            _replace(inner, old, new)


def _comparisons(function: ast.AST) -> Iterator[tuple[ast.Assert, ast.Compare]]:
    """Asserts of the form `assert x == literal`, whose literal can be exchanged, and which fail the test then: those
    in other functions, loops and so on may not be reached, and `pytest.raises` may wait for their failure.
    """
    for node in _certain(getattr(function, "body", [])):
        if not isinstance(node, ast.Assert) or not isinstance(test := node.test, ast.Compare):
            continue
        if len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
            try:
                ast.literal_eval(test.comparators[0])
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                continue
            yield node, test


def _certain(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that are run when the function is."""
    for node in body:
        if isinstance(node, ast.Return | ast.Raise):
            return
        yield node
        if isinstance(node, ast.For) and getattr(node.iter, "elts", []):
            yield from _certain(node.body)
        if isinstance(node, ast.With | ast.AsyncWith):
            calls = [dotted(item.context_expr)[-1] for item in node.items]
            if not {"raises", "suppress", "assertRaises", "assertRaisesRegex"} & set(calls):
                yield from _certain(node.body)


def _another(value: Any) -> Any:
    """A value of the same type that is not equal to it."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float, complex)):
        return value + 1 if value + 1 != value else 0
    if isinstance(value, dict):
        return {**value, "another": 0}
    more: dict[type, Any] = {str: "x", bytes: b"x", list: [0], tuple: (0,)}
    if type(value) in more:
        return value + more[type(value)]
    return value | {"another"} if isinstance(value, set) else 0
