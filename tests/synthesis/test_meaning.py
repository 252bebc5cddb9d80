"""Gates by meaning, on the vectors of a tiny model: their meaning is none, but equal texts are equal."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reward.models import ModelError
from rlcode.problems import Problem, save_problems
from rlcode.synthesis.meaning import Embedder, unique_meanings, unlike_benchmarks
from sandbox import Test

TEXTS = ["Add \ud83d two numbers.", "Reverse a list of words, each of them spelled backwards.", "Sort.", "word " * 3000]


@pytest.fixture(scope="module")
def embedder(random_model: str) -> Embedder:
    return Embedder(random_model)


def rows(*prompts: str) -> list[dict[str, str]]:
    return [{"id": f"row-{number}", "prompt": prompt} for number, prompt in enumerate(prompts)]


def test_a_vector_does_not_depend_on_the_texts_beside_it(embedder: Embedder) -> None:
    together, owners = embedder.vectors(TEXTS)
    alone = np.concatenate([embedder.vectors([text])[0] for text in TEXTS])
    assert np.allclose(together, alone, atol=1e-5)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert set(owners) == {0, 1, 2, 3}


def test_a_text_that_is_too_long_is_embedded_stretch_by_stretch(embedder: Embedder) -> None:
    _, owners = embedder.vectors(TEXTS)
    assert list(owners).count(3) > 1


def test_of_questions_with_one_meaning_the_first_is_kept(embedder: Embedder) -> None:
    found = list(unique_meanings(embedder, 0.9999)(rows(*TEXTS[:3], TEXTS[1], TEXTS[1])))
    assert [why.detail if why else "" for _, why in found] == ["", "", "", *["as row-1, cosine 1.000"] * 2]


def test_rows_of_earlier_batches_are_remembered(embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlcode.synthesis.meaning.ROWS_PER_BLOCK", 2)
    found = list(unique_meanings(embedder, 0.9999)(rows(*TEXTS[:3], TEXTS[0])))
    assert [why.detail if why else "" for _, why in found] == ["", "", "", "as row-0, cosine 1.000"]


def test_a_question_of_a_benchmark_is_found(embedder: Embedder, tmp_path: Path) -> None:
    problem = Problem("bench/7", TEXTS[1], [Test(kind="assert", code="assert f() == 1")])
    save_problems([problem], tmp_path / "bench.jsonl")
    gate = unlike_benchmarks(embedder, {"Bench": str(tmp_path / "bench.jsonl")}, 0.9999)
    found = list(gate(rows(*TEXTS[:3])))
    assert [why.detail if why else "" for _, why in found] == ["", "Bench bench/7, cosine 1.000", ""]


def test_a_model_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no config\.json"):
        Embedder(str(tmp_path))
