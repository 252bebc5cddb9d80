"""`rlcode best-of-n`: programs reranked by a reward model, beside greedy decoding, the average and an oracle."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from reward.best_of_n import BestOfN, ScoredProblem, best_of_ns
from reward.conversation import answer, instruction
from reward.model import check_reward_model, encode
from reward.rows import write_rows
from reward.sample_file import SampleFile
from reward.schema import JudgedSample, read_samples
from reward.scorer import Scorer
from reward.settings import ConfigError, dump_config
from reward.statistics import Estimate
from rlcode.config import BestOfNConfig, RerankedSet, SampledSet
from rlcode.data import Prompt
from rlcode.identity import model_identity
from rlcode.preparation import PreparedSets, prepare_sets, refuse_other_settings, write_config
from rlcode.sample_job import WHERE, Drawing, sampling_workers
from rlcode.tracking import Tracker
from sandbox.types import test_set_hash


@dataclass(frozen=True)
class Reranked:
    """The result for one set of problems."""

    name: str
    rows: list[BestOfN]
    left_out: int  # problems without a verdict on any of their programs, or on the greedy one
    unscored: int  # programs that the model could not be asked about: none found, or too long for it


@dataclass(frozen=True)
class Sources:
    """Where the programs of one set lie, and what has to be drawn for them first."""

    settings: RerankedSet
    samples: Path
    greedy: Path | None
    drawings: list[tuple[Drawing, SampleFile]]

    @property
    def unfinished(self) -> bool:
        return any(file.done < len(drawing.prompts) for drawing, file in self.drawings)


def rerank(config: BestOfNConfig) -> list[Reranked]:
    """Draw what is missing, score every program, write best_of_n.json and scores.jsonl, and print the table.

    A killed job goes on with the programs it had drawn. Raises ConfigError when the folder holds those of other
    settings, or a file of samples has other problems, tests or another policy.
    """
    check_reward_model(config.reward_model)
    to_draw = [item for item in config.sets if item.drawn is None or item.greedy]
    prepared = prepare_sets(config, to_draw) if to_draw else None
    refuse_other_settings(config, config.output_dir, (*WHERE, "reward_model", "n", "tokens_per_batch"))
    sources = _sources(config, prepared)
    write_config(dump_config(config), config.output_dir)
    with Tracker(config.output_dir, total_steps=0) as tracker:
        if prepared and any(source.unfinished for source in sources):
            with sampling_workers(config, prepared) as workers:
                for drawing, file in (item for source in sources for item in source.drawings):
                    drawing.finish(file, workers, tracker)
        scorer = Scorer(config.reward_model, config.tokens_per_batch)
        results, scores = [], []
        for source in sources:
            result, rows = _rerank(source, scorer, config.n, tracker)
            results.append(result)
            scores += rows
    write_rows(scores, config.output_dir / "scores.jsonl")
    content = [asdict(result) for result in results]
    (config.output_dir / "best_of_n.json").write_text(json.dumps(content, indent=1), encoding="utf-8")
    print_table(results)
    return results


def _sources(config: BestOfNConfig, prepared: PreparedSets | None) -> list[Sources]:
    prompts = iter(prepared.prompts if prepared else [])
    policy = model_identity(prepared.model_path) if prepared else ""
    sources = []
    for number, item in enumerate(config.sets):
        folder = config.output_dir / f"set-{number}"
        samples, greedy, drawings = folder / "samples.jsonl", folder / "greedy.jsonl", []
        of_set = next(prompts) if item.drawn is None or item.greedy else []
        if item.drawn is None:
            drawings.append(_open(Drawing(config, item, of_set, policy), samples))
        else:
            samples = item.drawn
        if item.greedy:
            chosen = of_set if item.drawn is None else _prompts_of(item, samples, of_set, policy)
            settings = item.model_dump(include={"problems", "max_new_tokens", "problems_per_batch"})
            once = SampledSet(**settings, samples=1, temperature=0)
            drawings.append(_open(Drawing(config, once, chosen, policy), greedy))
        sources.append(Sources(item, samples, greedy if item.greedy else None, drawings))
    return sources


def _open(drawing: Drawing, path: Path) -> tuple[Drawing, SampleFile]:
    return drawing, drawing.open(path)


def _prompts_of(item: RerankedSet, file: Path, prompts: Sequence[Prompt], policy: str) -> list[Prompt]:
    """The prompts of the problems in a file of samples. Raises ConfigError where the two do not belong together."""
    samples = read_samples(file)
    found = {sample.problem_id: sample.test_set for sample in samples}
    chosen = [prompt for prompt in prompts if prompt.problem.id in found]
    if not chosen:
        raise ConfigError(f"{file} has no samples for the problems of {item.problems}; correct `problems` or `drawn`")
    for prompt in chosen:
        if test_set_hash(prompt.problem.tests) != found[prompt.problem.id]:
            raise ConfigError(f"{file}: {prompt.problem.id} was judged by other tests than {item.problems} has now")
    others = {sample.policy for sample in samples} - {policy}
    if others:
        raise ConfigError(
            f"{file} was drawn by the policy {', '.join(sorted(others))}, `model` is {policy}: its greedy programs are "
            "no comparison. Set `model` to the policy, or greedy: false"
        )
    return chosen


def _rerank(
    source: Sources, scorer: Scorer, ns: Sequence[int], tracker: Tracker
) -> tuple[Reranked, list[dict[str, Any]]]:
    """The result for one set, and one row a program for scores.jsonl."""
    groups: dict[str, list[JudgedSample]] = {}
    for sample in read_samples(source.samples):
        groups.setdefault(sample.problem_id, []).append(sample)
    greedy = {item.problem_id: item for item in read_samples(source.greedy)} if source.greedy else {}
    problems, rows, left_out = [], [], 0
    with tracker.phase(f"score {source.settings.problems}", total=len(groups)) as phase:
        for problem_id, group in groups.items():
            judged = [sample for sample in group if sample.outcome != "infra_error"]
            answered = greedy.get(problem_id)
            phase.advance(1)
            if not judged or (greedy and (answered is None or answered.outcome == "infra_error")):
                left_out += 1
                continue
            scores_M = score(scorer, judged)
            passed_M = np.array([sample.outcome == "passed" for sample in judged])
            problems.append(
                ScoredProblem(problem_id, scores_M, passed_M, answered.outcome == "passed" if answered else None)
            )
            rows += [_row(source, *item) for item in zip(judged, scores_M, strict=True)]
    if not problems:
        raise ConfigError(f"{source.samples}: none of {len(groups)} problems has a program with a verdict")
    unscored = sum(row["score"] is None for row in rows)
    return Reranked(source.settings.problems, best_of_ns(problems, ns), left_out, unscored), rows


def score(scorer: Scorer, samples: Sequence[JudgedSample]) -> np.ndarray:
    """Scores (M,) of programs for one problem; -inf, the last choice, for no program and for one that is too long."""
    texts = [
        encode(scorer.tokenizer, instruction(sample.question, sample.first_test), answer(sample.program))
        for sample in samples
    ]
    askable = [
        index
        for index, (sample, ids) in enumerate(zip(samples, texts, strict=True))
        if sample.program.strip() and len(ids) <= scorer.max_tokens
    ]
    scores_M = np.full(len(samples), -np.inf)
    if askable:
        scores_M[askable] = scorer.score_ids([texts[index] for index in askable])
    if np.isnan(scores_M).any():
        raise ConfigError(f"the reward model's score of a program for {samples[0].problem_id} is no number")
    return scores_M


def _row(source: Sources, sample: JudgedSample, score: float) -> dict[str, Any]:
    return {
        "set": source.settings.problems,
        "problem_id": sample.problem_id,
        "index": sample.index,
        "score": float(score) if np.isfinite(score) else None,
        "passed": sample.outcome == "passed",
        "pass_rate": sample.pass_rate,
    }


def print_table(results: Sequence[Reranked]) -> None:
    """Every way of answering in percent, with its 95 % interval, as in AceCoder's table 3."""
    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column("problems")
    for title in ("", "n", "greedy", "average", "reward model", "oracle", "model − greedy", "model − average"):
        table.add_column(title, justify="right")
    for result in results:
        name = result.name
        for row in result.rows:
            estimates = (row.greedy, row.average, row.reward_model, row.oracle)
            gains = (row.gain_over_greedy, row.gain_over_average)
            cells = [*map(_percent, estimates), *(_percent(gain, sign="+") for gain in gains)]
            table.add_row(name, str(row.problems), str(row.n), *cells)
            name = ""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 160
    console.print(table)
    for result in results:
        if result.left_out or result.unscored:
            print(
                f"{result.name}: {result.left_out} problems left out for want of a verdict; {result.unscored} programs "
                "without a score (no program, or too long for the model), chosen last"
            )


def _percent(estimate: Estimate | None, sign: str = "") -> str:
    if estimate is None:
        return "–"
    return f"{100 * estimate.value:{sign}.1f} ({100 * estimate.low:{sign}.1f} to {100 * estimate.high:{sign}.1f})"
