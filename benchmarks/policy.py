"""Trained tokens per second and memory of the policy's update beside TRL's GRPOTrainer: same model, samples, threads.

    python benchmarks/policy.py                        # speed, and the loss and gradient of both
    python benchmarks/policy.py --memory               # how memory grows with the vocabulary and the batch

Both sides live in processes of their own, with the memory settings that the trainer gives its CPU workers, and take
turns: in each round one update each, of the same samples from the same weights. TRL runs its loss, its optimiser and
its mixed precision through accelerate, with the batch padded as its trainer pads it, at each of `--micro-batches`; the
fastest counts. A ratio is the median of the ratios within a round. A token counts as trained when it is a completion
token. Memory is the process's largest resident size; `--memory` takes off what it had before the update.
"""

from __future__ import annotations

import argparse
import atexit
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[1]
sys.path[0] = str(REPOSITORY)  # this file has a package's name

from rlcode.cluster import cpu_environment  # noqa: E402


def main() -> None:
    options = _options()
    if options.side:
        _serve(options)
    elif options.memory:
        _compare_memory(options)
    else:
        _compare_speed(options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--prompts", type=int, default=8)
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--prompt-tokens", type=int, default=100, help="mean; single ones are half to one and a half")
    parser.add_argument("--completion-tokens", type=int, default=96, help="longest; lengths are spread evenly below")
    parser.add_argument(
        "--beta", type=float, default=0.0, help="coefficient of the KL; the reference pass is timed too"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--tokens-per-micro-batch", type=int, default=2048)
    parser.add_argument(
        "--micro-batches", type=int, nargs="+", default=[4, 8], help="samples a pass, for TRL (16 need 12 GB)"
    )
    parser.add_argument("--precision", choices=["bf16", "fp32"], default="bf16")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--side", help=argparse.SUPPRESS)
    return parser.parse_args()


class Side:
    """A process that makes one update for each line it is sent."""

    def __init__(self, options: argparse.Namespace, side: str):
        arguments = [
            text
            for name, value in vars(options).items()
            if name not in ("side", "memory") and value is not None
            for text in (f"--{name.replace('_', '-')}", *map(str, value if isinstance(value, list) else [value]))
        ]
        settings = {**cpu_environment(1, 0), "OMP_NUM_THREADS": str(options.threads)}
        self._process = subprocess.Popen(
            [sys.executable, __file__, *arguments, "--side", side],
            env={**os.environ, **settings, "TOKENIZERS_PARALLELISM": "false"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def update(self) -> dict[str, float]:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        raise SystemExit(f"a side ended with status {self._process.wait()} (-9: out of memory?): {self._process.args}")

    def close(self) -> None:
        self._process.communicate("")


def _compare_speed(options: argparse.Namespace) -> None:
    names = ["rlcode", *(f"trl:{size}" for size in options.micro_batches)]
    sides = {name: Side(options, name) for name in names}
    rounds: list[dict[str, dict[str, float]]] = []
    for side in sides.values():
        side.update()  # warm up
    for number in range(options.rounds):
        rounds.append({name: side.update() for name, side in sides.items()})
        for name, result in rounds[-1].items():
            print(
                f"round {number + 1}  {name:7} {result['tokens'] / result['seconds']:7.1f} tokens/s  "
                f"{result['resident_mb']:6.0f} MB  loss {result['loss']:+.5f}  gradient {result['grad_norm']:.4f}",
                flush=True,
            )
    for side in sides.values():
        side.close()
    rates = {name: statistics.median(r[name]["tokens"] / r[name]["seconds"] for r in rounds) for name in names}
    best = max(names[1:], key=rates.__getitem__)
    ratios = sorted(r[best]["seconds"] / r["rlcode"]["seconds"] for r in rounds)
    print(
        f"rlcode {rates['rlcode']:.1f} tokens/s, {best} {rates[best]:.1f}; ratio {statistics.median(ratios):.2f} "
        f"({ratios[0]:.2f} to {ratios[-1]:.2f}) over {options.rounds} rounds, {options.threads} threads, "
        f"{options.precision}, beta {options.beta:g}"
    )


def _compare_memory(options: argparse.Namespace) -> None:
    """A model of two small layers, so that what is left is what the vocabulary costs."""
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    from reward.models import embedded_model

    tokenizer = AutoTokenizer.from_pretrained(embedded_model())
    print("side     vocabulary  completion tokens   MB during an update")
    for vocabulary in (50_000, 200_000):
        with tempfile.TemporaryDirectory() as folder:
            shape = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4}
            LlamaForCausalLM(LlamaConfig(vocab_size=vocabulary, **shape)).save_pretrained(folder)
            tokenizer.save_pretrained(folder)
            for samples in (4, 8, 16):
                changed = argparse.Namespace(**{**vars(options), "model": folder, "prompts": 1, "samples": samples})
                for name in ("rlcode", f"trl:{samples}"):
                    side = Side(changed, name)
                    result = side.update()
                    side.close()
                    print(f"{name:8} {vocabulary:10}  {result['tokens']:17.0f}  {result['peak_mb']:8.0f}", flush=True)


def _serve(options: argparse.Namespace) -> None:
    import torch

    from reward.models import resolve_model

    torch.set_num_threads(options.threads)
    options.model = resolve_model(options.model)
    side, _, micro_batch = options.side.partition(":")
    update = _rlcode(options) if side == "rlcode" else _trl(options, int(micro_batch))
    for _ in sys.stdin:
        before = _reset_peak()
        began = time.perf_counter()
        result = update()
        result |= {"seconds": time.perf_counter() - began, "resident_mb": _status_mb("VmHWM")}
        result["peak_mb"] = result["resident_mb"] - before
        print(json.dumps(result), flush=True)


def _samples(options: argparse.Namespace) -> list[Any]:
    """Groups of random tokens, lengths spread evenly; the speed of an update depends on nothing else."""
    import numpy as np

    from rlcode.policy.packing import TrainSample

    random, samples = np.random.default_rng(0), []
    lengths = np.linspace(8, options.completion_tokens, options.samples).astype(int)
    for prompt_length in np.linspace(0.5, 1.5, options.prompts) * options.prompt_tokens:
        prompt = random.integers(100, 40_000, max(2, int(prompt_length))).tolist()
        for length in lengths:
            samples.append(
                TrainSample(
                    prompt_ids=prompt,
                    completion_ids=random.integers(100, 40_000, length).tolist(),
                    engine_logprobs=np.zeros(length, np.float32),
                    advantages=np.full(length, random.normal(), np.float32),
                )
            )
    return samples


def _rlcode(options: argparse.Namespace) -> Any:
    from dataclasses import replace

    import torch

    from rlcode.algorithms import AlgorithmSettings, batch_totals
    from rlcode.config import PolicyConfig
    from rlcode.policy.policy import Policy

    settings = PolicyConfig(
        bf16=options.precision == "bf16",
        learning_rate=1e-30,  # so that every round starts from the same weights
        tokens_per_micro_batch=options.tokens_per_micro_batch,
    )
    algorithm = AlgorithmSettings(kl_coefficient=options.beta)
    policy, samples = Policy(options.model, settings, algorithm, 1.0, 1), _samples(options)
    totals = batch_totals(torch.tensor([len(sample.completion_ids) for sample in samples]))

    def update() -> dict[str, float]:
        batch = samples
        if options.beta:
            reference = policy.logprobs(samples, reference=True)
            batch = [replace(sample, ref_logprobs=values) for sample, values in zip(samples, reference, strict=True)]
        result = policy.update(batch, totals, options.beta, Path("unused.pt"))
        return {"tokens": totals.tokens, "loss": result.metrics.values()["loss"], "grad_norm": result.grad_norm}

    return update


def _trl(options: argparse.Namespace, micro_batch: int) -> Any:
    """TRL's trainer, handed the samples where it would have generated them."""
    import torch
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    samples = _samples(options)
    folder = tempfile.mkdtemp()  # the trainer wants one
    atexit.register(shutil.rmtree, folder)
    passes = -(-len(samples) // micro_batch)
    arguments = GRPOConfig(
        output_dir=folder, use_cpu=True, bf16=options.precision == "bf16", report_to=[], beta=options.beta,
        per_device_train_batch_size=micro_batch, gradient_accumulation_steps=passes, num_generations=options.samples,
        generation_batch_size=micro_batch * passes, gradient_checkpointing=False, loss_type="dapo", learning_rate=1e-30,
        model_init_kwargs={"dtype": "float32"}, max_grad_norm=1.0, adam_beta2=0.95, disable_tqdm=True,
    )  # fmt: skip
    trainer = GRPOTrainer(
        model=options.model,
        reward_funcs=lambda completions, **_: [0.0] * len(completions),
        args=arguments,
        train_dataset=Dataset.from_dict({"prompt": ["unused"] * micro_batch * passes}),
    )
    trainer.current_gradient_accumulation_steps = passes
    trainer.create_optimizer()
    model = trainer.accelerator.prepare(trainer.model).train()
    batch = _padded(samples)
    tokens = batch["completion_mask"].sum()

    def update() -> dict[str, float]:
        if options.beta:
            batch["ref_per_token_logps"] = _trl_reference(trainer, batch, micro_batch)
        loss = 0.0
        for start in range(0, len(samples), micro_batch):
            part = {name: values[start : start + micro_batch] for name, values in batch.items()}
            part["num_items_in_batch"] = tokens
            with trainer.compute_loss_context_manager():
                part_loss = trainer.compute_loss(model, part)
            part_loss.backward()
            loss += float(part_loss.detach())
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), arguments.max_grad_norm)
        trainer.optimizer.step()
        trainer.optimizer.zero_grad()
        return {"tokens": int(tokens), "loss": loss, "grad_norm": float(norm)}

    return update


def _trl_reference(trainer: Any, batch: dict[str, Any], micro_batch: int) -> Any:
    """As `GRPOTrainer._generate_and_score_completions` computes them."""
    import torch

    ids = torch.cat([batch["prompt_ids"], batch["completion_ids"]], dim=1)
    mask = torch.cat([batch["prompt_mask"], batch["completion_mask"]], dim=1)
    with torch.no_grad(), trainer.compute_loss_context_manager():
        logps, *_ = trainer._get_per_token_logps_and_entropies(
            trainer.ref_model, ids, mask, batch["completion_ids"].size(1), batch_size=micro_batch
        )
    return logps


def _padded(samples: list[Any]) -> dict[str, Any]:
    """Prompts padded on the left and completions on the right, to the longest of the batch."""
    import torch
    from trl.trainer.utils import pad

    def columns(name: str, side: str) -> tuple[Any, Any]:
        rows = [torch.tensor(getattr(sample, name)) for sample in samples]
        return pad(rows, 0, side), pad([torch.ones_like(row) for row in rows], 0, side)

    prompt_ids, prompt_mask = columns("prompt_ids", "left")
    completion_ids, completion_mask = columns("completion_ids", "right")
    return {
        "prompt_ids": prompt_ids,
        "prompt_mask": prompt_mask,
        "completion_ids": completion_ids,
        "completion_mask": completion_mask,
        "advantages": torch.tensor([float(sample.advantages[0]) for sample in samples]),
    }


def _reset_peak() -> float:
    """Forget the largest resident size so far; returns the present one, MB."""
    Path("/proc/self/clear_refs").write_text("5")
    return _status_mb("VmRSS")


def _status_mb(name: str) -> float:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
