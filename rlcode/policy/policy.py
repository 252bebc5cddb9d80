"""The policy: a model trained on judged samples, with a frozen reference where the KL asks for one."""

from __future__ import annotations

import math
import pickle
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor

from reward.schedule import learning_rate_factor
from rlcode.algorithms import AlgorithmSettings, BatchTotals, MicroBatch, PolicyMetrics, merge, policy_objective
from rlcode.checkpoint import CheckpointError
from rlcode.policy.lora import without_adapters
from rlcode.policy.memory import holding_model, pass_over
from rlcode.policy.packing import PackedRow, TrainSample, pack
from rlcode.policy.replay import RefusedUpdate
from rlcode.policy.replica import Replica, compute_dtype
from rlcode.policy.shards import Shards
from rlcode.weights import Exported, Meeting, Packed, WeightChunk, join, pack_weights, refuse_expandable_segments

if TYPE_CHECKING:
    from rlcode.config import PolicyConfig


CPU = torch.device("cpu")


class NotFinite(RuntimeError):
    """A loss or gradient is NaN or infinite; the message names the file to replay it from."""


@dataclass(frozen=True)
class UpdateResult:
    """One optimiser step on one rank."""

    metrics: PolicyMetrics
    grad_norm: float
    learning_rate: float


class Policy:
    """One rank of the policy. With several ranks each takes its share of every batch, and gradients are summed."""

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
        self.tokenizer = AutoTokenizer.from_pretrained(model_path)
        kind = Shards if settings.deepspeed else Replica
        with holding_model(settings):
            self.learner: Replica | Shards = kind(model_path, settings, self.device)
            # Adapters switched off leave the reference: only without them it is a second model.
            second = algorithm.needs_reference and not settings.lora
            self.reference = self.learner.frozen(model_path) if second else None
        self.model = self.learner.model
        self._exported: list[Packed] = []
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.learner.optimizer,
            lambda update: learning_rate_factor(settings.schedule, update, settings.warmup_updates, total_updates),
        )

    @torch.no_grad()
    def logprobs(self, samples: Sequence[TrainSample], reference: bool = False) -> list[np.ndarray]:
        """Log-probabilities (T,) of each sample's completion under the policy, or under the reference."""
        result: list[np.ndarray] = [np.empty(0, np.float32)] * len(samples)
        self.model.eval()
        with without_adapters(self.model) if reference and self.settings.lora else nullcontext():
            for row in self.rows(samples):
                score = self.reference if reference and self.reference else self.learner.score
                with pass_over(row, self.settings):
                    logprobs_T, _ = score(row, self.temperature, with_entropy=False)
                pieces = logprobs_T.cpu().split(row.lengths_N.tolist())
                for index, piece in zip(row.indices_N, pieces, strict=True):
                    result[index] = piece.numpy()
        self.model.train()
        return result

    def update(
        self, samples: Sequence[TrainSample], totals: BatchTotals, kl_coefficient: float, dump: Path
    ) -> UpdateResult:
        """One optimiser step. `totals` counts the whole batch over all ranks and micro-batches.

        Raises NotFinite, after writing what `rlcode.policy.replay` needs to `dump`, when a loss or the gradient is not
        finite; the weights are then as before.
        """
        refused = RefusedUpdate(
            list(samples), totals, kl_coefficient, self.algorithm, self.settings, self.temperature, dump.with_suffix("")
        )
        given = [index for index, sample in enumerate(samples) if not sample.is_finite()]
        if ranks := self._ranks_with(bool(given)):
            self._refuse(f"numbers that came with samples{_of(given)} of rank {ranks[0]} are not finite", refused, dump)
        silent, teaching = self._by_gradient(samples)
        parts, broken = self._measure(samples, silent, totals, kl_coefficient)
        self._refuse_losses(broken, refused, dump)
        rows = self.rows(samples, teaching)
        self.learner.zero_gradient()
        for number, row in enumerate(rows, 1):
            with pass_over(row, self.settings):
                loss, row_metrics = self.loss(row, samples, totals, kl_coefficient)
                if not torch.isfinite(loss):
                    broken += row.indices_N
                    loss = loss * float("nan")  # so that no rank's step applies anything; all ranks stay together
                self.learner.backward(loss, last=number == len(rows))
            parts.append(row_metrics)
        with holding_model(self.settings):
            grad_norm = self.learner.step()
        self._refuse_losses(broken, refused, dump)
        if not math.isfinite(grad_norm):
            self._refuse(f"the gradient's norm is {grad_norm}", refused, dump)
        learning_rate = float(self.schedule.get_last_lr()[0])
        self.schedule.step()
        return UpdateResult(merge(parts), grad_norm, learning_rate)

    def _by_gradient(self, samples: Sequence[TrainSample]) -> tuple[list[int], list[int]]:
        """Indices of samples whose gradient is 0 whatever the policy, as where a group's rewards are all equal, and of
        the others. The former get no backward pass.
        """
        every = not self.algorithm.learns_by_advantage_alone
        teaching = [index for index, sample in enumerate(samples) if every or sample.has_advantage()]
        return sorted(set(range(len(samples))) - set(teaching)), teaching

    @torch.no_grad()
    def _measure(
        self, samples: Sequence[TrainSample], chosen: Sequence[int], totals: BatchTotals, kl_coefficient: float
    ) -> tuple[list[PolicyMetrics], list[int]]:
        """The metrics of samples without a gradient, and the samples of passes whose loss is not finite."""
        parts: list[PolicyMetrics] = []
        broken: list[int] = []
        for row in self.rows(samples, chosen):
            with pass_over(row, self.settings):
                loss, row_metrics = self.loss(row, samples, totals, kl_coefficient)
            parts.append(row_metrics)
            broken += [] if torch.isfinite(loss) else row.indices_N
        return parts, broken

    def loss(
        self, row: PackedRow, samples: Sequence[TrainSample], totals: BatchTotals, kl_coefficient: float
    ) -> tuple[Tensor, PolicyMetrics]:
        """The loss of one packed row; rows of a batch add up to the batch's loss."""
        logprobs_T, entropy_T = self.learner.score(
            row, self.temperature, entropy_gradient=bool(self.algorithm.entropy_coefficient)
        )
        if not row.indices_N:
            # Of all that other ranks' losses are made of: their backward passes gather shards in the same order.
            parts = [logprobs_T, entropy_T] if self.algorithm.entropy_coefficient else [logprobs_T]
            return 0.0 * torch.cat(parts).sum(), PolicyMetrics()
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
        """The weights in the engine's precision, in chunks, under their Hugging Face names; tied copies once.

        All ranks have to iterate where the weights are sharded.
        """
        for packed in self._packed(CPU):
            yield WeightChunk.of(packed)

    def send_weights(self, meeting: Meeting) -> None:
        """Broadcast the weights to the engines. All ranks call; the first one sends."""
        if self.rank:
            self.help_gather_weights()
        else:
            join(meeting, 0).send(self._packed(self.device))

    def export_weights(self) -> list[Exported]:
        """The weights for engines on this rank's GPU, kept until `drop_exports`. All ranks call."""
        refuse_expandable_segments()
        self._exported = list(self._packed(self.device))
        torch.cuda.synchronize()  # what reads them next is another process
        return [Exported.of(packed) for packed in self._exported]

    def drop_exports(self) -> None:
        """The engines are done with what was exported."""
        self._exported = []
        torch.cuda.ipc_collect()

    def release_memory(self) -> None:
        """Leave to an engine on the same GPU what torch keeps for later: that opens layers beside those it has."""
        if self.settings.gpus_per_worker < 1:  # else nobody is there to use it
            torch.cuda.empty_cache()

    def help_gather_weights(self) -> None:
        """Take part while another rank iterates over the weights."""
        self.learner.help_gather()

    def _packed(self, device: torch.device) -> Iterator[Packed]:
        dtype = compute_dtype(self.settings)
        return pack_weights(self.learner.weights(dtype, device), dtype)

    def save_pretrained(self, folder: Path, dtype: torch.dtype | None = None) -> None:
        """A plain Hugging Face folder, adapters merged, by default in the precision the engine uses. All ranks call."""
        dtype = dtype or compute_dtype(self.settings)
        if self.rank:
            self.help_gather_weights()
            return
        state = dict(self.learner.weights(dtype, CPU))
        buffers = dict(self.model.named_buffers())
        state |= {name: tensor.cpu() for name, tensor in self.model.state_dict().items() if name in buffers}
        with torch.device("meta"):  # save_pretrained writes the precision of the model it is called on into config.json
            shell = type(self.model)(self.model.config).to(dtype)
        shell.generation_config = self.model.generation_config
        shell.save_pretrained(folder, state_dict=state)
        self.tokenizer.save_pretrained(folder)

    def save(self, folder: Path) -> None:
        """The model in `model/`, and everything needed to go on as if never stopped. All ranks call."""
        self.save_pretrained(folder / "model")
        state = {
            "learner": self.learner.save(folder),
            "schedule": self.schedule.state_dict(),
            "random": self._over_ranks(_random_state()),
        }
        if not self.rank:
            torch.save(state, folder / "policy.pt")

    def load(self, folder: Path) -> None:
        """Take up what `save` wrote. Raises CheckpointError when the file is missing or damaged."""
        file = folder / "policy.pt"
        try:
            state = torch.load(file, weights_only=True)
        except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
            raise CheckpointError(
                f"{file} cannot be read ({type(error).__name__}); write the name of an older step into "
                f"{folder.parent / 'latest'}"
            ) from error
        groups = self.learner.optimizer.param_groups
        settings = [{name: value for name, value in group.items() if name != "params"} for group in groups]
        self.learner.load(folder, state["learner"])
        # Of optimiser and schedule only what has been learned and how far they are: this run's config may differ.
        for group, mine in zip(self.learner.optimizer.param_groups, settings, strict=True):
            group.update(mine)
        saved = state["schedule"]
        self.schedule.load_state_dict(
            {**saved, "base_lrs": self.schedule.base_lrs, "last_epoch": saved["last_epoch"] - 1}
        )
        self.schedule.step()
        _set_random_state(state["random"][self.rank % len(state["random"])])

    def close(self) -> None:
        self.learner.close()

    @property
    def rank(self) -> int:
        return dist.get_rank() if dist.is_initialized() else 0

    def rows(self, samples: Sequence[TrainSample], chosen: Sequence[int] | None = None) -> list[PackedRow]:
        """The passes that these samples, or those chosen by index, take. All ranks call."""
        return self.learner.align(pack(samples, self.settings.tokens_per_micro_batch, chosen))

    def _join(self, arrays: list[np.ndarray | None]) -> Tensor | None:
        present = [array for array in arrays if array is not None]
        if len(present) < len(arrays):
            return None
        return torch.from_numpy(np.concatenate(present)).to(self.device)

    def _over_ranks(self, mine: Any) -> list[Any]:
        """What each rank has, by rank."""
        if not dist.is_initialized():
            return [mine]
        found: list[Any] = [None] * dist.get_world_size()
        dist.all_gather_object(found, mine)
        return found

    def _ranks_with(self, mine: bool) -> list[int]:
        """The ranks on which a condition holds. All ranks learn it together: none waits for one that gave up."""
        return [rank for rank, holds in enumerate(self._over_ranks(mine)) if holds]

    def _refuse_losses(self, broken: Sequence[int], refused: RefusedUpdate, dump: Path) -> None:
        """Refuse the update if any rank has such samples."""
        if ranks := self._ranks_with(bool(broken)):
            self._refuse(f"the loss of rank {ranks[0]} is not finite{_of(broken)}", refused, dump)

    def _refuse(self, what: str, refused: RefusedUpdate, dump: Path) -> None:
        alone = not dist.is_initialized() or dist.get_world_size() == 1
        dump.parent.mkdir(parents=True, exist_ok=True)
        torch.save(refused, dump if alone else dump.with_stem(f"{dump.stem}-rank{self.rank}"))
        self.save_pretrained(refused.model, torch.float32)
        files = dump if alone else dump.with_stem(dump.stem + "-rank*")
        raise NotFinite(
            f"{what}; the weights are as before this update, and in {refused.model}. To see which samples do it: "
            f"python -m rlcode.policy.replay {files}"
        )


def _of(samples: Sequence[int]) -> str:
    """Which samples of this rank, by their places in the dump."""
    return f" (samples {', '.join(map(str, samples[:10]))} of this rank's)" if samples else ""


def _random_state() -> dict[str, Tensor]:
    """What dropout draws from."""
    state = {"cpu": torch.get_rng_state()}
    return state | {"cuda": torch.cuda.get_rng_state()} if torch.cuda.is_available() else state


def _set_random_state(state: dict[str, Tensor]) -> None:
    torch.set_rng_state(state["cpu"])
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])
