"""New weights into a running vLLM: a backend of vLLM's own interface for weight transfers.

vLLM says when the layers are opened, filled and closed (`start_weight_update`, `update_weights` and
`finish_weight_update`, in all of the engine's processes); where the weights come from is a `Source` of this project. Of
the backends that vLLM brings, NCCL waits without a deadline, and neither it nor CUDA IPC has a way between CPUs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from vllm.config import WeightTransferConfig, set_current_vllm_config
from vllm.distributed.weight_transfer import WeightTransferEngine, WeightTransferEngineFactory
from vllm.distributed.weight_transfer.base import WeightTransferInitInfo, WeightTransferUpdateInfo
from vllm.model_executor.layers.vocab_parallel_embedding import ParallelLMHead
from vllm.model_executor.model_loader.reload import finalize_layerwise_reload, initialize_layerwise_reload

from rlcode.weights import Source

if TYPE_CHECKING:
    Base = WeightTransferEngine[WeightTransferInitInfo, "Update"]
else:
    Base = WeightTransferEngine

BACKEND = "rlcode"


@dataclass
class Update(WeightTransferUpdateInfo):
    """A part of a checkpoint: called in each process with its rank, the source yields names and tensors."""

    source: Source


class SourceTransfer(Base):
    """One process's end. `bytes_received` is what an update has brought it so far, `missing` the names of the weights
    that it has not."""

    init_info_cls = WeightTransferInitInfo
    update_info_cls = Update

    def __init__(self, *arguments: Any):
        super().__init__(*arguments)
        self._expected = frozenset(name for name, _ in self.model.named_parameters())
        self.bytes_received, self.missing = 0, self._expected

    def init_transfer_engine(self, init_info: WeightTransferInitInfo) -> None:
        """Nothing to agree on: a source knows where to meet."""

    def start_weight_update(self) -> None:
        self.bytes_received, self.missing = 0, self._expected
        with set_current_vllm_config(self.vllm_config):
            initialize_layerwise_reload(self.model)

    def update_weights(self, update_info: dict[str, Any]) -> None:
        """vLLM's own waits for an accelerator afterwards, which on CPUs is an error."""
        self.receive_weights(self.parse_update_info(update_info))
        if self.device.type != "cpu":
            torch.accelerator.synchronize()

    def receive_weights(self, update_info: Update) -> None:
        model: Any = self.model
        weights = self._counted(update_info.source)
        try:
            with set_current_vllm_config(self.vllm_config):
                self.missing -= model.load_weights(weights)
        finally:
            for _ in weights:  # of a broadcast: who sends and who else receives would wait for this process
                pass

    def _counted(self, source: Source) -> Iterator[tuple[str, Tensor]]:
        for name, tensor in source(self.parallel_config.rank):
            self.bytes_received += tensor.nbytes
            yield name, tensor

    def finish_weight_update(self) -> None:
        with set_current_vllm_config(self.vllm_config):
            finalize_layerwise_reload(self.model, self.model_config)
        for module in self.model.modules():
            if isinstance(module, ParallelLMHead):
                # On CPU vLLM keeps a repacked copy of each weight. A head tied to the embedding is no weight of the
                # checkpoint, so the reload leaves its copy as it was, and every logit would come from the old one.
                module.quant_method.process_weights_after_loading(module)

    def shutdown(self) -> None:
        """Groups end with their process."""

    @staticmethod
    def trainer_send_weights(iterator: Iterator[Any], trainer_args: Any) -> None:
        """vLLM 0.25 asks its backends for one."""
        raise NotImplementedError("the policy sends its weights itself: see rlcode.weights")


class Worker:
    """Added to vLLM's worker class. That vLLM imports this module in each process makes the backend known there."""

    weight_transfer_engine: SourceTransfer

    def weights_received(self) -> tuple[int, frozenset[str]]:
        return self.weight_transfer_engine.bytes_received, self.weight_transfer_engine.missing


WeightTransferEngineFactory.register_engine(BACKEND, SourceTransfer)

ARGUMENTS: dict[str, Any] = {
    "weight_transfer_config": WeightTransferConfig(backend=BACKEND),
    "worker_extension_cls": f"{Worker.__module__}.{Worker.__qualname__}",
}
"""What vLLM is started with to have this."""
