"""What the loop needs from whatever generates text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from rlcode.data import Completion
from rlcode.weights import Source


class EngineError(RuntimeError):
    """An engine that cannot run here; the message says what to set or install."""


class EngineDied(EngineError):
    """A process of an engine ended, and with it the engine; the message says which and how."""


@dataclass(frozen=True)
class SamplingSettings:
    """How completions are drawn. `temperature` 0 is greedy; `top_k` 0 and `top_p` 1 leave the distribution whole.

    With `seed_each` every completion has a seed of its own, from `seed`, its prompt and its number, so that what is
    written for a prompt does not depend on the prompts beside it (up to rounding, which batches can change).
    """

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    max_new_tokens: int = 256
    stop: tuple[str, ...] = ()
    seed: int = 0
    seed_each: bool = False


class Engine(Protocol):
    """A loaded model that writes completions and takes new weights while it stays up."""

    def generate(
        self, prompts: Sequence[list[int]], samples_per_prompt: int, sampling: SamplingSettings
    ) -> Iterator[list[Completion]]:
        """Completions in small lists, as they finish; each prompt gets `samples_per_prompt` of them."""
        ...

    def load_weights(self, source: Source) -> int:
        """Replace every weight in place; names are those of the Hugging Face checkpoint. Returns their bytes."""
        ...

    def close(self) -> None: ...


def completion_seed(seed: int, prompt_ids: Sequence[int], number: int) -> int:
    """Seed of the completion `number` of a prompt, below 2**63."""
    text = f"{seed}/{number}/{','.join(map(str, prompt_ids))}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
