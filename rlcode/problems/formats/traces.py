"""Data sets of worked answers: KodCode's SFT set and OpenCodeReasoning."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from rlcode.problems.formats.fields import Row, list_of, optional_text, read_row, rest_of, text_of
from rlcode.problems.schema import ProblemError


@dataclass(frozen=True)
class Trace:
    """One answer to a question, its thinking included. `solution` is the program in it, `correct` what its makers found
    out about it."""

    id: str
    question: str
    answer: str
    solution: str | None = None
    correct: bool | None = None
    source: str = ""
    license: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> Row:
        return asdict(self)


def read_trace(row: Row, where: str) -> Trace:
    """A row as `to_dict` writes it."""
    correct = row.get("correct")
    if correct is not None and not isinstance(correct, bool):
        raise ProblemError(f"{where}: field 'correct' must be true, false or null")
    return Trace(
        text_of(row, "id", where),
        text_of(row, "question", where),
        text_of(row, "answer", where),
        optional_text(row, "solution", where),
        correct,
        row.get("source") or "",
        row.get("license") or "",
        row.get("metadata") or {},
    )


def read_kodcode_sft(row: Row, where: str) -> Trace:
    """A row of KodCode-V1-SFT-R1: the conversation's first question and its answer."""
    turns = list_of(row, "conversations", where)
    said = {turn.get("from"): turn.get("value") for turn in reversed(turns) if isinstance(turn, dict)}
    question, answer = said.get("human", said.get("user")), said.get("gpt", said.get("assistant"))
    if not isinstance(question, str) or not isinstance(answer, str):
        raise ProblemError(f"{where}: field 'conversations' must have a turn of 'human' and one of 'gpt'")
    correct = {"True": True, "False": False}.get(str(row.get("r1_correctness")))
    return Trace(
        text_of(row, "question_id", where),
        question,
        answer,
        optional_text(row, "r1_solution", where),
        correct,
        "KodCode/KodCode-V1-SFT-R1",
        "CC-BY-NC-4.0",
        rest_of(row, "question_id", "conversations", "r1_solution", "r1_correctness"),
    )


def write_kodcode_sft(trace: Trace) -> Row:
    return {
        **trace.metadata,
        "question_id": trace.id,
        "conversations": [{"from": "human", "value": trace.question}, {"from": "gpt", "value": trace.answer}],
        "r1_solution": trace.solution,
        "r1_correctness": None if trace.correct is None else str(trace.correct),
    }


def read_opencodereasoning(row: Row, where: str) -> Trace:
    """A row of OpenCodeReasoning (arXiv 2504.01943). Those of split_1 have '-' for the question: it has to be fetched
    from the set named in `dataset`, at `split` and `index`."""
    question = text_of(row, "input", where)
    if question.strip() == "-":
        place = f"{row.get('dataset')} {row.get('split')} {row.get('index')}"
        raise ProblemError(f"{where}: field 'input' is left out in this split; fill in the question of {place}")
    return Trace(
        text_of(row, "id", where),
        question,
        text_of(row, "output", where),
        optional_text(row, "solution", where),
        None,
        optional_text(row, "source", where) or "nvidia/OpenCodeReasoning",
        optional_text(row, "license", where) or "CC-BY-4.0",
        rest_of(row, "id", "input", "output", "solution", "source", "license"),
    )


def write_opencodereasoning(trace: Trace) -> Row:
    return {
        **trace.metadata,
        "id": trace.id,
        "input": trace.question,
        "output": trace.answer,
        "source": trace.source,
        "license": trace.license,
        "solution": trace.solution,
    }


@dataclass(frozen=True)
class TraceFormat:
    """A schema: how a row becomes a trace and how it is written."""

    read: Callable[[Row, str], Trace]
    write: Callable[[Trace], Row]


TRACE_FORMATS = {
    "traces": TraceFormat(read_trace, Trace.to_dict),
    "kodcode-sft": TraceFormat(read_kodcode_sft, write_kodcode_sft),
    "opencodereasoning": TraceFormat(read_opencodereasoning, write_opencodereasoning),
}


def traces_of(
    name: str, rows: Iterator[tuple[str, Row]], reject: Callable[[str, str, Row], None] | None = None
) -> Iterator[Trace]:
    """The traces of rows in the format `name`. A row that cannot be read goes to `reject` (where, why, row), or raises
    ProblemError when there is none."""
    for where, row in rows:
        try:
            trace = read_row(TRACE_FORMATS[name].read, row, where)
        except ProblemError as error:
            if reject is None:
                raise
            reject(where, str(error), row)
        else:
            yield trace
