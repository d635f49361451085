"""Projects over HTTP: made, set, held, and who belongs to them."""

from __future__ import annotations

import pytest

from tasks.models import EventStream, Membership, Project, TaskCounter, User
from tests.agents.building import (
    Caller,
    a_member,
    a_project,
    a_service,
    an_agent,
    events,
    nobody,
    problem,
    signed_in,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def oscar(project: Project) -> Caller:
    return signed_in(a_member(project, "oscar", "operator"))


@pytest.fixture
def vera(project: Project) -> Caller:
    return signed_in(a_member(project, "vera", "viewer"))


def test_an_operator_makes_a_project_and_owns_it(oscar: Caller) -> None:
    sent = {
        "slug": "zeus", "name": "Zeus", "key_prefix": "ZEU", "workflow": "light", "timezone": "Europe/Berlin",
        "wip_limits": {"review": 3}, "loop_limits": {"ping_pong": {"minutes": 5}}, "lease_s": 600,
    }  # fmt: skip
    answer = oscar.post("/projects", sent)
    assert answer.status_code == 201, answer.content
    shown = answer.json()
    assert {name: shown[name] for name in sent} == sent
    assert (answer["Location"], answer["ETag"]) == ("/api/v1/projects/zeus", '"1"')
    made = Project.objects.get(slug="zeus")
    assert Membership.objects.get(project=made).role == "owner"
    assert TaskCounter.objects.filter(project=made).exists()
    assert EventStream.objects.get(project=made).head_seq == 2
    assert [event.type for event in events(made)] == ["project.created", "project.member_set"]
    task = oscar.post("/tasks", {"project": "zeus", "title": "First"}).json()
    assert task["key"] == "ZEU-1"


def test_staff_make_projects_too(db: None) -> None:
    staff = signed_in(User.objects.create_user("grace", is_staff=True))
    assert staff.post("/projects", {"slug": "zeus"}).status_code == 201


def test_viewers_strangers_and_machines_make_no_projects(project: Project, vera: Caller) -> None:
    stranger = signed_in(User.objects.create_user("stan"))
    callers = (vera, stranger, a_service(project, "admin"), an_agent(project)[1])
    for caller in callers:
        problem(caller.post("/projects", {"slug": "zeus"}), 403, "forbidden")
    problem(nobody().post("/projects", {"slug": "zeus"}), 401)
    assert Project.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"slug": "Ze us"}, "slug"), ({"slug": ""}, "slug"), ({"slug": "x" * 61}, "slug"), ({}, "slug"),
        ({"slug": "z", "timezone": "Mars"}, "timezone"), ({"slug": "z", "workflow": "loose"}, "workflow"),
        ({"slug": "z", "wip_limits": {"gone": 1}}, "wip_limits"), ({"slug": "z", "wip_limits": []}, "wip_limits"),
        ({"slug": "z", "wip_limits": {"review": 0}}, "wip_limits.review"),
        ({"slug": "z", "loop_limits": {"ping_pong": 3}}, "loop_limits.ping_pong"),
        ({"slug": "z", "key_prefix": "1A"}, "key_prefix"), ({"slug": "z", "lease_s": 1}, "lease_s"),
        ({"slug": "z", "mode": "paused"}, "mode"), ({"slug": "z", "owner": "ada"}, "owner"),
    ],
)  # fmt: skip
def test_a_bad_setting_is_named(ada: Caller, fields: dict[str, object], field: str) -> None:
    document = problem(ada.post("/projects", fields), 422, "invalid")
    assert document["errors"][0]["field"].startswith(field)
    assert Project.objects.count() == 1


def test_a_taken_slug_conflicts_and_a_taken_prefix_gets_a_number(ada: Caller) -> None:
    problem(ada.post("/projects", {"slug": "apollo"}), 409, "slug_taken")
    assert ada.post("/projects", {"slug": "apollo-two"}).json()["key_prefix"] == "APOL2"


def test_everybody_sees_the_projects_they_belong_to(project: Project, vera: Caller) -> None:
    a_project("zeus")
    for caller in (vera, a_service(project), an_agent(project)[1]):
        assert [row["slug"] for row in caller.get("/projects").json()["results"]] == ["apollo"]
        assert caller.get("/projects/apollo").json()["name"] == "apollo"
        problem(caller.get("/projects/zeus"), 404)


def test_settings_are_the_owners(project: Project, ada: Caller, oscar: Caller, vera: Caller) -> None:
    for caller in (oscar, vera, a_service(project, "operate"), an_agent(project)[1]):
        problem(caller.patch("/projects/apollo", {"workflow": "light"}), 403)
    assert ada.patch("/projects/apollo", {"workflow": "light"}).json()["workflow"] == "light"
    assert a_service(project, "admin").patch("/projects/apollo", {"name": "New"}).json()["name"] == "New"
    event = events(project, "project.updated")[0]
    assert (event.data["before"], event.data["after"]) == ({"workflow": "guarded"}, {"workflow": "light"})


def test_settings_of_a_project_changed_meanwhile_conflict(ada: Caller) -> None:
    tag = ada.get("/projects/apollo")["ETag"]
    assert ada.patch("/projects/apollo", {"name": "One"}, If_Match=tag).status_code == 200
    problem(ada.patch("/projects/apollo", {"name": "Two"}, If_Match=tag), 409, "version_conflict")
    body = {"name": "Two", "description": "", "version": 1}
    told = problem(ada.patch("/projects/apollo", body), 409, "version_conflict")
    assert [error["field"] for error in told["errors"]] == ["name"]
    assert (told["version"], told["retryable"]) == (2, True)


def test_the_mode_is_set_by_those_who_operate_and_says_why(
    project: Project, oscar: Caller, vera: Caller
) -> None:
    _, bolt = an_agent(project)
    for caller in (vera, bolt, a_service(project, "write")):
        problem(caller.post("/projects/apollo/mode", {"mode": "paused"}), 403)
    shown = oscar.post("/projects/apollo/mode", {"mode": "quarantined", "reason": "Leak."}).json()
    assert (shown["mode"], shown["mode_reason"], shown["mode_set_by"]) == ("quarantined", "Leak.", "oscar")
    assert shown["mode_since"]
    problem(bolt.post("/tasks", {"project": "apollo", "title": "T"}), 403, "quarantined")
    assert bolt.get("/tasks").status_code == 200
    assert oscar.post("/tasks", {"project": "apollo", "title": "T"}).status_code == 201
    problem(oscar.post("/projects/apollo/mode", {"mode": "asleep"}), 422)
    assert events(project, "project.mode_changed")[0].data["after"] == {
        "mode": "quarantined",
        "reason": "Leak.",
    }


def test_members_are_listed_set_and_removed_by_owners(project: Project, ada: Caller, oscar: Caller) -> None:
    User.objects.create_user("nina")
    problem(oscar.put("/projects/apollo/members/nina", {"role": "viewer"}), 403)
    shown = ada.put("/projects/apollo/members/nina", {"role": "viewer"})
    assert shown.json() == {"user": "nina", "name": "nina", "role": "viewer"}
    assert ada.put("/projects/apollo/members/nina", {"role": "operator"}).json()["role"] == "operator"
    listed = oscar.get("/projects/apollo/members").json()["results"]
    assert [(row["user"], row["role"]) for row in listed] == [
        ("ada", "owner"), ("nina", "operator"), ("oscar", "operator"),
    ]  # fmt: skip
    assert oscar.get("/projects/apollo/members/nina").json()["role"] == "operator"
    assert ada.delete("/projects/apollo/members/nina").status_code == 204
    problem(ada.delete("/projects/apollo/members/nina"), 404)
    problem(ada.get("/projects/apollo/members/nina"), 404)
    problem(ada.put("/projects/apollo/members/ghost", {"role": "viewer"}), 404)
    problem(ada.put("/projects/apollo/members/nina", {"role": "king"}), 422)


def test_the_last_owner_stays(project: Project, ada: Caller) -> None:
    problem(ada.delete("/projects/apollo/members/ada"), 422, "last_owner")
    problem(ada.put("/projects/apollo/members/ada", {"role": "viewer"}), 422, "last_owner")
    assert Membership.objects.get(project=project).role == "owner"
