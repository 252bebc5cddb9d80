"""What the text of a test says of the answers it asks for: over which of them the program has a say."""

from __future__ import annotations

import ast
import datetime
import itertools
from collections.abc import Iterator

from sandbox.names import SHARED_MODULES
from sandbox.trusted.inventory import imports_of_the_program, made_of, mentions, targets_of
from sandbox.trusted.take_apart import BUILTIN_NAMES, dotted, walk


def used_as_no_module(tree: ast.Module) -> set[str]:
    """Names of library modules that a test calls (`copy(grid)`), which are functions of the program's then, and
    `datetime` where it is the class."""
    nodes = list(walk(tree))
    used = {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "datetime":
            used |= {"datetime"} if not hasattr(datetime, node.attr) else set()
    return used & SHARED_MODULES


def asks_for_its_own_word(tree: ast.Module, names: set[str], free: set[str]) -> bool:
    """Whether a test asks the program for the answer's worth: `assert same(f(2), 4)`, where no import says that `same`
    is what is tested; compares with something that it must have from the program (`area(2) == 4 * pi`); or fills in a
    format that is the program's, which can read whatever it is given.
    """
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    asked = [call for call in calls if dotted(call.func)[0] in free]
    functions = {call for call in asked if not dotted(call.func)[-1][:1].isupper()}
    answers = _bound_to(tree, functions)
    computed = _compared_with_literals(tree, functions)
    others = {name for names, value in _bindings(tree) if value not in functions for name in names}
    alone = {name for names, value in _bindings(tree) if value in functions for name in names} - others
    for call in asked:
        if call in computed and _takes_answers_alone(call, functions, alone):
            continue
        given = [part for arg in [*call.args, *(word.value for word in call.keywords)] for part in ast.walk(arg)]
        if any(part in functions or (isinstance(part, ast.Name) and part.id in answers) for part in given):
            return True
    compared = [side for node in ast.walk(tree) if isinstance(node, ast.Compare)
                for side in (node.left, *node.comparators)]  # fmt: skip
    if any(isinstance(part, ast.Name) and part.id in free for side in compared for part in _not_in_calls(side)):
        return True
    formats = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)
               and node.attr in ("format", "format_map")]  # fmt: skip
    return any(mentions(node, names) for node in formats)


def _compared_with_literals(tree: ast.Module, calls: set[ast.Call]) -> set[ast.AST]:
    """Of these calls those in `decode(encode("ab")) == "ab"`, where what comes out is no yes or no."""
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and [type(op) for op in node.ops] == [ast.Eq]:
            for side, other in itertools.permutations((node.left, *node.comparators)):
                if side in calls and _is_a_telling_literal(other):
                    found |= calls.intersection(ast.walk(side))  # type: ignore[arg-type]
    return found


def _is_a_telling_literal(node: ast.expr) -> bool:
    try:
        return ast.literal_eval(node) not in (None, True, False)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False


def _takes_answers_alone(call: ast.Call, functions: set[ast.Call], names: set[str]) -> bool:
    """Whether it cannot know what is expected: it gets nothing but answers, maybe by `names`, or those of the same
    function."""
    given: list[ast.expr] = [*call.args, *(word.value for word in call.keywords)]
    inner = functions.intersection(part for arg in given for part in ast.walk(arg))  # type: ignore[arg-type]
    if all(arg in functions or (isinstance(arg, ast.Name) and arg.id in names) for arg in given):
        return True
    return bool(inner) and all(dotted(part.func) == dotted(call.func) for part in inner)


def _not_in_calls(node: ast.expr) -> Iterator[ast.expr]:
    """An expression and its parts, but for calls and attributes."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, ast.Call | ast.Attribute):
            yield node
            waiting += [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]


def _bound_to(tree: ast.Module, calls: set[ast.Call]) -> set[str]:
    """The names that get what these calls give, also as items of a loop, and what is made of that."""
    bindings = [*_bindings(tree)]
    given = [names for names, value in bindings if any(part in calls for part in walk(value))]
    return made_of(set().union(*given), bindings)


def _bindings(tree: ast.Module) -> Iterator[tuple[set[str], ast.expr]]:
    """Names with what they get their value from, in assignments and loops; of functions, with what they return."""
    for node in walk(tree):
        loop = isinstance(node, ast.For | ast.comprehension)
        value = node.iter if loop else getattr(node, "value", None)  # type: ignore[attr-defined]
        if isinstance(value, ast.expr):
            targets = walk(node.target) if loop else targets_of(node)  # type: ignore[attr-defined]
            if names := {part.id for part in targets if isinstance(part, ast.Name)}:
                yield names, value
        elif isinstance(node, ast.FunctionDef):
            returned = [part.value for part in walk(node) if isinstance(part, ast.Return)]
            yield from (({node.name}, value) for value in returned if value is not None)


def asks_which_object(tree: ast.Module) -> bool:
    """Whether a test compares by `is` what it has of the program, not with None and its like or a built-in class."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and any(isinstance(op, ast.Is | ast.IsNot) for op in node.ops):
            sides = [node.left, *node.comparators]
        elif isinstance(node, ast.Call) and dotted(node.func)[-1] in ("assertIs", "assertIsNot"):
            sides = node.args[:2]
        else:
            continue
        if not any(isinstance(side, ast.Constant) or dotted(side)[0] in BUILTIN_NAMES for side in sides):
            return True
    return False


def takes_words_for_yes(tree: ast.Module) -> bool:
    """Whether a test asserts what a method gives, or a name, as it is: 1 or "yes" is as good as True for it."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    asserted = [node.test for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    asserted += [call.args[0] for call in calls if dotted(call.func)[-1] in ("assertTrue", "assertFalse")]
    while asserted:
        node = asserted.pop()
        if isinstance(node, ast.UnaryOp):
            asserted.append(node.operand)
        elif isinstance(node, ast.BoolOp):
            asserted += node.values
        elif isinstance(node, ast.Name) or (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            return True
        elif isinstance(node, ast.Call):  # all(…), any(…)
            asserted += [arg.elt for arg in node.args if isinstance(arg, ast.GeneratorExp | ast.ListComp)]
    return False


def functions_that_capture(tree: ast.Module) -> list[int]:
    """The lines where functions begin that have something else than a literal as a default."""
    found = set()
    for node in walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            defaults = [default for default in [*node.args.defaults, *node.args.kw_defaults] if default is not None]
            if any(isinstance(part, ast.Name) for default in defaults for part in walk(default)):
                found.add(min(one.lineno for one in [node, *getattr(node, "decorator_list", [])]))
    return sorted(found)


def constants_of_classes(tree: ast.Module, free: set[str]) -> list[list[str]]:
    """`Colour.RED`, as [class, name]: where a test names what a class of the program's holds, and does not call it; and
    `solution.RED`, or `RED` imported by name, as ["", name]. `free` are the names that it has without an import."""
    imports = imports_of_the_program(tree)
    classes = {local: name for local, name in imports.items() if name} | {name: name for name in free}
    modules = {local for local, name in imports.items() if not name}
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    found = {("", name) for name in classes.values() if name.isupper()}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or id(node) in called:
            continue
        owner = node.value
        if isinstance(owner, ast.Attribute) and isinstance(owner.value, ast.Name) and owner.value.id in modules:
            found.add((owner.attr, node.attr))
        elif isinstance(owner, ast.Name) and owner.id in modules and node.attr.isupper():
            found.add(("", node.attr))
        elif isinstance(owner, ast.Name) and owner.id in classes:
            found.add((classes[owner.id], node.attr))
    return sorted([owner, name] for owner, name in found if not owner or owner[:1].isupper())


def compares_arrays(code: str) -> bool:
    """Whether numpy may compare, element by element, what the program answers."""
    words = ("close(", "assert_a", "assert_equal(", "all(", "any(", "norm(", "sum(", "mean(", "max(", "min(", "abs(",
             "equiv(", "nonzero(", "where(", "reduce(", "prod(", "dot(")  # fmt: skip
    return ("np." in code or "numpy" in code) and any(word in code for word in words)
