"""Everything the report shows, read from a run folder that may still be growing."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rlcode.report.comparison import Comparison, compare
from rlcode.report.parting import parting_warning
from rlcode.tracking.folder import RunFolder
from rlcode.tracking.records import Row, read_records

_WARNING = re.compile(r"^\d{4}-\d\d-\d\d \S+ WARNING (.*)$")


@dataclass(frozen=True)
class RunData:
    name: str
    config_text: str
    steps: list[Row]
    evaluations: dict[str, list[Row]]
    warnings: list[str]

    @property
    def elapsed_seconds(self) -> float:
        """Working time up to the last thing recorded."""
        recorded = [*self.steps, *(row for rows in self.evaluations.values() for row in rows)]
        return max((row["elapsed_seconds"] for row in recorded), default=0.0)

    def comparisons(self) -> list[Comparison]:
        """First against last evaluation of every benchmark that was evaluated at two steps or more."""
        pairs = [(rows[0], rows[-1]) for rows in self.evaluations.values() if len(rows) > 1]
        return [comparison for before, after in pairs if (comparison := compare(before, after))]


class NoRun(ValueError):
    """A folder that no run has written."""


def read_run(folder: RunFolder) -> RunData:
    """Raises NoRun if the folder is not one that a run has written."""
    if not folder.metrics.exists():
        raise NoRun(f"{folder.path} is not a run folder: it has no {folder.metrics.name}")
    steps = list({row["step"]: row for row in read_records(folder.metrics)}.values())
    parted = parting_warning(steps)
    return RunData(
        name=folder.path.resolve().name,
        config_text=folder.config.read_text(encoding="utf-8") if folder.config.exists() else "",
        steps=steps,
        evaluations=_by_benchmark(read_records(folder.evaluations)),
        warnings=[*([parted] if parted else []), *_logged_warnings(folder)],
    )


def _by_benchmark(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Evaluations of each benchmark in order of steps; of two at one step the later counts."""
    latest = {(row["name"], row["step"]): row for row in rows}
    found: dict[str, list[Row]] = {}
    for (name, _step), row in sorted(latest.items(), key=lambda item: item[0][1]):
        found.setdefault(name, []).append(row)
    return found


def _logged_warnings(folder: RunFolder) -> list[str]:
    if not folder.log.exists():
        return []
    lines = folder.log.read_text(encoding="utf-8", errors="replace").splitlines()
    return list(dict.fromkeys(match[1] for line in lines if (match := _WARNING.match(line))))
