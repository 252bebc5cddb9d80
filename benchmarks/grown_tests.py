"""How much of EvalPlus's extra discrimination do tests have that are grown without its inputs?

    python benchmarks/grown_tests.py mbpp_plus.jsonl.gz humaneval_plus.jsonl.gz [--every 4] [--samples samples.jsonl]

Tests are grown from each problem's base tests and canonical solution alone. Then programs that pass the base tests are
put to EvalPlus's tests, to all grown ones, and to the smallest set of them: the mutants of the canonical solution that
growing aims at, mutants with two faults that it has not seen, and sampled programs, where a file of `rlcode sample` is
given. Beside that: grown inputs that break EvalPlus's contract for the problem, and canonical solutions that fail a
grown test. Both must be 0.

Given samples, only their problems are grown, and a second time from the samples too, to see how many are told apart.

    python benchmarks/grown_tests.py benchmarks/fresh_problems.jsonl

Problems that were written for this and are in no public set, with wrong programs that pass their weak tests, right ones
written differently, and a contract each.
"""

from __future__ import annotations

import argparse
import ast
import gzip
import json
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).parents[1])  # beside this file lies one with the name of a package

from reward.schema import read_samples  # noqa: E402
from rlcode.problems import Problem  # noqa: E402
from rlcode.problems.evalplus import read_evalplus  # noqa: E402
from rlcode.problems.mutate import mutants  # noqa: E402
from rlcode.synthesis.examples import literal  # noqa: E402
from rlcode.synthesis.grow import Growth, failures, grow  # noqa: E402
from rlcode.synthesis.oracle import Oracle  # noqa: E402
from sandbox import Test  # noqa: E402

DOUBLE_MUTANTS = 40  # a problem


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path, help="files as EvalPlus releases them")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take every N-th problem")
    parser.add_argument("--samples", type=Path, help="programs for these problems, as `rlcode sample` writes them")
    parser.add_argument("--draws", type=int, default=400)
    options = parser.parse_args()
    programs: dict[str, dict[str, None]] = defaultdict(dict)
    for sample in read_samples(options.samples) if options.samples else []:
        programs[sample.problem_id][sample.program] = None
    with Oracle(1) as oracle:
        for path in options.files:
            rows = _read(path)[:: options.every]
            if "wrong" in rows[0]:
                measure_fresh(path.name, rows, oracle, options.draws)
                continue
            rows = [row for row in rows if not programs or row["task_id"] in programs]
            measure(path.name, rows, oracle, {name: list(found) for name, found in programs.items()}, options.draws)


def measure(
    name: str, rows: Sequence[dict[str, Any]], oracle: Oracle, samples: dict[str, list[str]], draws: int
) -> None:
    count: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    started = time.monotonic()
    for row, (_, full) in zip(rows, read_evalplus((name, row) for row in rows), strict=True):
        base = replace(full, tests=full.tests[: full.metadata["base_tests"]])
        growth = grow(base, oracle, draws=draws, fill=True)
        count["problems"] += 1
        if growth.not_grown:
            reasons[growth.not_grown.split(":")[0]] += 1
        grown = growth.problem.tests[len(base.tests) :]
        count["tests grown"] += len(grown)
        count["problems with grown tests"] += bool(grown)
        count["canonical solutions rejected"] += bool(failures(oracle, [full.reference or ""], grown)[0])
        count["inputs outside the contract"] += _outside(row, base, growth.problem) if grown else 0
        kinds = {"mutants": [mutant.program for mutant in mutants(full.reference or "")]}
        kinds["programs with two faults"] = _double_mutants(full.reference or "")
        kinds["sampled programs"] = samples.get(full.id, [])
        for kind, programs in kinds.items():
            _compare(kind, programs, oracle, base, full, growth, count)
        if samples:
            growth = grow(base, oracle, samples[full.id], draws=draws, fill=True)
        _count_strengths(growth, count)
        print(f"{full.id}: {len(grown)} grown, {time.monotonic() - started:.0f} s", flush=True)
    _report(name, count, reasons)


def measure_fresh(name: str, rows: Sequence[dict[str, Any]], oracle: Oracle, draws: int) -> None:
    count: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        problem, found = Problem.from_dict(row), count[row["half"]]
        tests = grow(problem, oracle, draws=draws, fill=True).problem.tests[len(problem.tests) :]
        holds = eval(row["contract"])  # code of the benchmark
        inputs = [_arguments(test, row["entry_point"]) for test in tests]
        found["problems"] += 1
        found["problems with grown tests"] += bool(tests)
        found["tests grown"] += len(tests)
        found["inputs outside the contract"] += sum(not holds(*args) for args in inputs)
        for kind, programs in {"reference": [row["reference"]], "right": row["right"], "wrong": row["wrong"]}.items():
            rejected = sum(map(bool, failures(oracle, programs, tests))) if tests else 0
            found[f"{kind} programs"] += len(programs)
            found[f"{kind} programs rejected"] += rejected
            print(f"{problem.id}: {rejected} of {len(programs)} {kind} rejected", flush=True)
    for half, found in count.items():
        _report(f"{name}, {half} half", found, Counter())


def _compare(
    kind: str, programs: list[str], oracle: Oracle, base: Problem, full: Problem, growth: Growth, count: Counter[str]
) -> None:
    grown = growth.problem
    passing = [
        program for program, failed in zip(programs, failures(oracle, programs, base.tests), strict=True) if not failed
    ]
    extra = len(base.tests)
    theirs = failures(oracle, passing, full.tests[extra:])
    ours = failures(oracle, passing, grown.tests[extra:])
    smallest = range(growth.smallest.tests - extra if growth.smallest else 0)
    for program, by_evalplus, by_grown in zip(passing, theirs, ours, strict=True):
        if by_grown and not by_evalplus:  # wrong, or turned away wrongly: for a person to look at
            test = grown.tests[extra + min(by_grown)]
            print(f"{full.id}: only a grown test rejects this: {test.to_dict()}\n{program}")
    count[f"{kind}: all"] += len(programs)
    count[f"{kind}: pass the base tests"] += len(passing)
    count[f"{kind}: rejected by EvalPlus"] += sum(map(bool, theirs))
    count[f"{kind}: rejected by the grown tests"] += sum(map(bool, ours))
    both = [by_grown for by_evalplus, by_grown in zip(theirs, ours, strict=True) if by_evalplus and by_grown]
    count[f"{kind}: rejected by both"] += len(both)
    count[f"{kind}: of these, rejected by the smallest set"] += sum(not by.isdisjoint(smallest) for by in both)


def _count_strengths(growth: Growth, count: Counter[str]) -> None:
    """What growing says of the programs that it was given."""
    count["programs given: mutants"] += growth.mutants
    count["programs given: samples"] += growth.samples
    for when in ("before", "smallest", "after"):
        if strength := getattr(growth, when):
            count[f"{when}: tests"] += strength.tests
            count[f"{when}: mutants killed"] += strength.mutants_killed
            count[f"{when}: samples rejected"] += strength.samples_rejected
            count[f"{when}: pairs of samples told apart"] += strength.pairs_told_apart


def _double_mutants(reference: str) -> list[str]:
    """Programs with two small faults, drawn with a fixed seed."""
    rng = random.Random(0)
    found: dict[str, None] = {}
    singles = mutants(reference)
    for _ in range(DOUBLE_MUTANTS if singles else 0):
        seconds = mutants(rng.choice(singles).program)
        found[rng.choice(seconds).program if seconds else reference] = None
    return [program for program in found if program not in {single.program for single in singles}]


def _outside(row: dict[str, Any], base: Problem, grown: Problem) -> int:
    """How many of the added inputs EvalPlus's own contract refuses. It is code of the benchmark and runs here."""
    arguments = ast.unparse(_signature(grown))
    body = "\n".join(line for line in row["contract"].splitlines() if line.strip()) or "    pass"
    names: dict[str, Any] = {}
    exec(f"from typing import *\nimport math, re, string\ndef contract({arguments}):\n{body}\n", names)
    refused = 0
    for test in grown.tests[len(base.tests) :]:
        try:
            names["contract"](*_arguments(test, grown.entry_point or ""))
        except Exception:  # its assert, or whatever else it trips over: refused either way
            refused += 1
    return refused


def _arguments(test: Test, entry: str) -> list[Any]:
    if test.kind == "call":
        return test.args
    calls = (node for node in ast.walk(ast.parse(test.code)) if isinstance(node, ast.Call))
    call = next(node for node in calls if isinstance(node.func, ast.Name) and node.func.id == entry)
    return [literal(argument) for argument in call.args]


def _signature(problem: Problem) -> ast.arguments:
    tree = ast.parse(problem.reference or "")
    functions = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == problem.entry_point]
    return functions[-1].args


def _report(name: str, count: Counter[str], reasons: Counter[str]) -> None:
    print(f"\n{name}")
    for key, value in count.items():
        print(f"  {key:52} {value}")
    for kind in ("mutants", "programs with two faults", "sampled programs"):
        wrong = count[f"{kind}: rejected by EvalPlus"]
        if wrong:
            print(f"  share of EvalPlus's {kind:33}{count[f'{kind}: rejected by both'] / wrong:.1%}")
    for reason, number in reasons.most_common():
        print(f"  not grown: {reason:41} {number}")


def _read(path: Path) -> list[dict[str, Any]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


if __name__ == "__main__":
    main()
