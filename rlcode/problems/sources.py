"""The rows of a data set, one after the other: a file, a folder of files, or a data set of the Hugging Face hub."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from reward.rows import iterate_rows
from rlcode.problems.schema import ProblemError

Row = dict[str, Any]
FILE_SUFFIXES = (".jsonl", ".jsonl.gz", ".parquet")
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+(@[\w.-]+)?")


def rows_of(source: str, reject: Callable[[str, str], None] | None = None) -> Iterator[tuple[str, Row]]:
    """("FILE line N", row) for each row, files of a folder in the order of their names, a batch in memory at a time.

    A hub id, OWNER/NAME or OWNER/NAME@REVISION, is downloaded into the hub's cache first. Lines that are no JSON
    objects go to `reject` (where, why), or raise ProblemError when there is none; damage that hides the rest of a file
    raises.
    """
    for path in files_of(source):
        yield from iterate_rows(path, ProblemError, reject)


def files_of(source: str) -> list[Path]:
    """The files with rows that a source stands for. Raises ProblemError when there are none."""
    path = Path(source).expanduser()
    if not path.exists() and _HUB_ID.fullmatch(source):
        path = _download(source)
    if path.is_file():
        if not path.name.endswith(FILE_SUFFIXES):
            raise ProblemError(f"{path}: rows are read from files ending in {', '.join(FILE_SUFFIXES)}")
        return [path]
    found = sorted(file for file in path.rglob("*") if file.name.endswith(FILE_SUFFIXES)) if path.is_dir() else []
    if not found:
        what = f"no file ending in {', '.join(FILE_SUFFIXES)} in it" if path.is_dir() else "no such file or folder"
        raise ProblemError(f"{source}: {what}; give a file, a folder, or a hub id such as KodCode/KodCode-V1")
    return found


def _download(hub_id: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    name, _, revision = hub_id.partition("@")
    patterns = [f"*{suffix}" for suffix in FILE_SUFFIXES]
    try:
        folder = snapshot_download(name, repo_type="dataset", revision=revision or None, allow_patterns=patterns)
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        first = str(error).strip().splitlines()[0]
        raise ProblemError(f"{hub_id}: there is no such file, and the hub does not give it either ({first})") from None
    return Path(folder)
