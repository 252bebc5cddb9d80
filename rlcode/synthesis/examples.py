"""What the tests of a problem call the program with, and how they compare what it returns."""

from __future__ import annotations

import ast
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rlcode.problems.evalplus import CALL_TOLERANCE, NoSource, is_json, source_of
from rlcode.problems.schema import Problem
from sandbox import Test
from sandbox.trusted.compare import equals_json

UNKNOWN = object()  # an expected value that the test does not write down as plain data
_CONTAINERS: dict[str, Callable[[Any], Any]] = {
    "set": set,
    "frozenset": frozenset,
    "list": list,
    "tuple": tuple,
    "sorted": sorted,
}
# What a test may do to the returned value before it compares: forgets an order or a type, and nothing else.
_WRAPPERS: dict[str, Callable[[Any], Any]] = {**_CONTAINERS, "Counter": Counter, "collections.Counter": Counter}
# Of such questions the reference's answer is one of several, and a test that asks for it turns right programs away.
_SEVERAL_ANSWERS = re.compile(
    r"(?<!n't )(?<!not )\b(?:return|find|print|output|give|choose)s? any\b(?! number)"
    r"|\bany (?:valid|one of|order|peak|solution|answer)\b|\bany of them\b"
    r"|\bmultiple (?:valid|possible|correct|right) (?:answers|solutions|outputs)\b",
    re.IGNORECASE,
)


class NotReadable(ValueError):
    """Tests whose calls or comparisons have a form that new tests cannot be written in; the message says which."""


@dataclass(frozen=True)
class Form:
    """How an assertion compares: `equal`, `wrapped` in a function (`set(f(x)) == set(…)`), `close` (`math.isclose`,
    or a difference below `detail`), or `truth` (`assert f(x)`, `assert not f(x)`)."""

    name: str
    detail: str = ""
    imports: str = ""


@dataclass(frozen=True)
class Example:
    """One call of a test: arguments, and the value that the test expects or UNKNOWN."""

    args: tuple[Any, ...]
    expected: Any


@dataclass(frozen=True)
class Examples:
    """All calls of a problem's tests that share a number of arguments and a form."""

    entry: str
    form: Form
    calls: list[Example]

    def test(self, args: tuple[Any, ...], value: Any) -> Test | None:
        """The test that holds a program to `value`, in the form of the seen ones. None when it cannot be written."""
        try:
            return self._test(args, value)
        except NoSource:
            return None

    def _test(self, args: tuple[Any, ...], value: Any) -> Test | None:
        call = f"{self.entry}({', '.join(map(source_of, args))})"
        if self.form.name == "truth":
            return self._assert(f"assert {call}" if value else f"assert not {call}")
        if self.form.name == "wrapped":
            wrapper = self.form.detail
            return self._assert(f"assert {wrapper}({call}) == {wrapper}({source_of(value)})")
        if self.form.name == "close":
            return self._assert(self.form.detail.format(call=call, value=source_of(value)))
        if is_json(list(args)) and is_json(value):
            return Test("call", entry=self.entry, args=list(args), expected=value)
        if _holds_floats(value):  # exact equality would turn a correct program away for its rounding
            return self._assert_close(call, value)
        return self._assert(f"assert {call} == {source_of(value)}")

    def _assert_close(self, call: str, value: Any) -> Test | None:
        """For a number, or a list or tuple of numbers; None for other values."""
        if isinstance(value, float) and math.isfinite(value):
            return self._assert(_close(call, value))
        if isinstance(value, list | tuple) and all(type(item) in (int, float) for item in value):
            close = [_close(f"{call}[{index}]", item) for index, item in enumerate(value)]
            finite = all(map(math.isfinite, value))
            return self._assert("\n".join([f"assert len({call}) == {len(value)}", *close])) if finite else None
        return None

    def _assert(self, code: str) -> Test:
        return Test("assert", code=f"{self.form.imports}\n{code}".strip())

    def same(self, left: Any, right: Any) -> bool:
        """Whether a test for `right` lets `left` pass, as well as it can be told from the values alone."""
        if self.form.name == "truth":
            return bool(left) == bool(right)
        try:
            if self.form.name == "wrapped":
                wrap = _WRAPPERS[self.form.detail]
                return bool(wrap(left) == wrap(right))
            if self.form.name == "close" or is_json(right):
                return equals_json(left, right)
        except (TypeError, RecursionError):
            return False
        if isinstance(right, float):
            return equals_json(left, right)
        if isinstance(right, tuple) and isinstance(left, list | tuple) and _holds_floats(right):
            return equals_json(left, list(right))
        return bool(left == right)


def read_examples(problem: Problem) -> Examples:
    """The calls and the form of a problem's tests. Raises NotReadable, saying why no test can be added."""
    if several := _SEVERAL_ANSWERS.search(problem.prompt):
        raise NotReadable(f"the question may have several right answers: {several.group()}")
    entry = problem.entry_point or next((test.entry for test in problem.tests if test.kind == "call"), "")
    if not entry:
        entry = _entry_of_asserts(problem)
    found = [pair for test in problem.tests for pair in _read_test(test, entry)]
    if not found:
        raise NotReadable(f"no test calls {entry} with plain values")
    arity = Counter(len(example.args) for _, example in found).most_common(1)[0][0]
    forms = {form for form, _ in found}
    if forms == {Form("equal"), Form("truth")} and all(_is_truth(example.expected) for _, example in found):
        forms = {Form("truth")}
    if len(forms) != 1:
        raise NotReadable(f"the tests compare in several ways ({', '.join(sorted(form.name for form in forms))})")
    calls = [example for _, example in found if len(example.args) == arity]
    distinct = list({repr(example.args): example for example in calls}.values())
    if len(distinct) < 2:
        raise NotReadable("one call says too little about what the arguments may be")
    return Examples(entry, forms.pop(), distinct)


def _close(call: str, value: float) -> str:
    return f"assert abs({call} - {source_of(value)}) <= {CALL_TOLERANCE * max(1.0, abs(value))!r}"


def _is_truth(value: Any) -> bool:
    return value is UNKNOWN or value is None or isinstance(value, bool)


def _entry_of_asserts(problem: Problem) -> str:
    """The function of the reference that the tests call."""
    try:
        defined = {node.name for node in ast.parse(problem.reference or "").body if isinstance(node, ast.FunctionDef)}
        called = Counter(
            node.func.id
            for test in problem.tests
            for node in ast.walk(ast.parse(test.code))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in defined
        )
    except SyntaxError as error:
        raise NotReadable(f"not Python: {error.msg}") from None
    if not called:
        raise NotReadable("no test calls a function of the reference")
    return called.most_common(1)[0][0]


def _read_test(test: Test, entry: str) -> Iterator[tuple[Form, Example]]:
    if test.kind == "stdio":
        raise NotReadable("the tests give text to a script; only tests that call a function are grown")
    if test.kind == "call":
        if test.entry != entry or test.kwargs:
            raise NotReadable("the tests call with keywords, or several functions")
        yield Form("equal"), Example(tuple(test.args), test.expected)
        return
    try:
        tree = ast.parse(test.code)
    except SyntaxError as error:
        raise NotReadable(f"a test is not Python: {error.msg}") from None
    if test.kind == "check":
        body = [node for function in _functions(tree) if function.name == "check" for node in function.body]
        yield from _read_statements(body, "candidate")
    elif test.kind == "pytest":
        for function in _functions(tree):
            if function.name.startswith("test"):
                yield from _read_statements(_with_names_replaced(function, entry), entry)
    else:
        yield from _read_statements(tree.body, entry)


def _functions(tree: ast.Module) -> list[ast.FunctionDef]:
    """Those of the module and of its classes."""
    bodies = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]
    return [node for body in bodies for node in body if isinstance(node, ast.FunctionDef)]


def _with_names_replaced(function: ast.FunctionDef, entry: str) -> list[ast.stmt]:
    """The statements of a test function, without those that give a name its only value, one call or plain data:
    `result = f(1)` and `assert result == 2` are `assert f(1) == 2`. Not of names whose methods or items are used: the
    value may change."""
    nodes = list(ast.walk(function))
    stored = Counter(node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load))
    owners = {ast.unparse(node.value) for node in nodes if isinstance(node, ast.Attribute | ast.Subscript)}
    values: dict[str, ast.expr] = {}
    body: list[ast.stmt] = []
    for node in function.body:
        node = _Replaced(values).visit(node)
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        is_kept = isinstance(node, ast.Assign) and (
            _calls(node.value, entry) == [node.value] or _literal_or_unknown(node.value) is not UNKNOWN
        )
        if is_kept and isinstance(target, ast.Name) and stored[target.id] == 1 and target.id not in owners:
            values[target.id] = node.value
        else:
            body.append(node)
    return body


class _Replaced(ast.NodeTransformer):
    """Puts values in the place of names."""

    def __init__(self, values: dict[str, ast.expr]):
        self._values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._values.get(node.id, node) if isinstance(node.ctx, ast.Load) else node


def _read_statements(body: Sequence[ast.stmt], entry: str) -> Iterator[tuple[Form, Example]]:
    imports = [ast.unparse(node) for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Expr) or not _calls(node, entry):
            continue  # a call alone, which may print or change something, compares nothing
        if isinstance(node, ast.With) and all(map(_waits_for_an_error, node.items)):
            continue  # on no such input a new test is written: the reference raises
        if isinstance(node, ast.For):
            yield from _read_statements(node.body, entry)
            continue
        if not isinstance(node, ast.Assert):
            raise NotReadable(f"a test does more than assert: {ast.unparse(node)[:80]}")
        yield from _read_assertion(node.test, entry, "\n".join(imports))


def _waits_for_an_error(item: ast.withitem) -> bool:
    call = item.context_expr
    return isinstance(call, ast.Call) and ast.unparse(call.func).endswith(("raises", "assertRaises"))


def _calls(node: ast.AST, entry: str) -> list[ast.Call]:
    return [
        call
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == entry
    ]


def _read_assertion(test: ast.expr, entry: str, imports: str) -> Iterator[tuple[Form, Example]]:
    calls = _calls(test, entry)
    if len(calls) != 1:
        raise NotReadable(f"an assertion makes {len(calls)} calls: {ast.unparse(test)[:80]}")
    form, expected = _form(test, calls[0], imports)
    if calls[0].keywords:
        raise NotReadable("the tests call with keywords")
    try:
        args = tuple(literal(argument) for argument in calls[0].args)
    except ValueError:
        return  # its arguments are computed: nothing to learn from, and no obstacle either
    yield form, Example(args, expected)


def _form(test: ast.expr, call: ast.Call, imports: str) -> tuple[Form, Any]:
    if test is call:
        return Form("truth"), True
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) and test.operand is call:
        return Form("truth"), False
    if isinstance(test, ast.Call) and ast.unparse(test.func) in ("math.isclose", "isclose"):
        return _close_form(test, call, imports)
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return _compared(test, call, imports)
    raise NotReadable(f"an assertion of a form that is not known: {ast.unparse(test)[:80]}")


def _close_form(test: ast.Call, call: ast.Call, imports: str) -> tuple[Form, Any]:
    if len(test.args) != 2 or call not in test.args:
        raise NotReadable(f"an assertion of a form that is not known: {ast.unparse(test)[:80]}")
    other = test.args[1 - test.args.index(call)]
    keywords = "".join(f", {ast.unparse(keyword)}" for keyword in test.keywords)
    detail = f"assert {ast.unparse(test.func)}({{call}}, {{value}}{keywords})"
    return Form("close", detail, imports), _literal_or_unknown(other)


def _compared(test: ast.Compare, call: ast.Call, imports: str) -> tuple[Form, Any]:
    left, operator, right = test.left, test.ops[0], test.comparators[0]
    if isinstance(operator, ast.Eq | ast.Is):
        if right is call:
            left, right = right, left
        if left is call:
            return Form("equal"), _literal_or_unknown(right)
        if (
            isinstance(operator, ast.Eq)
            and isinstance(left, ast.Call)
            and left.args == [call]
            and not left.keywords
            and ast.unparse(left.func) in _WRAPPERS
        ):
            return Form("wrapped", ast.unparse(left.func), imports), _unwrapped(right)
    if isinstance(operator, ast.Lt | ast.LtE) and (difference := _absolute_difference(left, call)) is not None:
        sign = "<" if isinstance(operator, ast.Lt) else "<="
        detail = f"assert abs({{call}} - {{value}}) {sign} {ast.unparse(right)}"
        return Form("close", detail), _literal_or_unknown(difference)
    raise NotReadable(f"an assertion of a form that is not known: {ast.unparse(test)[:80]}")


def _absolute_difference(node: ast.expr, call: ast.Call) -> ast.expr | None:
    """The other side of `abs(call - other)`, or None."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "abs" and len(node.args) == 1:
        inner = node.args[0]
        if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Sub) and call in (inner.left, inner.right):
            return inner.right if inner.left is call else inner.left
    return None


def _unwrapped(node: ast.expr) -> Any:
    if isinstance(node, ast.Call) and len(node.args) == 1 and ast.unparse(node.func) in _WRAPPERS:
        return _literal_or_unknown(node.args[0])
    return _literal_or_unknown(node)


def _literal_or_unknown(node: ast.expr) -> Any:
    try:
        return literal(node)
    except ValueError:
        return UNKNOWN


def literal(node: ast.expr) -> Any:
    """The plain value an expression writes down, `set([1, 2])` and the like among them. Raises ValueError."""
    try:
        if isinstance(node, ast.Call) and ast.unparse(node.func) in _CONTAINERS and len(node.args) <= 1:
            return _CONTAINERS[ast.unparse(node.func)](literal(node.args[0]) if node.args else ())
        if isinstance(node, ast.List):
            return [literal(item) for item in node.elts]
        if isinstance(node, ast.Tuple):
            return tuple(literal(item) for item in node.elts)
        if isinstance(node, ast.Dict) and None not in node.keys:
            return {literal(key): literal(item) for key, item in zip(node.keys, node.values, strict=True) if key}
        return ast.literal_eval(node)
    except (TypeError, SyntaxError, MemoryError, RecursionError) as error:
        raise ValueError(str(error)) from None


def _holds_floats(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_floats, [*value, *value.values()]))
    if isinstance(value, list | tuple | set | frozenset):
        return any(map(_holds_floats, value))
    return isinstance(value, float | complex)
