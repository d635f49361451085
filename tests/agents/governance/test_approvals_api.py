"""Approvals over HTTP, as an agent and its operators use them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agents.api.descriptions.governance import ApprovalAnswer, ApprovalTaskAnswer
from agents.models import Approval
from agents.services.keys import create_service_token
from missioncontrol.kernel.clock import database_now

from .builders import HOUSE, World, a_world, ask, user_of

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/approvals"
DEPLOY = {
    "action_type": "deploy",
    "summary": "Deploy the page",
    "payload": {"env": "live"},
    "justification": "It is ready",
    "estimated_cost": "1.50",
    "rollback_plan": "Put the old one back",
}


@pytest.fixture
def world() -> World:
    return a_world()


class Caller:
    """One caller of the API, by key or by session."""

    def __init__(self, *, key: str = "", world: World | None = None, name: str = "") -> None:
        self.client = Client()
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}
        if world is not None:
            self.client.force_login(user_of(getattr(world, name)))

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        data = body if isinstance(body, bytes) else json.dumps(body or {})
        return self.client.post(
            f"{ROOT}{path}", data=data, content_type="application/json", headers={**self.headers, **headers}
        )

    def get(self, path: str = "") -> Any:
        return self.client.get(f"{ROOT}{path}", headers=self.headers)


@pytest.fixture
def agent(world: World) -> Caller:
    return Caller(key=world.key)


@pytest.fixture
def ann(world: World) -> Caller:
    return Caller(world=world, name="ann")


def test_an_agent_asks_and_an_operator_approves(world: World, agent: Caller, ann: Caller) -> None:
    asked = agent.post("", {**DEPLOY, "task": world.task.key})
    assert asked.status_code == 201
    answer = asked.json()
    assert (answer["status"], answer["risk"], answer["needed"]) == ("pending", "yellow", 1)
    assert (answer["project"], answer["estimated_cost"]) == ("atlas", "1.5000")
    assert answer["requester"] == {"kind": "agent", "id": str(world.agent.pk), "name": "scout"}
    assert answer["task"]["status"] == "needs_approval"
    decided = ann.post(f"/{answer['id']}/approve", {"reason": "Go"})
    assert decided.status_code == 200
    assert (decided.json()["status"], decided.json()["task"]["status"]) == ("approved", "in_progress")
    [decision] = decided.json()["decisions"]
    assert (decision["approve"], decision["reason"], decision["by"]["name"]) == (True, "Go", world.ann.name)
    again = ann.post(f"/{answer['id']}/deny", {"reason": "No"})
    assert (again.status_code, again.json()["code"]) == (409, "approval_decided")


def test_the_description_names_what_answers_hold(world: World, agent: Caller) -> None:
    answer = agent.post("", {**DEPLOY, "task": world.task.key}).json()
    assert set(answer) == set(ApprovalAnswer().fields)
    assert set(answer["task"]) == set(ApprovalTaskAnswer().fields)


def test_a_denial_without_a_reason_is_refused(world: World, ann: Caller) -> None:
    approval = ask(world)
    refused = ann.post(f"/{approval.pk}/deny")
    assert refused.status_code == 422
    assert refused.json()["errors"] == [{"field": "reason", "message": "Say why."}]
    assert ann.post(f"/{approval.pk}/deny", {"reason": "Not now"}).json()["task"]["status"] == "blocked"


@pytest.mark.parametrize("key", ["", "once"])
def test_deciding_too_late_answers_409_and_keeps_the_expiry(world: World, ann: Caller, key: str) -> None:
    approval = ask(world)
    Approval.objects.filter(pk=approval.pk).update(expires_at=database_now())
    headers = {"Idempotency-Key": key} if key else {}
    refused = ann.post(f"/{approval.pk}/approve", **headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "approval_expired")
    approval.refresh_from_db()
    assert (approval.status, world.now().status) == ("expired", "blocked")


def test_agents_and_viewers_may_not_decide(world: World, agent: Caller) -> None:
    approval = ask(world, actor=world.ann)
    for caller in (agent, Caller(world=world, name="vic")):
        for verdict in ("approve", "deny", "cancel"):
            assert caller.post(f"/{approval.pk}/{verdict}", {"reason": "x"}).status_code == 403
    approval.refresh_from_db()
    assert approval.status == "pending"


def test_the_requester_cancels(world: World, agent: Caller) -> None:
    approval = ask(world)
    assert agent.post(f"/{approval.pk}/cancel").json()["status"] == "canceled"
    assert world.now().status == "in_progress"


def test_a_service_decides_with_the_scope_to_operate(world: World) -> None:
    approval, red = ask(world), ask(world, payload={"env": "b"}, risk="red")
    keys = {
        scope: create_service_token(
            actor=HOUSE, project=world.project, name=scope, scopes=["read", scope]
        ).secret
        for scope in ("write", "operate")
    }
    assert Caller(key=keys["write"]).post(f"/{approval.pk}/approve").status_code == 403
    assert Caller(key=keys["operate"]).post(f"/{approval.pk}/approve").json()["status"] == "approved"
    assert Caller(key=keys["operate"]).post(f"/{red.pk}/approve").status_code == 403
    assert Caller(key=keys["operate"]).post(f"/{red.pk}/deny", {"reason": "No"}).json()["status"] == "denied"


def test_a_stranger_finds_nothing(world: World) -> None:
    approval = ask(world)
    beta = a_world("beta")
    for caller in (Caller(key=beta.key), Caller(world=beta, name="ann")):
        assert caller.get().json()["results"] == []
        assert caller.get(f"/{approval.pk}").status_code == 404
        assert caller.get("?project=atlas").status_code == 404
        assert caller.get(f"?task={world.task.key}").status_code == 404
        assert caller.post("", {**DEPLOY, "task": world.task.key}).status_code == 404
        for verdict in ("approve", "deny", "cancel"):
            assert caller.post(f"/{approval.pk}/{verdict}", {"reason": "x"}).status_code == 404
    assert Caller().get().status_code == 401


def test_lists_are_filtered(world: World, ann: Caller) -> None:
    first = ask(world)
    ann.post(f"/{first.pk}/deny", {"reason": "No"})
    second = ask(world, task=None, actor=world.bob)
    assert [row["id"] for row in ann.get().json()["results"]] == [str(second.pk), str(first.pk)]
    assert [row["id"] for row in ann.get("?status=denied").json()["results"]] == [str(first.pk)]
    assert [row["id"] for row in ann.get(f"?task={world.task.key}").json()["results"]] == [str(first.pk)]
    assert len(ann.get("?project=atlas&limit=1").json()["results"]) == 1
    assert ann.get("?status=maybe").status_code == 400


def test_the_project_comes_from_task_body_or_credential(world: World, agent: Caller, ann: Caller) -> None:
    assert agent.post("", DEPLOY).json()["project"] == "atlas"
    refused = ann.post("", DEPLOY)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "project")
    assert ann.post("", {**DEPLOY, "project": "atlas"}).status_code == 201
    a_world("beta")
    both = ann.post("", {**DEPLOY, "project": "beta", "task": world.task.key})
    assert both.status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"summary": ""}, "summary"),
        ({"summary": None}, "summary"),
        ({"action_type": "Deploy It!"}, "action_type"),
        ({"risk": "green"}, "risk"),
        ({"payload": []}, "payload"),
        ({"payload": "x"}, "payload"),
        ({"payload": {"x": "y" * 100_001}}, "payload"),
        ({"estimated_cost": "NaN"}, "estimated_cost"),
        ({"estimated_cost": -1}, "estimated_cost"),
        ({"estimated_cost": True}, "estimated_cost"),
        ({"estimated_cost": 10**15}, "estimated_cost"),
        ({"expires_in_s": 0}, "expires_in_s"),
        ({"expires_in_s": 10**9}, "expires_in_s"),
        ({"requester": "me"}, "requester"),
        ({"status": "approved"}, "status"),
    ],
)
def test_a_bad_request_is_named_and_changes_nothing(
    world: World, agent: Caller, change: dict[str, Any], field: str
) -> None:
    refused = agent.post("", {**DEPLOY, "task": world.task.key, **change})
    assert refused.status_code == 422
    assert field in [error["field"].split(".")[0] for error in refused.json()["errors"]]
    assert not Approval.objects.exists()
    assert world.now().status == "in_progress"


@pytest.mark.parametrize(
    "payload", [b'{"x": "\\u0000"}', b'{"x": "\\ud800"}', b'{"x": NaN}', b"[" * 70 + b"]" * 70]
)
def test_text_that_cannot_be_stored_is_malformed(world: World, agent: Caller, payload: bytes) -> None:
    body = b'{"action_type": "deploy", "summary": "x", "payload": ' + payload + b"}"
    assert agent.post("", body).status_code == 400
    assert not Approval.objects.exists()


def test_the_same_request_under_one_key_is_one_request(world: World, agent: Caller) -> None:
    answers = [agent.post("", DEPLOY, **{"Idempotency-Key": "k1"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert Approval.objects.get().idempotency_key == "k1"


def test_the_list_needs_the_same_queries_for_one_and_for_many(world: World, ann: Caller) -> None:
    counts = []
    for total in (1, 20):
        for number in range(total):
            ask(world, actor=world.bob, payload={"n": f"{total}-{number}"})
        with CaptureQueriesContext(connection) as queries:
            ann.get()
        counts.append(len(queries))
    assert counts[0] == counts[1]
