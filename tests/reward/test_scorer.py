"""Scores are the model's own: whatever is scored beside, however it is padded, with or without this project."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from simple_pairs import simple_pairs

from reward.model import encode, load_reward_model, save_reward_model
from reward.models import ModelError
from reward.scorer import ScoreError, Scorer

TEXTS = [(pair.user_text, text) for pair in simple_pairs(6, 2, seed=3) for text in (pair.chosen, pair.rejected)]

PLAIN_TRANSFORMERS = """
import json, sys, torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer
folder, texts = sys.argv[1], json.load(open(sys.argv[2]))
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32)
chats = [[{"role": "user", "content": user}, {"role": "assistant", "content": answer}] for user, answer in texts]
batch = tokenizer.apply_chat_template(chats, padding=True, return_tensors="pt", return_dict=True)
with torch.no_grad():
    print(json.dumps(model(**batch).logits[:, 0].tolist()))
"""


@pytest.fixture(scope="module")
def folder(random_model: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reward model on disk, its head as random as the rest. Its pad token is its end token."""
    torch.manual_seed(2)
    model, tokenizer = load_reward_model(random_model)
    model.classifier.score.weight.data.normal_(std=0.2)
    assert tokenizer.pad_token_id == tokenizer.eos_token_id
    target = tmp_path_factory.mktemp("reward") / "model"
    save_reward_model(model.classifier, tokenizer, dict(model.classifier.named_parameters()), target, torch.float32)
    return target


@pytest.fixture(scope="module")
def scorer(folder: Path) -> Scorer:
    return Scorer(folder)


def test_any_batch_gives_the_same_scores(folder: Path, scorer: Scorer) -> None:
    together = scorer.score(TEXTS)
    one_by_one = np.concatenate([scorer.score([text]) for text in TEXTS])
    backwards = Scorer(folder, tokens_per_batch=300).score(TEXTS[::-1])[::-1]
    np.testing.assert_allclose(together, one_by_one, atol=1e-5)
    np.testing.assert_allclose(together, backwards, atol=1e-5)
    assert together.std() > 0.1


@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_with_the_end_token_changes_nothing(scorer: Scorer, side: str) -> None:
    """The texts end in the end token itself, as where a chat template closes the answer with it."""
    pad = scorer.tokenizer.pad_token_id
    texts = [encode(scorer.tokenizer, *text)[:-1] for text in TEXTS]
    assert all(text[-1] == pad for text in texts)
    width = max(map(len, texts)) + 3
    empty = [[pad] * (width - len(text)) for text in texts]
    padded = [fill + text if side == "left" else text + fill for text, fill in zip(texts, empty, strict=True)]
    mask = [
        [0] * len(fill) + [1] * len(text) if side == "left" else [1] * len(text) + [0] * len(fill)
        for text, fill in zip(texts, empty, strict=True)
    ]
    with torch.no_grad():
        batch = scorer.model.classifier(torch.tensor(padded), attention_mask=torch.tensor(mask)).logits[:, 0].numpy()
    stripped = [text[: len(text) - 1] for text in texts]
    assert all(text[-1] != pad for text in stripped)
    np.testing.assert_allclose(scorer.score_ids(stripped), batch, atol=1e-5)


def test_the_end_of_a_text_is_its_last_token_that_is_not_padding(scorer: Scorer) -> None:
    scorer.tokenizer.chat_template, template = None, scorer.tokenizer.chat_template
    try:
        plain = encode(scorer.tokenizer, "Add.", "x + 1")
        closed = encode(scorer.tokenizer, "Add.", "x + 1" + 2 * scorer.tokenizer.eos_token)
    finally:
        scorer.tokenizer.chat_template = template
    assert plain == closed


def test_plain_transformers_gives_the_same_scores(folder: Path, scorer: Scorer, tmp_path: Path) -> None:
    (tmp_path / "texts.json").write_text(json.dumps(TEXTS))
    done = subprocess.run(
        [sys.executable, "-c", PLAIN_TRANSFORMERS, str(folder), str(tmp_path / "texts.json")],
        cwd=tmp_path, env={"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    np.testing.assert_allclose(scorer.score(TEXTS), json.loads(done.stdout), atol=1e-5)


def test_a_text_too_long_is_named_not_cut(scorer: Scorer) -> None:
    long = "value += 1\n" * scorer.max_tokens
    with pytest.raises(ScoreError, match=rf"text 1 has \d+ tokens, the model takes {scorer.max_tokens}"):
        scorer.score([TEXTS[0], ("Count.", long)])


def test_a_score_that_is_no_number_is_an_error(folder: Path) -> None:
    broken = Scorer(folder)
    broken.model.classifier.score.weight.data[0, 0] = float("nan")
    with pytest.raises(ScoreError, match="score of text 0 is nan"):
        broken.score(TEXTS)


def test_a_classifier_with_other_labels_is_refused(folder: Path, tmp_path: Path) -> None:
    from transformers import LlamaConfig, LlamaForSequenceClassification

    config = LlamaConfig(
        vocab_size=32, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1, num_labels=3
    )
    LlamaForSequenceClassification(config).save_pretrained(tmp_path / "three")
    with pytest.raises(ModelError, match="3 labels; a reward model has one"):
        Scorer(tmp_path / "three")
