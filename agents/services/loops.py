"""Breaking loops: what the rules find blocks the task, is explained in its thread, and told to the operators."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from agents.loop_rules import Finding, Limits, Moved, Said, find, horizon, limits_of
from agents.models import LoopDetection, Severity
from agents.services import alerts
from agents.services.loop_summary import summary_of
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import Throttled
from missioncontrol.kernel.isolation import Isolated
from missioncontrol.kernel.transactions import unit
from tasks.events import record_task
from tasks.models import BlockCause, Message, MessageType, Project, Task, Transition
from tasks.services.locking import lock_task
from tasks.services.thread import post_message
from tasks.services.transition import Step, transition
from tasks.workflow import EDGES, Status

HOUSE = Actor.system("loops")
BLOCKABLE = frozenset(
    origin for (origin, to), letters in EDGES.items() if to == Status.BLOCKED and "S" in letters
)
MOST_ROWS = 500


def scan(*, now: datetime | None = None) -> int:
    """Look at every task with enough recent going on, each in a transaction of its own; answers how many loops broke.

    A task that cannot be looked at is logged and passed over.
    """
    now = now or database_now()
    broken = 0
    for project in Project.objects.filter(archived_at__isnull=True):
        for task_id in _suspects(project, now):
            with Isolated(f"loop detection on task {task_id}"):
                broken += scan_task(task_id, now=now) is not None
    return broken


def scan_task(task_id: UUID, *, now: datetime | None = None) -> LoopDetection | None:
    """Break the loop the task is in, if it is in one. Of two that look at once, one detects."""
    now = now or database_now()
    task = Task.objects.select_related("project").filter(pk=task_id, status__in=BLOCKABLE).first()
    if task is None or _detect(task, now) is None:
        return None
    with unit():
        task = lock_task(task_id)
        finding = _detect(task, now) if task.status in BLOCKABLE else None
        return _break(task, finding, now) if finding else None


def after_message(task: Task, message: Message, actor: Actor) -> None:
    """A hook: when the thread is busy enough for a rule to fire, look right after the commit.

    A task at rest cannot be blocked any further: there agents that go on are refused with `Throttled` (429).
    """
    if message.type == MessageType.SYSTEM or actor.kind == "system":
        return
    limits = limits_of(task.project.loop_limits)
    if task.status not in BLOCKABLE:
        _ensure_quiet(task, message, actor, limits)
        return
    needed = _messages_needed(limits)
    if task.message_count < needed:
        return
    since = message.created_at - horizon(limits, "comment_storm", "ping_pong")
    if Message.objects.filter(task=task, created_at__gt=since).count() >= needed:
        _look_after_commit(task)


def _ensure_quiet(task: Task, message: Message, actor: Actor, limits: Limits) -> None:
    storm = limits["comment_storm"]
    most, span = storm["messages"], timedelta(minutes=storm["minutes"])
    if not actor.is_agent or task.message_count <= most:
        return
    since = max(message.created_at - span, task.status_since)
    said = Message.objects.filter(task=task, created_at__gt=since, actor_kind=actor.kind)
    if said.count() > most:
        raise Throttled(
            f"Agents have said enough on {task.key}, which is {task.status}.",
            code="said_enough",
            extra={
                "retry_after_s": int(span.total_seconds()),
                "next_action": "Stop answering; a person has to decide first.",
            },
        )


def after_transition(task: Task, row: Transition, actor: Actor) -> None:
    """A hook: look right after the commit when the task was moved often; settle the alert when a person unblocks."""
    if row.from_status == Status.BLOCKED and actor.kind in {"human", "service"}:
        alerts.settle(project_id=task.project_id, dedupe_key=_alert_key(task), actor=actor)
        return
    if actor.kind == "system" or row.to_status not in BLOCKABLE:
        return
    limits = limits_of(task.project.loop_limits)
    if task.review_cycles > limits["review_cycles"]["cycles"]:
        _look_after_commit(task)
        return
    since = row.at - horizon(limits, "back_and_forth")
    recent = Transition.objects.filter(task=task, at__gt=since).count()
    if recent >= limits["back_and_forth"]["transitions"]:
        _look_after_commit(task)


def _look_after_commit(task: Task) -> None:
    """The write itself stays what it was, whatever the look comes to."""
    transaction.on_commit(partial(scan_task, task.pk), robust=True)


def _messages_needed(limits: Limits) -> int:
    """The fewest messages with which a rule about messages could fire."""
    return min(limits["comment_storm"]["messages"], limits["ping_pong"]["alternations"]) + 1


def _suspects(project: Project, now: datetime) -> list[UUID]:
    """The tasks in which enough was said or moved for a rule to fire; others cost nothing, however many changed."""
    limits = limits_of(project.loop_limits)
    return sorted({*_talked(project, limits, now), *_moved_often(project, limits, now)})


def _talked(project: Project, limits: Limits, now: datetime) -> QuerySet[Message, UUID]:
    since = now - horizon(limits, "comment_storm", "ping_pong")
    recent = Message.objects.filter(project=project, created_at__gt=since).order_by()
    busy = recent.values("task_id").annotate(said=Count("pk"))
    return busy.filter(said__gte=_messages_needed(limits)).values_list("task_id", flat=True)


def _moved_often(project: Project, limits: Limits, now: datetime) -> QuerySet[Task, UUID]:
    since = now - horizon(limits, "back_and_forth")
    recent = Task.objects.filter(project=project, updated_at__gt=since, status__in=BLOCKABLE)
    counted = recent.annotate(moves=Count("transitions", filter=Q(transitions__at__gt=since)))
    suspect = counted.filter(
        Q(moves__gte=limits["back_and_forth"]["transitions"])
        | Q(review_cycles__gt=limits["review_cycles"]["cycles"])
    )
    return suspect.values_list("pk", flat=True)


def _detect(task: Task, now: datetime) -> Finding | None:
    limits = limits_of(task.project.loop_limits)
    return find(_said(task, limits, now), _moved(task), limits, now)


def _said(task: Task, limits: Limits, now: datetime) -> list[Said]:
    since = now - horizon(limits, "comment_storm", "ping_pong")
    if task.loop_watermark is not None:
        since = max(since, task.loop_watermark)
    rows = Message.objects.filter(task=task, created_at__gt=since).exclude(type=MessageType.SYSTEM)
    rows = rows.exclude(actor_kind="system").order_by("-created_at", "-id")
    latest = rows.values_list("created_at", "actor_kind", "actor_id", "actor_name")[:MOST_ROWS]
    return [Said(*row) for row in reversed(latest)]


def _moved(task: Task) -> list[Moved]:
    # A step that was taken back, and the taking back, is a slip of the hand and no evidence.
    stood = Transition.objects.filter(task=task, change__undone_at__isnull=True, undoes__isnull=True)
    rows = stood.exclude(actor_kind="system")
    if task.loop_watermark is not None:
        rows = rows.filter(at__gt=task.loop_watermark)
    latest = rows.order_by("-at", "-id").values_list("at", "from_status", "to_status", "actor_name")[
        :MOST_ROWS
    ]
    return [Moved(*row) for row in reversed(latest)]


def _break(task: Task, finding: Finding, now: datetime) -> LoopDetection:
    summary = summary_of(task, finding)
    step = Step(
        to=Status.BLOCKED,
        reason=f"Loop detected ({_spoken(finding)}): {finding.told}",
        automatic=True,
        cause=BlockCause.LOOP,
    )
    task = transition(actor=HOUSE, task=task, step=step, now=now)
    post_message(actor=HOUSE, task=task, content=summary, type=MessageType.SYSTEM, now=now)
    row = LoopDetection.objects.create(
        project_id=task.project_id, task=task, kind=finding.kind, evidence=finding.evidence, at=now
    )
    alerts.raise_alert(
        project_id=task.project_id,
        kind="loop",
        title=f"{task.key} was going round in circles ({_spoken(finding)})",
        severity=Severity.WARNING,
        detail=finding.told,
        task=task,
        dedupe_key=_alert_key(task),
        actor=HOUSE,
    )
    told: dict[str, Any] = {"kind": finding.kind, "evidence": finding.evidence}
    record_task(task, type="loop.detected", actor=HOUSE, data=told)
    return row


def _alert_key(task: Task) -> str:
    return f"loop:{task.pk}"


def _spoken(finding: Finding) -> str:
    return finding.kind.replace("_", " ")
