"""What a person sees while a run goes on: a live view in a terminal, plain aligned lines everywhere else."""

import os
import sys
from typing import Protocol, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column, Table
from rich.text import Text

from rlcode.tracking.curves import CURVES, duration, phase_seconds, sparkline
from rlcode.tracking.phase import Phase
from rlcode.tracking.records import Row

History = dict[str, list[float]]


class View(Protocol):
    """One way of showing a run. `line` is finished text; the numbers come beside it for views that draw."""

    shows_phases: bool

    def phase_started(self, phase: Phase) -> None: ...
    def phase_advanced(self, phase: Phase) -> None: ...
    def phase_ended(self, phase: Phase) -> None: ...
    def step_ended(self, row: Row, line: str, seconds_left: float) -> None: ...
    def text(self, line: str, warns: bool = False) -> None: ...
    def close(self) -> None: ...


class PlainView:
    """One line per step and nothing else: for files, pipes and logs of cluster jobs."""

    shows_phases = False

    def __init__(self, out: TextIO):
        self._out = out

    def phase_started(self, phase: Phase) -> None:
        pass

    def phase_advanced(self, phase: Phase) -> None:
        pass

    def phase_ended(self, phase: Phase) -> None:
        pass

    def step_ended(self, row: Row, line: str, seconds_left: float) -> None:
        self.text(line)

    def text(self, line: str, warns: bool = False) -> None:
        try:
            print(line, file=self._out, flush=True)
        except BrokenPipeError:
            # Whoever read this (`| head`, a closed pager) is gone. The run goes on, and log.txt has every line.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._out.fileno())

    def close(self) -> None:
        pass


class LiveView:
    """Bars for the steps and the running phases, and below them a panel with the curves and the time per phase.

    `history` is the tracker's own: every curve's values so far, read at each redraw.
    """

    shows_phases = True

    def __init__(self, out: TextIO, total_steps: int, done_steps: int, history: History):
        self._history = history
        self._phase_seconds: dict[str, float] = {}
        self._tasks: dict[Phase, TaskID] = {}
        self._steps = Progress(
            TextColumn("[bold]steps", table_column=Column(min_width=12)),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]}"),
            expand=True,
        )
        self._steps_task = self._steps.add_task("steps", total=total_steps, completed=done_steps, left="")
        self._phases = Progress(
            TextColumn("{task.description}", table_column=Column(min_width=12)),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("left"),
            expand=True,
            speed_estimate_period=600,
        )
        console = Console(file=out, force_terminal=True, highlight=False)
        self._live = Live(get_renderable=self._render, console=console, refresh_per_second=4)
        self._live.start()

    def phase_started(self, phase: Phase) -> None:
        self._tasks[phase] = self._phases.add_task(phase.name, total=phase.total)

    def phase_advanced(self, phase: Phase) -> None:
        self._phases.update(self._tasks[phase], completed=phase.done)

    def phase_ended(self, phase: Phase) -> None:
        self._phases.remove_task(self._tasks.pop(phase))
        self._phase_seconds[phase.name] = phase.seconds

    def step_ended(self, row: Row, line: str, seconds_left: float) -> None:
        left = f"{duration(seconds_left)} left" if seconds_left else ""
        self._steps.update(self._steps_task, completed=row["step"], left=left)
        self._phase_seconds = phase_seconds(row) or self._phase_seconds

    def text(self, line: str, warns: bool = False) -> None:
        self._live.console.print(Text(line, style="yellow" if warns else ""), soft_wrap=True)

    def close(self) -> None:
        self._live.stop()

    def _render(self) -> Group:
        columns = Table.grid(padding=(0, 4))
        columns.add_row(self._curves(), self._seconds())
        return Group(self._steps, self._phases, Panel(columns, border_style="dim", expand=True))

    def _curves(self) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim")
        table.add_column(justify="right")
        table.add_column(style="cyan", no_wrap=True)
        for curve in CURVES:
            if values := self._history.get(curve.key):
                table.add_row(curve.title, curve.text(values[-1]), sparkline(values, width=24))
        return table

    def _seconds(self) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim")
        table.add_column(justify="right")
        for name, seconds in self._phase_seconds.items():
            table.add_row(name.replace("_", " "), f"{seconds:.1f} s")
        return table


def open_view(total_steps: int, done_steps: int, history: History) -> View:
    """The live view when standard output is a capable terminal; plain lines otherwise, whatever FORCE_COLOR says."""
    if sys.stdout.isatty() and not Console().is_dumb_terminal:
        return LiveView(sys.stdout, total_steps, done_steps, history)
    return PlainView(sys.stdout)
