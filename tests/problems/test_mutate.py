import pytest

from rlcode.problems.mutate import mutants


def bodies(statement: str) -> set[str]:
    return {mutant.program.strip().splitlines()[-1].strip() for mutant in mutants(f"def f(a, b):\n    {statement}\n")}


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("return a < b", "return a <= b"),
        ("return a + b", "return a - b"),
        ("return a - b", "return b - a"),
        ("return a[1]", "return a[2]"),
        ("return a and b", "return a or b"),
        ("return not a", "return a"),
        ("return max(a, b)", "return min(a, b)"),
        ("return pow(a, b)", "return pow(b, a)"),
        ("return sorted(a)", "return a"),
        ("return sorted(a, reverse=True)", "return sorted(a)"),
        ("return a.upper()", "return a.lower()"),
        ("return a[1:]", "return a[:]"),
        ("return a if b else 0", "return 0 if b else a"),
        ("return [x for x in a if x]", "return [x for x in a if not x]"),
        ("return 'text'", "return ''"),
        ("return a", "return None"),
    ],
)
def test_fault_is_made(statement: str, fault: str) -> None:
    assert fault in bodies(statement)


def test_statements_are_removed_and_conditions_negated() -> None:
    programs = [mutant.program for mutant in mutants("def f(a):\n    if a:\n        a += 1\n    return a\n")]
    assert "def f(a):\n    pass\n    return a\n" in programs
    assert "def f(a):\n    if not a:\n        a += 1\n    return a\n" in programs
    assert "def f(a):\n    if a:\n        pass\n    return a\n" in programs


def test_every_mutant_is_a_different_program_and_the_original_is_none_of_them() -> None:
    original = "def f(a, b):\n    return a + b if a > 1 else b\n"
    programs = [mutant.program for mutant in mutants(original)]
    assert len(programs) == len(set(programs))
    assert original not in programs


def test_a_change_says_what_and_where() -> None:
    assert "line 2: a < b -> a <= b" in {mutant.change for mutant in mutants("def f(a, b):\n    return a < b\n")}
