"""The registry: owners make agents, agents make lesser ones, strangers see nothing."""

from __future__ import annotations

from typing import Any

import pytest

from agents.models import Agent, AgentKey
from tests.agents.building import (
    a_member,
    a_project,
    a_service,
    an_agent,
    events,
    problem,
    signed_in,
    with_key,
)

pytestmark = pytest.mark.django_db


def test_an_owner_registers_an_agent_and_gets_its_key_once() -> None:
    project = a_project()
    owner = signed_in(a_member(project))
    body = {
        "project": "apollo",
        "slug": "bolt",
        "level": "lead",
        "skills": ["python", "sql", "python"],
        "task_types": ["docs"],
        "operator": "ada",
        "budget_per_day": "3.5",
    }
    response = owner.post("/agents", body)
    assert response.status_code == 201
    answer = response.json()
    assert with_key(answer["key"]).get("/agents/bolt").json()["id"] == answer["id"]
    assert (answer["name"], answer["level"], answer["skills"]) == ("Bolt", "lead", ["python", "sql"])
    assert (answer["operator"], answer["state"], answer["offline"]) == ("ada", "active", True)
    assert "key" not in owner.get("/agents/bolt").json()
    assert [event.data["slug"] for event in events(project, "agent.created")] == ["bolt"]


def test_the_same_registration_sent_again_answers_the_same_key() -> None:
    project = a_project()
    owner = signed_in(a_member(project))
    body = {"project": "apollo", "slug": "bolt"}
    first, second = (owner.post("/agents", body, Idempotency_Key="a1") for _ in range(2))
    assert first.json() == second.json()
    assert (Agent.objects.count(), AgentKey.objects.count()) == (1, 1)
    problem(owner.post("/agents", body, Idempotency_Key="a2"), 409, "slug_taken")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"slug": "Not A Slug"}, "slug"),
        ({"slug": "x" * 61}, "slug"),
        ({"level": "boss"}, "level"),
        ({"skills": "python"}, "skills"),
        ({"skills": ["a\u0000b"]}, None),
        ({"task_types": ["magic"]}, "task_types.0"),
        ({"max_concurrent_tasks": 0}, "max_concurrent_tasks"),
        ({"max_concurrent_tasks": 10**12}, "max_concurrent_tasks"),
        ({"heartbeat_interval_s": True}, "heartbeat_interval_s"),
        ({"operator": "nobody"}, "operator"),
        ({"budget_per_day": "-1"}, "budget_per_day"),
        ({"budget_per_day": "NaN"}, "budget_per_day"),
        ({"budget_per_day": []}, "budget_per_day"),
        ({"state": "active"}, "state"),
        ({"can_close": "yes"}, "can_close"),
    ],
)
def test_a_bad_registration_names_the_field_and_makes_nothing(
    changes: dict[str, Any], field: str | None
) -> None:
    project = a_project()
    owner = signed_in(a_member(project))
    response = owner.post("/agents", {"project": "apollo", "slug": "bolt", **changes})
    document = problem(response, 400 if field is None else 422)
    if field is not None:
        assert field in [error["field"] for error in document["errors"]]
    assert not Agent.objects.exists()


def test_only_owners_and_admin_services_register() -> None:
    project = a_project()
    body = {"project": "apollo", "slug": "new"}
    for who in (signed_in(a_member(project, "bob", "operator")), a_service(project, "operate")):
        problem(who.post("/agents", body), 403)
    problem(signed_in(a_member(a_project("gemini"), "eve")).post("/agents", body), 404)
    assert a_service(project, "admin").post("/agents", body).status_code == 201


def test_strangers_see_no_agent() -> None:
    project, other = a_project(), a_project("gemini")
    an_agent(project)
    _, stranger = an_agent(other, "eve")
    problem(stranger.get("/agents/bolt"), 404)
    problem(stranger.get("/agents?project=apollo"), 404)
    assert [row["slug"] for row in stranger.get("/agents").json()["results"]] == ["eve"]


def test_one_slug_in_two_projects_asks_which() -> None:
    project, other = a_project(), a_project("gemini")
    ada = a_member(project)
    a_member(other, "ada")
    an_agent(project)
    an_agent(other)
    person = signed_in(ada)
    problem(person.get("/agents/bolt"), 400, "ambiguous")
    assert person.get("/agents/bolt?project=gemini").json()["project"] == "gemini"


def test_an_edit_changes_what_it_says_with_one_event_and_a_new_version() -> None:
    project = a_project()
    an_agent(project)
    owner = signed_in(a_member(project))
    before = owner.get("/agents/bolt")
    response = owner.patch("/agents/bolt", {"name": "Bolt II", "can_close": True}, If_Match=before["ETag"])
    assert response.status_code == 200
    assert response["ETag"] == '"2"'
    row = Agent.objects.get()
    assert (row.name, row.can_close, row.version) == ("Bolt II", True, 2)
    (event,) = events(project, "agent.updated")
    assert event.data["before"] == {"name": "Bolt", "can_close": False}
    assert event.data["after"] == {"name": "Bolt II", "can_close": True}


def test_an_edit_of_an_old_version_is_refused_naming_the_fields() -> None:
    project = a_project()
    an_agent(project)
    owner = signed_in(a_member(project))
    owner.patch("/agents/bolt", {"name": "First"})
    document = problem(owner.patch("/agents/bolt", {"name": "Second", "version": 1}), 409, "version_conflict")
    assert [error["field"] for error in document["errors"]] == ["name"]
    assert Agent.objects.get().name == "First"


def test_an_edit_that_changes_nothing_tells_nothing() -> None:
    project = a_project()
    an_agent(project)
    owner = signed_in(a_member(project))
    assert owner.patch("/agents/bolt", {"name": "Bolt"}).json()["version"] == 1
    assert events(project, "agent.updated") == []


def test_agents_and_operators_do_not_edit_agents() -> None:
    project = a_project()
    _, caller = an_agent(project)
    for who in (caller, signed_in(a_member(project, "bob", "operator"))):
        problem(who.patch("/agents/bolt", {"level": "lead"}), 403)
        problem(who.delete("/agents/bolt"), 403)
    assert Agent.objects.get().level == "specialist"


def test_a_removed_agent_is_out_of_the_list_and_its_key_is_dead() -> None:
    project = a_project()
    _, caller = an_agent(project)
    owner = signed_in(a_member(project))
    assert owner.delete("/agents/bolt").status_code == 204
    assert owner.delete("/agents/bolt").status_code == 204
    problem(caller.get("/agents"), 401)
    assert owner.get("/agents").json()["results"] == []
    assert [row["slug"] for row in owner.get("/agents?removed=true").json()["results"]] == ["bolt"]
    assert owner.patch("/agents/bolt", {"removed": False}).json()["removed_at"] is None
    problem(caller.get("/agents"), 401)
    assert len(events(project, "agent.key_revoked")) == 1


def test_an_agent_registers_children_up_to_its_limit() -> None:
    project = a_project()
    parent, caller = an_agent(project, "parent", max_spawn=1, level="specialist")
    answer = caller.post("/agents", {"project": "apollo", "slug": "child"}).json()
    child = Agent.objects.get(slug="child")
    assert (child.parent, child.level, answer["parent"]) == (parent, "intern", "parent")
    assert not child.can_create_tasks
    assert with_key(answer["key"]).get("/agents").status_code == 200
    problem(caller.post("/agents", {"project": "apollo", "slug": "second"}), 403, "spawn_limit")


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"level": "lead"}, "level"),
        ({"can_close": True}, "can_close"),
        ({"max_spawn": 3}, "max_spawn"),
        ({"task_types": ["ops"]}, "task_types"),
        ({"task_types": []}, "task_types"),
        ({"budget_per_day": "9"}, "budget_per_day"),
        ({"budget_per_day": None}, "budget_per_day"),
    ],
)
def test_a_child_never_has_more_than_its_parent(wish: dict[str, Any], field: str) -> None:
    project = a_project()
    _, caller = an_agent(project, "parent", max_spawn=3, task_types=["docs"], budget_per_day=5)
    document = problem(
        caller.post("/agents", {"project": "apollo", "slug": "child", **wish}), 422, "above_parent"
    )
    assert [error["field"] for error in document["errors"]] == [field]
    assert Agent.objects.count() == 1


def test_the_list_needs_as_many_queries_for_many_agents(django_assert_num_queries: Any) -> None:
    project = a_project()
    _, caller = an_agent(project, "first", operator=a_member(project))
    caller.get("/agents")
    with django_assert_num_queries(2):
        caller.get("/agents")
    for number in range(20):
        an_agent(project, f"more-{number}", operator=a_member(project))
    with django_assert_num_queries(2):
        assert len(caller.get("/agents").json()["results"]) == 21
