"""Assigning people and agents: one path, whoever asks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import FieldError, Refused
from missioncontrol.kernel.transactions import unit
from tasks.errors import LeaseHeld, NotYourTask
from tasks.events import record_task
from tasks.models import Assignment, Project, Task, User
from tasks.services import leases
from tasks.services.automatic import follow_assignees
from tasks.services.locking import lock_task, write_task
from tasks.services.subscriptions import follow
from tasks.services.undoable import note, still

if TYPE_CHECKING:
    from agents.models import Agent

MODES = ("set", "add", "remove")


def resolve_assignees(
    project: Project, slugs: Iterable[str], usernames: Iterable[str]
) -> tuple[list[Agent], list[User]]:
    """The agents and people of the project behind slugs and user names. Raises `Refused` naming the unknown ones."""
    wanted, named = list(dict.fromkeys(slugs)), list(dict.fromkeys(usernames))
    agents = list(project.agents.filter(slug__in=wanted, removed_at__isnull=True)) if wanted else []
    users = list(User.objects.filter(username__in=named, memberships__project=project)) if named else []
    errors = [
        FieldError("agents", f"No agent “{slug}” here.")
        for slug in wanted
        if slug not in {a.slug for a in agents}
    ]
    errors += [
        FieldError("users", f"No member “{name}” here.")
        for name in named
        if name not in {u.username for u in users}
    ]
    if errors:
        raise Refused("Some of them are not in this project.", code="unknown_assignee", errors=errors)
    return agents, users


def assign(
    *, actor: Actor, task: Task, agents: Sequence[Agent] = (), users: Sequence[User] = (), mode: str = "set"
) -> Task:
    """Add, remove or replace who is on a task; status, lease and subscriptions follow.

    Taking a task from its holder ends the lease at once. Raises `Refused` on a finished task, `NotYourTask` when an
    agent is neither the task's creator nor on it, or tries to take a task without claiming it, `LeaseHeld` (409) when
    it would take the task from the agent that works on it.
    """
    with unit():
        task = lock_task(task.pk)
        rows = list(task.assignments.select_related("agent", "user"))
        _ensure_may(actor, task, rows, agents, mode)
        added, removed = _difference(rows, agents, users, mode)
        _ensure_holder_stays(actor, task, removed)
        if not added and not removed:
            return task
        return _write(actor, task, added, removed)


def _ensure_may(actor: Actor, task: Task, rows: list[Assignment], agents: Sequence[Agent], mode: str) -> None:
    leases.ensure_settled(actor, task)
    if task.status in {"done", "canceled"}:
        raise Refused(
            f"{task.key} is {task.status}.", code="finished", extra={"next_action": "Reopen the task first."}
        )
    if not actor.is_agent:
        return
    on_it = actor.agent_id in {row.agent_id for row in rows}
    if not on_it and (task.created_by_kind, task.created_by_id) != ("agent", actor.id):
        raise NotYourTask("Only a task's creator or assignees may hand it on.")
    if mode != "remove" and not on_it and actor.agent_id in {agent.pk for agent in agents}:
        raise NotYourTask(
            "Claim the task instead of assigning it to yourself.", extra={"next_action": "Claim it."}
        )


def _ensure_holder_stays(actor: Actor, task: Task, removed: list[Assignment]) -> None:
    """People may take a task from its holder; a colleague may not end another agent's live lease."""
    if not actor.is_agent or task.holder_id in {None, actor.agent_id}:
        return
    if task.holder_id in {row.agent_id for row in removed} and leases.is_live(task, database_now()):
        raise LeaseHeld(
            "Another agent holds this task.", extra={"next_action": "Ask its holder or an operator."}
        )


def _difference(
    rows: list[Assignment], agents: Sequence[Agent], users: Sequence[User], mode: str
) -> tuple[list[Assignment], list[Assignment]]:
    asked: dict[tuple[str, Any], Assignment] = {
        ("agent", agent.pk): Assignment(agent=agent) for agent in agents
    }
    asked |= {("user", user.pk): Assignment(user=user) for user in users}
    known = {("agent", row.agent_id) if row.agent_id else ("user", row.user_id): row for row in rows}
    if mode == "remove":
        return [], [row for key, row in known.items() if key in asked]
    added = [row for key, row in asked.items() if key not in known]
    removed = [row for key, row in known.items() if key not in asked] if mode == "set" else []
    return added, removed


def _write(actor: Actor, task: Task, added: list[Assignment], removed: list[Assignment]) -> Task:
    note(task)
    for row in added:
        row.task = task
    Assignment.objects.bulk_create(added)
    Assignment.objects.filter(pk__in=[row.pk for row in removed]).delete()
    follow(
        task, agents=[r.agent_id for r in added if r.agent_id], users=[r.user_id for r in added if r.user_id]
    )
    taken = task.holder_id is not None and task.holder_id in {row.agent_id for row in removed}
    # Its holder goes on undisturbed while others are put beside it or taken off.
    quiet = task.holder_id is not None and not taken
    task = write_task(task, **(leases.end(task) if taken else {}), **({} if quiet else still()))
    record_task(
        task, type="task.assigned", actor=actor, data={"added": _told(added), "removed": _told(removed)}
    )
    return follow_assignees(task)


def _told(rows: list[Assignment]) -> dict[str, list[Any]]:
    return {
        "agents": [str(row.agent_id) for row in rows if row.agent_id],
        "users": [row.user_id for row in rows if row.user_id],
        "names": [_name(row) for row in rows],
    }


def _name(row: Assignment) -> str:
    if row.agent is not None:
        return row.agent.slug
    return row.user.username if row.user is not None else ""
