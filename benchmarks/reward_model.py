"""Pairs per second of `rlcode rm` beside TRL's RewardTrainer: same model, pairs, batches, precision and threads.

    python benchmarks/reward_model.py --pairs runs/pairs/pairs.jsonl     # as `rlcode pairs` writes them

The two take turns, `--rounds` times each, every time in a process of its own that has memory settings as the trainer's
CPU workers have them. A process makes one step to warm up and then `--steps` steps on `--batch` pairs each; both see
the same pairs in the same batches, shuffled. TRL runs with each of `--micro-batches` and the fastest counts. The losses
are printed too: in the first steps they must agree, for it is the same computation.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY))
from reward.allocator import environment  # noqa: E402


def main() -> None:
    options = _options()
    if options.side:
        print(json.dumps(_measure(options)))
        return
    results: dict[str, list[dict]] = {}
    sides = ["rlcode", *(f"trl:{size}" for size in options.micro_batches)]
    for round_, side in itertools.product(range(options.rounds), sides):
        result = _in_own_process(options, side)
        results.setdefault(side, []).append(result)
        print(f"round {round_ + 1}  {side:8}  {result['pairs_per_second']:6.2f} pairs/s  {result['tokens']}")
        print(f"         losses {' '.join(f'{loss:.4f}' for loss in result['losses'])}", flush=True)
    _summary(results, options.threads)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=Path, required=True, help="a file of pairs")
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--micro-batches", type=int, nargs="+", default=[4, 8])
    parser.add_argument("--tokens-per-row", type=int, default=1024)
    parser.add_argument("--side", help=argparse.SUPPRESS)
    return parser.parse_args()


def _in_own_process(options: argparse.Namespace, side: str) -> dict:
    arguments = [
        *("--side", side, "--pairs", options.pairs, "--model", options.model, "--batch", options.batch),
        *("--steps", options.steps, "--threads", options.threads, "--tokens-per-row", options.tokens_per_row),
    ]
    variables = {**os.environ, **environment(), "OMP_NUM_THREADS": str(options.threads), "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [sys.executable, __file__, *map(str, arguments)], env=variables, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def _measure(options: argparse.Namespace) -> dict:
    import torch

    from reward.train_settings import RewardTrainConfig

    torch.set_num_threads(options.threads)
    config = RewardTrainConfig(
        model=options.model, output_dir=Path("unused"), pairs=options.pairs, heldout_share=0, seed=1, epochs=100,
        pairs_per_batch=options.batch, tokens_per_row=options.tokens_per_row, schedule="constant", warmup_share=0,
    )  # fmt: skip
    side, _, micro_batch = options.side.partition(":")
    steps = options.steps + 1
    return _measure_trl(config, steps, int(micro_batch)) if side == "trl" else _measure_rlcode(config, steps)


def _measure_rlcode(config, steps: int) -> dict:
    trainer = _trainer(config)
    seconds, losses = [], []
    for _ in range(steps):
        began = time.monotonic()
        losses.append(trainer.step()["loss"])
        seconds.append(time.monotonic() - began)
    from reward.packing import fill_rows, make_row

    texts = [_ids(trainer.data.train[index]) for index in trainer._batch(0)]
    rows = [
        make_row([text for index in row for text in texts[index]]) for row in fill_rows(texts, config.tokens_per_row)
    ]
    tokens = sum(row.ids_1S.shape[1] for row in rows)
    return _result(config, seconds, losses, f"{tokens} tokens in {len(rows)} rows in the first batch")


def _measure_trl(config, steps: int, micro_batch: int) -> dict:
    """The same weights, pairs and batches through RewardTrainer, with its own collator, loop and optimiser."""
    import torch
    from datasets import Dataset
    from transformers import TrainerCallback
    from trl import RewardConfig, RewardTrainer

    ours = _trainer(config)
    members = [index for step in range(steps) for index in ours._batch(step)]
    columns = [
        dict(zip(("chosen_ids", "rejected_ids"), _ids(ours.data.train[index]), strict=True)) for index in members
    ]
    ends: list[float] = []

    class Clock(TrainerCallback):
        def on_step_begin(self, args, state, control, **kwargs):
            if not ends:
                ends.append(time.monotonic())

        def on_step_end(self, args, state, control, **kwargs):
            ends.append(time.monotonic())

    class InOrder(RewardTrainer):
        def _get_train_sampler(self, *args, **kwargs):
            return torch.utils.data.SequentialSampler(self.train_dataset)

    with tempfile.TemporaryDirectory() as folder:
        arguments = RewardConfig(
            output_dir=folder, max_steps=steps, per_device_train_batch_size=micro_batch, bf16=True, use_cpu=True,
            gradient_accumulation_steps=config.pairs_per_batch // micro_batch, learning_rate=config.learning_rate,
            lr_scheduler_type="constant", save_strategy="no", report_to=[], disable_tqdm=True, logging_steps=1,
            gradient_checkpointing=False, max_length=config.max_tokens,
        )  # fmt: skip
        trainer = InOrder(
            ours.classifier, arguments, train_dataset=Dataset.from_list(columns), processing_class=ours.tokenizer,
            callbacks=[Clock()],
        )  # fmt: skip
        trainer.train()
    losses = [row["loss"] for row in trainer.state.log_history if "loss" in row]
    first = trainer.get_train_dataloader()
    tokens = sum(batch["input_ids"].numel() for batch in itertools.islice(first, config.pairs_per_batch // micro_batch))
    seconds = [after - before for before, after in itertools.pairwise(ends)]
    return _result(config, seconds, losses, f"{tokens} tokens with padding in the first batch")


def _trainer(config):
    """The model with its random head, and the encoded pairs, the same on both sides."""
    import torch

    from reward.model import load_reward_model
    from reward.pair_data import load_pair_data
    from reward.ranks import ALONE
    from reward.trainer import RewardTrainer

    torch.manual_seed(0)
    model, tokenizer = load_reward_model(config.model)
    data = load_pair_data(config, tokenizer, config.max_tokens)
    return RewardTrainer(config, model, tokenizer, data, ALONE, log=None)  # type: ignore[arg-type]


def _ids(encoded) -> tuple[list[int], list[int]]:
    return encoded.chosen_ids, encoded.rejected_ids


def _result(config, seconds: list[float], losses: list[float], tokens: str) -> dict:
    """The first step, in which memory is had for the first time, does not count."""
    speed = config.pairs_per_batch * len(seconds[1:]) / sum(seconds[1:])
    return {"pairs_per_second": speed, "losses": losses, "tokens": tokens}


def _summary(results: dict[str, list[dict]], threads: int) -> None:
    speeds = {side: [result["pairs_per_second"] for result in found] for side, found in results.items()}
    peer = max((side for side in speeds if side.startswith("trl")), key=lambda side: statistics.median(speeds[side]))
    print(f"\n{threads} threads; pairs per second, median and range")
    for side, values in speeds.items():
        print(f"  {side:8}  {statistics.median(values):6.2f}  ({min(values):.2f} to {max(values):.2f})")
    ratios = [ours / theirs for ours, theirs in zip(speeds["rlcode"], speeds[peer], strict=True)]
    print(f"rlcode / {peer}: {', '.join(f'{ratio:.2f}' for ratio in ratios)} times, round by round")


if __name__ == "__main__":
    main()
