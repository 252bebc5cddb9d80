"""Configs of `rlcode synth` on the recording that ships with the package, and what a run writes."""

from __future__ import annotations

from pathlib import Path

import yaml

OWN = Path(__file__).parents[2] / "rlcode" / "synthesis"


def write_config(folder: Path, url: str, **settings: object) -> Path:
    endpoint = {"base_url": url, "concurrency": 2, "longest_pause_seconds": 0.05}
    values = {
        "output_dir": str(folder / "synth"),
        "seeds": str(OWN / "recorded_seeds.jsonl"),
        "teacher": {"model": "teacher", "endpoint": endpoint},
        "oracle": {"model": "oracle", "temperature": 0.0, "endpoint": endpoint},
        "judge": {"slots": 2, "limits": {"cpu_seconds": 0.3, "memory_mb": 128}},
        "rows_per_batch": 4,
    }
    path = folder / "synth.yaml"
    path.write_text(yaml.safe_dump(values | settings))
    return path


def outputs(folder: Path) -> dict[str, bytes]:
    files = (folder / "synth").glob("*.jsonl")
    return {file.name: file.read_bytes() for file in files if file.name != "answers.jsonl"}
