"""Labels and members over HTTP: who may, what is answered, what is refused beside which field."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tasks.models import Label, Membership, Project, User
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
from tests.tasks.building import a_task

pytestmark = pytest.mark.django_db
LABELS = "/projects/apollo/labels"


def made(project: Project, name: str = "river") -> Label:
    a_task(project, labels=[name])
    return Label.objects.get(project=project, name=name)


def test_labels_are_listed_made_renamed_merged_and_deleted_by_owners(project: Project, ada: Caller) -> None:
    river = made(project)
    wood = ada.post(LABELS, {"name": " wood "})
    assert (wood.status_code, wood.json()["name"], wood.json()["tasks"]) == (201, "wood", 0)
    assert [(row["name"], row["tasks"], row["open_tasks"]) for row in ada.get(LABELS).json()["results"]] == [
        ("river", 1, 1),
        ("wood", 0, 0),
    ]
    assert ada.patch(f"{LABELS}/{river.pk}", {"name": "sea", "was": "river"}).json()["name"] == "sea"
    told = ada.post(f"{LABELS}/{river.pk}/merge", {"into": wood.json()["id"]}).json()
    assert (told["name"], told["tasks"]) == ("wood", 1)
    assert ada.delete(f"{LABELS}/{told['id']}").status_code == 204
    assert not Label.objects.exists()
    assert [event.type for event in events(project) if event.type.startswith("label.")] == [
        "label.created",
        "label.renamed",
        "label.merged",
        "label.deleted",
    ]


def test_labels_are_the_owners_to_change_and_everybodys_to_read(project: Project, ada: Caller) -> None:
    label = made(project)
    path = f"{LABELS}/{label.pk}"
    callers = [
        signed_in(a_member(project, "oscar", "operator")),
        signed_in(a_member(project, "vera", "viewer")),
        a_service(project, "operate"),
        an_agent(project)[1],
    ]
    for caller in callers:
        assert caller.get(path).json()["name"] == "river"
        problem(caller.post(LABELS, {"name": "x"}), 403)
        problem(caller.patch(path, {"name": "x"}), 403)
        problem(caller.post(f"{path}/merge", {"into": label.pk}), 403)
        problem(caller.delete(path), 403)
    problem(nobody().get(LABELS), 401)
    assert a_service(project, "admin").patch(path, {"name": "sea"}).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"name": ""}, 422, "name"),
        ({"name": "x" * 61}, 422, "name"),
        ({"name": 3}, 422, "name"),
        ({"name": "wood"}, 422, "name"),
        ({"name": "sea", "colour": "red"}, 422, "colour"),
        ({"name": "sea", "was": "lake"}, 409, None),
    ],
)
def test_a_bad_name_is_refused_beside_it(
    project: Project, ada: Caller, body: dict[str, Any], status: int, field: str | None
) -> None:
    label = made(project)
    made(project, "wood")
    told = problem(ada.patch(f"{LABELS}/{label.pk}", body), status)
    assert [error["field"] for error in told["errors"]] == ([field] if field else [])
    assert Label.objects.get(pk=label.pk).name == "river"


def test_labels_of_another_project_are_not_there(project: Project, ada: Caller) -> None:
    mine, theirs = made(project), made(a_project("zeus"), "thunder")
    for ref in (theirs.pk, 10**16, 10**30, "x", "-1"):
        problem(ada.get(f"{LABELS}/{ref}"), 404)
        problem(ada.delete(f"{LABELS}/{ref}"), 404)
    told = problem(ada.post(f"{LABELS}/{mine.pk}/merge", {"into": theirs.pk}), 422)
    assert told["errors"] == [{"field": "into", "message": "There is no such label."}]
    problem(ada.get("/projects/zeus/labels"), 404)


def test_the_list_costs_the_same_for_five_and_for_fifty(project: Project, ada: Caller) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert ada.get(LABELS).status_code == 200
        return len(caught)

    for number in range(5):
        made(project, f"few {number}")
    few = cost()
    for number in range(45):
        Label.objects.create(project=project, name=f"many {number}")
    assert cost() == few


# Members ------------------------------------------------------------------------------------------------------------

MEMBERS = "/projects/apollo/members"


@pytest.mark.parametrize("who", ["nina", "nina@example.org", "NINA@example.org"])
def test_somebody_is_added_by_user_name_or_address(project: Project, ada: Caller, who: str) -> None:
    User.objects.create_user("nina", email="nina@example.org")
    answer = ada.post(MEMBERS, {"who": who, "role": "viewer"})
    assert answer.status_code == 201
    assert answer.json() == {"user": "nina", "name": "nina", "role": "viewer"}
    assert events(project, "project.member_set")[-1].data["after"] == {"role": "viewer"}
    told = problem(ada.post(MEMBERS, {"who": who, "role": "owner"}), 422, "is_member")
    assert told["errors"][0]["field"] == "who"
    assert Membership.objects.get(user__username="nina").role == "viewer"


def test_who_is_not_known_or_not_the_only_one_is_refused_beside_the_field(
    project: Project, ada: Caller
) -> None:
    for name in ("nina", "nino"):
        User.objects.create_user(name, email="both@example.org")
    User.objects.create_user("gone", is_active=False)
    for who, message in (
        ("nobody@example.org", "Nobody here is “nobody@example.org”."),
        ("both@example.org", "Several people have this address; use the user name."),
        ("gone", "Nobody here is “gone”."),
        ("NINA", "Nobody here is “NINA”."),
    ):
        told = problem(ada.post(MEMBERS, {"who": who, "role": "viewer"}), 422, "no_such_person")
        assert told["errors"] == [{"field": "who", "message": message}]
    problem(
        signed_in(a_member(project, "oscar", "operator")).post(MEMBERS, {"who": "nina", "role": "viewer"}),
        403,
    )
