"""How tasks look in answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from missioncontrol.kernel.actor import Actor
from tasks.models import Task
from tasks.queries.tasks import PLAIN, Related, Somebody, related_to, related_to_one
from tasks.recording import Recording
from tasks.services import leases
from tasks.services.transition import allowed_transitions

if TYPE_CHECKING:
    from agents.models import Agent

CONTENT = ("description", "work_plan", "deliverable", "checklist")


def task_json(task: Task, actor: Actor, now: datetime) -> dict[str, Any]:
    """One task in full, as this caller sees it: one query, and those of requirements that ask for rows.

    `allowed_transitions` are the steps open to the caller now; `lease` goes to its holder only.
    """
    related = related_to_one(task)
    return {
        **_shared(task.__dict__, related),
        **{name: getattr(task, name) for name in CONTENT},
        "project": task.project.slug,
        "parent": related.parent,
        "holder": related.holder,
        "reviewer": _somebody(related.reviewer),
        "depends_on": related.depends_on,
        "created_by": {"kind": task.created_by_kind, "name": task.created_by_name},
        "allowed_transitions": allowed_transitions(actor, task, now, related.assignments()),
        "lease": lease_json(task) if leases.holds(actor, task, now) else None,
    }


def for_claim(task: Task, actor: Actor, agent: Agent, now: datetime) -> dict[str, Any]:
    """A task just claimed by `agent`, as its claim answers with it."""
    return task_json(task, actor, now)


def undo_json(made: Recording) -> dict[str, Any] | None:
    """How to undo the change: None when it changed nothing."""
    if not made.kept or made.until is None:
        return None
    return {"change": str(made.id), "until": made.until, "seconds": made.seconds}


def lease_json(task: Task) -> dict[str, Any]:
    """The live lease: what its holder shows with later writes."""
    return {"token": task.lease_token, "expires_at": task.lease_expires_at}


def list_json(rows: Iterable[Mapping[str, Any]], actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """The rows of `values(*PLAIN, *BEHIND)` as a list shows them: one query more, however many there are."""
    found = list(rows)
    related = related_to(row["id"] for row in found)
    return [_line(row, related.get(row["id"]) or Related(), actor, now) for row in found]


def _line(row: Mapping[str, Any], related: Related, actor: Actor, now: datetime) -> dict[str, Any]:
    return {
        **_shared(row, related),
        "project": row["project__slug"],
        "parent": row["parent__key"],
        "holder": row["holder__slug"],
        "reviewer": _reviewer_in(row),
        "depends_on": related.depends_on,
        "created_by": {"kind": row["created_by_kind"], "name": row["created_by_name"]},
        "lease": _lease_in(row, actor, now),
    }


def _shared(columns: Mapping[str, Any], related: Related) -> dict[str, Any]:
    return {
        **{name: columns[name] for name in PLAIN},
        **{name: _amount(columns[name]) for name in ("actual_cost", "budget")},
        "labels": related.labels,
        "assignees": [_somebody(who) for who in related.assignees],
        "subtasks": {"total": related.subtasks, "done": related.subtasks_done},
    }


def _amount(dollars: Decimal | int | None) -> str | None:
    """Four decimals, whether the row was read back or has just been made."""
    return None if dollars is None else f"{dollars:.4f}"


def _somebody(who: Somebody | None) -> dict[str, str] | None:
    return {"kind": who.kind, "slug": who.slug, "name": who.name} if who else None


def _reviewer_in(row: Mapping[str, Any]) -> dict[str, str] | None:
    if row["reviewer_agent__slug"]:
        return {"kind": "agent", "slug": row["reviewer_agent__slug"], "name": row["reviewer_agent__name"]}
    if row["reviewer_user__username"]:
        name = row["reviewer_user__username"]
        return {"kind": "user", "slug": name, "name": row["reviewer_user__display_name"] or name}
    return None


def _lease_in(row: Mapping[str, Any], actor: Actor, now: datetime) -> dict[str, Any] | None:
    expires = row["lease_expires_at"]
    mine = actor.is_agent and row["holder_id"] == actor.agent_id
    if not mine or expires is None or expires <= now:
        return None
    return {"token": row["lease_token"], "expires_at": expires}
