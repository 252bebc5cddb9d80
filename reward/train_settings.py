"""Settings of `rlcode rm`. The defaults are those of AceCoder's reward models (arXiv 2502.01718, section 3.1)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator

from reward.schedule import Schedule
from reward.settings import Beta, Section, Seed
from reward.zero import read_zero_config

DECIDED_HERE = {
    "batch": "pairs_per_batch",
    "micro-batch": "tokens_per_row",
    "clip": "gradient_clip",
    "optimiser": "learning_rate, adam_betas and weight_decay",
    "schedule": "schedule and warmup_share",
    "precision": "bf16",
    "checkpointing": "gradient_checkpointing",
}


class LossConfig(Section):
    """Bradley–Terry: −log σ(score of the better − score of the worse)."""

    weighting: Literal["pair", "problem"] = "pair"
    """pair: every pair counts the same, as in AceCoder's training code. problem: a pair of a problem with n programs
    counts 1/(n(n−1)), as in the paper's equation 1, so that problems with many programs count no more than others;
    the weights are scaled to a mean of 1."""
    margin: Literal["none", "subtract", "scale"] = "none"
    """What the difference m of the pass rates does. subtract: −log σ(difference of scores − m). scale: −m log σ(…)."""
    centring: float = Field(0.0, ge=0)
    """Weight of (score of the better + score of the worse)², which keeps scores around zero (arXiv 2312.09244);
    0.01 is usual."""


class LoraConfig(Section):
    """Train low-rank additions to every linear layer, and the head, instead of all weights."""

    rank: int = Field(16, gt=0)
    alpha: int = Field(32, gt=0)
    """The additions are scaled by alpha / rank."""


class RewardTrainConfig(Section):
    """`rlcode rm`, `python -m reward.train`."""

    model: str = "smollm2-135m"
    """The embedded model, a Hugging Face folder, or a hub id: a causal model, or a reward model to train further."""
    output_dir: Path
    pairs: Path
    """Pairs to train on, as `rlcode pairs` writes them or as AceCodePair-300K has them."""
    heldout: Path | None = None
    """Pairs to measure on. None takes `heldout_share` of the problems out of `pairs`."""
    heldout_share: float = Field(0.005, ge=0, lt=1)
    seed: Seed = 0
    max_tokens: int = Field(2048, gt=0)
    """Pairs with a longer text are left out, counted and listed."""
    epochs: int = Field(1, gt=0)
    pairs_per_batch: int = Field(128, gt=0)
    """Pairs in one optimiser step, over all ranks."""
    tokens_per_row: int = Field(1024, gt=0)
    """Tokens in one forward pass: memory against speed; has no effect on the result."""
    loss: LossConfig = LossConfig()
    learning_rate: float = Field(1e-5, gt=0)
    schedule: Schedule = "cosine"
    warmup_share: float = Field(0.1, ge=0, lt=1)
    """Share of the steps during which the learning rate rises."""
    adam_betas: tuple[Beta, Beta] = (0.9, 0.999)
    weight_decay: float = Field(0.0, ge=0)
    gradient_clip: float = Field(1.0, gt=0)
    """Largest norm of the gradient."""
    bf16: bool = True
    """Compute in bfloat16 over float32 master weights; the model is then saved in bfloat16."""
    gradient_checkpointing: bool = False
    lora: LoraConfig | None = None
    deepspeed: dict[str, Any] | None = None
    """A DeepSpeed configuration, such as {zero_optimization: {stage: 3}}, or the path of one in JSON; batch sizes,
    precision and optimiser are set from here."""
    evaluate_every: int = Field(50, gt=0)
    """Steps from one evaluation on held-out pairs, with its checkpoint, to the next."""

    @field_validator("deepspeed", mode="before")
    @classmethod
    def _read_deepspeed(cls, value: Any) -> dict[str, Any] | None:
        return None if value is None else read_zero_config(value, DECIDED_HERE)
