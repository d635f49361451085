"""Rows of every model, as many as a test asks for."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from agents.models import (
    ActivityEntry,
    Agent,
    AgentDocument,
    AgentDocumentVersion,
    AgentSession,
    ApprovalDecision,
    ChainCheck,
    ExecutionRequest,
    LoopDetection,
)
from agents.services.alerts import raise_alert
from agents.services.approvals import request_approval
from agents.services.keys import create_service_token
from agents.services.responses import request_responses
from missioncontrol.kernel.models import IdempotencyRecord, JobRun
from notifications.models import HeldEvent, Notification, RelayCursor, RelayFailure
from tasks.models import (
    Change,
    Import,
    ImportedTask,
    ImportNote,
    ImportPiece,
    ImportRow,
    Project,
    Refusal,
    SystemState,
    Task,
    User,
    stamp,
)
from tasks.services.dependencies import add_dependency
from tasks.services.people import issue_sign_in_link
from tasks.services.reviews import create_review
from tasks.services.thread import edit_message, post_message
from tasks.services.views import save_view
from tests.agents.building import HOUSE, a_member, a_project, actor_of
from tests.tasks.building import BOSS, a_task, acting, an_agent, forced


def one_of_each(number: int) -> None:
    """A project with a row of every model in it, and one of each that belongs to no project."""
    SystemState.objects.get_or_create(pk=1)
    project = a_project(f"project-{number}")
    ada = a_member(project, f"ada-{number}")
    agent, actor = an_agent(project, f"bolt-{number}", operator=ada)
    task = forced(a_task(project, agents=[agent], labels=[f"label-{number}"]), "in_progress")
    _said(project, task, agent, ada, number)
    _governed(project, task, agent, ada)
    _kept(project, task, agent, ada, number)
    _beyond(ada, number)
    request_approval(actor=actor, project=project, task=task, action_type="deploy", summary="Deploy it")
    _on_the_way(project, task, ada)


def _on_the_way(project: Project, task: Task, ada: User) -> None:
    """What is not the end of anything: an import, a change that can be undone, a check."""
    now = timezone.now()
    source = Import.objects.create(
        project=project, user=ada, filename="a.csv", size=3, **stamp(actor_of(ada))
    )
    ImportPiece.objects.create(source=source, number=0, data=b"a,b")
    ImportRow.objects.create(source=source, number=1, ref="1", title="Mend", status="ready", made_at=now)
    ImportNote.objects.create(source=source, file="a.csv", line=2, ref="2", reason="It has no title.")
    change = Change.objects.create(
        project=project, task=task, made_at=now, due_at=now, **stamp(actor_of(ada))
    )
    HeldEvent.objects.create(project=project, consumer="test", seq=1, change=change)
    ChainCheck.objects.update_or_create(project=project, defaults={"ok": True, "finished_at": now})


def _said(project: Project, task: Task, agent: Agent, ada: User, number: int) -> None:
    other = a_task(project, f"Other {number}")
    add_dependency(actor=BOSS, task=other, depends_on=task)
    message = post_message(actor=actor_of(ada), task=task, content=f"Look, @bolt-{number}")
    edit_message(actor=actor_of(ada), message=message, content=f"Look again, @bolt-{number}")
    create_review(actor=actor_of(ada), task=task, kind="praise", score=7, content="Good")
    request_responses(actor=actor_of(ada), task=task, agents=[agent.slug], question="When?")
    save_view(actor=actor_of(ada), project=project, name="Mine", query="is:mine")
    Refusal.objects.create(
        project=project, task=task, from_status="ready", to_status="done", code="no", **stamp(acting(agent))
    )
    ImportedTask.objects.create(task=task, digest="d")


def _governed(project: Project, task: Task, agent: Agent, ada: User) -> None:
    raise_alert(project_id=project.pk, kind="test", title="Look here", task=task, agent=agent)
    LoopDetection.objects.create(project=project, task=task, kind="ping_pong")
    asked = request_approval(actor=BOSS, project=project, action_type="mail", summary="Send it", risk="red")
    ApprovalDecision.objects.create(approval=asked, approve=True, **stamp(actor_of(ada)))
    ExecutionRequest.objects.create(
        project=project, task=task, executor="cursor", claimed_by=agent, **stamp(actor_of(ada))
    )


def _kept(project: Project, task: Task, agent: Agent, ada: User, number: int) -> None:
    now = timezone.now()
    create_service_token(actor=HOUSE, project=project, name=f"ci-{number}", scopes=["read"])
    AgentSession.objects.create(
        agent=agent, digest=f"d{number}", prefix=f"s{number}", expires_at=now + timedelta(days=1)
    )
    ActivityEntry.objects.create(agent=agent, health="working", task=task)
    document = AgentDocument.objects.create(agent=agent, kind="working", content="Hello")
    AgentDocumentVersion.objects.create(document=document, version=1, content="Hi", **stamp(acting(agent)))
    for who in ({"user": ada}, {"agent": agent}):
        Notification.objects.create(
            project=project, seq=1, type="mention", task=task, summary="Look", **who, **stamp(HOUSE)
        )
    RelayCursor.objects.create(project=project, consumer="test", seq=1)
    RelayFailure.objects.create(project=project, consumer="test", seq=1, error="It broke.")


def _beyond(ada: User, number: int) -> None:
    now = timezone.now()
    issue_sign_in_link(user=ada)
    Group.objects.create(name=f"Group {number}")
    JobRun.objects.create(name=f"job.{number}", first_seen_at=now, succeeded_at=now)
    IdempotencyRecord.objects.create(
        actor_kind="agent", actor_id=f"a{number}", method="POST", path="/api/v1/tasks", key=f"k{number}",
        body_hash="h", created_at=now, locked_until=now, status=200 if number % 2 else None,
    )  # fmt: skip
    LogEntry.objects.create(
        user=ada,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(ada.pk),
        object_repr=str(ada),
        action_flag=CHANGE,
    )
