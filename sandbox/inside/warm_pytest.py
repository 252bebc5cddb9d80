"""Imported by warm parents for pytest files: pytest imports its plugins, and they some modules, only when it starts."""

from __future__ import annotations

import contextlib
import importlib

with contextlib.suppress(ImportError):  # the program's interpreter need not have pytest
    from _pytest.config import default_plugins

    for name in (*(f"_pytest.{plugin}" for plugin in default_plugins), "difflib", "pdb", "unittest"):
        importlib.import_module(name)
