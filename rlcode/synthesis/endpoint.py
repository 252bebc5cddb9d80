"""A teacher behind HTTP: chat completions as OpenAI defined them, which every vendor and `vllm serve` understand."""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import httpx2

from rlcode.synthesis.settings import TeacherConfig
from rlcode.synthesis.teachers import Answer, Keep, Request, TeacherFailed, priced, request_body

FIRST_PAUSE_SECONDS = 1.0
FEWEST_FAILURES = 3  # calls in a row that have to fail before it is the endpoint's fault
MOST_TOKENS = 1 << 40  # an endpoint that counts more does not count
PLAIN_IN_LABELS = "/:#@!$&'()*+,;=~[] "  # in a header, which is ASCII
LARGEST_ANSWER_BYTES = 64 << 20
BUSY = {408, 409, 425, 429}  # beside these, everything from 500 on is worth another attempt
ONE_ROWS_FAULT = {400, 413, 422}  # the request is at fault, not the endpoint: others may do better


class _TryAgain(Exception):
    """An attempt that failed for a reason that may pass; `pause_seconds` is what the endpoint asked for."""

    def __init__(self, reason: str, pause_seconds: float | None = None):
        super().__init__(reason)
        self.pause_seconds = pause_seconds


class _GaveUp(Exception):
    """A call whose last attempt failed. Whether the call is at fault or the endpoint, the other calls will show."""

    def __init__(self, request: Request, problem: str, began: float):
        super().__init__(problem)
        self.request, self.began = request, began
        self.answer = Answer("", problem=problem, paid=False)


class _Stopped(Exception):
    """Nobody waits for this call any more."""


class EndpointTeacher:
    """Sends up to `concurrency` calls at a time, each from a thread that keeps the answer before anyone sees it.

    A call that the endpoint refuses as such (status 400, 413, 422) gets an answer with a `problem`, and so does one
    that failed `attempts` times when another goes through. When none goes through any more, TeacherFailed is raised.
    """

    def __init__(self, config: TeacherConfig):
        self._config, self._settings = config, config.endpoint
        base = self._settings.base_url or os.environ.get("OPENAI_BASE_URL") or "https://api.openai.com/v1"
        self.url = base.rstrip("/") + "/chat/completions"
        key = os.environ.get(self._settings.api_key_env, "").strip()
        if not (key.isascii() and key.isprintable()):  # said here, where the key itself is not
            raise TeacherFailed(f"${self._settings.api_key_env} holds characters that no key has; set it again")
        seconds, connections = self._settings.timeout_seconds, self._settings.concurrency
        try:
            self._client = httpx2.Client(
                headers={"Authorization": f"Bearer {key}"} if key else {},
                timeout=httpx2.Timeout(seconds, connect=min(30.0, seconds)),
                limits=httpx2.Limits(max_connections=connections, max_keepalive_connections=connections),
            )
        except (ImportError, OSError, ValueError, httpx2.InvalidURL) as error:  # of what it reads in the environment
            correct = "correct the proxy or the certificates in the environment"
            raise TeacherFailed(f"{self.url} cannot be called: {error}; {correct}") from None
        self._pace = _Pace(self._settings.requests_per_minute)
        self._stopping = threading.Event()
        self._last_success = float("-inf")  # monotonic seconds

    def ask_many(self, requests: Iterable[Request], keep: Keep) -> Iterator[tuple[Request, Answer]]:
        self._stopping.clear()
        pool = ThreadPoolExecutor(self._settings.concurrency, thread_name_prefix="teacher")
        waiting: set[Future[tuple[Request, Answer]]] = set()
        source = iter(requests)
        doubtful: list[_GaveUp] = []  # since the last call that went through
        try:
            while True:
                while len(waiting) < self._settings.concurrency and (request := next(source, None)) is not None:
                    waiting.add(pool.submit(self._ask, request, keep))
                if not waiting and doubtful:
                    raise self._nothing_goes_through(doubtful)
                if not waiting:
                    return
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    try:
                        yield future.result()
                    except _GaveUp as failure:
                        doubtful.append(failure)
                for cleared in [failure for failure in doubtful if failure.began < self._last_success]:
                    doubtful.remove(cleared)
                    keep(cleared.request, cleared.answer)
                    yield cleared.request, cleared.answer
                if len(doubtful) >= max(self._settings.concurrency, FEWEST_FAILURES):
                    raise self._nothing_goes_through(doubtful)
        finally:
            self._stopping.set()  # pauses end at once; calls under way are waited for and kept, for they are paid
            pool.shutdown(wait=True, cancel_futures=True)

    def _nothing_goes_through(self, failures: Sequence[_GaveUp]) -> TeacherFailed:
        return TeacherFailed(f"{self.url}: {failures[-1]}. The same command goes on where this one stopped")

    def price(self, prompt_tokens: int, completion_tokens: int) -> float:
        settings = self._settings
        return (
            prompt_tokens * settings.dollars_per_million_prompt_tokens
            + completion_tokens * settings.dollars_per_million_completion_tokens
        ) / 1e6

    def close(self) -> None:
        self._client.close()

    def _ask(self, request: Request, keep: Keep) -> tuple[Request, Answer]:
        answer = priced(self._answer(request), self)
        keep(request, answer)
        return request, answer

    def _answer(self, request: Request) -> Answer:
        began, reasons = time.monotonic(), []
        for attempt in range(1, self._settings.attempts + 1):
            self._sleep(self._pace.next_turn())
            try:
                answer = self._send(request)
                self._last_success = time.monotonic()
                return answer
            except _TryAgain as failure:
                reasons.append(str(failure))
                if attempt < self._settings.attempts:
                    self._sleep(self._pause(attempt, failure.pause_seconds, reasons[-1]))
        raise _GaveUp(request, f"{len(reasons)} attempts failed, the last one with: {reasons[-1]}", began)

    def _pause(self, attempt: int, asked_for: float | None, reason: str) -> float:
        longest = self._settings.longest_pause_seconds
        if asked_for is None:
            return min(FIRST_PAUSE_SECONDS * 2 ** (attempt - 1), longest) * random.uniform(0.5, 1.0)
        if asked_for > longest:
            raise TeacherFailed(
                f"{self.url} asks for a pause of {asked_for:.0f} s ({reason}), more than endpoint."
                f"longest_pause_seconds={longest:g}. The same command goes on where this one stopped"
            )
        return asked_for

    def _sleep(self, seconds: float) -> None:
        if self._stopping.wait(seconds) if seconds > 0 else self._stopping.is_set():
            raise _Stopped

    def _send(self, request: Request) -> Answer:
        body = json.dumps(request_body(self._config, request)).encode("utf-8", "replace")
        headers = {"Content-Type": "application/json", "X-Request-Label": quote(request.label, safe=PLAIN_IN_LABELS)}
        try:
            with self._client.stream("POST", self.url, content=body, headers=headers) as response:
                text = self._read(response)
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
            raise TeacherFailed(f"{self.url}: {error}; correct endpoint.base_url") from None
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise _TryAgain(f"{type(error).__name__}: {error or 'no answer in time'}") from None
        return self._understand(response, text, request)

    def _read(self, response: httpx2.Response) -> bytes:
        """The body, within the time for one answer: a server that trickles is as good as one that is silent."""
        deadline = time.monotonic() + self._settings.timeout_seconds
        parts: list[bytes] = []
        for part in response.iter_bytes():
            parts.append(part)
            if time.monotonic() > deadline:
                raise _TryAgain(f"no whole answer within {self._settings.timeout_seconds:g} s")
            if sum(map(len, parts)) > LARGEST_ANSWER_BYTES:
                raise _TryAgain(f"the answer is larger than {LARGEST_ANSWER_BYTES >> 20} MiB")
        return b"".join(parts)

    def _understand(self, response: httpx2.Response, content: bytes, request: Request) -> Answer:
        status = response.status_code
        if 200 <= status < 300:  # some gateways say 201, and what they send is paid for
            return _parse_completion(content, request)
        elsewhere = response.headers.get("location", "")
        said = f"status {status}: {f'go to {elsewhere}' if elsewhere else _said(content)}"
        if status in BUSY or status >= 500:
            raise _TryAgain(said, _retry_after(response.headers.get("retry-after")))
        if status in ONE_ROWS_FAULT:
            return Answer("", problem=said, paid=False)
        advice = {401: f"; set ${self._settings.api_key_env}", 403: f"; check ${self._settings.api_key_env}"}
        correct = "; check endpoint.base_url and the model's name"
        raise TeacherFailed(f"{self.url} answered {said}{advice.get(status, correct)}")


@dataclass
class _Pace:
    """Turns that lie 60 / requests_per_minute seconds apart."""

    requests_per_minute: float | None

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._next = 0.0

    def next_turn(self) -> float:
        """Seconds until the turn that this call has just been given."""
        if self.requests_per_minute is None:
            return 0.0
        with self._lock:
            turn = max(self._next, time.monotonic())
            self._next = turn + 60 / self.requests_per_minute
        return turn - time.monotonic()


def _parse_completion(content: bytes, request: Request) -> Answer:
    """Raises _TryAgain for anything but a chat completion, such as the error page of a proxy."""
    try:
        whole = json.loads(content)
        choice = whole["choices"][0]
        message, usage = choice["message"], whole.get("usage") or {}
        text, refusal = message.get("content"), message.get("refusal")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise _TryAgain(f"no chat completion: {_said(content)}") from None
    if isinstance(text, list):  # some vendors give parts
        text = "".join(str(part.get("text") or "") for part in text if isinstance(part, dict))
    text = text if isinstance(text, str) else ""
    reason = str(choice.get("finish_reason") or "")
    problem = ""
    if refusal or reason == "content_filter":
        problem = f"the teacher refused: {str(refusal or text or reason)[:300]}"
    return Answer(
        text,
        finish_reason=reason,
        # An endpoint that does not count is charged the most it can have been.
        prompt_tokens=_count(usage, "prompt_tokens", request.prompt_bytes),
        completion_tokens=_count(usage, "completion_tokens", len(text.encode("utf-8", "replace"))),
        problem=problem,
    )


def _count(usage: Any, name: str, otherwise: int) -> int:
    value = usage.get(name) if isinstance(usage, dict) else None
    return value if isinstance(value, int) and 0 <= value < MOST_TOKENS else otherwise


def _said(content: bytes) -> str:
    """The message in an error body, or the beginning of whatever else it is."""
    text = content[:100_000].decode("utf-8", "replace")
    try:
        error = json.loads(text)["error"]
        text = error if isinstance(error, str) else error["message"]
    except (ValueError, LookupError, TypeError, RecursionError):
        pass
    return " ".join(str(text).split())[:300] or "(an empty body)"


def _retry_after(header: str | None) -> float | None:
    """Seconds, from a number of them or a date (RFC 9110, 10.2.3)."""
    if not header:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(header)
    except ValueError:
        return None
    when = when.replace(tzinfo=when.tzinfo or UTC)  # a zone of -0000 is no zone
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
