"""What a set of pairs looks like: numbers for a file, and one page with pictures that opens without a network."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from reward.pairs import REASONS, PairSet, PairSettings
from reward.schema import Pair
from reward.svg import STYLE, histogram

EXAMPLES = 3

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Preference pairs</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #1f2328; }
main, .sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(22rem, 1fr)); gap: 1rem 2rem; }
h2 { font-size: 1.05rem; margin: 0.6rem 0; } td { padding: 0.1rem 0.8rem 0.1rem 0; vertical-align: top; }
td:first-child { text-align: right; } .warning { border-left: 4px solid #d1571b; padding-left: 0.8rem; }
pre { overflow-x: auto; font-size: 12px; border: 1px solid #d0d7de; padding: 0.5rem; }
%s</style>
<h1>%s</h1>
%s<main>%s</main>
%s</html>
"""


def summary(made: PairSet, settings: PairSettings) -> dict[str, Any]:
    """Everything the report says in numbers."""
    pairs = made.pairs
    per_question = Counter((pair.problem_id, pair.test_set) for pair in pairs)
    winners, losers = _lengths(pairs)
    return {
        "samples": made.samples,
        "problems": made.questions,
        "problems_used": len(per_question),
        "pairs": len(pairs),
        "pairs_train": len(made.train),
        "pairs_heldout": len(made.heldout),
        "pairs_per_problem_mean": len(pairs) / max(len(per_question), 1),
        "margin_mean": float(np.mean([pair.margin for pair in pairs])) if pairs else None,
        "winner_characters_mean": float(np.mean(winners)) if pairs else None,
        "loser_characters_mean": float(np.mean(losers)) if pairs else None,
        "length_bias": length_bias(pairs),
        "excluded": made.excluded_by_reason(),
        "settings": settings.model_dump(mode="json"),
    }


def length_bias(pairs: Sequence[Pair]) -> dict[str, float] | None:
    """How often the longer of two programs is the winner: 0.5 is no bias, 1 means that length alone decides.

    The mean over problems of the share of their pairs with the longer winner (equal lengths count half), with the 95 %
    interval of a normal mean over problems. None without pairs.
    """
    shares: dict[tuple[str, str], list[float]] = {}
    for pair in pairs:
        difference = len(pair.chosen_program) - len(pair.rejected_program)
        shares.setdefault((pair.problem_id, pair.test_set), []).append(0.5 + 0.5 * float(np.sign(difference)))
    if not shares:
        return None
    values_P = np.array([np.mean(values) for values in shares.values()])
    half = 1.96 * float(values_P.std(ddof=1)) / len(values_P) ** 0.5 if len(values_P) > 1 else 0.5
    mean = float(values_P.mean())
    return {"longer_wins": mean, "low": max(0.0, mean - half), "high": min(1.0, mean + half)}


def report_page(made: PairSet, settings: PairSettings, warnings: Sequence[str] = ()) -> str:
    """The whole page as HTML. What models wrote is escaped."""
    numbers = summary(made, settings)
    notes = "".join(f'<p class="warning">{html.escape(text)}</p>' for text in [*warnings, *_length_warning(numbers)])
    below = _excluded(numbers) + _examples(made.pairs)
    return _PAGE % (STYLE, headline(numbers), notes + _numbers(numbers), _pictures(made.pairs), below)


def headline(numbers: dict[str, Any]) -> str:
    """`120 pairs from 40 of 184 problems: 112 to train on, 8 held out`."""
    return (
        f"{numbers['pairs']} pairs from {numbers['problems_used']} of {numbers['problems']} problems: "
        f"{numbers['pairs_train']} to train on, {numbers['pairs_heldout']} held out"
    )


def _lengths(pairs: Sequence[Pair]) -> tuple[list[int], list[int]]:
    return [len(pair.chosen_program) for pair in pairs], [len(pair.rejected_program) for pair in pairs]


def _length_warning(numbers: dict[str, Any]) -> list[str]:
    bias = numbers["length_bias"]
    if bias is None or bias["low"] <= 0.5 <= bias["high"]:
        return []
    which = "longer" if bias["longer_wins"] > 0.5 else "shorter"
    return [f"The {which} program wins more often than not: a reward model can learn that instead of what is right."]


def _numbers(numbers: dict[str, Any]) -> str:
    if not numbers["pairs"]:
        return ""
    bias = numbers["length_bias"]
    rows = {
        f"{numbers['pairs_per_problem_mean']:.2f}": "pairs per problem used",
        f"{numbers['margin_mean']:.3f}": "mean margin between the pass rates of winner and loser",
        f"{numbers['winner_characters_mean']:.0f} / {numbers['loser_characters_mean']:.0f}": "mean characters of "
        "winner / loser",
        f"{100 * bias['longer_wins']:.1f} %": "how often the longer program wins, 95 % interval "
        f"{100 * bias['low']:.1f} to {100 * bias['high']:.1f}; 50 % is no length bias",
    }
    return "<table>" + "".join(f"<tr><td>{value}</td><td>{name}</td></tr>" for value, name in rows.items()) + "</table>"


def _pictures(pairs: Sequence[Pair]) -> str:
    if not pairs:
        return ""
    per_question = list(Counter((pair.problem_id, pair.test_set) for pair in pairs).values())
    winners, losers = _lengths(pairs)
    rates = {
        "winners": [pair.chosen_pass_rate or 0.0 for pair in pairs],
        "losers": [pair.rejected_pass_rate or 0.0 for pair in pairs],
    }
    pictures = {
        "Pairs per problem": histogram({"problems": per_question}, "pairs", bins=max(1, min(max(per_question), 20))),
        "Margins": histogram({"pairs": [pair.margin or 0.0 for pair in pairs]}, "difference of the pass rates"),
        "Lengths": histogram({"winners": winners, "losers": losers}, "characters of the program"),
        "Pass rates": histogram(rates, "share of tests passed"),
    }
    return "".join(f"<section><h2>{title}</h2>{picture}</section>" for title, picture in pictures.items())


def _excluded(numbers: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td>{count}</td><td>{html.escape(REASONS[reason])}</td><td><code>{reason}</code></td></tr>"
        for reason, count in numbers["excluded"].items()
    )
    if not rows:
        return ""
    return f"<h2>What made no pair</h2><p>Each one is listed in excluded.jsonl.</p><table>{rows}</table>"


def _examples(pairs: Sequence[Pair]) -> str:
    """The pairs with the smallest margin: where the rule is most likely to be wrong."""
    closest = sorted(pairs, key=lambda pair: pair.margin or 0.0)[:EXAMPLES]
    parts = [
        f"<h3>{html.escape(pair.problem_id)}</h3><pre>{html.escape(pair.user_text)}</pre><div class='sides'>"
        f"<div>winner, {pair.chosen_pass_rate:.0%} of the tests<pre>{html.escape(pair.chosen_program)}</pre></div>"
        f"<div>loser, {pair.rejected_pass_rate:.0%}<pre>{html.escape(pair.rejected_program)}</pre></div></div>"
        for pair in closest
    ]
    return f"<h2>The closest pairs</h2>{''.join(parts)}" if parts else ""
