"""Labels from outside: one visible line each, and none that has a meaning of its own here."""

from __future__ import annotations

from .records import MAX_LABEL, BadRow

RESERVED = frozenset({"auto-approve"})


def check(label: str) -> str:
    """`label`, if it can be one; raises BadRow. An import must not be a way to have work closed by itself."""
    if label.casefold() in RESERVED:
        raise BadRow(f"The label “{label}” has a meaning of its own here and is never imported.")
    if len(label) > MAX_LABEL:
        raise BadRow(f"The label “{label[:40]}…” is longer than {MAX_LABEL} characters.")
    return label
