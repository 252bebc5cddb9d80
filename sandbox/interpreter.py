"""What programs are run with: an interpreter, with the files of it that one in the jail must be able to read, and a C++
compiler."""

from __future__ import annotations

import glob
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sandbox.types import SandboxUnavailable

START_SECONDS = 120
OLDEST = (3, 10)
COMPILERS = ("g++", "clang++")
# Asked of the interpreter itself, once: a pyenv shim costs 100 ms a start, the path it prints does not.
_QUESTION = """
import json, os, sys, sysconfig
from importlib import metadata
wanted = json.loads(sys.argv[1])
def files_of(name, seen=None):
    # Top-level files and folders of a distribution and of those it requires; none when it is not installed.
    seen = set() if seen is None else seen
    if name in seen: return []
    seen.add(name)
    try: dist = metadata.distribution(name)
    except Exception: return []
    tops = {str(file).replace(os.sep, "/").split("/")[0] for file in dist.files or []}
    files = {str(dist.locate_file(top)) for top in tops if top not in ("..", "__pycache__") and ".dist-info" not in top}
    for text in dist.requires or []:
        if "extra ==" not in text:
            cut = min([text.find(char) for char in " ;<>=!~[(" if char in text] or [len(text)])
            files.update(files_of(text[:cut].strip(), seen))
    return sorted(files)
paths = sysconfig.get_paths()
print(json.dumps({
  "executable": sys.executable, "real": os.path.realpath(sys.executable), "version": sys.version_info[:3],
  "prefix": sys.prefix, "base_prefix": sys.base_prefix,
  "sites": [p for p in sys.path if p.endswith(("site-packages", "dist-packages"))],
  "packages": {name: files_of(name) for name in wanted}, "zip": [p for p in sys.path if p.endswith(".zip")],
  "library": [paths["stdlib"], paths["platstdlib"], *[p for p in sys.path if p.endswith("lib-dynload")]]}))
"""


@dataclass(frozen=True)
class Interpreter:
    """`path` is what sys.path will be; `visible` what must be readable; `hidden` folders inside of it that must not be:
    installed packages can be data sets with their solutions. `packages` are the files of those asked for, by name."""

    executable: str
    version: tuple[int, ...]
    path: list[str]
    visible: list[str]
    hidden: list[str]
    packages: dict[str, list[str]]

    def files_of(self, names: Iterable[str]) -> list[str]:
        return sorted({path for name in names for path in self.packages.get(name, ())})


def inspect(python: str, packages: Sequence[str]) -> Interpreter:
    """Ask `python` about itself. Packages that it does not have are left out. Raises SandboxUnavailable."""
    try:
        answer = subprocess.run([python, "-s", "-B", "-c", _QUESTION, json.dumps(packages)], capture_output=True,
                                timeout=START_SECONDS, check=True, stdin=subprocess.DEVNULL)  # fmt: skip
        facts = json.loads(answer.stdout)
    except FileNotFoundError:
        raise SandboxUnavailable(f"interpreter {python}: no such file") from None
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        detail = (getattr(error, "stderr", b"") or b"").decode(errors="replace")[-200:]
        reason = detail.strip() or type(error).__name__
        raise SandboxUnavailable(f"interpreter {python}: it does not answer like a Python ({reason})") from None
    version = tuple(facts["version"])
    if version < OLDEST:
        raise SandboxUnavailable(f"interpreter {python}: version {version} is older than {OLDEST}")
    standard = [path for path in dict.fromkeys([*facts["zip"], *facts["library"]]) if os.path.exists(path)]
    own = [facts["executable"], facts["real"], os.path.join(facts["prefix"], "pyvenv.cfg")]
    shared = glob.glob(os.path.join(glob.escape(facts["base_prefix"]), "lib", "libpython*"))
    return Interpreter(
        executable=facts["executable"],
        version=version,
        path=[*standard, *facts["sites"]],
        visible=[path for path in [*own, *standard, *shared] if os.path.exists(path)],
        hidden=_hidden([*facts["sites"], *standard]),
        packages={name: [path for path in files if os.path.exists(path)] for name, files in facts["packages"].items()},
    )


def _hidden(folders: Sequence[str]) -> list[str]:
    """Folders of installed packages: those given, those inside of them, and the system's."""
    names = ("site-packages", "dist-packages")
    inside = [os.path.join(folder, name) for folder in folders for name in names]
    system = [path for name in names for path in glob.glob(f"/usr/lib*/python3*/{name}")]
    local = [path for name in names for path in glob.glob(f"/usr/local/lib/python3*/{name}")]
    candidates = [path for path in folders if path.endswith(names)] + inside + system + local
    return sorted({os.path.realpath(path) for path in candidates if os.path.isdir(path)})


def find_compiler() -> str:
    """The path of a C++ compiler. Raises SandboxUnavailable."""
    for name in COMPILERS:
        path = shutil.which(name, path="/usr/local/bin:/usr/bin:/bin")
        if path is not None:
            return path
    raise SandboxUnavailable(f"no C++ compiler in /usr/bin or /usr/local/bin (looked for {', '.join(COMPILERS)})")
