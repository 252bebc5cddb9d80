"""What verified problems still have to pass: a list of gates, each a stage with its own two files."""

from __future__ import annotations

from rlcode.synthesis.rejection import Gate
from rlcode.synthesis.settings import SynthConfig


def gates(config: SynthConfig) -> list[tuple[str, Gate]]:
    """The gates a config asks for, in the order they stand in, under the names of their files."""
    return []
