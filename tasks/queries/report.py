"""The report of a task as Markdown: header, description, deliverable, costs and timeline.

Text that others wrote stands in quotes or on one line with its marks escaped, so that it cannot pass for a part of
the report.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from tasks.models import Task
from tasks.queries.timeline import Entry, walk

ENTRIES = 500
QUOTED = 2_000
_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~!])")


def report(task: Task, now: datetime, *, most: int = ENTRIES) -> str:
    """The whole report, with the latest `most` entries of the timeline; a constant number of queries."""
    entries, earlier = walk(task, most=most)
    parts = [
        f"# {task.key} {_line(task.title)}",
        _header(task, now),
        _section("Description", _quoted(task.description)),
        _section("Work plan", _plan(task.work_plan or {})),
        _section("Deliverable", _deliverable(task.deliverable or {})),
        _section("Review checklist", _checklist(task.checklist or {})),
        _section("Costs", _costs(task)),
        _section("Timeline", _timeline(entries, earlier)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}" if body else ""


def _header(task: Task, now: datetime) -> str:
    facts = {
        "Project": task.project.name,
        "Status": f"{task.get_status_display()} since {_time(task.status_since)}",
        "Blocked": task.blocked_reason,
        "Type": task.get_type_display(),
        "Priority": task.get_priority_display() if task.priority else "not set",
        "Assignees": ", ".join(_assignees(task)) or "nobody",
        "Progress": f"{task.progress} %",
        "Review cycles": str(task.review_cycles),
        "Created": f"{_time(task.created_at)} by {task.created_by_name or 'Mission Control'}",
        "Started": _time(task.started_at),
        "Submitted": _time(task.submitted_at),
        "Completed": _time(task.completed_at),
        "Due": _time(task.due_at),
        "Report made": _time(now),
    }
    return "\n".join(f"- **{name}:** {_line(value)}" for name, value in facts.items() if value)


def _assignees(task: Task) -> Iterator[str]:
    for row in task.assignments.select_related("agent", "user"):
        if row.agent is not None:
            yield f"@{row.agent.slug}"
        elif row.user is not None:
            yield f"@{row.user.username}"


def _plan(plan: Mapping[str, Any]) -> str:
    lines = [f"- {_line(str(bullet))}" for bullet in plan.get("bullets") or []]
    lines += [
        f"- {title}: {_line(str(plan[name]))}"
        for name, title in (
            ("estimated_cost", "Estimated cost"),
            ("estimated_duration", "Estimated duration"),
        )
        if plan.get(name) is not None
    ]
    return "\n".join(lines)


def _deliverable(deliverable: Mapping[str, Any]) -> str:
    texts = [_quoted(str(deliverable.get(name) or ""), most=None) for name in ("summary", "content")]
    texts.append(_artifacts(deliverable.get("artifacts") or []))
    return "\n\n".join(text for text in texts if text)


def _artifacts(artifacts: list[Mapping[str, Any]]) -> str:
    told = []
    for each in artifacts:
        place = f": {_line(str(each['url']))}" if each.get("url") else ""
        told.append(f"- {_line(str(each.get('name', '')))} ({_line(str(each.get('type', '')))}){place}")
    return "\n".join(told)


def _checklist(checklist: Mapping[str, Any]) -> str:
    return "\n".join(_item(item) for item in checklist.get("items") or [])


def _item(item: Mapping[str, Any]) -> str:
    note = f" ({_line(str(item['note']))})" if item.get("note") else ""
    return f"- [{'x' if item.get('checked') else ' '}] {_line(str(item.get('label', '')))}{note}"


def _costs(task: Task) -> str:
    budget = f"{task.budget} USD" if task.budget is not None else "none"
    estimate = f"{task.estimate_minutes} min" if task.estimate_minutes is not None else "none"
    return f"- **Actual cost:** {task.actual_cost} USD\n- **Budget:** {budget}\n- **Estimate:** {estimate}"


def _timeline(entries: list[Entry], earlier: bool) -> str:
    lines = ["- … earlier entries are left out"] if earlier else []
    return "\n".join([*lines, *(_entry(entry) for entry in entries)])


def _entry(entry: Entry) -> str:
    told, body = _TELLERS[entry.kind](entry.row)
    who = entry.row.created_by_name if entry.kind == "created" else entry.row.actor_name
    line = f"- {_time(entry.at)} · {_line(who or 'Mission Control')} {told}"
    return f"{line}\n\n{_indented(_quoted(body))}\n" if body else line


def _message(row: Any) -> tuple[str, str]:
    if row.deleted_at is not None:
        return "wrote a message that was deleted", ""
    return f"wrote ({row.get_type_display().lower()})", row.content


def _review(row: Any) -> tuple[str, str]:
    details = [row.get_kind_display().lower(), row.severity, f"{row.score}/10" if row.score else ""]
    answer = f"{row.state} by {_line(row.responded_by)}" if row.responded_by else row.state
    return f"reviewed: {', '.join(filter(None, details))}; {answer}", row.response


def _approval(row: Any) -> tuple[str, str]:
    return f"asked for approval ({row.risk}): {_line(row.summary)}; {row.status}", row.reason


def _transition(row: Any) -> tuple[str, str]:
    mark = " (override)" if row.override else ""
    return f"moved it from {row.from_status} to {row.to_status}{mark}", row.reason


def _event(row: Any) -> tuple[str, str]:
    named = row.type.removeprefix("task.").replace("_", " ")
    about = _about(row.data)
    return f"· {named}: {_line(about)}" if about else f"· {named}", ""


def _about(data: Mapping[str, Any]) -> str:
    """What an event is about in a few words: the other task, who came and who went, or which fields."""
    if isinstance(data.get("depends_on"), str):
        return str(data["depends_on"])
    came, went = (data.get(side) or {} for side in ("added", "removed"))
    people = [f"+{name}" for name in came.get("names") or []] + [
        f"-{name}" for name in went.get("names") or []
    ]
    return ", ".join(people or [str(field).replace("_", " ") for field in data.get("after") or {}])


_TELLERS: Mapping[str, Callable[[Any], tuple[str, str]]] = {
    "created": lambda row: ("created the task", ""),
    "message": _message,
    "review": _review,
    "approval": _approval,
    "transition": _transition,
    "event": _event,
}


def _time(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if moment else ""


def _line(text: str) -> str:
    """Somebody's text on one line, its Markdown marks escaped."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def _quoted(text: str, most: int | None = QUOTED) -> str:
    """Somebody's text as a quotation, at most `most` characters of it."""
    told = text if most is None or len(text) <= most else f"{text[:most]}…"
    return "\n".join(f"> {line}".rstrip() for line in told.strip().splitlines())


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
