"""Reads the attacks: every Python file in a folder beside this one.

A file declares, in capitals:

KINDS        the kinds of test it is tried against; the task is then `total(numbers)`, or as a script: print the sum
TESTS        tests of its own instead (rows as `Test.from_dict` reads them)
HOSTILE      the program that must not pass. What breaks out of the jail answers correctly only if it got out.
HONEST       a correct program that uses the same means for an honest end; it must pass
ACCOMPLICE   optional: a program that runs before the hostile one, in the same slots
LIMITS       optional: limits that differ from SUITE_LIMITS
OUTCOMES     optional: one of these outcomes must be among the test results
NAIVE_FALLS  False if the naive judge (naive.py) is not beaten by it; without it the suite proves that it is
NEEDS        optional: a module the attack cannot do without

@SECRET_FILE@, @PORT@, @UDP_PORT@, @SOCKET@ and @LOG_SOCKET@ in a program are replaced by what the suite set up as bait.
"""

from __future__ import annotations

import runpy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ATTACKS_DIR = Path(__file__).parent
SUITE_LIMITS = {"cpu_seconds": 1.0, "wall_seconds": 2.0, "memory_mb": 256, "max_timeouts": 1}
CASES = [([1, 2], 3), ([10, -4, 1], 7), ([], 0)]
DECLARED = {"KINDS", "TESTS", "HOSTILE", "HONEST", "ACCOMPLICE", "LIMITS", "OUTCOMES", "NAIVE_FALLS", "NEEDS"}

# What these do to an unprotected machine is not worth the proof.
UNSAFE_WITHOUT_A_JAIL = {"limits", "host", "state", "source"}


@dataclass(frozen=True)
class Attack:
    """One attack; `test_sets` maps a label (mostly the kind) to the tests the program is judged by."""

    name: str
    test_sets: dict[str, list[dict[str, Any]]]
    hostile: str
    honest: str
    accomplice: str = ""
    limits: dict[str, float] = field(default_factory=dict)
    outcomes: frozenset[str] = frozenset()
    beats_naive: bool = True
    needs: str = ""


def load_attacks() -> list[Attack]:
    """All attacks, sorted by name (`folder/file`)."""
    return [_load(path) for path in sorted(ATTACKS_DIR.glob("*/*.py"))]


def _load(path: Path) -> Attack:
    declared = {name: value for name, value in runpy.run_path(str(path)).items() if name.isupper()}
    if unknown := declared.keys() - DECLARED:
        raise ValueError(f"{path}: unknown name {', '.join(sorted(unknown))}; known: {', '.join(sorted(DECLARED))}")
    if ("KINDS" in declared) == ("TESTS" in declared):
        raise ValueError(f"{path}: declare either KINDS or TESTS")
    return Attack(
        name=f"{path.parent.name}/{path.stem}",
        test_sets=_test_sets(declared),
        hostile=declared["HOSTILE"],
        honest=declared["HONEST"],
        accomplice=declared.get("ACCOMPLICE", ""),
        limits={**SUITE_LIMITS, **declared.get("LIMITS", {})},
        outcomes=frozenset(declared.get("OUTCOMES", ())),
        beats_naive=declared.get("NAIVE_FALLS", path.parent.name not in UNSAFE_WITHOUT_A_JAIL),
        needs=declared.get("NEEDS", ""),
    )


def _test_sets(declared: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    if "KINDS" in declared:
        return {kind: checks_of_total(kind) for kind in declared["KINDS"]}
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for test in declared["TESTS"]:
        by_kind.setdefault(test["kind"], []).append(test)
    return by_kind


def checks_of_total(kind: str) -> list[dict[str, Any]]:
    """The shared task in one kind: `total(numbers)` is their sum; a script reads them from one line and prints it."""
    if kind == "assert":
        return [{"kind": kind, "code": f"assert total({given}) == {wanted}"} for given, wanted in CASES]
    if kind == "call":
        return [{"kind": kind, "entry": "total", "args": [given], "expected": wanted} for given, wanted in CASES]
    if kind == "stdio":
        lines = [(" ".join(map(str, given)), wanted) for given, wanted in CASES]
        return [{"kind": kind, "stdin": f"{line}\n", "stdout": f"{wanted}\n"} for line, wanted in lines]
    if kind == "check":
        body = "".join(f"    assert candidate({given}) == {wanted}\n" for given, wanted in CASES)
        return [{"kind": kind, "entry": "total", "code": f"def check(candidate):\n{body}"}]
    tests = "".join(f"\n\ndef test_{i}():\n    assert total({g}) == {w}\n" for i, (g, w) in enumerate(CASES))
    return [{"kind": "pytest", "code": f"from solution import total\n{tests}"}]
