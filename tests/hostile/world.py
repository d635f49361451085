"""Two projects full of things to aim at: one that the callers belong to, and one they must never learn of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models

from agents.models import Agent
from agents.queries.credentials import agent_actor
from agents.services.alerts import raise_alert
from agents.services.approvals import request_approval
from agents.services.documents import put_document
from agents.services.execution import request_execution
from agents.services.keys import create_service_token, issue_key
from agents.services.registry import create_agent
from agents.services.sessions import open_session
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.api.authentication import person
from notifications.handlers import handle
from notifications.services import relay
from tasks.models import Label, Project, Task, User
from tasks.services.dependencies import add_dependency
from tasks.services.people import create_operator
from tasks.services.projects import create_project
from tasks.services.reviews import create_review
from tasks.services.tasks import create_task
from tasks.services.thread import post_message
from tasks.services.transition import Step, transition
from tasks.services.views import save_view
from tests.hostile.requests import Targets

HOUSE = Actor.system("tests")
PLAN = {"bullets": ["Read it", "Write it", "Check it"]}
FLAGS: dict[str, Any] = {"can_create_tasks": True, "can_mention": True, "can_review": True, "can_close": True}


@dataclass
class Realm:
    """One project with somebody and something of every kind. `headers` are what each machine caller shows."""

    project: Project
    people: Mapping[str, User]
    agents: tuple[Agent, Agent]
    headers: Mapping[str, Mapping[str, str]]
    tasks: Mapping[str, Task]
    names: Mapping[str, list[str]]
    secrets: tuple[str, ...]


def a_realm(slug: str) -> Realm:
    """A project with three people, two agents, a service of every scope, five tasks and what belongs to them."""
    project = create_project(actor=HOUSE, slug=slug, agents_may_close=True)
    people = {
        role: create_operator(actor=HOUSE, username=f"{slug}-{role}", project=project, role=role)
        for role in ("owner", "operator", "viewer")
    }
    first, second = (
        create_agent(actor=HOUSE, project=project, slug=f"{slug}-{name}", max_concurrent_tasks=5, **FLAGS)
        for name in ("bolt", "nova")
    )
    scopes = ("read", "write", "operate", "admin")
    tokens = {
        scope: create_service_token(
            actor=HOUSE, project=project, name=scope, scopes=scopes[: place + 1]
        ).secret
        for place, scope in enumerate(scopes)
    }
    bolt, nova = agent_actor(first.agent, None), agent_actor(second.agent, None)
    session = open_session(actor=bolt, agent=first.agent)
    keys = {"bolt": first.key.secret, "nova": second.key.secret, **tokens}
    headers = {name: {"Authorization": f"Bearer {secret}"} for name, secret in keys.items()}
    headers["session"] = {"X-OpenClaw-Session-Key": session.key}
    tasks = _tasks(project, first.agent)
    names = _fill(project, tasks, people["owner"], first.agent, bolt, nova)
    names |= {
        "slug": [slug, first.agent.slug, second.agent.slug],
        "prefix": [issue_key(actor=HOUSE, agent=second.agent).prefix, session.prefix],
        "username": [user.username for user in people.values()],
        "kind": ["working", "daily_note", "session_memory"],
        "status": ["inbox", "in_progress"],
        "tab": ["overview", "thread", "plan", "history", "approvals"],
        "secret": ["nothing"],
    }
    return Realm(project, people, (first.agent, second.agent), headers, tasks, names, tuple(keys.values()))


def _tasks(project: Project, agent: Agent) -> dict[str, Task]:
    fields: dict[str, Any] = {"actor": HOUSE, "project": project, "priority": 2}
    made = {
        name: create_task(
            title=f"Secret {name} of {project.slug}", description=f"For {project.slug}.", **fields
        )
        for name in ("ready", "other", "parent")
    }
    made["child"] = create_task(title="A part", description="Small.", parent=made["parent"], **fields)
    made["held"] = create_task(title="Under way", description="Now.", agents=[agent], **fields)
    step = Step(to="in_progress", work_plan=PLAN)
    made["held"] = transition(actor=agent_actor(agent, None), task=made["held"], step=step)
    made["asked"] = create_task(title="Asked about", description="May we?", agents=[agent], **fields)
    add_dependency(actor=HOUSE, task=made["other"], depends_on=made["ready"])
    return made


def _label(project: Project) -> Label:
    """A label whose number is long enough to be told from other numbers in an answer."""
    number = 10**9 + project.pk.int % 10**9
    return Label.objects.create(pk=number, project=project, name=f"label of {project.slug}")


def _fill(
    project: Project, tasks: Mapping[str, Task], owner: User, agent: Agent, bolt: Actor, nova: Actor
) -> dict[str, list[str]]:
    said = post_message(actor=bolt, task=tasks["held"], content=f"I begin in {project.slug}, @{agent.slug}.")
    answer = post_message(actor=person(owner), task=tasks["held"], content=f"Go on, @{agent.slug}.")
    review = create_review(actor=nova, task=tasks["held"], kind="praise", content="Well done.", score=7)
    asked = request_approval(
        actor=bolt,
        project=project,
        task=tasks["asked"],
        action_type="deploy",
        summary="Deploy",
        payload={"to": "live"},
    )
    execution = request_execution(actor=person(owner), task=tasks["held"], executor="cursor")
    alert = raise_alert(
        project_id=project.pk, kind="test", title=f"Look at {project.slug}", task=tasks["held"]
    )
    put_document(actor=bolt, agent=agent, kind="working", content=f"Notes of {project.slug}", day=None)
    view = save_view(
        actor=person(owner), project=project, name=f"Of {project.slug}", query="is:open", shared=True
    )
    relay.drain(consumer="notifications", handle=handle)
    notes = apps.get_model("notifications", "Notification").objects.filter(project=project)
    return {
        "task": [ref for task in tasks.values() for ref in (str(task.pk), task.key)],
        "key": [task.key for task in tasks.values()],
        "message": [str(said.pk), str(answer.pk)],
        "review": [str(review.pk)],
        "approval": [str(asked.pk)],
        "alert": [str(alert.pk)],
        "view": [str(view.pk)],
        "label": [str(_label(project).pk)],
        "token": [str(pk) for pk in project.service_tokens.values_list("pk", flat=True)[:2]],
        "ref": [str(execution.pk), *(str(note.pk) for note in notes[:6])],
    }


def aim(own: Realm, foreign: Realm) -> Targets:
    """The attackers are of `own`; what is of `foreign` is only named."""
    callers = ["nobody", *own.headers, *(f"@{role}" for role in own.people)]
    ready = own.tasks["ready"].key
    body = {
        "project": own.project.slug, "taskId": ready, "task": ready, "parent": None, "parentId": None,
        "agents": [own.agents[0].slug], "users": [], "labels": ["a"], "reviewer": None, "reply_to": None,
        "replyTo": None, "depends_on": own.tasks["other"].key, "before": None, "after": None,
        "into": int(own.names["label"][0]), "who": own.people["viewer"].username,
    }  # fmt: skip
    return Targets(callers=callers, own=own.names, foreign=foreign.names, body=body)


# A refusal is logged on purpose, so that a safety stop can be seen; checks of the chain are made by a job.
_IGNORED = {"Refusal", "ChainCheck"}


def counts() -> dict[str, int]:
    """How many rows of every kind there are, but for what only remembers requests."""
    rows = {model: model._default_manager.count() for model in _models()}
    return {model._meta.label: number for model, number in rows.items()}


def rows_of(project: Project) -> dict[str, list[Any]]:
    """Every row that belongs to a project, in full."""
    found: dict[str, list[Any]] = {}
    for model in _models():
        if any(each.name == "project" for each in model._meta.get_fields()):
            rows = model._default_manager.filter(project=project).order_by("pk")
            found[model._meta.label] = list(rows.values())
    return found


def _models() -> list[type[models.Model]]:
    ours = {"tasks", "agents", "notifications"}
    return [
        model
        for model in apps.get_models()
        if model._meta.app_label in ours and model._meta.managed and model.__name__ not in _IGNORED
    ]
