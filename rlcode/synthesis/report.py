"""What a run of `rlcode synth` made, as one page that opens without a network: the funnel, what was rejected and why,
and some of the problems. What teachers wrote is escaped."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from reward.svg import STYLE, histogram
from rlcode.synthesis.answer_file import Spent
from rlcode.synthesis.rejection import Row
from rlcode.synthesis.settings import SynthConfig

EXAMPLES = 12
SAMPLED_FOR_PICTURES = 100_000  # problems

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Synthesised problems</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; color: #1f2328; }}
main {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(22rem, 1fr)); gap: 1rem 2rem; }}
h2 {{ font-size: 1.05rem; margin: 1.4rem 0 0.4rem; }} td, th {{ padding: 0.1rem 0.8rem 0.1rem 0; text-align: left;
vertical-align: top; }} .number {{ text-align: right; font-variant-numeric: tabular-nums; }}
.bar {{ background: #1f6feb; height: 0.8rem; display: block; min-width: 1px; }} td.wide {{ width: 40%; }}
pre {{ overflow-x: auto; white-space: pre-wrap; font-size: 12px; border: 1px solid #d0d7de; padding: 0.5rem; }}
{style}</style>
<h1>{headline}</h1>
{body}</html>
"""


@dataclass(frozen=True)
class Step:
    """What one stage kept, and why it rejected the rest."""

    name: str
    kept: int
    rejected: Counter[str]
    finished: bool = True

    def __str__(self) -> str:
        reasons = ", ".join(f"{count} {reason}" for reason, count in self.rejected.most_common())
        left = f", {self.rejected.total()} rejected: {reasons}" if reasons else ""
        return f"{self.name}: {self.kept} kept{left}"


@dataclass(frozen=True)
class Funnel:
    """All stages of a run, and what its answers cost."""

    steps: list[Step]
    spent: Spent

    def headline(self) -> str:
        """`100 seeds → 91 questions → 60 verified; 391 calls, …`"""
        seeds = self.steps[0].kept + self.steps[0].rejected.total()
        started = [step for step in self.steps if step.finished]
        names = " → ".join(f"{step.kept} {step.name}" for step in started if step.name != "seeds")
        return f"{seeds} seeds → {names or '…'}; {self.spent}"


def report_page(funnel: Funnel, problems: Iterable[Row], config: SynthConfig) -> str:
    """The whole page. `problems` are the rows of the last stage; all are counted, a few are shown."""
    sizes: list[float] = []
    coverage: list[float] = []
    difficulties: Counter[str] = Counter()
    examples: list[Row] = []
    for row in islice(problems, SAMPLED_FOR_PICTURES):
        sizes.append(len(row["tests"]))
        difficulties[str(row.get("difficulty", ""))] += 1
        coverage += [found["statement"] for found in row["metadata"].get("coverage", []) if found]
        if len(examples) < EXAMPLES:
            examples.append(row)
    pictures = []
    if config.recipe == "acecoder" and sizes:
        pictures.append(("Tests a problem", histogram({"problems": sizes}, "tests")))
    if coverage:
        pictures.append(("Statement coverage of passing trials", histogram({"trials": coverage}, "share that ran")))
    shown = "".join(f"<section><h2>{title}</h2>{picture}</section>" for title, picture in pictures)
    body = _funnel(funnel) + _difficulties(difficulties) + f"<main>{shown}</main>" + _rejections(funnel)
    return _PAGE.format(
        style=STYLE, headline=html.escape(funnel.headline()), body=body + "".join(map(_example, examples))
    )


def _funnel(funnel: Funnel) -> str:
    most = max(1, *(step.kept + step.rejected.total() for step in funnel.steps))  # not always seeds: answers are more
    rows = "".join(
        f"<tr><td>{html.escape(step.name)}</td><td class='number'>{step.kept if step.finished else '–'}</td>"
        f"<td class='wide'><span class='bar' style='width:{100 * step.kept / most:.1f}%'></span></td>"
        f"<td class='number'>{step.rejected.total()}</td></tr>"
        for step in funnel.steps
    )
    heads = "<th>stage</th><th class='number'>kept</th><th></th><th class='number'>rejected</th>"
    return f"<table style='width:100%'><tr>{heads}</tr>{rows}</table>"


def _difficulties(counts: Counter[str]) -> str:
    named = [(name, counts[name]) for name in ("easy", "medium", "hard") if counts[name]]
    if not named:
        return ""
    return f"<p>By the share of trials that pass: {', '.join(f'{count} {name}' for name, count in named)}.</p>"


def _rejections(funnel: Funnel) -> str:
    rows = "".join(
        f"<tr><td>{html.escape(step.name)}</td><td class='number'>{count}</td><td>{html.escape(reason)}</td></tr>"
        for step in funnel.steps
        for reason, count in step.rejected.most_common()
    )
    if not rows:
        return ""
    return (
        "<h2>What was rejected</h2><p>Each row is in its stage's rejected.jsonl, with what was wrong with it.</p>"
        f"<table>{rows}</table>"
    )


def _example(row: Row) -> str:
    tests = "\n".join(test["code"] for test in row["tests"])
    return (
        f"<h2>{html.escape(row['id'])}</h2><pre>{html.escape(row['prompt'])}</pre>"
        f"<details><summary>reference and tests</summary><pre>{html.escape(row['reference'])}</pre>"
        f"<pre>{html.escape(tests)}</pre></details>"
    )
