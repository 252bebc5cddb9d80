"""Weights that one process of an engine cannot take; in a module that the engine's processes can import."""

from __future__ import annotations

from dataclasses import dataclass

from rlcode.weights import Named, Source


@dataclass(frozen=True)
class SpoiledFor:
    """A source that gives one of the engine's processes tensors of another shape."""

    process: int
    source: Source

    def __call__(self, rank: int) -> Named:
        for name, tensor in self.source(rank):
            yield name, tensor.new_zeros(3, 3, 3) if rank == self.process else tensor
