"""What the text of a test file says of its test functions: which there are, which there must be, and over which the
program has a say.

Decided before anything runs. A program can make a test function vanish (a decorator of its own, data without a row, a
name that is not there), and what has vanished has not passed.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from sandbox.trusted.take_apart import dotted, walk
from sandbox.types import TestResult, weak_pass

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Function = ast.FunctionDef | ast.AsyncFunctionDef

# By these a test leaves out some of its functions, for reasons of its own as long as nothing of the program's is named.
_MAY_LEAVE_OUT = frozenset(("skipif", "skipIf", "skipUnless", "xfail", "parametrize", "expectedFailure"))

# Decorators that leave a function what it is, whatever they are given.
_PLAIN = frozenset(("mark", "patch"))


def defined_tests(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    """The functions that pytest takes for tests, by the names of their classes and their own."""
    bases = {dotted(base)[-1] for node in walk(tree) if isinstance(node, ast.ClassDef) for base in node.bases}
    for prefix, body in _collected(tree.body, bases):
        for node in body:
            if not isinstance(node, FUNCTIONS) or any(map(is_no_test, node.decorator_list)) or _yields(node):
                continue
            if node.name.startswith("test"):
                yield prefix + node.name, node


def _collected(body: list[ast.stmt], bases: set[str], prefix: str = "") -> Iterator[tuple[str, list[ast.stmt]]]:
    """The module's statements and those of each class whose methods pytest may take for tests, also by way of a class
    that derives from it, with the names that lead there.
    """
    yield prefix, body
    for node in body:
        if not isinstance(node, ast.ClassDef) or any(getattr(inner, "name", "") == "__init__" for inner in node.body):
            continue
        is_unittest = any(dotted(base)[-1].endswith("TestCase") for base in node.bases)
        if node.name.startswith("Test") or is_unittest or node.name in bases:
            yield from _collected(node.body, bases, f"{prefix}{node.name}::")


def is_no_test(decorator: ast.expr) -> bool:
    """Whether it makes a fixture of a function, or has pytest skip it or expect nothing of it, come what may."""
    name, keywords = dotted(decorator)[-1], {word.arg for word in getattr(decorator, "keywords", [])}
    has_conditions = bool(getattr(decorator, "args", []) or keywords & {"condition", "strict"})
    return name == "fixture" or (name in ("skip", "xfail") and (name == "skip" or not has_conditions))


def _yields(function: Function) -> bool:
    """Whether calling it does nothing: pytest runs no such test, and since version 9 no file that has one."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(node, (*FUNCTIONS, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)
    return False


def with_missing(results: list[TestResult], decorated: Sequence[str], required: Sequence[str]) -> list[TestResult]:
    """A function that is not there has failed; one that a decorator of the program's left is weak."""
    there = {result.name for result in results}
    inherited = {name.rpartition("::")[2] for name in there}
    missing = [name for name in dict.fromkeys([*decorated, *required]) if not _is_there(name, there, inherited)]
    marked = [weak_pass("a decorator of its own", result.name, result.seconds)
              if result.outcome == "passed" and result.name in decorated else result for result in results]  # fmt: skip
    return marked + [TestResult("failed", "there was no such test to run", name=name) for name in missing]


def _is_there(name: str, there: set[str], inherited: set[str]) -> bool:
    """A method can also be there under the name of a class that derives from its own."""
    return name in there or ("::" in name and name.rpartition("::")[2] in inherited)


def imports_of_the_program(tree: ast.AST) -> dict[str, str]:
    """The names by which a test imports parts of the program, with the parts' own; of the program itself that is ""."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.asname or alias.name: "" for alias in node.names if alias.name == "solution"}
        elif isinstance(node, ast.ImportFrom) and node.module == "solution":
            found |= {alias.asname or alias.name: alias.name for alias in node.names}
    return found


def names_of_the_program(tree: ast.Module) -> set[str]:
    """What the test calls the program and what it has of it, what it makes of that, and what depends on whether the
    program has something: all that is bound beside an import of it in a `try`.
    """
    names = set(imports_of_the_program(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Try) and imports_of_the_program(node):
            names |= {target.id for inner in ast.walk(node) for target in targets_of(inner)}
    helpers = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name[:4] != "test"]
    bound = [node for node in ast.walk(tree) if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr)]
    values = [({name.id for name in targets_of(node)}, node.value) for node in bound if node.value is not None]
    names = names.union(*(targets for targets, value in values if _says_its_name(value)))
    bodies = [({node.name}, ast.Module(node.body, [])) for node in helpers]
    return made_of(names, [*bodies, *values, *_filled(tree)])


_FILLERS = frozenset(("add", "append", "extend", "insert", "setdefault", "update"))


def _filled(tree: ast.Module) -> Iterator[tuple[set[str], ast.AST]]:
    """What the file's own statements, in no function, put into a name: by a loop, `+=`, `rows.append(x)` or a class, or
    because of a condition or an exception."""
    for node in _own_statements(tree):
        if isinstance(node, ast.For | ast.AugAssign):
            value = node.iter if isinstance(node, ast.For) else node.value
            yield {part.id for part in walk(node.target) if isinstance(part, ast.Name)}, value
        elif isinstance(node, ast.Expr) and (name := filled_by(node)):
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


def filled_by(node: ast.Expr) -> str:
    words = dotted(node.value)
    return words[0] if len(words) == 2 and words[1] in _FILLERS else ""


def _put_in(node: ast.AST) -> set[str]:
    """The names that what is in a statement assigns or fills."""
    inside = [*_own_statements(node)]
    targets = [target for part in inside for target in getattr(part, "targets", [getattr(part, "target", part)])]
    names = {name.id for target in targets if isinstance(target, ast.expr) for name in walk(target)
             if isinstance(name, ast.Name)}  # fmt: skip
    return names.union(filter(None, (filled_by(part) for part in inside if isinstance(part, ast.Expr))))


def made_of(names: set[str], bindings: Iterable[tuple[set[str], ast.AST]]) -> set[str]:
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


def targets_of(node: ast.AST) -> Iterator[ast.Name]:
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


# Calls that skip a test from inside; and what may decide it, none of it the program's.
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
        if isinstance(node, ast.Try | ast.With) and any(map(imports_of_the_program, node.body)):
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
            marks = {name.id for inner in node.body for name in targets_of(inner)} & {"__test__", "pytestmark"}
            if marks or any(dotted(one)[-1] in _MAY_LEAVE_OUT | {"skip"} for one in node.decorator_list):
                away.add(node.name)
    if any(name.id == "pytestmark" for node in tree.body for name in targets_of(node)):
        away |= {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return away
