"""What the text of a test file says of its test functions: which there must be, and over which the program has a say.

Decided before anything runs. A program can make a test function vanish (a decorator of its own, data without a row, a
name that is not there), and what has vanished has not passed.
"""

from __future__ import annotations

import ast
import datetime
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from sandbox.challenge import defined_tests
from sandbox.names import SHARED_MODULES
from sandbox.take_apart import BUILTIN_NAMES, dotted, walk
from sandbox.types import TestResult

# By these a test leaves out some of its functions, for reasons of its own as long as nothing of the program's is named.
_MAY_LEAVE_OUT = frozenset(("skipif", "skipIf", "skipUnless", "xfail", "parametrize", "expectedFailure"))

# Decorators that leave a function what it is, whatever they are given.
_PLAIN = frozenset(("mark", "patch"))


def with_missing(results: list[TestResult], decorated: Sequence[str], required: Sequence[str]) -> list[TestResult]:
    """A function that is not there has failed; one that a decorator of the program's left is weak."""
    there = {result.name for result in results}
    inherited = {name.rpartition("::")[2] for name in there}
    missing = [name for name in dict.fromkeys([*decorated, *required]) if not _is_there(name, there, inherited)]
    marked = [replace(result, weak=True) if result.name in decorated else result for result in results]
    return marked + [TestResult("failed", "there was no such test to run", name=name) for name in missing]


def _is_there(name: str, there: set[str], inherited: set[str]) -> bool:
    """A method can also be there under the name of a class that derives from its own."""
    return name in there or ("::" in name and name.rpartition("::")[2] in inherited)


def names_of_the_program(tree: ast.Module) -> set[str]:
    """What the test calls the program and what it has of it, what it makes of that, and what depends on whether the
    program has something: all that is bound beside an import of it in a `try`.
    """
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.asname or alias.name for alias in node.names if alias.name == "solution"}
        elif isinstance(node, ast.ImportFrom) and node.module == "solution":
            names |= {alias.asname or alias.name for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Try) and any(_imports_the_program(inner) for inner in ast.walk(node)):
            names |= {target.id for inner in ast.walk(node) for target in _targets(inner)}
    helpers = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name[:4] != "test"]
    bound = [node for node in ast.walk(tree) if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr)]
    values = [({name.id for name in _targets(node)}, node.value) for node in bound if node.value is not None]
    names = names.union(*(targets for targets, value in values if _says_its_name(value)))
    bodies = [({node.name}, ast.Module(node.body, [])) for node in helpers]
    return _made_of(names, [*bodies, *values, *_filled(tree)])


_FILLERS = frozenset(("add", "append", "extend", "insert", "setdefault", "update"))


def _filled(tree: ast.Module) -> Iterator[tuple[set[str], ast.AST]]:
    """What the file's own statements, in no function, put into a name: by a loop, `+=`, `rows.append(x)` or a class, or
    because of a condition or an exception."""
    for node in _own_statements(tree):
        if isinstance(node, ast.For | ast.AugAssign):
            value = node.iter if isinstance(node, ast.For) else node.value
            yield {part.id for part in walk(node.target) if isinstance(part, ast.Name)}, value
        elif isinstance(node, ast.Expr) and (name := _filled_by(node)):
            yield {name}, node.value
        elif isinstance(node, ast.ClassDef):
            own = [part for part in node.body if isinstance(part, ast.Assign | ast.AnnAssign)]
            yield {node.name}, ast.Module([*own], [])
        elif isinstance(node, ast.If | ast.While):
            yield _put_in(node), node.test
        elif isinstance(node, ast.Match):
            yield _put_in(node), node.subject
        elif isinstance(node, ast.Try):
            yield _put_in(node), ast.Module(node.body, [])


def _own_statements(node: ast.AST) -> Iterator[ast.stmt]:
    """Those in a module or statement, and in no function."""
    waiting = [*ast.iter_child_nodes(node)]
    while waiting:
        part = waiting.pop()
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(part, ast.stmt):
            yield part
        if isinstance(part, ast.stmt | ast.excepthandler | ast.match_case):
            waiting += ast.iter_child_nodes(part)


def _filled_by(node: ast.Expr) -> str:
    words = dotted(node.value)
    return words[0] if len(words) == 2 and words[1] in _FILLERS else ""


def _put_in(node: ast.AST) -> set[str]:
    """The names that what is in a statement assigns or fills."""
    inside = [*_own_statements(node)]
    targets = [target for part in inside for target in getattr(part, "targets", [getattr(part, "target", part)])]
    names = {name.id for target in targets if isinstance(target, ast.expr) for name in walk(target)
             if isinstance(name, ast.Name)}  # fmt: skip
    return names.union(filter(None, (_filled_by(part) for part in inside if isinstance(part, ast.Expr))))


def _made_of(names: set[str], bindings: Iterable[tuple[set[str], ast.AST]]) -> set[str]:
    """These names, those that are bound to something with one of them in it, and so on."""
    part_of: dict[str, set[str]] = defaultdict(set)
    for bound, value in bindings:
        for node in walk(value):
            if isinstance(node, ast.Name):
                part_of[node.id] |= bound
    found: set[str] = set()
    waiting = [*names]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += part_of[name]
    return found


def _says_its_name(node: ast.AST) -> bool:
    return any(isinstance(part, ast.Constant) and part.value == "solution" for part in ast.walk(node))


def _imports_the_program(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name == "solution" for alias in node.names)
    return isinstance(node, ast.ImportFrom) and node.module == "solution"


def _targets(node: ast.AST) -> Iterator[ast.Name]:
    """The names that an assignment binds."""
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr):
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            yield from (part for part in ast.walk(target) if isinstance(part, ast.Name))


def mentions(tree: ast.AST, names: set[str]) -> bool:
    return any(isinstance(node, ast.Name) and node.id in names for node in walk(tree))


def marks_ask_the_program(tree: ast.Module, names: set[str]) -> bool:
    """Whether the program may have a say in which tests are skipped or expected to fail. Text is evaluated later."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    marks = [call for call in calls if dotted(call.func)[-1] in ("skipif", "skipIf", "skipUnless", "xfail")
             and dotted(call.func) != ["pytest", "xfail"]]  # fmt: skip
    named = [word.value for mark in marks for word in mark.keywords if word.arg == "condition"]
    of_unittest = ("skipIf", "skipUnless")  # whose second argument is a reason
    given = [mark.args[:1] if dotted(mark.func)[-1] in of_unittest else mark.args for mark in marks]
    conditions = [*named, *(condition for args in given for condition in args)]
    return any(
        mentions(node, names) or _says_its_name(node) or isinstance(getattr(node, "value", None), str)
        for node in conditions
    )


def used_as_no_module(tree: ast.Module) -> set[str]:
    """Names of library modules that a test calls (`copy(grid)`), which are functions of the program's then, and
    `datetime` where it is the class."""
    nodes = list(walk(tree))
    used = {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "datetime":
            used |= {"datetime"} if not hasattr(datetime, node.attr) else set()
    return used & SHARED_MODULES


# What leaves a test out from within; of what may decide on it, the program has no part.
_SKIPS = frozenset(("importorskip", "skip", "skipTest", "SkipTest", "xfail"))
_OF_THE_MACHINE = frozenset(("importlib", "platform", "sys"))
_OF_THE_RUN = frozenset(("argv", "modules", "stderr", "stdin", "stdout"))


def own_skips(tree: ast.Module) -> list[str]:
    """The test functions that may leave themselves out (`if sys.platform == "win32": pytest.skip("later")`). None where
    one skip of the file stands elsewhere, in a helper or under another condition: it may be the program that decides.
    """
    found = {name: set(_skips_in(function.body)) for name, function in defined_tests(tree)}
    allowed = set(_skips_in(tree.body)).union(*found.values())
    marks = {part for node in walk(tree) for one in getattr(node, "decorator_list", []) for part in walk(one)}
    for node in walk(tree):
        words = dotted(node) if isinstance(node, ast.Name | ast.Attribute) else [""]
        if words[-1] in _SKIPS and "mark" not in words and node not in allowed | marks:
            return []
    return sorted(name for name, skips in found.items() if skips)


def _skips_in(body: Sequence[ast.stmt]) -> Iterator[ast.expr]:
    """What these statements call or raise to leave the test out, come what may or on another machine than is wanted."""
    for node in body:
        if isinstance(node, ast.If) and not node.orelse and _asks_the_machine(node.test):
            yield from _skips_in(node.body)
        value = node.exc if isinstance(node, ast.Raise) else getattr(node, "value", None)
        called = value.func if isinstance(value, ast.Call) else value if isinstance(node, ast.Raise) else None
        if called is None or dotted(called)[-1] not in _SKIPS:
            continue
        if dotted(called)[-1] != "importorskip" or (isinstance(value, ast.Call) and _names_a_library(value)):
            yield called


def _asks_the_machine(condition: ast.expr) -> bool:
    names = {node.id for node in walk(condition) if isinstance(node, ast.Name)}
    attributes = {node.attr for node in walk(condition) if isinstance(node, ast.Attribute)}
    return names <= _OF_THE_MACHINE and attributes.isdisjoint(_OF_THE_RUN) and not _says_its_name(condition)


def _names_a_library(call: ast.Call) -> bool:
    return bool(call.args) and isinstance(call.args[0], ast.Constant) and not _says_its_name(call)


def decorated_tests(tree: ast.Module, names: set[str]) -> list[str]:
    """The test functions with a decorator that names something of the program's, and those that are replaced with its
    help (`test_a = timed(test_a)`).
    """
    return sorted(_decorated_in(tree, names, ""))


def _decorated_in(owner: ast.Module | ast.ClassDef, names: set[str], prefix: str) -> set[str]:
    tests = {node.name: node for node in owner.body if isinstance(node, ast.FunctionDef) and node.name[:4] == "test"}
    around = getattr(owner, "decorator_list", [])
    found = {
        name
        for name, node in tests.items()
        if any(_is_of_the_program(one, names) for one in [*node.decorator_list, *around])
    }
    for node in owner.body:
        if isinstance(node, ast.Assign) and mentions(node.value, names):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name) and target.id in tests}
    inside = [node for node in owner.body if isinstance(node, ast.ClassDef)]
    collected = [node for node in inside if node.name.startswith("Test") or node.bases]
    deeper = [_decorated_in(node, names, f"{prefix}{node.name}::") for node in collected]
    return {prefix + name for name in found}.union(*deeper)


def _is_of_the_program(decorator: ast.expr, names: set[str]) -> bool:
    words = dotted(decorator)
    return mentions(decorator, names) and (words[0] in names or _PLAIN.isdisjoint(words))


def required_tests(tree: ast.Module, names: set[str]) -> list[str]:
    """The test functions that must run: all that the text defines, also where that depends on the program, but for
    those that it leaves out or takes away for reasons of its own."""
    body = list(_with_conditional(tree.body, names))
    last = {node.name: node for node in body if isinstance(node, ast.ClassDef)}
    body = [node for node in body if not isinstance(node, ast.ClassDef) or last[node.name] is node]
    tests = defined_tests(ast.Module(body=body, type_ignores=[]))
    away = _taken_away(tree)
    return sorted(
        name
        for name, node in tests
        if away.isdisjoint(name.split("::")) and not any(_may_leave_out(one, names) for one in node.decorator_list)
    )


def _may_leave_out(decorator: ast.expr, names: set[str]) -> bool:
    name = dotted(decorator)[-1]
    return (
        name in _MAY_LEAVE_OUT
        and not mentions(decorator, names)
        and not (name == "parametrize" and _has_rows(decorator))
    )


def _has_rows(decorator: ast.expr) -> bool:
    """Whether `parametrize` shows a row that is there in any case and has no mark of its own."""
    rows = decorator.args[1] if isinstance(decorator, ast.Call) and len(decorator.args) > 1 else None
    if not isinstance(rows, ast.List | ast.Tuple):
        return False
    return any(isinstance(row, ast.Constant | ast.List | ast.Tuple) for row in rows.elts)


def _with_conditional(body: Sequence[ast.stmt], names: set[str]) -> Iterator[ast.stmt]:
    """Statements of a module, and those in an `if`, `try`, `with` or loop that asks the program or imports it."""
    for node in body:
        yield node
        asked = node.iter if isinstance(node, ast.For) else getattr(node, "test", None)
        if isinstance(node, ast.If | ast.While | ast.For) and asked is not None and mentions(asked, names):
            yield from _with_conditional(node.body, names)
        if isinstance(node, ast.Try | ast.With) and any(map(_imports_the_program, node.body)):
            yield from _with_conditional([*node.body, *getattr(node, "orelse", [])], names)


def _taken_away(tree: ast.Module) -> set[str]:
    """Functions and classes that are deleted, replaced, or marked with `__test__`, and classes with marks or decorators
    that may skip them."""
    away: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Delete):
            away |= {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Attribute) and target.attr == "__test__":
                    away.add(dotted(target.value)[-1])
        if isinstance(node, ast.ClassDef):
            marks = {name.id for inner in node.body for name in _targets(inner)} & {"__test__", "pytestmark"}
            if marks or any(dotted(one)[-1] in _MAY_LEAVE_OUT | {"skip"} for one in node.decorator_list):
                away.add(node.name)
    if any(name.id == "pytestmark" for node in tree.body for name in _targets(node)):
        away |= {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return away


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
    return _made_of(set().union(*given), bindings)


def _bindings(tree: ast.Module) -> Iterator[tuple[set[str], ast.expr]]:
    """Names with what they get their value from, in assignments and loops; of functions, with what they return."""
    for node in walk(tree):
        loop = isinstance(node, ast.For | ast.comprehension)
        value = node.iter if loop else getattr(node, "value", None)  # type: ignore[attr-defined]
        if isinstance(value, ast.expr):
            targets = walk(node.target) if loop else _targets(node)  # type: ignore[attr-defined]
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
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "solution"]
    classes = {alias.asname or alias.name: alias.name for node in imports for alias in node.names}
    classes |= {name: name for name in free}
    modules = {alias.asname or alias.name for node in ast.walk(tree) if isinstance(node, ast.Import)
               for alias in node.names if alias.name == "solution"}  # fmt: skip
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
