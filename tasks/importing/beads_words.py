"""The words of beads trackers and what they mean here; `docs/importing.md` explains every choice."""

from __future__ import annotations

import re

STATUSES = {
    "open": "ready",
    "in_progress": "in_progress",
    "hooked": "assigned",
    "blocked": "blocked",
    "deferred": "inbox",
    "pinned": "inbox",
    "closed": "done",
}
"""Where a task of each status belongs; a closed one may turn out to be canceled."""

DELETED = "tombstone"
"""The status of an issue that its tracker has deleted."""

PARKED_STATUSES = frozenset({"deferred", "pinned"})
"""Statuses of rows that nobody should pick up; they keep the word as a label."""

TYPES = {"docs": "docs", "documentation": "docs", "chore": "ops"}
"""Issue types that are not engineering."""

RECORD_TYPES = frozenset(
    {
        "agent",
        "convoy",
        "event",
        "gate",
        "merge-request",
        "message",
        "molecule",
        "rig",
        "role",
        "slot",
        "wisp",
    }
)
"""Issue types that keep books rather than ask for work."""

RECORD_LABELS = frozenset(f"gt:{kind}" for kind in RECORD_TYPES)
"""Labels that say the same of an issue of another type."""

PRIORITIES = {0: 1, 1: 2, 2: 3, 3: 4, 4: 4}
"""Critical to backlog, 0 to 4, in our four steps; 4 also gets the label `backlog`."""

BLOCKING = frozenset({"blocks", "conditional-blocks", "waits-for"})
PARENT = "parent-child"
RELATED = {
    "related": "Related to",
    "relates-to": "Related to",
    "discovered-from": "Found while working on",
    "duplicates": "Duplicates",
    "supersedes": "Supersedes",
    "caused-by": "Caused by",
    "validates": "Validates",
    "tracks": "Tracks",
    "replies-to": "Replies to",
}
"""Links without an effect here: they are named at the end of the description."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FINISHED = _words(
    "accepted added already all closed complete completed consolidated created direct done fix fixed implemented "
    "landed merge merged moved new removed replaced resolved shipped updated verified"
)
_NEVER_DONE = _words(
    "abandoned artifact artifacts canceled cancelled dropped duplicate dup garbage invalid misfiled noise obsolete "
    "outdated pollution rejected stale superseded wontfix wrong"
)
_NEVER_DONE_PHRASES = (
    "accepted limitation",
    "no longer needed",
    "no longer relevant",
    "not a bug",
    "not a real issue",
    "not planned",
    "not real issues",
    "not reproducible",
    "will not fix",
    "won't fix",
    "works as designed",
)
_OPENING_WORDS = 3
_WORD = re.compile(r"[a-z']+")


def was_never_done(close_reason: str) -> bool:
    """Whether a close reason says that the work was dropped rather than finished.

    A known phrase anywhere decides first. Otherwise the opening words do: a reason that begins with what was done
    ("Fixed: stale locks") is a completion, whatever else it mentions.
    """
    reason = close_reason.casefold()
    if any(phrase in reason for phrase in _NEVER_DONE_PHRASES):
        return True
    opening = _WORD.findall(reason)[:_OPENING_WORDS]
    if not opening or opening[0] in _FINISHED:
        return False
    return not _NEVER_DONE.isdisjoint(opening)
