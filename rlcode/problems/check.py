"""Checks a problem set: every reference passes its tests, and the tests notice small faults put into the references."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rlcode.problems.mutate import Mutant, mutants
from rlcode.problems.schema import Problem, ProblemError
from sandbox import Judge, Limits, Verdict

WEAK_BELOW = 0.8
LIMITS = Limits(cpu_seconds=2, wall_seconds=20, max_timeouts=1)


@dataclass
class Finding:
    """What checking one problem gave. `survivors` are the mutants that passed every test."""

    problem: Problem
    reference_failure: str = ""
    mutants: int = 0
    survivors: list[Mutant] = field(default_factory=list)

    @property
    def killed_share(self) -> float:
        """Share of mutants that fail some test; 1.0 when the reference has no place for a fault."""
        return 1 - len(self.survivors) / self.mutants if self.mutants else 1.0

    @property
    def weak(self) -> bool:
        return self.killed_share < WEAK_BELOW


def check_problems(problems: Sequence[Problem], judge: Judge) -> list[Finding]:
    """One finding a problem, in order. Problems without a reference cannot be checked: ProblemError names them.

    Raises RuntimeError when the judge cannot reach a verdict: a check that did not run must not look passed.
    """
    without = [problem.id for problem in problems if problem.reference is None]
    if without:
        raise ProblemError(f"{len(without)} problems have no reference to check, first '{without[0]}'; add the field")
    findings = [Finding(problem) for problem in problems]
    jobs = [(finding, mutant) for finding in findings for mutant in (None, *_mutants(finding))]
    programs = ((mutant.program if mutant else finding.problem.reference or "", finding.problem.tests)
                for finding, mutant in jobs)  # fmt: skip
    for index, verdict in judge.run_many(programs, stop_early=True):
        finding, mutant = jobs[index]
        if verdict.outcome == "infra_error":
            raise RuntimeError(
                f"{finding.problem.id}: the judge gave no verdict ({verdict.message}); run the check again"
            )
        if mutant is None and not verdict.passed:
            finding.reference_failure = _first_failure(verdict)
        elif mutant is not None and verdict.passed:
            finding.survivors.append(mutant)
    return findings


def _mutants(finding: Finding) -> list[Mutant]:
    try:
        found = mutants(finding.problem.reference or "")
    except SyntaxError:
        return []  # the reference itself fails then, which is what gets reported
    finding.mutants = len(found)
    return found


def _first_failure(verdict: Verdict) -> str:
    failed = (result for result in verdict.tests if result.outcome not in ("passed", "not_run"))
    result = next(failed, verdict.tests[0])
    return f"{result.outcome}: {result.message}"


def report_lines(findings: Sequence[Finding]) -> Iterator[str]:
    """The report a person reads: totals, then each failing reference and each weak problem with what survived."""
    counts = sorted(len(finding.problem.tests) for finding in findings)
    total = sum(finding.mutants for finding in findings)
    killed = total - sum(len(finding.survivors) for finding in findings)
    failing = [finding for finding in findings if finding.reference_failure]
    weak = [finding for finding in findings if finding.weak]
    yield f"problems            {len(findings)}"
    yield f"tests per problem   {counts[0]} to {counts[-1]}, median {counts[len(counts) // 2]}"
    yield f"references passing  {len(findings) - len(failing)} of {len(findings)}"
    if total:
        yield f"mutants killed      {killed} of {total} ({killed / total:.1%})"
    yield f"weak problems       {len(weak)} (fewer than {WEAK_BELOW:.0%} of their mutants killed)"
    for finding in failing:
        yield f"\n{finding.problem.id}: the reference fails: {finding.reference_failure}"
    for finding in weak:
        yield f"\n{finding.problem.id}: {len(finding.survivors)} of {finding.mutants} mutants pass every test"
        yield from (f"    {mutant.change}" for mutant in finding.survivors)


def run_check(problems: Sequence[Problem], workers: int) -> int:
    """Prints the report; 0 when every reference passes and no problem is weak, else 1."""
    with Judge(workers=workers, limits=LIMITS) as judge:
        findings = check_problems(problems, judge)
    for line in report_lines(findings):
        print(line)
    return int(any(finding.reference_failure or finding.weak for finding in findings))
