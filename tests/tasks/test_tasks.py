"""Tasks: made, triaged, edited, told how far they have come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from missioncontrol.kernel.errors import NotFound, Refused
from tasks.errors import CycleRefused, FlagMissing, LeaseHeld, NotYourTask, VersionConflict
from tasks.models import Label, Project, Subscription, Task
from tasks.services.assigning import assign
from tasks.services.family import MAX_NESTING
from tasks.services.projects import update_project
from tasks.services.tasks import create_task, edit_task, report_progress
from tasks.services.transition import Step, transition
from tests.agents.building import events
from tests.tasks.building import BOSS, HOUSE, PLAN, a_member, a_project, a_task, actor_of, an_agent, forced

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return a_project()


def edited(task: Task, actor: Any = BOSS, **changes: Any) -> Task:
    return edit_task(actor=actor, task=task, changes=changes)


def test_numbers_have_no_gaps_and_keys_carry_the_prefix(project: Project) -> None:
    other = a_project("zeus", key_prefix="ZZ")
    assert [a_task(project).key for _ in range(3)] == ["APOL-1", "APOL-2", "APOL-3"]
    assert a_task(other).key == "ZZ-1"


def test_a_failed_creation_uses_up_no_number(project: Project) -> None:
    elsewhere = a_task(a_project("zeus"))
    with pytest.raises(NotFound):
        a_task(project, parent=elsewhere)
    with pytest.raises(NotFound):
        a_task(project, dependencies=[elsewhere])
    assert a_task(project).number == 1
    assert not events(project, "task.created")[1:]


@pytest.mark.parametrize(
    ("settings", "fields", "status"),
    [
        ({}, {}, "ready"),
        ({}, {"description": ""}, "inbox"),
        ({}, {"description": " \n "}, "inbox"),
        ({}, {"priority": None}, "inbox"),
        ({"auto_triage": False}, {}, "inbox"),
    ],
)
def test_triage_lets_whole_tasks_into_ready(
    settings: dict[str, Any], fields: dict[str, Any], status: str
) -> None:
    assert a_task(a_project(**settings), **fields).status == status


def test_triage_follows_an_edit(project: Project) -> None:
    task = a_task(project, description="", priority=None)
    task = edited(task, description="Now told.")
    assert task.status == "inbox"
    assert edited(task, priority=2).status == "ready"
    step = events(project, "task.transitioned")[0]
    assert (step.actor_kind, step.actor_name, step.data["automatic"]) == ("system", "triage", True)


def test_triage_does_not_fire_again_for_a_task_whose_last_assignee_was_removed(project: Project) -> None:
    agent = an_agent(project)[0]
    task = assign(actor=BOSS, task=a_task(project, agents=[agent]), agents=[], mode="set")
    assert (task.status, task.triage_suspended) == ("inbox", True)
    assert edited(task, title="Other").status == "inbox"


def test_whoever_has_to_do_with_a_task_follows_it(project: Project) -> None:
    ada, uma = a_member(project), a_member(project, "uma", "operator")
    agent = an_agent(project)[0]
    task = create_task(actor=actor_of(ada), project=project, title="T", agents=[agent], reviewer=uma)
    following = Subscription.objects.filter(task=task, muted=False)
    assert {row.user_id for row in following if row.user_id} == {ada.pk, uma.pk}
    assert {row.agent_id for row in following if row.agent_id} == {agent.pk}


def test_an_agent_without_the_flag_makes_nothing(project: Project) -> None:
    _, actor = an_agent(project, can_create_tasks=False)
    with pytest.raises(FlagMissing):
        create_task(actor=actor, project=project, title="T")
    assert not Task.objects.exists()


def test_an_edit_tells_before_and_after_and_grows_the_version_once(project: Project) -> None:
    task = a_task(project, labels=["a"])
    due = timezone.now() + timedelta(days=3)
    changed = edited(task, title="New", labels=["b", "a"], due_at=due, priority=3)
    assert changed.version == task.version + 1
    data = events(project, "task.updated")[0].data
    assert data["before"] == {"title": "Write the guide", "labels": ["a"], "due_at": None}
    assert data["after"] == {"title": "New", "labels": ["a", "b"], "due_at": due.isoformat()}
    assert sorted(changed.labels.values_list("name", flat=True)) == ["a", "b"]
    assert Label.objects.filter(project=project).count() == 2


def test_what_is_so_already_is_no_change(project: Project) -> None:
    task = a_task(project, labels=["a"], budget="2.50")
    before = len(events(project))
    again = edited(task, title=task.title, labels=["a"], priority=3)
    assert (again.version, len(events(project))) == (task.version, before)


def test_only_what_is_named_can_be_edited(project: Project) -> None:
    task = a_task(project)
    for name in ("status", "holder", "lease_token", "key", "completed_at"):
        with pytest.raises(Refused) as refused:
            edited(task, **{name: "x"})
        assert refused.value.errors[0].field == name


def test_an_edit_of_an_old_version_names_the_fields_and_who_changed_them(project: Project) -> None:
    task = a_task(project)
    edited(task, actor_of(a_member(project)), title="Hers")
    with pytest.raises(VersionConflict) as lost:
        edit_task(actor=BOSS, task=task, changes={"title": "Mine"}, expected_version=task.version)
    assert [(e.field, e.message) for e in lost.value.errors] == [("title", "Changed by ada.")]


def test_families_have_no_circles_and_an_end(project: Project) -> None:
    top = a_task(project, "top")
    below = a_task(project, "below", parent=top)
    with pytest.raises(CycleRefused):
        edited(top, parent=below)
    with pytest.raises(CycleRefused):
        edited(top, parent=top)
    line = [top]
    for depth in range(MAX_NESTING - 1):
        line.append(a_task(project, f"level {depth}", parent=line[-1]))
    with pytest.raises(CycleRefused):
        a_task(project, parent=line[-1])


def test_an_agent_edits_what_it_holds_made_or_reviews(project: Project) -> None:
    agent, actor = an_agent(project)
    _, stranger = an_agent(project, "stranger")
    held = transition(
        actor=actor, task=a_task(project, agents=[agent], work_plan=PLAN), step=Step(to="in_progress")
    )
    assert edited(held, actor, progress=10).progress == 10
    with pytest.raises(NotYourTask):
        edited(held, stranger, progress=90)
    own = create_task(actor=stranger, project=project, title="Own")
    assert edited(own, stranger, title="Renamed").title == "Renamed"
    reviewed = forced(a_task(project, reviewer=agent), "review")
    assert edited(reviewed, actor, progress_note="Looks fine.").progress_note == "Looks fine."
    assert Task.objects.get(pk=held.pk).progress == 10


def test_a_co_assignee_writes_nothing_while_another_holds_the_lease(project: Project) -> None:
    one, first = an_agent(project, "one")
    two, second = an_agent(project, "two")
    task = a_task(project, agents=[one, two], work_plan=PLAN)
    task = transition(actor=first, task=task, step=Step(to="in_progress"))
    with pytest.raises(LeaseHeld):
        edited(task, second, progress=50)
    assert Task.objects.get().progress == 0


def test_a_report_renews_the_lease_and_keeps_the_last_line(project: Project) -> None:
    agent, actor = an_agent(project)
    task = a_task(project, agents=[agent], work_plan=PLAN)
    early = timezone.now() - timedelta(minutes=10)
    task = transition(actor=actor, task=task, step=Step(to="in_progress"), now=early)
    before = task.lease_expires_at
    task = report_progress(actor=actor, task=task, progress=60, note="Half way, and more.")
    assert (task.progress, task.progress_note, task.lease_token) == (60, "Half way, and more.", 1)
    assert before is not None
    assert task.lease_expires_at is not None
    assert task.lease_expires_at > before


def test_an_import_keeps_its_own_time_and_origin(project: Project) -> None:
    then = timezone.now() - timedelta(days=400)
    task = create_task(
        actor=HOUSE, project=project, title="Old", source="import", source_ref="bd-1", created_at=then
    )
    assert (task.created_at, task.source, task.source_ref) == (then, "import", "bd-1")


def test_settings_of_the_project_reach_its_tasks(project: Project) -> None:
    update_project(actor=HOUSE, project=project, changes={"lease_s": 120})
    assert a_task(Project.objects.get()).lease_s == 120
