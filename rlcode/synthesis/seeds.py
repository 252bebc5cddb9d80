"""Seeds: pieces of code, or instructions with code, that questions are made from. Any data set's rows will do."""

from __future__ import annotations

import ast
import gzip
import json
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from reward.rows import RowError
from rlcode.extraction import extract_program
from rlcode.synthesis.rejection import Rejection, Row
from rlcode.synthesis.settings import SynthConfig

# Fields of Magicoder-Evol (instruction, response), Magicoder-OSS (problem, solution), the Stack (content), and others.
CODE_FIELDS = ("code", "content", "solution", "response", "output")
INSTRUCTION_FIELDS = ("instruction", "problem", "question", "prompt")
LICENSE_FIELDS = ("license", "max_stars_repo_licenses")
SHORTEST_BARE_CODE = 100  # characters; AceCoder's limit for code that comes without an instruction
PARQUET_ROWS = 1000


def read_seeds(config: SynthConfig) -> Iterator[Row]:
    """{"number", "where", "seed"} for each row, counting from 1; in place of "seed" there is "damage" where a row
    cannot be read. Raises RowError for a file that is missing or no such file as its name says."""
    path = config.seeds
    if not path.is_file():
        raise RowError(f"seeds: {path}: no such file; give a .jsonl, .jsonl.gz or .parquet file")
    rows = _parquet_rows(path) if path.suffix == ".parquet" else _json_rows(path)
    for number, row in enumerate(rows, start=1):
        if config.limit is not None and number > config.limit:
            return
        yield {"number": number, "where": f"{path.name} row {number}"} | row


def accept_seed(config: SynthConfig, row: Row) -> Row | Rejection:
    """The seed in the form the recipes use, if it can be one."""
    if "damage" in row:
        return Rejection("cannot be read", row["damage"])
    seed = row["seed"]
    code, instruction = seed_code(seed), _first_text(seed, INSTRUCTION_FIELDS)
    if config.seed_filter == "functions":
        fault = _no_function(code, bool(instruction))
        if fault:
            return fault
    elif not code and not instruction:
        return Rejection("nothing in it", f"none of {', '.join(CODE_FIELDS + INSTRUCTION_FIELDS)} has text")
    license_ = next((seed[name] for name in LICENSE_FIELDS if seed.get(name)), config.license)
    return {
        "id": f"{config.name}/{row['number']:08d}",
        "seed_id": str(seed.get("id", row["number"])),
        "code": code,
        "instruction": instruction,
        "source": str(seed.get("source") or config.seeds.name),
        "license": ", ".join(map(str, license_)) if isinstance(license_, list) else str(license_),
    }


def seed_code(seed: Row) -> str:
    """The code of a seed: out of its fence where there is one, without lines that only print."""
    text = _first_text(seed, CODE_FIELDS)
    if "```" in text:
        text = extract_program(text)
    return "\n".join(line for line in text.splitlines() if not line.startswith("print")).strip()


def parse_python(program: str) -> ast.Module:
    """Raises SyntaxError for everything that Python cannot parse, whatever it says itself."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes and the like: the programs are not ours to mend
            return ast.parse(program)
    except (ValueError, RecursionError, MemoryError) as error:
        raise SyntaxError(str(error) or type(error).__name__) from None


def _no_function(code: str, instructed: bool) -> Rejection | None:
    if not code:
        return Rejection("no code")
    try:
        tree = parse_python(code)
    except SyntaxError as error:
        return Rejection("not Python", f"line {error.lineno}: {error.msg}")
    if not any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for node in tree.body):
        return Rejection("no function or class")
    if not instructed and len(code) <= SHORTEST_BARE_CODE:
        return Rejection("too short", f"{len(code)} characters of code and no instruction")
    return None


def _first_text(seed: Row, names: tuple[str, ...]) -> str:
    return next((seed[name] for name in names if isinstance(seed.get(name), str) and seed[name].strip()), "")


def _json_rows(path: Path) -> Iterator[Row]:
    opener: Any = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rb") as file:
            yield from (_seed(line) for line in file if line.strip())
    except (gzip.BadGzipFile, EOFError, zlib.error) as damage:
        raise RowError(f"seeds: {path}: damaged gzip data ({damage}); fetch the file again") from None


def _seed(line: bytes) -> Row:
    try:
        row = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        return {"damage": f"not UTF-8 text (byte {line[error.start]:#04x} at column {error.start + 1})"}
    except (ValueError, RecursionError) as error:
        return {"damage": f"not valid JSON ({error})"}
    return {"seed": row} if isinstance(row, dict) else {"damage": f"a row is a JSON object, not {type(row).__name__}"}


def _parquet_rows(path: Path) -> Iterator[Row]:
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(PARQUET_ROWS):
                yield from ({"seed": _plain(row)} for row in batch.to_pylist())
    except (pa.ArrowInvalid, OSError) as damage:
        raise RowError(f"seeds: {path}: not a readable Parquet file ({damage})") from None


def _plain(row: Row) -> Row:
    """Values that JSON knows; the others (dates, bytes) as text."""
    return dict(json.loads(json.dumps(row, default=str)))
