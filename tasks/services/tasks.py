"""Tasks: made, edited, and told how far they have come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import F
from django.utils import timezone

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import FieldError, Forbidden, Refused
from missioncontrol.kernel.transactions import unit
from tasks.errors import FlagMissing, VersionConflict
from tasks.events import record_task
from tasks.models import Event, Project, Source, Task, TaskCounter, User
from tasks.services import leases
from tasks.services.assigning import assign
from tasks.services.automatic import triage
from tasks.services.dependencies import add_dependency
from tasks.services.family import check_parent
from tasks.services.labels import ensure_may_label, set_labels
from tasks.services.locking import lock_task, write_task
from tasks.services.steps import top_position
from tasks.services.subscriptions import follow, follow_as

if TYPE_CHECKING:
    from agents.models import Agent

PLAIN = (
    "title",
    "description",
    "type",
    "priority",
    "required_skills",
    "due_at",
    "work_plan",
    "deliverable",
    "checklist",
    "progress",
    "progress_note",
    "estimate_minutes",
    "budget",
    "external_chat_id",
    "external_thread_id",
)
"""Fields that are one column and may be edited."""


def create_task(
    *,
    actor: Actor,
    project: Project,
    title: str,
    labels: Sequence[str] = (),
    agents: Sequence[Agent] = (),
    users: Sequence[User] = (),
    reviewer: Agent | User | None = None,
    parent: Task | None = None,
    dependencies: Sequence[Task] = (),
    source: str = Source.API,
    source_ref: str = "",
    created_at: datetime | None = None,
    **fields: Any,
) -> Task:
    """Make a task in the project's inbox, then let assignment, dependencies and triage move it.

    `fields` are those of `PLAIN`. Raises `FlagMissing` for an agent that may not create tasks, `Forbidden` for one that
    sets the label `auto-approve`, `NotFound` for a parent or dependency of another project, `CycleRefused` (422) for a
    parent that is nested too deeply.
    """
    if actor.is_agent and "can_create_tasks" not in actor.flags:
        raise FlagMissing("This agent may not create tasks.")
    ensure_may_label(actor, labels)
    with unit():
        check_parent(project, None, parent)
        task = _insert(
            actor,
            project,
            title=title,
            parent=parent,
            source=Source.AGENT if actor.is_agent and source == Source.API else source,
            source_ref=source_ref,
            created_at=created_at,
            **_reviewer_columns(reviewer),
            **{name: value for name, value in fields.items() if name in PLAIN},
        )
        set_labels(task, labels)
        follow_as(task, actor)
        _let_reviewer_follow(task)
        record_task(
            task, type="task.created", actor=actor, data={"after": {"title": title, "type": task.type}}
        )
        task = _wait_for(actor, task, dependencies)
        if agents or users:
            return assign(actor=actor, task=task, agents=agents, users=users, mode="add")
        return triage(task)


def edit_task(
    *,
    actor: Actor,
    task: Task,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
    lease_token: int | None = None,
    now: datetime | None = None,
) -> Task:
    """Change fields of a task (`PLAIN`, `labels`, `reviewer`, `parent`); triage follows.

    What equals the stored value is no change; no change writes nothing. Raises `VersionConflict` with the fields that
    changed since `expected_version`, `Refused` (422) for a field that cannot be edited, what `check_parent` raises, and
    for agents `StaleLease`/`LeaseHeld` (409), `NotYourTask` (403), or `Forbidden` for what is people's to set.
    """
    with unit():
        task = lock_task(task.pk)
        if expected_version is not None and expected_version != task.version:
            raise _version_conflict(task, expected_version)
        _refuse_others_fields(actor, changes)
        columns = leases.for_edit(actor, task, now or database_now(), lease_token)
        before, after = _difference(task, changes)
        if not after:
            return write_task(task, **columns) if columns else task
        ensure_may_label(actor, set(before.get("labels", ())) ^ set(after.get("labels", ())))
        if "parent" in after:
            check_parent(task.project, task, changes["parent"])
        columns |= _columns(after, changes)
        task = write_task(task, **columns)
        if "labels" in after:
            set_labels(task, changes["labels"])
        if "reviewer" in after:
            _let_reviewer_follow(task)
        record_task(task, type="task.updated", actor=actor, data={"before": before, "after": after})
        return triage(task)


def report_progress(
    *,
    actor: Actor,
    task: Task,
    progress: int | None = None,
    note: str = "",
    lease_token: int | None = None,
) -> Task:
    """Store how far the work is (percent) and the last progress line; the lease is renewed. See `edit_task`."""
    changes: dict[str, Any] = {}
    if progress is not None:
        changes["progress"] = progress
    if note:
        changes["progress_note"] = note[:500]
    return edit_task(actor=actor, task=task, changes=changes, lease_token=lease_token)


def _refuse_others_fields(actor: Actor, changes: Mapping[str, Any]) -> None:
    """What an agent may spend and who judges its work is not its own to say."""
    theirs = sorted({"budget", "reviewer"} & set(changes))
    if actor.is_agent and theirs:
        errors = [FieldError(name, "Set by people.") for name in theirs]
        raise Forbidden(f"Agents do not set {' or '.join(theirs)}.", code="not_for_agents", errors=errors)


def _insert(actor: Actor, project: Project, *, created_at: datetime | None, **columns: Any) -> Task:
    """The row of a new task, on top of the inbox, under the project's next number."""
    number = _next_number(project)
    now = timezone.now()
    return Task.objects.create(
        project=project,
        number=number,
        key=f"{project.key_prefix}-{number}",
        position=top_position(),
        lease_s=project.lease_s,
        created_by_kind=actor.kind,
        created_by_id=actor.id,
        created_by_name=actor.name[:150],
        idempotency_key=actor.idempotency_key,
        created_at=created_at or now,
        updated_at=now,
        status_since=now,
        **columns,
    )


def _wait_for(actor: Actor, task: Task, others: Sequence[Task]) -> Task:
    for other in others:
        add_dependency(actor=actor, task=task, depends_on=other)
    return lock_task(task.pk) if others else task


def _next_number(project: Project) -> int:
    counter = TaskCounter.objects.filter(project=project)
    counter.update(last_number=F("last_number") + 1)
    return counter.values_list("last_number", flat=True).get()


def _difference(task: Task, changes: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name, value in changes.items():
        old, new = _shown(task, name), _plain(value)
        if old != new:
            before[name], after[name] = old, new
    return before, after


def _shown(task: Task, name: str) -> Any:
    if name == "labels":
        return sorted(task.labels.values_list("name", flat=True))
    if name == "reviewer":
        return _plain(task.reviewer_agent or task.reviewer_user)
    if name not in {*PLAIN, "parent"}:
        raise Refused(f"{name} cannot be edited.", errors=[FieldError(name, "Cannot be edited.")])
    return _plain(getattr(task, name))


def _plain(value: Any) -> Any:
    """The value as events and comparisons carry it: rows by their name, times and money as text."""
    if isinstance(value, Task):
        return value.key
    if isinstance(value, User):
        return value.username
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value.normalize())
    if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        return sorted(value)
    return getattr(value, "slug", value)


def _columns(after: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    columns = {name: changes[name] for name in after if name in PLAIN}
    if "parent" in after:
        columns["parent_id"] = changes["parent"].pk if changes["parent"] else None
    if "reviewer" in after:
        columns |= _reviewer_columns(changes["reviewer"])
    return columns


def _reviewer_columns(reviewer: Agent | User | None) -> dict[str, Any]:
    if isinstance(reviewer, User):
        return {"reviewer_user_id": reviewer.pk, "reviewer_agent_id": None}
    return {"reviewer_user_id": None, "reviewer_agent_id": reviewer.pk if reviewer else None}


def _let_reviewer_follow(task: Task) -> None:
    agents = [task.reviewer_agent_id] if task.reviewer_agent_id else []
    follow(task, agents=agents, users=[task.reviewer_user_id] if task.reviewer_user_id else [])


def _version_conflict(task: Task, expected: int) -> VersionConflict:
    changed: dict[str, str] = {}
    events = Event.objects.filter(project_id=task.project_id, target_id=str(task.pk)).order_by("-seq")[:100]
    for event in events:
        data = event.data
        if data.get("version", 0) <= expected:
            break
        for name in data.get("after") or {"assignees": None}:
            changed.setdefault(name, event.actor_name)
    return VersionConflict(
        f"{task.key} was changed since version {expected}.",
        errors=[FieldError(name, f"Changed by {who}.") for name, who in changed.items()],
        extra={
            "version": task.version,
            "retryable": True,
            "next_action": "Read the task again, then send your edit.",
        },
    )
