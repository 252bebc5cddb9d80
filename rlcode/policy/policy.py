"""The policy: fp32 master weights trained on judged samples, with a frozen reference where the KL asks for one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor

from reward.models import load_causal_model
from rlcode.algorithms import AlgorithmSettings, BatchTotals, MicroBatch, PolicyMetrics, merge, policy_objective
from rlcode.policy.logprobs import token_logprobs
from rlcode.policy.packing import PackedRow, TrainSample, pack
from rlcode.policy.weights import WeightChunk, chunk_weights

if TYPE_CHECKING:
    from rlcode.config import PolicyConfig


class NotFinite(RuntimeError):
    """A loss or gradient is NaN or infinite; the message names the file that holds the samples."""


@dataclass(frozen=True)
class UpdateResult:
    """One optimiser step on one rank."""

    metrics: PolicyMetrics
    grad_norm: float
    learning_rate: float


class Policy:
    """One rank of the policy. With several ranks each holds its share of every batch, and gradients are summed."""

    def __init__(
        self,
        model_path: str,
        settings: PolicyConfig,
        algorithm: AlgorithmSettings,
        temperature: float,
        total_updates: int,
    ):
        from transformers import AutoTokenizer

        self.settings, self.algorithm, self.temperature = settings, algorithm, temperature
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = load_causal_model(model_path, torch.float32, self.device).train()
        if settings.gradient_checkpointing:
            self.model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        self.tokenizer = AutoTokenizer.from_pretrained(model_path)
        self.reference: Any = None
        if algorithm.needs_reference:
            self.reference = load_causal_model(model_path, self._compute_dtype, self.device).requires_grad_(False)
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(),
            lr=settings.learning_rate,
            betas=settings.adam_betas,
            weight_decay=settings.weight_decay,
            fused=True,
        )
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer, lambda update: _learning_rate_factor(settings, update, total_updates)
        )

    @torch.no_grad()
    def logprobs(self, samples: Sequence[TrainSample], reference: bool = False) -> list[np.ndarray]:
        """Log-probabilities (T,) of each sample's completion under the policy, or under the reference."""
        model = self.reference if reference else self.model
        result: list[np.ndarray] = [np.empty(0, np.float32)] * len(samples)
        for row in self._rows(samples):
            logprobs_T, _ = self._forward(model, row)
            pieces = logprobs_T.cpu().split(row.lengths_N.tolist())
            for index, piece in zip(row.indices_N, pieces, strict=True):
                result[index] = piece.numpy()
        return result

    def update(
        self, samples: Sequence[TrainSample], totals: BatchTotals, kl_coefficient: float, dump: Path
    ) -> UpdateResult:
        """One optimiser step. `totals` counts the whole batch over all ranks and micro-batches.

        Raises NotFinite, after writing the samples to `dump`, when a loss or the gradient is not finite; the weights
        are then as before.
        """
        self.optimizer.zero_grad(set_to_none=False)
        parts: list[PolicyMetrics] = []
        broken: list[TrainSample] = []
        for row in self._rows(samples):
            loss, row_metrics = self.loss(row, samples, totals, kl_coefficient)
            if not torch.isfinite(loss):
                broken = [samples[index] for index in row.indices_N]
                break
            loss.backward()
            parts.append(row_metrics)
        if ranks := self._ranks_with(bool(broken)):
            self._refuse(f"the loss of rank {ranks[0]} is not finite", broken, dump)
        grad_norm = self._finish_gradient()
        if not math.isfinite(grad_norm):
            self._refuse(f"the gradient's norm is {grad_norm}", list(samples), dump)
        learning_rate = float(self.schedule.get_last_lr()[0])
        self.optimizer.step()
        self.schedule.step()
        return UpdateResult(merge(parts), grad_norm, learning_rate)

    def loss(
        self, row: PackedRow, samples: Sequence[TrainSample], totals: BatchTotals, kl_coefficient: float
    ) -> tuple[Tensor, PolicyMetrics]:
        """The loss of one packed row; rows of a batch add up to the batch's loss."""
        logprobs_T, entropy_T = self._forward(self.model, row)
        members = [samples[index] for index in row.indices_N]
        advantages_T = self._join([sample.advantages for sample in members])
        if advantages_T is None:
            raise ValueError("samples to train on need advantages")
        batch = MicroBatch(
            lengths_N=row.lengths_N.to(self.device),
            logprobs_T=logprobs_T,
            advantages_T=advantages_T,
            old_logprobs_T=self._join([sample.old_logprobs for sample in members]),
            engine_logprobs_T=self._join([sample.engine_logprobs for sample in members]),
            ref_logprobs_T=self._join([sample.ref_logprobs for sample in members]),
            entropy_T=entropy_T,
        )
        return policy_objective(self.algorithm, batch, totals, kl_coefficient=kl_coefficient)

    def weights(self) -> Iterator[WeightChunk]:
        """The weights in the engine's precision, in chunks, under their Hugging Face names; tied copies once."""
        return chunk_weights(self.model.named_parameters(), self._compute_dtype)

    def save_pretrained(self, folder: Path) -> None:
        """A plain Hugging Face folder, in the precision the engine uses."""
        dtype = self._compute_dtype
        buffers = dict(self.model.named_buffers())
        state = {name: tensor.detach().to("cpu", dtype) for name, tensor in self.model.named_parameters()}
        state |= {name: tensor.cpu() for name, tensor in self.model.state_dict().items() if name in buffers}
        with torch.device("meta"):  # save_pretrained writes the precision of the model it is called on into config.json
            shell = type(self.model)(self.model.config).to(dtype)
        shell.generation_config = self.model.generation_config
        shell.save_pretrained(folder, state_dict=state)
        self.tokenizer.save_pretrained(folder)

    def state_dict(self) -> dict[str, Any]:
        """Everything needed to go on as if never stopped."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "torch_random": torch.get_rng_state(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["torch_random"])

    @property
    def _compute_dtype(self) -> torch.dtype:
        return torch.bfloat16 if self.settings.bf16 else torch.float32

    def _rows(self, samples: Sequence[TrainSample]) -> list[PackedRow]:
        return pack(samples, self.settings.tokens_per_micro_batch)

    def _forward(self, model: Any, row: PackedRow) -> tuple[Tensor, Tensor]:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.bf16):
            return token_logprobs(model, row.to(self.device), self.temperature)

    def _join(self, arrays: list[np.ndarray | None]) -> Tensor | None:
        present = [array for array in arrays if array is not None]
        if len(present) < len(arrays):
            return None
        return torch.from_numpy(np.concatenate(present)).to(self.device)

    def _finish_gradient(self) -> float:
        """Sum gradients over ranks and clip them; returns the norm before clipping."""
        for parameter in self.model.parameters():
            if parameter.grad is None:  # this rank had no samples
                parameter.grad = torch.zeros_like(parameter)
            if self._ranks > 1:
                dist.all_reduce(parameter.grad)
        return float(torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.gradient_clip))

    @property
    def _ranks(self) -> int:
        return dist.get_world_size() if dist.is_initialized() else 1

    def _ranks_with(self, mine: bool) -> list[int]:
        """The ranks on which a condition holds. All ranks learn it together: none waits for one that gave up."""
        if self._ranks == 1:
            return [0] if mine else []
        flags_R = torch.zeros(self._ranks, device=self.device)
        flags_R[dist.get_rank()] = mine
        dist.all_reduce(flags_R)
        return [int(rank) for rank in flags_R.nonzero().flatten()]

    def _refuse(self, what: str, samples: list[TrainSample], dump: Path) -> None:
        self.optimizer.zero_grad(set_to_none=False)
        if samples:
            dump.parent.mkdir(parents=True, exist_ok=True)
            torch.save(samples, dump.with_stem(f"{dump.stem}-rank{dist.get_rank()}") if self._ranks > 1 else dump)
        raise NotFinite(
            f"{what}; the samples are in {dump.with_stem(dump.stem + '*') if self._ranks > 1 else dump} "
            "(torch.load with weights_only=False); weights are unchanged"
        )


def _learning_rate_factor(settings: PolicyConfig, update: int, total_updates: int) -> float:
    """Linear warm-up, then constant, linear or cosine decay to zero at the last update."""
    if update < settings.warmup_updates:
        return (update + 1) / (settings.warmup_updates + 1)
    progress = (update - settings.warmup_updates) / max(1, total_updates - settings.warmup_updates)
    match settings.schedule:
        case "linear":
            return max(0.0, 1 - progress)
        case "cosine":
            return 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
        case _:
            return 1.0
