"""Puts untrusted text into a page: everything a model wrote stays data."""

import base64
import hashlib
import json
import re
from typing import Any

from rlcode.tracking.records import finite

_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def embeddable_json(value: Any) -> str:
    """JSON that can stand inside a `<script type="application/json">`: no character in it can end the element."""
    text = json.dumps(finite(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return re.sub("[<>&\u2028\u2029]", lambda match: _ESCAPES[match[0]], text)


def content_hash(source: str) -> str:
    """What a Content-Security-Policy calls this script: only scripts whose hash the page names will run."""
    digest = hashlib.sha256(source.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
