"""A part of the rollouts small enough to carry in one file, chosen the same way every time."""

from collections.abc import Iterator
from itertools import chain
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
    "mean_logprob", "logprob_gap",
)  # fmt: skip

Group = list[dict[str, Any]]


def sample_rollouts(folder: Path) -> dict[str, Any]:
    """Whole groups, in turn from steps spread evenly over the run (first and last among them), up to a byte budget.

    Returns `{"total": completions in the folder, "rows": [...], "prompts": [...]}`; rows name prompts by index.
    """
    files = list(rollout_files(folder))
    total = sum(pq.read_metadata(path).num_rows for _step, path in files)
    prompts: dict[str, int] = {}
    rows: list[dict[str, Any]] = []
    spent = 0
    for row in chain.from_iterable(_in_turn([_groups(path) for _step, path in _spread(files, _MOST_STEPS)])):
        prompt = _cut(row["prompt"] or "", _LONGEST_TEXT)
        slim = {**_slim(row), "prompt": prompts.get(prompt, len(prompts))}
        spent += len(embeddable_json([slim, prompt if prompt not in prompts else None]).encode())
        if spent > _MOST_BYTES:
            break
        prompts.setdefault(prompt, len(prompts))
        rows.append(slim)
    rows.sort(key=lambda row: row["step"])
    return {"total": total, "rows": rows, "prompts": list(prompts)}


def _spread(files: list[tuple[int, Path]], count: int) -> list[tuple[int, Path]]:
    if len(files) <= count:
        return files
    return [files[round(index * (len(files) - 1) / (count - 1))] for index in range(count)]


def _groups(path: Path) -> list[Group]:
    groups: dict[Any, Group] = {}
    for row in read_rollouts(path):
        groups.setdefault((row["group"], row["problem_id"]), []).append(row)
    return list(groups.values())


def _in_turn(queues: list[list[Group]]) -> Iterator[Group]:
    """The first group of every step, then every second one, and so on: a tight budget still covers the whole run."""
    for position in range(max(map(len, queues), default=0)):
        for queue in queues:
            if position < len(queue):
                yield queue[position]


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
