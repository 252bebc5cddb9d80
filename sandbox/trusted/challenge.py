"""Questions for a process that cannot be believed: a file of tests, and the same file where some must fail.

In a secret half of the functions that compare something with a literal (`assert x == 3`, `self.assertEqual(x, 3)`, by a
name as well: `expected = 3`, a row of `parametrize`; or with a frame of pandas) one literal is exchanged for a similar
one. What fails there fails at the function's end, so that it leaves behind what the others were written for. Both files
have the same form: the process cannot tell which of the two it was given, nor which functions were altered. In a file
without such a function each gets a comparison of its own: it shows no more than that what is false fails.
"""

from __future__ import annotations

import ast
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sandbox.similar import similar
from sandbox.trusted.inventory import FUNCTIONS, Function, defined_tests, is_no_test
from sandbox.trusted.take_apart import dotted, walk
from sandbox.types import Test


@dataclass
class Challenge:
    """Both files, and for each test function, by class and name, whether it must pass in the altered one."""

    plain: str
    altered: str
    must_pass: dict[str, bool]


class CannotBeWritten(ValueError):
    """A test whose text Python reads and does not write."""


def written(tree: ast.Module) -> str:
    """The text of a test that was changed. Raises CannotBeWritten."""
    try:
        return ast.unparse(ast.fix_missing_locations(tree))
    except RecursionError:  # a sum of a thousand parts
        raise CannotBeWritten("it is nested too deeply") from None
    except ValueError as error:  # a number in base 16 of more digits than Python writes in base 10
        raise CannotBeWritten(str(error)) from None


# As `from solution import *`, and with the names that begin with an underscore.
_ALL_OF_THE_PROGRAM = """
import solution
globals().update({name: value for name, value in vars(solution).items() if not name.startswith(("__", "test", "Test"))})
"""


def file_of(test: Test) -> str:
    """The test as a pytest file: an assert or a check becomes the body of a test function. Raises CannotBeWritten."""
    if test.kind == "pytest":
        return test.code
    tree = ast.parse(_ALL_OF_THE_PROGRAM)
    body = ast.parse(test.code).body
    if test.kind == "check":
        tree.body += body
        owner, _, method = test.entry.rpartition(".")
        body = ast.parse(f"check({owner}().{method})" if owner else f"check({method})").body
    else:
        imports = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]  # a star is for modules only
        tree.body += imports
        body = [node for node in body if node not in imports] or ast.parse("pass").body
    function = ast.parse(f"def test_{test.kind}(): pass").body[0]
    assert isinstance(function, ast.FunctionDef)
    function.body = body
    tree.body.append(function)
    return written(tree)


def make_challenge(code: str, secret: random.Random) -> Challenge:
    tree = ast.parse(code)
    tests = dict(defined_tests(tree))  # the last of a name counts
    functions = [node for node in walk(tree) if isinstance(node, FUNCTIONS)]
    fixtures = {arg.arg for node in functions if any(map(is_no_test, node.decorator_list)) for arg in node.args.args}
    if not any(any(_comparisons(function, fixtures)) for function in tests.values()):
        for function in tests.values():
            number = secret.randrange(10, 100)
            function.body.insert(0, ast.parse(f"assert {number} + 0 == {number}").body[0])
    questions = {name: _put_off_a_failure(function, fixtures, secret) for name, function in tests.items()}
    plain = written(tree)
    called = {dotted(node.func)[-1] for node in walk(tree) if isinstance(node, ast.Call)}  # what fails fails others
    open_to_change = {
        name: test for name, test in questions.items() if test is not None and name.rpartition("::")[2] not in called
    }
    chosen = [name for name in open_to_change if secret.random() < 0.5]
    if open_to_change and not chosen:
        chosen = [secret.choice(list(open_to_change))]
    for name in chosen:
        open_to_change[name].exchange(secret)
    altered = written(tree)
    # Those that stand under a condition may be there, and then they must pass.
    known = {name.rpartition("::")[2] for name in tests}
    beside = {node.name for node in functions if node.name.startswith("test")} - known
    return Challenge(plain, altered, {name: name not in chosen for name in [*tests, *sorted(beside)]})


@dataclass
class Literal:
    """One that something is compared with: an expression of the syntax tree, and how another is put in its place."""

    node: ast.expr
    put: Callable[[ast.expr], None]

    def exchange(self, secret: random.Random) -> None:
        self.write(similar(ast.literal_eval(self.node), secret))

    def write(self, value: Any) -> None:
        self.put(ast.parse(repr(value), mode="eval").body)


def _put_off_a_failure(function: Function, fixtures: set[str], secret: random.Random) -> Literal | None:
    """Have one of the comparisons with a literal fail at the end of the function, and give that literal, which is
    written as the one in its place would be."""
    comparisons = list(_comparisons(function, fixtures))
    if not comparisons:
        return None
    statement, literal = secret.choice(comparisons)
    literal.write(ast.literal_eval(literal.node))
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


def _comparisons(function: Function, fixtures: set[str]) -> Iterator[tuple[ast.stmt, Literal]]:
    """Statements that compare something with a literal, which can be exchanged, and which fail the test then: those
    in other functions, loops and so on may not be reached, and `pytest.raises` may wait for their failure. What
    `fixtures` ask for by name may be more than what is expected.
    """
    by_name = {name: parts for name, parts in _named_literals(function).items() if name not in fixtures}
    for node in _certain(function.body):
        for sides in _sides(node):
            if any(dotted(part)[-1] in _NEARLY_EQUAL for side in sides for part in walk(side.node)):
                continue
            found = [by_name.get(getattr(side.node, "id", "")) or _parts(side) for side in sides]
            literals = [parts for parts in found if parts]
            if len(literals) == 1:
                yield from ((node, literal) for literal in literals[0])


# What is equal to more than one literal.
_NEARLY_EQUAL = frozenset(("approx", "ANY"))


def _sides(node: ast.stmt) -> Iterator[list[Literal]]:
    """Both sides of `assert x == y`, `assert x.equals(y)`, `self.assertEqual(x, y)` or `assert_frame_equal(x, y)`."""
    test = node.test if isinstance(node, ast.Assert) else node.value if isinstance(node, ast.Expr) else None
    if isinstance(node, ast.Assert) and isinstance(test, ast.Compare) and [type(op) for op in test.ops] == [ast.Eq]:
        yield [Literal(test.left, partial(setattr, test, "left")), *_among(test.comparators)]
    if not isinstance(test, ast.Call):
        return
    words, keywords = dotted(test.func), {word.arg for word in test.keywords}
    of_frames = words[-1] in ("assert_frame_equal", "assert_series_equal") and keywords <= _LEAVE_VALUES
    of_unittest = words == ["self", "assertEqual"] and not keywords
    if isinstance(node, ast.Expr) and (of_frames or of_unittest) and len(test.args) == 2:
        yield _among(test.args)
    if isinstance(node, ast.Assert) and words[-1] == "equals" and len(test.args) == 1:
        yield _among(test.args)


# What does not change how the values of frames are compared.
_LEAVE_VALUES = frozenset(("check_dtype", "check_exact", "check_index_type", "check_like", "check_names"))


def _among(nodes: list[ast.expr]) -> list[Literal]:
    return [Literal(node, partial(nodes.__setitem__, index)) for index, node in enumerate(nodes)]


def _parts(side: Literal) -> list[Literal]:
    """The literal that stands there; of a frame or series of pandas those it is made of."""
    if _is_exchangeable(side.node):
        return [side]
    call = side.node
    if not isinstance(call, ast.Call) or dotted(call.func)[-1] not in ("DataFrame", "Series") or len(call.args) != 1:
        return []
    if not {word.arg for word in call.keywords} <= {"index", "name"}:  # others select, or make values alike
        return []
    data = call.args[0]
    columns = data.values if isinstance(data, ast.Dict) and dotted(call.func)[-1] == "DataFrame" else [data]
    cells = [cell for column in columns if isinstance(column, ast.List) for cell in _among(column.elts)]
    return [cell for cell in cells if _is_exchangeable(cell.node) and _shows_in_a_frame(ast.literal_eval(cell.node))]


def _shows_in_a_frame(value: Any) -> bool:
    """Whether a similar one is not taken for the same: frames are compared with a tolerance."""
    return isinstance(value, (bool, str)) or (isinstance(value, (int, float)) and abs(value) < 10_000)


def _named_literals(function: Function) -> dict[str, list[Literal]]:
    """Literals by the names under which the function reads them once: `expected = [1, 2]`, or in the rows of
    `parametrize`."""
    nodes = list(walk(function))
    if any(isinstance(node, ast.Return | ast.Continue | ast.Break | ast.Global | ast.Nonlocal) for node in nodes):
        return {}
    times = Counter(node.id for node in nodes if isinstance(node, ast.Name))
    found = {name: literals for name, literals in _in_rows(function) if times[name] == 1}
    for node in _certain(function.body):
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and times[target.id] == 2 and isinstance(node, ast.Assign | ast.AnnAssign):
            found[target.id] = _parts(Literal(node.value, partial(setattr, node, "value"))) if node.value else []
    return found


def _in_rows(function: Function) -> Iterator[tuple[str, list[Literal]]]:
    """The names that `parametrize` gives, with the literals that they stand for one after another."""
    for call in function.decorator_list:
        if not isinstance(call, ast.Call) or dotted(call)[-1] != "parametrize" or len(call.args) != 2:
            continue
        names, rows = call.args
        if not isinstance(rows, ast.List | ast.Tuple) or {word.arg for word in call.keywords} - {"ids"}:
            continue
        if not isinstance(names, ast.Constant) or not isinstance(names.value, str):
            continue
        words = [name.strip() for name in names.value.split(",")]
        for place, name in enumerate(words):
            tuples = [row.elts for row in rows.elts if isinstance(row, ast.Tuple | ast.List)]
            cells = [_among(row)[place] for row in tuples if len(row) == len(words)]
            cells = cells if len(words) > 1 else _among(rows.elts)
            yield name, [cell for cell in cells if _is_exchangeable(cell.node)]


def _is_exchangeable(node: ast.expr) -> bool:
    try:
        value = ast.literal_eval(node)
        return value is not None and bool(ast.literal_eval(repr(value)) == value)
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
