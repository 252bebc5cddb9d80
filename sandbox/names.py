"""Names in test code that mean a library's, whatever the program defines.

Imported by the judge and by the process that holds the tests.
"""

from __future__ import annotations

SHARED_MODULES = frozenset(
    [
        "bisect",
        "collections",
        "copy",
        "datetime",
        "decimal",
        "enum",
        "fractions",
        "functools",
        "heapq",
        "itertools",
        "json",
        "math",
        "numpy",
        "operator",
        "random",
        "re",
        "statistics",
        "string",
        "time",
        "typing",
    ]
)
# Tests often use these without an import: the program they were written for had one. The test's side has its own.
WELL_KNOWN: dict[str, str] = {
    **{name: name for name in SHARED_MODULES}, "np": "numpy", "pytest": "pytest",
    **{name: f"collections.{name}" for name in ("Counter", "OrderedDict", "defaultdict", "deque", "namedtuple")},
    "Decimal": "decimal.Decimal", "Fraction": "fractions.Fraction", "isclose": "math.isclose",
    "approx": "pytest.approx",
}  # fmt: skip
