"""Searching, and what it finds in few words."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from tests.agents.building import Caller


def found(caller: Caller, q: str, **more: Any) -> list[tuple[str, str]]:
    """The kind and the title of everything on the first page."""
    answer = caller.get(f"/search?{urlencode({'q': q, **more})}")
    assert answer.status_code == 200, answer.content
    return [(row["kind"], row["title"]) for row in answer.json()["results"]]


def titles(caller: Caller, q: str, **more: Any) -> list[str]:
    """The titles of everything on the first page."""
    return [title for _, title in found(caller, q, **more)]
