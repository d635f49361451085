"""One Markdown task in our words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from . import fields, labels, markdown_lists, sections
from .records import MAX_ITEMS, MAX_NAME, MAX_REF, BadRow, Link, Place, TaskRecord, listed

STATUSES = {
    "draft": "inbox",
    "backlog": "ready",
    "to do": "ready",
    "todo": "ready",
    "open": "ready",
    "ready": "ready",
    "in progress": "in_progress",
    "doing": "in_progress",
    "blocked": "blocked",
    "in review": "review",
    "review": "review",
    "testing": "review",
    "done": "done",
    "complete": "done",
    "completed": "done",
    "closed": "done",
    "canceled": "canceled",
    "cancelled": "canceled",
    "won't do": "canceled",
    "wont do": "canceled",
}
"""The words Backlog.md starts with, and those that teams add most; others are reported."""

PRIORITIES = {"critical": 1, "high": 2, "medium": 3, "low": 4}

TYPES = {"docs": "docs", "documentation": "docs", "ops": "ops", "chore": "ops"}

_MARKER = re.compile(r"^[ \t]*<!-- (?:SECTION:[A-Z_]+|AC|DOD):(?:BEGIN|END) -->[ \t]*\n?", re.MULTILINE)
_HEADING = re.compile(r"##[ \t]+(.+?)[ \t]*#*\Z")
_FENCE = re.compile(r"[ \t]{0,3}(```+|~~~+)")
_DESCRIPTION, _CRITERIA, _FINISHED = "description", "acceptance criteria", "definition of done"
_PLAN, _NOTES, _SUMMARY = "implementation plan", "implementation notes", "final summary"
_KNOWN = frozenset({_DESCRIPTION, _CRITERIA, _FINISHED, _PLAN, _NOTES, _SUMMARY})


def record(values: Mapping[str, Any], body: str, place: Place, *, draft: bool = False) -> TaskRecord:
    """The task that front matter and body make; raises BadRow with what is wrong with them."""
    told = split_sections(body)
    created_at = fields.required_moment(values, "created_date")
    task = TaskRecord(
        ref=_id(values),
        place=place,
        title=fields.required_line(values, "title"),
        created_at=created_at,
        updated_at=max(created_at, fields.moment(values, "updated_date") or created_at),
        status="inbox" if draft else _status(values),
        parked=draft,
        type=TYPES.get(fields.line(values, "type", max_length=MAX_NAME).casefold(), "engineering"),
        priority=_priority(values),
        labels=_labels(values),
        assignees=_people(values, "assignee"),
        author=next(iter(_people(values, "reporter")), ""),
        due_at=fields.moment(values, "due_date"),
        work_plan=markdown_lists.work_plan(told.get(_PLAN, "")),
        checklist=markdown_lists.checklist(told.get(_CRITERIA, ""), told.get(_FINISHED, "")),
        parent=next(iter(_links(values, "parent_task_id", place)), None),
        depends_on=_links(values, "dependencies", place),
    )
    task.description = _description(task, told)
    _hand_in(task, told)
    return task


def split_sections(body: str) -> dict[str, str]:
    """The body by its second-level headings; what stands before the first one is under "".

    Headings inside code fences are code. A heading that comes twice continues its section.
    """
    found: dict[str, list[str]] = {"": []}
    heading, fence = "", ""
    for line in _MARKER.sub("", body).splitlines():
        mark = _FENCE.match(line)
        if mark:
            fence = "" if fence and mark[1].startswith(fence) else fence or mark[1]
        match = None if fence else _HEADING.fullmatch(line)
        if match:
            heading = _section_name(match[1])
            found.setdefault(heading, [])
        else:
            found[heading].append(line)
    return {name: "\n".join(lines).strip() for name, lines in found.items()}


def _section_name(heading: str) -> str:
    """Known headings in lower case, so that they are found; the others keep their spelling."""
    return heading.casefold() if heading.casefold() in _KNOWN else heading


def _id(values: Mapping[str, Any]) -> str:
    return fields.required_line(values, "id", max_length=MAX_REF).casefold()


def _status(values: Mapping[str, Any]) -> str:
    status = fields.required_line(values, "status", max_length=MAX_NAME)
    word = status.casefold().replace("_", " ").strip(" ○◒●◑✔")
    if word not in STATUSES:
        raise BadRow(f"status: “{status[:40]}” is not known.")
    return STATUSES[word]


def _priority(values: Mapping[str, Any]) -> int:
    word = fields.line(values, "priority", max_length=MAX_NAME).casefold() or "medium"
    if word not in PRIORITIES:
        raise BadRow(f"priority: “{word[:40]}” is not known; use {', '.join(PRIORITIES)}.")
    return PRIORITIES[word]


def _labels(values: Mapping[str, Any]) -> list[str]:
    told = fields.lines(values, "labels", max_length=MAX_NAME, most=MAX_ITEMS)
    milestone = fields.line(values, "milestone", max_length=MAX_NAME)
    kind = fields.line(values, "type", max_length=MAX_NAME)
    named = listed([*told, f"milestone:{milestone}" if milestone else "", kind])
    return sorted((labels.check(label) for label in named), key=str.casefold)


def _people(values: Mapping[str, Any], name: str) -> list[str]:
    told = fields.lines(values, name, max_length=MAX_NAME, most=MAX_ITEMS)
    return listed([person.removeprefix("@") for person in told])


def _links(values: Mapping[str, Any], name: str, place: Place) -> list[Link]:
    told = fields.lines(values, name, max_length=MAX_REF, most=MAX_ITEMS)
    return [Link(ref.casefold(), place) for ref in told]


def _description(task: TaskRecord, told: Mapping[str, str]) -> str:
    """The description with every section that has no field of its own; lists that became one are not repeated."""
    opening = "\n\n".join(part for part in (told.get("", ""), told.get(_DESCRIPTION, "")) if part)
    own = [
        (heading.capitalize(), told.get(heading, ""))
        for heading, taken in (
            (_CRITERIA, task.checklist),
            (_FINISHED, task.checklist),
            (_PLAN, task.work_plan),
        )
        if taken is None or not markdown_lists.is_list(told.get(heading, ""))
    ]
    other = [(name, text) for name, text in told.items() if name and name not in _KNOWN]
    return sections.joined(opening, [*own, *other])


def _hand_in(task: TaskRecord, told: Mapping[str, str]) -> None:
    """What was handed in, and when: the final summary and the notes; without a time of its own, the last change."""
    deliverable = {"summary": told.get(_SUMMARY, ""), "content": told.get(_NOTES, "")}
    task.deliverable = {name: text for name, text in deliverable.items() if text} or None
    if task.status in ("done", "canceled"):
        task.closed_at = task.updated_at
    if task.status == "canceled":
        task.reason = "Canceled where it was imported from."
