"""A value that looks like another and is not equal to it: for questions to which the judge knows the answer.

Used by the judge and by the process that holds the tests.
"""

from __future__ import annotations

import random
import string
from decimal import Decimal
from typing import Any


def similar(value: Any, secret: random.Random) -> Any:
    """Another value of the same type and look, not equal to it. Of what is no plain value it is 0."""
    kind = type(value)
    if kind is bool:
        return not value
    if kind in (int, float):
        away = -1 if value < 0 else 1  # the same sign, which is a part of the look, as is the number of digits
        exact = value if kind is int else Decimal(repr(value))
        changed = kind(exact + away * secret.randint(1, 9))
        nearer = kind(exact - away * secret.randint(1, 9))
        changed = nearer if nearer * away > 0 and secret.random() < 0.5 else changed
        return changed if changed != value else kind(0)  # of what is too large for a difference
    if kind is complex:
        return complex(similar(value.real, secret), value.imag)
    if kind in (str, bytes):
        return _with_another_letter(value, secret)
    if kind is dict:
        key = secret.choice(list(value)) if value else 1
        return {**value, key: similar(value[key], secret) if value else 1}
    if kind not in (list, tuple, set):
        return 0
    items = list(value)
    place = secret.randrange(len(items)) if items else 0
    items[place : place + 1] = [similar(items[place], secret) if items else 1]
    made = kind(items)
    return made if made != value else kind(items[1:])


def _with_another_letter(text: Any, secret: random.Random) -> Any:
    """With one of its letters changed into another of the same kind."""
    letters = text.decode("latin-1") if isinstance(text, bytes) else text
    place = secret.randrange(len(letters)) if letters else 0
    old = letters[place : place + 1]
    kinds = [kind for kind in (string.digits, string.ascii_uppercase) if old and old in kind]
    new = secret.choice([letter for letter in (kinds or [string.ascii_lowercase])[0] if letter != old])
    changed = letters[:place] + new + letters[place + 1 :]
    return changed.encode("latin-1") if isinstance(text, bytes) else changed


def two_unlike(value: Any, secret: random.Random) -> tuple[Any, Any]:
    """Two values of that kind, of which something that counts modulo a number or looks at a part takes one at most for
    the value itself."""
    first = _unlike(value, secret)
    if type(value) not in (int, float):
        return first, _unlike(value, secret)
    return first, first + 1 if first + 1 != value else first - 1


def _unlike(value: Any, secret: random.Random) -> Any:
    """Another value, of which each part is another, too, unless there are many."""
    if type(value) not in (str, list, tuple, dict) or not 1 < len(value) < 1_000:
        return similar(value, secret)
    if type(value) is dict:
        return {key: _unlike(part, secret) for key, part in value.items()}
    parts = [_unlike(part, secret) for part in value]
    return "".join(parts) if isinstance(value, str) else type(value)(parts)
