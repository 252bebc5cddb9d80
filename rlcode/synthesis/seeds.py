"""Seeds: pieces of code, or instructions with code, that questions are made from. Any data set's rows will do."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from itertools import islice

from reward.rows import plain
from rlcode.extraction import extract_program
from rlcode.problems.sources import rows_of
from rlcode.synthesis.rejection import Rejection, Row
from rlcode.synthesis.settings import SynthConfig

# Fields of Magicoder-Evol (instruction, response), Magicoder-OSS (problem, solution), the Stack (content), and others.
CODE_FIELDS = ("code", "content", "solution", "response", "output")
INSTRUCTION_FIELDS = ("instruction", "problem", "question", "prompt")
LICENSE_FIELDS = ("license", "max_stars_repo_licenses")
SHORTEST_BARE_CODE = 100  # characters; AceCoder's limit for code that comes without an instruction


def read_seeds(config: SynthConfig) -> Iterator[Row]:
    """{"number", "where", "seed"} for each row, counting from 1; in place of "seed" there is "damage" where a row
    cannot be read. Raises ProblemError for a source that is missing or cannot be read at all."""
    for number, row in enumerate(islice(_rows(str(config.seeds)), config.limit), start=1):
        yield {"number": number} | row


def _rows(source: str) -> Iterator[Row]:
    damaged: list[Row] = []
    for where, row in rows_of(source, lambda where, why: damaged.append({"where": where, "damage": why})):
        yield from damaged
        damaged.clear()
        yield {"where": where, "seed": plain(row)}
    yield from damaged


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
