"""Makes calls into a program in a jailed process and collects what it claims about each of them."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.trusted.process import SPENT
from sandbox.trusted.run import MB, Run, pump, slept_too_long, too_late
from sandbox.trusted.slot import Slot
from sandbox.trusted.take_apart import Call, Report
from sandbox.types import Failure, Limits, TestOutcome
from sandbox.wire import WireError, decode, dump_frame, opaque, parse_body

MOST_BYTES = 32 * MB  # in the answers of one test, which are held together


@dataclass
class Answers:
    """The reports of one group of calls, in order, or the failure that cut them off; and the CPU seconds they took."""

    reports: list[Report] = field(default_factory=list)
    failure: Failure | None = None
    seconds: float = 0.0
    bytes: int = 0  # or somewhat more


class ProgramCalls:
    """Groups of calls into one program. All run in one process, in order; when that dies, a new one goes on behind the
    group that killed it, so every group is tried, but for those that come too late."""

    def __init__(self, slot: Slot, program: str, limits: Limits) -> None:
        self.slot = slot
        self.program = program
        self.limits = limits
        self.cpu_seconds = 0.0

    def run(self, groups: Sequence[Sequence[Call]]) -> Generator[Answers, None, None]:
        """Answers for each group as they come. Closing the iterator early destroys the process."""
        done = 0
        while done < len(groups):
            if late := too_late(self.limits):
                yield Answers(failure=Failure("timeout", late))
                done += 1
                continue
            for answers in self._one_process(groups[done:]):
                yield answers
                done += 1

    def _one_process(self, groups: Sequence[Sequence[Call]]) -> Generator[Answers, None, None]:
        flavour = self.slot.flavour_for(self.program)
        with self.slot.running(flavour, self.limits) as run:
            inbox = Inbox(run, sum(map(len, groups)))
            try:
                run.close_stdout()
                run.send(dump_frame(self._job(groups)))
                self.slot.prepare(flavour)
                for index, group in enumerate(groups):
                    answers = self._answers(run, inbox, len(group), flavour, is_first=index == 0)
                    is_last = index == len(groups) - 1
                    if answers.failure is None and is_last and answers.seconds >= self.limits.cpu_seconds:
                        # It answered before its limit was checked; earlier groups overlap with the next.
                        answers = Answers(failure=run.cpu_failure(), seconds=answers.seconds)
                    yield answers
                    if inbox.load_failure is None and answers.failure is not None:
                        return
            finally:
                self.cpu_seconds += run.child.cpu_seconds()

    def _job(self, groups: Sequence[Sequence[Call]]) -> dict[str, Any]:
        return {
            "mode": "calls",
            "program": self.program,
            "calls": [[call.entry, call.args, call.kwargs] for group in groups for call in group],
            "max_report_bytes": int(self.limits.result_mb * MB),
            "seed": seed_of(self.program),
        }

    def _answers(self, run: Run, inbox: Inbox, count: int, flavour: str, is_first: bool) -> Answers:
        if len(inbox.reports) < count and inbox.load_failure is None:
            if not is_first:  # whose time began with the process
                run.next_test()
            if slept_too_long(self.limits):
                run.stop("wall", "the tests before it slept")
            pump([run], lambda: len(inbox.reports) >= count or inbox.load_failure is not None)
        size, inbox.bytes = inbox.bytes, 0
        seconds = run.lap()
        if inbox.load_failure is not None:
            return Answers(failure=inbox.load_failure, seconds=seconds)
        if len(inbox.reports) >= count:
            reports, inbox.reports = inbox.reports[:count], inbox.reports[count:]
            return Answers(reports, seconds=seconds, bytes=size)
        failure = self.slot.explain_end(flavour, run)
        SPENT.timeouts += failure.outcome == "timeout"
        return Answers(failure=failure, seconds=seconds)


class Inbox:
    """Reads frames as they come from the jail; counts them, so that a flood of frames is cut off."""

    def __init__(self, run: Run, expected: int) -> None:
        self.run = run
        self.left = expected
        self.bytes = 0  # of the reports for the group that is waited for, or somewhat more
        self.reports: list[Report] = []
        self.load_failure: Failure | None = None
        run.on_frame = self.on_frame

    def on_frame(self, body: bytes) -> None:
        self.left -= 1
        if self.left < 0:
            self.run.stop("output_limit", "sent more answers than there were questions")
            return
        self.bytes += len(body)
        if self.bytes > MOST_BYTES:
            self.run.stop("output_limit", f"the answers of one test have more than {MOST_BYTES // MB} MB")
            return
        report = read_report(body)
        if report.while_loading:
            self.load_failure = failure_of(report)
        else:
            self.reports.append(report)


def read_report(body: bytes) -> Report:
    """One frame of the jail as a report. Whatever the bytes are, this returns."""
    try:
        message = parse_body(body)
        if not isinstance(message, dict):
            raise WireError("not a report")
        if "load" in message and isinstance(message["load"], dict):
            return error_report(message["load"], while_loading=True)
        if "value" in message:
            foreign: list[Any] = []
            value = decode(message["value"], lambda data: _opaque(data, foreign))
            return Report(value, plain=not foreign, frame=body)
        return error_report(message)
    except WireError as error:
        return Report(error=f"the answer is not a plain value: {error}")


def _opaque(data: list[Any], seen: list[Any]) -> Any:
    """A value only its own process can interpret. A named tuple is a tuple, though, and what numpy has is known."""
    if data[0] == "N":
        return tuple(data[3])
    if data[0] == "n":
        return data[2]
    seen.append(data)
    return data[1] if data[0] == "A" else opaque(data)


def error_report(message: dict[str, Any], while_loading: bool = False) -> Report:
    if "unsendable" in message:
        return Report(error=f"the answer is not a plain value: {text_of(message['unsendable'])}")
    if "too_large" in message:
        return Report(error="an answer larger than the limit", outcome="output_limit")
    error, types = message.get("error"), message.get("types")
    if not isinstance(error, str) or not isinstance(types, list):
        raise WireError("not a report")
    outcome: TestOutcome = "error"
    if "MemoryError" in types:
        outcome = "memory"
    elif message.get("blocked") is True:
        outcome = "blocked"
    return Report(error=text_of(error), error_types=[text_of(name) for name in types[:20]], outcome=outcome,
                  while_loading=while_loading)  # fmt: skip


def text_of(value: object) -> str:
    """The beginning of a text that came from a process that cannot be trusted."""
    return value[:500] if isinstance(value, str) else "?"


def failure_of(report: Report) -> Failure:
    where = "while loading the program: " if report.while_loading else ""
    return Failure(report.outcome, where + report.error)


def seed_of(program: str) -> int:
    """0, with which the warm parent has seeded, unless the program names what is to be seeded: that takes a while."""
    if "random" not in program:
        return 0
    digest = hashlib.sha256(program.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4], "little")
