"""What two programs have in common when only their spelling differs."""

from __future__ import annotations

import ast
import warnings

_WITH_DOCSTRING = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def normalised_syntax(program: str) -> str | None:
    """The syntax tree as text, without comments, layout, positions and docstrings; names stay.

    None for a program that Python cannot parse.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes and the like: the programs are not ours to mend
            tree = ast.parse(program)
        return ast.dump(without_docstrings(tree), annotate_fields=False)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def without_docstrings(tree: ast.Module) -> ast.Module:
    """The same tree, changed in place to have no docstrings."""
    for node in ast.walk(tree):
        if isinstance(node, _WITH_DOCSTRING) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return tree
