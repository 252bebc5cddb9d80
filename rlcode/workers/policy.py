"""Training: an actor around one rank of the policy, and the group that a batch is shared out over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist

from rlcode.algorithms import AlgorithmSettings, BatchTotals, batch_totals, merge
from rlcode.config import PolicyConfig
from rlcode.policy.packing import TrainSample
from rlcode.policy.policy import Policy, UpdateResult
from rlcode.weights import Exported, Meeting, WeightChunk
from rlcode.workers.handle import Handle, all_results, stop_all

COLLECTIVE_SECONDS = 600  # after this a rank gives up waiting for the others


class PolicyWorker:
    """Holds one rank."""

    def __init__(
        self,
        model_path: str,
        settings: PolicyConfig,
        algorithm: AlgorithmSettings,
        temperature: float,
        total_updates: int,
        seed: int,
    ):
        self._settings, self._seed = settings, seed
        self._policy_arguments = (model_path, settings, algorithm, temperature, total_updates)

    def open_place(self) -> str:
        """Where others can meet this rank: an address of its node, whose port it has from now on."""
        from ray.util import get_node_ip_address

        host = get_node_ip_address()
        self._place = dist.TCPStore(host, 0, is_master=True, wait_for_workers=False, multi_tenant=True)
        return f"{host}:{self._place.port}"

    def start(self, address: str, rank: int, ranks: int) -> None:
        """Meet the other ranks and load the model: sharded weights are cut up as they are read."""
        if ranks > 1 or self._settings.deepspeed:
            backend = "nccl" if torch.cuda.is_available() else "gloo"
            timeout = timedelta(seconds=COLLECTIVE_SECONDS)
            dist.init_process_group(backend, f"tcp://{address}", rank=rank, world_size=ranks, timeout=timeout)
        torch.manual_seed(self._seed)
        self._policy = Policy(*self._policy_arguments)

    def logprobs(self, samples: list[TrainSample], reference: bool) -> list[np.ndarray]:
        return self._policy.logprobs(samples, reference)

    def update(
        self, samples: list[TrainSample], totals: BatchTotals, kl_coefficient: float, dump: Path
    ) -> UpdateResult:
        return self._policy.update(samples, totals, kl_coefficient, dump)

    def weights(self) -> Iterator[WeightChunk]:
        yield from self._policy.weights()

    def help_gather_weights(self) -> None:
        """What the other ranks do while one streams `weights`."""
        self._policy.help_gather_weights()

    def send_weights(self, meeting: Meeting) -> None:
        self._policy.send_weights(meeting)

    def export_weights(self) -> list[Exported]:
        return self._policy.export_weights()

    def drop_exports(self) -> None:
        self._policy.drop_exports()

    def release_memory(self) -> None:
        self._policy.release_memory()

    def save(self, folder: Path) -> None:
        self._policy.save(folder)

    def load(self, folder: Path) -> None:
        self._policy.load(folder)

    def close(self) -> None:
        if hasattr(self, "_policy"):
            self._policy.close()
        if dist.is_initialized():
            dist.destroy_process_group()


@dataclass(frozen=True)
class StepUpdate:
    """What the updates of one step did; losses and norms are means over the updates, the rest is that of all tokens."""

    metrics: dict[str, float]
    skipped: float  # share of the updates that there was nothing to learn from
    grad_norm: float
    learning_rate: float


class PolicyGroup:
    """All ranks of the policy. `handles` can be given other work, such as sending weights."""

    def __init__(self, handles: list[Handle], deadline_seconds: float, start_deadline_seconds: float = 600):
        self.handles = handles
        self.deadline_seconds = deadline_seconds
        alone = len(handles) == 1
        address = "127.0.0.1:0" if alone else handles[0].call("open_place", deadline_seconds=start_deadline_seconds)
        self._all("start", [(address, rank, len(handles)) for rank in range(len(handles))], start_deadline_seconds)

    def logprobs(self, samples: Sequence[TrainSample], reference: bool = False) -> list[np.ndarray]:
        """Log-probabilities (T,) of each sample, in order, under the policy or the reference."""
        shares = _shares(samples, len(self.handles))
        answers = self._all("logprobs", [([samples[index] for index in share], reference) for share in shares])
        by_index = {
            index: values
            for share, part in zip(shares, answers, strict=True)
            for index, values in zip(share, part, strict=True)
        }
        return [by_index[index] for index in range(len(samples))]

    def update(
        self, samples: Sequence[TrainSample], updates: int, kl_coefficient: float, dump: Path, train_all: bool = False
    ) -> StepUpdate:
        """Train on a step's samples in `updates` equal parts. Whole prompts stay together in a part.

        A part without any advantage is skipped, unless `train_all` says that something else teaches as well.
        """
        if updates > 1 and any(sample.old_logprobs is None for sample in samples):
            old = self.logprobs(samples)
            samples = [replace(sample, old_logprobs=values) for sample, values in zip(samples, old, strict=True)]
        parts = _parts(samples, updates)
        teaching = [part for part in parts if train_all or any(sample.has_advantage() for sample in part)]
        results = [self._update(part, kl_coefficient, dump) for part in teaching]
        metrics = merge(result.metrics for result in results).values(len(results))
        norm = float(np.mean([result.grad_norm for result in results]))
        return StepUpdate(metrics, 1 - len(teaching) / len(parts), norm, results[-1].learning_rate)

    def _update(self, samples: Sequence[TrainSample], kl_coefficient: float, dump: Path) -> UpdateResult:
        """One update, with the metrics of all ranks."""
        totals = batch_totals(torch.tensor([len(sample.completion_ids) for sample in samples]))
        shares = _shares(samples, len(self.handles))
        arguments = [([samples[index] for index in share], totals, kl_coefficient, dump) for share in shares]
        results: list[UpdateResult] = self._all("update", arguments)
        return replace(results[0], metrics=merge(result.metrics for result in results))

    def weight_references(self) -> list[Any]:
        """The newest weights in chunks, as references that engines can take directly."""
        helping = [handle.submit("help_gather_weights") for handle in self.handles[1:]]
        chunks, sending = self.handles[0].submit_stream("weights")
        all_results(self.handles, [sending, *helping], self.deadline_seconds)
        return list(chunks)

    def release_memory(self) -> None:
        """Leave to engines on the same GPUs what the ranks do not use."""
        self._all("release_memory", [() for _ in self.handles])

    def save(self, folder: Path) -> None:
        self._all("save", [(folder.absolute(),) for _ in self.handles])

    def load(self, folder: Path) -> None:
        self._all("load", [(folder.absolute(),) for _ in self.handles])

    def stop(self) -> None:
        stop_all(self.handles)

    def _all(self, method: str, arguments: list[tuple[Any, ...]], deadline_seconds: float | None = None) -> list[Any]:
        pending = [handle.submit(method, *args) for handle, args in zip(self.handles, arguments, strict=True)]
        return all_results(self.handles, pending, deadline_seconds or self.deadline_seconds)


def _shares(samples: Sequence[TrainSample], ranks: int) -> list[list[int]]:
    """Indices for each rank, balanced by tokens; of those with an advantage, and of the others, which may need no
    backward pass, each rank has its share.
    """
    if ranks == 1:
        return [list(range(len(samples)))]
    by_kind: dict[bool, list[int]] = {}
    for index, sample in enumerate(samples):
        by_kind.setdefault(sample.has_advantage(), []).append(index)
    kinds = [_balanced(samples, indices, ranks) for indices in by_kind.values()]
    return [[index for shares in kinds for index in shares[rank]] for rank in range(ranks)]


def _balanced(samples: Sequence[TrainSample], chosen: Sequence[int], ranks: int) -> list[list[int]]:
    """The chosen samples' indices for each rank; samples of one prompt stay together where that balances."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for index in chosen:
        groups.setdefault(tuple(samples[index].prompt_ids), []).append(index)
    units = list(groups.values()) if len(groups) >= 4 * ranks else [[index] for index in chosen]
    size = {id(unit): sum(len(samples[index].completion_ids) for index in unit) for unit in units}
    shares: list[list[int]] = [[] for _ in range(ranks)]
    loads = [0] * ranks
    for unit in sorted(units, key=lambda unit: -size[id(unit)]):
        rank = loads.index(min(loads))
        shares[rank] += unit
        loads[rank] += size[id(unit)]
    return shares


def _parts(samples: Sequence[TrainSample], count: int) -> list[list[TrainSample]]:
    """Split into `count` parts by prompt, in order; fewer when there are fewer prompts."""
    groups: dict[tuple[int, ...], list[TrainSample]] = {}
    for sample in samples:
        groups.setdefault(tuple(sample.prompt_ids), []).append(sample)
    parts = np.array_split(np.arange(len(groups)), min(count, len(groups)))
    prompts = list(groups.values())
    return [[sample for index in part for sample in prompts[index]] for part in parts]
