"""What the loop needs from whatever generates text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

from rlcode.data import Completion


@dataclass(frozen=True)
class SamplingSettings:
    """How completions are drawn. `temperature` 0 is greedy; `top_k` 0 and `top_p` 1 leave the distribution whole."""

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    max_new_tokens: int = 256
    stop: tuple[str, ...] = ()
    seed: int = 0


class Engine(Protocol):
    """A loaded model that writes completions and takes new weights while it stays up."""

    def generate(
        self, prompts: Sequence[list[int]], samples_per_prompt: int, sampling: SamplingSettings
    ) -> Iterator[list[Completion]]:
        """Completions in small lists, as they finish; each prompt gets `samples_per_prompt` of them."""
        ...

    def load_weights(self, weights: Iterable[tuple[str, torch.Tensor]]) -> None:
        """Replace every weight in place; names are those of the Hugging Face checkpoint."""
        ...

    def close(self) -> None: ...
