"""Weights on their way from the policy to the engines: a few large buffers that share memory between processes."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True)
class WeightChunk:
    """Some tensors of a model in one contiguous buffer; Ray puts such an array into shared memory without copies."""

    names: list[str]
    shapes: list[tuple[int, ...]]
    dtype: str
    buffer: np.ndarray  # uint8

    @property
    def bytes(self) -> int:
        return int(self.buffer.nbytes)

    def tensors(self) -> Iterator[tuple[str, Tensor]]:
        """The tensors as views of the buffer, which may be shared and read-only: do not write to them."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # torch cannot mark a tensor over a read-only buffer
            flat = torch.frombuffer(self.buffer.data, dtype=getattr(torch, self.dtype))
        start = 0
        for name, shape in zip(self.names, self.shapes, strict=True):
            count = int(np.prod(shape, dtype=np.int64))
            yield name, flat[start : start + count].view(shape)
            start += count


def chunk_weights(
    weights: Iterable[tuple[str, Tensor]], dtype: torch.dtype, chunk_mb: int = 512
) -> Iterator[WeightChunk]:
    """Cast to `dtype` and pack in order; each chunk but those of a single larger tensor stays below `chunk_mb`."""
    pending: list[tuple[str, Tensor]] = []
    size = 0
    for name, tensor in weights:
        tensor = tensor.detach().to("cpu", dtype)
        if pending and size + tensor.nbytes > chunk_mb * 2**20:
            yield _chunk(pending, dtype)
            pending, size = [], 0
        pending.append((name, tensor))
        size += tensor.nbytes
    if pending:
        yield _chunk(pending, dtype)


def _chunk(weights: list[tuple[str, Tensor]], dtype: torch.dtype) -> WeightChunk:
    flat = torch.cat([tensor.reshape(-1) for _, tensor in weights])
    return WeightChunk(
        names=[name for name, _ in weights],
        shapes=[tuple(tensor.shape) for _, tensor in weights],
        dtype=str(dtype).removeprefix("torch."),
        buffer=flat.view(torch.uint8).numpy(),
    )
