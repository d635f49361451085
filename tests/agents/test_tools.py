"""The tool endpoints, as agents' runtimes know them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents.models import AgentSession, RequestState, ResponseRequest
from agents.services.claims import claim
from agents.services.control import order
from agents.services.credentials import check_bearer
from agents.services.keys import create_service_token
from notifications.jobs import relay_events
from notifications.models import Notification
from tasks.models import Message, Project, Refusal, Task, Transition
from tasks.services.tasks import create_task
from tests.agents.building import HOUSE, Caller, a_member, a_project, an_agent, events, nobody, signed_in

pytestmark = pytest.mark.django_db

PLAN = {"bullets": ["Read", "Write", "Check"]}
DELIVERABLE = {"summary": "It is written."}
CHECKLIST = {"items": [{"label": "Tests pass", "checked": True}]}


def _session(caller: Caller, **body: Any) -> Caller:
    opened = caller.post("/agent/sessions", body)
    assert opened.status_code == 201
    return Caller(nobody().client, {"X-OpenClaw-Session-Key": opened.json()["session_key"]})


def _held(project: Project, caller: Caller) -> Task:
    create_task(actor=HOUSE, project=project, title="Write", description="it", priority=2)
    claimed = claim(actor=check_bearer(caller.headers["Authorization"].removeprefix("Bearer ")).actor)
    assert claimed is not None
    assert claimed.task is not None
    return claimed.task


@pytest.fixture
def project(db: None) -> Project:
    return a_project()


@pytest.fixture
def caller(project: Project) -> Caller:
    return an_agent(project)[1]


@pytest.fixture
def runtime(caller: Caller) -> Caller:
    return _session(caller)


@pytest.fixture
def task(project: Project, caller: Caller) -> Task:
    return _held(project, caller)


def _status(who: Caller, body: Any, **headers: str) -> Any:
    return who.post("//agent/task-status", body, **headers)


def _no(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    body: dict[str, Any] = response.json()
    assert body["success"] is False
    assert body["error"]
    return body


def test_a_runtime_takes_a_task_from_start_to_review(runtime: Caller, task: Task, project: Project) -> None:
    start = _status(runtime, {"taskId": task.key, "status": "in_progress", "workPlan": PLAN})
    assert start.status_code == 200
    assert (start.json()["success"], start.json()["status"]) == (True, "in_progress")
    hand_in = {"taskId": str(task.pk), "status": "review", "deliverable": DELIVERABLE, "checklist": CHECKLIST}
    assert _status(runtime, hand_in).json()["status"] == "review"
    task.refresh_from_db()
    assert (task.status, task.deliverable) == ("review", DELIVERABLE)
    told = [event.data["after"]["status"] for event in events(project, "task.transitioned")]
    assert told[-2:] == ["in_progress", "review"]
    row = Transition.objects.filter(task=task).order_by("pk").last()
    assert row is not None
    assert (row.actor_kind, row.actor_name) == ("agent", "bolt")


def test_the_same_status_again_succeeds_and_records_nothing(runtime: Caller, task: Task) -> None:
    body = {"taskId": task.key, "status": "in_progress", "workPlan": PLAN}
    _status(runtime, body)
    before = Transition.objects.count()
    for _ in range(3):
        assert _status(runtime, body).json()["success"] is True
    assert Transition.objects.count() == before


def test_blocking_needs_a_reason(runtime: Caller, task: Task) -> None:
    for reason in ({}, {"blockedReason": "  "}):
        body = _no(_status(runtime, {"taskId": task.key, "status": "blocked", **reason}), 422)
        assert body["errors"][0]["field"] == "blockedReason"
    answer = _status(runtime, {"taskId": task.key, "status": "blocked", "blockedReason": "No access"})
    assert answer.json()["status"] == "blocked"
    task.refresh_from_db()
    assert (task.status, task.blocked_reason, task.blocked_by) == ("blocked", "No access", "agent")


def test_a_refused_step_is_422_and_says_what_is_missing_and_open(runtime: Caller, task: Task) -> None:
    body = _no(_status(runtime, {"taskId": task.key, "status": "in_progress"}), 422)
    assert [error["field"] for error in body["errors"]] == ["work_plan"]
    assert "in_progress" in body["allowed_transitions"]
    _no(_status(runtime, {"taskId": task.key, "status": "done"}), 422)
    assert Refusal.objects.count() == 2
    task.refresh_from_db()
    assert task.status == "assigned"


def test_a_task_of_another_agent_is_422_and_stays(project: Project, task: Task) -> None:
    _, other = an_agent(project, "other")
    body = _no(_status(_session(other), {"taskId": task.key, "status": "in_progress", "workPlan": PLAN}), 422)
    assert body["code"] == "not_assigned"
    task.refresh_from_db()
    assert (task.status, task.work_plan) == ("assigned", None)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-OpenClaw-Session-Key": ""},
        {"X-OpenClaw-Session-Key": "nonsense"},
        {"X-OpenClaw-Session-Key": "mcx_abcdefgh_" + "a" * 43},
        {"Authorization": "Bearer nonsense"},
    ],
)
def test_without_a_known_session_it_is_401_and_nothing_happens(task: Task, headers: dict[str, str]) -> None:
    who = Caller(nobody().client, headers)
    for body in ({"taskId": task.key, "status": "blocked", "blockedReason": "x"}, "not json", {}):
        _no(_status(who, body), 401)
    task.refresh_from_db()
    assert (task.status, task.version) == ("assigned", Task.objects.get().version)
    assert not Refusal.objects.exists()


def test_a_persons_session_and_a_services_token_are_no_runtime(project: Project, task: Task) -> None:
    token = create_service_token(actor=HOUSE, project=project, name="ci", scopes=["write"])
    for who in (
        signed_in(a_member(project)),
        Caller(nobody().client, {"Authorization": f"Bearer {token.secret}"}),
    ):
        _no(_status(who, {"taskId": task.key, "status": "blocked", "blockedReason": "x"}), 401)
    assert Task.objects.get().status == "assigned"


def test_an_unknown_session_beside_a_good_key_is_401(caller: Caller, task: Task) -> None:
    _no(_status(caller, {"taskId": task.key, "status": "blocked"}, X_OpenClaw_Session_Key="mcx_no"), 401)


def test_an_agent_key_works_too(caller: Caller, task: Task) -> None:
    body = {"taskId": task.key, "status": "in_progress", "workPlan": PLAN}
    assert _status(caller, body).json()["success"] is True


@pytest.mark.parametrize("end", [{"ended_at": timezone.now()}, {"expires_at": timezone.now()}])
def test_an_ended_or_expired_session_is_401(runtime: Caller, task: Task, end: dict[str, Any]) -> None:
    AgentSession.objects.update(**end)
    _no(_status(runtime, {"taskId": task.key, "status": "blocked", "blockedReason": "x"}), 401)


def test_a_session_lasts_as_long_as_asked_and_its_key_is_not_stored(caller: Caller, project: Project) -> None:
    opened = caller.post("/agent/sessions", {"ttl_s": 60}).json()
    row = AgentSession.objects.get()
    assert timedelta(seconds=55) < row.expires_at - timezone.now() <= timedelta(seconds=60)
    assert opened["session_key"] not in "".join(str(value) for value in vars(row).values())
    assert caller.delete(f"/agent/sessions/{row.prefix}").status_code == 204
    assert [event.type for event in events(project)][-2:] == ["agent.session_opened", "agent.session_ended"]
    assert caller.post("/agent/sessions", {"ttl_s": 1}).status_code == 422


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("not json", 400),
        ("", 400),
        ("[]", 400),
        ("[" * 100 + "]" * 100, 400),
        ('{"taskId": "A\\u0000", "status": "review"}', 400),
        ({}, 400),
        ({"taskId": "APOL-1"}, 400),
        ({"status": "review"}, 400),
        ({"taskId": None, "status": "review"}, 400),
        ({"taskId": "", "status": "review"}, 400),
        ({"taskId": "APOL-1", "status": "canceled"}, 422),
        ({"taskId": "APOL-1", "status": "finished"}, 422),
        ({"taskId": "APOL-1", "status": 5}, 422),
        ({"taskId": 5, "status": "review"}, 422),
        ({"taskId": "APOL-1", "status": "review", "actor_type": "human"}, 422),
        ({"taskId": "NOPE-1", "status": "review"}, 404),
        ({"taskId": "00000000-0000-0000-0000-000000000000", "status": "review"}, 404),
    ],
)
def test_a_bad_call_has_its_exact_status_and_changes_nothing(
    runtime: Caller, task: Task, body: Any, status: int
) -> None:
    _no(_status(runtime, body), status)
    assert Task.objects.get().version == task.version


def test_a_task_of_another_project_is_not_found(runtime: Caller) -> None:
    other = create_task(actor=HOUSE, project=a_project("gemini"), title="Secret")
    _no(_status(runtime, {"taskId": other.key, "status": "blocked", "blockedReason": "x"}), 404)


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
@pytest.mark.parametrize("signed", [True, False])
def test_other_methods_are_405(runtime: Caller, method: str, signed: bool) -> None:
    who = runtime if signed else nobody()
    response = getattr(who, method)("//agent/task-status")
    _no(response, 405)
    assert "POST" in response["Allow"]


def test_the_content_type_does_not_matter(runtime: Caller, task: Task) -> None:
    body = f'{{"taskId": "{task.key}", "status": "blocked", "blockedReason": "No access"}}'
    for type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        response = runtime.client.post("/agent/task-status", body, content_type=type, headers=runtime.headers)
        assert response.json()["success"] is True, response.content


def test_a_halted_agent_is_refused(runtime: Caller, task: Task) -> None:
    agent = task.holder
    assert agent is not None
    order(actor=HOUSE, agent=agent, action="pause", reason="stop")
    body = _no(_status(runtime, {"taskId": task.key, "status": "blocked", "blockedReason": "x"}), 422)
    assert body["code"] == "paused"
    assert runtime.post("//agent/task-message", {"taskId": task.key, "content": "why?"}).status_code == 200


def test_a_repeated_call_with_one_idempotency_key_posts_once(runtime: Caller, task: Task) -> None:
    body = {"taskId": task.key, "content": "Hello"}
    first, second = (runtime.post("//agent/task-message", body, Idempotency_Key="m1") for _ in range(2))
    assert first.json() == second.json()
    assert Message.objects.filter(content="Hello").count() == 1


def test_task_message_posts_to_the_thread(runtime: Caller, task: Task) -> None:
    answer = runtime.post(
        "//agent/task-message", {"taskId": task.key, "content": "Half done", "type": "progress"}
    )
    message = Message.objects.get(pk=answer.json()["messageId"])
    assert (message.content, message.type, message.actor_name) == ("Half done", "progress", "bolt")
    _no(runtime.post("//agent/task-message", {"taskId": task.key, "content": ""}), 400)
    _no(runtime.post("//agent/task-message", {"taskId": task.key, "content": "x", "type": "system"}), 422)


def test_task_create_makes_a_task_in_the_agents_project(
    runtime: Caller, project: Project, task: Task
) -> None:
    body = {"title": "Next", "description": "it", "priority": 2, "parentId": task.key, "labels": ["a"]}
    answer = runtime.post("//agent/task-create", body).json()
    made = Task.objects.get(pk=answer["taskId"])
    assert (made.project, made.parent, made.source, answer["status"]) == (project, task, "agent", "ready")
    _no(runtime.post("//agent/task-create", {"title": ""}), 400)
    _no(runtime.post("//agent/task-create", {"title": "x", "agents": ["nobody"]}), 422)


def test_task_create_needs_the_flag(project: Project) -> None:
    _, meek = an_agent(project, "meek", can_create_tasks=False)
    assert _no(_session(meek).post("//agent/task-create", {"title": "x"}), 422)["code"] == "flag_missing"
    assert not Task.objects.exists()


def test_task_load_shows_the_task_with_its_lease_and_thread(runtime: Caller, task: Task) -> None:
    runtime.post("//agent/task-message", {"taskId": task.key, "content": "Hello"})
    answer = runtime.post("//agent/task-load", {"taskId": task.key}).json()
    assert (answer["task"]["key"], answer["task"]["lease"]["token"]) == (task.key, task.lease_token)
    assert [message["content"] for message in answer["messages"]] == ["Hello"]


def test_task_assign_hands_a_task_to_another_as_well(runtime: Caller, project: Project, task: Task) -> None:
    an_agent(project, "other")
    assert runtime.post("//agent/task-assign", {"taskId": task.key, "agents": ["other"]}).status_code == 200
    assert set(task.assignments.values_list("agent__slug", flat=True)) == {"bolt", "other"}


def test_document_writes_and_reads(runtime: Caller) -> None:
    _no(runtime.post("//agent/document", {"kind": "working"}), 404)
    runtime.post("//agent/document", {"kind": "working", "content": "# Now"})
    assert runtime.post("//agent/document", {"kind": "working"}).json()["document"]["content"] == "# Now"
    _no(runtime.post("//agent/document", {"kind": "diary"}), 422)


def _ask(runtime: Caller, task: Task, **to: Any) -> Any:
    return runtime.post("//agent/response-request", {"taskId": task.key, "question": "Which one?", **to})


def test_a_response_request_asks_each_once_until_it_is_answered(
    runtime: Caller, project: Project, task: Task
) -> None:
    _, helper = an_agent(project, "helper")
    a_member(project, "bob", "operator")
    answer = _ask(runtime, task, to=["helper"], users=["bob"]).json()
    assert (answer["asked"], answer["stillOpen"]) == (["helper", "bob"], [])
    (event,) = events(project, "response.requested")
    assert event.data["message"] == answer["messageId"]
    again = _ask(runtime, task, to=["helper"]).json()
    assert (again["asked"], again["stillOpen"], again["messageId"]) == ([], ["helper"], None)
    _session(helper).post("//agent/task-message", {"taskId": task.key, "content": "The left one."})
    assert ResponseRequest.objects.get(agent__slug="helper").state == RequestState.ANSWERED
    assert _ask(runtime, task, to=["helper"]).json()["asked"] == ["helper"]


def test_the_asked_are_told(runtime: Caller, project: Project, task: Task) -> None:
    helper, _ = an_agent(project, "helper")
    _ask(runtime, task, to=["helper"])
    relay_events()
    row = Notification.objects.get(agent=helper, type="response_request")
    assert "Which one?" in row.summary


def test_an_unanswered_request_is_asked_again_after_four_hours(
    runtime: Caller, project: Project, task: Task
) -> None:
    an_agent(project, "helper")
    _ask(runtime, task, to=["helper"])
    ResponseRequest.objects.update(created_at=timezone.now() - timedelta(hours=4, seconds=1))
    assert _ask(runtime, task, to=["helper"]).json()["asked"] == ["helper"]
    states = ResponseRequest.objects.order_by("created_at").values_list("state", flat=True)
    assert list(states) == ["expired", "open"]


def test_a_response_request_to_nobody_oneself_strangers_or_too_many_is_refused(
    runtime: Caller, project: Project, task: Task
) -> None:
    for number in range(11):
        an_agent(project, f"agent-{number}")
    for to in ([], ["bolt"], ["nobody"], [f"agent-{number}" for number in range(11)]):
        _no(_ask(runtime, task, to=to), 422)
    assert not ResponseRequest.objects.exists()
    assert not Message.objects.exists()
