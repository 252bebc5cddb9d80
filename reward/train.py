"""`python -m reward.train CONFIG [key=value …]`, the same as `rlcode rm`.

    python -m reward.train configs/reward-model.yaml pairs=runs/pairs/pairs.jsonl
    torchrun --nproc-per-node 8 -m reward.train configs/reward-model.yaml

The run folder holds config.yaml, metrics.jsonl, log.txt, events/, excluded.jsonl, checkpoints/, and in the end model/,
evaluation.json, heldout_scores.jsonl and report.html. The same command goes on where a run was stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from reward.allocator import keep_freed_memory
from reward.rows import write_rows
from reward.schema import Pair
from reward.settings import ConfigError, dump_config, load_config
from reward.train_settings import RewardTrainConfig

if TYPE_CHECKING:  # torch is loaded when the settings are known to be right
    from reward.pair_data import PairData
    from reward.ranks import Ranks


def main(arguments: Sequence[str] | None = None) -> int:
    """Train from the command line; a failure with a known cause is one message and exit status 1."""
    parser = argparse.ArgumentParser(prog="python -m reward.train", description="Train a reward model on pairs.")
    parser.add_argument("config", help="a YAML file, such as configs/reward-model.yaml")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="settings to change")
    options = parser.parse_args(arguments)
    try:
        if said := train_reward_model(load_config(RewardTrainConfig, options.config, options.overrides)):
            print(said)
    except (ValueError, RuntimeError) as error:
        if type(error).__module__.split(".")[0] != "reward":
            raise
        print(f"reward.train: {error}", file=sys.stderr)
        return 1
    return 0


def train_reward_model(config: RewardTrainConfig) -> str:
    """Train in `config.output_dir`, from the start or from where it was stopped; returns how it went, in a line."""
    from reward.ranks import join_ranks

    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    keep_freed_memory()
    if (config.output_dir / "report.html").is_file():
        _claim(config)
        return f"{config.output_dir} is finished: {headline(config.output_dir)}"
    ranks = join_ranks(always=config.deepspeed is not None)
    try:
        data, best = _train(config, ranks)
        ranks.gather(None)  # nobody leaves while another still writes
    finally:
        ranks.leave()
    if not ranks.first:
        return ""  # the first rank speaks for all
    _finish(config, data, best)
    return headline(config.output_dir)


def _train(config: RewardTrainConfig, ranks: Ranks) -> tuple[PairData, Path]:
    """The pairs, and the folder of the checkpoint to keep."""
    import torch

    from reward.lora import add_lora
    from reward.model import load_reward_model, longest_input
    from reward.pair_data import load_pair_data
    from reward.run_log import RunLog
    from reward.trainer import RewardTrainer

    torch.manual_seed(config.seed)
    model, tokenizer = load_reward_model(config.model)
    if config.lora is not None:
        add_lora(model.classifier, config.lora)
    if config.gradient_checkpointing:
        model.classifier.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    data = load_pair_data(config, tokenizer, longest_input(model.classifier))
    if ranks.first:
        _claim(config)
        data.write_excluded(config.output_dir / "excluded.jsonl")
    ranks.gather(None)  # the folder is there
    with RunLog(config.output_dir, writes=ranks.first) as log:
        log.message(data.summary())
        return data, RewardTrainer(config, model, tokenizer, data, ranks, log).fit()


def _claim(config: RewardTrainConfig) -> None:
    """Take the folder, or recognise it as this run's own. Raises ConfigError where another run has it."""
    text, path = dump_config(config), config.output_dir / "config.yaml"
    if not path.is_file():
        config.output_dir.mkdir(parents=True, exist_ok=True)
        path.with_name(".config.tmp").write_text(text, encoding="utf-8")
        path.with_name(".config.tmp").replace(path)
    elif path.read_text(encoding="utf-8") != text:
        before, now = yaml.safe_load(path.read_text(encoding="utf-8")), yaml.safe_load(text)
        changed = [name for name in now if before.get(name) != now[name]]
        raise ConfigError(
            f"{config.output_dir} holds a run with other settings ({', '.join(changed) or 'of another version'}); "
            "set output_dir to another folder, or go on with the settings in its config.yaml"
        )


def _finish(config: RewardTrainConfig, data: PairData, best: Path) -> None:
    """The model to keep, measured as it was saved; report.html is written last and marks the run as finished."""
    from reward.pair_evaluation import evaluate_pairs
    from reward.scorer import Scorer
    from reward.train_report import write_report

    folder, beside = config.output_dir / "model", config.output_dir / ".model.tmp"
    for stale in (folder, beside):
        shutil.rmtree(stale, ignore_errors=True)
    shutil.copytree(best / "model", beside)
    beside.rename(folder)
    pairs, scores_M2, result = [encoded.pair for encoded in data.heldout], np.zeros((0, 2)), None
    if pairs:
        texts = [(pair.user_text, text) for pair in pairs for text in (pair.chosen, pair.rejected)]
        scores_M2 = Scorer(folder, config.tokens_per_row, config.bf16).score(texts).reshape(-1, 2)
        result = evaluate_pairs(pairs, scores_M2[:, 0], scores_M2[:, 1])
    write_rows(_score_rows(pairs, scores_M2), config.output_dir / "heldout_scores.jsonl")
    evaluation = {"checkpoint": best.name, **(result.to_dict() if result else {"pairs": 0})}
    (config.output_dir / "evaluation.json").write_text(json.dumps(evaluation, indent=1) + "\n")
    write_report(config.output_dir, data.summary(), pairs, scores_M2, result)


def _score_rows(pairs: Sequence[Pair], scores_M2: np.ndarray) -> Iterator[dict[str, Any]]:
    for pair, (chosen, rejected) in zip(pairs, scores_M2.tolist(), strict=True):
        yield {
            "id": pair.id,
            "problem_id": pair.problem_id,
            "margin": pair.margin,
            "chosen": chosen,
            "rejected": rejected,
        }


def headline(run_dir: Path) -> str:
    found = json.loads((run_dir / "evaluation.json").read_text())
    if not found["pairs"]:
        return f"no pairs were held out to measure on; the model is in {run_dir / 'model'}"
    accuracy = found["accuracy"]
    return (
        f"held-out accuracy {100 * accuracy['value']:.1f} % (95 % CI {100 * accuracy['low']:.1f} to "
        f"{100 * accuracy['high']:.1f}) on {found['pairs']} pairs of {found['problems']} problems, from "
        f"{found['checkpoint']}; the model is in {run_dir / 'model'}, the report in {run_dir / 'report.html'}"
    )


if __name__ == "__main__":
    status = main()
    if "torch.distributed" in sys.modules:
        from reward.ranks import end_process

        end_process(status)
    raise SystemExit(status)
