"""Pairs that a tiny model can learn: the better program adds, the worse one subtracts."""

from __future__ import annotations

import random

from reward.conversation import answer, instruction
from reward.schema import Pair


def simple_pairs(problems: int, pairs_per_problem: int = 2, seed: int = 0) -> list[Pair]:
    """`problems` × `pairs_per_problem` pairs; lengths, names and pass rates differ, the pairs of a problem overlap."""
    generator = random.Random(seed)
    pairs = []
    for problem in range(problems):
        name = f"move_{generator.randrange(10**6)}"
        question = f"Write a function {name} that moves a number up. " + "It takes one. " * generator.randrange(4)
        for index in range(pairs_per_problem):
            tail = "".join(f"# step {step}\n" for step in range(generator.randrange(6)))
            better = f"def {name}(value):\n    return value + {problem % 7 + 1}"
            worse = f"def {name}(value):\n    return value - {index + 1}\n{tail}"
            pairs.append(
                Pair(
                    instruction=instruction(question, f"assert {name}(1) > 1"),
                    chosen=answer(better),
                    rejected=answer(worse),
                    id=len(pairs),
                    problem_id=f"problem-{problem}",
                    chosen_pass_rate=1.0,
                    rejected_pass_rate=0.1 + 0.5 * generator.random(),
                )
            )
    return pairs
