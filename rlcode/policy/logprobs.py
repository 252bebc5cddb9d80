"""Log-probabilities of completion tokens: no logits for prompts, no float32 copy of all logits at once."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from reward.attention import attend_in_blocks, in_blocks
from rlcode.policy.packing import PackedRow

CHUNK_TOKENS = 512
TILE_TOKENS = 32  # the head's products with another number of tokens than a multiple take up to a third longer


def token_logprobs(
    model: Any, row: PackedRow, temperature: float, with_entropy: bool = True, entropy_gradient: bool = False
) -> tuple[Tensor, Tensor | None]:
    """Log-probability of each completion token, and entropy of its distribution where it is wanted, at `temperature`.

    Returns (logprobs_T, entropy_T), float32, with gradient where the model has one (the entropy's only where that is
    wanted, too: it doubles what the head costs). The head is applied to at most `CHUNK_TOKENS` tokens at a time and
    again in the backward pass, so memory holds one chunk's logits.
    """
    hidden_1SD = model.get_decoder()(
        input_ids=row.ids_1S,
        position_ids=row.positions_1S,
        attention_mask=in_blocks(row.parts, row.ids_1S.device),
        use_cache=False,
    ).last_hidden_state
    hidden_TD = hidden_1SD[0, row.sources_T]
    size = -(-len(row.targets_T) // chunk_count(row) // TILE_TOKENS) * TILE_TOKENS
    bounds = [size * chunk for chunk in range(1, chunk_count(row))]  # the last chunks may be empty
    chunks = [
        checkpoint(
            _chunk_logprobs, model, hidden, targets, temperature, with_entropy, entropy_gradient, use_reentrant=False
        )
        for hidden, targets in zip(hidden_TD.tensor_split(bounds), row.targets_T.tensor_split(bounds), strict=True)
    ]
    entropies = [entropy for _, entropy in chunks if entropy is not None]
    return torch.cat([logprobs for logprobs, _ in chunks]), torch.cat(entropies) if entropies else None


def chunk_count(row: PackedRow) -> int:
    """In how many pieces the head is applied to a row."""
    return max(row.least_chunks, -(-len(row.targets_T) // CHUNK_TOKENS))


class Scorer(nn.Module):
    """`token_logprobs` of one model as a module of its own: what a wrapper around a model's forward pass needs."""

    def __init__(self, model: Any, device: torch.device, bf16: bool):
        super().__init__()
        self.model, self._device, self._bf16 = model, device, bf16
        attend_in_blocks(model)

    def forward(
        self, row: PackedRow, temperature: float, with_entropy: bool = True, entropy_gradient: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._bf16):
            return token_logprobs(self.model, row.to(self._device), temperature, with_entropy, entropy_gradient)


def _chunk_logprobs(
    model: Any, hidden_CD: Tensor, targets_C: Tensor, temperature: float, with_entropy: bool, entropy_gradient: bool
) -> tuple[Tensor, Tensor | None]:
    logits_CV = _head(model, hidden_CD).float()
    if temperature not in (0.0, 1.0):  # a pass over every logit
        logits_CV = logits_CV / temperature
    logprobs_CV = logits_CV.log_softmax(-1)
    logprobs_C = logprobs_CV.gather(1, targets_C[:, None])[:, 0]
    # Last: the backward pass computes a chunk again only up to the last tensor that it needs.
    with torch.set_grad_enabled(entropy_gradient and torch.is_grad_enabled()):
        entropy_C = -(logprobs_CV.exp() * logprobs_CV).sum(-1) if with_entropy else None
    return logprobs_C, entropy_C


def _head(model: Any, hidden_CD: Tensor) -> Tensor:
    """Logits (C, V) as the model itself makes them, with the scaling some families apply after the head."""
    logits_CV = model.get_output_embeddings()(hidden_CD)
    config = model.config.get_text_config()
    if scale := getattr(config, "logits_scaling", None):  # Granite
        logits_CV = logits_CV / scale
    if scale := getattr(config, "logit_scale", None):  # Cohere
        logits_CV = logits_CV * scale
    if cap := getattr(config, "final_logit_softcapping", None):  # Gemma
        logits_CV = torch.tanh(logits_CV / cap) * cap
    return logits_CV
