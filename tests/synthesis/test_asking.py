"""Paying once, and stopping at a budget."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted_endpoint import Endpoint, completion, scripted_endpoint

from rlcode.synthesis.answer_file import AnswerFile
from rlcode.synthesis.asking import Asker, Budget, BudgetReached
from rlcode.synthesis.settings import BudgetConfig, TeacherConfig
from rlcode.synthesis.teachers import Request

USAGE = {"prompt_tokens": 10, "completion_tokens": 10}
LARGEST_ANSWER = 100  # tokens


@pytest.fixture
def endpoint():
    with scripted_endpoint(lambda request, number: completion(request["messages"][0]["content"], USAGE)) as endpoint:
        yield endpoint


def requests(count: int) -> list[Request]:
    return [Request("questions", str(row), (("user", f"{row}?"),)) for row in range(count)]


def ask(endpoint: Endpoint, folder: Path, asked: list[Request], temperature: float = 0.7, **budget: float) -> list[str]:
    config = TeacherConfig(
        model="m",
        temperature=temperature,
        max_tokens=LARGEST_ANSWER,
        endpoint={"base_url": endpoint.url, "concurrency": 4, "dollars_per_million_completion_tokens": 1e6},
    )
    with AnswerFile(folder / "answers.jsonl") as answers:
        asker = Asker(config, answers, Budget(BudgetConfig(**budget), answers), cluster=None)
        try:
            return [answer.text for _, answer in sorted(asker.ask_many(asked))]
        finally:
            asker.close()


def test_a_second_run_asks_nothing(endpoint: Endpoint, tmp_path: Path) -> None:
    first = ask(endpoint, tmp_path, requests(5))
    assert ask(endpoint, tmp_path, requests(5)) == first == [f"{row}?" for row in range(5)]
    assert len(endpoint.requests) == 5


def test_other_settings_are_another_question(endpoint: Endpoint, tmp_path: Path) -> None:
    ask(endpoint, tmp_path, requests(1))
    ask(endpoint, tmp_path, requests(1), temperature=0.8)
    assert len(endpoint.requests) == 2


def test_another_attempt_is_another_question_and_another_row_is_not(endpoint: Endpoint, tmp_path: Path) -> None:
    messages = (("user", "?"),)
    ask(endpoint, tmp_path, [Request("trials", row, messages, attempt) for row in "ab" for attempt in range(3)])
    assert len(endpoint.requests) == 3


def test_the_budget_of_calls_is_kept_and_a_larger_one_goes_on(endpoint: Endpoint, tmp_path: Path) -> None:
    with pytest.raises(BudgetReached, match=r"budget.calls=3 is reached: 3 calls.*larger budget.calls to go on"):
        ask(endpoint, tmp_path, requests(5), calls=3)
    assert len(endpoint.requests) == 3
    ask(endpoint, tmp_path, requests(5), calls=5)
    assert len(endpoint.requests) == 5


@pytest.mark.parametrize("limit", [{"dollars": 350.0}, {"tokens": 500}])
def test_no_call_is_made_that_could_pass_the_budget(
    endpoint: Endpoint, tmp_path: Path, limit: dict[str, float]
) -> None:
    """Each answer may have 100 tokens and has 10: the run goes on until a largest one would not fit any more."""
    with pytest.raises(BudgetReached):
        ask(endpoint, tmp_path, requests(100), **limit)
    with AnswerFile(tmp_path / "answers.jsonl") as answers:
        spent = answers.spent
    used, allowed = (spent.dollars, 350) if "dollars" in limit else (spent.tokens, 500)
    largest_call = LARGEST_ANSWER if "dollars" in limit else LARGEST_ANSWER + requests(100)[99].prompt_bytes
    assert allowed - largest_call < used <= allowed


def test_what_is_on_disk_needs_no_budget(endpoint: Endpoint, tmp_path: Path) -> None:
    ask(endpoint, tmp_path, requests(3))
    assert len(ask(endpoint, tmp_path, requests(3), calls=0)) == 3
