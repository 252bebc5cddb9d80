"""`rlcode grow`: problems in, the same problems with more tests out, and a report of what the tests tell apart."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reward.rows import RowError, encode_row
from reward.schema import read_samples
from reward.settings import ConfigError, dump_config
from rlcode.config import GrowConfig
from rlcode.preparation import refuse_other_settings, write_config
from rlcode.problems import Problem, load_problems
from rlcode.synthesis.grow import Growth
from rlcode.synthesis.growing import grow_each
from rlcode.tracking import Tracker
from rlcode.tracking.records import keep_records, read_records

WHERE = ("output_dir", "workers", "cluster")  # settings that do not change what is written
WHEN = ("before", "smallest", "after")


def grow_problems(config: GrowConfig) -> str:
    """Write problems.jsonl and growth.jsonl into `config.output_dir`, or what a killed job left to do; the summary.

    Every problem is written, in order, with its tests first and the added ones behind them. growth.jsonl has a row a
    problem, with the reason where nothing was added. Raises ConfigError when the folder holds the work of other
    settings and RowError when its files are not those of this job.
    """
    refuse_other_settings(config, config.output_dir, WHERE)
    problems = load_problems(config.problems)
    samples = _samples(config.samples, problems)
    write_config(dump_config(config), config.output_dir)
    files = GrowFiles(config.output_dir, problems)
    with Tracker(config.output_dir, total_steps=0) as tracker:
        left = problems[files.done :]
        if files.done:
            tracker.message(f"{files.done} of {len(problems)} problems are in {files.problems} already")
        if left:
            with tracker.phase("grow tests", total=len(left)) as phase:
                jobs = [(problem, samples.get(problem.id, [])) for problem in left]
                for growth in grow_each(jobs, config):
                    files.append(growth)
                    phase.advance(1)
        summary = summarise(read_records(files.growth))
        tracker.message(summary)
    return f"{summary}\nproblems: {files.problems}"


class GrowFiles:
    """The two files of a job, which grow a row each for every problem. `done` problems are in both."""

    def __init__(self, folder: Path, problems: Sequence[Problem]) -> None:
        self.problems, self.growth = folder / "problems.jsonl", folder / "growth.jsonl"
        rows, reports = read_records(self.problems), read_records(self.growth)
        self.done = min(len(rows), len(reports))
        for row, report, problem in zip(rows, reports, problems, strict=False):
            if not row.get("id") == report.get("problem_id") == problem.id:
                raise RowError(
                    f"{self.problems}: holds '{row.get('id')}' where {problem.id!r} belongs; set output_dir to another "
                    "folder, or delete the file to begin again"
                )
        for path in (self.problems, self.growth):  # cuts off a torn line, or a row whose other half was not written
            numbers = iter(range(self.done))
            keep_records(path, lambda row, numbers=numbers: next(numbers, None) is not None)  # type: ignore[misc]

    def append(self, growth: Growth) -> None:
        """Add one problem: both rows are on disk when this returns."""
        for path, row in ((self.problems, growth.problem.to_dict()), (self.growth, growth.to_dict())):
            with path.open("ab") as file:
                file.write(encode_row(row))
                file.flush()
                os.fsync(file.fileno())


def _samples(paths: Sequence[Path], problems: Sequence[Problem]) -> dict[str, list[str]]:
    """The distinct programs of each problem. Raises ConfigError when a file is about other problems."""
    programs: dict[str, dict[str, None]] = defaultdict(dict)
    for path in paths:
        for sample in read_samples(path):
            programs[sample.problem_id][sample.program] = None
    known = {problem.id for problem in problems}
    if paths and not known & programs.keys():
        raise ConfigError(f"samples: none of these programs is for a problem of the set: {', '.join(map(str, paths))}")
    return {name: list(found) for name, found in programs.items() if name in known}


def summarise(rows: Sequence[dict[str, Any]]) -> str:
    """What the tests tell apart, before and after, in a few lines."""
    grown = [row for row in rows if not row["not_grown"]]
    measured = [row for row in rows if row["before"]]
    mutants, samples = sum(row["mutants"] for row in measured), sum(row["samples"] for row in measured)
    covered = [row for row in measured if None not in [row[when]["branches_covered"] for when in WHEN]]
    branches = sum(row["branches"] for row in covered)
    lines = [
        f"problems grown        {len(grown)} of {len(rows)}; all figures are of the {len(measured)} with a reference",
        f"tests                 {_sums(measured, 'tests')}",
        f"mutants killed        {_sums(measured, 'mutants_killed')}, of {mutants}",
        f"branches covered      {_sums(covered, 'branches_covered')}, of {branches}",
    ]
    if samples:
        lines += [
            f"samples rejected      {_sums(measured, 'samples_rejected')}, of {samples}",
            f"pairs told apart      {_sums(measured, 'pairs_told_apart')}",
        ]
    reasons = Counter(row["not_grown"].split(":")[0] for row in rows if row["not_grown"])
    return "\n".join(lines + [f"not grown             {count}: {reason}" for reason, count in reasons.most_common()])


def _sums(rows: Sequence[dict[str, Any]], what: str) -> str:
    """`12 before, 14 with the smallest set, 90 after`"""
    before, smallest, after = (sum(row[when][what] for row in rows) for when in WHEN)
    return f"{before} before, {smallest} with the smallest set, {after} after"
