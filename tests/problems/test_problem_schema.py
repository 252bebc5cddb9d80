from typing import Any

import pytest

from rlcode.problems import Problem, ProblemError

ROW: dict[str, Any] = {
    "id": "p1",
    "prompt": "Write f.",
    "tests": [{"kind": "assert", "code": "assert f(1) == 2"}],
    "reference": "def f(x):\n    return x + 1\n",
    "metadata": {"family": "adding"},
}


def test_unknown_fields_survive_a_round_trip() -> None:
    row = ROW | {
        "tests": [*ROW["tests"], {"kind": "assert", "code": "assert f(0) == 1", "note": "edge"}],
        "votes": [1, 2],
    }
    assert Problem.from_dict(row).to_dict() == row


def test_optional_fields_that_are_null_count_as_absent() -> None:
    assert Problem.from_dict(ROW | {"entry_point": None, "license": None}) == Problem.from_dict(ROW)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"id": None}, "field 'id' is missing"),
        ({"prompt": "  "}, "field 'prompt' must be non-empty text"),
        ({"tests": []}, "field 'tests' is empty; give a list with at least one test"),
        ({"tests": None}, "field 'tests' is missing"),
        ({"tests": "assert f(1) == 2"}, "field 'tests' is text"),
        ({"tests": ["assert f(1) == 2"]}, "field 'tests[0]' must be an object"),
        ({"tests": [*ROW["tests"], {"kind": "guess"}]}, "field 'tests[1]': field 'kind'"),
        ({"entry_point": 3}, "field 'entry_point' must be the name of a function, not a number"),
        ({"metadata": []}, "field 'metadata' must be an object, not a list"),
        ({"difficulty": True}, "field 'difficulty' must be text or a number, not true or false"),
    ],
)
def test_a_bad_field_is_named_with_its_place(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ProblemError) as caught:
        Problem.from_dict(ROW | change, "mine.jsonl line 7")
    assert str(caught.value).startswith("mine.jsonl line 7: ")
    assert complaint in str(caught.value)
