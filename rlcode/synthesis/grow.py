"""Tests without a teacher: inputs grown from those a problem's tests have, answered by its reference."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cache
from itertools import chain, combinations
from typing import Any
from zlib import crc32

from rlcode.problems.mutate import mutants
from rlcode.problems.schema import Problem
from rlcode.synthesis.cover import small_cover, told_apart
from rlcode.synthesis.coverage import Coverage, coverage_of_calls, measure_coverage
from rlcode.synthesis.examples import Examples, NotReadable, read_examples
from rlcode.synthesis.inputs import BOLD, Arguments, grow_inputs
from rlcode.synthesis.invariants import facts
from rlcode.synthesis.oracle import LIMITS, Oracle
from sandbox import Test

# A mutant counts by what it returns, and one that loops on one input will on the next.
MOST_MUTANTS = 200


@dataclass(frozen=True)
class Strength:
    """How much a set of tests tells apart."""

    tests: int
    mutants_killed: int
    samples_rejected: int
    pairs_told_apart: int
    branches_covered: int | None  # of the reference; None where a call of it could not be measured


@dataclass
class Growth:
    """What growing one problem gave. `problem` has the added tests at the end; `not_grown` says why there are none."""

    problem: Problem
    not_grown: str = ""
    inputs_tried: int = 0
    inputs_dropped: dict[str, int] = field(default_factory=dict)
    mutants: int = 0
    samples: int = 0
    branches: int | None = None
    before: Strength | None = None
    smallest: Strength | None = None  # with the smallest set of tests that tells apart what can be told apart
    after: Strength | None = None  # with the tests that were added

    def to_dict(self) -> dict[str, Any]:
        """The row of the report; the problem itself is written elsewhere."""
        row = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "problem"}
        strengths = {name: asdict(row[name]) if row[name] else None for name in ("before", "smallest", "after")}
        return {"problem_id": self.problem.id} | row | strengths


def grow(
    problem: Problem,
    oracle: Oracle,
    samples: Sequence[str] = (),
    references: Sequence[str] = (),
    draws: int = 400,
    most_tests: int = 20,
    seed: int = 0,
    fill: bool = False,
) -> Growth:
    """The problem with the smallest set of tests that kills most mutants of its reference and tells most `samples`
    apart, and with `fill` further ones behind these.

    `draws` inputs are tried at each reach, `most_tests` added at most; the same `seed` gives the same tests.
    `references` are further solutions known to be right: an input on which one disagrees is dropped. Raises
    RuntimeError when the sandbox gives no verdict.
    """
    growth = Growth(problem)
    try:
        first, *others = [program for program in (problem.reference, *references) if program]
        faults = [mutant.program for mutant in mutants(first)][:MOST_MUTANTS]
    except (SyntaxError, ValueError, RecursionError):
        growth.not_grown = "there is no reference, or it is not Python, or nested too deeply"
        return growth
    if failures(oracle, [first], problem.tests)[0]:  # alone: one that is slow makes its mutants slow, too
        growth.not_grown = f"the reference fails the tests, or needs more than {LIMITS.cpu_seconds:g} s for them"
        return growth
    judged = _Judged(first, faults, samples, failures(oracle, [*faults, *samples], problem.tests))
    growth.mutants, growth.samples = len(faults), len(samples)
    try:
        examples = read_examples(problem)
    except NotReadable as reason:
        growth.not_grown = str(reason)
        files = [test.code for test in problem.tests if test.kind == "pytest"]
        covered = measure_coverage(oracle.judge, first, files[0]) if len(files) == len(problem.tests) == 1 else None
        growth.branches = covered.branches if covered else None
        strength = _strength(judged.failing, len(faults), len(problem.tests), covered)
        growth.before = growth.smallest = growth.after = strength
        return growth
    stages = _stages(growth, oracle, examples, [first, *others], judged, draws, seed)
    chosen, smallest = _choose(examples, oracle, stages, judged)
    added = chosen[: most_tests if fill else min(smallest, most_tests)]
    growth.problem = replace(problem, tests=[*problem.tests, *(test for _, test in added)])
    _measure(growth, oracle, examples, judged, added, min(smallest, len(added)))
    return growth


@dataclass(frozen=True)
class _Judged:
    """Programs, and for each what it fails of the tests there are."""

    reference: str
    mutants: Sequence[str]
    samples: Sequence[str]
    failing: Sequence[frozenset[Hashable]]  # of the mutants, then of the samples

    @property
    def programs(self) -> list[str]:
        return [*self.mutants, *self.samples]

    @property
    def passing_samples(self) -> list[str]:
        failing = self.failing[len(self.mutants) :]
        return [sample for sample, places in zip(self.samples, failing, strict=True) if not places]

    @property
    def alike(self) -> list[list[int]]:
        """Samples that the tests do not tell apart, by number."""
        groups: dict[frozenset[Hashable], list[int]] = defaultdict(list)
        for index in range(len(self.mutants), len(self.failing)):
            groups[self.failing[index]].append(index)
        return list(groups.values())


def _stages(
    growth: Growth,
    oracle: Oracle,
    examples: Examples,
    references: Sequence[str],
    judged: _Judged,
    draws: int,
    seed: int,
) -> Iterator[list[tuple[Arguments, Any]]]:
    """New inputs with the reference's answers, from reach to reach; `growth` gets how many were tried and dropped."""
    problem, reference = growth.problem, references[0]
    seen, constants = [call.args for call in examples.calls], _returned_constants(reference)
    dropped: Counter[str] = Counter()
    tried: set[str] = set()
    for reach in range(BOLD + 1):
        inputs = grow_inputs(seen, reference, problem.prompt, draws, seed + crc32(problem.id.encode()), reach)
        inputs = [args for args in inputs if repr(args) not in tried]
        tried.update(map(repr, inputs))
        answered = oracle.answer(examples, references, judged.passing_samples, inputs, constants, problem.prompt)
        dropped.update(answered.dropped)
        growth.inputs_tried, growth.inputs_dropped = len(tried), dict(dropped)
        yield answered.answers


def _measure(
    growth: Growth,
    oracle: Oracle,
    examples: Examples,
    judged: _Judged,
    added: Sequence[tuple[Arguments, Test]],
    smallest: int,
) -> None:
    """What the judge says of the tests before, with the first `smallest` added ones, and with all of them. Only
    programs that these can tell something about are run again."""
    faults, there_were = len(judged.mutants), len(growth.problem.tests) - len(added)
    again = [index for index, places in enumerate(judged.failing) if not places or index >= faults] if added else []
    programs = [judged.reference, *(judged.programs[index] for index in again)]
    tests = [test for _, test in added]
    of_reference, *found = failures(oracle, programs, tests) if added else [frozenset()]
    if of_reference:
        raise RuntimeError(f"{growth.problem.id}: the reference fails a test that it answered itself")
    new = dict(zip(again, found, strict=True))

    @cache
    def covered(count: int) -> Coverage | None:
        calls = [*(call.args for call in examples.calls), *(args for args, _ in added[:count])]
        return coverage_of_calls(oracle.judge, judged.reference, examples.entry, calls)

    def strength(count: int) -> Strength:
        failing = [
            places | {("added", place) for place in new.get(index, ()) if place in range(count)}
            for index, places in enumerate(judged.failing)
        ]
        return _strength(failing, faults, there_were + count, covered(count))

    before = covered(0)
    growth.branches = before.branches if before else None
    growth.before, growth.smallest, growth.after = map(strength, (0, smallest, len(added)))


def _choose(
    examples: Examples, oracle: Oracle, stages: Iterable[list[tuple[Arguments, Any]]], judged: _Judged
) -> tuple[list[tuple[Arguments, Test]], int]:
    """Inputs with their tests: the smallest set for what can be killed and told apart, then that for kinds of input,
    then all others, the largest first. Beside them, how many the first are.

    A stage reaches further than the one before, at a risk, and counts for what no earlier one kills or tells apart.
    """
    alike = [group for group in judged.alike if len(group) > 1]
    alive = [index for index, places in enumerate(judged.failing) if not places]
    usable: list[tuple[Arguments, Any, Test]] = []
    ordinary = 0
    effects: list[set[Hashable]] = []
    for reach, answers in enumerate(stages):
        written = [(args, value, examples.test(args, value)) for args, value in answers]
        new = [(args, value, test) for args, value, test in written if test is not None]
        reached = set().union(*effects)
        effects += [found - reached for found in _effects(examples, oracle, new, judged, alive, alike)]
        usable += new
        if reach < BOLD:
            ordinary = len(usable)  # the others only kill: what else they show, a question may leave open
        alive = [index for index in alive if index not in set().union(*effects)]
        if reach + 1 == BOLD and not alive and not alike:
            break
    inputs = [args for args, _, _ in usable]
    costs = [len(repr(args)) for args in inputs]
    chosen = small_cover(effects, costs)
    smallest = len(chosen)
    # Then, for faults that no program at hand has, inputs of kinds that the tests do not have yet.
    shown = set().union(*(_traits(call.args, call.expected) for call in examples.calls))
    shown = shown.union(*(_traits(inputs[place], usable[place][1]) for place in chosen))
    kinds = [_traits(args, value) - shown for args, value, _ in usable[:ordinary]]
    chosen += [place for place in small_cover(kinds, costs) if place not in chosen]
    # What room is left goes to the largest inputs: they have the most that a program can get wrong.
    rest = sorted(set(range(ordinary)) - set(chosen), key=lambda place: (-costs[place], place))
    return [(inputs[place], usable[place][2]) for place in [*chosen, *rest]], smallest


def _effects(
    examples: Examples,
    oracle: Oracle,
    usable: Sequence[tuple[Arguments, Any, Test]],
    judged: _Judged,
    alive: Sequence[int],
    alike: Sequence[list[int]],
) -> list[set[Hashable]]:
    """For each input the programs of `alive` that it kills, and the pairs of programs of one group it tells apart."""
    inputs = [args for args, _, _ in usable]
    differing: dict[int, frozenset[int]] = {}
    for index in {*alive, *chain.from_iterable(alike)}:
        results = oracle.values(judged.programs[index], examples.entry, inputs)
        differing[index] = frozenset(
            place
            for place, (result, (_, value, _)) in enumerate(zip(results, usable, strict=True))
            if result.outcome != "returned" or not examples.same(result.value, value)
        )
    effects: list[set[Hashable]] = [set() for _ in inputs]
    for index in alive:
        for place in differing[index]:
            effects[place].add(index)
    for group in alike:
        for place, pairs in enumerate(told_apart({index: differing[index] for index in group}, len(inputs))):
            effects[place] |= pairs
    return effects


def _traits(args: Arguments, answer: Any) -> set[Hashable]:
    """What is special about a call: its facts, how its parts compare, and its answer where that is one of few."""
    traits: set[Hashable] = {item for item in facts(args).items() if isinstance(item[1], bool)}
    traits |= {item for item in facts(args).items() if item[0].startswith("distinct items")}
    for index, value in enumerate(args):
        if isinstance(value, str | list | tuple):
            traits.add((f"length of arg{index}", len(value)))
            for place, item in enumerate(value):
                if item == answer:
                    traits |= {(f"answer in arg{index} at", place), (f"answer in arg{index} at", place - len(value))}
            if value:
                traits.add((f"arg{index} begins and ends", *_order(value[0], value[-1])))
        traits |= {(f"arg{index} and arg{other}", *_order(value, args[other])) for other in range(index)}
    if isinstance(answer, bool | None) or answer in (0, 1, 2, -1) or not answer:
        traits.add(("answer", repr(answer)))
    return traits


def _order(left: Any, right: Any) -> tuple[bool, ...]:
    """Whether one is less than the other, and the other way round; nothing where they cannot be compared."""
    try:
        return bool(left < right), bool(right < left)
    except TypeError:
        return ()


def failures(oracle: Oracle, programs: Sequence[str], tests: Sequence[Test]) -> list[frozenset[Hashable]]:
    """The tests that each program fails, by place and, in a file of several, by name. Raises RuntimeError where the
    sandbox gives no verdict."""
    found: dict[int, frozenset[Hashable]] = {}
    for index, verdict in oracle.judge.run_many((program, tests) for program in programs):
        if verdict.outcome == "infra_error":
            raise RuntimeError(f"the sandbox gave no verdict ({verdict.message}); start again to go on")
        found[index] = frozenset(
            test.name or place for place, test in enumerate(verdict.tests) if test.outcome != "passed"
        )
    return [found[index] for index in range(len(programs))]


def _strength(failing: Sequence[frozenset[Hashable]], faults: int, tests: int, covered: Coverage | None) -> Strength:
    return Strength(
        tests=tests,
        mutants_killed=sum(map(bool, failing[:faults])),
        samples_rejected=sum(map(bool, failing[faults:])),
        pairs_told_apart=sum(ours != theirs for ours, theirs in combinations(failing[faults:], 2)),
        branches_covered=covered.branches_run if covered else None,
    )


def _returned_constants(reference: str) -> list[Any]:
    """The plain values that stand in `return` statements."""
    found = []
    for node in ast.walk(ast.parse(reference)):
        if isinstance(node, ast.Return) and node.value is not None:
            try:
                found.append(ast.literal_eval(node.value))
            except ValueError:
                continue
    return found
