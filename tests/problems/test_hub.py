"""Data sets by their hub id, through the hub's own client, from a server on this machine that speaks the hub's API."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

COMMIT = "c" * 40
FILES = {"data/b.jsonl": b'{"n": 3}\n', "data/a.jsonl": b'{"n": 1}\n{"n": 2}\n', "README.md": b"not rows"}
READ = """
import sys
from rlcode.problems.schema import ProblemError
from rlcode.problems.sources import rows_of
try:
    print([row["n"] for _, row in rows_of(sys.argv[1])])
except ProblemError as error:
    print(error)
"""


class Hub(BaseHTTPRequestHandler):
    """One data set, some/rows, with a branch called main."""

    def do_GET(self) -> None:
        api = "/api/datasets/some/rows/"
        if self.path in (f"{api}revision/main", f"{api}revision/{COMMIT}"):
            self.reply(json.dumps({"id": "some/rows", "sha": COMMIT, "siblings": [{"rfilename": f} for f in FILES]}))
        elif self.path.startswith(f"{api}tree/"):
            rows = [{"type": "file", "path": path, "size": len(FILES[path]), "oid": path} for path in FILES]
            self.reply(json.dumps(rows))
        elif (name := self.path.removeprefix(f"/datasets/some/rows/resolve/{COMMIT}/")) in FILES:
            self.reply(FILES[name].decode(), **{"ETag": f'"{name}"', "X-Repo-Commit": COMMIT})
        else:
            self.reply("{}", 404, **{"X-Error-Code": "RepoNotFound"})

    do_HEAD = do_GET

    def reply(self, body: str, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def hub() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def read(source: str, hub: str, home: Path) -> str:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    variables |= {"HF_ENDPOINT": hub, "HF_HOME": str(home), "HF_HUB_DISABLE_TELEMETRY": "1"}
    command = [sys.executable, "-c", READ, source]
    done = subprocess.run(command, env=variables, cwd=home, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("source", ["some/rows", "some/rows@main"])
def test_rows_of_a_hub_id(source: str, hub: str, tmp_path: Path) -> None:
    assert read(source, hub, tmp_path) == "[1, 2, 3]"


def test_what_was_downloaded_is_read_without_the_hub(hub: str, tmp_path: Path) -> None:
    read("some/rows", hub, tmp_path)
    assert read("some/rows", "http://127.0.0.1:1", tmp_path) == "[1, 2, 3]"


def test_a_hub_id_that_is_none(hub: str, tmp_path: Path) -> None:
    assert read("some/others", hub, tmp_path).startswith("some/others: there is no such file, and the hub does not")
