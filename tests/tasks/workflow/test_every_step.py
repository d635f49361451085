"""Every status to every status by every kind of actor, against the grid written out once more."""

from __future__ import annotations

import pytest

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import DomainError
from tasks.models import Event, Project, Refusal, Task, Transition
from tasks.services.transition import Step, allowed_transitions, dry_run, transition
from tasks.workflow import EDGES, Status, as_table
from tests.tasks.building import (
    WORK,
    a_task,
    acting,
    an_agent,
    forced,
)
from tests.tasks.workflow.building import NAMES, somebody

pytestmark = pytest.mark.django_db


GRID = {
    "inbox":          ["",   "HS",  "AHS", "",   "",   "S",  "HS",  "",   "",     "H"],
    "ready":          ["H",  "",    "AHS", "AH", "",   "S",  "HS",  "",   "",     "H"],
    "assigned":       ["HS", "AHS", "",    "AH", "",   "S",  "AHS", "",   "",     "H"],
    "in_progress":    ["",   "AHS", "H",   "",   "AH", "S",  "AHS", "AS", "",     "H"],
    "review":         ["",   "",    "H",   "AH", "",   "HS", "HS",  "HS", "aHs",  "H"],
    "needs_approval": ["HS", "HS",  "HS",  "HS", "HS", "",   "HS",  "HS", "",     "H"],
    "blocked":        ["",   "HS",  "aH",  "aH", "",   "HS", "",    "HS", "",     "H"],
    "failed":         ["H",  "H",   "H",   "",   "",   "",   "",    "",   "",     "H"],
    "done":           ["",   "",    "",    "",   "H",  "",   "",    "",   "",     ""],
    "canceled":       ["",   "",    "",    "",   "",   "",   "",    "",   "",     ""],
}  # fmt: skip
"""A agent, H person or service, S system; a small letter has a condition, which the product test meets."""

KINDS = {"agent": "A", "human": "H", "service": "H", "system": "S"}
PRODUCT = [(origin, to, kind) for origin in NAMES for to in NAMES for kind in KINDS]


def lets_through(origin: str, to: str, kind: str) -> bool:
    return KINDS[kind] in GRID[origin][NAMES.index(to)].upper()


def a_scene(project: Project, origin: str, to: str, kind: str) -> tuple[Task, Actor]:
    """A task in `origin` that meets every requirement of the step to `to`, and the actor that shall take it."""
    agent, actor = an_agent(project, can_close=True)
    on_it = [agent] if to != "ready" or kind == "agent" else []
    if (kind, origin, to) == ("agent", "review", "done"):
        on_it = [an_agent(project, "other")[0]]
    task = a_task(project, agents=on_it, **WORK)
    if origin == "blocked" and kind == "agent":
        task = forced(task, "in_progress")
        task = transition(actor=acting(agent), task=task, step=Step(to="blocked", reason="Stuck."))
    elif task.status != origin:
        task = forced(task, origin)
    return task, actor if kind == "agent" else somebody(project, kind)


@pytest.mark.parametrize(("origin", "to", "kind"), PRODUCT)
def test_every_status_to_every_status_by_every_actor(
    project: Project, origin: str, to: str, kind: str
) -> None:
    task, actor = a_scene(project, origin, to, kind)
    step = Step(to=to, reason="Because.", auto_approvable=True)
    before = (Transition.objects.count(), Refusal.objects.count(), Event.objects.count(), task.version)
    told = dry_run(actor=actor, task=task, step=step)
    open_to = allowed_transitions(actor, task, database_now())
    assert (Transition.objects.count(), Refusal.objects.count()) == before[:2]

    if origin == to:
        unchanged = transition(actor=actor, task=task, step=step)
        assert told.allowed
        after = (
            Transition.objects.count(),
            Refusal.objects.count(),
            Event.objects.count(),
            unchanged.version,
        )
        assert after == before
    elif lets_through(origin, to, kind):
        assert told.allowed, told
        assert to in open_to or kind == "system"
        moved = transition(actor=actor, task=task, step=step)
        assert moved.status == Task.objects.get(pk=task.pk).status == to
        row = Transition.objects.filter(task=task).order_by("id")[before[0]]
        assert (row.from_status, row.to_status, row.actor_kind, row.reason) == (origin, to, kind, "Because.")
        assert not row.override
        event = Event.objects.filter(type="task.transitioned").order_by("-seq")[0]
        assert (event.data["before"], event.data["after"]) == ({"status": origin}, {"status": to})
        assert Refusal.objects.count() == before[1]
    else:
        assert not told.allowed
        assert to not in open_to
        with pytest.raises(DomainError) as refused:
            transition(actor=actor, task=task, step=step)
        assert "allowed_transitions" in refused.value.extra
        kept = Task.objects.get(pk=task.pk)
        assert (kept.status, kept.version) == (origin, task.version)
        assert (Transition.objects.count(), Event.objects.count()) == (before[0], before[2])
        row = Refusal.objects.get()
        assert (row.from_status, row.to_status, row.actor_kind) == (origin, to, kind)
        assert row.code == refused.value.code


def test_the_table_is_the_grid() -> None:
    for origin in NAMES:
        for to, cell in zip(NAMES, GRID[origin], strict=True):
            letters = {letter.upper() + ("*" if letter.islower() else "") for letter in cell}
            assert EDGES.get((origin, to), frozenset()) == letters, (origin, to)
    assert [status.value for status in Status] == list(NAMES)


def test_the_table_as_data_names_every_edge_once_with_what_it_needs() -> None:
    table = as_table()
    edges = [(edge["from"], edge["to"]) for edge in table["edges"]]
    assert len(edges) == len(set(edges)) == len(EDGES)
    needs = {(edge["from"], edge["to"]): {r["name"] for r in edge["requirements"]} for edge in table["edges"]}
    assert needs["inbox", "ready"] == {"triaged", "unassigned"}
    assert needs["assigned", "in_progress"] == {"assigned", "work_plan"}
    assert needs["in_progress", "review"] == {"deliverable", "checklist"}
    assert needs["done", "review"] == {"reason"}
    assert {s["name"] for s in table["statuses"] if s["closed"]} == {"failed", "done", "canceled"}
