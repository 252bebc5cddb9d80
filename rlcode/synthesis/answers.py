"""What teachers' answers must look like, and what is taken out of them. Whatever is not so is a Malformed."""

from __future__ import annotations

import ast
import builtins
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rlcode.extraction import extract_program
from rlcode.synthesis.seeds import parse_python
from rlcode.synthesis.teachers import Answer

LONGEST_TEST = 2000  # characters
_KEY = r'"{}"\s*:\s*'
_OBJECT = re.compile(r'\{\s*"(?:question|tests)"\s*:')  # words before it may have braces of their own
_FENCED = re.compile(r"^[ \t]*```[^\n]*\n(.*?)^[ \t]*```[ \t]*$", re.MULTILINE | re.DOTALL)


class Malformed(Exception):
    """An answer that cannot be used: a reason out of a few, and what is wrong with this one."""

    def __init__(self, reason: str, detail: str = ""):
        super().__init__(reason)
        self.reason, self.detail = reason, detail


@dataclass(frozen=True)
class QuestionWithTests:
    """AceCoder's one answer. `dropped` are tests that are none, with what is wrong with them."""

    question: str
    tests: list[str]
    entry_point: str
    dropped: list[dict[str, str]]
    repaired: bool  # it was cut off, and its whole tests were taken


def require_text(answer: Answer) -> str:
    """The text of an answer. Raises Malformed where there is none."""
    if answer.problem:
        raise Malformed("no answer", answer.problem)
    if not answer.text.strip():
        raise Malformed("empty answer", f"finish_reason {answer.finish_reason or 'unknown'}")
    return answer.text


def read_question_with_tests(text: str) -> QuestionWithTests:
    """{"question": …, "tests": [asserts]}, with or without a fence and words around it."""
    fields, repaired = _read_object(text)
    question, tests = fields.get("question"), fields.get("tests")
    if not isinstance(question, str) or not question.strip():
        raise Malformed("no question in it", f"field 'question' is {_brief(question)}")
    if not isinstance(tests, list):
        raise Malformed("no tests in it", f"field 'tests' is {_brief(tests)}")
    good, dropped = sort_tests(tests)
    if not good:
        raise Malformed("no test is one", "; ".join(item["why"] for item in dropped[:3]) or "the list is empty")
    entry_point = _entry_point(good)
    return QuestionWithTests(question.strip(), good, entry_point, dropped, repaired)


def sort_tests(tests: Sequence[Any]) -> tuple[list[str], list[dict[str, str]]]:
    """Single asserts that call something, each once, and the others with what is wrong with them."""
    good: list[str] = []
    dropped = []
    for test in tests:
        why = "not text" if not isinstance(test, str) else "written twice" if test.strip() in good else _fault(test)
        if why:
            dropped.append({"test": str(test)[:LONGEST_TEST], "why": why})
        else:
            good.append(test.strip())
    return good, dropped


def read_question(text: str) -> str:
    """The text between <|Question Begin|> and <|Question End|>."""
    if "BAD_DOCUMENT" in text:
        raise Malformed("unsuitable seed", "the teacher answered BAD_DOCUMENT")
    return _marked("Question", text)


def read_solution_and_tests(text: str) -> tuple[str, str]:
    """Program and pytest file out of KodCode's two marked sections."""
    solution, tests = _code("Solution", text), _code("Test", text)
    for name, program in (("solution", solution), ("tests", tests)):
        try:
            parse_python(program)
        except SyntaxError as error:
            raise Malformed(f"{name} not Python", f"line {error.lineno}: {error.msg}") from None
    return solution, tests


def read_program(text: str, entry_point: str) -> str:
    """The program in an answer; it has to define `entry_point`."""
    program = extract_program(text)
    if not program:
        raise Malformed("no program in it")
    try:
        tree = parse_python(program)
    except SyntaxError as error:
        raise Malformed("not Python", f"line {error.lineno}: {error.msg}") from None
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    names |= {target.id for node in ast.walk(tree) if isinstance(node, ast.Assign) for target in node.targets
              if isinstance(target, ast.Name)}  # fmt: skip
    if entry_point not in names:
        raise Malformed("another function", f"the tests call {entry_point}, the program has {sorted(names)[:5]}")
    return program


def _read_object(text: str) -> tuple[dict[str, Any], bool]:
    """The JSON object in a text, and whether it had to be repaired: only one that was cut off within its tests can be.

    AceCoder trims such an answer and appends `"]}`; here the tests that are whole are read one by one.
    """
    found = _OBJECT.search(text)
    start = found.start() if found else text.find("{")
    if start < 0:
        raise Malformed("not JSON", f"there is no object in it: {_brief(text)}")
    decoder = json.JSONDecoder(strict=False)  # teachers put line breaks into strings
    try:
        fields, _ = decoder.raw_decode(text, start)
        return dict(fields), False
    except json.JSONDecodeError as error:
        damage = f"{error.msg} at character {error.pos}"
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits, deep nesting
        raise Malformed("not JSON", str(error)) from None
    question, opened = re.search(_KEY.format("question"), text), re.search(_KEY.format("tests") + r"\[", text)
    if question is None or opened is None or opened.start() < question.start():
        raise Malformed("not JSON", damage)
    try:
        words, _ = decoder.raw_decode(text, question.end())
    except (ValueError, RecursionError):
        raise Malformed("not JSON", damage) from None
    tests, end = _whole_strings(decoder, text, opened.end())
    if not _cut_off(text[end:]):
        raise Malformed("not JSON", damage)
    return {"question": words, "tests": tests}, True


def _whole_strings(decoder: json.JSONDecoder, text: str, position: int) -> tuple[list[str], int]:
    """The strings of a list up to the first that is not whole, and where that begins."""
    strings: list[str] = []
    while match := re.compile(r'[\s,]*(?=")').match(text, position):
        try:
            value, position = decoder.raw_decode(text, match.end())
        except (ValueError, RecursionError):
            return strings, match.end()
        strings.append(value)
    return strings, position


def _cut_off(rest: str) -> bool:
    """Whether a text ends in a list of strings: after one, inside one that is never closed, or with the list."""
    rest = rest.strip(" \t\r\n,")
    return rest in ("", "]") or (
        rest.startswith('"') and re.fullmatch(r'"(?:[^"\\]|\\.)*\\?', rest, re.DOTALL) is not None
    )


def _fault(test: str) -> str:
    """What keeps a text from being a test, empty for a test."""
    if len(test) > LONGEST_TEST:
        return f"longer than {LONGEST_TEST} characters"
    try:
        tree = parse_python(test.strip())
    except SyntaxError as error:
        return f"not Python: {error.msg}"
    if len(tree.body) != 1 or not isinstance(tree.body[0], ast.Assert):
        return "not a single assert"
    return "" if _called(tree) else "calls nothing"


def _called(tree: ast.AST) -> list[str]:
    """Names of the functions called in it that are not Python's own."""
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [func.id for func in calls if isinstance(func, ast.Name) and not hasattr(builtins, func.id)]


def _entry_point(tests: Sequence[str]) -> str:
    """The function that most tests call."""
    names = Counter(name for test in tests for name in set(_called(parse_python(test))))
    return max(names, key=lambda name: (names[name], name))


def _marked(name: str, text: str) -> str:
    _, begun, rest = text.partition(f"<|{name} Begin|>")
    section, ended, _ = rest.partition(f"<|{name} End|>")
    if not ended:
        raise Malformed(f"{name.lower()} cut off" if begun else f"no {name.lower()} in it", _brief(text[-200:]))
    if not section.strip():
        raise Malformed(f"no {name.lower()} in it", "the section is empty")
    return section.strip()


def _code(name: str, text: str) -> str:
    """The fenced blocks of a marked section one after the other, or the whole section where it has no fence."""
    section = _marked(name, text)
    return "\n".join(_FENCED.findall(section) or [section]).strip("\n") + "\n"


def _brief(value: Any) -> str:
    text = value if isinstance(value, str) else "missing" if value is None else f"a {type(value).__name__}"
    return " ".join(text.split())[:200]
