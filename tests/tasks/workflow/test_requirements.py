"""What an edge needs, and how all that is missing is told at once."""

from __future__ import annotations

from typing import Any

import pytest

from missioncontrol.kernel.clock import database_now
from tasks.errors import TransitionRefused
from tasks.models import Project, Task
from tasks.services.projects import update_project
from tasks.services.transition import Step, allowed_transitions, dry_run, transition
from tests.tasks.building import (
    BOSS,
    CHECKLIST,
    DELIVERABLE,
    HOUSE,
    PLAN,
    a_project,
    a_task,
    an_agent,
    forced,
)
from tests.tasks.workflow.building import BARE

pytestmark = pytest.mark.django_db


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
