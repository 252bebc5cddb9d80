"""What verified problems still have to pass: a list of gates, each a stage with its own two files."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from reward.schema import read_samples
from rlcode.synthesis.contamination import Benchmarks, uncontaminated
from rlcode.synthesis.duplicates import unique_questions
from rlcode.synthesis.measuring import Measuring, measured_here
from rlcode.synthesis.rejection import Gate
from rlcode.synthesis.selection import hard_quarter, of_known_origin
from rlcode.synthesis.settings import GatesConfig


def gates(config: GatesConfig, measuring: Measuring = measured_here) -> list[tuple[str, Gate]]:
    """The gates a config asks for, in the order they stand in, under the names of their files."""
    found: list[tuple[str, Gate]] = []
    if config.known_origin:
        found.append(("of_known_origin", of_known_origin))
    if config.alike_at_least is not None:
        found.append(("deduplicated", unique_questions(config.alike_at_least, measuring=measuring)))
    if config.benchmarks:
        benchmarks = Benchmarks(config.benchmarks, config.words)
        found.append(("decontaminated", uncontaminated(benchmarks, measuring)))
    if config.embedding_model is not None:
        from rlcode.synthesis.meaning import Embedder, unique_meanings, unlike_benchmarks

        embedder = Embedder(config.embedding_model)
        at_least = config.meaning_at_least
        found.append(("deduplicated_by_meaning", unique_meanings(embedder, at_least, measuring)))
        if config.benchmarks:
            gate = unlike_benchmarks(embedder, config.benchmarks, at_least, measuring)
            found.append(("decontaminated_by_meaning", gate))
    if config.samples is not None:
        found.append(("hard", hard_quarter(_pass_rates(config.samples))))
    return found


def _pass_rates(samples: Path) -> dict[str, list[float]]:
    """By problem, the share of tests that each program passed that was run in all of them."""
    rates: dict[str, list[float]] = defaultdict(list)
    for sample in read_samples(samples):
        if sample.complete and sample.pass_rate is not None:
            rates[sample.problem_id].append(sample.pass_rate)
    return dict(rates)
