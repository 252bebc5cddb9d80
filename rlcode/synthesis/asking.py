"""Asking a teacher without paying twice and without passing the budget."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rlcode.cluster import JoinedCluster
from rlcode.synthesis.answer_file import AnswerFile, Spent
from rlcode.synthesis.settings import BudgetConfig, TeacherConfig
from rlcode.synthesis.teachers import Answer, Request, Teacher, open_teacher, request_body, request_key


class BudgetReached(RuntimeError):
    """The next call could pass the budget. Everything paid is on disk; with a larger budget the run goes on."""


@dataclass
class Budget:
    """Calls are allowed only if they cannot pass the limits, whatever those under way will cost."""

    limits: BudgetConfig
    answers: AnswerFile
    _reserved: dict[Request, Spent] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reserve(self, request: Request, most: Spent) -> bool:
        """Whether the call, which costs `most` at most, fits beside what is spent and what is under way."""
        with self._lock:
            whole = sum(self._reserved.values(), self.answers.spent + most)
            if self.exceeded(whole):
                return False
            self._reserved[request] = most
            return True

    def settle(self, request: Request) -> None:
        """The call has ended, and what it cost is in `answers`."""
        with self._lock:
            self._reserved.pop(request, None)

    def exceeded(self, whole: Spent) -> str:
        """The name of a limit that `whole` passes, empty where it passes none."""
        pairs = (
            ("calls", whole.calls, self.limits.calls),
            ("tokens", whole.tokens, self.limits.tokens),
            ("dollars", whole.dollars, self.limits.dollars),
        )
        return next((name for name, value, limit in pairs if limit is not None and value > limit), "")


class Asker:
    """A teacher with its memory and its budget. The teacher is opened when there is something to ask it."""

    def __init__(self, config: TeacherConfig, answers: AnswerFile, budget: Budget, cluster: JoinedCluster | None):
        self._config, self._answers, self._budget, self._cluster = config, answers, budget, cluster
        self._opened: Teacher | None = None

    @property
    def _teacher(self) -> Teacher:
        if self._opened is None:
            self._opened = open_teacher(self._config, self._cluster)
        return self._opened

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def ask_many(self, requests: Sequence[Request]) -> Iterator[tuple[int, Answer]]:
        """Each request's index with its answer, as they come: those on disk first, they cost nothing.

        Raises BudgetReached, and TeacherFailed, after the answers that were under way.
        """
        missing: dict[str, tuple[Request, list[int]]] = {}  # by key: what is asked for twice is paid for once
        for index, request in enumerate(requests):
            key = self._key(request)
            known = self._answers.get(key)
            if known is None:
                missing.setdefault(key, (request, []))[1].append(index)
            else:
                yield index, known
        while missing:
            answered = 0
            rest = [request for request, _ in missing.values()]
            for request, answer in self._teacher.ask_many(self._affordable(rest), self._keep):
                answered += 1
                yield from ((index, answer) for index in missing.pop(self._key(request))[1])
            if not answered:
                raise BudgetReached(self._why_not(rest[0]))

    def _affordable(self, requests: Sequence[Request]) -> Iterator[Request]:
        """Requests up to the first that does not fit. What is under way then may cost less than was set aside for it,
        so the rest is tried again when that is known."""
        for request in requests:
            if not self._budget.reserve(request, self._most(request)):
                return
            yield request

    def _keep(self, request: Request, answer: Answer) -> None:
        if answer.paid:
            self._answers.put(self._key(request), request, answer)
        self._budget.settle(request)

    def _key(self, request: Request) -> str:
        return request_key(request_body(self._config, request), request.attempt)

    def _most(self, request: Request) -> Spent:
        prompt, completion = request.prompt_bytes, self._config.max_tokens
        return Spent(1, prompt, completion, self._teacher.price(prompt, completion))

    def _why_not(self, request: Request) -> str:
        name = self._budget.exceeded(self._answers.spent + self._most(request))
        limit = getattr(self._budget.limits, name)
        return (
            f"budget.{name}={limit:g} is reached: {self._answers.spent} so far, and the next call could pass it. "
            f"Start the same command with a larger budget.{name} to go on where this one stopped"
        )
