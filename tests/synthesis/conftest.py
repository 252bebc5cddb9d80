from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from synth_runs import OWN

from rlcode.synthesis.recording import Recording
from rlcode.synthesis.replay import ReplayServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ReplayServer]:
    with ReplayServer(Recording(OWN / "recorded_answers.jsonl"), log=tmp_path / "calls.log") as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()
