"""Questions for a process that cannot be believed: a file of tests, and the same file where some must fail.

In a secret half of the functions that compare something with a literal (`assert x == 3`, `self.assertEqual(x, 3)`) one
literal is exchanged for a similar one. What fails there fails at the function's end, so that it leaves behind what the
others were written for. Both files have the same form: the process cannot tell which of the two it was given, nor which
functions were altered.
"""

from __future__ import annotations

import ast
import random
import string
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
    tests = dict(defined_tests(tree))  # the last of a name counts
    questions = {name: _put_off_a_failure(function, secret) for name, function in tests.items()}
    plain = ast.unparse(ast.fix_missing_locations(tree))
    called = {dotted(node.func)[-1] for node in walk(tree) if isinstance(node, ast.Call)}  # what fails fails others
    open_to_change = {
        name: test for name, test in questions.items() if test is not None and name.rpartition("::")[2] not in called
    }
    chosen = [name for name in open_to_change if secret.random() < 0.5]
    if open_to_change and not chosen:
        chosen = [secret.choice(list(open_to_change))]
    for name in chosen:
        open_to_change[name].exchange(secret)
    altered = ast.unparse(ast.fix_missing_locations(tree))
    return Challenge(plain, altered, {name: name not in chosen for name in tests})


def defined_tests(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    """The functions that pytest takes for tests, by the names of their classes and their own."""
    bases = {dotted(base)[-1] for node in walk(tree) if isinstance(node, ast.ClassDef) for base in node.bases}
    for prefix, body in _collected(tree.body, bases):
        for node in body:
            if not isinstance(node, _FUNCTIONS) or any(map(_is_no_test, node.decorator_list)) or _yields(node):
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


def _yields(function: Function) -> bool:
    """Whether calling it does nothing: pytest runs no such test, and since version 9 no file that has one."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(node, (*_FUNCTIONS, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)
    return False


@dataclass
class Literal:
    """One that something is compared with: an expression among others of the syntax tree."""

    among: list[ast.expr]
    index: int

    def exchange(self, secret: random.Random) -> None:
        value = ast.literal_eval(self.among[self.index])
        self.among[self.index] = ast.parse(repr(similar(value, secret)), mode="eval").body


def _put_off_a_failure(function: Function, secret: random.Random) -> Literal | None:
    """Have one of the comparisons with a literal fail at the end of the function, and give that literal."""
    comparisons = list(_comparisons(function))
    if not comparisons:
        return None
    statement, literal = secret.choice(comparisons)
    name = f"_{secret.randrange(10**9)}"
    put_off = ast.parse(f"try: pass\nexcept AssertionError as error{name}: {name} = error{name}").body[0]
    begin, whole = ast.parse(f"{name} = None\ntry: pass\nfinally:\n    if {name}: raise {name}").body
    assert isinstance(put_off, ast.Try) and isinstance(whole, ast.Try)
    _replace(function.body, statement, put_off)
    put_off.body, whole.body = [statement], function.body
    function.body = [begin, whole]
    return literal


def _replace(body: list[ast.stmt], old: ast.stmt, new: ast.stmt) -> None:
    for index, node in enumerate(body):
        if node is old:
            body[index] = new
        elif isinstance(inner := getattr(node, "body", None), list):
            _replace(inner, old, new)


def _comparisons(function: ast.AST) -> Iterator[tuple[ast.stmt, Literal]]:
    """Statements that compare something with a literal, which can be exchanged, and which fail the test then: those
    in other functions, loops and so on may not be reached, and `pytest.raises` may wait for their failure.
    """
    for node in _certain(getattr(function, "body", [])):
        for sides in _sides(node):
            literals = [index for index, side in enumerate(sides) if _is_exchangeable(side)]
            if len(literals) == 1:
                yield node, Literal(sides, literals[0])


def _sides(node: ast.stmt) -> Iterator[list[ast.expr]]:
    """The second side of `assert x == y`, both of `self.assertEqual(x, y)`: where a literal can be put in its place."""
    test = node.test if isinstance(node, ast.Assert) else node.value if isinstance(node, ast.Expr) else None
    if isinstance(node, ast.Assert) and isinstance(test, ast.Compare) and [type(op) for op in test.ops] == [ast.Eq]:
        yield test.comparators
    if isinstance(test, ast.Call) and dotted(test.func) == ["self", "assertEqual"] and len(test.args) == 2:
        yield test.args


def _is_exchangeable(node: ast.expr) -> bool:
    try:
        return ast.literal_eval(node) is not None
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False


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


def similar(value: Any, secret: random.Random) -> Any:
    """Another value of the same type and look, not equal to it."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        away = -1 if value < 0 else 1  # the same sign, which is a part of the look
        changed = value + away * secret.randint(1, 9)
        nearer = value - away * secret.randint(1, 9)
        changed = nearer if nearer * away > 0 and secret.random() < 0.5 else changed
        return changed if changed != value else type(value)(0)  # of what is infinite, or too large for a difference
    if isinstance(value, complex):
        return value + secret.randint(1, 9)
    if isinstance(value, (str, bytes)):
        return _with_another_letter(value, secret)
    if isinstance(value, dict):
        key = secret.choice(list(value)) if value else 1
        return {**value, key: similar(value[key], secret) if value else 1}
    if not isinstance(value, (list, tuple, set)):
        return 0
    items = list(value)
    place = secret.randrange(len(items)) if items else 0
    items[place : place + 1] = [similar(items[place], secret) if items else 1]
    made = type(value)(items)
    return made if made != value else type(value)(items[1:])


def _with_another_letter(text: Any, secret: random.Random) -> Any:
    """With one of its letters changed into another of the same kind."""
    letters = text.decode("latin-1") if isinstance(text, bytes) else text
    place = secret.randrange(len(letters)) if letters else 0
    old = letters[place : place + 1]
    kinds = [kind for kind in (string.digits, string.ascii_uppercase) if old and old in kind]
    new = secret.choice([letter for letter in (kinds or [string.ascii_lowercase])[0] if letter != old])
    changed = letters[:place] + new + letters[place + 1 :]
    return changed.encode("latin-1") if isinstance(text, bytes) else changed
