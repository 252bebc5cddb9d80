"""What keeps a program in: system calls, namespaces, Landlock, seccomp, control groups. Linux only, no dependency."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.types import Tier


def offered_tiers() -> list[Tier]:
    """The tiers that work on this machine, best first, found by running a program in each."""
    from sandbox.judge import TIERS, Judge
    from sandbox.types import SandboxUnavailable

    offered: list[Tier] = []
    for tier in TIERS:
        if tier != "unsafe":
            try:
                Judge(1, tier=tier).close()
            except SandboxUnavailable:
                continue
            offered.append(tier)
    return offered
