"""Which statements and branches of a solution its tests run, measured inside the sandbox.

The solution is rewritten so that it notes what runs; then its test file, or a list of calls, runs against it in a
jailed process, and the notes come back. Nothing here decides whether tests pass: that is the judge's business, and a
solution that lies about its coverage only misleads the choice among solutions of the same teacher.

Counted as coverage.py counts: every statement except docstrings; two branches for each `if`, `while` and `for`, one for
each `case`. Conditions within an expression are no branches.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rlcode.synthesis.seeds import parse_python
from sandbox import Judge

_NOTE = "__rlcode_note__"
_NOTES = "__rlcode_notes__"
_RUNNER = """
import builtins, os, sys, tempfile
_notes = set()
builtins.{note} = _notes.add
def measure():
    import pytest
    folder = tempfile.mkdtemp()
    for name, text in (("solution.py", {solution!r}), ("test_solution.py", {tests!r})):
        with open(os.path.join(folder, name), "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
    sys.path.insert(0, folder)
    sys.modules.pop("solution", None)  # this program itself
    sys.dont_write_bytecode = True
    status = pytest.main(["-q", "-p", "no:cacheprovider", "--rootdir", folder, "-c", os.devnull, folder])
    return [int(status), sorted(_notes)]
"""


_NOTES_OF_CALLS = """
import builtins
_notes = set()
builtins.{note} = _notes.add
def {notes}():
    return sorted(_notes)
"""


@dataclass(frozen=True)
class Coverage:
    """How much of a solution ran."""

    statements: int
    statements_run: int
    branches: int
    branches_run: int

    @property
    def share(self) -> float:
        """Of statements and branches together."""
        return (self.statements_run + self.branches_run) / max(self.statements + self.branches, 1)

    def to_dict(self) -> dict[str, float | None]:
        return {
            "statement": self.statements_run / max(self.statements, 1),
            "branch": self.branches_run / self.branches if self.branches else None,
        }


def measure_coverage(judge: Judge, solution: str, tests: str) -> Coverage | None:
    """None where the measured run did not end with every test passed: what it noted then says nothing."""
    instrumented = instrument(solution)
    runner = _RUNNER.format(note=_NOTE, solution=instrumented.program, tests=tests)
    result = judge.evaluate(runner, [("measure", [], {})])[0]
    if result.outcome != "returned":
        return None
    status, notes = result.value
    return instrumented.coverage(notes) if status == 0 else None


def coverage_of_calls(judge: Judge, program: str, entry: str, inputs: Sequence[tuple[Any, ...]]) -> Coverage | None:
    """What calls of `entry` with each of `inputs` run of a program. None where a call does not return."""
    instrumented = instrument(program)
    tree = ast.parse(instrumented.program)
    place = max((place for place, statement in enumerate(tree.body, 1) if _must_come_first(statement)), default=0)
    tree.body[place:place] = ast.parse(_NOTES_OF_CALLS.format(note=_NOTE, notes=_NOTES)).body
    calls: list[tuple[str, Sequence[Any], dict[str, Any]]] = [(entry, args, {}) for args in inputs]
    results = judge.evaluate(ast.unparse(tree), [*calls, (_NOTES, (), {})])
    if any(result.outcome != "returned" for result in results):
        return None
    return instrumented.coverage(results[-1].value)


@dataclass(frozen=True)
class Instrumented:
    """A program that notes the numbers of what it runs."""

    program: str
    statements: set[int]
    branches: set[int]

    def coverage(self, notes: Iterable[int]) -> Coverage:
        run = set(notes)
        return Coverage(len(self.statements), len(run & self.statements), len(self.branches), len(run & self.branches))


def instrument(program: str) -> Instrumented:
    """Put a note before every statement and into every branch. Raises SyntaxError."""
    tree = parse_python(program)
    counter = _Counter()
    tree.body = counter.block(tree.body, documented=True)
    ast.fix_missing_locations(tree)
    return Instrumented(ast.unparse(tree), counter.statements, counter.branches)


class _Counter:
    """Rewrites blocks of statements, numbering what it comes by."""

    def __init__(self) -> None:
        self.statements: set[int] = set()
        self.branches: set[int] = set()

    def block(self, statements: Sequence[ast.stmt], documented: bool = False) -> list[ast.stmt]:
        result: list[ast.stmt] = []
        for place, statement in enumerate(statements):
            if (documented and place == 0 and _is_text(statement)) or _must_come_first(statement):
                result.append(statement)
                continue
            result += [self._note(self.statements), self._inside(statement)]
        return result

    def _inside(self, node: ast.stmt) -> ast.stmt:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                node.body = self.block(node.body, documented=True)
            case ast.If() | ast.While() | ast.For() | ast.AsyncFor():
                # The other way out is an `else`, run also where the program has none: when the condition is false, or
                # the loop has come to its end without a break.
                node.body = [self._note(self.branches), *self.block(node.body)]
                node.orelse = [self._note(self.branches), *self.block(node.orelse)]
            case ast.With() | ast.AsyncWith():
                node.body = self.block(node.body)
            case ast.Try() | ast.TryStar():
                node.body = self.block(node.body)
                node.orelse = self.block(node.orelse)
                node.finalbody = self.block(node.finalbody)
                for handler in node.handlers:
                    handler.body = self.block(handler.body)
            case ast.Match():
                for case in node.cases:
                    case.body = [self._note(self.branches), *self.block(case.body)]
        return node

    def _note(self, kind: set[int]) -> ast.stmt:
        number = len(self.statements) + len(self.branches)
        kind.add(number)
        return ast.parse(f"{_NOTE}({number})").body[0]


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _must_come_first(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
