"""An OpenAI-compatible endpoint that answers from a recording, for runs without a network.

    python -m rlcode.synthesis.replay RECORDING                          serve until Ctrl-C
    python -m rlcode.synthesis.replay RECORDING -- rlcode synth CONFIG   serve while the command runs, and point it here

A request is recognised by its X-Request-Label or, for the answers.jsonl of a run, by its body.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from reward.rows import RowError, write_rows
from rlcode.synthesis.recording import Recording
from rlcode.synthesis.teachers import Answer, request_key
from rlcode.tracking.records import LineFile


class ReplayServer(ThreadingHTTPServer):
    """Serves a recording at `url`. `log` gets the label of every request before it is answered."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, recording: Recording, port: int = 0, log: Path | None = None, delay_seconds: float = 0.0):
        super().__init__(("127.0.0.1", port), _Handler)
        self.recording, self.delay_seconds = recording, delay_seconds
        self.log = LineFile(log) if log else None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away, or was killed, is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body leave together
    server: ReplayServer

    def do_POST(self) -> None:
        try:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        except ValueError:
            self._reply(400, {"error": {"message": "the body is not JSON"}})
            return
        label = unquote(self.headers.get("X-Request-Label", ""))
        if self.server.log:
            self.server.log.append(label)
        time.sleep(self.server.delay_seconds)
        attempt = label.rpartition("/")[2]
        key = request_key(body, int(attempt)) if attempt.isdigit() else ""
        answer = self.server.recording.find(label, key)
        if answer is None:
            self._reply(400, {"error": {"message": f"the recording has no answer for {label or 'this request'}"}})
        else:
            self._reply(200, _completion(body, answer))

    def _reply(self, status: int, row: dict[str, Any]) -> None:
        content = json.dumps(row).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def _completion(body: dict[str, Any], answer: Answer) -> dict[str, Any]:
    """A chat completion. Recordings that did not count tokens are counted at four characters each."""
    prompt = sum(len(str(message.get("content", ""))) for message in body.get("messages", []))
    usage = {
        "prompt_tokens": answer.prompt_tokens or prompt // 4,
        "completion_tokens": answer.completion_tokens or len(answer.text) // 4,
    }
    return {
        "object": "chat.completion",
        "model": body.get("model"),
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": answer.text, "refusal": answer.problem or None},
                "finish_reason": answer.finish_reason or None,
            }
        ],
        "usage": usage,
    }


def write_seeds(recording: Recording, path: Path) -> int:
    """Seeds for a recording that does not hold the texts its questions were made from; returns how many.

    Each is called what its question is called there, so that the recorded answer is found.
    """
    rows = [
        {
            "id": prompt_id,
            "instruction": f"Seed of the recorded question {prompt_id}; its text was not recorded.",
            "metadata": row.get("metadata") or {},
        }
        for prompt_id, row in sorted(recording.rows.items())
    ]
    write_rows(rows, path)
    return len(rows)


def main(arguments: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    cut = given.index("--") if "--" in given else len(given)
    given, command = given[:cut], given[cut + 1 :]
    parser = argparse.ArgumentParser(
        prog="python -m rlcode.synthesis.replay",
        description="An OpenAI-compatible endpoint that answers from a recording.",
    )
    parser.add_argument("recording", type=Path, help="a file or folder; see rlcode/synthesis/recording.py")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seeds", type=Path, help="write a seed for each recorded question to this file first")
    parser.add_argument("--log", type=Path, help="file that gets a line for each request")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    options = parser.parse_args(given)
    try:
        recording = Recording(options.recording)
    except RowError as error:
        print(error, file=sys.stderr)
        return 1
    if options.seeds:
        print(f"{write_seeds(recording, options.seeds)} seeds in {options.seeds}", flush=True)
    with ReplayServer(recording, options.port, options.log, options.delay) as server:
        print(f"{len(recording)} answers of {options.recording} at {server.url}", flush=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            return _run(command, server.url) if command else _wait()
        finally:
            server.shutdown()


def _run(command: Sequence[str], url: str) -> int:
    return subprocess.run(command, env=os.environ | {"OPENAI_BASE_URL": url}, check=False).returncode


def _wait() -> int:
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
