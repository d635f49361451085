"""Issues of GitHub as JSON: an array as the REST API answers it, or as `gh issue list --json …` prints it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from missioncontrol.kernel import strict_json
from missioncontrol.kernel.errors import Malformed

from . import fields, graph, labels, words
from .records import (
    MAX_ITEMS,
    MAX_NAME,
    BadRow,
    ImportedMessage,
    Place,
    Reading,
    TaskRecord,
    UnreadableSource,
    listed,
)

Row = dict[str, Any]
Note = Callable[[Place, str, str], None]

_ADDRESS = re.compile(r"https?://[^/]+/(?:repos/)?([\w.-]+/[\w.-]+)/(?:issues|pull)/\d+")
_PRIORITY_LABEL = re.compile(
    r"(?:priority|prio)?[ :/_-]*(critical|urgent|high|medium|normal|low|p[0-4])", re.IGNORECASE
)
_TYPE_LABELS = {"documentation": "docs", "docs": "docs", "chore": "ops", "ops": "ops"}
_HELP = "Save the answer of the issues API, or of gh issue list --json."
_ASK = "Ask gh for --json number,title,body,state,labels,assignees,createdAt,url."
_NEVER_DONE = frozenset({"not_planned", "duplicate"})


def read(path: Path) -> Reading:
    """Every usable issue of the file. Raises UnreadableSource when it is no array of JSON."""
    reading = Reading()
    for record in tasks(path, reading.skip):
        try:
            reading.add(record)
        except BadRow as error:
            reading.skip(record.place, record.ref, str(error))
    graph.settle(reading.tasks, reading.skip)
    return reading


def tasks(path: Path, note: Note) -> Iterator[TaskRecord]:
    """Every usable issue; the others, and pull requests, are told to `note` with their line. Ids may come twice."""
    if not path.is_file():
        raise UnreadableSource(f"There is no file {path.name or path}.")
    try:
        for line, row in strict_json.elements(path.read_bytes()):
            place = Place("", line)
            try:
                yield _record(row, place, note)
            except BadRow as error:
                note(place, _told_id(row), str(error))
    except Malformed as error:
        raise UnreadableSource(f"{error.message} {_HELP}") from error


def _record(row: Any, place: Place, note: Note) -> TaskRecord:
    if isinstance(row, Malformed):
        raise BadRow(row.message)
    if not isinstance(row, dict):
        raise BadRow("Not a JSON object.")
    if "pull_request" in row:
        raise BadRow("It is a pull request, not an issue.")
    created = _moment(row, "created_at")
    if created is None:
        raise BadRow(f"created_at: is missing. {_ASK}")
    ref = _ref(row)
    named = _labels(row, ref, place, note)
    issue = TaskRecord(
        ref=ref,
        place=place,
        title=fields.required_line(row, "title"),
        description=fields.text(row, "body"),
        created_at=created,
        updated_at=max(created, _moment(row, "updated_at") or created),
        type=next(
            (_TYPE_LABELS[name.casefold()] for name in named if name.casefold() in _TYPE_LABELS),
            "engineering",
        ),
        priority=_priority(named),
        labels=named,
        assignees=listed([_login(person) for person in _objects(row, "assignees")]),
        author=_login(row.get("user") or row.get("author")),
        messages=_comments(row, note, place, ref),
    )
    _close(issue, row)
    return issue


def _ref(row: Row) -> str:
    number = fields.identifier(row, "number")
    address = fields.line(row, "html_url", max_length=2000) or fields.line(row, "url", max_length=2000)
    match = _ADDRESS.match(address)
    return f"{match[1]}#{number}" if match else f"#{number}"


def _told_id(row: Any) -> str:
    number = row.get("number") if isinstance(row, dict) else None
    return f"#{number}" if isinstance(number, int) else ""


def _close(issue: TaskRecord, row: Row) -> None:
    state = fields.required_line(row, "state", max_length=MAX_NAME).casefold()
    if state not in {"open", "closed"}:
        raise BadRow(f"state: “{state[:40]}” is not known; it must be open or closed.")
    if state == "open":
        return
    why = (_text(row, "state_reason") or _text(row, "stateReason")).casefold()
    issue.status = "canceled" if why in _NEVER_DONE else "done"
    issue.closed_at = max(issue.created_at, _moment(row, "closed_at") or issue.updated_at)
    if issue.status == "canceled":
        issue.reason = f"Closed as {why.replace('_', ' ')} on GitHub."


def _labels(row: Row, ref: str, place: Place, note: Note) -> list[str]:
    milestone = row.get("milestone")
    told = [_label(one) for one in _list(row, "labels")]
    if isinstance(milestone, dict) and _text(milestone, "title"):
        told.append(f"milestone:{_text(milestone, 'title')}")
    found = []
    for name in listed(told):
        try:
            found.append(labels.check(name))
        except BadRow as error:
            note(place, ref, str(error))
    return sorted(found, key=str.casefold)


def _label(told: Any) -> str:
    return fields.line(told if isinstance(told, dict) else {"name": told}, "name", max_length=MAX_NAME)


def _priority(named: list[str]) -> int:
    for name in named:
        match = _PRIORITY_LABEL.fullmatch(name.strip())
        if match:
            return words.PRIORITIES[match[1].casefold()]
    return words.PRIORITIES[""]


def _comments(row: Row, note: Note, place: Place, ref: str) -> list[ImportedMessage]:
    """The comments that `gh` prints inside the issue; the REST API only counts them."""
    found: dict[str, ImportedMessage] = {}
    told = row.get("comments")
    for comment in told if isinstance(told, list) else []:
        try:
            message = _comment(comment)
            found.setdefault(message.ref, message)
        except BadRow as error:
            note(place, ref, f"comment: {error}")
    return sorted(found.values(), key=lambda message: (message.at, message.ref))


def _comment(told: Any) -> ImportedMessage:
    if not isinstance(told, dict):
        raise BadRow("Not a JSON object.")
    at, content = _moment(told, "created_at"), fields.text(told, "body")
    if at is None or not content:
        raise BadRow("It has no text or no time.")
    ref = fields.identifier(told, "id")
    by = _login(told.get("user") or told.get("author")) or "unknown"
    return ImportedMessage(f"comment:{ref}"[:180], by, content, at)


def _moment(row: Row, name: str) -> datetime | None:
    """A time under the REST API's name or under that of `gh`: created_at, createdAt."""
    first, _, rest = name.partition("_")
    return fields.moment(row, name) or fields.moment(row, first + rest.capitalize())


def _login(person: Any) -> str:
    return _text(person, "login") if isinstance(person, dict) else ""


def _text(row: Row, name: str) -> str:
    return fields.line(row, name, max_length=MAX_NAME)


def _list(row: Row, name: str) -> list[Any]:
    told = row.get(name)
    if not isinstance(told, list):
        return []
    if len(told) > MAX_ITEMS:
        raise BadRow(f"{name}: has {len(told)} entries; at most {MAX_ITEMS} are allowed.")
    return told


def _objects(row: Row, name: str) -> list[Row]:
    return [one for one in _list(row, name) if isinstance(one, dict)]
