"""What teachers are asked. The wording is this project's; what is asked for is AceCoder's and KodCode's."""

from __future__ import annotations

from collections.abc import Sequence

Messages = tuple[tuple[str, str], ...]

_ASSERTS = """\
Below is {given}. Use it as inspiration for one new programming exercise in Python, with tests.

{seed}

The exercise:
- is solved by one function, whose name and parameters the text gives;
- says exactly what goes in and what comes out, edge cases included, so that two people who never met would write \
functions that agree;
- needs the standard library only: no files, no network, no database, no input from the user, no clock, no chance;
- speaks neither of running time nor of tests, and shows no solution.

The tests, about twenty:
- are one `assert` statement each, on one line, that calls the function with constant arguments and compares with a \
constant you have worked out yourself;
- stand alone: no variables, no helpers, no order among them;
- cover the ordinary, the edges, and what a hasty programmer gets wrong.

Answer with one JSON object and nothing else:
{{"question": "the text of the exercise", "tests": ["assert ...", "assert ..."]}}
"""

_SOLVE = """\
{question}

Your function is called `{entry_point}`, as in:

```python
{examples}
```

Write the whole program in one Python code block: the function, what it imports, its helpers. No tests, no examples.
"""

_QUESTION = """\
Below is {given}.

{seed}

First, between <|Analysis Begin|> and <|Analysis End|>, note briefly what idea it rests on, where it is used, and what \
is easy to get wrong about it.

Then, between <|Question Begin|> and <|Question End|>, set a programming task in Python that needs this idea and is \
new: nobody who reads it should need to see the text above, and copying from there should not solve it. Name the \
function (or class) to write with its parameters, say what goes in and what comes out with all constraints and edge \
cases, and give one or two examples. The standard library has to be enough. No solution, no tests.

If nothing worth a task is in the text above, answer BAD_DOCUMENT and nothing else.
"""

_SOLUTION_AND_TESTS = """\
{question}

Solve this task and test your solution. Give two sections and nothing else:

<|Solution Begin|>
```python
the whole program: what it imports, the function or class, its helpers
```
<|Solution End|>
<|Test Begin|>
```python
a pytest file that begins with `from solution import ...`
```
<|Test End|>

The test file has functions called test_..., each for one case, and no classes; it covers the ordinary, the edges, and \
the errors the task speaks of, so that every line and every branch of the solution runs. It prints nothing, waits for \
nothing, and depends on neither clock nor chance. Work out what is expected from the task, not from your program.
"""


_COMPLETION_FORM = """\
Below are a programming task, a program that solves it, and tests.

{question}

```python
{solution}
```

```python
{tests}
```

Put the task into the form of a function to complete: the imports it needs, the signature of the one function that \
the tests call, with type annotations, and a docstring that says all the task says, with two or three of its examples \
written as doctests. The docstring is the whole body; nothing of the solution may be seen. Answer with one Python code \
block and nothing else.
"""


def question_with_tests(code: str, instruction: str) -> Messages:
    """AceCoder's one call for question and asserts."""
    return _user(_ASSERTS, given=_given(code, instruction), seed=_seed(code, instruction))


def solve(question: str, entry_point: str, examples: Sequence[str]) -> Messages:
    """A program, shown some of the tests so that it calls things what they are called there."""
    return _user(_SOLVE, question=question, entry_point=entry_point, examples="\n".join(examples))


def question(code: str, instruction: str) -> Messages:
    """KodCode's question from a snippet or a document."""
    return _user(_QUESTION, given=_given(code, instruction), seed=_seed(code, instruction))


def solution_and_tests(question: str) -> Messages:
    """KodCode's program with pytest tests, in one answer."""
    return _user(_SOLUTION_AND_TESTS, question=question)


def completion_form(question: str, solution: str, tests: str) -> Messages:
    """KodCode's style conversion."""
    return _user(_COMPLETION_FORM, question=question, solution=solution, tests=tests)


def _user(template: str, **parts: str) -> Messages:
    return (("user", template.format(**parts)),)


def _given(code: str, instruction: str) -> str:
    return "a task with a program for it" if code and instruction else "a program" if code else "a text"


def _seed(code: str, instruction: str) -> str:
    return "\n\n".join(part for part in (instruction, f"```python\n{code}\n```" if code else "") if part)
