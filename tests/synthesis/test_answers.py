"""What is taken out of teachers' answers, and what is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlcode.synthesis.answers import (
    Malformed,
    read_program,
    read_question,
    read_question_with_tests,
    read_solution_and_tests,
    require_text,
    sort_tests,
)
from rlcode.synthesis.teachers import Answer

TESTS = ['assert f("a\\n") == 1', "assert f([1, 2]) == {'x': \"y\"}", "assert f(3) is None"]
WHOLE = json.dumps({"question": 'Write `f(x)`. Say "hi".', "tests": TESTS})


def test_an_object_with_a_fence_and_words_around_it_is_read() -> None:
    found = read_question_with_tests(f"Sure!\n```json\n{WHOLE}\n```\nEnjoy {{it}}.")
    assert (found.question, found.tests, found.entry_point) == ('Write `f(x)`. Say "hi".', TESTS, "f")
    assert not found.repaired


@pytest.mark.parametrize("cut", [0, 2])
def test_words_before_an_object_may_have_braces_of_their_own(cut: int) -> None:
    words = 'The set {1, 2}, or a dict like {"a": 1}:\n'
    assert read_question_with_tests(words + WHOLE[: len(WHOLE) - cut]).tests == TESTS


def test_line_breaks_within_strings_are_forgiven() -> None:
    assert read_question_with_tests('{"question": "a\nb", "tests": ["assert f(1)"]}').question == "a\nb"


@given(st.integers(0, len(WHOLE) - 1))
def test_whatever_is_left_of_a_cut_off_answer_gives_whole_tests_or_a_reason(length: int) -> None:
    try:
        found = read_question_with_tests(WHOLE[:length])
    except Malformed as error:
        assert error.reason in ("not JSON", "no test is one")
        assert '"assert f(3)' not in WHOLE[:length]  # by then two tests are whole
    else:
        assert found.repaired
        assert found.tests == TESTS[: len(found.tests)]


def test_an_answer_damaged_in_its_middle_is_not_repaired() -> None:
    with pytest.raises(Malformed, match="not JSON"):
        read_question_with_tests('{"question": "q", "tests": ["assert f(1)", oops, "assert f(2)"]}')


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("I cannot help with that.", "not JSON"),
        ("{" * 5000, "not JSON"),
        ('{"question": "", "tests": ["assert f(1)"]}', "no question in it"),
        ('{"question": "q", "tests": "assert f(1)"}', "no tests in it"),
        ('{"question": "q", "tests": []}', "no test is one"),
        ('{"question": "q", "tests": [1, null, "print(1)"]}', "no test is one"),
    ],
)
def test_what_is_no_question_with_tests_has_a_reason(text: str, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        read_question_with_tests(text)


@pytest.mark.parametrize(
    ("test", "why"),
    [
        ("f(1) == 2", "not a single assert"),
        ("x = f(1)\nassert x == 2", "not a single assert"),
        ("assert 1 + 1 == 2", "calls nothing"),
        ("assert len([1]) == 1", "calls nothing"),
        ("assert f(1 == 2", "not Python"),
        ("assert f(0) == " + "1" * 3000, "longer than"),
        ("assert f(\x00)", "not Python"),
        ("assert f(" + "(" * 500 + ")" * 500 + ")", "not Python"),
    ],
)
def test_what_is_no_test_is_dropped_with_a_reason(test: str, why: str) -> None:
    good, dropped = sort_tests([test])
    assert good == [] and dropped[0]["why"].startswith(why)


def test_a_test_counts_once() -> None:
    good, dropped = sort_tests(["assert f(1) == 2", " assert f(1) == 2"])
    assert len(good) == 1 and dropped[0]["why"] == "written twice"


def test_the_entry_point_is_what_most_tests_call() -> None:
    tests = ["assert area(square(2)) == 4", "assert area(3) == 9", "assert round(area(1)) == 1"]
    assert read_question_with_tests(json.dumps({"question": "q", "tests": tests})).entry_point == "area"


def test_the_program_has_to_define_what_the_tests_call() -> None:
    assert read_program("```python\ndef f(x):\n    return x\n```", "f").startswith("def f")
    with pytest.raises(Malformed, match="another function"):
        read_program("```python\ndef g(x):\n    return x\n```", "f")


def marked(**sections: str) -> str:
    return "\n".join(f"<|{name} Begin|>\n{text}\n<|{name} End|>" for name, text in sections.items())


def test_solution_and_tests_are_taken_out_of_their_fences() -> None:
    answer = marked(Solution="```python\ndef f(): return 1\n```", Test="``\n```python\ndef test_f(): assert f()\n```")
    assert read_solution_and_tests(answer) == ("def f(): return 1\n", "def test_f(): assert f()\n")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("### Solution\nnone", "no solution in it"),
        ("<|Solution Begin|>\n```python\ndef f():", "solution cut off"),
        ("<|Solution Begin|>" * 50_000, "solution cut off"),  # models that repeat themselves; read in one pass
        (marked(Solution="def f(:", Test="def test_f(): pass"), "solution not Python"),
        (marked(Solution="def f(): pass", Test="def test_f(: pass"), "tests not Python"),
    ],
)
def test_what_is_no_solution_with_tests_has_a_reason(answer: str, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        read_solution_and_tests(answer)


def test_a_question_stands_between_its_marks() -> None:
    assert read_question("thoughts" + marked(Question=" Write f. ")) == "Write f."
    with pytest.raises(Malformed, match="unsuitable seed"):
        read_question("BAD_DOCUMENT")
    with pytest.raises(Malformed, match="question cut off"):
        read_question("<|Question Begin|> Write")


def test_a_refusal_is_no_text() -> None:
    with pytest.raises(Malformed, match="no answer"):
        require_text(Answer("", problem="the teacher refused: no"))
    with pytest.raises(Malformed, match="empty answer"):
        require_text(Answer(" \n"))


@pytest.mark.parametrize("text", ['{"question": "q", "tests": [' + "9" * 5000 + "]}", '{"question": ' + "[" * 100_000])
def test_numbers_and_nesting_beyond_measure_are_not_json(text: str) -> None:
    with pytest.raises(Malformed, match="not JSON"):
        read_question_with_tests(text)
