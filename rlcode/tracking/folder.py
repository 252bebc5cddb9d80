"""Names and paths inside a run folder."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunFolder:
    """Where everything a run writes lies. Knows names only; creates nothing."""

    path: Path

    @property
    def config(self) -> Path:
        return self.path / "config.yaml"

    @property
    def metrics(self) -> Path:
        """One JSON object per step."""
        return self.path / "metrics.jsonl"

    @property
    def evaluations(self) -> Path:
        """One JSON object per evaluation of one benchmark."""
        return self.path / "evaluations.jsonl"

    @property
    def rollouts(self) -> Path:
        """One Parquet file per step, one row per completion."""
        return self.path / "rollouts"

    @property
    def events(self) -> Path:
        """TensorBoard event files."""
        return self.path / "events"

    @property
    def log(self) -> Path:
        return self.path / "log.txt"

    @property
    def report(self) -> Path:
        return self.path / "report.html"
