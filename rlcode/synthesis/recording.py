"""Answers that were recorded: found by what was asked, without asking anyone.

A recording is a file (.jsonl, .jsonl.gz, .parquet) or a folder of such files. Its rows are of one of two kinds:

- rows of the `answers.jsonl` of an earlier run, found by their `key`: the same model, settings, prompt and attempt;
- rows with `stage`, `prompt_id`, `attempt` and `response`, found by the first three: whatever the prompt says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from reward.rows import RowError, iterate_rows
from rlcode.synthesis.settings import TeacherConfig
from rlcode.synthesis.teachers import Answer, Keep, Request, request_body, request_key

STAGES = {"question": "questions", "solution_and_tests": "trials"}  # names that others give to our stages
SUFFIXES = (".jsonl", ".jsonl.gz", ".parquet")


class Recording:
    """All answers of a recording, in memory. Raises RowError naming file and line for a row that is none."""

    def __init__(self, path: Path):
        self.path = path
        self._answers: dict[str, Answer] = {}
        self.rows: dict[str, dict[str, Any]] = {}  # by prompt_id, of those that asked for a question
        for file in _files(path):
            for where, row in iterate_rows(file):
                self._add(row, where)

    def __len__(self) -> int:
        return len(self._answers)

    def find(self, label: str, key: str) -> Answer | None:
        return self._answers.get(key) or self._answers.get(label)

    def _add(self, row: dict[str, Any], where: str) -> None:
        if isinstance(row.get("key"), str) and isinstance(row.get("text"), str):
            counts = {name: row[name] for name in ("prompt_tokens", "completion_tokens") if name in row}
            self._answers[row["key"]] = Answer(
                row["text"], str(row.get("finish_reason", "")), **counts, problem=str(row.get("problem", ""))
            )
            return
        stage, prompt_id, response = row.get("stage"), row.get("prompt_id"), row.get("response")
        if not (isinstance(stage, str) and isinstance(prompt_id, str) and isinstance(response, str)):
            raise RowError(
                f"{where}: no recorded answer; a row has the text fields stage, prompt_id and response, or is one of "
                "the answers.jsonl that `rlcode synth` writes"
            )
        stage = STAGES.get(stage, stage)
        self._answers[f"{stage}/{prompt_id}/{row.get('attempt', 0)}"] = Answer(
            response, str(row.get("finish_reason", ""))
        )
        if stage == "questions":
            self.rows[prompt_id] = row


class RecordingTeacher:
    """Gives recorded answers; what is not in the recording is a problem of that request alone."""

    def __init__(self, config: TeacherConfig):
        assert config.recording is not None  # the settings see to it
        self._config, self._recording = config, Recording(config.recording)

    def ask_many(self, requests: Iterable[Request], keep: Keep) -> Iterator[tuple[Request, Answer]]:
        for request in requests:
            key = request_key(request_body(self._config, request), request.attempt)
            answer = self._recording.find(request.label, key)
            answer = answer or Answer("", problem=f"{self._recording.path} has no answer to it", paid=False)
            keep(request, answer)
            yield request, answer

    def price(self, prompt_tokens: int, completion_tokens: int) -> float:
        return 0.0

    def close(self) -> None:
        pass


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.iterdir() if file.name.endswith(SUFFIXES))
    if not files:
        raise RowError(f"{path}: no recording in this folder; it needs files ending in {', '.join(SUFFIXES)}")
    return files
