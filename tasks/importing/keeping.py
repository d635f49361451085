"""A task record as JSON and back, for a record that is kept between reading and writing."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

from .records import ImportedMessage, Link, Place, StatusChange, TaskRecord

_MOMENTS = ("created_at", "updated_at", "due_at", "started_at", "closed_at")
_PLAIN = tuple(
    one.name
    for one in fields(TaskRecord)
    if one.name not in {*_MOMENTS, "place", "parent", "depends_on", "messages", "history", "related"}
)


def to_json(record: TaskRecord) -> dict[str, Any]:
    """Everything the record says, empty values left out; `related` has become part of the description by now."""
    told: dict[str, Any] = {name: getattr(record, name) for name in _PLAIN}
    told |= {name: stamp.isoformat() for name in _MOMENTS if (stamp := getattr(record, name))}
    told["place"] = [record.place.file, record.place.line]
    told["parent"] = _link(record.parent) if record.parent else None
    told["depends_on"] = [_link(link) for link in record.depends_on]
    told["messages"] = [[one.ref, one.author, one.content, one.at.isoformat()] for one in record.messages]
    told["history"] = [[one.at.isoformat(), one.by, one.to, one.reason] for one in record.history]
    return {name: value for name, value in told.items() if value not in (None, "", [], False)}


def from_json(told: dict[str, Any]) -> TaskRecord:
    """The record that `to_json` wrote."""
    values: dict[str, Any] = {name: told[name] for name in _PLAIN if name in told}
    values |= {name: datetime.fromisoformat(told[name]) for name in _MOMENTS if name in told}
    return TaskRecord(
        place=Place(*told["place"]),
        parent=_linked(told["parent"]) if "parent" in told else None,
        depends_on=[_linked(link) for link in told.get("depends_on", [])],
        messages=[_message(*message) for message in told.get("messages", [])],
        history=[_change(*change) for change in told.get("history", [])],
        **values,
    )


def _link(link: Link) -> list[Any]:
    return [link.to, link.place.file, link.place.line]


def _linked(told: list[Any]) -> Link:
    return Link(told[0], Place(told[1], told[2]))


def _message(ref: str, author: str, content: str, at: str) -> ImportedMessage:
    return ImportedMessage(ref, author, content, datetime.fromisoformat(at))


def _change(at: str, by: str, to: str, reason: str) -> StatusChange:
    return StatusChange(datetime.fromisoformat(at), by, to, reason)
