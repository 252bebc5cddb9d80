"""Runs one untrusted program against tests and returns a verdict nobody can forge. See README.md in this folder."""

from sandbox.judge import Judge, offered_tiers
from sandbox.types import (
    CallResult,
    InvalidTest,
    Limits,
    SandboxUnavailable,
    Test,
    TestResult,
    Verdict,
)

__all__ = [
    "CallResult",
    "InvalidTest",
    "Judge",
    "Limits",
    "SandboxUnavailable",
    "Test",
    "TestResult",
    "Verdict",
    "offered_tiers",
]
