"""Which models can be trained on packed texts, by transformers' own configurations of well-known families."""

from __future__ import annotations

import pytest
import transformers

from reward.models import ModelError, attention_window, check_packable, switch_dropout_off


@pytest.mark.parametrize(
    ("family", "settings", "longest"),
    [
        ("LlamaConfig", {}, None),
        ("Qwen2Config", {}, None),
        ("Qwen3MoeConfig", {}, None),
        ("MistralConfig", {"sliding_window": 4096}, 4096),
        ("MistralConfig", {"sliding_window": None}, None),
        ("Starcoder2Config", {"sliding_window": 4096}, 4096),
        ("Gemma3TextConfig", {"sliding_window": 512}, 512),
    ],
)
def test_texts_may_be_as_long_as_every_layer_sees(family: str, settings: dict, longest: int | None) -> None:
    config = getattr(transformers, family)(**settings)
    check_packable("a model", config)
    assert attention_window(config) == longest


@pytest.mark.parametrize(
    ("family", "why"),
    [
        ("Gemma2Config", "caps scores at 50"),
        ("Qwen3NextConfig", "layers of linear_attention"),
        ("CodeGenConfig", "CodeGenForCausalLM has no attention that takes such a mask"),
        ("GptOssConfig", "GptOssForCausalLM has no attention"),
    ],
)
def test_other_attention_is_refused_with_the_reason(family: str, why: str) -> None:
    with pytest.raises(ModelError, match=f"'a model' cannot be trained on packed texts: .*{why}"):
        check_packable("a model", getattr(transformers, family)())


def test_dropout_is_off_in_every_form_that_families_have_it() -> None:
    small = {"n_layer": 1, "n_embd": 8, "n_head": 2, "vocab_size": 16}
    model = transformers.GPT2LMHeadModel(transformers.GPT2Config(**small))
    switch_dropout_off(model)
    assert {module.p for module in model.modules() if hasattr(module, "p")} == {0.0}
