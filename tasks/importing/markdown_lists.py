"""Lists in Markdown: bullets for a work plan, tick boxes for a checklist."""

from __future__ import annotations

import re
from typing import Any

from tasks.workflow import PLAN_BULLETS

from .records import MAX_ITEMS

MAX_ITEM = 500

_ITEM = re.compile(r"(?:[-*+]|\d{1,3}[.)])[ \t]+(\S.*)")
_BOX = re.compile(r"\[([ xX])\][ \t]*(?:#\d+[ \t]+)?(.*)")


def items(text: str) -> list[str]:
    """The top-level list items of `text`, without their bullets; lines below an item continue it."""
    found: list[str] = []
    for line in filter(str.strip, text.splitlines()):
        match = _ITEM.match(line)
        if match:
            found.append(match[1].strip())
        elif found:
            found[-1] = f"{found[-1]} {line.strip()}"
    return found


def is_list(text: str) -> bool:
    """Whether `text` is nothing but a list, so that its items tell all of it."""
    return _ITEM.match(text.lstrip()) is not None


def checklist(*texts: str) -> dict[str, Any] | None:
    """The list items of `texts` as a review checklist, ticked where they are.

    None when there are no items, too many of them, or one too long for a checklist.
    """
    found = [_check(item) for text in texts for item in items(text)]
    told = [item for item in found if item["label"]]
    fits = 0 < len(told) <= MAX_ITEMS and all(len(item["label"]) <= MAX_ITEM for item in told)
    return {"items": told} if fits else None


def work_plan(text: str) -> dict[str, Any] | None:
    """The list items of `text` as a work plan, or None when they are too few, too many or too long for one."""
    low, high = PLAN_BULLETS
    bullets = [_check(item)["label"] for item in items(text)]
    fits = low <= len(bullets) <= high and all(0 < len(bullet) <= MAX_ITEM for bullet in bullets)
    return {"bullets": bullets} if fits else None


def _check(item: str) -> dict[str, Any]:
    box = _BOX.match(item)
    label = box[2].strip() if box else item
    return {"label": label, "checked": bool(box and box[1] in "xX")}
