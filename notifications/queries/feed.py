"""Everything that happened in a project, newest first: a fixed number of queries however much it was."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db.models import Q

from agents.models import Agent, Approval, ExecutionRequest
from missioncontrol.kernel.ids import parse_uuid
from notifications.phrasing import Said, kind_of, say, types_of
from tasks.models import Event, Message, Project, Review, Task, User

PAGE = 50
MOST_NEW = 200
"""At most so many lines are added to a page that is open; beyond it the page is loaded anew."""

MOST_ROWS = 5_000
"""Of a task's messages, reviews and requests, the latest so many are looked for in the stream."""

HOUSE = "Mission Control"


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What the feed is about: a kind, an agent, a task; everything when nothing is named."""

    kind: str = ""
    agent: Agent | None = None
    task: Task | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One event as the feed tells it. `task` is None when it is about none, or about one that is not here."""

    seq: int
    at: datetime
    kind: str
    who: str
    agent: Agent | None
    said: Said
    task: Task | None


def lines_before(project: Project, narrowing: Narrowing, before: int | None) -> tuple[list[Line], int | None]:
    """The latest `PAGE` lines numbered under `before`, newest first, and the number older ones stand under."""
    bound = Q() if before is None else Q(seq__lt=before)
    events = _latest(project, narrowing, bound, PAGE + 1)
    shown = events[:PAGE]
    return _told(project, shown), shown[-1].seq if len(events) > PAGE else None


def lines_after(project: Project, narrowing: Narrowing, after: int) -> tuple[list[Line], bool]:
    """What has happened since `after`, newest first, and whether it is more than is shown."""
    events = _latest(project, narrowing, Q(seq__gt=after), MOST_NEW + 1)
    return _told(project, events[:MOST_NEW]), len(events) > MOST_NEW


def find_agent(project: Project, slug: str) -> Agent | None:
    """The project's agent called `slug`, removed ones included."""
    return Agent.objects.filter(project=project, slug=slug).first()


def find_task(project: Project, key: str) -> Task | None:
    """The project's task called `key`, in capitals or not."""
    return Task.objects.filter(project=project, key__in={key, key.upper()}).first()


def agents_of(project: Project) -> list[Agent]:
    """Whom the feed can be narrowed to."""
    return list(Agent.objects.filter(project=project).order_by("removed_at", "name", "slug")[:500])


def _latest(project: Project, narrowing: Narrowing, bound: Q, count: int) -> list[Event]:
    """Each source is read by its own index and cut, then they are merged: no source is read to its end."""
    rows = Event.objects.filter(bound, project=project)
    if narrowing.task is not None:
        rows = rows.filter(target_id__in=_about(narrowing.task))
    found = [list(rows.filter(source).order_by("-seq")[:count]) for source in _sources(narrowing)]
    merged = heapq.merge(*found, key=lambda event: event.seq, reverse=True)
    return list(islice(_once(merged), count))


def _sources(narrowing: Narrowing) -> Sequence[Q]:
    """What has to be read: by the agent and done to it, or type by type where only a kind is asked for.

    One list of types would let a database walk the whole history in search of a rare one.
    """
    types = types_of(narrowing.kind) if narrowing.kind else []
    if narrowing.agent is None and narrowing.task is None and types:
        return [Q(type=type) for type in types]
    fits = Q(type__in=types) if types else Q()
    if narrowing.agent is None:
        return [fits]
    named = str(narrowing.agent.pk)
    by, about = Q(actor_kind="agent", actor_id=named), Q(target_type="agent", target_id=named)
    return [fits & by, fits & about]


def _once(events: Iterable[Event]) -> Iterable[Event]:
    last = None
    for event in events:
        if event.seq != last:
            yield event
        last = event.seq


def _about(task: Task) -> list[str]:
    """The ids that events about the task can be aimed at: its own, and those of what belongs to it."""
    ids = [str(task.pk)]
    for model in (Message, Review, Approval, ExecutionRequest):
        rows = model._default_manager.filter(task=task).order_by("-pk")
        ids += [str(pk) for pk in rows.values_list("pk", flat=True)[:MOST_ROWS]]
    return ids


def _told(project: Project, events: Sequence[Event]) -> list[Line]:
    tasks = _tasks_named(project, events)
    agents = {str(agent.pk): agent for agent in _agents_named(project, events)}
    people = _people_named(events)
    return [_line(event, tasks, agents, people) for event in events]


def _line(event: Event, tasks: dict[str, Task], agents: dict[str, Agent], people: dict[str, str]) -> Line:
    agent = agents.get(event.actor_id) if event.actor_kind == "agent" else None
    return Line(
        seq=event.seq,
        at=event.at,
        kind=kind_of(event.type),
        who=_who(event, agent, people),
        agent=agent,
        said=say(event.type, event.data),
        task=next((tasks[name] for name in _names(event) if name in tasks), None),
    )


def _who(event: Event, agent: Agent | None, people: dict[str, str]) -> str:
    if event.actor_kind == "system":
        return HOUSE
    if agent is not None:
        return agent.name
    return people.get(event.actor_id, event.actor_name) if event.actor_kind == "human" else event.actor_name


def _names(event: Event) -> list[str]:
    """What the event calls its task, an id or a key."""
    after = event.data.get("after")
    reported = after.get("task") if isinstance(after, dict) else None
    named = [event.target_id if event.target_type == "task" else None, event.data.get("task"), reported]
    return [str(name) for name in [*named, event.data.get("key")] if name]


def _tasks_named(project: Project, events: Sequence[Event]) -> dict[str, Task]:
    named = {name for event in events for name in _names(event)}
    ids = [name for name in named if parse_uuid(name)]
    rows = Task.objects.filter(Q(pk__in=ids) | Q(key__in=named), project=project).only(
        "key", "title", "status"
    )
    return {name: task for task in rows for name in (str(task.pk), task.key)}


def _agents_named(project: Project, events: Sequence[Event]) -> Iterable[Agent]:
    ids = {event.actor_id for event in events if event.actor_kind == "agent" and parse_uuid(event.actor_id)}
    return Agent.objects.filter(project=project, pk__in=ids).only("slug", "name", "emoji")


def _people_named(events: Sequence[Event]) -> dict[str, str]:
    ids = {event.actor_id for event in events if event.actor_kind == "human" and event.actor_id.isdecimal()}
    rows = User.objects.filter(pk__in=ids).only("username", "display_name")
    return {str(user.pk): user.shown_name for user in rows}
