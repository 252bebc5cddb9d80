"""Models that take no time."""

from __future__ import annotations

import os
from pathlib import Path

from reward.models import embedded_model


def random_llama(folder: Path, vocabulary: int | None = None) -> str:
    """The folder, with a two-layer Llama of random weights and the embedded model's tokenizer in it. With a vocabulary
    of its own it is smaller by that much, and no model of texts."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    torch.set_num_threads(1)  # the tensors are tiny: more threads only wait for each other
    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(embedded_model())
    config = LlamaConfig(
        vocab_size=vocabulary or len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        tie_word_embeddings=True,
        initializer_range=0.06,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)
