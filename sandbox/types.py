"""The data that goes in and out of the judge: tests, limits, verdicts. Plain dataclasses that read and write JSON."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, cast, get_args

TestKind = Literal["assert", "call", "stdio", "check", "pytest"]
TestOutcome = Literal["passed", "failed", "error", "timeout", "memory", "output_limit", "blocked", "not_run"]
VerdictOutcome = Literal["passed", "failed", "infra_error"]
Tier = Literal["namespaces+cgroup", "namespaces", "landlock", "unsafe"]
Language = Literal["python", "c++"]

MESSAGE_CHARS = 300
_TEST_OUTCOMES = frozenset(get_args(TestOutcome))

_FIELDS_BY_KIND: dict[str, dict[str, type | tuple[type, ...]]] = {
    "assert": {"code": str},
    "call": {"entry": str, "args": list, "kwargs": dict},
    "stdio": {"stdin": str, "stdout": str},
    "check": {"code": str, "entry": str},
    "pytest": {"code": str},
}
_OPTIONAL = frozenset(("args", "kwargs", "stdin"))


class InvalidTest(ValueError):
    """A test row that cannot be used; the message names the field."""


class SandboxUnavailable(RuntimeError):
    """This machine cannot isolate a program (or the interpreter cannot be used), and the judge refuses to start."""


@dataclass(frozen=True)
class Test:
    """One test. Which fields matter depends on `kind`; see the table in README.md."""

    __test__ = False  # pytest would otherwise try to collect this class

    kind: TestKind
    code: str = ""
    entry: str = ""
    args: list[Any] = field(default_factory=list)
    kwargs: dict[str, Any] = field(default_factory=dict)
    expected: Any = None
    stdin: str = ""
    stdout: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in _FIELDS_BY_KIND:
            raise InvalidTest(f"field 'kind': expected one of {', '.join(_FIELDS_BY_KIND)}, got {self.kind!r}")
        for name, wanted in _FIELDS_BY_KIND[self.kind].items():
            value = getattr(self, name)
            if not isinstance(value, wanted):
                raise InvalidTest(f"{self.kind} test, field '{name}': expected {wanted}, got {type(value).__name__}")
        if "entry" in _FIELDS_BY_KIND[self.kind] and not all(p.isidentifier() for p in self.entry.split(".")):
            raise InvalidTest(f"{self.kind} test, field 'entry': {self.entry!r} is not the name of a function")
        if self.kind == "call":
            self._require_json()

    def _require_json(self) -> None:
        if not all(isinstance(name, str) for name in self.kwargs):
            raise InvalidTest("call test, field 'kwargs': the names must be strings")
        for name in ("args", "kwargs", "expected"):
            _require_json("call", name, getattr(self, name))

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Test:
        """Read one row; fields the kind does not use are kept in `extra`. Raises InvalidTest naming the field."""
        if not isinstance(row, Mapping):
            raise InvalidTest(f"expected an object with a field 'kind', got {type(row).__name__}")
        kind = row.get("kind")
        if not isinstance(kind, str) or kind not in _FIELDS_BY_KIND:
            raise InvalidTest(f"field 'kind': expected one of {', '.join(_FIELDS_BY_KIND)}, got {kind!r}")
        known = set(_FIELDS_BY_KIND[kind]) | ({"expected"} if kind == "call" else set())
        for name in known:
            if name not in row and name not in _OPTIONAL:
                raise InvalidTest(f"{kind} test, field '{name}': missing")
        used = {name: row[name] for name in known if name in row}
        extra = {name: value for name, value in row.items() if name not in known and name != "kind"}
        for name, value in extra.items():
            _require_json(kind, name, value)
        return cls(kind=cast(TestKind, kind), extra=extra, **used)

    def to_dict(self) -> dict[str, Any]:
        known = [*_FIELDS_BY_KIND[self.kind], *(["expected"] if self.kind == "call" else [])]
        return {"kind": self.kind, **{name: getattr(self, name) for name in known}, **self.extra}


def _require_json(kind: str, name: str, value: Any) -> None:
    try:
        json.dumps(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidTest(f"{kind} test, field '{name}': not a JSON value ({error})") from None


def test_set_hash(tests: Iterable[Test]) -> str:
    """A short name for exactly these tests in this order."""
    rows = json.dumps([test.to_dict() for test in tests], sort_keys=True, default=repr)
    return hashlib.sha256(rows.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True)
class Limits:
    """What one program may use. CPU and wall limits hold for each test; the first test also pays for loading.

    `wall_seconds` counts elapsed time less the time spent waiting for a core, so a busy machine does not cause it;
    it ends programs that sleep. Left at 0 it becomes ten times the CPU limit, and at least 15. `max_timeouts` bounds
    the cost of a program that loops or sleeps in every test: after that many tests ran out of time, or all together
    have slept for as long as that many may, the rest are recorded as `timeout` without being started.
    """

    cpu_seconds: float = 4.0
    wall_seconds: float = 0.0
    memory_mb: int = 512
    processes: int = 0
    threads: int = 64
    open_files: int = 64
    scratch_mb: int = 64
    stdout_mb: float = 8.0
    stderr_mb: float = 1.0
    result_mb: float = 4.0
    compile_cpu_seconds: float = 20.0
    compile_memory_mb: int = 1536
    max_timeouts: int = 5

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name == "wall_seconds" and value == 0:
                value = max(10 * self.cpu_seconds, 15.0)
                object.__setattr__(self, "wall_seconds", value)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
                raise ValueError(f"limit '{item.name}': expected a finite number, got {value!r}")
            if value < 0 or (value == 0 and item.name != "processes"):
                raise ValueError(f"limit '{item.name}': expected a positive number, got {value!r}")
        if self.wall_seconds < self.cpu_seconds:
            raise ValueError(
                f"limit 'wall_seconds' ({self.wall_seconds}) is below 'cpu_seconds' ({self.cpu_seconds}): "
                "CPU time decides a timeout, wall time is the backstop for programs that sleep"
            )
        if self.memory_mb < 32:
            raise ValueError(f"limit 'memory_mb': {self.memory_mb} is below 32, too little for an interpreter")
        if self.open_files < 16:
            raise ValueError(f"limit 'open_files': {self.open_files} is below 16, too few for an interpreter")

    def for_compiling(self) -> Limits:
        """Those of a compiler, which starts programs of its own."""
        return replace(
            self,
            cpu_seconds=self.compile_cpu_seconds,
            wall_seconds=max(self.wall_seconds, 4 * self.compile_cpu_seconds),
            memory_mb=self.compile_memory_mb,
            processes=16,
            scratch_mb=max(self.scratch_mb, 256),
            result_mb=64,
        )

    def to_dict(self) -> dict[str, Any]:
        return {item.name: getattr(self, item.name) for item in fields(self)}


@dataclass(frozen=True)
class TestResult:
    """What happened in one test. `seconds` is the CPU time it used."""

    __test__ = False

    outcome: TestOutcome
    message: str = ""
    seconds: float = 0.0
    name: str = ""
    weak: bool = False

    def __post_init__(self) -> None:
        if self.outcome not in _TEST_OUTCOMES:
            raise ValueError(f"field 'outcome': unknown test outcome {self.outcome!r}")

    def to_dict(self) -> dict[str, Any]:
        return dict(vars(self))


def weak_pass(why: str, name: str, seconds: float = 0.0) -> TestResult:
    """A pass that rests on something that the program had a say in; `why` names it."""
    return TestResult("passed", f"weak: {why}", seconds, name, weak=True)


@dataclass(frozen=True)
class Verdict:
    """What one program did in all its tests.

    `pass_rate` is the share of tests passed; None for infra_error and for runs stopped early, so that neither can be
    taken for a measured rate. `weak` says that a pass rests on something the program itself had a say in.
    """

    outcome: VerdictOutcome
    tests: list[TestResult]
    pass_rate: float | None
    cpu_seconds: float
    wall_seconds: float
    test_set: str
    weak: bool = False
    tier: str = ""
    message: str = ""
    phases: dict[str, float] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return self.outcome == "passed"

    def to_dict(self) -> dict[str, Any]:
        return {**vars(self), "tests": [test.to_dict() for test in self.tests]}

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Verdict:
        return cls(**{**row, "tests": [TestResult(**test) for test in row["tests"]]})


@dataclass
class Failure:
    """Why a program gave no answer."""

    outcome: TestOutcome
    message: str


@dataclass(frozen=True)
class CallResult:
    """What one call into a program gave: `value` when `outcome` is "returned", else `error` says why there is none."""

    outcome: Literal["returned", "raised", "timeout", "memory", "output_limit", "blocked", "error", "infra_error"]
    value: Any = None
    error: str = ""
    seconds: float = 0.0


def shorten(text: str, limit: int = MESSAGE_CHARS) -> str:
    """At most `limit` characters, the cut shown."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
