from pathlib import Path

import pyarrow.parquet as pq

from rlcode.tracking.rollouts import SCHEMA, drop_rollouts_after, read_rollouts, rollout_files, write_rollouts

ROW = {
    "problem_id": "starter/count_vowels",
    "group": 3,
    "prompt": "Write a function",
    "completion": "def count_vowels(text): ...",
    "program": None,
    "reward": 0.5,
    "model_score": None,
    "advantage": -0.25,
    "outcome": "failed",
    "pass_rate": 0.5,
    "weak": False,
    "tests": [{"outcome": "passed", "message": ""}, {"outcome": "timeout", "message": "no result after 4 s"}],
    "policy_version": 7,
    "finish_reason": "stop",
    "completion_tokens": 31,
    "mean_logprob": -0.4,
}


def test_a_completion_comes_back_as_it_was_written(tmp_path: Path) -> None:
    path = write_rollouts(tmp_path, 8, [ROW])
    assert path.name == "step-000008.parquet"
    assert read_rollouts(path) == [{"step": 8, **ROW}]


def test_unknown_fields_are_kept(tmp_path: Path) -> None:
    rows = [{**ROW, "reward_model/score": 1.5}, {**ROW, "source": {"name": "starter", "seed": 1}}]
    back = read_rollouts(write_rollouts(tmp_path, 1, rows))
    assert [row["reward_model/score"] for row in back] == [1.5, None]
    assert back[1]["source"] == {"name": "starter", "seed": 1}


def test_columns_have_the_same_types_when_a_step_has_no_values(tmp_path: Path) -> None:
    path = write_rollouts(tmp_path, 1, [{"problem_id": "a", "reward": None, "tests": []}])
    assert pq.read_schema(path).equals(SCHEMA)


def test_a_lone_surrogate_from_the_tokenizer_does_not_lose_the_step(tmp_path: Path) -> None:
    rows = [{**ROW, "completion": "half \ud83d an emoji", "tests": [{"outcome": "error", "message": "\udc00"}]}]
    (row,) = read_rollouts(write_rollouts(tmp_path, 1, rows))
    assert row["completion"] == "half ? an emoji"
    assert row["tests"][0]["message"] == "?"


def test_files_are_listed_by_step_and_half_written_ones_removed_on_resume(tmp_path: Path) -> None:
    for step in (10, 2, 1_000_000):
        write_rollouts(tmp_path, step, [ROW])
    (tmp_path / ".step-000011.parquet.tmp").write_bytes(b"PAR1 torn")
    assert [step for step, _ in rollout_files(tmp_path)] == [2, 10, 1_000_000]
    drop_rollouts_after(tmp_path, 10)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-000002.parquet", "step-000010.parquet"]
