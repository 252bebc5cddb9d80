"""Attention over a packed row in blocks: what no token may attend to is not computed.

In a row that holds many texts most pairs of tokens have nothing to do with each other. Consecutive tokens form a block;
its keys are gathered from the places that any of them may attend to, which are its own and those of what it continues.
The result is that of the whole row with its mask, up to rounding. This is for CPUs: on a GPU one kernel over the whole
row is left as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

NAME = "rlcode_blocks"
LEAST_QUERIES = 64  # smaller blocks spend more on being calls of their own than they save
MOST_SCORES = 1 << 17  # a head's in one block; more are not kept for the backward pass, by the kernel for long texts


@dataclass(frozen=True)
class Blocks:
    """A row cut into blocks of consecutive tokens: the places that any token of a block attends to, K in all, block by
    block, and who of them attends to which."""

    keys_K: Tensor
    biases_QK: list[Tensor]  # of each block: 0 where a token attends, -inf where it does not


@dataclass(frozen=True)
class Part:
    """Consecutive tokens of a row. They attend to those before them among themselves, and to what they continue."""

    tokens: slice
    continues: slice | list[int]


def mask(parts: Sequence[Part], device: torch.device) -> Tensor:
    """Bool (1, 1, S, S): may token i attend to token j. It grows with the square of a row, so it is made for a pass;
    an update holds the parts of all of its rows."""
    size = parts[-1].tokens.stop
    visible_SS = torch.zeros(size, size, dtype=torch.bool, device=device)
    for part in parts:
        own = part.tokens
        visible_SS[own, part.continues] = True
        length = own.stop - own.start
        visible_SS[own, own] = torch.ones(length, length, dtype=torch.bool, device=device).tril()
    return visible_SS[None, None]


def in_blocks(parts: Sequence[Part], device: torch.device) -> Tensor:
    """The mask of a row for a model that `attend_in_blocks` has prepared. A new block may begin with each part.

    The blocks are an attribute of the mask because that is what a model of any family hands to each layer, and what a
    checkpointed layer is given a second time in the backward pass.
    """
    mask_11SS = mask(parts, device)
    if device.type == "cpu":
        mask_11SS.blocks = _blocks(mask_11SS[0, 0], parts)  # type: ignore[attr-defined]
    return mask_11SS


def _blocks(visible_SS: Tensor, parts: Sequence[Part]) -> Blocks:
    keys, biases = [], []
    start, last = 0, parts[-1].tokens.stop
    for end in (part.tokens.stop for part in parts):
        if end - start >= LEAST_QUERIES or (end == last and end > start):
            visible_QS = visible_SS[start:end]
            keys.append(visible_QS.any(0).nonzero()[:, 0])
            bias_QK = torch.zeros(end - start, len(keys[-1])).masked_fill_(~visible_QS[:, keys[-1]], -torch.inf)
            biases.append(bias_QK)
            start = end
    return Blocks(torch.cat(keys), biases)


def attend_in_blocks(model: Any) -> None:
    """Prepare a transformers model. Where a mask has no blocks it computes what it did before."""
    if model.config._attn_implementation != "sdpa":
        return
    from transformers import AttentionInterface
    from transformers.masking_utils import AttentionMaskInterface, sdpa_mask

    AttentionInterface.register(NAME, _attention)
    AttentionMaskInterface.register(NAME, sdpa_mask)
    model.set_attn_implementation(NAME)


def _attention(
    module: Any,
    query_1HSE: Tensor,
    key_1GSE: Tensor,
    value_1GSE: Tensor,
    attention_mask: Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    position_bias: Tensor | None = None,
    **rest: Any,
) -> tuple[Tensor, None]:
    """With the signature that transformers wants; returns (1, S, H, E). G heads of keys serve H of queries."""
    blocks: Blocks | None = getattr(attention_mask, "blocks", None)
    if blocks is None or dropout or position_bias is not None:
        from transformers.integrations.sdpa_attention import sdpa_attention_forward

        rest |= {"dropout": dropout, "scaling": scaling, "position_bias": position_bias}
        return sdpa_attention_forward(module, query_1HSE, key_1GSE, value_1GSE, attention_mask, **rest)
    scale = query_1HSE.shape[-1] ** -0.5 if scaling is None else scaling
    with torch.autocast(query_1HSE.device.type, enabled=False):
        query_HSE = query_1HSE[0].float() * scale
        # Gathered for all blocks at once: in the backward pass each gathering fills a gradient as long as the row.
        key_GKE, value_GKE = (tensor[0].index_select(1, blocks.keys_K) for tensor in (key_1GSE.float(), value_1GSE))
        queries, keys = zip(*(bias_QK.shape for bias_QK in blocks.biases_QK), strict=True)
        of_blocks = (query_HSE.split(queries, 1), key_GKE.split(keys, 1), value_GKE.split(keys, 1), blocks.biases_QK)
        answers = [_attend(*block) for block in zip(*of_blocks, strict=True)]
        return torch.cat(answers)[None].to(query_1HSE.dtype), None


def _attend(query_HQE: Tensor, key_GKE: Tensor, value_GKE: Tensor, bias_QK: Tensor) -> Tensor:
    """One block's answer (Q, H, E). Scores are float32, their weights and gradients in the precision of the values.

    Keeping them is faster than computing them again as long as they are few. Those of a long text grow with the square
    of its length, and would fill the memory.
    """
    heads, queries, size = query_HQE.shape
    groups = len(key_GKE)
    if bias_QK.numel() > MOST_SCORES:
        dtype, repeats = value_GKE.dtype, heads // groups
        key_HKE, value_HKE = (tensor.repeat_interleave(repeats, 0) for tensor in (key_GKE.to(dtype), value_GKE))
        answer_1HQE = functional.scaled_dot_product_attention(
            query_HQE[None].to(dtype), key_HKE[None], value_HKE[None], bias_QK, scale=1.0
        )
        return answer_1HQE[0].transpose(0, 1)
    scores_GRK = _Scores.apply(query_HQE.reshape(groups, -1, size), key_GKE, value_GKE.dtype)
    weights_GNQK = (scores_GRK.view(groups, heads // groups, queries, -1) + bias_QK).softmax(-1)
    answer_GRE = torch.bmm(weights_GNQK.to(value_GKE.dtype).view(scores_GRK.shape), value_GKE)
    return answer_GRE.view(heads, queries, -1).transpose(0, 1)


class _Scores(torch.autograd.Function):
    """Products (G, R, K) of queries and keys in float32, whose gradients are multiplied in `dtype`: that of the model's
    other products. A CPU's float32 products take four times as long as those in bfloat16."""

    @staticmethod
    def forward(ctx: Any, query_GRE: Tensor, key_GKE: Tensor, dtype: torch.dtype) -> Tensor:
        ctx.save_for_backward(query_GRE.to(dtype), key_GKE.to(dtype))
        return torch.bmm(query_GRE, key_GKE.transpose(1, 2))

    @staticmethod
    def backward(ctx: Any, gradient_GRK: Tensor) -> tuple[Tensor, Tensor, None]:
        query_GRE, key_GKE = ctx.saved_tensors
        gradient_GRK = gradient_GRK.to(query_GRE.dtype)
        of_query_GRE = torch.bmm(gradient_GRK, key_GKE)
        of_key_GKE = torch.bmm(gradient_GRK.transpose(1, 2), query_GRE)
        return of_query_GRE.float(), of_key_GKE.float(), None
