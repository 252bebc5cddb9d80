"""Answers for supervised training, by rejection sampling (KodCode, arXiv 2503.02951, step 3): a model solves each
problem several times, and the answers whose programs pass its tests are kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rlcode.extraction import extract_program
from rlcode.synthesis.answers import Malformed, require_text
from rlcode.synthesis.asking import Asker
from rlcode.synthesis.judging import Judging, Program
from rlcode.synthesis.rejection import Rejection, Row
from rlcode.synthesis.settings import AnswersConfig
from rlcode.synthesis.stages import Stage
from rlcode.synthesis.teachers import Answer, Request, request_settings
from sandbox import Test, Verdict


def answered(config: AnswersConfig, teacher: Asker) -> Stage[Request, Answer]:
    """The stage that puts `answers` into each row: {"text"}, or {"problem", "detail"} where there is no program."""

    def ask(row: Row) -> list[Request]:
        messages = (("user", row["prompt"]),)
        return [Request("answered", row["id"], messages, attempt) for attempt in range(config.samples)]

    def conclude(row: Row, answers: Sequence[Answer]) -> Row:
        return row | {"answers": list(map(_read, answers))}

    asked = {"samples": config.samples, "teacher": request_settings(config.teacher)}
    return Stage("answered", ask, teacher.ask_many, conclude, asked)


def checked(judging: Judging) -> Stage[Program, Verdict]:
    """The stage that adds to each answer what became of its program. A row that no answer passes is rejected."""
    return Stage("checked", _programs, judging.verdicts, _conclude, {"limits": judging.limits})


def training_rows(rows: Iterable[Row]) -> Iterator[Row]:
    """A conversation for every answer that passed, in the form that TRL's SFTTrainer and others read."""
    for row in rows:
        for attempt, answer in enumerate(row["answers"]):
            if answer["outcome"] == "passed":
                yield {
                    "id": f"{row['id']}/{attempt}",
                    "problem_id": row["id"],
                    "messages": [
                        {"role": "user", "content": row["prompt"]},
                        {"role": "assistant", "content": answer["text"]},
                    ],
                    "source": row["source"],
                    "license": row["license"],
                    "pass_sequence": [int(other["outcome"] == "passed") for other in row["answers"]],
                }


def _read(answer: Answer) -> dict[str, str]:
    try:
        text = require_text(answer)
    except Malformed as error:
        return {"problem": error.reason, "detail": error.detail}
    if answer.finish_reason == "length":
        return {"problem": "cut off", "detail": f"{answer.completion_tokens} tokens"}
    return {"text": text} if extract_program(text) else {"problem": "no program in it", "detail": text[-200:]}


def _programs(row: Row) -> list[Program]:
    tests = [Test.from_dict(test) for test in row["tests"]]
    return [(extract_program(answer["text"]), tests) for answer in row["answers"] if "text" in answer]


def _conclude(row: Row, verdicts: Sequence[Verdict]) -> Row | Rejection:
    infra = [verdict for verdict in verdicts if verdict.outcome == "infra_error"]
    if infra:
        return Rejection("not judged", infra[0].message)
    results = iter(verdicts)
    answers = [
        answer | {"outcome": next(results).outcome if "text" in answer else answer["problem"]}
        for answer in row["answers"]
    ]
    if not any(answer["outcome"] == "passed" for answer in answers):
        return Rejection("no answer passed", ", ".join(answer["outcome"] for answer in answers))
    return row | {"answers": answers}
