"""The trusted part lies in one folder, which imports nothing that runs in the jail, and which nothing else imports."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import sandbox

PACKAGE = Path(sandbox.__file__).parent
FILES = {".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path for path in PACKAGE.rglob("*.py")}
CROSSING = {"sandbox.wire", "sandbox.names", "sandbox.similar"}  # what both sides of the jail's wall read and write
# By folder, what its files import of the others. The host's files, in none, start the trusted part as a process.
MAY_IMPORT = {
    "trusted": {*CROSSING, "sandbox.types"},
    "inside": {*CROSSING, "sandbox.isolation.jail", "sandbox.isolation.syscalls"},
    "isolation": set(),
    "": set(),
}


def folder_of(module: str) -> str:
    return next((folder for folder in MAY_IMPORT if f"{module}.".startswith(f"sandbox.{folder}.")), "")


def imports_of(path: Path) -> set[str]:
    """The modules of the package that a file imports, wherever it does so."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"{path}: a relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} & FILES.keys() or {node.module}
    return {name for name in found if name.partition(".")[0] == "sandbox"}


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_imports_of_other_folders_what_it_may(name: str) -> None:
    others = {found for found in imports_of(FILES[name]) if folder_of(found) != folder_of(name)}
    assert others <= MAY_IMPORT[folder_of(name)]


def test_the_trusted_part_is_found_by_its_folder() -> None:
    assert folder_of("sandbox.trusted.supervisor") == "trusted" and folder_of("sandbox.judge") == ""
    assert imports_of(FILES["sandbox.trusted.supervisor"]) > {"sandbox.trusted.judging", "sandbox.wire"}
