"""Takes a test apart: the calls into the program go into the jail, everything else is evaluated out here.

`assert f([1, 2]) == 3` becomes the call `f([1, 2])` and a small function of what it returned. Only straight-line
tests made of literals, comparisons and a handful of harmless built-ins are taken apart; anything else raises
NotSimple and is run as it stands in a process of its own (see split.py). The expressions are evaluated by walking the
syntax tree over plain values, never by `eval`, and every operation here takes bounded time and memory whatever the
values are.
"""

from __future__ import annotations

import ast
import builtins
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.names import WELL_KNOWN
from sandbox.trusted.compare import equals_json, show
from sandbox.trusted.harmless import BINARY, COMPARE, UNARY, NotSimple, harmless_function
from sandbox.types import Test, TestOutcome, shorten
from sandbox.wire import encode

MAX_SOURCE_CHARS = 1_000_000
BUILTIN_NAMES = frozenset(dir(builtins))


class CallRaised(Exception):
    """The program's call raised; `report` is what the jail said about it."""

    def __init__(self, report: Report) -> None:
        self.report = report


@dataclass(frozen=True)
class Report:
    """What the jail claims about one call."""

    value: Any = None
    error: str = ""
    error_types: Sequence[str] = ()
    outcome: TestOutcome = "error"
    plain: bool = True
    while_loading: bool = False
    frame: bytes = b""  # as it came; read, it takes more than ten times the memory


@dataclass(frozen=True)
class Call:
    """A call into the program, ready to be sent: values already encoded for the wire."""

    entry: str
    args: list[Any]
    kwargs: dict[str, Any]


Evaluate = Callable[[Sequence[Report]], Any]


Step = Callable[[Sequence[Report]], str]


@dataclass
class Apart:
    """A test taken apart: the calls to make, in order, and the steps to verify on their answers. A step returns an
    empty string, or what is wrong."""

    calls: list[Call] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def verify(self, reports: Sequence[Report]) -> str:
        """Empty when every step holds. Raises NotSimple when values need the slow path, CallRaised when a call
        raised.
        """
        return next(filter(None, (step(reports) for step in self.steps)), "")


def take_apart_call(test: Test) -> Apart:
    call = Call(test.entry, [encode(arg) for arg in test.args], {k: encode(v) for k, v in test.kwargs.items()})

    def verify(reports: Sequence[Report]) -> str:
        report = reports[0]
        if report.error:
            raise CallRaised(report)
        if equals_json(report.value, test.expected):
            return ""
        named = [f"{name}={show(value, 40)}" for name, value in test.kwargs.items()]
        arguments = ", ".join([show(arg, 60) for arg in test.args] + named)
        return f"{test.entry}({shorten(arguments, 100)}) returned {show(report.value)}, expected {show(test.expected)}"

    return Apart([call], [verify])


def used_names(code: str) -> tuple[set[str], set[str]]:
    """Names that the code uses and does not bind itself, and those of them that it calls."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set(), set()
    telling = [node for node in walk(tree) if isinstance(node, ast.Name | ast.Call)]
    used = {node.id for node in telling if isinstance(node, ast.Name)}
    called = {node.func.id for node in telling if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    bound = bound_names(tree)
    return used - bound, called - bound


def walk(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node but the constants, of which one literal may hold a hundred thousand."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for _, value in ast.iter_fields(node):
            for child in value if isinstance(value, list) else (value,):
                if isinstance(child, ast.AST) and not isinstance(child, ast.Constant):
                    waiting.append(child)


def dotted(node: ast.AST) -> list[str]:
    """The words of `a.b.c`, and of `a.b().c` as well; the first is empty where it begins with something else."""
    words: list[str] = []
    while isinstance(node, ast.Attribute | ast.Call):
        if isinstance(node, ast.Attribute):
            words.append(node.attr)
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return [node.id if isinstance(node, ast.Name) else "", *reversed(words)]


def bound_names(tree: ast.AST) -> set[str]:
    """Names that code gives a meaning to: imports, definitions, assignments, parameters."""
    names: set[str] = set()
    for node in walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            names.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            names.add(node.rest)
    return names


def take_apart_assert(code: str, shadowed: frozenset[str] = frozenset()) -> Apart:
    """An `assert` test. `shadowed` are built-in names that the tests mean as the program's own function."""
    apart = Apart()
    body = _Body(apart, None, shadowed, code)
    for statement in parse(code).body:
        body.statement(statement)
    return _with_a_call(apart)


def take_apart_check(code: str, entry: str) -> Apart:
    """A HumanEval style test: `def check(candidate)` whose body is straight-line asserts."""
    check = None
    for statement in parse(code).body:
        if isinstance(statement, ast.FunctionDef) and statement.name == "check" and check is None:
            check = statement
        elif not _is_constant_assignment(statement) and not _is_harmless_import(statement):
            raise NotSimple("statements beside check()")
    if check is None or len(check.args.args) != 1 or check.decorator_list:
        raise NotSimple("no plain check(candidate)")
    apart = Apart()
    body = _Body(apart, {check.args.args[0].arg: entry}, frozenset(), code)
    for statement in check.body:
        body.statement(statement)
    return _with_a_call(apart)


def parse(code: str) -> ast.Module:
    """The syntax tree of test code; NotSimple when it has none (the slow path words the error)."""
    if len(code) > MAX_SOURCE_CHARS:
        raise NotSimple("too long")
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise NotSimple(str(error)) from None


def _with_a_call(apart: Apart) -> Apart:
    if not apart.calls or not apart.steps:
        raise NotSimple("nothing of the program is tested")
    return apart


def _is_constant_assignment(statement: ast.stmt) -> bool:
    """`METADATA = {...}` and the like, which HumanEval puts beside its checks."""
    return isinstance(statement, ast.Assign) and not any(
        isinstance(node, ast.Call | ast.Lambda | ast.comprehension) for node in ast.walk(statement)
    )


def _is_harmless_import(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Import):
        return False
    return all(alias.name == "math" and not alias.asname for alias in statement.names)


class _Body:
    """Turns the statements of one test into calls and steps. `entries` maps names in the test to names in the program;
    None means that every unknown name belongs to the program."""

    def __init__(self, apart: Apart, entries: dict[str, str] | None, shadowed: frozenset[str], source: str) -> None:
        self.apart = apart
        self.entries = entries
        self.shadowed = shadowed
        self.lines = source.encode("utf-8", "surrogatepass").splitlines()

    def statement(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Assert):
            self._assert(node.test)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return
        elif not isinstance(node, ast.Pass) and not _is_harmless_import(node):
            raise NotSimple(type(node).__name__)

    def _assert(self, test: ast.expr) -> None:
        text = self.beginning_of(test)
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            left, right = self.expression(test.left), self.expression(test.comparators[0])
            compare = COMPARE[type(test.ops[0])]
            self.apart.steps.append(_comparison(text, left, compare, right))
        else:
            whole = self.expression(test)
            self.apart.steps.append(lambda reports: "" if _guarded(whole, reports) else f"assert {text}")

    def beginning_of(self, node: ast.expr) -> str:
        """The text of an expression, as far as a message shows it: literals of a megabyte occur."""
        assert node.end_lineno is not None and node.end_col_offset is not None
        last = min(node.end_lineno, node.lineno + 40)
        lines = self.lines[node.lineno - 1 : last]
        if last == node.end_lineno:
            lines[-1] = lines[-1][: node.end_col_offset]
        lines[0] = lines[0][node.col_offset :]
        text = b" ".join(line[:2_000] for line in lines).decode("utf-8", "replace")
        return shorten(" ".join(text.split()), 160)

    def expression(self, node: ast.expr) -> Evaluate:
        compile_node = _EXPRESSIONS.get(type(node))
        if compile_node is None:
            raise NotSimple(type(node).__name__)
        return compile_node(self, node)

    def many(self, nodes: Sequence[ast.expr]) -> list[Evaluate]:
        return [self.expression(node) for node in nodes]

    def constant(self, node: ast.expr) -> Any:
        """The value of an expression without calls into the program, computed now."""
        before = len(self.apart.calls)
        evaluate = self.expression(node)
        if len(self.apart.calls) != before:
            raise NotSimple("a call inside the arguments of a call")
        try:
            return evaluate(())
        except (ArithmeticError, TypeError, ValueError, LookupError) as error:
            raise NotSimple(f"arguments that fail: {error}") from None

    def entry_of(self, func: ast.expr) -> str | None:
        """The program's name for what is called: `f`, or `Solution().method`. None when it is not the program's."""
        if isinstance(func, ast.Name):
            if self.entries is not None:
                return self.entries.get(func.id)
            if func.id in WELL_KNOWN:
                raise NotSimple(f"{func.id} may be a library's")
            return func.id if func.id not in BUILTIN_NAMES or func.id in self.shadowed else None
        if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Call):
            made = func.value
            owner = self.entry_of(made.func) if isinstance(made.func, ast.Name) else None
            if owner and not made.args and not made.keywords and not func.attr.startswith("_"):
                if not owner[:1].isupper():
                    raise NotSimple("a method of what a function returned, which is not the program's to answer for")
                return f"{owner}.{func.attr}"
        return None

    def call(self, node: ast.Call) -> Evaluate:
        if any(keyword.arg is None for keyword in node.keywords):
            raise NotSimple("**arguments")
        entry = self.entry_of(node.func)
        if entry is None:
            return self._harmless_call(node)
        args = [encode(self.constant(arg)) for arg in node.args]
        kwargs = {str(keyword.arg): encode(self.constant(keyword.value)) for keyword in node.keywords}
        index = len(self.apart.calls)
        self.apart.calls.append(Call(entry, args, kwargs))
        return lambda reports: _answer(reports[index])

    def _harmless_call(self, node: ast.Call) -> Evaluate:
        function = harmless_function(node.func)
        args = self.many(node.args)
        kwargs = {str(keyword.arg): self.expression(keyword.value) for keyword in node.keywords}
        if (kwargs and function not in (math.isclose, sorted)) or (function is sorted and set(kwargs) - {"reverse"}):
            raise NotSimple("keyword arguments")
        if not args or (function is sum and len(args) > 1):
            raise NotSimple("arguments")
        return lambda reports: function(
            *[arg(reports) for arg in args], **{name: value(reports) for name, value in kwargs.items()}
        )


def _answer(report: Report) -> Any:
    if report.error:
        raise CallRaised(report)
    if not report.plain:
        raise NotSimple("the answer has parts that only the program can interpret")
    return report.value


def _guarded(evaluate: Evaluate, reports: Sequence[Report]) -> Any:
    """Evaluate over the program's answers; a wrong type makes the assert fail as it would have in place."""
    try:
        return evaluate(reports)
    except (ArithmeticError, TypeError, ValueError, LookupError, RecursionError):
        return False


def _comparison(text: str, left: Evaluate, compare: Callable[[Any, Any], Any], right: Evaluate) -> Step:
    def verify(reports: Sequence[Report]) -> str:
        try:
            got, wanted = left(reports), right(reports)
            if compare(got, wanted):
                return ""
        except (ArithmeticError, TypeError, ValueError, LookupError, RecursionError) as error:
            return f"assert {text}: {shorten(str(error), 80)}"
        is_in_text = show(wanted) in text
        return f"assert {text}: got {show(got)}" + ("" if is_in_text else f", expected {show(wanted)}")

    return verify


def _constant(body: _Body, node: ast.Constant) -> Evaluate:
    if node.value is Ellipsis:
        raise NotSimple("Ellipsis")
    return lambda reports: node.value


def _literal_of(node: ast.expr) -> tuple[Any] | None:
    """What a constant or a negative number stands for; None for any other expression."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        number = node.operand.value
        return (-number,) if isinstance(number, int | float) and not isinstance(number, bool) else None
    return (node.value,) if isinstance(node, ast.Constant) and node.value is not Ellipsis else None


def _collection(make: Callable[[list[Any]], Any]) -> Callable[[_Body, Any], Evaluate]:
    def compile_node(body: _Body, node: Any) -> Evaluate:
        numbers = [_literal_of(item) for item in node.elts]
        if None not in numbers:
            return lambda reports: make([number for (number,) in numbers])  # type: ignore[misc]
        parts = body.many(node.elts)
        return lambda reports: make([part(reports) for part in parts])

    return compile_node


def _dict(body: _Body, node: ast.Dict) -> Evaluate:
    keys = [body.expression(key) for key in node.keys if key is not None]
    values = body.many(node.values)
    if len(keys) != len(values):
        raise NotSimple("** in a dict")
    return lambda reports: {key(reports): value(reports) for key, value in zip(keys, values, strict=True)}


def _unary(body: _Body, node: ast.UnaryOp) -> Evaluate:
    operand, apply = body.expression(node.operand), UNARY.get(type(node.op))
    if apply is None:
        raise NotSimple("~")
    return lambda reports: apply(operand(reports))


def _binary(body: _Body, node: ast.BinOp) -> Evaluate:
    left, right, apply = body.expression(node.left), body.expression(node.right), BINARY.get(type(node.op))
    if apply is None:
        raise NotSimple(type(node.op).__name__)
    return lambda reports: apply(left(reports), right(reports))


def _bool_op(body: _Body, node: ast.BoolOp) -> Evaluate:
    parts, wants_all = body.many(node.values), isinstance(node.op, ast.And)

    def evaluate(reports: Sequence[Report]) -> Any:
        for part in parts:
            value = part(reports)
            if bool(value) is not wants_all:
                return value
        return value

    return evaluate


def _compare(body: _Body, node: ast.Compare) -> Evaluate:
    operands = body.many([node.left, *node.comparators])
    operators = [COMPARE[type(op)] for op in node.ops]

    def evaluate(reports: Sequence[Report]) -> bool:
        left = operands[0](reports)
        for apply, operand in zip(operators, operands[1:], strict=True):
            right = operand(reports)
            if not apply(left, right):
                return False
            left = right
        return True

    return evaluate


def _subscript(body: _Body, node: ast.Subscript) -> Evaluate:
    value, index = body.expression(node.value), body.expression(node.slice)
    return lambda reports: value(reports)[index(reports)]


_EXPRESSIONS: dict[type, Callable[[_Body, Any], Evaluate]] = {
    ast.Constant: _constant, ast.List: _collection(list), ast.Tuple: _collection(tuple), ast.Set: _collection(set),
    ast.Dict: _dict, ast.UnaryOp: _unary, ast.BinOp: _binary, ast.BoolOp: _bool_op, ast.Compare: _compare,
    ast.Subscript: _subscript, ast.Call: lambda body, node: body.call(node),
}  # fmt: skip
