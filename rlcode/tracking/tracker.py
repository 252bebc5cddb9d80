"""The tracker: everything the training loop says about itself goes through here."""

import math
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Any, Self

from rlcode.tracking.curves import CURVES
from rlcode.tracking.folder import RunFolder
from rlcode.tracking.lines import evaluation_line, step_line
from rlcode.tracking.phase import Phase
from rlcode.tracking.records import LineFile, RecordFile, Row, finite, keep_records
from rlcode.tracking.rollouts import drop_rollouts_after, write_rollouts
from rlcode.tracking.sinks import Sink, TensorBoardSink, WandbSink, require_wandb
from rlcode.tracking.terminal import History, open_view

_STEPS_FOR_TIME_LEFT = 5
"""Time left is judged by the median of the last few steps: completions grow and shrink while the policy learns,
and some steps carry an evaluation."""


class Tracker:
    """Records a run in its folder and shows it in the terminal.

    Args:
        run_dir: the run folder; made if missing. One that already holds metrics is refused unless resuming.
        total_steps: how many steps the whole run has, those before a resume included.
        wandb: False, or the arguments of `wandb.init`.
        resume_from_step: the last step to keep. Metrics, evaluations and rollouts of later steps are dropped.
        heartbeat_seconds: how often a phase that goes on and on is mentioned in the log, so that no wait is silent.

    Raises:
        FileExistsError: the folder holds a run and `resume_from_step` is None.
        RuntimeError: `wandb` was asked for and is not installed.
    """

    def __init__(
        self,
        run_dir: Path | str,
        total_steps: int,
        wandb: dict[str, Any] | bool = False,
        resume_from_step: int | None = None,
        heartbeat_seconds: float = 60.0,
    ):
        if wandb is not False:
            require_wandb()
        self.folder = RunFolder(Path(run_dir))
        self.total_steps = total_steps
        kept, self._elapsed_before = _prepare(self.folder, resume_from_step)
        self._history: History = {curve.key: [] for curve in CURVES}
        for row in kept:
            self._remember(row)
        self._started = time.monotonic()
        self._step_seconds: list[float] = []
        self._step_began = self._started
        self._sinks: list[Sink] = [TensorBoardSink(self.folder.events, resume_from_step)]
        if wandb is not False:
            self._sinks.append(WandbSink(self.folder.path, {} if wandb is True else wandb))
        self._metrics = RecordFile(self.folder.metrics)
        self._evaluations = RecordFile(self.folder.evaluations)
        self._log = LineFile(self.folder.log)
        self._view = open_view(total_steps, resume_from_step or 0, self._history)
        self._phases: list[Phase] = []
        self._closed = threading.Event()
        self._heartbeat = threading.Thread(
            target=self._mention_long_phases, args=(heartbeat_seconds,), name="tracker-heartbeat", daemon=True
        )
        self._heartbeat.start()

    @property
    def elapsed_seconds(self) -> float:
        """Wall time this run has been working, over all its resumes, without the pauses between."""
        return self._elapsed_before + time.monotonic() - self._started

    def begin_steps(self) -> None:
        """The first step begins now: loading models and measuring where they stand is no part of it."""
        self._step_began = time.monotonic()

    def log_step(self, step: int, metrics: Mapping[str, float]) -> None:
        """Record one step. Values that are not finite are stored as null, with a warning that names them."""
        values = {name: float(value) for name, value in metrics.items()}
        row = {"step": step, "elapsed_seconds": round(self.elapsed_seconds, 3), **finite(values)}
        self._metrics.append_row(row)
        for sink in self._sinks:
            sink.write(step, values)
        self._remember(row)
        self._step_seconds.append(time.monotonic() - self._step_began)
        self._step_began = time.monotonic()
        seconds_left = self._seconds_left(step)
        line = step_line(row, self.total_steps, seconds_left)
        self._write_log(line)
        self._view.step_ended(row, _clock() + line, seconds_left)
        for name, value in values.items():
            if not math.isfinite(value):
                self.warning(f"step {step}: {name} is {value}")

    def log_rollouts(self, step: int, rows: list[dict[str, Any]]) -> None:
        """Write the step's completions to rollouts/; see rollouts.SCHEMA for the columns."""
        write_rollouts(self.folder.rollouts, step, rows)

    def log_evaluation(self, step: int, name: str, result: Mapping[str, Any]) -> None:
        """Record one evaluation of one benchmark.

        `result` holds `pass@1` and its 95 % interval `ci_low`, `ci_high` (all 0 to 1), and `problems`:
        `{problem_id: {"passed": int, "samples": int}}`. Further fields are kept as they are.
        """
        self._evaluations.append_row(
            {"step": step, "name": name, "elapsed_seconds": round(self.elapsed_seconds, 3), **result}
        )
        scalars = {f"eval/{name}/{key}": value for key, value in result.items() if isinstance(value, int | float)}
        for sink in self._sinks:
            sink.write(step, scalars)
        self.message(evaluation_line(step, name, result))

    @contextmanager
    def phase(self, name: str, total: int | None = None) -> Iterator[Phase]:
        """A part of the step, with a bar while it lasts. Phases may overlap; `.seconds` is there for the metrics."""
        phase = Phase(name, total, self._view.phase_advanced)
        self._phases.append(phase)
        self._view.phase_started(phase)
        try:
            yield phase
        finally:
            phase.end()
            self._phases.remove(phase)
            self._view.phase_ended(phase)

    def message(self, text: str) -> None:
        self._write_log(text)
        self._view.text(_clock() + text)

    def warning(self, text: str) -> None:
        self._write_log(f"WARNING {text}")
        self._view.text(f"{_clock()}warning: {text}", warns=True)

    def close(self) -> None:
        """Give the terminal back and close every file. Calling it again does nothing."""
        if self._closed.is_set():
            return
        self._closed.set()
        self._heartbeat.join()
        self._view.close()
        for sink in self._sinks:
            sink.close()
        self._metrics.close()
        self._evaluations.close()
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _remember(self, row: Mapping[str, Any]) -> None:
        for key, values in self._history.items():
            if row.get(key) is not None:
                values.append(row[key])

    def _seconds_left(self, step: int) -> float:
        return median(self._step_seconds[-_STEPS_FOR_TIME_LEFT:]) * (self.total_steps - step)

    def _mention_long_phases(self, heartbeat_seconds: float) -> None:
        while not self._closed.wait(heartbeat_seconds):
            for phase in list(self._phases):
                if phase.seconds >= heartbeat_seconds:
                    text = f"still in {phase}, for {phase.seconds:.0f} s"
                    self._write_log(text)
                    if not self._view.shows_phases:
                        self._view.text(_clock() + text)

    def _write_log(self, text: str) -> None:
        stamp = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
        self._log.append(f"{stamp} " + text.replace("\n", "\n    "))


def _prepare(folder: RunFolder, resume_from_step: int | None) -> tuple[list[Row], float]:
    """Make the folder ready to be written to; return the metrics rows that stay and the seconds worked until then."""
    if resume_from_step is None:
        if folder.metrics.exists() and folder.metrics.stat().st_size > 0:
            raise FileExistsError(
                f"{folder.path} already holds a run; choose another run folder, or continue it with "
                f"`rlcode train --resume {folder.path}`"
            )
        folder.path.mkdir(parents=True, exist_ok=True)
        return [], 0.0
    evaluations = keep_records(folder.evaluations, lambda row: row["step"] <= resume_from_step)
    steps = keep_records(folder.metrics, lambda row: row["step"] <= resume_from_step)
    drop_rollouts_after(folder.rollouts, resume_from_step)
    return steps, max((row["elapsed_seconds"] for row in [*evaluations, *steps]), default=0.0)


def _clock() -> str:
    return datetime.now().strftime("%H:%M:%S  ")
