"""How alike two problems are: in their references' code, in what it computes, and in the words of their prompts."""

import ast
import json
import re
from collections.abc import Callable
from typing import Any

from rlcode.problems import Problem


def code_shape(program: str, blank: bool = True) -> str:
    """The last function of `program` with its own names replaced in order of appearance, and, unless `blank` is off,
    numbers, strings and comparisons made equal.

    Programs that differ in names, constants and comparisons only (`n % 2 == 0`, `k % 3 != 1`) have the same shape.
    """
    function = [node for node in ast.parse(program).body if isinstance(node, ast.FunctionDef)][-1]
    function.name, function.returns = "f", None
    if ast.get_docstring(function) is not None:
        function.body = function.body[1:] or [ast.Pass()]
    own = {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    own |= {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    names: dict[str, str] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            node.arg, node.annotation = names.setdefault(node.arg, f"v{len(names)}"), None
        elif isinstance(node, ast.Name) and node.id in own:
            node.id = names.setdefault(node.id, f"v{len(names)}")
        elif blank and isinstance(node, ast.Constant) and type(node.value) in (int, float, str):
            node.value = "" if isinstance(node.value, str) else 0
        elif blank and isinstance(node, ast.Compare):
            node.ops = [ast.In() if isinstance(op, ast.In | ast.NotIn) else ast.Eq() for op in node.ops]
    return ast.unparse(function)


def prompt_likeness(a: Problem, b: Problem) -> float:
    """Jaccard index of the words that describe the two tasks; the functions' names and the examples do not count."""
    words_a, words_b = _task_words(a), _task_words(b)
    return len(words_a & words_b) / len(words_a | words_b)


def _task_words(problem: Problem) -> set[str]:
    description = problem.prompt.partition(" that ")[2].partition(" For example,")[0]
    return set(re.findall(r"[a-z]+", description.lower()))


def behave_alike(a: Problem, b: Problem) -> bool:
    """Whether both references give the same answer to nearly all of the inputs that both problems are tested with."""
    inputs = [test.args for problem in (a, b) for test in problem.tests]
    if len({len(args) for args in inputs}) > 1:
        return False
    answers = [(_answer(_function(a), args), _answer(_function(b), args)) for args in inputs]
    comparable = [pair for pair in answers if pair != ("raises", "raises")]
    return len(comparable) >= 6 and sum(x == y for x, y in comparable) >= 0.9 * len(comparable)


_functions: dict[str, Callable[..., Any]] = {}


def _function(problem: Problem) -> Callable[..., Any]:
    if problem.id not in _functions:
        namespace: dict[str, Any] = {}
        exec(problem.reference or "", namespace)  # shipped with the package and written for it, hence trusted
        _functions[problem.id] = namespace[problem.entry_point or ""]
    return _functions[problem.id]


def _answer(function: Callable[..., Any], args: list[Any]) -> str:
    try:
        return json.dumps(function(*json.loads(json.dumps(args))))
    except Exception:  # whatever it raises: the input means nothing to this function
        return "raises"
