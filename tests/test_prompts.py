"""How a problem is put to a model."""

from __future__ import annotations

from constant_problems import constant_problem

from rlcode.config import PromptConfig
from rlcode.problems import Problem
from rlcode.prompts import PromptBuilder


def test_only_the_place_of_the_problem_is_replaced_in_a_template(random_model: str) -> None:
    problem = Problem.from_dict(constant_problem(3))
    template = 'Answer as {"program": …}, never {x}. {prompt}'
    text = PromptBuilder(random_model, PromptConfig(template=template)).build(problem).text
    assert f'Answer as {{"program": …}}, never {{x}}. {problem.prompt}' in text
