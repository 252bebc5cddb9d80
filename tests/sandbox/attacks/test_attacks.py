"""Every attack, in every tier of this machine: it does not pass, nothing survives it, its honest twin passes."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tiers import TIERS

from sandbox import Judge, Limits, Test, Verdict

from .bait import bait_laid_out, place_bait
from .catalogue import CASES, Attack, checks_of_total, load_attacks
from .leaks import Census, adopt_orphans, descendants, left_behind, take_census
from .naive import naive_judge
from .warming import ALL_KINDS, RIGHT, start_every_parent

ATTACKS = load_attacks()
WORKERS = 2
GRACE_SECONDS = 5.0
CLEARING_SECONDS = 20.0  # what is still there then is left behind
CALM = Limits(cpu_seconds=4.0, wall_seconds=10.0, memory_mb=256)
WRONG = """
def total(numbers):
    return None

if __name__ == "__main__":
    print("wrong")
"""
DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(60)
    os._exit(0)
"""
Bench = tuple[Judge, Census, dict[str, str]]
TestSets = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module", params=TIERS)
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A judge in one tier, what existed once it was warm, and the bait. Checks at the end that it leaves nothing."""
    scratch = tmp_path_factory.mktemp("scratch")
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.setenv("TMPDIR", str(scratch))
    adopt_orphans()
    cold = take_census()
    try:
        with bait_laid_out(tmp_path_factory.mktemp("bait")) as bait, Judge(WORKERS, CALM, tier=request.param) as judge:
            start_every_parent(judge)
            yield judge, take_census(), bait
        assert left_behind(cold, deadline_seconds=10) == {}
    finally:
        adopt_orphans(False)
        monkeypatch.undo()


def run_all(judge: Judge, program: str, test_sets: TestSets, limits: Limits, times: int = 1) -> None:
    judge.limits = limits
    for _ in judge.run_many([(program, parse(rows)) for rows in [*test_sets.values()] * times]):
        pass


def run_side_by_side(
    judge: Judge, attack: Attack, bait: dict[str, str]
) -> tuple[dict[str, Verdict], dict[str, Verdict]]:
    """Verdicts by kind on the attack and on its honest twin, which run beside each other in the judge's slots."""
    hostile, honest = place_bait(attack.hostile, bait), place_bait(attack.honest, bait)
    verdicts: tuple[dict[str, Verdict], dict[str, Verdict]] = ({}, {})
    order = [(kind, twin) for kind in attack.test_sets for twin in (0, 1)]

    def jobs() -> Iterator[tuple[str, list[Test]]]:
        for kind, twin in order:
            judge.limits = CALM if twin else Limits(**attack.limits)
            yield (honest if twin else hostile), parse(attack.test_sets[kind])

    for index, verdict in judge.run_many(jobs()):
        kind, twin = order[index]
        verdicts[twin][kind] = verdict
    return verdicts


def parse(rows: list[dict[str, Any]]) -> list[Test]:
    return [Test.from_dict(row) for row in rows]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_attack_is_refused_and_its_honest_twin_is_not(attack: Attack, bench: Bench) -> None:
    judge, warm, bait = bench
    if attack.needs and importlib.util.find_spec(attack.needs) is None:
        pytest.skip(f"needs {attack.needs}")
    if attack.accomplice:
        limits = Limits(**attack.limits)
        run_all(judge, place_bait(attack.accomplice, bait), attack.test_sets, limits, times=2 * WORKERS)
    start = time.monotonic()
    hostile, honest = run_side_by_side(judge, attack, bait)
    seconds = time.monotonic() - start

    assert {kind: verdict.outcome for kind, verdict in hostile.items()} == dict.fromkeys(attack.test_sets, "failed")
    if attack.outcomes:
        for verdict in hostile.values():
            assert attack.outcomes & {test.outcome for test in verdict.tests}
    assert seconds < attack.limits["wall_seconds"] * len(hostile) + GRACE_SECONDS
    assert left_behind(warm, deadline_seconds=CLEARING_SECONDS) == {}
    for kind, verdict in honest.items():
        assert verdict.passed, f"{kind}: {verdict.message} {verdict.tests}"


@pytest.mark.parametrize("attack", [attack for attack in ATTACKS if attack.beats_naive], ids=lambda attack: attack.name)
def test_attack_beats_a_naive_judge(attack: Attack) -> None:
    """An attack that fools nobody would prove nothing."""
    if attack.needs and importlib.util.find_spec(attack.needs) is None:
        pytest.skip(f"needs {attack.needs}")
    assert any(naive_judge(attack.hostile, tests) for tests in attack.test_sets.values())


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_naive_judge_tells_plain_right_from_plain_wrong(kind: str) -> None:
    assert naive_judge(RIGHT, checks_of_total(kind))
    assert not naive_judge(WRONG, checks_of_total(kind))


def test_catalogue_covers_every_kind() -> None:
    assert len(ATTACKS) >= 80
    tried = {test["kind"] for attack in ATTACKS for tests in attack.test_sets.values() for test in tests}
    assert tried == set(ALL_KINDS)
    assert len(CASES) > 1


def test_census_sees_a_daemon_that_detached_itself() -> None:
    """The check for survivors would be worthless if a double fork hid from it."""
    adopt_orphans()
    before = take_census()
    known = descendants(os.getpid())
    subprocess.run([sys.executable, "-S", "-c", DAEMON], check=True)
    try:
        assert left_behind(before, deadline_seconds=0.2)["processes"] >= 1
    finally:
        for pid in descendants(os.getpid()) - known:
            os.kill(pid, 9)
            os.waitpid(pid, 0)
        adopt_orphans(False)


def test_census_sees_files_and_descriptors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = take_census()
    with open(tmp_path / "left", "w"), tempfile.NamedTemporaryFile(dir="/tmp", prefix="rlcode-attack-"):
        assert left_behind(before, deadline_seconds=0) == {"descriptors": 2, "scratch_files": 1, "marked_files": 1}
