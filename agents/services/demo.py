"""A first project to look at: what a small team of agents and one operator might have on a Tuesday."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from agents.models import Agent
from agents.services.approvals import request_approval
from agents.services.claims import claim
from agents.services.registry import create_agent
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.transactions import unit
from tasks.models import Project, Task
from tasks.services.tasks import create_task, report_progress
from tasks.services.thread import post_message
from tasks.services.transition import Step, transition

HOUSE = Actor.system("demo")

AGENTS: list[dict[str, Any]] = [
    {"slug": "otter", "name": "Otter", "emoji": "🦦", "skills": ["python", "sql"], "level": "specialist"},
    {"slug": "heron", "name": "Heron", "emoji": "🪶", "skills": ["writing", "seo"], "level": "specialist"},
    {"slug": "lynx", "name": "Lynx", "emoji": "🐈", "skills": ["python", "ops"], "level": "lead"},
    {"slug": "wren", "name": "Wren", "emoji": "🐦", "skills": ["research"], "level": "intern"},
]


@dataclass(frozen=True, slots=True)
class Card:
    """One card of the demo: its fields, who works on it, and how far it has come."""

    title: str
    description: str
    type: str = "engineering"
    priority: int | None = 3
    labels: tuple[str, ...] = ()
    agent: str = ""
    upto: str = ""
    progress: int = 0
    note: str = ""
    says: str = ""
    waits_for: str = ""
    more: dict[str, Any] = field(default_factory=dict)


CARDS = [
    Card("Collect ideas for the spring newsletter", "", "email_marketing", None, ("newsletter",)),
    Card("Find out why sign-ups dipped on Sunday", "", "customer_research", None),
    Card(
        "Compare three e-mail providers",
        "Price per 10,000 mails, bounce handling, an API for suppression lists. One table, one recommendation.",
        "customer_research",
        3,
        ("newsletter",),
        more={"required_skills": ["research"]},
    ),
    Card(
        "Write the changelog of 2.4",
        "From the merged changes since 2.3: what users notice, what operators must do.",
        "docs",
        2,
        ("release",),
    ),
    Card(
        "Add an index for the invoice search",
        "The search by customer and month scans the table. Add the index, and show the plan before and after.",
        "engineering",
        1,
        ("database",),
        more={"required_skills": ["sql"]},
    ),
    Card(
        "Publish 2.4",
        "Tag, build, publish, tell the list.",
        "ops",
        2,
        ("release",),
        waits_for="Write the changelog of 2.4",
    ),
    Card(
        "Retry failed webhooks with back-off",
        "Double the wait up to an hour, with jitter; give up after a day and say so.",
        "engineering",
        2,
        ("api",),
        "otter",
        "in_progress",
        55,
        "Back-off written, now the tests for jitter.",
        "Should a 410 stop the retries at once? I would say yes.",
    ),
    Card(
        "Page titles for the pricing pages",
        "Titles under 60 characters, one keyword each, no two alike.",
        "seo_research",
        3,
        ("website",),
        "heron",
        "review",
        100,
        "",
        "Twelve titles are in the deliverable; number 7 is a guess.",
    ),
    Card(
        "Rotate the storage credentials",
        "New pair, both valid for a day, then revoke the old one.",
        "ops",
        1,
        ("security",),
        "lynx",
        "approval",
    ),
    Card(
        "Interview notes: five customers",
        "Summarise each call in ten lines, with one quote.",
        "customer_research",
        3,
        (),
        "wren",
        "blocked",
        20,
        "",
        "The recordings of two calls are missing.",
    ),
    Card(
        "Describe the import format",
        "Fields, an example, what is skipped and why.",
        "docs",
        4,
        ("docs",),
        "heron",
        "done",
    ),
]


def seed(*, project: Project) -> int:
    """Fill an empty project with the demo's agents and cards; returns how many cards there are. Once only."""
    with unit():
        if project.tasks.exists():
            return 0
        agents = {row["slug"]: _agent(project, row) for row in AGENTS}
        cards: dict[str, Task] = {}
        for card in CARDS:
            cards[card.title] = _make(project, card, agents, cards)
    return len(cards)


def _agent(project: Project, row: dict[str, Any]) -> tuple[Agent, Actor]:
    agent = create_agent(actor=HOUSE, project=project, max_concurrent_tasks=3, **row).agent
    flags = agent.flags
    return agent, Actor(kind="agent", id=str(agent.pk), name=agent.slug, project_id=project.pk, flags=flags)


def _make(
    project: Project, card: Card, agents: dict[str, tuple[Agent, Actor]], cards: dict[str, Task]
) -> Task:
    assigned = [agents[card.agent][0]] if card.agent else []
    task = create_task(
        actor=HOUSE,
        project=project,
        title=card.title,
        description=card.description,
        type=card.type,
        priority=card.priority,
        labels=card.labels,
        agents=assigned,
        dependencies=[cards[card.waits_for]] if card.waits_for else [],
        source="system",
        **card.more,
    )
    return _bring(task, card, agents[card.agent][1]) if card.agent else task


def _bring(task: Task, card: Card, actor: Actor) -> Task:
    claim(actor=actor, task_ref=task.key)
    plan = {"bullets": ["Read what is there", "Do the work in small steps", "Check it and hand in"]}
    task = transition(actor=actor, task=task, step=Step(to="in_progress", work_plan=plan))
    if card.progress or card.note:
        task = report_progress(actor=actor, task=task, progress=card.progress, note=card.note)
    if card.says:
        post_message(actor=actor, task=task, content=card.says)
        task.refresh_from_db()
    return _finish(task, card, actor)


def _finish(task: Task, card: Card, actor: Actor) -> Task:
    if card.upto in {"review", "done"}:
        checklist = {
            "items": [{"label": "Read once more", "checked": True}, {"label": "Links work", "checked": True}]
        }
        deliverable = {"summary": f"{card.title}: finished, see the thread."}
        step = Step(to="review", deliverable=deliverable, checklist=checklist)
        task = transition(actor=actor, task=task, step=step)
    if card.upto == "done":
        task = transition(
            actor=HOUSE, task=task, step=Step(to="done", unconditional=True, auto_approvable=True)
        )
    if card.upto == "blocked":
        task = transition(
            actor=actor, task=task, step=Step(to="blocked", reason="Two recordings are missing.")
        )
    if card.upto == "approval":
        request_approval(
            actor=actor,
            project=task.project,
            task=task,
            action_type="credentials.rotate",
            summary="Rotate the storage credentials now",
            payload={"service": "storage", "overlap_hours": 24},
            risk="yellow",
            justification="The pair is 90 days old.",
            rollback_plan="The old pair stays valid for a day.",
            expires_in_s=24 * 3600,
        )
    return task
