"""The reward model: a plain AutoModelForSequenceClassification with one label, read at the last real token.

What is saved needs nothing of this project: transformers loads the folder and gives the same scores. The last real
token is the last one whose id is not `config.pad_token_id`, which is where transformers reads. Where a tokenizer pads
with the token that also ends a turn, that end is therefore no part of the text, here as there, and padding changes
nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from reward.attention import attend_in_blocks, in_blocks
from reward.models import ModelError, attention_window, check_packable, resolve_model, switch_dropout_off
from reward.packing import Row


class RewardModel(nn.Module):
    """Scores the texts of a packed row."""

    def __init__(self, classifier: Any):
        super().__init__()
        self.classifier = classifier
        attend_in_blocks(classifier)

    def forward(self, row: Row) -> Tensor:
        """Scores (N,), float32. The head computes in its own precision: bfloat16 could not tell close scores apart."""
        backbone = getattr(self.classifier, self.classifier.base_model_prefix)
        hidden_1SD = backbone(
            input_ids=row.ids_1S,
            position_ids=row.positions_1S,
            attention_mask=in_blocks(row.parts, row.ids_1S.device),
            use_cache=False,
        ).last_hidden_state
        head = self.classifier.score
        with torch.autocast(row.ids_1S.device.type, enabled=False):
            scores_N1: Tensor = head(hidden_1SD[0, row.last_N].to(head.weight.dtype))
        return scores_N1[:, 0].float()


def load_reward_model(name: str, new_head: bool = True) -> tuple[RewardModel, Any]:
    """A model in float32 and its tokenizer, from a reward model or, where `new_head` allows it, a causal model.

    Raises ModelError when it does not load, has another number of labels than one, or no head where one is needed.
    """
    from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

    path = resolve_model(name)
    try:
        config = AutoConfig.from_pretrained(path)
        _check_head(name, config, new_head)
        check_packable(name, config)
        config.num_labels = 1
        tokenizer: Any = AutoTokenizer.from_pretrained(path)
        _set_padding(name, tokenizer, config)
        with _quiet_loading():  # that the head is new and the vocabulary's head unused is as it should be
            classifier = AutoModelForSequenceClassification.from_pretrained(
                path, config=config, dtype=torch.float32, attn_implementation="sdpa"
            )
    except ModelError:
        raise
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"model {name!r} does not load: {str(error).strip().splitlines()[0]}") from None
    if not isinstance(getattr(classifier, "score", None), nn.Linear):
        raise ModelError(f"model {name!r} ({type(classifier).__name__}) has no linear `score` head; use a causal model")
    switch_dropout_off(classifier)
    return RewardModel(classifier), tokenizer


def encode(tokenizer: Any, instruction: str, answer: str) -> list[int]:
    """Token ids of a question and its answer, up to the last one that is not the pad token."""
    if tokenizer.chat_template:
        messages = [{"role": "user", "content": instruction}, {"role": "assistant", "content": answer}]
        text = tokenizer.apply_chat_template(messages, tokenize=False)
        ids = tokenizer(text, add_special_tokens=False).input_ids
    else:
        ids = tokenizer(f"{instruction}\n\n{answer}").input_ids
    length = next((place for place in range(len(ids), 0, -1) if ids[place - 1] != tokenizer.pad_token_id), 0)
    return list(ids[:length])


def save_reward_model(
    classifier: Any, tokenizer: Any, state: dict[str, Tensor], folder: Path, dtype: torch.dtype
) -> None:
    """Write a Hugging Face folder with the weights in `state`, in the precision `dtype`."""
    with torch.device("meta"):  # save_pretrained writes the precision of the model it is called on into config.json
        shell = type(classifier)(classifier.config).to(dtype)
    shell.save_pretrained(folder, state_dict={name: tensor.to("cpu", dtype) for name, tensor in state.items()})
    tokenizer.save_pretrained(folder)


def longest_input(classifier: Any) -> int:
    """Most tokens that the model has positions for, and that all of its layers see."""
    positions = getattr(classifier.config.get_text_config(), "max_position_embeddings", None) or 2**31
    return int(min(positions, attention_window(classifier.config) or positions))


def first_not_finite(scores: Sequence[float]) -> int | None:
    """Index of the first score that is NaN or infinite."""
    return next((index for index, score in enumerate(scores) if not math.isfinite(score)), None)


@contextmanager
def _quiet_loading() -> Iterator[None]:
    from transformers.utils import logging

    level = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(level)


def check_reward_model(name: str) -> None:
    """Raises ModelError when this is no trained reward model; reads the configuration only."""
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(resolve_model(name))
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"reward model {name!r} does not load: {str(error).strip().splitlines()[0]}") from None
    _check_head(name, config, new_head=False)


def _check_head(name: str, config: Any, new_head: bool) -> None:
    classifies = any("ForSequenceClassification" in kind for kind in config.architectures or [])
    if not classifies and not new_head:
        raise ModelError(f"{name!r} is no reward model: it has no score head. `rlcode rm` trains one from pairs")
    if classifies and config.num_labels != 1:
        raise ModelError(
            f"model {name!r} is a classifier with {config.num_labels} labels; a reward model has one. Give a causal "
            "model, or a reward model that `rlcode rm` made"
        )


def _set_padding(name: str, tokenizer: Any, config: Any) -> None:
    if tokenizer.pad_token is None:
        if tokenizer.eos_token is None:
            raise ModelError(f"the tokenizer of {name!r} has neither a pad nor an end token; set tokenizer.pad_token")
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "right"
    config.get_text_config().pad_token_id = tokenizer.pad_token_id
