"""`rlcode synth`: from seeds to verified problems, stage by stage, each a file that outlives a kill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from reward.rows import encode_row, write_rows
from reward.settings import ConfigError, dump_config
from rlcode.preparation import refuse_other_settings, write_config
from rlcode.synthesis.acecoder import AceCoder
from rlcode.synthesis.answer_file import AnswerFile
from rlcode.synthesis.asking import Asker, Budget
from rlcode.synthesis.gates import Gate, gates
from rlcode.synthesis.judging import Judging
from rlcode.synthesis.kodcode import KodCode
from rlcode.synthesis.progress import Log, StageProgress
from rlcode.synthesis.report import Funnel, Step, report_page
from rlcode.synthesis.seeds import accept_seed, read_seeds
from rlcode.synthesis.settings import SynthConfig, TeacherConfig
from rlcode.synthesis.stages import Row, Stage, StageFiles, read_stage, run_stage

# Settings that change neither what is asked nor what becomes of it.
FREE = ("output_dir", "budget", "rows_per_batch", "teacher.endpoint", "oracle.endpoint")


def synthesize(config: SynthConfig, only: str | None = None, plan_only: bool = False) -> Path:
    """Run the stages that are not finished and return the file of problems.

    `only` begins one stage anew and ends after it; `plan_only` ends before the first call. Raises BudgetReached and
    TeacherFailed; the same call then goes on where it stopped.
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
                run.everything(plan_only)
            finally:
                run.report()
    return run.problems


class Run:
    """One start of the command."""

    def __init__(self, config: SynthConfig, log: Log, open_things: ExitStack):
        self.config, self.log = config, log
        self.answers = open_things.enter_context(AnswerFile(config.output_dir / "answers.jsonl"))
        budget = Budget(config.budget, self.answers)
        self._judging = open_things.enter_context(closing(Judging(config.judge)))

        def asker(teacher: TeacherConfig) -> Asker:
            return open_things.enter_context(closing(Asker(teacher, self.answers, budget)))

        self.stages = self._stages(asker)
        self.gates = gates(config)

    @property
    def names(self) -> list[str]:
        return [stage.name for stage in self.stages] + [name for name, _ in self.gates]

    @property
    def problems(self) -> Path:
        return self.config.output_dir / "problems.jsonl"

    def everything(self, plan_only: bool) -> None:
        for place, stage in enumerate(self.stages):
            self._run(place, stage)
            if place == 0:
                self._say_plan()
                if plan_only:
                    return
        for place, (name, gate) in enumerate(self.gates, start=len(self.stages)):
            self._pass(place, name, gate)
        rows = ({key: value for key, value in row.items() if key != "from"} for row in self._kept(len(self.names) - 1))
        write_rows(rows, self.problems)
        self.log.message(f"{self._funnel().headline()}; open {self.config.output_dir / 'report.html'}")

    def only(self, name: str) -> None:
        """One stage from its beginning; calls that were paid for are not made again."""
        if name not in self.names:
            raise ConfigError(f"--stage {name}: recipe {self.config.recipe} has the stages {', '.join(self.names)}")
        place = self.names.index(name)
        self._files(place).delete()
        if place < len(self.stages):
            self._run(place, self.stages[place])
        else:
            self._pass(place, *self.gates[place - len(self.stages)])

    def report(self) -> None:
        page = report_page(self._funnel(), self._kept(len(self.names) - 1), self.config)
        (self.config.output_dir / "report.html").write_text(page, encoding="utf-8", errors="replace")

    def _stages(self, asker: Callable[[TeacherConfig], Asker]) -> list[Stage[Any, Any]]:
        config = self.config
        seeds: Stage[Any, Any] = Stage(
            "seeds", lambda row: [], lambda work: iter(()), lambda row, _: accept_seed(config, row)
        )
        teacher = asker(config.teacher)
        if config.oracle is None:
            kodcode = KodCode(config)
            return [seeds, kodcode.questions(teacher), kodcode.trials(teacher), kodcode.verified(self._judging)]
        acecoder = AceCoder(config)
        solutions = acecoder.solutions(asker(config.oracle))
        return [seeds, acecoder.questions(teacher), solutions, acecoder.verified(self._judging)]

    def _run(self, place: int, stage: Stage[Any, Any]) -> None:
        total = sum(1 for _ in self._inputs(place))
        progress = StageProgress(self.log, stage.name, total, lambda: self.answers.spent)
        run_stage(stage, lambda: self._inputs(place), self._files(place), self.config.rows_per_batch, progress.advance)
        self._say_step(place)

    def _pass(self, place: int, name: str, gate: Gate) -> None:
        """A gate sees every row each time, for what it keeps can depend on all of them."""
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
        return read_seeds(self.config) if place == 0 else self._kept(place - 1)

    def _kept(self, place: int) -> Iterable[Row]:
        return read_stage(self._files(place).kept)

    def _files(self, place: int) -> StageFiles:
        return StageFiles(self.config.output_dir, self.names[place])

    def _say_step(self, place: int) -> None:
        self.log.message(str(self._step(place)))

    def _say_plan(self) -> None:
        seeds = self._step(0).kept
        calls = self._calls_per_seed()
        most = sum(seeds * count for _, count, _ in calls)
        tokens = sum(seeds * count * teacher.max_tokens for _, count, teacher in calls)
        price = sum(
            seeds * count * teacher.max_tokens * teacher.endpoint.dollars_per_million_completion_tokens / 1e6
            for _, count, teacher in calls
        )
        parts = ", ".join(f"{seeds * count} for {name}" for name, count, _ in calls)
        cost = f", ${price:.2f}" if price else ""
        self.log.message(
            f"at most {most} calls ({parts}) and {tokens:,} completion tokens{cost}; paid so far: {self.answers.spent}"
        )

    def _calls_per_seed(self) -> list[tuple[str, int, TeacherConfig]]:
        config = self.config
        if config.oracle is None:
            return [("questions", 1, config.teacher), ("trials", config.trials, config.teacher)]
        return [("questions", 1, config.teacher), ("solutions", 1, config.oracle)]

    def _funnel(self) -> Funnel:
        return Funnel([self._step(place) for place in range(len(self.names))], self.answers.spent)

    def _step(self, place: int) -> Step:
        files = self._files(place)
        reasons = Counter(str(row["reason"]) for row in read_stage(files.rejected))
        return Step(files.name, sum(1 for _ in read_stage(files.kept)), reasons, files.kept.exists())
