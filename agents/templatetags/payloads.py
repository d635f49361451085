"""Template filters for what a request for approval carries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from agents import payloads

register = template.Library()


@register.filter
def as_changes(payload: Mapping[str, Any]) -> payloads.Shown:
    """A payload as `changes` and `rest`."""
    return payloads.shown(payload)
