"""A real HTTP server that answers chat completions with what a test tells it to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    pause_seconds: float = 0.0  # between the body's bytes; 0 sends it whole


def completion(text: object, usage: dict[str, int] | None = None, **choice: Any) -> Reply:
    message = {"role": "assistant", "content": text, "refusal": choice.pop("refusal", None)}
    row = {"choices": [{"index": 0, "message": message, "finish_reason": "stop", **choice}]}
    if usage is not None:
        row["usage"] = usage
    return Reply(body=json.dumps(row).encode())


def error(status: int, message: str, **headers: str) -> Reply:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps({"error": {"message": message}}).encode(), names)


@dataclass
class Endpoint:
    url: str
    requests: list[dict[str, Any]]  # {"label", "authorization", **body}, in the order they came


@contextmanager
def scripted_endpoint(answer: Callable[[dict[str, Any], int], Reply]) -> Iterator[Endpoint]:
    """`answer(request, number)` is called for every request; `number` counts those with the same label from 0."""
    seen: list[dict[str, Any]] = []
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            label = self.headers["X-Request-Label"]
            with lock:
                number = sum(request["label"] == label for request in seen)
                request = {"label": label, "authorization": self.headers.get("Authorization"), **body}
                seen.append(request)
            reply = answer(request, number)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if not reply.pause_seconds:
                self.wfile.write(reply.body)
            for byte in reply.body if reply.pause_seconds else b"":
                self.wfile.write(bytes([byte]))
                time.sleep(reply.pause_seconds)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield Endpoint(f"http://127.0.0.1:{server.server_port}/v1", seen)
        finally:
            server.shutdown()
