"""The OpenAPI document says of agents' answers what they hold."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework import serializers

from agents.api.descriptions import activity, agents, documents, execution, heartbeat
from agents.services.approvals import request_approval
from agents.services.credentials import check_bearer
from agents.services.execution import request_execution
from tasks.services.tasks import create_task
from tests.agents.building import HOUSE, Caller, a_member, a_project, an_agent, signed_in

pytestmark = pytest.mark.django_db


def _differences(shape: Any, answer: Any, path: str = "") -> list[str]:
    """Members that only one of the two has, also in nested answers."""
    if isinstance(shape, serializers.ListSerializer):
        return [found for item in answer for found in _differences(shape.child, item, f"{path}[]")]
    if not isinstance(shape, serializers.BaseSerializer) or answer is None:
        return []
    fields: dict[str, Any] = shape.fields  # type: ignore[attr-defined]
    needed = {name for name, field in fields.items() if field.required or field.read_only}
    wrong = [f"{path}.{name}" for name in (needed - set(answer)) | (set(answer) - set(fields))]
    for name, field in fields.items():
        wrong += _differences(field, answer.get(name), f"{path}.{name}")
    return wrong


@pytest.fixture
def caller() -> Caller:
    project = a_project()
    agent, caller = an_agent(project)
    for number in range(2):
        create_task(
            actor=HOUSE, project=project, title=f"Task {number}", description="it", priority=number + 1
        )
    actor = check_bearer(caller.headers["Authorization"].removeprefix("Bearer ")).actor
    request_approval(actor=actor, project=project, action_type="deploy", summary="Ship it", payload={})
    request_execution(actor=HOUSE, task=agent.project.tasks.order_by("number")[0])
    caller.put("/agent/documents/working", {"content": "one"})
    caller.post("/agents/bolt/activity", {"health": "waiting"})
    return caller


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/agents", agents.AGENTS),
        ("/agents/bolt", agents.AgentAnswer()),
        ("/agents/activity", activity.ACTIVITIES),
        ("/agents/bolt/activity", activity.AGENT_ACTIVITY),
        ("/agent/me", heartbeat.AgentMe()),
        ("/agent/documents/working", documents.DocumentAnswer()),
        ("/agent/documents/working/versions", documents.VERSIONS),
        ("/execution-requests", execution.EXECUTIONS),
    ],
)
def test_what_is_read_is_what_is_described(caller: Caller, path: str, shape: Any) -> None:
    assert _differences(shape, caller.get(path).json()) == []


def test_the_heartbeat_is_what_is_described(caller: Caller) -> None:
    shape = heartbeat.PulseAnswer()
    first = caller.post("/agent/heartbeat", {"claim": True, "current_task": "NOPE-1"}).json()
    assert first["claimed"] and first["directives"] and first["leases"] and first["approvals"]
    assert _differences(shape, first) == []
    assert _differences(shape, caller.post("/agent/heartbeat", {"claim": True}).json()) == []


def test_what_is_made_is_what_is_described(caller: Caller) -> None:
    owner = signed_in(a_member(a_project("gemini")))
    made = owner.post("/agents", {"project": "gemini", "slug": "new"}).json()
    assert _differences(agents.NewAgentAnswer(), made) == []
    assert _differences(agents.NewKeyAnswer(), owner.post("/agents/new/keys").json()) == []
    order = owner.post("/agents/pause-all", {"project": "gemini"}).json()
    assert _differences(agents.OrderToAllAnswer(), order) == []
    assert _differences(agents.NewSessionAnswer(), caller.post("/agent/sessions").json()) == []
