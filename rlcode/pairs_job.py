"""`rlcode pairs`: preference pairs from judged samples and from AceCode-87K, with a report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from itertools import chain, islice
from typing import Any

from reward.conversation import first_test
from reward.pairs import PairSet, make_pairs, require_pairs
from reward.pairs_report import headline, report_page, summary
from reward.rows import write_rows
from reward.sample_file import Expected, SampleFile
from reward.schema import JudgedSample, read_samples, write_pairs
from reward.settings import dump_config
from rlcode.config import FullJudge, PairsConfig
from rlcode.preparation import refuse_other_settings, write_config
from rlcode.problems import Problem
from rlcode.problems.acecode import Inference, read_acecode
from rlcode.sample_job import judgement
from rlcode.step_log import check_verdicts
from rlcode.tracking import Tracker
from rlcode.workers.judge import JudgeWorker
from sandbox.types import test_set_hash

Question = tuple[Problem, list[Inference]]

FREE = ("output_dir", "samples", "trust_pass_rate", "pairs")  # settings that rejudged.jsonl does not depend on
TRUSTED = (
    "AceCode-87K's own pass rates are taken. They are doubtful: they divide by the number of tests before filtering, "
    "so a right program of a question that lost tests is below 1, and a question that lost more than a fifth of them "
    "has no winner; and one time limit of 0.2 s held for all tests of a program together. trust_pass_rate=false judges "
    "the programs again"
)


def build_pairs(config: PairsConfig) -> PairSet:
    """Write pairs.jsonl, heldout.jsonl, excluded.jsonl, pairs.json and pairs_report.html into `config.output_dir`.

    Raises NoPairs when there is no pair; what was excluded is on disk then too.
    """
    refuse_other_settings(config, config.output_dir, FREE)
    samples = [sample for path in config.samples for sample in read_samples(path)]
    questions = list(islice(chain.from_iterable(map(read_acecode, config.acecode)), config.limit))
    write_config(dump_config(config), config.output_dir)
    warnings = [TRUSTED] if questions and config.trust_pass_rate else []
    with Tracker(config.output_dir, total_steps=0) as tracker:
        for text in warnings:
            tracker.warning(text)
        samples += _as_recorded(questions) if config.trust_pass_rate else _judged_again(questions, config, tracker)
        made = make_pairs(samples, config.pairs)
        _write(made, config, warnings)
        require_pairs(made, config.pairs)
        tracker.message(f"{headline(summary(made, config.pairs))}; open {config.output_dir / 'pairs_report.html'}")
    return made


def _write(made: PairSet, config: PairsConfig, warnings: Sequence[str]) -> None:
    folder = config.output_dir
    write_rows((asdict(item) for item in made.excluded), folder / "excluded.jsonl")
    (folder / "pairs.json").write_text(json.dumps(summary(made, config.pairs), indent=1), encoding="utf-8")
    page = report_page(made, config.pairs, warnings)
    (folder / "pairs_report.html").write_text(page, encoding="utf-8", errors="replace")
    write_pairs(made.heldout, folder / "heldout.jsonl")
    write_pairs(made.train, folder / "pairs.jsonl")


def _judged_again(questions: Sequence[Question], config: PairsConfig, tracker: Tracker) -> list[JudgedSample]:
    """Every program of AceCode-87K against every test, recorded in rejudged.jsonl; a killed job goes on there."""
    questions = [question for question in questions if question[1]]
    if not questions:
        return []
    plan = [Expected(problem.id, test_set_hash(problem.tests), len(programs)) for problem, programs in questions]
    file = SampleFile(config.output_dir / "rejudged.jsonl", plan, config.problems_per_batch)
    left = questions[file.done :]
    if left:
        judge = JudgeWorker(config.judge)
        try:
            with tracker.phase("judge", total=sum(len(programs) for _, programs in left)) as phase:
                for start in range(0, len(left), config.problems_per_batch):
                    batch = left[start : start + config.problems_per_batch]
                    file.append(_judge(batch, judge, config.judge))
                    phase.advance(sum(len(programs) for _, programs in batch))
        finally:
            judge.close()
    return read_samples(file.path)


def _judge(batch: Sequence[Question], judge: JudgeWorker, settings: FullJudge) -> list[JudgedSample]:
    programs = [(problem, index, item) for problem, items in batch for index, item in enumerate(items)]
    verdicts = judge.judge([(item.program, problem.tests) for problem, _, item in programs])
    check_verdicts(verdicts, settings.max_infra_error_share)
    return [
        _sample(
            problem,
            index,
            item,
            **judgement(verdict, settings.limits.max_timeouts),
            extra={"recorded_pass_rate": item.pass_rate},
        )
        for (problem, index, item), verdict in zip(programs, verdicts, strict=True)
    ]


def _as_recorded(questions: Sequence[Question]) -> list[JudgedSample]:
    """The programs with the pass rates of the data set; without one they count as not run to the end."""
    return [
        _sample(
            problem,
            index,
            item,
            outcome="passed" if item.pass_rate == 1 else "failed",
            pass_vector=[],
            pass_rate=item.pass_rate,
            complete=item.pass_rate is not None,
            test_set=test_set_hash(problem.tests),
        )
        for problem, programs in questions
        for index, item in enumerate(programs)
    ]


def _sample(problem: Problem, index: int, item: Inference, **judged: Any) -> JudgedSample:
    return JudgedSample(
        problem_id=problem.id,
        question=problem.prompt,
        index=index,
        program=item.program,
        completion=item.completion,
        first_test=first_test(problem.tests),
        policy=item.policy,
        **judged,
    )
