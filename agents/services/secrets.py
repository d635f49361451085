"""Secrets of machines: 256 random bits, shown once, kept as a SHA-256, known afterwards by their prefix."""

from __future__ import annotations

import hashlib
import re
import secrets
import string
from dataclasses import dataclass
from typing import Literal

Sort = Literal["mca", "mcs", "mcx"]
"""An agent's key, a service's token, a session of an agent's runtime."""

_ALPHABET = string.ascii_lowercase + string.digits
_SHAPE = re.compile(r"(mca|mcs|mcx)_[a-z0-9]{8}_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Secret:
    """A fresh secret: `text` goes to its owner and nowhere else, `prefix` and `digest` are stored."""

    text: str
    prefix: str
    digest: str


def new_secret(sort: Sort) -> Secret:
    """A new secret of 256 random bits, as `<sort>_<8 characters>_<secret>`."""
    prefix = f"{sort}_" + "".join(secrets.choice(_ALPHABET) for _ in range(8))
    text = f"{prefix}_{secrets.token_urlsafe(32)}"
    return Secret(text=text, prefix=prefix, digest=digest_of(text))


def digest_of(text: str) -> str:
    """The SHA-256 under which a secret is stored and looked up."""
    return hashlib.sha256(text.encode()).hexdigest()


def sort_of(text: str) -> str | None:
    """Which sort of secret `text` is by its shape, or None when it is none of ours."""
    found = _SHAPE.fullmatch(text)
    return found[1] if found else None
