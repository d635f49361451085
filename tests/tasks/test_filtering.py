"""What each term leaves on the board, in the columns and in the API: always the same."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.http import urlencode

from tasks.models import Project, Task
from tests.agents.building import a_member, a_project, an_agent, problem, signed_in
from tests.tasks.api.reading import keys
from tests.tasks.building import a_task, forced

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return a_project()


@pytest.fixture
def field(project: Project) -> dict[str, Task]:
    agent, _ = an_agent(project)
    uma = a_member(project, "uma", "operator")
    now = timezone.now()
    found = {
        "plain": a_task(project, "Plain pump", priority=4),
        "typed": a_task(project, "Typed", type="docs", priority=1, labels=["red", "needs review"]),
        "held": a_task(project, "Held", agents=[agent], users=[uma]),
        "late": a_task(project, "Late", due_at=now - timedelta(days=1)),
        "soon": a_task(project, "Soon", due_at=now + timedelta(days=1), reviewer=uma),
        "over": forced(a_task(project, "Over", due_at=now - timedelta(days=1), users=[uma]), "done"),
        "bare": a_task(project, "Bare", priority=None),
    }
    found["child"] = a_task(project, "Child pump", parent=found["plain"], labels=["red"])
    found["waits"] = a_task(project, "Waits", dependencies=[found["plain"]])
    Task.objects.filter(pk=found["plain"].pk).update(actual_cost="1.5", status_since=now - timedelta(days=3))
    return found


CASES = [
    ("pump", {"plain", "child"}),
    ("plain pump", {"plain"}),
    ('"pump plain"', set()),
    ("-pump is:open is:unassigned", {"typed", "late", "soon", "bare", "waits"}),
    ("APOL-1", {"plain"}),
    ("is:blocked", {"waits"}),
    ("is:waiting", {"waits"}),
    ("is:mine", {"held", "soon", "over"}),
    ("-is:mine is:overdue", {"late"}),
    ("is:overdue", {"late"}),
    ("is:closed", {"over"}),
    ("agent:bolt", {"held"}),
    ("agent:nobody", set()),
    ("user:uma,ben", {"held", "over"}),
    ("label:red", {"typed", "child"}),
    ('label:red -label:"needs review"', {"child"}),
    ("type:docs", {"typed"}),
    ("priority:critical,low", {"plain", "typed"}),
    ("priority:none", {"bare"}),
    ("-priority:3", {"plain", "typed", "bare"}),
    ("status:done,blocked", {"over", "waits"}),
    ("parent:apol-1", {"child"}),
    ("-parent:apol-1 priority:4", {"plain"}),
    ("due:<2d is:open", {"late", "soon"}),
    ("due:>1h", {"soon"}),
    ("-due:<2d is:unassigned", {"plain", "typed", "bare", "child", "waits"}),
    ("age:>2d", {"plain"}),
    ("age:<=2d pump", {"child"}),
    ("cost:>=1.5", {"plain"}),
    ("cost:<1 pump", {"child"}),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_the_board_and_the_api_leave_the_same(
    project: Project, field: dict[str, Task], text: str, expected: set[str]
) -> None:
    uma = a_member(project, "uma", "operator")
    wanted = {field[name].key for name in expected}
    hers = Client()
    hers.force_login(uma)

    board = hers.get(f"/p/apollo?{urlencode({'q': text})}").content.decode()
    listed = keys(signed_in(uma).get(f"/tasks?{urlencode({'filter': text})}"))

    assert {part.split('"')[0] for part in board.split('data-key="')[1:]} == wanted
    assert sorted(listed) == sorted(wanted)


def test_mine_of_an_agent_is_what_it_is_on(project: Project, field: dict[str, Task]) -> None:
    _, rust = an_agent(project, "rust")
    mine = a_task(project, "Mine", reviewer=project.agents.get(slug="rust"))
    assert keys(rust.get("/tasks?filter=is:mine")) == [mine.key]


def test_a_filter_adds_no_query(project: Project, field: dict[str, Task]) -> None:
    uma = signed_in(a_member(project, "uma", "operator"))

    def cost(path: str) -> int:
        with CaptureQueriesContext(connection) as caught:
            assert uma.get(path).status_code == 200
        return len(caught)

    every = " ".join(text for text, _ in CASES if "agent" in text or ":" in text)[:180].rsplit(" ", 1)[0]
    assert cost(f"/tasks?{urlencode({'filter': every})}") <= cost("/tasks")


def test_a_filter_that_cannot_be_read_is_malformed_and_says_where(project: Project) -> None:
    body = problem(signed_in(a_member(project)).get("/tasks?filter=pump+is:angry"), 400, "bad_filter")
    assert (body["position"], body["expected"][:14]) == (8, "one of blocked")
    assert body["detail"].startswith("Character 9: expected one of blocked")


def test_the_page_tells_the_mistake_under_the_field_and_fragments_refuse(project: Project) -> None:
    hers = Client()
    hers.force_login(a_member(project))
    card = a_task(project, "Pump")

    page = hers.get("/p/apollo?q=is:angry").content.decode()
    assert 'role="alert">Character 4: expected one of blocked' in page
    assert 'value="is:angry"' in page
    assert f'data-key="{card.key}"' in page
    assert hers.get("/p/apollo/columns/ready?q=is:angry").status_code == 400
    assert hers.get("/p/apollo/columns?q=is:angry").status_code == 400


def test_menus_and_switches_write_into_the_text(project: Project, field: dict[str, Task]) -> None:
    hers = Client()
    hers.force_login(a_member(project))

    page = hers.get("/p/apollo?q=pump+label:old&label=needs review&mine=1&priority=2").content.decode()

    assert 'value="pump label:&quot;needs review&quot; priority:high is:mine"' in page
    assert "<option selected>needs review</option>" in page
    assert 'aria-label="Remove is:mine"' in page
    assert 'href="/p/apollo?q=label%3A%22needs+review%22+priority%3Ahigh+is%3Amine"' in page
