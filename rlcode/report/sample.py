"""A part of the rollouts small enough to carry in one file, chosen the same way every time."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from rlcode.report.embed import embeddable_json
from rlcode.tracking.rollouts import read_rollouts, rollout_files

_MOST_STEPS = 16
_MOST_BYTES = 1_200_000
_LONGEST_TEXT = 8_000
_LONGEST_MESSAGE = 400
_MOST_TESTS = 60

_FIELDS = (
    "group", "reward", "advantage", "outcome", "pass_rate", "policy_version", "finish_reason", "completion_tokens",
    "mean_logprob",
)  # fmt: skip


def sample_rollouts(folder: Path) -> dict[str, Any]:
    """Completions of steps spread evenly over the run, first and last among them, up to a byte budget they share.

    Returns `{"total": completions in the folder, "rows": [...], "prompts": [...]}`; rows name prompts by index.
    """
    files = list(rollout_files(folder))
    total = sum(pq.read_metadata(path).num_rows for _step, path in files)
    prompts: dict[str, int] = {}
    rows: list[dict[str, Any]] = []
    chosen = _spread(files, _MOST_STEPS)
    left = _MOST_BYTES
    for position, (_step, path) in enumerate(chosen):
        sampled = _first_rows(path, left // (len(chosen) - position))
        left -= sum(size for _row, _prompt, size in sampled)
        rows += [{**row, "prompt": prompts.setdefault(prompt, len(prompts))} for row, prompt, _size in sampled]
    return {"total": total, "rows": rows, "prompts": list(prompts)}


def _first_rows(path: Path, most_bytes: int) -> list[tuple[dict[str, Any], str, int]]:
    """(row, prompt, bytes in the page) of a step's first completions, one at least. A prompt counts once."""
    sampled: list[tuple[dict[str, Any], str, int]] = []
    prompts: set[str] = set()
    for full in read_rollouts(path):
        row, prompt = _slim(full), _cut(full["prompt"] or "", _LONGEST_TEXT)
        size = len(embeddable_json([row, "" if prompt in prompts else prompt]).encode())
        if sampled and size > most_bytes:
            break
        most_bytes -= size
        prompts.add(prompt)
        sampled.append((row, prompt, size))
    return sampled


def _spread(files: list[tuple[int, Path]], count: int) -> list[tuple[int, Path]]:
    if len(files) <= count:
        return files
    return [files[round(index * (len(files) - 1) / (count - 1))] for index in range(count)]


def _slim(row: dict[str, Any]) -> dict[str, Any]:
    tests = row["tests"] or []
    return {name: round(value, 4) if isinstance(value := row[name], float) else value for name in _FIELDS} | {
        "step": row["step"],
        "problem": row["problem_id"],
        "completion": _cut(row["completion"] or "", _LONGEST_TEXT),
        "program": None if row["program"] is None else _cut(row["program"], _LONGEST_TEXT),
        "tests": [[test["outcome"], _cut(test["message"] or "", _LONGEST_MESSAGE)] for test in tests[:_MOST_TESTS]],
        "tests_total": len(tests),
    }


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}\n… {len(text) - longest} more characters"
