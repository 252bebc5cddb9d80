"""A teacher behind a real HTTP server that is busy, broken, slow or unwilling."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from scripted_endpoint import Reply, completion, error, scripted_endpoint

from rlcode.synthesis.endpoint import EndpointTeacher
from rlcode.synthesis.settings import TeacherConfig
from rlcode.synthesis.teachers import Answer, Request, TeacherFailed

USAGE = {"prompt_tokens": 7, "completion_tokens": 3}


def request(row: str = "1") -> Request:
    return Request("questions", row, (("user", f"Question {row}?"),))


def ask(url: str, *rows: str, **endpoint: object) -> dict[str, Answer]:
    settings = {"base_url": url, "longest_pause_seconds": 0.05, "attempts": 3, "timeout_seconds": 5} | endpoint
    teacher = EndpointTeacher(TeacherConfig(model="m", endpoint=settings))
    try:
        asked = [request(row) for row in rows or ("1",)]
        return {asked.row: answer for asked, answer in teacher.ask_many(asked, lambda *kept: None)}
    finally:
        teacher.close()


def test_an_answer_comes_with_its_tokens_and_its_price() -> None:
    with scripted_endpoint(lambda request, number: completion("Hello", USAGE)) as endpoint:
        answer = ask(endpoint.url, dollars_per_million_completion_tokens=1e6)["1"]
    assert (answer.text, answer.prompt_tokens, answer.completion_tokens, answer.dollars) == ("Hello", 7, 3, 3.0)
    assert endpoint.requests[0]["messages"] == [{"role": "user", "content": "Question 1?"}]


def test_calls_are_no_more_a_minute_than_was_asked_for() -> None:
    called: list[float] = []
    with scripted_endpoint(lambda request, number: called.append(time.monotonic()) or completion("Hello")) as endpoint:
        answers = ask(endpoint.url, *"123456", requests_per_minute=300, concurrency=6)
    assert len(answers) == len(called) == 6
    assert max(called) - min(called) > 0.9  # five times 0.2 s; the first may be late


def test_a_row_may_be_named_in_any_language() -> None:
    with scripted_endpoint(lambda request, number: completion("Hello")) as endpoint:
        assert ask(endpoint.url, "süd/你好\n").keys() == {"süd/你好\n"}


@pytest.mark.parametrize("parts", [[{"text": "Hel"}, {"text": None}, "?", {"text": "lo"}], "Hello"])
def test_an_answer_may_come_in_parts_and_as_something_created(parts: list[object] | str) -> None:
    with scripted_endpoint(lambda request, number: replace(completion(parts), status=201)) as endpoint:
        assert ask(endpoint.url)["1"].text == "Hello"


def test_a_redirect_ends_the_run_and_says_where_it_leads() -> None:
    moved = Reply(307, headers={"Location": "https://elsewhere/v1"})
    with (
        scripted_endpoint(lambda request, number: moved) as endpoint,
        pytest.raises(TeacherFailed, match="status 307: go to https://elsewhere/v1; check"),
    ):
        ask(endpoint.url)


def test_a_count_that_is_none_is_not_believed() -> None:
    with scripted_endpoint(lambda request, number: completion("Hello", {"completion_tokens": 10**30})) as endpoint:
        assert ask(endpoint.url)["1"].completion_tokens == len("Hello")


def test_the_key_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "abc\n")
    with scripted_endpoint(lambda request, number: completion("Hello")) as endpoint:
        ask(endpoint.url, api_key_env="MY_KEY")
    assert endpoint.requests[0]["authorization"] == "Bearer abc"


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        ("OPENAI_API_KEY", "sk-geheim\nsk-anderer", "holds characters that no key has"),
        ("OPENAI_API_KEY", "schlüssel", "holds characters that no key has"),
        ("ALL_PROXY", "socks5://127.0.0.1:port", "correct the proxy"),
        ("SSL_CERT_FILE", "/no/such/file", "correct the proxy or the certificates"),
    ],
)
def test_an_environment_that_nothing_can_be_sent_with_is_named_but_no_key(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, problem: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(TeacherFailed, match=problem) as failure:
        ask("http://127.0.0.1:9/v1")
    assert "geheim" not in str(failure.value)


@pytest.mark.parametrize(
    "first",
    [
        error(429, "slow down", Retry_After="0.01"),
        error(503, "overloaded", Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"),
        error(500, "oh"),
        Reply(502, b"<html>Bad gateway</html>"),
        Reply(200, b"<html>Please log in</html>"),
        Reply(200, b'{"choices": []}'),
        Reply(200, b""),
        error(503, "overloaded", Retry_After="Wed, 21 Oct 2015 07:28:00 -0000"),
        Reply(200, b"[" * 100_000),
        Reply(500, b'{"error": ' + b"[" * 100_000),
    ],
    ids=["429", "503", "500", "502-page", "200-page", "no-choice", "empty", "no-zone", "deep", "deep-error"],
)
def test_what_may_pass_is_tried_again(first: Reply) -> None:
    with scripted_endpoint(lambda request, number: first if number == 0 else completion("Hello")) as endpoint:
        assert ask(endpoint.url)["1"].text == "Hello"
    assert len(endpoint.requests) == 2


def test_an_endpoint_that_always_fails_ends_the_run_with_what_it_said() -> None:
    with (
        scripted_endpoint(lambda request, number: error(500, "the disk is full")) as endpoint,
        pytest.raises(TeacherFailed, match="3 attempts failed, the last one with: status 500: the disk is full"),
    ):
        ask(endpoint.url)


def test_nobody_there_ends_the_run() -> None:
    with scripted_endpoint(lambda request, number: completion("")) as endpoint:
        gone = endpoint.url
    with pytest.raises(TeacherFailed, match="ConnectError"):
        ask(gone)


def test_a_call_that_fails_while_others_go_through_is_that_rows_problem() -> None:
    def answer(request: dict, number: int) -> Reply:
        return error(500, "cannot") if request["label"].startswith("questions/bad") else completion("Hello")

    with scripted_endpoint(answer) as endpoint:
        rows = ["bad", *map(str, range(40))]
        answers = ask(endpoint.url, *rows, concurrency=2, attempts=2)
    assert answers["bad"].problem == "2 attempts failed, the last one with: status 500: cannot"
    assert sum(answer.text == "Hello" for answer in answers.values()) == 40


def test_a_request_that_is_not_accepted_is_that_rows_problem() -> None:
    with scripted_endpoint(lambda request, number: error(400, "the prompt is too long")) as endpoint:
        answer = ask(endpoint.url)["1"]
    assert (answer.problem, answer.paid) == ("status 400: the prompt is too long", False)
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize(
    "reply",
    [
        completion(None, USAGE, refusal="I will not"),
        completion("I will not", USAGE, finish_reason="content_filter"),
    ],
)
def test_a_refusal_is_a_problem_that_was_paid_for(reply: Reply) -> None:
    with scripted_endpoint(lambda request, number: reply) as endpoint:
        answer = ask(endpoint.url)["1"]
    assert (answer.problem, answer.paid, answer.prompt_tokens) == ("the teacher refused: I will not", True, 7)


def test_a_wrong_key_ends_the_run_at_once_and_names_the_variable() -> None:
    with (
        scripted_endpoint(lambda request, number: error(401, "wrong key")) as endpoint,
        pytest.raises(TeacherFailed, match=r"status 401: wrong key; set \$OPENAI_API_KEY"),
    ):
        ask(endpoint.url, "1")
    assert len(endpoint.requests) == 1


def test_a_pause_that_is_too_long_ends_the_run() -> None:
    with (
        scripted_endpoint(lambda request, number: error(429, "come back tomorrow", Retry_After="86400")) as endpoint,
        pytest.raises(TeacherFailed, match="asks for a pause of 86400 s"),
    ):
        ask(endpoint.url)


def test_a_server_that_trickles_is_given_up() -> None:
    slow = Reply(200, b" " * 1000, pause_seconds=0.05)
    with (
        scripted_endpoint(lambda request, number: slow) as endpoint,
        pytest.raises(TeacherFailed, match=r"no whole answer within 0\.2 s"),
    ):
        ask(endpoint.url, timeout_seconds=0.2, attempts=1)


def test_an_endpoint_that_does_not_count_is_charged_the_most_it_can_have_been() -> None:
    with scripted_endpoint(lambda request, number: completion("Grüße")) as endpoint:
        answer = ask(endpoint.url)["1"]
    assert answer.prompt_tokens >= len("Question 1?")
    assert answer.completion_tokens == len("Grüße".encode())


def test_calls_under_way_are_kept_when_another_ends_the_run() -> None:
    def answer(request: dict, number: int) -> Reply:
        return error(403, "no") if request["label"] == "questions/0/0" else completion("Hello")

    kept: list[str] = []
    with scripted_endpoint(answer) as endpoint:
        teacher = EndpointTeacher(TeacherConfig(model="m", endpoint={"base_url": endpoint.url, "concurrency": 4}))
        with pytest.raises(TeacherFailed):
            list(teacher.ask_many([request(str(n)) for n in range(4)], lambda asked, answer: kept.append(asked.row)))
        teacher.close()
        answered = {item["label"].split("/")[1] for item in endpoint.requests} - {"0"}
    assert set(kept) == answered
