"""What the text of a test says of the answers it asks for: over which of them the program has a say."""

from __future__ import annotations

import ast
import datetime
import itertools
from collections.abc import Callable, Iterator

from sandbox.names import SHARED_MODULES
from sandbox.trusted.inventory import filled_by, imports_of_the_program, made_of, mentions
from sandbox.trusted.take_apart import BUILTIN_NAMES, bound_names, dotted, walk

Binding = tuple[set[str], ast.expr]


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
    """Whether a test compares with something that it must have from the program (`area(2) == 4 * pi`), or fills in a
    format that is the program's, which can read whatever it is given.
    """
    compared = [side for node in ast.walk(tree) if isinstance(node, ast.Compare)
                for side in _sides(node)]  # fmt: skip
    if any(isinstance(part, ast.Name) and part.id in free for side in compared for part in _not_in_calls(side)):
        return True
    formats = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)
               and node.attr in ("format", "format_map")]  # fmt: skip
    return any(mentions(node, names) for node in formats)


def is_judged_by_helpers(code: str, free: set[str]) -> bool:
    """Whether a test asks the program for the answer's worth, `assert same(f(2), 4)`, where no import says that `same`
    is what is tested: one of the program's functions gets what another one answered, by whatever names the two go.
    """
    tree = ast.parse(code)
    _tell_locals_apart(tree)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    bindings = [*_bindings(tree)]
    helpers = {name for name in free if not name[:1].isupper()}
    aliases = made_of(_names_of(bindings, lambda value: _passes_on(value, helpers)), bindings)
    asked = {call for call in calls if dotted(call.func)[0] in free or mentions(call.func, aliases)}
    passes = {call for call in calls if any(_passes_on(arg, helpers) for arg in _given(call))}  # map(f, xs)
    functions = passes.union(call for call in asked if not dotted(call.func)[-1][:1].isupper())
    answers = made_of(_names_of(bindings, lambda value: not functions.isdisjoint(walk(value))), bindings)
    computed = _compared_with_literals(tree, functions)
    alone = _names_of(bindings, functions.__contains__) - _names_of(bindings, lambda value: value not in functions)
    for call in asked | passes:
        if call in computed and _takes_answers_alone(call, functions, alone):
            continue
        given = [part for arg in _given(call) for part in ast.walk(arg)]
        if any(part in functions or (isinstance(part, ast.Name) and part.id in answers) for part in given):
            return True
    verdicts = asked & passes  # `assert works(f, 2, 4)`
    named = _names_of(bindings, verdicts.__contains__)
    conditions = [node.test for node in ast.walk(tree) if isinstance(node, ast.Assert | ast.If)]
    taken = [part for node in _yes_or_no(conditions) for part in _compared_with_yes_or_no(node) or [node]]
    return any(part in verdicts or (isinstance(part, ast.Name) and part.id in named) for part in taken)


def _given(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(word.value for word in call.keywords)]


def _passes_on(node: ast.expr, helpers: set[str]) -> bool:
    """Whether one of these functions is in it and not called there, as in `{"f": f}`."""
    called = {call.func for call in walk(node) if isinstance(call, ast.Call)}
    return any(isinstance(part, ast.Name) and part.id in helpers and part not in called for part in walk(node))


def _compared_with_literals(tree: ast.Module, calls: set[ast.Call]) -> set[ast.AST]:
    """Of these calls those in `decode(encode("ab")) == "ab"`, where what comes out is no yes or no."""
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and [type(op) for op in node.ops] == [ast.Eq]:
            for side, other in itertools.permutations(_sides(node)):
                if side in calls and _is_a_telling_literal(other):
                    found |= calls.intersection(ast.walk(side))  # type: ignore[arg-type]
    return found


def _compared_with_yes_or_no(node: ast.expr) -> list[ast.expr]:
    """The sides of `f(2) == True` and its like; 1 and 0 are like them."""
    sides = _sides(node) if isinstance(node, ast.Compare) else []
    return sides if any(isinstance(side, ast.Constant) and side.value in (None, True, False) for side in sides) else []


def _sides(node: ast.Compare) -> list[ast.expr]:
    return [node.left, *node.comparators]


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


def _names_of(bindings: list[Binding], chosen: Callable[[ast.expr], bool]) -> set[str]:
    return {name for names, value in bindings if chosen(value) for name in names}


def _bindings(tree: ast.Module) -> Iterator[Binding]:
    """Names with what they get their value from, in whatever way; of functions, with what they return."""
    for node in walk(tree):
        targets, value = _targets_and_value(node)
        if value is not None and (names := {part.id for target in targets for part in walk(target)
                                            if isinstance(part, ast.Name)}):  # fmt: skip
            yield names, value
        elif isinstance(node, ast.Match):
            yield set().union(*(bound_names(case.pattern) for case in node.cases)), node.subject
        elif isinstance(node, ast.Expr) and (name := filled_by(node)):
            yield {name}, node.value
        elif isinstance(node, ast.FunctionDef):
            parts = [part.value for part in walk(node) if isinstance(part, ast.Return | ast.Yield | ast.YieldFrom)]
            yield from (({node.name}, value) for value in parts if value is not None)
    yield from _parameters(tree)


def _targets_and_value(node: ast.AST) -> tuple[list[ast.expr], ast.expr | None]:
    if isinstance(node, ast.For | ast.comprehension):
        return [node.target], node.iter
    if isinstance(node, ast.withitem):
        return [node.optional_vars] if node.optional_vars else [], node.context_expr
    if isinstance(node, ast.Assign):
        return node.targets, node.value
    if isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr):
        return [node.target], node.value
    return [], None


def _parameters(tree: ast.Module) -> Iterator[Binding]:
    """Those of the test's own functions, with what they are called with, or by `map`, `parametrize` and fixtures."""
    functions = [node for node in walk(tree) if isinstance(node, ast.FunctionDef)]
    known = {node.name: _places(node.args) for node in functions}
    for node in walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
            known |= dict.fromkeys(bound_names(ast.Module([node], [])), _places(node.value.args))
    for call in walk(tree):
        if isinstance(call, ast.Call):
            inside = [arg for arg in call.args if isinstance(arg, ast.Lambda)]
            given = [arg for arg in call.args if arg not in inside]
            for places in [known.get(dotted(call.func)[-1], {}), *(_places(one.args) for one in inside)]:
                yield from (({name}, value) for name, value in zip(places.values(), given, strict=False))
                yield from (({places[word.arg]}, word.value) for word in call.keywords if word.arg in places)
    for node in functions:
        rows = [row for one in node.decorator_list if isinstance(one, ast.Call) for row in one.args[1:]]
        yield from (({*known[node.name].values()}, row) for row in rows)
        yield from (({own}, ast.Name(name, ast.Load())) for name, own in known[node.name].items() if name in known)


def _places(arguments: ast.arguments) -> dict[str, str]:
    """Parameters, by the names that callers know."""
    names = [arg.arg for arg in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]]
    return {name.partition("@")[0]: name for name in names if name != "self"}


def _tell_locals_apart(tree: ast.Module) -> None:
    """What one function calls `head` is not what another does."""
    functions = [node for node in walk(tree) if isinstance(node, ast.FunctionDef)]
    inner = {part for node in functions for part in walk(node) if part is not node}
    for function in functions:
        shared = {name for part in walk(function) if isinstance(part, ast.Global) for name in part.names}
        own = set() if function in inner else bound_names(function) - shared - {function.name, "self"}
        for part in walk(function):
            for field in ("id", "arg", "name", "rest"):
                if getattr(part, field, None) in own and not isinstance(part, ast.keyword | ast.alias):
                    setattr(part, field, f"{getattr(part, field)}@{function.name}")


def asks_which_object(tree: ast.Module) -> bool:
    """Whether a test compares by `is` what it has of the program, not with None and its like or a built-in class."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and any(isinstance(op, ast.Is | ast.IsNot) for op in node.ops):
            sides = _sides(node)
        elif isinstance(node, ast.Call) and dotted(node.func)[-1] in ("assertIs", "assertIsNot"):
            sides = node.args[:2]
        else:
            continue
        if not any(isinstance(side, ast.Constant) or dotted(side)[0] in BUILTIN_NAMES for side in sides):
            return True
    return False


def takes_words_for_yes(tree: ast.Module) -> bool:
    """Whether a test asserts what a method gives, or a name, as it is: 1 or "yes" is as good as True for it."""
    nodes = [*ast.walk(tree)]
    asserted = [node.test for node in nodes if isinstance(node, ast.Assert)]
    calls = [node for node in nodes if isinstance(node, ast.Call) and node.args]
    asserted += [call.args[0] for call in calls if dotted(call.func)[-1] in ("assertTrue", "assertFalse")]
    return any(
        isinstance(node, ast.Name) or (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute))
        for node in _yes_or_no(asserted)
    )


def _yes_or_no(conditions: list[ast.expr]) -> Iterator[ast.expr]:
    """The parts of conditions that are taken as they are, whatever it is that counts as true."""
    waiting = [*conditions]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.UnaryOp):
            waiting.append(node.operand)
        elif isinstance(node, ast.BoolOp):
            waiting += node.values
        else:
            yield node
            if isinstance(node, ast.Call) and not isinstance(node.func, ast.Attribute):  # all(…), any(…)
                waiting += [arg.elt for arg in node.args if isinstance(arg, ast.GeneratorExp | ast.ListComp)]


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


def indexes_by_answers(tree: ast.Module, names: set[str]) -> bool:
    """Whether something of the program's, which goes by `names`, says which part of a thing is looked at."""
    return any(isinstance(node, ast.Subscript) and mentions(node.slice, names) for node in walk(tree))


def takes_any_part(tree: ast.Module, names: set[str]) -> bool:
    """Whether an answer of many parts will do if one of them is right: `f(x) in np.array([3])`, `any(f(x) == y)`."""
    of_numpy = _names_of_numpy(tree)
    arrays = _names_of([*_bindings(tree)], lambda value: dotted(value)[0] in of_numpy) | of_numpy
    for node in walk(tree):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In):
            if mentions(node.left, names) and dotted(node.comparators[0])[0] in arrays:
                return True
        elif isinstance(node, ast.Call) and dotted(node.func)[-1] in ("any", "nonzero"):
            compared = [
                part for part in (getattr(node.func, "value", None), *node.args) if isinstance(part, ast.Compare)
            ]
            sides = [side for part in compared for side in _sides(part)]
            has_a_literal = any(isinstance(side, ast.Constant) for side in sides)
            if not has_a_literal and any(mentions(side, names) for side in sides):
                return True
    return False


def _names_of_numpy(tree: ast.Module) -> set[str]:
    """What numpy and what is imported from it go by."""
    names = {"np", "numpy"}
    for node in walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.asname for alias in node.names if alias.name == "numpy" and alias.asname}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "numpy":
            names |= {alias.asname or alias.name for alias in node.names}
    return names
