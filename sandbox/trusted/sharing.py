"""Which tests must share a process with the program they test: they subclass its classes, hand it files, run its
coroutines and the like. Decided from the tests alone: a program has no say in it.
"""

from __future__ import annotations

import ast
import builtins

from sandbox.trusted.inventory import imports_of_the_program, mentions
from sandbox.trusted.take_apart import bound_names, dotted, walk

_SHARED_FIXTURES = frozenset(("tmp_path", "tmpdir", "tmp_path_factory", "recwarn", "caplog", "capfd"))
_SHARED_MODULES = frozenset(
    (
        *("asyncio", "inspect", "os", "pathlib", "shutil", "tempfile", "threading", "warnings"),
        *("networkx", "pandas", "sympy"),  # whose values have no plain form
        # What these are given may be code, and then the program's: it must not run beside the expected values.
        *("cloudpickle", "code", "dill", "doctest", "joblib", "marshal", "pickle", "runpy", "shelve"),
        *("concurrent", "gc", "sqlite3", "weakref"),
    )
)
_PATCHER_METHODS = frozenset(
    ("object", "dict", "multiple", "setattr", "setitem", "setenv", "delenv", "chdir", "delattr")
)
_OF_ATTRIBUTES = frozenset(("object", "multiple", "setattr", "delattr"))
_CROSSING = frozenset(
    ("builtins.input", "builtins.print", "sys.stdin", "sys.stdout")
)  # what the program's process borrows from the test's
_RUN_TEXT = frozenset(("eval", "exec", "compile"))
# The first evaluates annotations that are text; a warning is seen only in the process that gives it.
_SHARED_CALLS = frozenset(
    ("get_type_hints", "warns", "deprecated_call", "assertWarns", "assertLogs", "reload", "setrecursionlimit")
)
_ASK_FOR_A_CLASS = frozenset(
    ("isinstance", "issubclass", "assertIsInstance", "assertNotIsInstance", "assertIsSubclass")
)
_GIVE_MODULES = frozenset(("type", "getattr", "import_module", "importorskip", "__import__", "reload"))
# What their methods do goes by names, formats or paths that the program would give, in the process of the test.
_SHARED_BASES = frozenset(("ArgumentParser", "ConfigParser", "Formatter", "RawConfigParser", "UserString"))
_OF_DATACLASSES = frozenset(("asdict", "astuple", "fields", "is_dataclass", "replace"))


def must_share(code: str) -> bool:
    """Whether tests can only run in the program's own process."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    of_program = {"solution", *imports_of_the_program(tree)}
    nodes = list(walk(tree))
    # But for `sys.path.insert(0, os.path.dirname(__file__))`, which only says where the program lies.
    body = [
        node for node in tree.body if not (isinstance(node, ast.Expr) and dotted(node.value)[:2] == ["sys", "path"])
    ]
    used = {node.id for node in walk(ast.Module(body, [])) if isinstance(node, ast.Name)
            and isinstance(node.ctx, ast.Load)}  # fmt: skip
    if "*" in of_program:
        of_program |= used - bound_names(tree) - set(dir(builtins))
    own = {node.name for node in nodes if isinstance(node, ast.ClassDef) and not any(map(_is_an_error, node.bases))}
    made = {target.id for node in nodes if isinstance(node, ast.Assign) and _makes(node.value, own)
            for target in node.targets if isinstance(target, ast.Name)}  # fmt: skip
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    local = {node.arg for node in nodes if isinstance(node, ast.arg)}
    local |= {target.id for node in nodes if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
              and dotted(node.value.func)[-1] not in _GIVE_MODULES
              for target in node.targets if isinstance(target, ast.Name)}  # fmt: skip
    shown = any(_hands_over(call, own) or _asks_of_its_own(call, own, made, of_program) for call in calls)
    return shown or _runs_text(tree) or any(_needs_sharing(node, of_program, used, local) for node in nodes)


def _is_an_error(base: ast.expr) -> bool:
    return dotted(base)[-1].endswith(("Error", "Exception", "Warning"))


# What a class of the test's may be given to without the program getting it.
_KNOWN = frozenset(
    ("pytest", "unittest", "self", "mock", "Mock", "MagicMock", "create_autospec", "patch", "monkeypatch", "json",
     "dataclasses", "typing", "super", "cast")
)  # fmt: skip


def _hands_over(call: ast.Call, classes: set[str]) -> bool:
    """Whether a class of the test itself is an argument of anything but a built-in function: what gets it may ask which
    objects are of it."""
    given = {arg.id for arg in [*call.args, *(word.value for word in call.keywords)] if isinstance(arg, ast.Name)}
    words = dotted(call.func)
    is_known = words[0] in _KNOWN or (len(words) == 1 and words[0] in dir(builtins))
    return not is_known and not given.isdisjoint(classes)


def _makes(node: ast.expr, classes: set[str]) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in classes


def _asks_of_its_own(call: ast.Call, own: set[str], made: set[str], of_program: set[str]) -> bool:
    """Whether this is `isinstance(Mine(), Shape)`, where a class of the program's looks at one of the test's."""
    if dotted(call.func)[-1] not in _ASK_FOR_A_CLASS or len(call.args) < 2 or not mentions(call.args[1], of_program):
        return False
    asked = call.args[0]
    return _makes(asked, own) or (isinstance(asked, ast.Name) and asked.id in own | made)


def _runs_text(tree: ast.Module) -> bool:
    """Whether `eval` and its like are used on anything but a constant, or are handed on."""
    safe = {id(node.func) for node in walk(tree) if isinstance(node, ast.Call) and node.args
            and isinstance(node.args[0], ast.Constant)}  # fmt: skip
    names = [dotted(node) for node in walk(tree) if isinstance(node, ast.Name | ast.Attribute) and id(node) not in safe]
    return any(words[-1] in _RUN_TEXT and words[:-1] in ([], ["builtins"]) for words in names)


def _needs_sharing(node: ast.AST, of_program: set[str], used: set[str], local: set[str]) -> bool:
    if isinstance(node, ast.ClassDef):
        return _is_made_with(node, of_program)
    if isinstance(node, ast.Delete):
        return any(isinstance(target, ast.Name) for target in node.targets)  # something may depend on who still has it
    if isinstance(node, ast.Assign):
        # `Point.x = f`, which may be a method, and not `Point(1, 2).x = f`, which a test expects to fail.
        owners = [dotted(target) for target in node.targets if isinstance(target, ast.Attribute)
                  and not isinstance(target.value, ast.Call)]  # fmt: skip
        return not _is_plain(node.value) and any(path[0] in of_program and path[-2][:1].isupper() for path in owners)
    if isinstance(node, ast.Import | ast.ImportFrom):
        source = node.module if isinstance(node, ast.ImportFrom) else None
        return any((alias.asname or alias.name).partition(".")[0] in used | {"*"}
                   and (source or alias.name).partition(".")[0] in _SHARED_MODULES for alias in node.names)  # fmt: skip
    if isinstance(node, ast.MatchClass):
        return dotted(node.cls)[0] in of_program
    if isinstance(node, ast.Compare):
        identity = isinstance(node.ops[0], ast.Is | ast.IsNot)
        return identity and isinstance(node.left, ast.Attribute) and node.left.attr == "__class__"
    if isinstance(node, ast.Call):
        words = dotted(node.func)
        if words == ["type"] and len(node.args) == 3 and mentions(node.args[1], of_program):
            return True
        if words[-1] in _OF_DATACLASSES and words[0] in {"dataclasses", words[-1]} - of_program:
            return True
        if words[-1] == "Formatter" and words[0] in {"string", "Formatter"} - of_program:
            return True
        return words == ["open"] or words[-1] in _SHARED_CALLS or _patches_elsewhere(words, node, of_program, local)
    return isinstance(node, ast.AsyncFunctionDef) or (isinstance(node, ast.arg) and node.arg in _SHARED_FIXTURES)


def _is_made_with(node: ast.ClassDef, of_program: set[str]) -> bool:
    """Whether a class of the test derives from something of the program's, or of a library that the program can use in
    its own process only; is decorated by the program, or has something of it among its members, which may be a
    descriptor. (A decorated method gets on well in another process.)"""
    if any(dotted(base)[-1] in _SHARED_BASES and dotted(base)[0] != "logging" for base in node.bases):
        return True
    parts = list(node.bases)
    if not node.name.startswith("Test"):
        parts += [one.value for one in node.body if isinstance(one, ast.Assign | ast.AnnAssign) and one.value]
        parts += node.decorator_list
    return any(mentions(part, of_program) for part in parts)


def _patches_elsewhere(words: list[str], call: ast.Call, of_program: set[str], local: set[str]) -> bool:
    """Whether this call of `words` patches something that the program would look for in its own process."""
    if words[-1] != "patch" and not (words[-1] in _PATCHER_METHODS and {"patch", "monkeypatch"} & set(words)):
        return False
    target = call.args[0] if call.args else None
    if isinstance(target, ast.Constant) and isinstance(target.value, str):
        path = target.value.split(".")[:-1]
        if path[:1] == ["solution"]:
            return _patches_inside(path, call, given=call.args[1:])
        return target.value not in _CROSSING
    path = dotted(target) if target else [""]
    if path[0] in of_program:
        return words[-1] in _OF_ATTRIBUTES and _patches_inside(path, call, given=call.args[2:])
    keywords = {keyword.arg for keyword in call.keywords}
    if path[0] in local and not any(word.startswith("__") for word in path):
        return not keywords.isdisjoint(("new_callable", "autospec", "wraps"))  # of an object, not of its class
    second = call.args[1] if len(call.args) > 1 else None  # `setattr(sys, "stdin", …)`
    named = [second.value] if isinstance(second, ast.Constant) and isinstance(second.value, str) else []
    return _CROSSING.isdisjoint((".".join(path), ".".join([*path, *named])))


def _patches_inside(path: list[str], call: ast.Call, given: list[ast.expr]) -> bool:
    """Whether it is in a module that the program uses, or a class gets a method or property that is no plain mock."""
    if any(word[:1].isupper() and not word.isupper() for word in path):
        words = {keyword.arg for keyword in call.keywords if keyword.arg != "new" or not _is_plain(keyword.value)}
        return not all(map(_is_plain, given)) or not words.isdisjoint(("new", "new_callable", "autospec"))
    return path[0] == "solution" and len(path) > 1


def _is_plain(node: ast.expr) -> bool:
    """Whether this is no method, property or the like, whatever it is."""
    return not any(isinstance(part, ast.Name | ast.Lambda) for part in walk(node))
