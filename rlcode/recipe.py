"""`rlcode acecoder`: all of AceCoder (arXiv 2502.01718), from sampling to reinforcement learning.

Each stage is a command of its own, with a config of its own that is written beside its results: any of them can be run
again by hand. This file fills in what one stage hands to the next, and starts them in order.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from reward.settings import Section, dump_config, parse_config
from reward.train_settings import RewardTrainConfig
from rlcode.checkpoint import Checkpoints
from rlcode.config import AceCoderConfig, BestOfNConfig, PairsConfig, SampleConfig, TrainConfig
from sandbox.isolation.syscalls import PR_SET_PDEATHSIG, prctl


class StageFailed(RuntimeError):
    """A stage that did not come to its end; what it had finished is kept."""


@dataclass(frozen=True)
class Stage:
    """One command of the recipe, `rlcode COMMAND`, with the config it is given."""

    title: str
    command: str
    config: Any  # one of the config classes; each has `output_dir`

    @property
    def folder(self) -> Path:
        return Path(self.config.output_dir)

    @property
    def finished(self) -> Path:
        """Written when the stage has ended well: what it found, and how long it took."""
        return self.folder.with_suffix(".finished.json")


def stages(config: AceCoderConfig) -> list[Stage]:
    """Every stage with its complete settings. Raises ConfigError naming the stage whose settings are wrong."""
    out = config.output_dir
    samples, pairs, rewards = out / "1-samples", out / "2-pairs", out / "3-reward-model"
    base = {"model": config.model, "seed": config.seed}
    shared = {**base, "local": config.local, "prompt": config.prompt, "judge": config.judge}
    scored = {"reward": {"terms": [{"kind": "model", "model": str(rewards / "model")}]}}

    def stage(title: str, command: str, kind: type[Section], folder: Path, *values: dict[str, Any]) -> Stage:
        merged = {"output_dir": folder, **{key: value for part in values for key, value in part.items()}}
        return Stage(title, command, parse_config(kind, merged, f"{title} ({folder.name})"))

    found = {"samples": [samples / "samples.jsonl"]}
    made = {"pairs": pairs / "pairs.jsonl", "heldout": pairs / "heldout.jsonl"}
    chosen = {"reward_model": str(rewards / "model")}
    by_model, by_tests = {"preset": "acecoder-rm"}, {"preset": "acecoder-rule"}
    return [
        stage("samples", "sample", SampleConfig, samples, shared, config.sample),
        stage("pairs", "pairs", PairsConfig, pairs, found, config.pairs),
        stage("reward model", "rm", RewardTrainConfig, rewards, base, made, config.reward_model),
        stage("best of n", "best-of-n", BestOfNConfig, out / "4-best-of-n", shared, chosen, config.best_of_n),
        stage("RL, model's reward", "train", TrainConfig, out / "5-rl-model", shared, scored, _rl(config, by_model)),
        stage("RL, test reward", "train", TrainConfig, out / "6-rl-tests", shared, _rl(config, by_tests)),
    ]


def run_recipe(config: AceCoderConfig) -> None:
    """Run every stage that is not finished, and print what each of them found.

    Raises StageFailed when one fails or is interrupted; the same command then goes on from there.
    """
    planned = stages(config)
    for number, stage in enumerate(planned, start=1):
        if stage.finished.exists():
            continue
        print(f"\n── {number} of {len(planned)}: {stage.title} ──", flush=True)
        began = time.monotonic()
        _run(stage)
        row = {"result": _result(stage), "seconds": time.monotonic() - began}
        stage.finished.write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
    _print_summary(planned)


def _rl(config: AceCoderConfig, algorithm: dict[str, Any]) -> dict[str, Any]:
    """The settings of both trainings, which differ in nothing but the reward."""
    return {**config.train, "algorithm": {**algorithm, **config.train.get("algorithm", {})}}


def _run(stage: Stage) -> None:
    """Start the stage in a process of its own, so that each begins with all memory free, and wait for its end."""
    stage.folder.parent.mkdir(parents=True, exist_ok=True)
    path = stage.folder.with_suffix(".yaml")
    path.write_text(dump_config(stage.config), encoding="utf-8")
    command = [sys.executable, "-m", "rlcode", stage.command, *_where_to_begin(stage, path)]
    usual = signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C reaches the stage too, which ends itself in order
    try:
        code = subprocess.Popen(command, preexec_fn=_end_with_the_recipe).wait()
    finally:
        signal.signal(signal.SIGINT, usual)
    if code or not _came_to_its_end(stage):
        how = f"failed with exit status {code}" if code else "was interrupted"
        raise StageFailed(f"{stage.title} {how}; the same command goes on from there. By hand: {' '.join(command[2:])}")


def _end_with_the_recipe() -> None:
    """Runs in the stage's process before the stage does. Were it to live on when the recipe is killed, the same command
    would start it a second time, in the same folder."""
    prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _where_to_begin(stage: Stage, path: Path) -> list[str]:
    """Arguments that continue what a killed run of the stage left, or begin it."""
    if stage.command == "train":
        if (stage.folder / "checkpoints" / "latest").exists():
            return ["--resume", str(stage.folder)]
        shutil.rmtree(stage.folder, ignore_errors=True)  # no checkpoint: nothing to keep
    return [str(path)]


def _came_to_its_end(stage: Stage) -> bool:
    """An interrupted training ends well, but early."""
    if stage.command != "train":
        return True
    _, state = Checkpoints(stage.folder, stage.config.checkpoint.keep).latest(stage.config.model)
    return state.step >= stage.config.steps


def _result(stage: Stage) -> str:
    """What a stage found, in a line, from the files it wrote."""
    from reward.schema import read_samples
    from reward.train import headline as reward_headline
    from rlcode.report import headline

    match stage.command:
        case "sample":
            drawn = list(read_samples(stage.folder / "samples.jsonl"))
            passed = sum(item.outcome == "passed" for item in drawn)
            return f"{len(drawn)} programs, {passed} pass every test"
        case "pairs":
            train, heldout = (_lines(stage.folder / name) for name in ("pairs.jsonl", "heldout.jsonl"))
            return f"{train} pairs to train on, {heldout} held out"
        case "rm":
            return reward_headline(stage.folder).partition(";")[0]
        case "best-of-n":
            results = json.loads((stage.folder / "best_of_n.json").read_text(encoding="utf-8"))
            return "\n".join(_reranked(result["name"], result["rows"][-1]) for result in results)
        case _:
            return headline(stage.folder)


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def _reranked(name: str, row: dict[str, Any]) -> str:
    """The row with the largest n."""
    ways = [("greedy", "greedy"), ("average", "average"), (f"best of {row['n']}", "reward_model"), ("oracle", "oracle")]
    shares = [f"{title} {100 * row[key]['value']:.1f} %" for title, key in ways if row[key]]
    return f"{name}: {', '.join(shares)}"


def _print_summary(planned: list[Stage]) -> None:
    table = Table(box=None, header_style="dim", pad_edge=False)
    for title in ("stage", "minutes", "result"):
        table.add_column(title, justify="right" if title == "minutes" else "left")
    total = 0.0
    for stage in planned:
        row = json.loads(stage.finished.read_text(encoding="utf-8"))
        total += row["seconds"]
        table.add_row(stage.title, f"{row['seconds'] / 60:.1f}", row["result"])
    table.add_row("together", f"{total / 60:.1f}", f"in {planned[0].folder.parent}")
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 160
    console.print()
    console.print(table)
