"""Weights on their way from the policy to the engines, packed into a few large buffers.

By default they go through the memory of the machine, which Ray shares between processes. On GPUs they can stay there:
broadcast from the policy's first rank to every process of the engines, or exported to engines on the same GPUs.

A `Source` is what an engine is given. vLLM's takes it through the interface that vLLM has for weight transfers
(`engines/vllm_transfer.py`).
"""

from __future__ import annotations

import contextlib
import json
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor

from reward.settings import ConfigError

Named = Iterator[tuple[str, Tensor]]
Source = Callable[[int], Named]
"""Where an engine gets its weights from: called in each of its processes with the process's rank in the engine."""


@dataclass(frozen=True)
class Packed:
    """Some tensors of a model, one behind the other in a single one on the policy's device."""

    names: list[str]
    shapes: list[tuple[int, ...]]
    flat: Tensor

    def tensors(self) -> Named:
        """Views of the flat one."""
        start = 0
        for name, shape in zip(self.names, self.shapes, strict=True):
            count = int(np.prod(shape, dtype=np.int64))
            yield name, self.flat[start : start + count].view(shape)
            start += count


def pack_weights(weights: Iterable[tuple[str, Tensor]], dtype: torch.dtype, chunk_mb: float = 512) -> Iterator[Packed]:
    """Cast to `dtype` and pack in order; each chunk but those of a single larger tensor stays below `chunk_mb`."""
    pending: list[tuple[str, Tensor]] = []
    size = 0
    for name, tensor in weights:
        tensor = tensor.detach().to(dtype)
        if pending and size + tensor.nbytes > chunk_mb * 2**20:
            yield _pack(pending)
            pending, size = [], 0
        pending.append((name, tensor))
        size += tensor.nbytes
    if pending:
        yield _pack(pending)


def _pack(weights: list[tuple[str, Tensor]]) -> Packed:
    flat = torch.cat([tensor.reshape(-1) for _, tensor in weights])
    return Packed([name for name, _ in weights], [tuple(tensor.shape) for _, tensor in weights], flat)


# ------------------------------------------------------------------------------------------------- through main memory


@dataclass(frozen=True)
class WeightChunk:
    """Packed weights as an array of bytes; Ray puts such an array into shared memory without copies."""

    names: list[str]
    shapes: list[tuple[int, ...]]
    dtype: str
    buffer: np.ndarray  # uint8

    @classmethod
    def of(cls, packed: Packed) -> WeightChunk:
        """Of weights on the CPU."""
        return cls(packed.names, packed.shapes, _name(packed.flat.dtype), packed.flat.view(torch.uint8).numpy())

    def tensors(self) -> Named:
        """The tensors as views of the buffer, which may be shared and read-only: do not write to them."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # torch cannot mark a tensor over a read-only buffer
            flat = torch.frombuffer(self.buffer.data, dtype=getattr(torch, self.dtype))
        return Packed(self.names, self.shapes, flat).tensors()


@dataclass(frozen=True)
class Chunks:
    """Weights that are there already."""

    chunks: Sequence[WeightChunk]

    def parts(self) -> list[Chunks]:
        """Each chunk alone."""
        return [Chunks([chunk]) for chunk in self.chunks]

    def __call__(self, rank: int) -> Named:
        return (weight for chunk in self.chunks for weight in chunk.tensors())


# -------------------------------------------------------------------------------------- between processes, by broadcast


@dataclass(frozen=True)
class Meeting:
    """Where the policy's first rank, which is 0 there, and all processes of the engines form a group of their own."""

    address: str
    ranks: int
    deadline_seconds: float


class Broadcast:
    """One member's end of the group: NCCL on GPUs, gloo on CPUs. Rank 0 sends, the others receive.

    Before each chunk comes a description of it, so the receivers need to know nothing beforehand.
    """

    def __init__(self, meeting: Meeting, rank: int):
        host, _, port = meeting.address.rpartition(":")
        patience = timedelta(seconds=meeting.deadline_seconds)
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        # The process of rank 0 may have opened the port already: all its stores there are one.
        self._store = dist.TCPStore(host, int(port), meeting.ranks, rank == 0, patience, multi_tenant=True)
        self._group = self._make_group(rank, meeting.ranks, patience)
        self.meeting = meeting

    def _make_group(self, rank: int, ranks: int, patience: timedelta) -> Any:
        if self._device.type == "cpu":
            return dist.ProcessGroupGloo(self._store, rank, ranks, patience)
        options = dist.ProcessGroupNCCL.Options()
        options._timeout = patience
        return dist.ProcessGroupNCCL(self._store, rank, ranks, options)

    def leave(self) -> None:
        """End this member's part of a group that may have lost members."""
        with contextlib.suppress(RuntimeError):  # in the destructor such an error would end the process
            self._group.abort()

    def send(self, chunks: Iterable[Packed]) -> None:
        for chunk in chunks:
            words = json.dumps([chunk.names, chunk.shapes, _name(chunk.flat.dtype), chunk.flat.numel()]).encode()
            self._all(torch.tensor([len(words)], device=self._device))
            self._all(torch.frombuffer(bytearray(words), dtype=torch.uint8).to(self._device))
            self._all(chunk.flat)
        self._all(torch.tensor([0], device=self._device))

    def receive(self) -> Named:
        """Weights on this process's device, valid until the next one is asked for."""
        while length := int(self._all(torch.zeros(1, dtype=torch.long, device=self._device))):
            words = self._all(torch.empty(length, dtype=torch.uint8, device=self._device))
            names, shapes, dtype, count = json.loads(bytes(words.tolist()))
            flat = self._all(torch.empty(count, dtype=getattr(torch, dtype), device=self._device))
            yield from Packed(names, [tuple(shape) for shape in shapes], flat).tensors()

    def _all(self, tensor: Tensor) -> Tensor:
        self._group.broadcast(tensor, 0).wait()
        return tensor


_joined: dict[int, Broadcast] = {}  # what this process is in the newest group


def join(meeting: Meeting, rank: int) -> Broadcast:
    """This process's end of the group, made when it is first asked for."""
    if rank in _joined and _joined[rank].meeting != meeting:
        _joined.pop(rank).leave()
    if rank not in _joined:
        _joined[rank] = Broadcast(meeting, rank)
    return _joined[rank]


@dataclass(frozen=True)
class FromBroadcast:
    """Weights as the policy sends them; the first process of the engine is `first_rank` of the group."""

    meeting: Meeting
    first_rank: int

    def __call__(self, rank: int) -> Named:
        return join(self.meeting, self.first_rank + rank).receive()


# ------------------------------------------------------------------------------------------- within a GPU, by CUDA IPC


def refuse_expandable_segments() -> None:
    """Raises ConfigError where torch's allocator would have to be allowed to take files out of another process, as of
    expandable segments, which its own advice against fragmentation turns on."""
    settings = os.environ.get("PYTORCH_ALLOC_CONF") or os.environ.get("PYTORCH_CUDA_ALLOC_CONF", "")
    if "expandable_segments:true" in settings.lower().replace(" ", ""):
        raise ConfigError(
            "rollout.weight_transfer: cuda_ipc cannot be used with expandable_segments:True: take that out of "
            "PYTORCH_CUDA_ALLOC_CONF (or PYTORCH_ALLOC_CONF) on all nodes, or use shared_memory"
        )


@dataclass(frozen=True)
class Exported:
    """Packed weights in a GPU's memory. Another process on that GPU can open them while their owner keeps them."""

    names: list[str]
    shapes: list[tuple[int, ...]]
    gpu: str
    handle: tuple[Any, ...]

    @classmethod
    def of(cls, packed: Packed) -> Exported:
        from torch.multiprocessing.reductions import reduce_tensor

        _, handle = reduce_tensor(packed.flat)
        return cls(packed.names, packed.shapes, _gpu(packed.flat.device), handle)

    def tensors(self, device: torch.device) -> Named:
        from torch.multiprocessing.reductions import rebuild_cuda_tensor

        handle = list(self.handle)
        handle[6] = device.index  # the GPU's number in this process
        return Packed(self.names, self.shapes, rebuild_cuda_tensor(*handle)).tensors()


@dataclass(frozen=True)
class FromExports:
    """Weights that ranks of the policy have exported, each a whole copy; those on this process's GPU are taken."""

    exports: Sequence[Exported]

    def __call__(self, rank: int) -> Named:
        device = torch.device("cuda", torch.cuda.current_device())
        mine = [export for export in self.exports if export.gpu == _gpu(device)]
        if not mine:
            raise RuntimeError(
                "rollout.weight_transfer: cuda_ipc needs a rank of the policy on each GPU of the engines, and there is "
                f"none on {_gpu(device)}; give both a share of the same GPUs, or use shared_memory"
            )
        return (weight for export in mine for weight in export.tensors(device))


def _gpu(device: torch.device) -> str:
    return str(torch.cuda.get_device_properties(device).uuid)


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
