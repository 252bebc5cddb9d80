"""Time and memory of the gates and of a conversion over many synthetic rows.

    python benchmarks/gates.py [--rows 1000000] [--workers 2]

With workers, what is computed of each row is computed by so many actors of a Ray cluster on this machine. A digest of
what a gate says of all rows shows whether it is the same. Peak memory is that of this process.

One row in twenty repeats an earlier question, one in twenty repeats it with one word changed, one in a thousand quotes
HumanEval. The counts of the gates are printed beside what was put in.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import resource
import secrets
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).parents[1])  # beside this file lies one with the name of a package

from rlcode.problems import load_problems  # noqa: E402
from rlcode.problems.convert import convert  # noqa: E402
from rlcode.synthesis.contamination import Benchmarks, uncontaminated  # noqa: E402
from rlcode.synthesis.duplicates import unique_questions  # noqa: E402
from rlcode.synthesis.measuring import MeasuredOverCluster, Measuring, measured_here  # noqa: E402
from rlcode.synthesis.rejection import Gate, Rejection  # noqa: E402
from rlcode.synthesis.selection import of_known_origin  # noqa: E402

WORDS_A_QUESTION = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=0)
    options = parser.parse_args()
    count = options.rows
    put_in: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        with path.open("w") as file:
            file.writelines(json.dumps(row) + "\n" for row in synthetic_rows(count, put_in))
        print(f"{count} rows, {path.stat().st_size >> 20} MB; put in: {dict(put_in)}; {_peak_mb()} MB before")
        started = time.process_time()
        done = convert(f"acecode:{path}", Path(folder) / "problems.jsonl")
        print(f"convert: {_seconds(started, count)}, {done.written} written; peak {_peak_mb()} MB")
        with _measuring(options.workers, Path(folder)) as measuring:
            gates: dict[str, Gate] = {
                "origin": of_known_origin,
                "contamination": uncontaminated(Benchmarks({"HumanEval": "humaneval"}), measuring),
                "duplicates": unique_questions(measuring=measuring),
            }
            for name, gate in gates.items():
                started, began = time.process_time(), time.monotonic()
                reasons, digest = _drain(gate(_rows(done.file)))
                wall = f"{time.monotonic() - began:.0f} s, {_seconds(started, count)} here"
                print(f"{name}: {wall}; {dict(reasons)}, {digest}; peak {_peak_mb()} MB")


@contextmanager
def _measuring(workers: int, folder: Path) -> Iterator[Measuring]:
    if not workers:
        yield measured_here
        return
    import ray

    from rlcode.cluster import JoinedCluster
    from rlcode.config import ClusterConfig
    from rlcode.synthesis.settings import GatesConfig

    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))  # else Ray leaves one in the home folder
    ray.init(num_cpus=workers, include_dashboard=False, log_to_driver=False, _temp_dir=str(folder / "ray"))
    yield MeasuredOverCluster(GatesConfig(workers=workers), JoinedCluster(ClusterConfig(), folder / "workers"))
    ray.shutdown()


def _drain(rows: Iterable[tuple[dict[str, Any], Rejection | None]]) -> tuple[Counter[str], str]:
    """How often each reason was given, and a digest of all of them in order."""
    reasons: Counter[str] = Counter()
    digest = hashlib.sha256()
    for row, why in rows:
        reasons[why.reason if why else "kept"] += 1
        digest.update(f"{row['id']} {why}".encode())
    return reasons, digest.hexdigest()[:12]


def synthetic_rows(count: int, put_in: Counter[str]) -> Iterator[dict[str, Any]]:
    rng = random.Random(0)
    vocabulary = [f"{rng.choice('bdfgklmnprst')}{rng.choice('aeiou')}{number:x}" for number in range(20_000)]
    quotes = [problem.prompt for problem in load_problems("humaneval")]
    recent: deque[str] = deque(maxlen=1000)
    for number in range(count):
        kind = rng.random()
        words = rng.choices(vocabulary, k=rng.randint(WORDS_A_QUESTION // 2, 2 * WORDS_A_QUESTION))
        text = " ".join(words)
        if kind < 0.05 and recent:
            put_in["equal"] += 1
            text = rng.choice(recent)
        elif kind < 0.10 and recent:
            put_in["nearly equal"] += 1
            words = rng.choice(recent).split(" ")
            words[len(words) // 2] = rng.choice(vocabulary)
            text = " ".join(words)
        elif kind < 0.101:
            put_in["quotes"] += 1
            text += " " + rng.choice(quotes)
        recent.append(text)
        yield {
            "id": f"row{number}",
            "question": text,
            "test_cases": [f"assert f({number}) == {number}"],
            "inferences": [],
        }


def _rows(path: Path) -> Iterable[dict[str, Any]]:
    with path.open() as file:
        for line in file:
            yield json.loads(line)


def _seconds(started: float, rows: int) -> str:
    seconds = time.process_time() - started
    return f"{seconds:.0f} s of CPU, {1e6 * seconds / rows:.0f} µs a row"


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


if __name__ == "__main__":
    main()
