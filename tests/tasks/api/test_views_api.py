"""Saved views over HTTP: private ones are their owner's alone, shared ones the operators'."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tasks.models import Project, SavedView
from tests.agents.building import Caller, a_member, a_project, a_service, events, problem, signed_in

pytestmark = pytest.mark.django_db
VIEWS = "/projects/apollo/views"


@pytest.fixture
def vera(project: Project) -> Caller:
    return signed_in(a_member(project, "vera", "viewer"))


@pytest.fixture
def otto(project: Project) -> Caller:
    return signed_in(a_member(project, "otto", "operator"))


def kept(caller: Caller, name: str = "Stuck", **fields: Any) -> dict[str, Any]:
    answer = caller.post(VIEWS, {"name": name, "query": "is:blocked", **fields})
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    assert answer["Location"] == f"/api/v1{VIEWS}/{found['id']}"
    return found


def names(caller: Caller) -> list[str]:
    return [view["name"] for view in caller.get(VIEWS).json()["results"]]


def test_a_private_view_is_its_owners_alone(
    project: Project, ada: Caller, bolt: Caller, vera: Caller
) -> None:
    view = kept(vera)
    assert (view["owner"], view["shared"], view["may_change"]) == ("vera", False, True)
    assert (names(vera), names(ada), names(bolt)) == (["Stuck"], [], [])
    for method in (ada.get, ada.patch, ada.delete):
        problem(method(f"{VIEWS}/{view['id']}"), 404, "not_found")
    row = SavedView.objects.get()
    assert (row.name, row.query, row.owner.username) == ("Stuck", "is:blocked", "vera")
    (event,) = events(project, "view.saved")
    assert (event.target_id, event.data) == (view["id"], {"shared": False})


def test_a_shared_view_is_everybodys_and_the_operators_change_it(
    project: Project, ada: Caller, otto: Caller, vera: Caller, bolt: Caller
) -> None:
    view = kept(otto, shared=True)
    where = f"{VIEWS}/{view['id']}"
    assert names(vera) == names(bolt) == names(ada) == ["Stuck"]
    assert vera.get(where).json()["may_change"] is False
    problem(vera.patch(where, {"name": "Mine"}), 403, "forbidden")
    problem(vera.delete(where), 403, "forbidden")
    changed = ada.patch(where, {"name": "Halted", "query": "is:blocked age:>2d"}).json()
    assert (changed["name"], changed["query"], changed["owner"]) == ("Halted", "is:blocked age:>2d", "otto")
    assert ada.delete(where).status_code == 204
    problem(ada.delete(where), 404)
    assert not SavedView.objects.exists()
    told = [(event.type, event.data) for event in events(project) if event.type.startswith("view.")]
    halted = {"shared": True, "lane": "", "name": "Halted", "query": "is:blocked age:>2d"}
    assert told == [
        ("view.saved", {"shared": True, "lane": "", "name": "Stuck", "query": "is:blocked"}),
        ("view.changed", halted),
        ("view.deleted", halted),
    ]


def test_sharing_is_for_operators(project: Project, vera: Caller, otto: Caller) -> None:
    problem(vera.post(VIEWS, {"name": "Mine", "shared": True}), 403, "forbidden")
    own = kept(vera)
    problem(vera.patch(f"{VIEWS}/{own['id']}", {"shared": True}), 403, "forbidden")
    assert not SavedView.objects.filter(shared=True).exists()
    mine = kept(otto)
    assert otto.patch(f"{VIEWS}/{mine['id']}", {"shared": True}).json()["shared"] is True


def test_the_same_again_is_no_change(project: Project, ada: Caller) -> None:
    view = kept(ada)
    assert ada.patch(f"{VIEWS}/{view['id']}", {"name": "Stuck"}).json()["updated_at"] == view["updated_at"]
    assert events(project, "view.changed") == []


def test_a_name_is_given_once_a_person(project: Project, ada: Caller, otto: Caller) -> None:
    kept(ada)
    kept(otto)
    refused = problem(ada.post(VIEWS, {"name": "Stuck"}), 422, "view_exists")
    assert refused["errors"][0]["field"] == "name"
    other = kept(ada, "Other")
    problem(ada.patch(f"{VIEWS}/{other['id']}", {"name": "Stuck"}), 422, "view_exists")


def test_a_view_holds_only_what_can_be_read(project: Project, ada: Caller) -> None:
    refused = problem(ada.post(VIEWS, {"name": "Odd", "query": "is:angry"}), 400, "bad_filter")
    assert refused["position"] == 3
    view = kept(ada)
    problem(ada.patch(f"{VIEWS}/{view['id']}", {"query": '"'}), 400, "bad_filter")
    problem(ada.post(VIEWS, {"name": "Odd", "colour": "red"}), 422)
    problem(ada.post(VIEWS, {"name": ""}), 422)
    problem(ada.post(VIEWS, {"name": "Odd", "lane": "colour"}), 422)
    problem(ada.post(VIEWS, {"name": "x" * 61}), 422)


def test_a_view_keeps_its_lanes(project: Project, ada: Caller) -> None:
    view = kept(ada, lane="agent")
    assert view["lane"] == "agent"
    assert ada.patch(f"{VIEWS}/{view['id']}", {"lane": ""}).json()["lane"] == ""


def test_there_is_an_end_to_views(project: Project, ada: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.services.views.MAX_VIEWS", 1)
    kept(ada)
    problem(ada.post(VIEWS, {"name": "Second"}), 422, "too_many_views")


def test_programs_keep_no_views(project: Project, bolt: Caller) -> None:
    problem(bolt.post(VIEWS, {"name": "Mine"}), 403, "forbidden")
    problem(a_service(project, "read", "write", "admin").post(VIEWS, {"name": "Mine"}), 403, "forbidden")


def test_views_of_other_projects_are_not_there(project: Project, ada: Caller) -> None:
    zeus = a_project("zeus")
    theirs = signed_in(a_member(zeus, "zoe"))
    view = theirs.post("/projects/zeus/views", {"name": "Theirs", "shared": True}).json()
    problem(ada.get("/projects/zeus/views"), 404)
    problem(ada.get(f"{VIEWS}/{view['id']}"), 404)
    problem(ada.get(f"{VIEWS}/nonsense"), 404)


def test_the_list_costs_the_same_for_one_and_for_forty(project: Project, ada: Caller) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert ada.get(VIEWS).status_code == 200
        return len(caught)

    kept(ada, shared=True)
    few = cost()
    for number in range(39):
        kept(ada, f"View {number}", shared=number % 2 == 0)
    assert cost() == few
