"""Weights from the policy to several processes of engines at once, over gloo."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from nodes import free_ports
from torch import Tensor

from reward.settings import ConfigError
from rlcode.algorithms import AlgorithmSettings
from rlcode.config import PolicyConfig
from rlcode.weights import Broadcast, Meeting, Packed, pack_weights, refuse_expandable_segments
from rlcode.workers.policy import PolicyWorker


def meeting(ranks: int) -> Meeting:
    return Meeting(f"127.0.0.1:{free_ports(1)[0]}", ranks, deadline_seconds=20)


def receive(place: Meeting, rank: int) -> list[tuple[str, Tensor]]:
    return [(name, tensor.clone()) for name, tensor in Broadcast(place, rank).receive()]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_every_receiver_has_what_was_sent(dtype: torch.dtype) -> None:
    weights = {
        "a": torch.randn(3, 5),
        "scalar": torch.tensor(2.0),
        "large": torch.randn(600, 1000),
        "b": torch.randn(7),
    }
    chunks: Sequence[Packed] = list(pack_weights(weights.items(), dtype, chunk_mb=1))
    place = meeting(ranks=3)
    with ThreadPoolExecutor(3) as ends:
        receivers = [ends.submit(receive, place, rank) for rank in (1, 2)]
        ends.submit(lambda: Broadcast(place, 0).send(chunks)).result()
        for receiver in receivers:
            arrived = dict(receiver.result())
            assert list(arrived) == list(weights)
            assert all(torch.equal(arrived[name], tensor.to(dtype)) for name, tensor in weights.items())


def test_a_member_that_does_not_come_ends_the_wait() -> None:
    place = meeting(ranks=2)
    with pytest.raises(RuntimeError, match=r"(?i)timed? ?out"):
        Broadcast(Meeting(place.address, 2, deadline_seconds=1), 0)


def test_a_place_is_taken_from_when_it_is_named() -> None:
    rank_0 = PolicyWorker("unused", PolicyConfig(), AlgorithmSettings(), 1.0, 1, 0)
    place = Meeting(rank_0.open_place(), ranks=2, deadline_seconds=20)
    with socket.socket() as another, pytest.raises(OSError, match="in use"):
        another.bind(("", int(place.address.rpartition(":")[2])))
    with ThreadPoolExecutor(2) as ends:
        receiver = ends.submit(receive, place, 1)
        ends.submit(lambda: Broadcast(place, 0).send(pack_weights([("a", torch.ones(3))], torch.float32))).result()
        assert torch.equal(dict(receiver.result())["a"], torch.ones(3))


@pytest.mark.parametrize("name", ["PYTORCH_ALLOC_CONF", "PYTORCH_CUDA_ALLOC_CONF"])
def test_memory_that_other_processes_may_not_open_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_expandable_segments()
    monkeypatch.setenv(name, "max_split_size_mb:512, expandable_segments:True")
    with pytest.raises(ConfigError, match="cuda_ipc cannot be used with expandable_segments:True"):
        refuse_expandable_segments()
