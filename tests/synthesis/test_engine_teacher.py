"""The project's own engine as a teacher."""

from __future__ import annotations

import pytest

from rlcode.synthesis.settings import TeacherConfig
from rlcode.synthesis.teachers import Answer, Request, open_teacher


def ask(model: str, rows: list[str], **settings: object) -> dict[str, Answer]:
    given = {"kind": "engine", "model": model, "max_tokens": 6, "engine": {"engine": "transformers"}}
    teacher = open_teacher(TeacherConfig.model_validate(given | settings), cluster=None)
    kept: list[Request] = []
    try:
        requests = [Request("questions", row, (("user", row),), attempt) for row in rows for attempt in range(2)]
        answers = {
            asked.label: answer for asked, answer in teacher.ask_many(requests, lambda asked, _: kept.append(asked))
        }
    finally:
        teacher.close()
    assert sorted(asked.label for asked in kept) == sorted(answers) == sorted(item.label for item in requests)
    return answers


@pytest.mark.slow
def test_an_answer_depends_on_its_prompt_and_attempt_and_not_on_those_beside_it(random_model: str) -> None:
    alone = ask(random_model, ["What is 1?"])
    beside = ask(random_model, ["What is 2?", "What is 1?"])
    assert {label: beside[label].text for label in alone} == {label: answer.text for label, answer in alone.items()}
    assert len({answer.text for answer in beside.values()}) > 1
    assert all(answer.completion_tokens == 6 and answer.prompt_tokens > 3 for answer in alone.values())


@pytest.mark.slow
def test_a_prompt_that_is_too_long_is_that_rows_problem(random_model: str) -> None:
    answers = ask(random_model, ["Hi", "word " * 200], max_prompt_tokens=100)
    assert "more than max_prompt_tokens=100" in answers["questions/" + "word " * 200 + "/0"].problem
    assert answers["questions/Hi/0"].text
