"""One issue of a beads export in our words."""

from __future__ import annotations

from typing import Any

from . import beads_words, fields, markdown_lists, sections
from .records import MAX_ITEMS, MAX_NAME, BadRow, Place, Reading, TaskRecord, listed

Row = dict[str, Any]


def record(row: Row, place: Place) -> TaskRecord:
    """The task an issue makes; raises BadRow with what is wrong with it."""
    status = _status(row)
    kind = fields.line(row, "issue_type", max_length=MAX_NAME) or "task"
    created_at = fields.required_moment(row, "created_at")
    issue = TaskRecord(
        ref=fields.identifier(row, "id"),
        place=place,
        title=fields.required_line(row, "title"),
        description=_description(row),
        created_at=created_at,
        updated_at=max(created_at, fields.moment(row, "updated_at") or created_at),
        status=beads_words.STATUSES[status],
        type=beads_words.TYPES.get(kind, "ops" if kind in beads_words.RECORD_TYPES else "engineering"),
        priority=_priority(row),
        labels=_labels(row, status, kind),
        assignees=listed([fields.line(row, "assignee", max_length=MAX_NAME)]),
        author=fields.line(row, "created_by", max_length=MAX_NAME),
        due_at=fields.moment(row, "due_at"),
        estimate_minutes=fields.integer(row, "estimated_minutes"),
        checklist=markdown_lists.checklist(fields.text(row, "acceptance_criteria")),
    )
    _close(issue, row)
    if status in beads_words.PARKED_STATUSES or kind in beads_words.RECORD_TYPES:
        park(issue)
    return issue


def park(issue: TaskRecord) -> None:
    """Set a row aside that nobody should pick up."""
    issue.parked = True
    if issue.status == "ready":
        issue.status = "inbox"


def owner(reading: Reading, row: Row) -> TaskRecord:
    """The task that a dependency, a comment or an event belongs to; raises BadRow when it is not there."""
    ref = fields.identifier(row, "issue_id")
    if ref not in reading.tasks:
        raise BadRow(f"issue_id: {ref} is not among the issues read.")
    return reading.tasks[ref]


def with_related(issue: TaskRecord) -> str:
    """The description with the links that have no effect here named at its end."""
    related = "\n".join(f"- {line}" for line in listed(issue.related))
    return sections.joined(issue.description, [("Related", related)])


def _status(row: Row) -> str:
    status = fields.required_line(row, "status", max_length=MAX_NAME)
    if status == beads_words.DELETED:
        raise BadRow("status: the issue was deleted in its tracker.")
    if status not in beads_words.STATUSES:
        raise BadRow(f"status: “{status[:40]}” is not known.")
    return status


def _priority(row: Row) -> int:
    priority = fields.integer(row, "priority", high=max(beads_words.PRIORITIES))
    return beads_words.PRIORITIES[2 if priority is None else priority]


def _labels(row: Row, status: str, kind: str) -> list[str]:
    told = fields.lines(row, "labels", max_length=MAX_NAME, most=MAX_ITEMS)
    extra = [kind] if kind != "task" else []
    if status in beads_words.PARKED_STATUSES:
        extra.append(status)
    if row.get("priority") == max(beads_words.PRIORITIES):
        extra.append("backlog")
    return [*told, *extra]


def _description(row: Row) -> str:
    criteria = fields.text(row, "acceptance_criteria")
    told = [
        ("Acceptance criteria", "" if _is_checklist(criteria) else criteria),
        ("Design", fields.text(row, "design")),
        ("Notes", fields.text(row, "notes")),
        ("Reference", fields.line(row, "external_ref")),
    ]
    return sections.joined(fields.text(row, "description"), told)


def _is_checklist(criteria: str) -> bool:
    return markdown_lists.is_list(criteria) and markdown_lists.checklist(criteria) is not None


def _close(issue: TaskRecord, row: Row) -> None:
    """For a closed issue: whether it was done or dropped, when, and what its tracker says about it."""
    if issue.status != "done":
        return
    issue.reason = fields.text(row, "close_reason")
    issue.closed_at = max(issue.created_at, fields.moment(row, "closed_at") or issue.updated_at)
    if beads_words.was_never_done(issue.reason):
        issue.status = "canceled"
    elif issue.reason:
        issue.deliverable = {"summary": issue.reason}
