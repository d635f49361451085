"""Orders that staff give in the admin: through the services, told row by row, and only with the right to."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from agents.models import Agent
from agents.services.claims import claim
from tasks.models import Event, Project, Task, Transition, User
from tests.agents.building import events
from tests.tasks.building import a_project, a_task, an_agent, forced
from tests.tasks.test_admin import act

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return a_project()


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("grace"))
    return client


def reader() -> Client:
    """A member of staff who may only look."""
    user = User.objects.create_user("rita", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(user)
    return client


def held(project: Project, slug: str = "bolt") -> Task:
    _, actor = an_agent(project, slug)
    a_task(project)
    taken = claim(actor=actor)
    assert taken is not None and taken.task is not None
    return taken.task


def test_tasks_are_requeued_and_those_that_cannot_be_say_why(staff: Client, project: Project) -> None:
    stuck, done = forced(held(project), "blocked"), forced(a_task(project, "done"), "done")
    said = act(staff, Task, "requeue", stuck, done)
    row = Task.objects.get(pk=stuck.pk)
    assert (row.status, row.assignments.count()) == ("ready", 0)
    assert Task.objects.get(pk=done.pk).status == "done"
    assert "Tasks requeued: 1." in said
    assert any(done.key in each and "done" in each for each in said)
    step = Transition.objects.filter(task=stuck).latest("id")
    assert (step.to_status, step.reason, step.actor_name) == ("ready", "Set in the admin.", "grace")


def test_an_agents_leases_are_ended_and_it_stays_as_it_is(staff: Client, project: Project) -> None:
    task = held(project)
    said = act(staff, Agent, "end_leases", Agent.objects.get())
    row = Task.objects.get(pk=task.pk)
    assert (row.status, row.holder_id, row.abandoned_attempts) == ("ready", None, 0)
    assert Agent.objects.get().state == "active"
    assert events(project, "task.lease_ended")[0].actor_name == "grace"
    assert "Agents whose leases have ended: 1." in said


def test_staff_who_may_only_look_are_offered_no_order_and_give_none(project: Project) -> None:
    task, looking = held(project), reader()
    before = Event.objects.count()
    for model, action in ((Task, "requeue"), (Agent, "quarantine"), (Project, "archive")):
        row: Any = model._default_manager.get()
        path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        assert looking.get(path).context["action_form"] is None
        looking.post(path, {"action": action, "_selected_action": [str(row.pk)]}, follow=True)
    assert Event.objects.count() == before
    assert Task.objects.get().holder_id == task.holder_id


def test_every_order_asks_for_a_permission() -> None:
    free = [
        f"{model._meta.label}: {name}"
        for model, shown in admin.site._registry.items()
        for name in shown.actions or ()
        if isinstance(name, str) and not getattr(getattr(shown, name), "allowed_permissions", None)
    ]
    assert free == []


def test_a_filter_of_a_big_table_shows_what_its_latest_rows_hold(staff: Client, project: Project) -> None:
    forced(a_task(project), "done")
    page = staff.get(reverse("admin:tasks_event_changelist"))
    shown = {choice["display"] for choice in _filter(page, "type").choices(page.context["cl"])}
    assert {"All", "task.created", "project.created"} <= shown
    narrowed = staff.get(reverse("admin:tasks_event_changelist"), {"type": "task.created"})
    assert {row.type for row in narrowed.context["cl"].result_list} == {"task.created"}
    chosen = [
        choice for choice in _filter(narrowed, "type").choices(narrowed.context["cl"]) if choice["selected"]
    ]
    assert [choice["display"] for choice in chosen] == ["task.created"]


def _filter(page: Any, field: str) -> Any:
    return next(one for one in page.context["cl"].filter_specs if getattr(one, "field_path", "") == field)
