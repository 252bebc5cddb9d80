"""Problems: the schema, readers for public data sets, and the starter set that ships with the package."""

from rlcode.problems.readers import load_problems, save_problems
from rlcode.problems.schema import Problem, ProblemError

__all__ = ["Problem", "ProblemError", "load_problems", "save_problems"]
