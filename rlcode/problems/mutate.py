"""Small faults put into a correct program, one at a time: tests that let such a program pass are too weak."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

from reward.syntax import without_docstrings

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
_ARITHMETIC: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add, ast.Pow),
    ast.Div: (ast.FloorDiv, ast.Mult),
    ast.FloorDiv: (ast.Div, ast.Mod),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
}
_NOT_COMMUTATIVE = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
_NAMES = {
    "min": "max",
    "max": "min",
    "all": "any",
    "any": "all",
    "upper": "lower",
    "lower": "upper",
    "startswith": "endswith",
    "endswith": "startswith",
    "keys": "values",
    "values": "keys",
    "find": "rfind",
    "sum": "len",
    "ljust": "rjust",
    "rjust": "ljust",
}
_REMOVABLE = (ast.Assign, ast.AugAssign, ast.Expr, ast.If, ast.For, ast.While, ast.Break, ast.Continue)


@dataclass(frozen=True)
class Mutant:
    """A changed program; `change` tells a reader what was changed and in which line."""

    program: str
    change: str


def mutants(program: str) -> list[Mutant]:
    """All programs that differ from `program` by one small fault, without repeats. Raises SyntaxError."""
    tree = without_docstrings(ast.parse(program))
    seen = {ast.unparse(tree)}
    found = []
    for node in ast.walk(tree):
        for variant in _variants(node):
            # deepcopy takes what the memo already holds for a node, so this copies the tree with `node` exchanged.
            changed = ast.fix_missing_locations(copy.deepcopy(tree, {id(node): variant}))
            text = ast.unparse(changed)
            if text not in seen:
                seen.add(text)
                line = getattr(node, "lineno", 0)
                found.append(Mutant(text + "\n", f"line {line}: {_short(node)} -> {_short(variant)}"))
    return found


def _short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 60 else text[:57] + "..."


def _variants(node: ast.AST) -> Iterator[ast.AST]:
    """The faults that one node alone can have."""
    if isinstance(node, ast.Compare):
        yield from _compare_variants(node)
    elif isinstance(node, ast.BinOp | ast.AugAssign):
        yield from _arithmetic_variants(node)
    elif isinstance(node, ast.Constant):
        yield from (ast.Constant(value) for value in _other_constants(node.value))
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values)
        yield from node.values
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Call):
        yield from _call_variants(node)
    elif isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse, ast.IfExp(node.test, node.orelse, node.body))
    elif isinstance(node, ast.Slice):
        yield from _slice_variants(node)
    elif isinstance(node, ast.comprehension):
        yield from _filter_variants(node)
    elif isinstance(node, ast.Return) and node.value is not None:
        yield ast.Return(ast.Constant(None))
    if isinstance(node, ast.If | ast.While):
        negated = ast.UnaryOp(ast.Not(), node.test)
        yield type(node)(negated, node.body, node.orelse)
    if isinstance(node, _REMOVABLE):
        yield ast.Pass()


def _compare_variants(node: ast.Compare) -> Iterator[ast.AST]:
    for index, op in enumerate(node.ops):
        for other in _COMPARISONS[type(op)]:
            yield ast.Compare(node.left, [*node.ops[:index], other(), *node.ops[index + 1 :]], node.comparators)


def _arithmetic_variants(node: ast.BinOp | ast.AugAssign) -> Iterator[ast.AST]:
    for other in _ARITHMETIC.get(type(node.op), ()):
        if isinstance(node, ast.AugAssign):
            yield ast.AugAssign(node.target, other(), node.value)
        else:
            yield ast.BinOp(node.left, other(), node.right)
    if isinstance(node, ast.BinOp):
        yield from (node.left, node.right)
        if isinstance(node.op, _NOT_COMMUTATIVE):
            yield ast.BinOp(node.right, node.op, node.left)


def _other_constants(value: object) -> list[bool | int | float | str]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return [value + 1, value - 1]
    if isinstance(value, str):
        return ["", value + "x"] if value else ["x"]
    return []


def _call_variants(node: ast.Call) -> Iterator[ast.AST]:
    if isinstance(node.func, ast.Name) and node.func.id in _NAMES:
        yield ast.Call(ast.Name(_NAMES[node.func.id], ast.Load()), node.args, node.keywords)
    if isinstance(node.func, ast.Attribute):
        if node.func.attr in _NAMES:
            renamed = ast.Attribute(node.func.value, _NAMES[node.func.attr], ast.Load())
            yield ast.Call(renamed, node.args, node.keywords)
        yield node.func.value
    if len(node.args) == 1 and not isinstance(node.args[0], ast.Starred | ast.GeneratorExp):
        yield node.args[0]
    symmetric = isinstance(node.func, ast.Name) and node.func.id in ("min", "max")
    if len(node.args) == 2 and not symmetric:
        yield ast.Call(node.func, node.args[::-1], node.keywords)
    for index in range(len(node.keywords)):
        yield ast.Call(node.func, node.args, node.keywords[:index] + node.keywords[index + 1 :])


def _slice_variants(node: ast.Slice) -> Iterator[ast.AST]:
    if node.lower is not None:
        yield ast.Slice(None, node.upper, node.step)
    if node.upper is not None:
        yield ast.Slice(node.lower, None, node.step)
    if node.step is not None:
        yield ast.Slice(node.lower, node.upper, None)


def _filter_variants(node: ast.comprehension) -> Iterator[ast.AST]:
    for index, condition in enumerate(node.ifs):
        others = node.ifs[:index] + node.ifs[index + 1 :]
        yield ast.comprehension(node.target, node.iter, others, node.is_async)
        yield ast.comprehension(node.target, node.iter, [*others, ast.UnaryOp(ast.Not(), condition)], node.is_async)
