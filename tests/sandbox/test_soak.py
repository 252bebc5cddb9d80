"""The long checks of soak.py in small: verdicts on a busy machine, and what many hostile programs leave behind."""

from __future__ import annotations

import pytest
from soak import PROGRAMS, busy_machine, outcomes_of, soak
from tiers import TIERS

WANTED = {name: {outcome: 1} for name, (_, _, outcome) in PROGRAMS.items()}


def test_verdicts_are_the_same_idle_and_on_a_busy_machine() -> None:
    assert outcomes_of(TIERS[0], 1) == WANTED
    with busy_machine():
        assert outcomes_of(TIERS[0], 1) == WANTED


@pytest.mark.parametrize("tier", TIERS)
def test_many_hostile_programs_leave_nothing_and_cost_the_judge_nothing(tier: str) -> None:
    soaked = soak(tier, runs=90)
    assert soaked.outcomes == {"failed": 90}
    assert soaked.left == {}
    # Every warm parent is there from the start; a descriptor for each program would be a leak.
    assert soaked.late.descriptors - soaked.early.descriptors < 30
    assert soaked.late.processes - soaked.early.processes < 10
    assert soaked.late.memory_kb - soaked.early.memory_kb < 16_000
