"""Models small enough for any test, and problems that one of them can solve by guessing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from constant_problems import DIGITS, constant_problem
from hypothesis import settings
from small_models import random_llama

from reward.models import cache_dir

os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(cache_dir() / "torchinductor"))  # as the command line does
os.environ.setdefault("TORCHINDUCTOR_CPP_CACHE_PRECOMPILE_HEADERS", "0")
settings.register_profile("rlcode", deadline=None)  # a busy machine is no defect
settings.load_profile("rlcode")


def write_rows(path: Path, rows: list[dict]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="session")
def constant_problems(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A problem file for the tiny model."""
    rows = [constant_problem(digit, wording) for wording in ("Write", "Make") for digit in DIGITS]
    return write_rows(tmp_path_factory.mktemp("problems") / "constants.jsonl", rows)


@pytest.fixture(scope="session")
def random_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Folder of a two-layer Llama with random weights and the embedded model's tokenizer."""
    return random_llama(tmp_path_factory.mktemp("models") / "random")


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory, constant_problems: Path, random_model: str) -> str:
    """The same model after a few seconds of school: its programs return 0, 1, 2 or 3, each with the same chance."""
    import torch
    from transformers import AutoModelForCausalLM

    from rlcode.config import PromptConfig
    from rlcode.problems import load_problems
    from rlcode.prompts import PromptBuilder

    builder = PromptBuilder(random_model, PromptConfig(prefill="starter"))
    model = AutoModelForCausalLM.from_pretrained(random_model, dtype=torch.float32)
    prompts = [builder.build(problem).ids for problem in load_problems(str(constant_problems))]
    answers = [builder.tokenizer(f"\n    return {digit}\n```", add_special_tokens=False).input_ids for digit in DIGITS]
    _teach(model, prompts[::3], answers)
    folder = tmp_path_factory.mktemp("models") / "tiny"
    model.save_pretrained(folder)
    builder.tokenizer.save_pretrained(folder)
    return str(folder)


def _teach(model, prompts: list[list[int]], answers: list[list[int]], steps: int = 60) -> None:
    """Supervised steps on every prompt with every answer, until the model has only the digit left to guess."""
    import torch

    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, fused=True)
    pairs = [(prompt, answer) for prompt in prompts for answer in answers]
    ids = torch.nn.utils.rnn.pad_sequence(
        [torch.tensor(prompt + answer) for prompt, answer in pairs], batch_first=True, padding_side="left"
    )
    mask = torch.nn.utils.rnn.pad_sequence(
        [torch.ones(len(prompt + answer), dtype=torch.long) for prompt, answer in pairs],
        batch_first=True,
        padding_side="left",
    )
    width = len(answers[0])
    assert {len(answer) for answer in answers} == {width}
    for _ in range(steps):
        output = model(
            ids, attention_mask=mask, position_ids=(mask.cumsum(1) - 1).clamp(min=0), logits_to_keep=width + 1
        )
        loss = torch.nn.functional.cross_entropy(output.logits[:, :-1].flatten(0, 1), ids[:, -width:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
