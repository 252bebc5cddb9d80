"""Tests that pytest leaves out by their marks count for nothing, unless the program could have a say in it."""

from __future__ import annotations

import pytest

from sandbox import Judge, Test

PROGRAM = "def two(): return 2"
MARKED = """
import pytest, sys
import solution
{mark}
def test_marked(): assert solution.two() == 3
def test_two({fixture}): assert solution.two() == 2
"""
LEAVES_OUT = [
    "@pytest.mark.skip",
    "@pytest.mark.skip(reason='later')",
    "@pytest.mark.xfail",
    "@pytest.mark.skipif(sys.platform == 'linux', reason='not here')",
    "@pytest.mark.xfail(strict=True)",
]


@pytest.mark.parametrize("mark", LEAVES_OUT)
def test_what_is_left_out_counts_for_nothing(judge: Judge, mark: str) -> None:
    verdict = judge.run(PROGRAM, [Test("pytest", code=MARKED.format(mark=mark, fixture=""))])
    assert verdict.passed and not verdict.weak, verdict.tests


@pytest.mark.parametrize("mark", LEAVES_OUT[:3])
def test_also_in_files_that_share_the_process(judge: Judge, mark: str) -> None:
    verdict = judge.run(PROGRAM, [Test("pytest", code=MARKED.format(mark=mark, fixture="tmp_path"))])
    assert verdict.passed and verdict.weak, verdict.tests


SKIPS_ITSELF = """
import platform, pytest, sys, unittest
import solution
def test_marked():
    {skip}
    assert solution.two() == 3
def test_two(): assert solution.two() == 2
"""


@pytest.mark.parametrize(
    "skip",
    [
        "pytest.skip('later')",
        "pytest.xfail('not yet')",
        "pytest.importorskip('no_such_library')",
        "raise unittest.SkipTest('later')",
        "if sys.platform == 'linux': pytest.skip('not here')",
        "if platform.system() == 'Linux' and sys.version_info > (3,): pytest.skip('not here')",
    ],
)
def test_a_test_that_skips_itself_counts_for_nothing(judge: Judge, skip: str) -> None:
    verdict = judge.run(PROGRAM, [Test("pytest", code=SKIPS_ITSELF.format(skip=skip))])
    assert verdict.passed and not verdict.weak and [test.name for test in verdict.tests] == ["test_two"], verdict.tests


@pytest.mark.parametrize(
    "skip",
    [
        "if not hasattr(solution, 'three'): pytest.skip('no three')",
        "if hasattr(sys.modules['solution'], 'two'): pytest.skip('no two')",
        "pytest.importorskip('solution', minversion='3')",
        "solution.call(pytest.skip)",
        "if sys.platform == 'windows': pytest.skip()\n    solution.call(pytest.skip)",
        "if sys.platform == 'windows': pytest.skip()\n    solution.skip()",
        "skip = pytest.skip\n    if solution.two(): skip('two')",
    ],
)
def test_a_program_cannot_have_a_test_skip_itself(judge: Judge, skip: str) -> None:
    program = PROGRAM + "\ndef call(it): it('x')\ndef skip():\n    import pytest\n    pytest.skip('x')\n"
    assert not judge.run(program, [Test("pytest", code=SKIPS_ITSELF.format(skip=skip))]).passed


@pytest.mark.parametrize("fixture", ["", "tmp_path"])
def test_a_test_that_yields_counts_for_nothing(judge: Judge, fixture: str) -> None:
    code = SKIPS_ITSELF.format(skip="yield").replace("def test_two()", f"def test_two({fixture})")
    verdict = judge.run(PROGRAM, [Test("pytest", code=code)])
    assert verdict.passed and [test.name for test in verdict.tests] == ["test_two"], verdict.tests


@pytest.mark.parametrize(
    "mark",
    [
        "@pytest.mark.skipif(not hasattr(solution, 'three'), reason='no three')",
        "@pytest.mark.skipif(\"not hasattr(solution, 'three')\", reason='no three')",
        "THERE = hasattr(solution, 'three')\n@pytest.mark.skipif(condition=not THERE, reason='no three')",
        "@pytest.mark.skipif(sys.platform == 'windows', reason='not there')",
    ],
)
def test_a_program_cannot_have_tests_left_out(judge: Judge, mark: str) -> None:
    assert not judge.run(PROGRAM, [Test("pytest", code=MARKED.format(mark=mark, fixture=""))]).passed


def test_a_file_of_which_nothing_is_left_is_at_fault(judge: Judge) -> None:
    code = "import pytest\nfrom solution import two\n@pytest.mark.skip\ndef test_a(): assert two() == 2"
    assert "the test is at fault" in judge.run(PROGRAM, [Test("pytest", code=code)]).tests[0].message


def test_what_a_strict_mark_says_must_fail_has_not_passed(judge: Judge) -> None:
    code = "import pytest\nfrom solution import two\ndef test_a(request):\n"
    code += "    request.node.add_marker(pytest.mark.xfail(strict=True))\n    assert two() == 2"
    verdict = judge.run(PROGRAM, [Test("pytest", code=code)])
    assert not verdict.passed and "expected to fail" in verdict.tests[0].message
