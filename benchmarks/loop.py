"""Samples per second of the whole loop beside TRL's GRPOTrainer: same model, prompts, judge, sizes and update.

    python benchmarks/loop.py                          # the embedded model, without and with a KL
    python benchmarks/loop.py --control                # a tiny random model, where only overhead is left

The two take turns, `--rounds` times each, every time as a run of its own: `rlcode train`, and GRPOTrainer with its own
loop, whose reward function runs programs in the same sandbox with the same limits. TRL generates with transformers: its
vLLM modes need a GPU. Both have the memory settings that rlcode gives its CPU workers. Prompts are the starter set's,
completions end at the end of text or at the length limit, no part of either is cut. The first step of a run warms up
and does not count. A ratio is the median of the ratios within a round.
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
from typing import Any

REPOSITORY = Path(__file__).parents[1]
sys.path[0] = str(REPOSITORY)

from rlcode.cluster import cpu_environment  # noqa: E402

CPU_SECONDS = 0.5  # limit of a program, both sides


def main() -> None:
    options = _options()
    if options.side:
        print(json.dumps(_trl(options)))
        return
    with tempfile.TemporaryDirectory() as folder:
        if options.control:
            options.model = _random_model(Path(folder) / "random")
        for beta in options.betas:
            rounds = []
            for number in range(options.rounds):
                rounds.append({"rlcode": _rlcode(options, beta), "trl": _in_own_process(options, beta)})
                for side, result in rounds[-1].items():
                    _print_row(f"beta {beta:g}  round {number + 1}  {side}", result)
            _summary(beta, rounds, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--control", action="store_true", help="a random model of two small layers instead")
    parser.add_argument("--prompts", type=int, default=8)
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--max-new-tokens", type=int, default=96)
    parser.add_argument("--steps", type=int, default=4, help="steps that count")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--betas", type=float, nargs="+", default=[0.0, 0.04])
    parser.add_argument("--micro-batch", type=int, default=16, help="samples a pass, for TRL")
    parser.add_argument("--engine", choices=["vllm", "transformers"], default="vllm", help="rlcode's")
    parser.add_argument("--side", help=argparse.SUPPRESS)
    return parser.parse_args()


def _environment() -> dict[str, str]:
    return {**os.environ, **cpu_environment(1, 0), "TOKENIZERS_PARALLELISM": "false", "PYTHONPATH": str(REPOSITORY)}


def _rlcode(options: argparse.Namespace, beta: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        settings = {
            "output_dir": run, "model": options.model, "steps": options.steps + 1, "prompt.prefill": "starter",
            "rollout.engine": options.engine, "rollout.prompts_per_step": options.prompts, "rollout.stop": "[]",
            "rollout.samples_per_prompt": options.samples, "rollout.max_new_tokens": options.max_new_tokens,
            "judge.slots": 1, "judge.limits.cpu_seconds": CPU_SECONDS, "algorithm.kl_coefficient": beta,
            "policy.learning_rate": 1e-6, "checkpoint.every_steps": 1000, "logprob_gap.stop": 0,
        }  # fmt: skip
        config = Path(folder) / "config.yaml"
        config.write_text("train_problems: starter/train\n")
        command = [sys.executable, "-m", "rlcode", "train", str(config), *(f"{k}={v}" for k, v in settings.items())]
        subprocess.run(command, env=_environment(), check=True, stdout=subprocess.DEVNULL)
        rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    ends = [row["elapsed_seconds"] for row in rows]
    seconds = statistics.median(later - earlier for earlier, later in itertools.pairwise(ends))
    tokens = statistics.fmean(row["length/mean"] for row in rows[1:])
    return {"seconds": seconds, "samples": options.prompts * options.samples, "tokens": tokens}


def _in_own_process(options: argparse.Namespace, beta: float) -> dict[str, float]:
    arguments = {
        "--model": options.model, "--prompts": options.prompts, "--samples": options.samples, "--side": "trl",
        "--max-new-tokens": options.max_new_tokens, "--steps": options.steps, "--betas": beta,
        "--micro-batch": options.micro_batch,
    }  # fmt: skip
    command = [sys.executable, __file__, *(str(part) for pair in arguments.items() for part in pair)]
    done = subprocess.run(command, env=_environment(), check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def _trl(options: argparse.Namespace) -> dict[str, float]:
    """A run of GRPOTrainer; its reward is 1 where a program passes all tests, as `binary` is."""
    from datasets import Dataset
    from transformers import TrainerCallback
    from trl import GRPOConfig, GRPOTrainer

    from reward.models import resolve_model
    from rlcode.config import PromptConfig
    from rlcode.extraction import extract_program
    from rlcode.problems import load_problems
    from rlcode.prompts import PromptBuilder
    from sandbox import Judge, Limits

    model, total = resolve_model(options.model), options.prompts * options.samples
    builder = PromptBuilder(model, PromptConfig(prefill="starter"))
    prompts = {prompt.text: prompt for prompt in map(builder.build, load_problems("starter/train"))}
    ends: list[float] = []
    lengths: list[float] = []

    class Clock(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            ends.append(time.monotonic())

    with Judge(workers=1, limits=Limits(cpu_seconds=CPU_SECONDS)) as judge, tempfile.TemporaryDirectory() as folder:

        def reward(prompts_given: list[str], completions: list[str], completion_ids: list, **_: Any) -> list[float]:
            lengths.append(statistics.fmean(map(len, completion_ids)))
            asked = [prompts[text] for text in prompts_given]
            programs = [extract_program(text, prompt.prefill) for text, prompt in zip(completions, asked, strict=True)]
            jobs = [(program, prompt.problem.tests) for program, prompt in zip(programs, asked, strict=True)]
            verdicts = dict(judge.run_many(jobs))
            return [float(verdicts[index].passed) for index in range(len(jobs))]

        arguments = GRPOConfig(
            output_dir=folder, max_steps=options.steps + 1, per_device_train_batch_size=options.micro_batch,
            gradient_accumulation_steps=total // options.micro_batch, generation_batch_size=total,
            num_generations=options.samples, max_completion_length=options.max_new_tokens, temperature=1.0,
            beta=options.betas[0], learning_rate=1e-6, lr_scheduler_type="constant", adam_beta2=0.95, max_grad_norm=1.0,
            loss_type="dapo", bf16=True, use_cpu=True, gradient_checkpointing=False, save_strategy="no", report_to=[],
            model_init_kwargs={"dtype": "float32"}, disable_tqdm=True, logging_steps=1000,
        )  # fmt: skip
        trainer = GRPOTrainer(
            model=model,
            reward_funcs=lambda prompts, completions, **extra: reward(prompts, completions, **extra),
            args=arguments,
            train_dataset=Dataset.from_dict({"prompt": list(prompts)}),
            callbacks=[Clock()],
        )
        trainer.train()
    seconds = statistics.median(later - earlier for earlier, later in itertools.pairwise(ends))
    return {"seconds": seconds, "samples": total, "tokens": statistics.fmean(lengths[1:])}


def _random_model(folder: Path) -> str:
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    from reward.models import embedded_model

    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(embedded_model())
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=2,
        tie_word_embeddings=True, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def _print_row(label: str, result: dict[str, float]) -> None:
    rate = result["samples"] / result["seconds"]
    print(
        f"{label:28} {rate:6.2f} samples/s  {result['seconds']:6.1f} s a step  {result['tokens']:.0f} tokens a sample"
    )
    sys.stdout.flush()


def _summary(beta: float, rounds: list[dict[str, dict[str, float]]], options: argparse.Namespace) -> None:
    ratios = sorted(pair["trl"]["seconds"] / pair["rlcode"]["seconds"] for pair in rounds)
    print(
        f"beta {beta:g}: ratio {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}) over "
        f"{len(rounds)} rounds of {options.steps} steps, {options.prompts} prompts × {options.samples} samples",
        flush=True,
    )


if __name__ == "__main__":
    main()
