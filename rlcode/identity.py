"""Which model wrote something: a hash of its files, for the name of a folder says nothing about what lies in it."""

from __future__ import annotations

import hashlib
from pathlib import Path

PATTERNS = ("*.safetensors", "*.bin", "*.json", "*.model", "*.jinja")  # weights, configuration, tokenizer, template


def model_identity(model_path: str) -> str:
    """16 hexadecimal digits over the weights, configuration and tokenizer of a folder or hub id."""
    folder = Path(model_path)
    if not folder.is_dir():
        from huggingface_hub import snapshot_download

        folder = Path(snapshot_download(model_path, allow_patterns=list(PATTERNS)))
    files = {path.name: path for pattern in PATTERNS for path in folder.glob(pattern)}
    whole = hashlib.sha256()
    for name, path in sorted(files.items()):
        with path.open("rb") as file:
            whole.update(f"{name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return whole.hexdigest()[:16]
