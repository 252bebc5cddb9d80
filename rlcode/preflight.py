"""What `--dry-run` shows, and what is checked before a run touches anything."""

from __future__ import annotations

from pathlib import Path

from reward.settings import ConfigError
from rlcode.cluster import check_room, demand, join_cluster, running_cluster
from rlcode.config import TrainConfig
from rlcode.preparation import Prepared


def refuse_existing_run(folder: Path) -> None:
    """Raises ConfigError when the folder already holds a run. One that failed before its first step is none."""
    metrics = folder / "metrics.jsonl"
    if (metrics.exists() and metrics.stat().st_size) or (folder / "checkpoints").exists():
        raise ConfigError(
            f"{folder} already holds a run: continue it with --resume {folder}, or set output_dir to another folder"
        )


def plan(config: TrainConfig, prepared: Prepared) -> str:
    """The run in numbers, one line each."""
    rollout, need = config.rollout, demand(config)
    completions = rollout.prompts_per_step * rollout.samples_per_prompt
    epochs = config.steps * rollout.prompts_per_step / len(prepared.train)
    lines = [
        f"model        {prepared.model_path}",
        f"engine       {prepared.engine}, at most {prepared.max_tokens} tokens a sequence",
        f"problems     {len(prepared.train)} from {config.train_problems}, {prepared.too_long} left out as too long",
        f"a step       {rollout.prompts_per_step} prompts × {rollout.samples_per_prompt} samples = {completions} "
        f"completions, {config.policy.updates_per_step} update(s)",
        f"the run      {config.steps} steps, {epochs:.1f} epochs, checkpoint every {config.checkpoint.every_steps}",
        f"algorithm    {config.algorithm.advantage}, loss {config.algorithm.loss}, KL coefficient "
        f"{config.algorithm.kl_coefficient:g}" + ("" if config.algorithm.needs_reference else " (no reference model)"),
        *(
            f"evaluation   {settings.problems}: {len(prompts)} problems × {settings.samples} samples at temperature "
            f"{settings.temperature:g}"
            for _, settings, prompts in prepared.evaluation
        ),
        f"workers      {rollout.workers} rollout, {config.judge.workers} judge × {config.judge.slots} slots, "
        f"{config.policy.workers} policy; {need.cpus:g} CPUs and {need.gpus:g} GPUs in Ray's count",
        f"output       {config.output_dir}",
    ]
    return "\n".join([*lines, _room(config)])


def _room(config: TrainConfig) -> str:
    if config.local:
        return "cluster      none: everything runs in this process"
    address = running_cluster(config.cluster)
    if address is None:
        return "cluster      Ray on this machine, for the time of the run"
    import ray

    join_cluster(address)
    try:
        check_room(demand(config), config.cluster)
    finally:
        ray.shutdown()
    return f"cluster      {address}: there is room"
