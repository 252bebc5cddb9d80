"""KodCode's style conversion (arXiv 2503.02951, step 3): a task as a function to complete, with the same tests.

No row is lost here: one whose answer is of no use keeps the reason in place of the form.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from rlcode.extraction import extract_program
from rlcode.synthesis import prompts
from rlcode.synthesis.answers import Malformed, require_text
from rlcode.synthesis.asking import Asker
from rlcode.synthesis.rejection import Row
from rlcode.synthesis.seeds import parse_python
from rlcode.synthesis.stages import Stage
from rlcode.synthesis.teachers import Answer, Request

PROMPT = "Complete this function. Write the whole program in one Python code block.\n\n```python\n{starter}```\n"


def completion_forms(teacher: Asker) -> Stage[Request, Answer]:
    """The stage that puts `completion` into each row: {"starter_code"}, or {"problem", "detail"}."""
    return Stage("completion_forms", _ask, teacher.ask_many, _conclude)


def with_completion_forms(rows: Iterator[Row]) -> Iterator[Row]:
    """Each row as a problem, and behind it the problem of its completion form, called ID_C."""
    for row in rows:
        form = row.get("completion", {})
        problem = {key: value for key, value in row.items() if key != "completion"}
        yield problem
        if starter := form.get("starter_code"):
            yield problem | {
                "id": f"{row['id']}_C",
                "prompt": PROMPT.format(starter=starter),
                "starter_code": starter,
                "metadata": row["metadata"] | {"style": "complete"},
            }


def read_starter(text: str, entry_point: str) -> str:
    """Imports, signature and docstring of the one function in an answer. Raises Malformed for anything more or less."""
    program = extract_program(text)
    try:
        tree = parse_python(program)
    except SyntaxError as error:
        raise Malformed("not Python", f"line {error.lineno}: {error.msg}") from None
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    others = [node for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom)]
    if len(functions) != 1 or others != functions:
        raise Malformed("not one function", f"{len(functions)} functions and {len(others) - len(functions)} statements")
    (function,) = functions
    if entry_point and function.name != entry_point:
        raise Malformed("another function", f"the tests call {entry_point}, the answer has {function.name}")
    if ast.get_docstring(function) is None:
        raise Malformed("no docstring")
    if any(not _does_nothing(statement) for statement in function.body[1:]):
        raise Malformed("it shows a solution", f"{function.name} has more than a docstring")
    return "\n".join(program.splitlines()[: function.body[0].end_lineno]) + "\n"


def _does_nothing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def _ask(row: Row) -> list[Request]:
    messages = prompts.completion_form(row["prompt"], row["reference"], row["tests"][0]["code"])
    return [Request("completion_forms", row["metadata"]["seed_id"], messages)]


def _conclude(row: Row, answers: Sequence[Answer]) -> Row:
    try:
        form = {"starter_code": read_starter(require_text(answers[0]), row.get("entry_point", ""))}
    except Malformed as error:
        form = {"problem": error.reason, "detail": error.detail}
    return row | {"completion": form}
