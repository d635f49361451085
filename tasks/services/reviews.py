"""Peer reviews: what a colleague says of the work, and what the one who did it answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import Conflict, DomainError, FieldError, Forbidden, Refused
from missioncontrol.kernel.transactions import unit
from tasks.errors import FlagMissing, NotYourTask
from tasks.events import record
from tasks.models import Message, MessageType, Review, ReviewKind, ReviewState, Task, stamp
from tasks.services.access import Need, by_id, require, within_reach
from tasks.services.locking import lock_task
from tasks.services.thread import say
from tasks.services.transition import Step, transition
from tasks.thread_rules import MAX_RESPONSE, checked_files, checked_text, excerpt_of
from tasks.workflow import CLOSED

SEVERITIES = ("minor", "major", "critical")
SCORES = range(1, 11)
CONTESTING = frozenset({ReviewKind.REFUTE.value, ReviewKind.CHANGESET.value})
"""The kinds that ask for changes."""

ANSWERS = (ReviewState.ACCEPTED.value, ReviewState.REJECTED.value)
FILES_TOLD = 20


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a review says: `score` (1-10) for praise, `severity` for a refute, `files` for a changeset."""

    kind: str
    content: str = ""
    score: int | None = None
    severity: str = ""
    files: list[dict[str, str]] = field(default_factory=list)

    @property
    def asks_for_changes(self) -> bool:
        """Whether the work cannot stay as it is if this is right."""
        return self.kind in CONTESTING

    @property
    def title(self) -> str:
        """The review in a few words, for a person."""
        detail = {
            "praise": f"{self.score}/10",
            "refute": self.severity,
            "changeset": _counted(len(self.files)),
        }
        told = detail.get(self.kind, "")
        return f"{ReviewKind(self.kind).label} ({told})" if told else str(ReviewKind(self.kind).label)


def get_review(actor: Actor, ref: str, need: Need = Need.READ) -> Review:
    """The review named by id, with its task and project. Raises NotFound or Forbidden."""
    rows = Review.objects.filter(within_reach(actor))
    review = by_id(rows.select_related("task__project"), ref, "review")
    require(actor, review.task.project, need)
    return review


def create_review(
    *,
    actor: Actor,
    task: Task,
    kind: str,
    content: str = "",
    score: int | None = None,
    severity: str = "",
    files: Iterable[Mapping[str, Any]] = (),
    now: datetime | None = None,
) -> Review:
    """Say what one thinks of a task's work; the thread says it too.

    A refute or a changeset on a task in review sends it back to in_progress, where somebody is assigned to take it
    up; without assignees the task stays in review, contested. A new review takes the place of the author's pending
    one of the same kind. Raises `Refused` (422) with every field that is wrong, or when changes are asked of a
    finished task, `Forbidden` for one's own work, `FlagMissing` for an agent that neither may review nor was named
    reviewer.
    """
    verdict = _verdict(kind, content, score, severity, files)
    with unit():
        now = now or database_now()
        task = lock_task(task.pk)
        assigned = _ensure_may_review(actor, task)
        _ensure_open(task, verdict)
        replaced = _supersede(actor, task, kind)
        message = say(actor=actor, task=task, content=_as_message(verdict), type=MessageType.REVIEW, now=now)
        task = lock_task(task.pk)  # the message may have set off a rule that moved the task
        sent_back = verdict.asks_for_changes and task.status == "review" and assigned
        if sent_back:
            task = _send_back(actor, task, verdict, now)
        review = _write(actor, task, verdict, now)
        _record_created(actor, task, review, message, verdict, replaced, sent_back)
    return review


def respond_review(
    *, actor: Actor, review: Review, state: str, response: str = "", now: datetime | None = None
) -> Review:
    """Accept or reject a pending review, on the side of the work.

    Raises `Refused` for another state, `Forbidden` for one's own review, `NotYourTask` for an agent that is not
    assigned, `Conflict` (409) when the review is settled already.
    """
    if state not in ANSWERS:
        raise Refused("Unknown state.", errors=[FieldError("state", f"One of {', '.join(ANSWERS)}.")])
    told = checked_text(response, field="response", max_length=MAX_RESPONSE)
    if review.is_by(actor):
        raise Forbidden("Somebody else answers your review.", code="own_review")
    with unit():
        now = now or database_now()
        task = lock_task(review.task_id)
        if actor.is_agent and not task.assignments.filter(agent_id=actor.id).exists():
            raise NotYourTask("Only an assignee answers a review.")
        _settle(actor, review, state, told, now)
        _record_answer(actor, task, review)
    return review


def _verdict(
    kind: str, content: str, score: int | None, severity: str, files: Iterable[Mapping[str, Any]]
) -> Verdict:
    if kind not in ReviewKind.values:
        raise Refused("Unknown kind.", errors=[FieldError("kind", f"One of {', '.join(ReviewKind.values)}.")])
    said = checked_text(content, field="content")
    given = list(files)
    errors = _wrong(kind, said, score, severity, given)
    if errors:
        raise Refused(" ".join(error.message for error in errors), errors=errors, code="invalid")
    return Verdict(kind, said, score, severity, checked_files(given) if given else [])


def _wrong(kind: str, content: str, score: int | None, severity: str, files: list[Any]) -> list[FieldError]:
    """Every field that is missing for this kind of review, or belongs to another kind."""
    refutes, praises, changes = (kind == name for name in ("refute", "praise", "changeset"))
    rules = [
        (praises and score not in SCORES, "score", "Praise needs a score from 1 to 10."),
        (not praises and score is not None, "score", "Only praise has a score."),
        (refutes and severity not in SEVERITIES, "severity", f"Must be one of {', '.join(SEVERITIES)}."),
        (not refutes and severity != "", "severity", "Only a refute has a severity."),
        (refutes and not content, "content", "Say what is wrong."),
        (changes and not files, "files", "A changeset needs files."),
        (not changes and bool(files), "files", "Only a changeset has files."),
    ]
    return [FieldError(name, message) for applies, name, message in rules if applies]


def _ensure_may_review(actor: Actor, task: Task) -> bool:
    """Let a colleague through; answers whether anybody is assigned to the task."""
    rows = list(task.assignments.values_list("agent_id", "user_id"))
    own: set[UUID | int | None] = {agent_id if actor.is_agent else user_id for agent_id, user_id in rows}
    if actor.is_agent:
        own.add(task.last_holder_id)  # who did the work and has left it since judges it as little
    me: UUID | int | None = actor.agent_id if actor.is_agent else actor.user_id
    if me is not None and me in own:
        raise Forbidden("Somebody else reviews your work.", code="own_work")
    if actor.is_agent and task.reviewer_agent_id != actor.agent_id and "can_review" not in actor.flags:
        raise FlagMissing("This needs the flag can_review, or to be named the task's reviewer.")
    return bool(rows)


def _ensure_open(task: Task, verdict: Verdict) -> None:
    if verdict.asks_for_changes and task.status in CLOSED:
        raise Refused(
            f"{task.key} is {task.status}: a review does not revive it.",
            code="finished",
            extra={"next_action": "Ask a person to reopen the task first."},
        )


def _supersede(actor: Actor, task: Task, kind: str) -> list[UUID]:
    mine = Review.objects.filter(
        task=task, kind=kind, state=ReviewState.PENDING, actor_kind=actor.kind, actor_id=actor.id
    )
    replaced = list(mine.values_list("pk", flat=True))
    if replaced:
        mine.update(state=ReviewState.SUPERSEDED)
    return replaced


def _send_back(actor: Actor, task: Task, verdict: Verdict, now: datetime) -> Task:
    """The step back to work. The plan was accepted when work began, so a review need not wait for another one."""
    reason = f"{verdict.title}: {excerpt_of(verdict.content)}".rstrip(": ")
    step = Step(to="in_progress", reason=reason, unconditional=True, as_reviewer=True)
    return transition(actor=actor, task=task, step=step, now=now)


def _write(actor: Actor, task: Task, verdict: Verdict, now: datetime) -> Review:
    return Review.objects.create(
        project_id=task.project_id,
        task=task,
        kind=verdict.kind,
        content=verdict.content,
        score=verdict.score,
        severity=verdict.severity,
        files=verdict.files,
        created_at=now,
        idempotency_key=actor.idempotency_key,
        **stamp(actor),
    )


def _as_message(verdict: Verdict) -> str:
    told = "\n".join(f"- {each['change']} `{_as_code(each['path'])}`" for each in verdict.files[:FILES_TOLD])
    rest = len(verdict.files) - FILES_TOLD
    parts = [f"**{verdict.title}**", verdict.content, told, f"… and {rest} more" if rest > 0 else ""]
    return "\n\n".join(part for part in parts if part)


def _as_code(path: str) -> str:
    return path.replace("`", "'")


def _counted(files: int) -> str:
    return "1 file" if files == 1 else f"{files} files"


def _settle(actor: Actor, review: Review, state: str, response: str, now: datetime) -> None:
    answer = {"state": state, "response": response, "responded_by": actor.name[:150], "responded_at": now}
    if not Review.objects.filter(pk=review.pk, state=ReviewState.PENDING).update(**answer):
        raise _settled(review)
    for name, value in answer.items():
        setattr(review, name, value)


def _settled(review: Review) -> DomainError:
    review.refresh_from_db(fields=["state"])
    return Conflict(f"The review is {review.state} already.", code="settled", extra={"state": review.state})


def _record_created(
    actor: Actor,
    task: Task,
    review: Review,
    message: Message,
    verdict: Verdict,
    replaced: list[UUID],
    sent_back: bool,
) -> None:
    data = {
        "severity": verdict.severity,
        "score": verdict.score,
        "title": verdict.title,
        "message": str(message.pk),
        "supersedes": [str(each) for each in replaced],
        "sent_back": sent_back,
        "excerpt": excerpt_of(verdict.content),
    }
    _record(actor, task, review, "review.created", data)


def _record_answer(actor: Actor, task: Task, review: Review) -> None:
    data = {
        "before": {"state": ReviewState.PENDING.value},
        "after": {"state": review.state},
        "excerpt": excerpt_of(review.response),
    }
    _record(actor, task, review, "review.responded", data)


def _record(actor: Actor, task: Task, review: Review, type: str, told: Mapping[str, Any]) -> None:
    data = {
        "task": str(task.pk),
        "key": task.key,
        "status": task.status,
        "kind": review.kind,
        "author": review.author,
        **told,
    }
    record(project_id=task.project_id, type=type, actor=actor, target=("review", review.pk), data=data)
