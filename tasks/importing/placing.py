"""Where an imported task lands: the status its source gave it, as far as the rules of the board allow."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from tasks.workflow import CLOSED, HELD, Status

from .records import TaskRecord


def landing(record: TaskRecord, *, assigned: bool, waits: bool = False) -> str:
    """The status the task gets, given whether somebody known here is assigned and whether it `waits` for others.

    Work in hand without anybody to hold it waits to be taken; waiting work with an assignee is assigned; what lacks
    a description waits for triage; what could be taken but depends on something not done is blocked until it is.
    """
    waiting = record.status in {Status.INBOX, Status.READY} or (record.status in HELD and not assigned)
    if not waiting:
        return record.status
    if record.parked:
        return Status.INBOX
    if assigned:
        return Status.ASSIGNED
    if record.status == Status.INBOX or not is_triaged(record):
        return Status.INBOX
    return Status.BLOCKED if waits else Status.READY


def block_reason(record: TaskRecord, *, waits: bool) -> str:
    """Why a task lands in blocked, where its source gives no reason."""
    if not waits:
        return "It was blocked where it was imported from."
    return f"Waits for {', '.join(link.to for link in record.depends_on[:10])}."


def is_triaged(record: TaskRecord) -> bool:
    """Whether the task says enough to be offered to agents."""
    return bool(record.description.strip()) and record.priority is not None


def takes_people(record: TaskRecord) -> bool:
    """Whether assignees are taken over: nobody is put on a task that is parked and still open."""
    return not record.parked or record.status in CLOSED


def since(record: TaskRecord) -> datetime:
    """When the task came to where it is, as far as its source tells."""
    if record.closed_at is not None:
        return record.closed_at
    return record.history[-1].at if record.history else record.updated_at


def waits_for_others(record: TaskRecord, records: Mapping[str, TaskRecord]) -> bool:
    """Whether something the task depends on is not done."""
    return any(records[link.to].status != Status.DONE for link in record.depends_on)
