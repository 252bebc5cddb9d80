"""Dashboards beside metrics.jsonl: TensorBoard always, Weights & Biases when asked for."""

from pathlib import Path
from typing import Any, Protocol


class Sink(Protocol):
    def write(self, step: int, values: dict[str, float]) -> None: ...
    def close(self) -> None: ...


class TensorBoardSink:
    def __init__(self, folder: Path, resume_from_step: int | None):
        # Imported here: the report and `rlcode view` read run folders without loading torch.
        from torch.utils.tensorboard import SummaryWriter

        purge = None if resume_from_step is None else resume_from_step + 1
        self._writer = SummaryWriter(str(folder), purge_step=purge, flush_secs=20)

    def write(self, step: int, values: dict[str, float]) -> None:
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()


class WandbMissing(RuntimeError):
    """The package wandb is not installed; the message says how to get it."""


def require_wandb() -> None:
    """Raises WandbMissing if the package is missing: to be known before anything is written."""
    try:
        import wandb  # noqa: F401
    except ImportError as error:
        raise WandbMissing(
            "Weights & Biases was asked for, but the package wandb is not installed: "
            "pip install 'rlcode[wandb]', or leave the setting off"
        ) from error


class WandbSink:
    """`settings` are the arguments of wandb.init. The run's id is kept in the folder, so that a resumed run goes on."""

    def __init__(self, folder: Path, settings: dict[str, Any]):
        import wandb

        id_file = folder / "wandb_id.txt"
        run_id = id_file.read_text().strip() if id_file.exists() else None
        self._run = wandb.init(**{"dir": str(folder), "id": run_id, "resume": "allow", **settings})
        id_file.write_text(self._run.id + "\n")
        # An own axis: wandb's internal step only counts upwards, and a resumed run repeats steps.
        self._run.define_metric("step")
        self._run.define_metric("*", step_metric="step")

    def write(self, step: int, values: dict[str, float]) -> None:
        self._run.log({"step": step, **values})

    def close(self) -> None:
        self._run.finish()
