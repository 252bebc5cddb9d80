"""Runs of `rlcode rm` on a tiny model, from pairs to report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from simple_pairs import simple_pairs

from reward.lora import add_lora, merge_lora
from reward.model import encode, load_reward_model
from reward.schema import Pair, PairsError, write_pairs
from reward.scorer import Scorer
from reward.settings import ConfigError, parse_config
from reward.train import main, train_reward_model
from reward.train_settings import LoraConfig, RewardTrainConfig


def config_for(folder: Path, model: str, **changes: object) -> RewardTrainConfig:
    """Two epochs of 12 batches: enough for the tiny model to learn what the pairs are about."""
    values = {
        "model": model,
        "output_dir": folder / "run",
        "pairs": folder / "pairs.jsonl",
        "heldout_share": 0.2,
        "epochs": 2,
        "pairs_per_batch": 8,
        "tokens_per_row": 512,
        "learning_rate": 1e-3,
        "bf16": False,
        "evaluate_every": 6,
    }
    return parse_config(RewardTrainConfig, values | changes, "test")


def rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def finished(random_model: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run to the end, with three pairs among the good ones that cannot be used."""
    folder = tmp_path_factory.mktemp("training")
    pairs = simple_pairs(60)
    pairs[3] = replace(pairs[3], rejected=pairs[3].chosen)
    pairs[5] = replace(pairs[5], rejected=" \n")
    pairs[7] = replace(pairs[7], rejected="value += 1\n" * 3000)
    write_pairs(pairs, folder / "pairs.jsonl")
    train_reward_model(config_for(folder, random_model))
    return folder / "run"


def test_it_learns_to_tell_held_out_pairs_apart(finished: Path) -> None:
    evaluation = json.loads((finished / "evaluation.json").read_text())
    assert evaluation["accuracy"]["low"] > 0.8
    assert evaluation["problems"] == 12
    losses = [row["loss"] for row in rows(finished / "metrics.jsonl")]
    assert len(losses) == 24 and np.mean(losses[-6:]) < 0.5 * losses[0]


def test_the_folder_is_complete(finished: Path) -> None:
    names = {path.name for path in finished.iterdir()}
    assert names == {
        "config.yaml", "metrics.jsonl", "log.txt", "events", "excluded.jsonl", "checkpoints", "model",
        "evaluation.json", "heldout_scores.jsonl", "report.html",
    }  # fmt: skip
    assert any((finished / "events").iterdir())
    kept = {path.name for path in (finished / "checkpoints").iterdir()}
    best = json.loads((finished / "evaluation.json").read_text())["checkpoint"]
    assert kept == {"latest", "step-000024", best}


def test_the_kept_model_is_the_one_best_on_held_out_pairs(finished: Path) -> None:
    evaluated = [row for row in rows(finished / "metrics.jsonl") if "heldout/accuracy" in row]
    assert [row["step"] for row in evaluated] == [6, 12, 18, 24]
    best = max(evaluated, key=lambda row: (row["heldout/accuracy"], -row["heldout/loss"]))
    evaluation = json.loads((finished / "evaluation.json").read_text())
    assert evaluation["checkpoint"] == f"step-{best['step']:06d}"
    assert evaluation["accuracy"]["value"] == best["heldout/accuracy"]
    assert evaluation["loss"] == pytest.approx(best["heldout/loss"], abs=1e-5)


def test_unusable_pairs_are_listed_not_cut(finished: Path) -> None:
    found = [(row["id"], row["row"], row["reason"]) for row in rows(finished / "excluded.jsonl")]
    assert found == [(3, 4, "equal texts"), (5, 6, "empty text"), (7, 8, "too long")]
    assert "left out: 1 empty text, 1 equal texts, 1 too long" in (finished / "log.txt").read_text()


def test_the_report_needs_nothing_else(finished: Path) -> None:
    page = (finished / "report.html").read_text()
    assert page.count("<svg") == 4 and "passes every test" in page
    assert "http://" not in page and "https://" not in page and "<script" not in page


def test_the_saved_scores_are_those_of_the_saved_model(finished: Path) -> None:
    scores = rows(finished / "heldout_scores.jsonl")
    pairs = {pair.id: pair for pair in simple_pairs(60)}
    texts = [(pairs[row["id"]].user_text, pairs[row["id"]].chosen) for row in scores]
    np.testing.assert_allclose(Scorer(finished / "model").score(texts), [row["chosen"] for row in scores], atol=1e-5)


def test_the_same_command_on_a_finished_run_changes_nothing(finished: Path, random_model: str) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished.rglob("*")}
    assert "is finished: held-out accuracy" in train_reward_model(config_for(finished.parent, random_model))
    assert {path: path.stat().st_mtime_ns for path in finished.rglob("*")} == before


def test_other_settings_in_the_same_folder_are_refused(finished: Path, random_model: str) -> None:
    with pytest.raises(ConfigError, match=r"other settings \(learning_rate\)"):
        train_reward_model(config_for(finished.parent, random_model, learning_rate=1e-4))


def short_run(folder: Path, model: str, pairs: list[Pair], **changes: object) -> Path:
    write_pairs(pairs, folder / "pairs.jsonl")
    train_reward_model(config_for(folder, model, **({"epochs": 1} | changes)))
    return folder / "run"


@pytest.mark.parametrize(
    "changes",
    [{"tokens_per_row": 150}, {"gradient_checkpointing": True}],
    ids=str,
)
def test_settings_of_memory_and_speed_do_not_change_the_result(
    random_model: str, tmp_path: Path, changes: dict[str, object]
) -> None:
    losses = []
    for name, more in (("plain", {}), ("changed", changes)):
        (tmp_path / name).mkdir()
        run = short_run(tmp_path / name, random_model, simple_pairs(10), **more)
        losses.append([row["loss"] for row in rows(run / "metrics.jsonl")])
    np.testing.assert_allclose(losses[0], losses[1], atol=1e-4)


def test_rows_of_acecodepair_have_no_pass_rates_and_do(random_model: str, tmp_path: Path) -> None:
    plain = [Pair(pair.instruction, pair.chosen, pair.rejected, id=pair.id) for pair in simple_pairs(10)]
    run = short_run(tmp_path, random_model, plain)
    evaluation = json.loads((run / "evaluation.json").read_text())
    assert evaluation["problems"] == 2 and evaluation["by_margin"] == []
    assert "rejected" in (run / "report.html").read_text()


def test_without_held_out_pairs_the_last_model_is_kept(random_model: str, tmp_path: Path) -> None:
    run = short_run(tmp_path, random_model, simple_pairs(4), heldout_share=0)
    assert json.loads((run / "evaluation.json").read_text()) == {"checkpoint": "step-000001", "pairs": 0}


def test_lora_trains_little_and_saves_a_plain_model(random_model: str, tmp_path: Path) -> None:
    run = short_run(tmp_path, random_model, simple_pairs(30), lora={"rank": 4, "alpha": 8}, epochs=2)
    trained = torch.load(run / "checkpoints" / "step-000012" / "trainer.pt", weights_only=True)["weights"]
    assert all("lora_" in name or name.endswith("score.weight") for name in trained)
    losses = [row["loss"] for row in rows(run / "metrics.jsonl")]
    assert losses[-1] < 0.8 * losses[0]
    evaluation = json.loads((run / "evaluation.json").read_text())
    live = next(row for row in rows(run / "metrics.jsonl") if f"step-{row['step']:06d}" == evaluation["checkpoint"])
    assert evaluation["loss"] == pytest.approx(live["heldout/loss"], abs=1e-5)


def test_merged_additions_score_as_those_beside_the_weights(random_model: str) -> None:
    model, tokenizer = load_reward_model(random_model)
    settings = LoraConfig(rank=3, alpha=5)
    add_lora(model.classifier, settings)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            parameter.data.normal_()
    plain, _ = load_reward_model(random_model)
    plain.classifier.load_state_dict(merge_lora(dict(model.classifier.named_parameters()), settings), strict=True)
    ids = torch.tensor([encode(tokenizer, "Add.", "x + 1")])
    torch.testing.assert_close(plain.classifier(ids).logits, model.classifier(ids).logits, atol=1e-4, rtol=1e-4)


def test_a_score_that_is_no_number_names_the_pair(random_model: str, tmp_path: Path) -> None:
    """A token whose embedding is NaN stands in one pair only."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(random_model)
    model = AutoModelForCausalLM.from_pretrained(random_model, dtype=torch.float32)
    model.get_input_embeddings().weight.data[tokenizer("\u00e6", add_special_tokens=False).input_ids] = float("nan")
    model.save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    pairs = simple_pairs(8)
    pairs[9] = replace(pairs[9], rejected=pairs[9].rejected + "\u00e6")
    with pytest.raises(RuntimeError, match="a score is not finite, in pair 9;"):
        short_run(tmp_path, str(tmp_path / "model"), pairs, heldout_share=0)


def test_problems_in_both_sets_are_refused(random_model: str, tmp_path: Path) -> None:
    write_pairs(simple_pairs(3), tmp_path / "heldout.jsonl")
    with pytest.raises(PairsError, match="3 problems stand in `pairs` and in `heldout`"):
        short_run(tmp_path, random_model, simple_pairs(5), heldout=tmp_path / "heldout.jsonl")


def test_nothing_usable_says_what_to_do(random_model: str, tmp_path: Path) -> None:
    with pytest.raises(PairsError, match=r"no pair is left to train on; 4 are unusable.*max_tokens"):
        short_run(tmp_path, random_model, simple_pairs(2), max_tokens=5)


def test_pairs_that_changed_since_are_noticed(finished: Path, random_model: str, tmp_path: Path) -> None:
    run = short_run(tmp_path, random_model, simple_pairs(5))
    (run / "report.html").unlink()
    write_pairs(simple_pairs(6), tmp_path / "pairs.jsonl")
    with pytest.raises(PairsError, match="was trained on other pairs"):
        train_reward_model(config_for(tmp_path, random_model, epochs=1))


def test_deepspeed_may_not_set_what_the_config_sets(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="deepspeed: optimizer is decided by learning_rate"):
        config_for(tmp_path, "m", deepspeed={"optimizer": {"type": "Adam"}})


def test_a_known_failure_is_one_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rm.yaml").write_text(yaml.safe_dump({"output_dir": "run", "pairs": str(tmp_path / "none.jsonl")}))
    assert main([str(tmp_path / "rm.yaml"), "learning_rat=1"]) == 1
    assert "did you mean learning_rate?" in capsys.readouterr().err
    assert main([str(tmp_path / "rm.yaml"), "pairs=none.jsonl", f"output_dir={tmp_path}"]) == 1
    assert "none.jsonl: no such file" in capsys.readouterr().err
