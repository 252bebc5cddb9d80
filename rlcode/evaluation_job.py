"""`rlcode eval`: pass@k of any model on any problems, without training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from reward.settings import ConfigError, dump_config
from rlcode.cluster import ray_cluster, start_workers
from rlcode.collect import Judged
from rlcode.config import EvalConfig, EvaluationSet
from rlcode.data import Prompt, Sample
from rlcode.evaluate import Evaluation, evaluate
from rlcode.preparation import Prepared, write_config
from rlcode.report import build_report
from rlcode.step_log import rollout_rows
from rlcode.tracking import RunFolder, Tracker

Result = tuple[str, EvaluationSet, Evaluation]


def evaluate_model(config: EvalConfig, prepared: Prepared) -> None:
    """Evaluate every set of the config, record it in `config.output_dir`, and print a table.

    The folder has what a run's has: one row a set in evaluations.jsonl, every judged program in rollouts/, report.html.
    Each set is on disk before the next one begins. Raises ConfigError when the folder already holds an evaluation.
    """
    folder = RunFolder(config.output_dir)
    refuse_existing_evaluation(folder)
    write_config(dump_config(config), folder.path)
    results: list[Result] = []
    rows: list[dict[str, Any]] = []
    with (
        Tracker(folder.path, total_steps=0) as tracker,
        ray_cluster(config),
        start_workers(config, prepared.model_path, prepared.max_tokens, folder.path / "workers") as workers,
    ):
        tracker.message(prepared.summary(workers.judges.tier))
        for name, settings, prompts in prepared.evaluation:
            with tracker.phase(f"evaluate {name}", total=len(prompts) * settings.samples) as phase:
                result, judged = evaluate(workers, prompts, settings, config.rollout.stop, config.seed, phase.advance)
            rows += [{"benchmark": name, **row} for row in _rows(judged, prompts)]
            tracker.log_rollouts(0, rows)
            how = {"samples": settings.samples, "temperature": settings.temperature}
            tracker.log_evaluation(0, name, result.to_dict() | how)
            results.append((name, settings, result))
    print_table(results)
    print(f"programs and verdicts: {build_report(folder.path)}")


def refuse_existing_evaluation(folder: RunFolder) -> None:
    """Raises ConfigError when something was recorded in the folder before."""
    for file in (folder.evaluations, folder.metrics):
        if file.exists() and file.stat().st_size:
            raise ConfigError(f"{folder.path} already holds results ({file.name}); set output_dir to another folder")


def print_table(results: Sequence[Result]) -> None:
    """pass@k of every benchmark, in percent, with its 95 % interval."""
    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column("benchmark")
    for title in ("problems", "samples", "temperature", "", "pass@k", "95 % CI", "not judged"):
        table.add_column(title, justify="right")
    for name, settings, result in results:
        head = [name, str(len(result.problems)), str(settings.samples), f"{settings.temperature:g}"]
        tail = [str(result.infra_errors)]
        for k, value in result.pass_at.items():
            low, high = result.interval[k]
            table.add_row(*head, f"pass@{k}", f"{100 * value:.1f} %", f"{100 * low:.1f} to {100 * high:.1f}", *tail)
            head, tail = [""] * len(head), []
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 120
    console.print(table)


def _rows(judged: Sequence[Judged], prompts: Sequence[Prompt]) -> list[dict[str, Any]]:
    """One row a program for rollouts/; an evaluation has no rewards and no advantages."""
    samples = [Sample(item.rollout, item.program, item.verdict, reward=None) for item in judged]
    return rollout_rows(samples, prompts, [None] * len(samples))
