"""A project from nothing: its names, its owner, its first tasks, and who may make one."""

from __future__ import annotations

import pytest
from django.test import Client

from missioncontrol.kernel.api.authentication import person
from missioncontrol.kernel.errors import Conflict, Forbidden, Refused
from tasks.models import Membership, Project, Task, User
from tasks.queries import naming
from tasks.services.new_project import open_project
from tasks.services.projects import set_archived
from tests.agents.building import HOUSE, a_member, a_project, events
from tests.tasks.building import together

pytestmark = pytest.mark.django_db
TOLD = {"name": "Customer Portal", "slug": "portal", "key_prefix": "CP", "workflow": "light"}


@pytest.fixture
def ada(db: None) -> User:
    return a_member(a_project("apollo", key_prefix="APO"), "ada", "operator")


@pytest.fixture
def hers(ada: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(ada)
    return client


def test_whoever_makes_a_project_owns_it_and_finds_the_first_tasks_in_their_order(ada: User) -> None:
    project = open_project(actor=person(ada), titles=["Mend the pump", " ", "Paint the fence"], **TOLD)
    tasks = Task.objects.filter(project=project)

    assert (project.name, project.slug, project.key_prefix, project.workflow) == tuple(TOLD.values())
    assert Membership.objects.get(project=project).role == "owner"
    assert list(tasks.order_by("position").values_list("key", "title", "status")) == [
        ("CP-1", "Mend the pump", "inbox"),
        ("CP-2", "Paint the fence", "inbox"),
    ]
    assert [event.type for event in events(project)] == [
        "project.created", "project.member_set", "task.created", "task.created",
    ]  # fmt: skip
    assert {event.actor_name for event in events(project)} == {"ada"}


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"name": " \u200b"}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"slug": "apollo"}, "slug"),
        ({"slug": "Apollo!"}, "slug"),
        ({"slug": "-a"}, "slug"),
        ({"slug": "x" * 61}, "slug"),
        ({"key_prefix": "APO"}, "key_prefix"),
        ({"key_prefix": "1A"}, "key_prefix"),
        ({"key_prefix": "TOOLONGER"}, "key_prefix"),
        ({"workflow": "loose"}, "workflow"),
        ({"titles": ["fine", "x" * 301]}, "tasks"),
        ({"titles": ["x"] * 101}, "tasks"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_is_made(
    ada: User, told: dict[str, object], field: str
) -> None:
    with pytest.raises(Refused) as caught:
        open_project(actor=person(ada), **{**TOLD, **told})  # type: ignore[arg-type]

    assert [error.field for error in caught.value.errors] == [field]
    assert (Project.objects.count(), Task.objects.count()) == (1, 0)


def test_people_who_only_look_make_no_projects(ada: User) -> None:
    ben = a_member(Project.objects.get(), "ben", "viewer")

    with pytest.raises(Forbidden):
        open_project(actor=person(ben), **TOLD)
    client = Client()
    client.force_login(ben)
    assert client.get("/projects/new").status_code == 403
    assert client.post("/projects/new", TOLD).status_code == 403
    assert client.get("/projects/new/propose?name=x").status_code == 403
    assert b"/projects/new" not in client.get("/p/apollo").content
    assert Client().get("/projects/new").status_code == 302


@pytest.mark.parametrize(
    ("name", "slug", "prefix"),
    [
        ("Customer Portal", "customer-portal", "CP"),
        ("Überblick", "uberblick", "UBER"),
        ("The long name of a big thing", "the-long-name-of-a-big-thing", "TLNO"),
        ("Apollo", "apollo-2", "APOL"),
        ("Apo", "apo", "APO2"),
        ("項目", "project", "PRJ"),
        ("2026", "2026", "PRJ"),
        ("", "project", "PRJ"),
    ],
)
def test_free_names_are_proposed(ada: User, hers: Client, name: str, slug: str, prefix: str) -> None:
    answer = hers.get("/projects/new/propose", {"name": name}).json()

    assert (answer["slug"], answer["key_prefix"]) == (slug, prefix)


def test_names_of_archived_projects_stay_taken(ada: User, hers: Client) -> None:
    set_archived(actor=HOUSE, project=a_project("borealis", key_prefix="BOR"), archived=True)
    wrong = hers.get("/projects/new/propose", {"slug": "borealis", "key_prefix": "bor"}).json()["errors"]

    assert "already" in wrong["slug"]
    assert "BOR-" in wrong["key_prefix"]
    assert naming.free_slug("Borealis") == "borealis-2"


def test_the_page_makes_the_project_and_lands_on_its_board(hers: Client) -> None:
    assert b"Guarded" in hers.get("/projects/new").content
    answer = hers.post(
        "/projects/new", {"name": "Customer Portal", "workflow": "guarded", "tasks": "One\r\nTwo"}
    )
    board = hers.get(answer["Location"]).content.decode()

    assert answer["Location"] == "/p/customer-portal"
    assert "CP-1" in board and "CP-2" in board


def test_the_page_leads_to_the_import_for_who_has_tasks_elsewhere(hers: Client) -> None:
    answer = hers.post("/projects/new", {**TOLD, "then": "import"})

    assert answer["Location"] == "/p/portal/import"
    assert hers.get(answer["Location"]).status_code == 200


def test_a_refused_form_keeps_what_was_typed_beside_the_reason(hers: Client) -> None:
    answer = hers.post("/projects/new", {**TOLD, "slug": "apollo", "tasks": "Mend <b>", "name": ""})
    html = answer.content.decode()

    assert answer.status_code == 422
    assert "There is a project at /p/apollo already" in html
    assert "Give the project a name." in html
    assert "Mend &lt;b&gt;</textarea>" in html
    assert 'value="light" checked' in html
    assert Project.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_want_the_same_names_at_once_one_gets_them(ada: User) -> None:
    actor = person(ada)
    results = together([lambda: open_project(actor=actor, titles=["T"], **TOLD)] * 4)

    made = [one for one in results if isinstance(one, Project)]
    assert len(made) == 1, results
    assert all(isinstance(one, (Refused, Conflict)) for one in results if one not in made), results
    assert Task.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_want_the_same_keys_at_once_each_is_told_the_truth(ada: User) -> None:
    actor = person(ada)
    jobs = [lambda n=n: open_project(actor=actor, **{**TOLD, "slug": f"portal-{n}"}) for n in range(4)]
    results = together(jobs)

    made = [one for one in results if isinstance(one, Project)]
    assert made
    assert len({project.key_prefix for project in made}) == len(made)
    for one in results:
        if not isinstance(one, Project):
            assert isinstance(one, (Refused, Conflict)) and "portal-" not in str(one), one
