"""Problems that a model with random weights can solve: it only has to guess a digit."""

DIGITS = range(4)


def constant_problem(digit: int, wording: str = "Write") -> dict:
    """A problem that a guess solves one time in four."""
    return {
        "id": f"constant/{wording.lower()}-{digit}",
        "prompt": f"{wording} a function `pick()` that returns {digit}.",
        "entry_point": "pick",
        "starter_code": "def pick():",
        "reference": f"def pick():\n    return {digit}\n",
        "tests": [
            {"kind": "call", "entry": "pick", "args": [], "expected": digit},
            {"kind": "assert", "code": f"assert pick() + 1 == {digit + 1}"},
        ],
        "source": "tests",
        "license": "Apache-2.0",
    }
