"""Tasks made over HTTP: what is kept, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tasks.models import Project, Task
from tests.agents.building import (
    Caller,
    a_project,
    a_service,
    an_agent,
    events,
    problem,
)
from tests.tasks.building import a_task as made

pytestmark = pytest.mark.django_db


def test_a_task_with_everything_is_kept_as_it_was_sent(project: Project, ada: Caller) -> None:
    an_agent(project)
    parent, other = made(project, "Parent"), made(project, "Other")
    sent = {
        "project": "apollo", "title": "  Write   the guide ", "description": "For new users.\r\nAll of it.",
        "type": "docs", "priority": 1, "labels": ["docs", "auto-approve", "docs"], "required_skills": ["prose"],
        "agents": ["bolt"], "users": ["ada"], "reviewer": {"user": "ada"}, "parent": parent.key,
        "dependencies": [str(other.pk)], "due_at": "2030-01-02T03:04:05+02:00",
        "work_plan": {"bullets": ["a", "b", "c"], "estimated_cost": 1.5, "estimated_duration": "2 h"},
        "deliverable": {"summary": "s", "artifacts": [{"name": "n", "type": "file", "url": "https://e.org/x"}]},
        "checklist": {"items": [{"label": "Tests", "checked": True}]}, "estimate_minutes": 90, "budget": "2.50",
        "external_chat_id": "C1", "external_thread_id": "17.1", "source_ref": "mail 7",
    }  # fmt: skip
    answer = ada.post("/tasks", sent)
    assert answer.status_code == 201, answer.content
    shown = answer.json()
    assert answer["Location"] == f"/api/v1/tasks/{shown['key']}"
    assert answer["ETag"] == f'"{shown["version"]}"'
    assert shown["title"] == "Write the guide"
    assert shown["description"] == "For new users.\nAll of it."
    assert (shown["type"], shown["priority"], shown["status"]) == ("docs", 1, "assigned")
    assert shown["labels"] == ["auto-approve", "docs"]
    assert [who["slug"] for who in shown["assignees"]] == ["bolt", "ada"]
    assert shown["reviewer"] == {"kind": "user", "slug": "ada", "name": "ada"}
    assert (shown["parent"], shown["depends_on"], shown["open_dependencies"]) == (parent.key, [other.key], 1)
    assert shown["due_at"] == "2030-01-02T01:04:05Z"
    for name in (
        "work_plan",
        "deliverable",
        "checklist",
        "estimate_minutes",
        "external_chat_id",
        "source_ref",
    ):
        assert shown[name] == sent[name]
    assert (shown["budget"], shown["source"]) == ("2.5000", "dashboard")
    assert shown["created_by"] == {"kind": "human", "name": "ada"}
    assert ada.get(f"/tasks/{shown['key']}").json() == shown
    assert next(e.type for e in events(project) if e.target_id == shown["id"]) == "task.created"


def test_project_and_title_are_enough(project: Project) -> None:
    service = a_service(project, "write")
    answer = service.post("/tasks", {"project": "apollo", "title": "T"})
    assert answer.status_code == 201
    shown = answer.json()
    assert (shown["status"], shown["priority"], shown["type"], shown["source"]) == (
        "inbox",
        None,
        "engineering",
        "api",
    )
    assert shown["number"] == 1
    assert (shown["actual_cost"], shown["budget"]) == ("0.0000", None)
    assert shown["created_by"] == {"kind": "service", "name": "harness"}
    assert service.get(f"/tasks/{shown['key']}").json()["actual_cost"] == "0.0000"


def test_triage_lets_a_whole_task_into_ready(project: Project, ada: Caller) -> None:
    sent = {"project": "apollo", "title": "T", "description": "D", "priority": 2}
    assert ada.post("/tasks", sent).json()["status"] == "ready"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 301}, "title"),
        ({"title": 7}, "title"),
        ({"priority": 0}, "priority"),
        ({"priority": "2"}, "priority"),
        ({"priority": True}, "priority"),
        ({"priority": 2**60}, "priority"),
        ({"type": "poetry"}, "type"),
        ({"labels": "docs"}, "labels"),
        ({"labels": [{}]}, "labels.0"),
        ({"due_at": "tomorrow"}, "due_at"),
        ({"budget": -1}, "budget"),
        ({"status": "done"}, "status"),
        ({"actor_type": "human"}, "actor_type"),
        ({"agents": ["nobody"]}, "agents"),
        ({"users": ["nobody"]}, "users"),
        ({"reviewer": {"agent": "nobody"}}, "reviewer"),
        ({"reviewer": {"agent": "a", "user": "b"}}, "reviewer"),
        ({"reviewer": {}}, "reviewer"),
        ({"parent": "APOL-99"}, "parent"),
        ({"dependencies": ["APOL-99"]}, "dependencies"),
        ({"work_plan": {"bullets": "abc"}}, "work_plan.bullets"),
        ({"work_plan": {"bullets": [], "cost": 1}}, "work_plan.cost"),
        ({"work_plan": {"bullets": [], "estimated_cost": -1}}, "work_plan.estimated_cost"),
        ({"deliverable": {"artifacts": [{"name": "n"}]}}, "deliverable.artifacts.0.type"),
        (
            {"deliverable": {"artifacts": [{"name": "n", "type": "t", "url": "javascript:alert(1)"}]}},
            "deliverable.artifacts.0.url",
        ),
        ({"checklist": {"items": [{"label": "x", "checked": "yes"}]}}, "checklist.items.0.checked"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_made(
    project: Project, ada: Caller, fields: dict[str, Any], field: str
) -> None:
    answer = ada.post("/tasks", {"project": "apollo", "title": "T", **fields})
    assert field in {error["field"] for error in problem(answer, 422)["errors"]}
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b'"x"', b"{", b'{"project": "apollo", "title": "T", "title": "U"}', b"\xff",
        b'{"project": "apollo", "title": "a\\u0000b"}', b'{"project": "apollo", "title": "\\ud800"}',
        b'{"project": "apollo", "title": "T", "priority": NaN}',
        b'{"project": "apollo", "title": "T", "priority": 1e999}',
        b'{"project": "apollo", "title": "T", "priority": ' + b"9" * 5000 + b"}", b"[" * 50_000,
        b'{"project": "apollo", "title": "T", "labels": ' + b"[" * 100 + b"]" * 100 + b"}",
    ],
)  # fmt: skip
def test_a_malformed_body_makes_nothing(project: Project, ada: Caller, body: bytes) -> None:
    answer = ada.post("/tasks", body)
    assert answer.status_code in {400, 422}
    problem(answer, answer.status_code)
    assert not Task.objects.exists()


def test_what_belongs_to_another_project_does_not_exist_here(project: Project, ada: Caller) -> None:
    elsewhere = a_project("zeus")
    foreign = made(elsewhere)
    an_agent(elsewhere, "talos")
    for fields in ({"parent": foreign.key}, {"dependencies": [str(foreign.pk)]}, {"agents": ["talos"]}):
        problem(ada.post("/tasks", {"project": "apollo", "title": "T", **fields}), 422)
    problem(ada.post("/tasks", {"project": "zeus", "title": "T"}), 404, "not_found")
    assert Task.objects.filter(project=project).count() == 0


def test_the_same_key_makes_one_task(project: Project, ada: Caller) -> None:
    sent = {"project": "apollo", "title": "T"}
    first = ada.post("/tasks", sent, Idempotency_Key="k1")
    again = ada.post("/tasks", sent, Idempotency_Key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert (again["Idempotency-Replayed"], again["ETag"]) == ("true", first["ETag"])
    assert Task.objects.get().idempotency_key == "k1"
    problem(ada.post("/tasks", {**sent, "title": "Other"}, Idempotency_Key="k1"), 422, "idempotency_mismatch")
