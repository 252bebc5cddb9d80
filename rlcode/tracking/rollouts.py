"""Rollouts on disk: one Parquet file per step, one row per completion."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

TEST_RESULT = pa.struct([("outcome", pa.string()), ("message", pa.string())])

SCHEMA = pa.schema(
    [
        ("step", pa.int64()),
        ("problem_id", pa.string()),
        ("group", pa.int64()),  # completions of one prompt in one step share a group
        ("prompt", pa.string()),
        ("completion", pa.string()),
        ("program", pa.string()),  # the code taken out of the completion; null where none was found
        ("reward", pa.float64()),  # null where the completion was masked out
        ("model_score", pa.float64()),  # the reward model's own score; null without such a model
        ("advantage", pa.float64()),
        ("outcome", pa.string()),  # passed | failed | infra_error
        ("pass_rate", pa.float64()),  # null for infra_error
        ("weak", pa.bool_()),  # the pass rests on something that the program had a say in
        ("tests", pa.list_(TEST_RESULT)),
        ("policy_version", pa.int64()),
        ("finish_reason", pa.string()),
        ("completion_tokens", pa.int64()),
        ("mean_logprob", pa.float64()),  # by the engine, nats per token
    ]
)

_FILE_NAME = re.compile(r"step-(\d{6,})\.parquet")


def write_rollouts(folder: Path, step: int, rows: list[dict[str, Any]]) -> Path:
    """Write one step's completions beside and rename. Columns of SCHEMA a row lacks are null; others are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"step-{step:06d}.parquet"
    beside = path.with_name(f".{path.name}.tmp")
    pq.write_table(_table([{"step": step, **row} for row in rows]), beside, compression="zstd")
    os.replace(beside, path)
    return path


def read_rollouts(path: Path) -> list[dict[str, Any]]:
    return pq.read_table(path).to_pylist()


def rollout_files(folder: Path) -> Iterator[tuple[int, Path]]:
    """(step, file) in order of steps. Files of any other name, such as half-written ones, are passed over."""
    if not folder.is_dir():
        return
    found = [(match, path) for path in folder.iterdir() if (match := _FILE_NAME.fullmatch(path.name))]
    yield from sorted((int(match[1]), path) for match, path in found)


def drop_rollouts_after(folder: Path, step: int) -> None:
    """Remove the files of later steps and what a killed writer left half done."""
    for file_step, path in list(rollout_files(folder)):
        if file_step > step:
            path.unlink()
    for leftover in folder.glob(".step-*.parquet.tmp"):
        leftover.unlink()


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    known = set(SCHEMA.names)
    extra_names = dict.fromkeys(name for row in rows for name in row if name not in known)
    columns = {field.name: pa.array([_clean(row.get(field.name)) for row in rows], field.type) for field in SCHEMA}
    columns |= {name: pa.array([_clean(row.get(name)) for row in rows]) for name in extra_names}
    return pa.table(columns)


def _clean(value: Any) -> Any:
    """Tokenizers can emit lone surrogates, which Parquet's UTF-8 cannot hold: they become question marks."""
    if isinstance(value, str):
        return value.encode("utf-8", errors="replace").decode("utf-8")
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items()}
    return value
