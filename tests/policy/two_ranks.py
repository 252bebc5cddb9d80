"""A function run on two ranks of a process group, each a process of its own, as workers on a cluster are."""

from __future__ import annotations

import pickle
import queue
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.multiprocessing as mp
from nodes import free_ports

DEADLINE_SECONDS = 240
PRELOADED = ["deepspeed", "transformers.models.llama.modeling_llama", "rlcode.workers.policy"]
PRELOADED += ["torch._inductor.compile_fx"]  # DeepSpeed imports it when it makes an optimiser, which takes two seconds


def on_two_ranks(function: Callable[..., Any], *arguments: Any) -> list[Any]:
    """What `function(rank, address, *arguments)` returned on each rank; an error is returned, not raised."""
    context = mp.get_context("forkserver")  # which imports once for all ranks of all tests
    context.set_forkserver_preload(PRELOADED)
    answers = context.Queue()
    address = f"127.0.0.1:{free_ports(1)[0]}"
    processes = [
        context.Process(target=_rank_main, args=(answers, function, rank, address, arguments)) for rank in range(2)
    ]
    for process in processes:
        process.start()
    try:
        found = dict(answers.get(timeout=DEADLINE_SECONDS) for _ in processes)
    except queue.Empty:
        pytest.fail(f"a rank gave no answer within {DEADLINE_SECONDS} s")
    finally:
        for process in processes:
            process.join(10)
            process.kill()
    return [pickle.loads(found[rank]) for rank in range(2)]


def _rank_main(answers: Any, function: Callable[..., Any], rank: int, address: str, arguments: tuple) -> None:
    torch.set_num_threads(1)
    try:
        answer = function(rank, address, *arguments)
    except Exception as error:
        answer = error
    answers.put((rank, pickle.dumps(answer)))  # tensors by their content: this process is gone when they are read
