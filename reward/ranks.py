"""Several processes that train one model: who does what, and what all of them learn together."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn, TypeVar

import torch
import torch.distributed as dist

T = TypeVar("T")
JOIN_SECONDS = 1800


@dataclass(frozen=True)
class Ranks:
    """This process among all; alone unless it joined others."""

    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        return self.rank == 0

    def deal(self, rows: Sequence[T]) -> Iterator[tuple[T, bool]]:
        """This rank's rows, and whether each counts. Every rank gets equally many, for under ZeRO all must take part in
        every forward pass: where rows are short the first is done again, for nothing."""
        for start in range(0, len(rows), self.count):
            index = start + self.rank
            yield (rows[index], True) if index < len(rows) else (rows[0], False)

    def gather(self, value: T) -> list[T]:
        """The value of every rank, in their order, on every rank."""
        if self.count == 1:
            return [value]
        values: list[Any] = [None] * self.count
        dist.all_gather_object(values, value)
        return values

    def leave(self) -> None:
        """End the group explicitly: DeepSpeed sometimes aborts when the interpreter does it."""
        if dist.is_initialized():
            dist.destroy_process_group()


def end_process(status: int) -> NoReturn:
    """Leave without taking the interpreter apart. Threads of torch's process groups outlive them; one that asks for the
    interpreter while it ends aborts the process, and torchrun then reports a run as failed that had done everything.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


ALONE = Ranks()


def join_ranks(always: bool = False) -> Ranks:
    """Meet the other processes that torchrun or accelerate started; `always` makes a group even of one."""
    count, rank = int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("RANK", 0))
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", 0)))
    if count > 1 or always:
        os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
        backend, wait = "nccl" if torch.cuda.is_available() else "gloo", timedelta(seconds=JOIN_SECONDS)
        if "MASTER_PORT" in os.environ:
            dist.init_process_group(backend, rank=rank, world_size=count, timeout=wait)
        else:
            dist.init_process_group(backend, store=dist.HashStore(), rank=0, world_size=1, timeout=wait)
    return Ranks(rank, count)
