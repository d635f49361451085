"""A task's timeline, told: who did what, why, and what was out of the ordinary."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from notifications.phrasing import say
from tasks.models import Task
from tasks.queries.timeline import Entry, timeline
from tasks.workflow import Status

HOUSE = "Mission Control"
_STATUSES = dict(Status.choices)
_LEASES = "task.lease", "task.claimed", "task.released"


@dataclass(frozen=True, slots=True)
class Told:
    """One line. `said` follows the name; `detail` is Markdown that somebody wrote, `reason` why, `marks` what is odd.

    `status` is where a move led, `tab` the tab that shows more of it.
    """

    id: str
    at: datetime
    kind: str
    who: str
    who_kind: str
    said: str
    detail: str = ""
    reason: str = ""
    marks: tuple[str, ...] = ()
    status: str = ""
    tab: str = ""


def lines_of(task: Task, kinds: Collection[str], limit: int) -> tuple[list[Told], bool]:
    """The latest `limit` lines of these kinds, newest first, and whether there are older ones."""
    found = timeline(task, limit=limit + 1, newest_first=True, kinds=kinds, repeating=False)
    return [_told(entry) for entry in found[:limit]], len(found) > limit


def _told(entry: Entry) -> Told:
    made = entry.kind == "created"
    row = entry.row
    who = row.created_by_name if made else row.actor_name
    whose = row.created_by_kind if made else row.actor_kind
    about = _TELLERS[entry.kind](row)
    return Told(
        id=f"{entry.kind}-{entry.pk}",
        at=entry.at,
        who=who or HOUSE,
        who_kind=whose,
        **{"kind": entry.kind, **about},
    )


def _created(row: Task) -> dict[str, Any]:
    origin = f" from {row.get_source_display()}" if row.source != "dashboard" else ""
    return {"said": f"created the task{origin}", "kind": "edit"}


def _message(row: Any) -> dict[str, Any]:
    if row.deleted_at is not None:
        return {"said": "wrote a message that was deleted", "tab": "thread"}
    marks = ("Edited",) if row.edited_at else ()
    kind = "" if row.type == "comment" else f" ({row.get_type_display().lower()})"
    return {"said": f"wrote{kind}", "detail": row.content, "marks": marks, "tab": "thread"}


def _review(row: Any) -> dict[str, Any]:
    detail = [f"{row.score} of 10" if row.score else "", row.severity]
    extra = ", ".join(filter(None, detail))
    answer = row.get_state_display() + (f" by {row.responded_by}" if row.responded_by else "")
    said = f"reviewed: {row.get_kind_display().lower()}" + (f" ({extra})" if extra else "")
    return {"said": said, "detail": row.content, "reason": row.response, "marks": (answer,), "tab": "reviews"}


def _approval(row: Any) -> dict[str, Any]:
    said = f"asked for approval: {row.summary}"
    marks = (f"{row.get_risk_display()} risk", row.get_status_display())
    return {"said": said, "reason": row.reason, "marks": marks, "tab": "approvals"}


def _transition(row: Any) -> dict[str, Any]:
    origin, to = (_STATUSES.get(name, name) for name in (row.from_status, row.to_status))
    marks = [name for name, on in (("Override", row.override), ("Automatic", row.automatic)) if on]
    said = f"moved it from {origin} to {to}"
    return {"said": said, "reason": row.reason, "marks": tuple(marks), "status": row.to_status}


def _event(row: Any) -> dict[str, Any]:
    said = say(row.type, row.data)
    kind = (
        "assignment" if row.type == "task.assigned" else "lease" if row.type.startswith(_LEASES) else "edit"
    )
    return {
        "said": " ".join(filter(None, (said.before, "it", said.after))),
        "reason": said.detail,
        "kind": kind,
    }


_TELLERS: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "created": _created,
    "message": _message,
    "review": _review,
    "approval": _approval,
    "transition": _transition,
    "event": _event,
}
