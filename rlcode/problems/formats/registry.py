"""Every schema of problems by name. A new one is a function that reads a row and a line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rlcode.problems.formats import contests, functions
from rlcode.problems.formats.fields import Row
from rlcode.problems.schema import Problem


@dataclass(frozen=True)
class Format:
    """A schema: how a row becomes a problem and, where that is possible, a problem a row."""

    read: Callable[[Row, str], Problem]
    write: Callable[[Problem], Row] | None = None


FORMATS = {
    "problems": Format(Problem.from_dict, Problem.to_dict),
    "acecode": Format(functions.read_acecode_question, functions.write_acecode_question),
    "kodcode": Format(functions.read_kodcode, functions.write_kodcode),
    "humaneval": Format(functions.read_humaneval, functions.write_humaneval),
    "mbpp": Format(functions.read_mbpp, functions.write_mbpp),
    "apps": Format(contests.read_apps, contests.write_apps),
    "taco": Format(contests.read_taco, contests.write_taco),
    "code_contests": Format(contests.read_code_contests, contests.write_code_contests),
    "livecodebench": Format(contests.read_livecodebench, contests.write_livecodebench),
    "sandboxfusion": Format(contests.read_sandboxfusion),
}
