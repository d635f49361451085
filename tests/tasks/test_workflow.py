"""The workflow: every status to every status by every kind of actor, against the grid written out once more."""

from __future__ import annotations

from typing import Any

import pytest

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import DomainError, Forbidden
from tasks.errors import FlagMissing, LeaseHeld, NotYourTask, StaleLease, TransitionRefused
from tasks.models import Event, Project, Refusal, Task, Transition
from tasks.services.projects import set_member, update_project
from tasks.services.transition import Step, allowed_transitions, dry_run, transition
from tasks.workflow import EDGES, Status, as_table
from tests.tasks.building import (
    BOSS,
    CHECKLIST,
    DELIVERABLE,
    HOUSE,
    PLAN,
    WORK,
    a_member,
    a_project,
    a_service,
    a_task,
    acting,
    actor_of,
    an_agent,
    forced,
)

pytestmark = pytest.mark.django_db

NAMES = (
    "inbox", "ready", "assigned", "in_progress", "review", "needs_approval", "blocked", "failed", "done",
    "canceled",
)  # fmt: skip
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


@pytest.fixture
def project() -> Project:
    return a_project(auto_triage=False, agents_may_close=True)


def somebody(project: Project, kind: str) -> Actor:
    if kind == "human":
        return actor_of(a_member(project))
    if kind == "service":
        return a_service(project, "write", "operate")
    return HOUSE


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


# What an edge needs -------------------------------------------------------------------------------------------------

BARE: dict[str, Any] = {"description": "", "priority": None}
LACKS = [
    ("inbox", "ready", BARE, {"description", "priority"}, False),
    ("inbox", "assigned", {}, {"assignees"}, False),
    ("ready", "in_progress", {}, {"assignees", "work_plan"}, True),
    ("in_progress", "review", {}, {"deliverable", "checklist"}, True),
    ("inbox", "blocked", {}, {"reason"}, False),
    ("inbox", "canceled", {}, {"reason"}, False),
    ("failed", "inbox", {}, {"reason"}, False),
    ("done", "review", {}, {"reason"}, False),
]


@pytest.mark.parametrize("workflow", ["guarded", "light"])
@pytest.mark.parametrize(("origin", "to", "fields", "lacking", "gated"), LACKS)
def test_one_refusal_lists_all_that_is_missing(
    workflow: str, origin: str, to: str, fields: dict[str, Any], lacking: set[str], gated: bool
) -> None:
    project = a_project(auto_triage=False, workflow=workflow)
    task = a_task(project, **fields)
    task = forced(task, origin) if origin != "inbox" else task
    if gated and workflow == "light":
        lacking = lacking - {"work_plan", "deliverable", "checklist"}
    told = dry_run(actor=BOSS, task=task, step=Step(to=to))
    assert {error.field for error in told.missing} == lacking
    if not lacking:
        assert transition(actor=BOSS, task=task, step=Step(to=to)).status == to
        return
    with pytest.raises(TransitionRefused) as refused:
        transition(actor=BOSS, task=task, step=Step(to=to))
    assert {error.field for error in refused.value.errors} == lacking
    assert refused.value.status == 422
    assert "canceled" in refused.value.extra["allowed_transitions"] or origin == "done"
    assert Task.objects.get(pk=task.pk).status == origin


def test_ready_takes_nobody_along(project: Project) -> None:
    task = a_task(project, agents=[an_agent(project)[0]])
    with pytest.raises(TransitionRefused) as refused:
        transition(actor=BOSS, task=task, step=Step(to="ready"))
    assert [error.field for error in refused.value.errors] == ["assignees"]


@pytest.mark.parametrize(
    ("bullets", "enough"),
    [
        ([], False),
        (["a", "b"], False),
        (["a", "b", " "], False),
        (["a", "b", "c"], True),
        (["a"] * 6, True),
        (["a"] * 7, False),
    ],
)
def test_a_plan_has_three_to_six_bullets_that_say_something(
    project: Project, bullets: list[str], enough: bool
) -> None:
    task = a_task(project, agents=[an_agent(project)[0]])
    step = Step(to="in_progress", work_plan={"bullets": bullets})
    if enough:
        assert transition(actor=BOSS, task=task, step=step).work_plan == {"bullets": bullets}
    else:
        with pytest.raises(TransitionRefused):
            transition(actor=BOSS, task=task, step=step)
        assert Task.objects.get(pk=task.pk).work_plan is None


@pytest.mark.parametrize(
    ("deliverable", "checklist", "lacking"),
    [
        (DELIVERABLE, CHECKLIST, set()),
        ({"content": "All of it."}, CHECKLIST, set()),
        ({"summary": "  ", "content": ""}, CHECKLIST, {"deliverable"}),
        ({"artifacts": [{"name": "a", "type": "file"}]}, CHECKLIST, {"deliverable"}),
        (DELIVERABLE, {"items": []}, {"checklist"}),
        (DELIVERABLE, {"items": [{"label": "Docs", "checked": False}]}, {"checklist.items.0"}),
        (DELIVERABLE, {"items": [{"label": "Docs", "checked": False, "note": "None needed."}]}, set()),
        (None, None, {"deliverable", "checklist"}),
    ],
)
def test_a_review_needs_a_deliverable_and_a_checklist_ticked_or_explained(
    project: Project, deliverable: Any, checklist: Any, lacking: set[str]
) -> None:
    task = forced(a_task(project, agents=[an_agent(project)[0]]), "in_progress")
    step = Step(to="review", deliverable=deliverable, checklist=checklist)
    if not lacking:
        assert transition(actor=BOSS, task=task, step=step).deliverable == deliverable
        return
    with pytest.raises(TransitionRefused) as refused:
        transition(actor=BOSS, task=task, step=step)
    assert {error.field for error in refused.value.errors} == lacking


def test_what_a_request_can_bring_is_offered_and_what_it_cannot_is_not(project: Project) -> None:
    bare = a_task(project, **BARE)
    assert "ready" not in allowed_transitions(BOSS, bare, database_now())
    worked_on = forced(a_task(project, agents=[an_agent(project)[0]]), "assigned")
    assert "in_progress" in allowed_transitions(BOSS, worked_on, database_now())


# Agents -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["assigned", "in_progress"])
def test_an_agent_that_is_not_assigned_moves_nothing(project: Project, origin: str) -> None:
    task = forced(a_task(project, agents=[an_agent(project)[0]], **WORK), origin)
    _, stranger = an_agent(project, "stranger")
    with pytest.raises(NotYourTask) as refused:
        transition(actor=stranger, task=task, step=Step(to="blocked", reason="Mine!"))
    assert (refused.value.status, refused.value.code) == (403, "not_assigned")


def test_a_co_assignee_waits_until_the_lease_is_free(project: Project) -> None:
    first, one = an_agent(project, "one")
    second, two = an_agent(project, "two")
    task = a_task(project, agents=[first, second], **WORK)
    task = transition(actor=one, task=task, step=Step(to="in_progress"))
    with pytest.raises(LeaseHeld):
        transition(actor=two, task=task, step=Step(to="review"))
    later = task.lease_expires_at
    assert later is not None
    taken = transition(actor=two, task=task, step=Step(to="blocked", reason="Gone."), now=later)
    assert (taken.status, taken.holder_id) == ("blocked", None)


@pytest.mark.parametrize("origin", ["review", "blocked"])
def test_the_reviewer_may_move_what_it_reviews(project: Project, origin: str) -> None:
    worker, doing = an_agent(project)
    reviewer, judging = an_agent(project, "judge")
    task = a_task(project, agents=[worker], reviewer=reviewer, **WORK)
    task = transition(actor=doing, task=task, step=Step(to="in_progress"))
    task = transition(actor=doing, task=task, step=Step(to=origin, reason="Stuck."))
    back = transition(actor=judging, task=task, step=Step(to="in_progress", reason="Again."))
    assert (back.status, back.holder_id) == ("in_progress", worker.pk)


@pytest.mark.parametrize("origin", ["review", "blocked"])
def test_any_other_agent_may_not(project: Project, origin: str) -> None:
    worker, doing = an_agent(project)
    task = a_task(project, agents=[worker], **WORK)
    task = transition(actor=doing, task=task, step=Step(to="in_progress"))
    task = transition(actor=doing, task=task, step=Step(to=origin, reason="Stuck."))
    with pytest.raises(NotYourTask):
        transition(actor=an_agent(project, "stranger")[1], task=task, step=Step(to="in_progress"))


@pytest.mark.parametrize("by", ["human", "service", "system"])
def test_a_block_that_no_agent_set_is_lifted_by_no_agent(project: Project, by: str) -> None:
    agent, actor = an_agent(project)
    task = forced(a_task(project, agents=[agent], **WORK), "in_progress")
    task = transition(actor=somebody(project, by), task=task, step=Step(to="blocked", reason="Stop."))
    assert task.blocked_by == by
    with pytest.raises(Forbidden) as refused:
        transition(actor=actor, task=task, step=Step(to="in_progress"))
    assert refused.value.code == "block_not_yours"
    assert refused.value.extra["next_action"]


@pytest.mark.parametrize(
    ("may", "flag", "assigned"), [(False, True, False), (True, False, False), (True, True, True)]
)
def test_an_agent_closes_only_with_leave_a_flag_and_nothing_of_its_own_in_it(
    may: bool, flag: bool, assigned: bool
) -> None:
    project = a_project(agents_may_close=may)
    agent, actor = an_agent(project, can_close=flag)
    on_it = agent if assigned else an_agent(project, "other")[0]
    task = forced(a_task(project, agents=[on_it], reviewer=agent), "review")
    with pytest.raises(FlagMissing) as refused:
        transition(actor=actor, task=task, step=Step(to="done"))
    assert refused.value.code == "may_not_close"


def test_the_system_closes_only_what_may_close_by_itself(project: Project) -> None:
    task = forced(a_task(project), "review")
    with pytest.raises(TransitionRefused):
        transition(actor=HOUSE, task=task, step=Step(to="done"))
    assert transition(actor=HOUSE, task=task, step=Step(to="done", auto_approvable=True)).status == "done"


def test_a_stale_lease_writes_nothing(project: Project) -> None:
    agent, actor = an_agent(project)
    task = a_task(project, agents=[agent], **WORK)
    task = transition(actor=actor, task=task, step=Step(to="in_progress"))
    with pytest.raises(StaleLease):
        transition(actor=actor, task=task, step=Step(to="review", lease_token=task.lease_token - 1))
    assert Task.objects.get(pk=task.pk).status == "in_progress"
    assert Refusal.objects.get().code == "stale_lease"
    told = dry_run(actor=actor, task=task, step=Step(to="review", lease_token=99))
    assert (told.allowed, told.code) == (False, "stale_lease")


# Roles, override ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", NAMES)
def test_an_override_forces_every_step_but_those_out_of_canceled(project: Project, origin: str) -> None:
    owner = actor_of(a_member(project))
    for to in NAMES:
        if to == origin:
            continue
        task = a_task(project, f"{origin} to {to}", **BARE)
        task = forced(task, origin) if origin != "inbox" else task
        step = Step(to=to, reason="It must be.", override=True)
        told = dry_run(actor=owner, task=task, step=step)
        if origin == "canceled":
            assert not told.allowed
            with pytest.raises(TransitionRefused):
                transition(actor=owner, task=task, step=step)
            continue
        assert told.allowed
        moved = transition(actor=owner, task=task, step=step)
        row = Transition.objects.filter(task=task).order_by("-id")[0]
        assert (moved.status, row.override, row.reason) == (to, True, "It must be.")
        event = Event.objects.filter(type="task.transitioned", target_id=str(task.pk)).order_by("-seq")[0]
        assert event.data["override"] is True


def test_an_override_needs_a_reason(project: Project) -> None:
    task = a_task(project)
    with pytest.raises(TransitionRefused) as refused:
        transition(actor=BOSS, task=task, step=Step(to="done", override=True, reason="  "))
    assert [error.field for error in refused.value.errors] == ["reason"]


@pytest.mark.parametrize("who", ["viewer", "agent", "system", "writing service"])
def test_an_override_is_for_owners_and_operators(project: Project, who: str) -> None:
    actors = {
        "viewer": lambda: actor_of(a_member(project, "vera", "viewer")),
        "agent": lambda: an_agent(project)[1],
        "system": lambda: HOUSE,
        "writing service": lambda: a_service(project, "write"),
    }
    actor, task = actors[who](), a_task(project)
    step = Step(to="done", override=True, reason="Now.")
    assert dry_run(actor=actor, task=task, step=step).code == "override_not_yours"
    with pytest.raises(Forbidden) as refused:
        transition(actor=actor, task=task, step=step)
    assert refused.value.code == "override_not_yours"
    assert Refusal.objects.get().code == "override_not_yours"


@pytest.mark.parametrize("origin", ["blocked", "needs_approval"])
def test_lifting_a_block_or_an_approval_needs_the_right_to_operate(project: Project, origin: str) -> None:
    task = forced(a_task(project), origin)
    writer = a_service(project, "write")
    assert allowed_transitions(writer, task, database_now()) == []
    assert not dry_run(actor=writer, task=task, step=Step(to="ready")).allowed
    with pytest.raises(Forbidden):
        transition(actor=writer, task=task, step=Step(to="ready"))
    assert transition(actor=a_service(project, "write", "operate"), task=task, step=Step(to="ready")).status


def test_a_viewer_is_offered_no_step(project: Project) -> None:
    user = a_member(project, "vera", "viewer")
    task = a_task(project)
    assert allowed_transitions(actor_of(user), task, database_now()) == []
    set_member(actor=HOUSE, project=project, user=user, role="operator")
    assert "ready" in allowed_transitions(actor_of(user), Task.objects.get(pk=task.pk), database_now())


def test_the_gates_follow_the_project(project: Project) -> None:
    task = a_task(project, agents=[an_agent(project)[0]])
    assert [e.field for e in dry_run(actor=BOSS, task=task, step=Step(to="in_progress")).missing] == [
        "work_plan"
    ]
    update_project(actor=HOUSE, project=project, changes={"workflow": "light"})
    assert dry_run(actor=BOSS, task=Task.objects.get(pk=task.pk), step=Step(to="in_progress")).allowed


def test_a_dry_run_tells_the_effects(project: Project) -> None:
    agent, actor = an_agent(project)
    task = transition(
        actor=actor, task=a_task(project, agents=[agent], work_plan=PLAN), step=Step(to="in_progress")
    )
    told = dry_run(actor=actor, task=task, step=Step(to="review"))
    assert not told.allowed
    assert {"status becomes review", "submitted now", "lease ends"} <= set(told.effects)
