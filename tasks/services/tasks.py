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
from missioncontrol.kernel.errors import FieldError, Forbidden, NotFound, Refused
from missioncontrol.kernel.transactions import unit
from tasks.errors import CycleRefused, FlagMissing, VersionConflict
from tasks.events import record_task
from tasks.models import Event, Label, Project, Source, Task, TaskCounter, User
from tasks.services import leases
from tasks.services.assigning import assign
from tasks.services.automatic import triage
from tasks.services.dependencies import add_dependency
from tasks.services.locking import lock_task, write_task
from tasks.services.subscriptions import follow, follow_as
from tasks.services.transition import top_position

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

MAX_NESTING = 20
AUTO_APPROVE = "auto-approve"
"""The label of tasks that the house closes after a day in review to which nobody objected."""


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

    `fields` are those of `PLAIN`. Raises `FlagMissing` for an agent that may not create tasks, `NotFound` for a
    parent or dependency of another project, `CycleRefused` for one nested too deeply.
    """
    if actor.is_agent and "can_create_tasks" not in actor.flags:
        raise FlagMissing("This agent may not create tasks.")
    _ensure_may_label(actor, set(labels))
    with unit():
        _check_family(project, None, parent)
        number = _next_number(project)
        now = timezone.now()
        task = Task.objects.create(
            project=project,
            number=number,
            key=f"{project.key_prefix}-{number}",
            title=title,
            parent=parent,
            position=top_position(),
            lease_s=project.lease_s,
            source=Source.AGENT if actor.is_agent and source == Source.API else source,
            source_ref=source_ref,
            created_by_kind=actor.kind,
            created_by_id=actor.id,
            created_by_name=actor.name[:150],
            idempotency_key=actor.idempotency_key,
            created_at=created_at or now,
            updated_at=now,
            status_since=now,
            **_reviewer_columns(reviewer),
            **{name: value for name, value in fields.items() if name in PLAIN},
        )
        _set_labels(task, labels)
        follow_as(task, actor)
        _let_reviewer_follow(task)
        record_task(
            task, type="task.created", actor=actor, data={"after": {"title": title, "type": task.type}}
        )
        for other in dependencies:
            add_dependency(actor=actor, task=task, depends_on=other)
        task = lock_task(task.pk) if dependencies else task
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
    changed since `expected_version`, `StaleLease`/`LeaseHeld` (409) or `NotYourTask` (403) for agents.
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
        _ensure_may_label(actor, set(before.get("labels", ())) ^ set(after.get("labels", ())))
        if "parent" in after:
            _check_family(task.project, task, changes["parent"])
        columns |= _columns(after, changes)
        task = write_task(task, **columns)
        if "labels" in after:
            _set_labels(task, changes["labels"])
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


def _ensure_may_label(actor: Actor, changed: set[str]) -> None:
    """Whether a task closes without anybody's word is for people to say: no agent approves its own work by a label."""
    if actor.is_agent and AUTO_APPROVE in {name.strip() for name in changed}:
        message = f"Only people and services set or remove “{AUTO_APPROVE}”."
        raise Forbidden(message, code="label_not_yours", errors=[FieldError("labels", message)])


def _refuse_others_fields(actor: Actor, changes: Mapping[str, Any]) -> None:
    """What an agent may spend and who judges its work is not its own to say."""
    theirs = sorted({"budget", "reviewer"} & set(changes))
    if actor.is_agent and theirs:
        errors = [FieldError(name, "Set by people.") for name in theirs]
        raise Forbidden(f"Agents do not set {' or '.join(theirs)}.", code="not_for_agents", errors=errors)


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


def _set_labels(task: Task, names: Sequence[str]) -> None:
    wanted = sorted({name.strip() for name in names if name.strip()})
    if not wanted and not task.labels.exists():
        return
    Label.objects.bulk_create(
        [Label(project_id=task.project_id, name=name) for name in wanted], ignore_conflicts=True
    )
    task.labels.set(Label.objects.filter(project_id=task.project_id, name__in=wanted))


def _check_family(project: Project, task: Task | None, parent: Task | None) -> None:
    if parent is None:
        return
    if parent.project_id != project.pk:
        raise NotFound("There is no such parent task.")
    TaskCounter.objects.select_for_update().get(project=project)
    ancestor: Any = parent.pk
    for _ in range(MAX_NESTING):
        if ancestor is None:
            return
        if task is not None and ancestor == task.pk:
            raise CycleRefused(
                "A task cannot be its own ancestor.", errors=[FieldError("parent", "A circle.")]
            )
        ancestor = Task.objects.filter(pk=ancestor).values_list("parent_id", flat=True).first()
    raise CycleRefused(
        f"Tasks nest at most {MAX_NESTING} deep.", errors=[FieldError("parent", "Nested too deeply.")]
    )


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
