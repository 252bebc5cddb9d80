"""What the pipelines need from whatever writes answers: an endpoint, engines of their own, or a recording."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

from rlcode.cluster import JoinedCluster
from rlcode.synthesis.settings import TeacherConfig


class TeacherFailed(RuntimeError):
    """The teacher as a whole does not work; the message says what it answered and what to do. A run can go on later."""


@dataclass(frozen=True)
class Request:
    """One call: `stage`, `row` and `attempt` say what for; several attempts may ask the same."""

    stage: str
    row: str
    messages: tuple[tuple[str, str], ...]  # (role, text)
    attempt: int = 0

    @property
    def label(self) -> str:
        return f"{self.stage}/{self.row}/{self.attempt}"

    @property
    def prompt_bytes(self) -> int:
        """Bounds the prompt's tokens: each stands for a byte at least, and a few mark where a message begins."""
        return sum(len(text.encode("utf-8", "replace")) + 16 for _, text in self.messages)


@dataclass(frozen=True)
class Answer:
    """What came back. Where there is no usable text, `problem` says why: a refusal, a prompt that was not accepted.

    `paid` is False where nothing was written, so that asking again costs nothing that was paid before.
    """

    text: str
    finish_reason: str = ""  # stop | length | …; empty where it is not known
    prompt_tokens: int = 0
    completion_tokens: int = 0
    dollars: float = 0.0
    problem: str = ""
    paid: bool = True


Keep = Callable[[Request, Answer], None]


class Teacher(Protocol):
    """Answers requests, several at a time."""

    def ask_many(self, requests: Iterable[Request], keep: Keep) -> Iterator[tuple[Request, Answer]]:
        """Each request with its answer, as they come; requests are taken only as there is room for them.

        `keep` is called with every answer before it is handed out, from any thread: what it has seen is on disk. Raises
        TeacherFailed when going on makes no sense; answers that were under way are kept before that.
        """
        ...

    def price(self, prompt_tokens: int, completion_tokens: int) -> float:
        """Dollars."""
        ...

    def close(self) -> None: ...


def open_teacher(config: TeacherConfig, cluster: JoinedCluster | None, seed: int = 0) -> Teacher:
    """The teacher a config names; its engines are on the cluster where there is one. Raises TeacherFailed where it
    cannot be reached by what the config says.
    """
    if config.kind == "endpoint":
        from rlcode.synthesis.endpoint import EndpointTeacher

        return EndpointTeacher(config)
    if config.kind == "engine":
        from rlcode.synthesis.engine_teacher import EngineTeacher

        return EngineTeacher(config, cluster, seed)
    from rlcode.synthesis.recording import RecordingTeacher

    return RecordingTeacher(config)


def request_body(config: TeacherConfig, request: Request) -> dict[str, Any]:
    """The fields of a chat completion, as every OpenAI-compatible endpoint takes them."""
    body = {"messages": [{"role": role, "content": text} for role, text in request.messages]}
    return {name: value for name, value in (body | request_settings(config)).items() if value is not None}


def request_settings(config: TeacherConfig) -> dict[str, Any]:
    """What every request to a teacher has beside the messages."""
    sampling = {"temperature": config.temperature, "top_p": config.top_p, "max_tokens": config.max_tokens}
    return {"model": config.model, **sampling, **config.body}


def request_key(body: dict[str, Any], attempt: int) -> str:
    """The name of an answer: 32 hexadecimal digits over model, settings, prompt and attempt."""
    text = json.dumps([body, attempt], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def priced(answer: Answer, teacher: Teacher) -> Answer:
    return replace(answer, dollars=teacher.price(answer.prompt_tokens, answer.completion_tokens))
