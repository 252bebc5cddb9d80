"""C++ programs: compiled in a jail of their own with limits of their own, kept by content, then run like any script."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections import OrderedDict
from typing import Any

from sandbox.trusted.run import pump
from sandbox.trusted.slot import Slot
from sandbox.types import Failure, Limits, shorten
from sandbox.wire import dump_frame, parse_body

FLAGS = ("-std=c++17", "-O2")
BINARIES_KEPT, CHARS_KEPT = 32, 64 << 20
FLAVOUR = "compile"


class Compiler:
    """Compiles in a slot. Keeps the last binaries, and the last error messages, by content."""

    def __init__(self, slot: Slot) -> None:
        self.slot = slot
        self.kept: OrderedDict[str, str | Failure] = OrderedDict()

    def compile(self, compiler: str, source: str, limits: Limits) -> str | Failure:
        """The binary in base64, or why there is none."""
        key = hashlib.sha256("\0".join([compiler, *FLAGS, source]).encode("utf-8", "surrogatepass")).hexdigest()
        result = self.kept.pop(key, None)
        if result is None:
            result = self._compile([compiler, *FLAGS], source, limits.for_compiling())
        self.kept[key] = result
        while len(self.kept) > BINARIES_KEPT or self._chars_kept() > CHARS_KEPT:
            self.kept.popitem(last=False)
        return result

    def _chars_kept(self) -> int:
        """A program of a few words can have a binary of many megabytes."""
        return sum(len(binary) for binary in self.kept.values() if isinstance(binary, str))

    def _compile(self, command: list[str], source: str, limits: Limits) -> str | Failure:
        frames: list[bytes] = []
        with self.slot.running(FLAVOUR, limits, counts_sleep=False) as run:
            run.on_frame = frames.append
            run.send(dump_frame({"mode": "compile", "command": command, "source": source, "seed": 0}))
            pump([run], lambda: bool(frames))
            if frames:
                return _read_answer(parse_body(frames[0]))
            failure = self.slot.explain_end(FLAVOUR, run)
            return Failure(failure.outcome, f"the compiler: {failure.message}")


def _read_answer(message: Any) -> str | Failure:
    """What the jail sent: the source is hostile, so even the compiler's word is checked."""
    binary = message.get("binary") if isinstance(message, dict) else None
    if isinstance(binary, str):
        try:
            base64.b64decode(binary, validate=True)
            return binary
        except binascii.Error:
            return Failure("error", "the compiler's output is not readable")
    errors = message.get("errors") if isinstance(message, dict) else None
    lines = [line for line in str(errors).splitlines() if "error" in line] or [str(errors)]
    return Failure("error", f"does not compile: {shorten(lines[0], 200)}")
