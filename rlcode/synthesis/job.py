"""`rlcode synth`: from seeds to verified problems, stage by stage, each a file that outlives a kill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any

from reward.rows import encode_row, write_rows
from reward.settings import ConfigError, dump_config
from rlcode.cluster import joined_cluster
from rlcode.preparation import refuse_other_settings, write_config
from rlcode.synthesis.acecoder import AceCoder
from rlcode.synthesis.answer_file import AnswerFile, Spent
from rlcode.synthesis.asking import Asker, Budget
from rlcode.synthesis.completion_form import completion_forms, with_completion_forms
from rlcode.synthesis.gates import gates
from rlcode.synthesis.judging import Judging
from rlcode.synthesis.kodcode import KodCode
from rlcode.synthesis.measuring import MeasuredOverCluster, measured_here
from rlcode.synthesis.progress import Log, StageProgress
from rlcode.synthesis.rejection import Gate, Row
from rlcode.synthesis.report import Funnel, Step, report_page
from rlcode.synthesis.seeds import accept_seed, read_seeds
from rlcode.synthesis.settings import SynthConfig
from rlcode.synthesis.sft import answered, checked, training_rows
from rlcode.synthesis.stages import Stage, StageFiles, read_stage, run_stage

ANSWERS = "answers.jsonl"
NamedGate = tuple[str, Gate]
# Settings that may be others in the next start: those that change nothing about a row, and those that a stage knows of.
FREE = (
    *("output_dir", "budget", "rows_per_batch", "cluster", "limit"),
    *("teacher.endpoint", "oracle.endpoint", "teacher.engine", "oracle.engine"),
    *("min_tests", "trials", "judge", "gates", "completion_form", "answers"),
)


def synthesize(config: SynthConfig, only: str | None = None) -> Path:
    """Run the stages that are not finished and return the file of problems; `only` begins one stage anew and ends after
    it. Raises BudgetReached and TeacherFailed; the same call then goes on where it stopped.
    """
    refuse_other_settings(config, config.output_dir, FREE)
    write_config(dump_config(config), config.output_dir)
    with ExitStack() as open_things:
        log = open_things.enter_context(Log(config.output_dir / "log.txt"))
        run = Run(config, log, open_things)
        if only is not None:
            run.only(only)
        else:
            try:
                run.everything()
            except BaseException:
                with suppress(OSError):  # a full disk may be what ended it
                    run.report()
                raise
            run.report()
    return run.problems


def plan(config: SynthConfig) -> str:
    """What a run would ask for at most. Reads the seeds and what was paid before, and writes nothing."""
    accepted = Counter(isinstance(accept_seed(config, row), dict) for row in read_seeds(config))
    spent, path = Spent(), config.output_dir / ANSWERS
    if path.exists():
        with AnswerFile(path) as answers:
            spent = answers.spent
    return f"{accepted.total()} seeds, {accepted[True]} usable\n{_describe_plan(config, accepted[True], spent)}"


def _describe_plan(config: SynthConfig, seeds: int, spent: Spent) -> str:
    calls = [("questions", seeds, config.teacher)]
    if config.oracle is None:
        calls.append(("trials", seeds * config.trials, config.teacher))
    else:
        calls.append(("solutions", seeds, config.oracle))
    if config.completion_form:
        calls.append(("completion forms", seeds, config.teacher))
    if config.answers is not None:
        problems = 2 * seeds if config.completion_form else seeds
        calls.append(("answers", problems * config.answers.samples, config.answers.teacher))
    tokens = sum(count * teacher.max_tokens for _, count, teacher in calls)
    dollars = sum(
        count * teacher.max_tokens * teacher.endpoint.dollars_per_million_completion_tokens / 1e6
        for _, count, teacher in calls
    )
    parts = ", ".join(f"{count} for {name}" for name, count, _ in calls)
    cost = f", ${dollars:.2f}" if dollars else ""
    cost += " and what the prompts cost" if any(t.endpoint.dollars_per_million_prompt_tokens for *_, t in calls) else ""
    return (
        f"at most {sum(count for _, count, _ in calls)} calls ({parts}) and {tokens:,} completion tokens{cost}; "
        f"paid so far: {spent}"
    )


def _describe_forms(rows: Iterable[Row]) -> str:
    found = Counter(row["completion"].get("problem", "") for row in rows)
    reasons = ", ".join(f"{count} {reason}" for reason, count in found.most_common() if reason)
    return f"completion forms for {found['']} of {found.total()} problems" + (f"; no use: {reasons}" if reasons else "")


def _without_origin(rows: Iterable[Row]) -> Iterator[Row]:
    return ({key: value for key, value in row.items() if key != "from"} for row in rows)


class Run:
    """One start of the command."""

    def __init__(self, config: SynthConfig, log: Log, open_things: ExitStack):
        self.config, self.log = config, log
        self.answers = open_things.enter_context(AnswerFile(config.output_dir / ANSWERS))
        cluster = open_things.enter_context(joined_cluster(config.cluster, config.output_dir / "workers"))
        self._judging = open_things.enter_context(closing(Judging(config.judge, cluster)))
        budget = Budget(config.budget, self.answers)
        writer = config.answers.teacher if config.answers else config.teacher
        self._teacher, self._oracle, self._writer = (
            open_things.enter_context(closing(Asker(teacher, self.answers, budget, cluster)))
            for teacher in (config.teacher, config.oracle or config.teacher, writer)
        )
        measuring = MeasuredOverCluster(config.gates, cluster) if cluster else measured_here
        self.making: list[Stage[Any, Any] | NamedGate] = [*self._stages(), *gates(config.gates, measuring)]
        if config.completion_form:
            self.making.append(completion_forms(self._teacher))
        self.answering: list[Stage[Any, Any]] = []
        if config.answers is not None:
            self.answering = [answered(config.answers, self._writer), checked(self._judging)]

    @property
    def names(self) -> list[str]:
        steps = [*self.making, *self.answering]
        return [step.name if isinstance(step, Stage) else step[0] for step in steps]

    @property
    def problems(self) -> Path:
        return self.config.output_dir / "problems.jsonl"

    def everything(self) -> None:
        for place in range(len(self.making)):
            self._go_through(place)
            if place == 0:
                self.log.message(_describe_plan(self.config, self._step(0).kept, self.answers.spent))
        write_rows(with_completion_forms(_without_origin(self._made())), self.problems)
        if self.config.completion_form:
            self.log.message(_describe_forms(self._made()))
        for place in range(len(self.making), len(self.names)):
            self._go_through(place)
        if self.answering:
            write_rows(training_rows(self._kept(len(self.names) - 1)), self.config.output_dir / "sft.jsonl")
        self.log.message(f"{self._funnel().headline()}; open {self.config.output_dir / 'report.html'}")

    def only(self, name: str) -> None:
        """One stage from its beginning; calls that were paid for are not made again."""
        if name not in self.names:
            raise ConfigError(f"--stage {name}: recipe {self.config.recipe} has the stages {', '.join(self.names)}")
        place = self.names.index(name)
        self._files(place).delete()
        self._go_through(place)

    def _go_through(self, place: int) -> None:
        step = [*self.making, *self.answering][place]
        if isinstance(step, Stage):
            self._run(place, step)
        else:
            self._pass(place, *step)

    def report(self) -> None:
        page = report_page(self._funnel(), self._made(), self.config)
        (self.config.output_dir / "report.html").write_text(page, encoding="utf-8", errors="replace")

    def _stages(self) -> list[Stage[Any, Any]]:
        config, teacher = self.config, self._teacher
        seeds: Stage[Any, Any] = Stage(
            "seeds", lambda row: [], lambda work: iter(()), lambda row, _: accept_seed(config, row)
        )
        if config.recipe == "kodcode":
            kodcode = KodCode(config)
            return [seeds, kodcode.questions(teacher), kodcode.trials(teacher), kodcode.verified(self._judging)]
        acecoder = AceCoder(config)
        solutions = acecoder.solutions(self._oracle)
        return [seeds, acecoder.questions(teacher), solutions, acecoder.verified(self._judging)]

    def _run(self, place: int, stage: Stage[Any, Any]) -> None:
        idle = {
            "solutions": [self._teacher],
            "completion_forms": [self._oracle],
            "answered": [self._teacher, self._oracle],
        }
        for asker in idle.get(stage.name, []):
            asker.close()  # two engines need not fit beside each other
        total = sum(1 for _ in self._inputs(place))
        progress = StageProgress(self.log, stage.name, total, lambda: self.answers.spent)
        run_stage(stage, lambda: self._inputs(place), self._files(place), self.config.rows_per_batch, progress.advance)
        self._say_step(place)

    def _pass(self, place: int, name: str, gate: Gate) -> None:
        """A gate sees every row each time, for what it keeps can depend on all of them."""
        for idle in (self._judging, self._teacher, self._oracle):
            idle.close()  # their workers and those of the gate need not fit beside each other
        files = self._files(place)
        with files.rejected.open("wb") as rejected:

            def kept() -> Iterator[Row]:
                for row, rejection in gate(self._inputs(place)):
                    if rejection is None:
                        yield row
                    else:
                        known = {"stage": name, "reason": rejection.reason, "detail": rejection.detail}
                        rejected.write(encode_row(known | {"row": row}))

            write_rows(kept(), files.kept)
        self._say_step(place)

    def _inputs(self, place: int) -> Iterable[Row]:
        if place == 0:
            return read_seeds(self.config)
        return read_stage(self.problems) if place == len(self.making) else self._kept(place - 1)

    def _made(self) -> Iterable[Row]:
        """What the problems are made of: the rows that every stage and gate has kept."""
        return self._kept(len(self.making) - 1)

    def _kept(self, place: int) -> Iterable[Row]:
        return read_stage(self._files(place).kept)

    def _files(self, place: int) -> StageFiles:
        return StageFiles(self.config.output_dir, self.names[place])

    def _say_step(self, place: int) -> None:
        self.log.message(str(self._step(place)))

    def _funnel(self) -> Funnel:
        return Funnel([self._step(place) for place in range(len(self.names))], self.answers.spent)

    def _step(self, place: int) -> Step:
        files = self._files(place)
        reasons = Counter(str(row["reason"]) for row in read_stage(files.rejected))
        return Step(files.name, sum(1 for _ in read_stage(files.kept)), reasons, files.kept.exists())
