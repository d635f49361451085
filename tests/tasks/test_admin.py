"""Staff see every row; what they change goes through the services."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser

from agents.models import Agent, AgentKey, Alert, Approval
from agents.services.alerts import raise_alert
from agents.services.approvals import request_approval
from missioncontrol.kernel.admin import ReadOnlyAdmin, ServiceAdmin
from tasks.models import (
    Event,
    EventStream,
    Label,
    Membership,
    Project,
    Refusal,
    SystemState,
    Task,
    Transition,
    User,
)
from tasks.services.thread import post_message
from tests.agents.building import a_service, events
from tests.support.server import LiveServer
from tests.tasks.building import HOUSE, a_member, a_project, a_task, actor_of, an_agent, forced

pytestmark = pytest.mark.django_db
OURS = [
    model
    for name in ("tasks", "agents", "notifications", "kernel")
    for model in apps.get_app_config(name).get_models()
    if model._meta.managed
]
APPEND_ONLY = ("Event", "Transition", "Refusal", "MessageVersion", "AgentDocumentVersion", "ApprovalDecision")


@pytest.fixture
def project() -> Project:
    return a_project(auto_triage=False)


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("grace"))
    return client


def told(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def act(staff: Client, model: type[Any], action: str, *rows: Any) -> list[str]:
    """Run an admin action on rows and return what staff are told."""
    path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    chosen = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    return told(staff.post(path, chosen, follow=True))


def change(staff: Client, row: Any, **fields: Any) -> Any:
    """Send the change form of a row as a browser would, with some fields changed."""
    path = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    form = staff.get(path).context["adminform"].form
    sent = {name: "" if _unset(form[name].value()) else form[name].value() for name in form.fields}
    for name, value in list(sent.items()):
        if hasattr(value, "strftime"):
            sent[f"{name}_0"], sent[f"{name}_1"] = value.strftime("%Y-%m-%d"), value.strftime("%H:%M:%S")
    empty = {
        f"{prefix}-{each}_FORMS": 0 for prefix in _prefixes(staff, path) for each in ("TOTAL", "INITIAL")
    }
    answer = staff.post(path, {**sent, **empty, **fields}, follow=True)
    assert answer.redirect_chain, answer.context["errors"]
    return answer


def _unset(value: Any) -> bool:
    return value is None or value is False


def _prefixes(staff: Client, path: str) -> list[str]:
    return [each.formset.prefix for each in staff.get(path).context["inline_admin_formsets"]]


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_every_model_is_in_the_admin_and_can_be_searched_and_listed(
    staff: Client, project: Project, model: type[Any]
) -> None:
    agent = an_agent(project)[0]
    task = forced(a_task(project, agents=[agent], labels=["x"]), "blocked")
    post_message(actor=HOUSE, task=task, content="Hello @bolt")
    page = admin.site.get_model_admin(model)
    path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    assert staff.get(path).status_code == 200
    if page.search_fields:
        assert staff.get(f"{path}?q=bolt").status_code == 200
    for row in model.objects.all()[:2]:
        shown = staff.get(
            reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk])
        )
        assert shown.status_code == 200
        for secret in ("digest",):
            if hasattr(row, secret):
                assert getattr(row, secret).encode() not in shown.content


@pytest.mark.parametrize("name", APPEND_ONLY)
def test_append_only_tables_are_to_read(name: str) -> None:
    model = next(model for model in OURS if model.__name__ == name)
    assert isinstance(admin.site.get_model_admin(model), ReadOnlyAdmin)


def test_nothing_but_people_is_deleted_or_added_without_a_service(staff: Client) -> None:
    request: Any = staff.get("/admin/").wsgi_request
    by_hand = {
        model.__name__
        for model in OURS
        if admin.site.get_model_admin(model).has_delete_permission(request)
        or admin.site.get_model_admin(model).has_add_permission(request)
    }
    assert by_hand == {"User", "Membership"}


def test_a_page_that_does_not_say_how_it_writes_cannot_be_registered() -> None:
    class Careless(ServiceAdmin):
        """Forgets `changed`: Django alone would save the row, without a service or an event."""

    with pytest.raises(TypeError, match="changed"):
        admin.AdminSite().register(Label, Careless)


def test_a_task_is_edited_with_its_event(staff: Client, project: Project) -> None:
    task = a_task(project)
    answer = change(staff, task, title="Better", priority="1")
    assert "was changed successfully" in told(answer)[0]
    found = Task.objects.get(pk=task.pk)
    assert (found.title, found.priority, found.version) == ("Better", 1, task.version + 1)
    event = events(project, "task.updated")[0]
    assert event.data["after"] == {"title": "Better", "priority": 1}
    assert (event.actor_kind, event.actor_name) == ("human", "grace")


def test_the_status_is_no_field_but_a_step(staff: Client, project: Project) -> None:
    task = a_task(project)
    change(staff, task, status="done")
    assert Task.objects.get(pk=task.pk).status == "inbox"
    change(staff, task, step_to="ready")
    assert Task.objects.get(pk=task.pk).status == "ready"
    assert Transition.objects.get().actor_name == "grace"


def test_a_refused_step_says_why_and_is_logged(staff: Client, project: Project) -> None:
    task = a_task(project, description="")
    answer = change(staff, task, step_to="ready", title="Unkept?")
    assert "Describe the task." in " ".join(told(answer))
    assert not any("successfully" in said for said in told(answer))
    found = Task.objects.get(pk=task.pk)
    assert (found.status, found.title) == ("inbox", task.title)
    assert Refusal.objects.get().actor_name == "grace"


def test_an_override_in_the_admin_needs_a_reason_and_shows(staff: Client, project: Project) -> None:
    task = a_task(project)
    assert "reason" in " ".join(told(change(staff, task, step_to="done", step_override="on")))
    change(staff, task, step_to="done", step_override="on", step_reason="Done on paper.")
    row = Transition.objects.get()
    assert (row.to_status, row.override, row.reason) == ("done", True, "Done on paper.")


def test_tasks_are_canceled_together_and_refusals_are_told_one_by_one(
    staff: Client, project: Project
) -> None:
    one, two = a_task(project, "one"), forced(a_task(project, "two"), "done")
    said = act(staff, Task, "cancel", one, two)
    assert Task.objects.get(pk=one.pk).status == "canceled"
    assert Task.objects.get(pk=two.pk).status == "done"
    assert any(two.key in each for each in said)
    assert any("canceled: 1" in each for each in said)


def test_a_project_is_archived_and_restored_with_its_event(staff: Client, project: Project) -> None:
    act(staff, Project, "archive", project)
    assert Project.objects.get().archived_at is not None
    act(staff, Project, "restore", project)
    assert Project.objects.get().archived_at is None
    assert [event.type for event in events(project)][-2:] == ["project.archived", "project.unarchived"]
    assert {event.actor_name for event in events(project)[-2:]} == {"grace"}


def test_agents_are_paused_and_quarantined_with_their_event(staff: Client, project: Project) -> None:
    one, two = an_agent(project, "one")[0], an_agent(project, "two")[0]
    act(staff, Agent, "pause", one)
    act(staff, Agent, "quarantine", two)
    assert list(Agent.objects.order_by("slug").values_list("state", flat=True)) == ["paused", "quarantined"]
    assert [event.actor_name for event in events(project, "agent.state_changed")] == ["grace", "grace"]
    act(staff, Agent, "resume", one, two)
    assert set(Agent.objects.values_list("state", flat=True)) == {"active"}


def test_an_agents_settings_are_changed_with_their_event(staff: Client, project: Project) -> None:
    agent = an_agent(project)[0]
    change(staff, agent, name="Bolt II", can_close="on", state="quarantined")
    found = Agent.objects.get()
    assert (found.name, found.can_close, found.state) == ("Bolt II", True, "active")
    assert len(events(project, "agent.updated")) == 1


def test_keys_are_revoked(staff: Client, project: Project) -> None:
    agent = an_agent(project)[0]
    act(staff, AgentKey, "revoke", agent.keys.get())
    assert agent.keys.get().revoked_at


def test_an_approval_is_ended_before_its_time_and_blocks_its_task(staff: Client, project: Project) -> None:
    agent, actor = an_agent(project)
    task = forced(a_task(project, agents=[agent]), "in_progress")
    approval = request_approval(
        actor=actor, project=project, task=task, action_type="deploy", summary="Ship it", payload={}
    )
    act(staff, Approval, "expire", approval)
    assert Approval.objects.get().status == "expired"
    assert Task.objects.get().status == "blocked"
    assert events(project, "approval.expired")[0].actor_name == "grace"
    act(staff, Approval, "expire", approval)
    assert len(events(project, "approval.expired")) == 1


def test_alerts_are_acknowledged_and_resolved(staff: Client, project: Project) -> None:
    alert = raise_alert(project_id=project.pk, kind="test", title="Look here")
    act(staff, Alert, "acknowledge", alert)
    assert Alert.objects.get().state == "acknowledged"
    act(staff, Alert, "resolve", alert)
    assert Alert.objects.get().state == "resolved"


def test_a_projects_mode_and_settings_are_set_with_their_events(staff: Client, project: Project) -> None:
    act(staff, Project, "pause", project)
    assert Project.objects.get().mode == "paused"
    change(staff, Project.objects.get(), workflow="light", mode="normal")
    found = Project.objects.get()
    assert (found.workflow, found.mode) == ("light", "paused")
    assert len(events(project, "project.mode_changed")) == len(events(project, "project.updated")) == 1


def test_the_installations_mode_is_set_in_every_project(staff: Client, project: Project) -> None:
    state, _ = SystemState.objects.get_or_create(pk=1)
    change(staff, state, mode="draining", mode_reason="Upgrade.")
    assert SystemState.objects.get().mode == "draining"
    assert events(project, "project.mode_changed")[0].data["scope"] == "global"


def test_the_audit_chain_is_verified(staff: Client, project: Project) -> None:
    a_task(project)
    assert "the chain holds" in act(staff, Project, "verify_audit_chain", project)[0]
    last = Event.objects.order_by("-seq")[0]
    EventStream.objects.update(head_hash="0" * 64)
    assert f"broken at event {last.seq}" in act(staff, Project, "verify_audit_chain", project)[0]


def test_roles_are_given_and_taken_by_the_service(staff: Client, project: Project) -> None:
    ada = a_member(project)
    nina = User.objects.create_user("nina")
    add = reverse("admin:tasks_membership_add")
    staff.post(add, {"project": project.pk, "user": nina.pk, "role": "viewer"})
    assert Membership.objects.get(user=nina).role == "viewer"
    change(staff, Membership.objects.get(user=nina), role="operator")
    assert Membership.objects.get(user=nina).role == "operator"
    delete = reverse("admin:tasks_membership_delete", args=[Membership.objects.get(user=nina).pk])
    staff.post(delete, {"post": "yes"})
    assert not Membership.objects.filter(user=nina).exists()
    assert len(events(project, "project.member_set")) == 3
    assert len(events(project, "project.member_removed")) == 1
    change(staff, Membership.objects.get(user=ada), role="viewer")
    assert Membership.objects.get(user=ada).role == "owner"


def test_people_who_are_not_staff_stay_outside(project: Project) -> None:
    client = Client()
    client.force_login(a_member(project))
    assert client.get("/admin/").status_code == 302
    a_service(project)
    assert actor_of(a_member(project)).is_staff is False


@pytest.mark.browser
def test_the_admin_breaks_no_rule_of_our_policy(live_server_asgi: LiveServer, browser: Browser) -> None:
    project = a_project()
    agent = an_agent(project)[0]
    task = a_task(project, agents=[agent])
    User.objects.create_superuser("root", password="correct horse battery")
    page = browser.new_context().new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{live_server_asgi.url}/admin/login/?next=/admin/tasks/task/")
    page.fill("#id_username", "root")
    page.fill("#id_password", "correct horse battery")
    page.click("input[type=submit]")
    page.get_by_role("link", name=task.key).click()
    page.select_option("#id_step_to", "blocked")
    page.fill("#id_step_reason", "Wait for the boss.")
    page.click("input[name=_continue]")
    page.get_by_text("was changed successfully").wait_for()
    assert Task.objects.get().status == "blocked"
    for path in (
        "agents/agent/",
        f"agents/agent/{agent.pk}/change/",
        "tasks/event/",
        f"tasks/project/{project.pk}/change/",
    ):
        page.goto(f"{live_server_asgi.url}/admin/{path}")
    assert complaints == []
