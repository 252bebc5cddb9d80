"""What a run says about itself: metrics.jsonl, which is the same however often the run was killed, and beside it the
terminal, log.txt and TensorBoard's events/, which also tell the time."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, Self, TextIO

from reward.rows import encode_row


class RunLog:
    """Writes on the first rank; on others it does nothing."""

    def __init__(self, run_dir: Path, writes: bool):
        self._metrics, self._events = run_dir / "metrics.jsonl", run_dir / "events"
        self._writer: Any = None
        self._text: TextIO | None = (run_dir / "log.txt").open("a", encoding="utf-8") if writes else None

    def keep_until(self, step: int) -> None:
        """Go on after `step`: rows of later steps, and a torn last line, are those of a run that was killed."""
        if self._text is None:
            return
        from torch.utils.tensorboard import SummaryWriter

        kept = [row for row in read_metrics(self._metrics) if row["step"] <= step]
        beside = self._metrics.with_name(".metrics.tmp")
        beside.write_bytes(b"".join(map(encode_row, kept)))
        beside.replace(self._metrics)
        self._writer = SummaryWriter(str(self._events), purge_step=step + 1 if step else None)

    def step(self, step: int, total_steps: int, metrics: dict[str, float], seconds: float) -> None:
        """One row, one line, one point on every curve. `seconds` is what the step took without evaluation."""
        if self._text is None:
            return
        with self._metrics.open("ab") as file:
            file.write(encode_row({"step": step, **metrics}))
        speed = metrics["pairs"] / max(seconds, 1e-9)
        for name, value in {**metrics, "pairs_per_second": speed}.items():
            self._writer.add_scalar(name, value, step)
        self._writer.flush()
        left = (total_steps - step) * seconds
        self.message(_line(step, total_steps, metrics) + f"  {speed:5.1f} pairs/s  {left / 60:.0f} min left")

    def message(self, text: str) -> None:
        if self._text is not None:
            print(text, flush=True)
            print(time.strftime("%Y-%m-%d %H:%M:%S ") + text, file=self._text, flush=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._text is not None:
            self._text.close()
        if self._writer is not None:
            self._writer.close()


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """The whole lines of metrics.jsonl."""
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


def _line(step: int, total_steps: int, metrics: dict[str, float]) -> str:
    width = len(str(total_steps))
    text = f"step {step:>{width}}/{total_steps}  loss {metrics['loss']:.4f}  accuracy {metrics['accuracy']:6.1%}"
    if "heldout/accuracy" in metrics:
        text += f"  held out: loss {metrics['heldout/loss']:.4f} accuracy {metrics['heldout/accuracy']:6.1%}"
    return text
