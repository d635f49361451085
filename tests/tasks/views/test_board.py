"""The board's page: what it costs, what it weighs, who may see it, and what the filters leave."""

from __future__ import annotations

import gzip
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from missioncontrol.kernel.api.authentication import person
from tasks.models import Project, Task, User
from tasks.queries.board import FIRST_CARDS, MORE_CARDS
from tasks.queries.cards import cards_of, render_card
from tasks.services.board import move
from tasks.services.projects import set_mode
from tasks.services.tasks import create_task
from tasks.views.board import FOLDED_COOKIE
from tests.agents.building import HOUSE, a_member, a_project, an_agent

from .building import fill

pytestmark = pytest.mark.django_db
FIRST_PAINT_BYTES = 300_000
CARD_BYTES = 1_500


def queries_of(client: Client, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert client.get(path).status_code == 200
    return len(caught)


@pytest.mark.parametrize(
    "path", ["", "/columns", "/columns/ready", "/columns/ready?after=", "?q=hook&agent=bolt&blocked=1"]
)
def test_a_page_needs_the_same_number_of_queries_for_50_and_for_10_000_tasks(
    project: Project, ada: User, hers: Client, path: str
) -> None:
    agent, _ = an_agent(project)
    tasks = fill(project, 50, ada, agent)
    if path.endswith("after="):
        first = min((task for task in tasks if task.status == "ready"), key=lambda task: task.position)
        path = f"{path}{first.position}.{first.pk}"
    few = queries_of(hers, f"/p/apollo{path}")

    fill(project, 9_950, ada, agent)

    assert queries_of(hers, f"/p/apollo{path}") == few
    assert few <= 32


def test_the_first_paint_of_10_000_tasks_is_small(project: Project, ada: User, hers: Client) -> None:
    agent, _ = an_agent(project)
    fill(project, 10_000, ada, agent)

    page = hers.get("/p/apollo").content

    assert len(page) < FIRST_PAINT_BYTES
    assert len(gzip.compress(page)) < FIRST_PAINT_BYTES / 8
    assert page.count(b'<article class="card"') <= 10 * FIRST_CARDS


def test_a_full_card_is_small(project: Project, ada: User) -> None:
    agent, _ = an_agent(project)
    fill(project, 10, ada, agent)

    sizes = [len(render_card(card).encode()) for card in cards_of(Task.objects.filter(project=project))]

    assert max(sizes) < CARD_BYTES


def test_a_card_does_not_depend_on_who_looks(project: Project, ada: User, hers: Client) -> None:
    task = create_task(actor=person(ada), project=project, title="Mend the pump")
    ben = Client()
    ben.force_login(a_member(project, "ben", "viewer"))

    (card,) = cards_of(Task.objects.filter(pk=task.pk))
    alone = render_card(card).strip()

    assert alone in hers.get("/p/apollo").content.decode()
    assert alone in ben.get("/p/apollo").content.decode()


def test_pages_of_a_column_meet_without_gap_or_double(project: Project, ada: User, hers: Client) -> None:
    agent, _ = an_agent(project)
    fill(project, 1_000, ada, agent)
    wanted = list(
        Task.objects.filter(status="ready").order_by("position", "id").values_list("key", flat=True)
    )
    seen: list[str] = []
    path = "/p/apollo/columns/ready"
    while path:
        page = hers.get(path)
        seen += [part.split('"')[0] for part in page.content.decode().split('data-key="')[1:]]
        _, found, rest = page.content.decode().partition('hx-get="')
        path = rest.split('"')[0].replace("&amp;", "&") if found else ""

    assert seen == wanted
    assert len(wanted) > FIRST_CARDS + MORE_CARDS


def test_cards_come_in_the_order_people_gave_them(project: Project, ada: User, hers: Client) -> None:
    tasks = [create_task(actor=person(ada), project=project, title=f"Number {n}") for n in range(3)]

    move(actor=person(ada), task=tasks[2], after=tasks[0])

    page = hers.get("/p/apollo/columns/inbox").content.decode()
    order = [part.split('"')[0] for part in page.split('data-key="')[1:]]
    assert order == [tasks[1].key, tasks[0].key, tasks[2].key]


def test_each_filter_leaves_what_it_names(project: Project, ada: User, hers: Client) -> None:
    agent, _ = an_agent(project)
    actor = person(ada)
    create_task(actor=actor, project=project, title="Plain")
    create_task(actor=actor, project=project, title="Typed", type="docs")
    create_task(actor=actor, project=project, title="Urgent", priority=1)
    create_task(actor=actor, project=project, title="Labelled", labels=["river"])
    create_task(actor=actor, project=project, title="Robotic", agents=[agent])
    create_task(actor=actor, project=project, title="Mine", users=[ada])

    for query, title in (
        ("q=lain", "Plain"),
        ("type=docs", "Typed"),
        ("priority=1", "Urgent"),
        ("label=river", "Labelled"),
        ("agent=bolt", "Robotic"),
        ("mine=1", "Mine"),
    ):
        page = hers.get(f"/p/apollo?{query}").content.decode()
        assert page.count('<article class="card"') == 1, query
        assert f">{title}</a>" in page


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "priority=abc",
        "priority=99999999999999999999",
        "type=nonsense",
        "label=%ed%a0%80",
        "q=%25%5f'\"",
        "shown=1e9",
    ],
)
def test_filters_that_are_none_break_nothing(project: Project, hers: Client, query: str) -> None:
    assert hers.get(f"/p/apollo?{query}").status_code == 200


@pytest.mark.parametrize("after", ["x", "1", "1.2", "99999999999999999999999.x", "%00", "-.-"])
def test_a_place_that_is_none_is_refused(project: Project, hers: Client, after: str) -> None:
    assert hers.get(f"/p/apollo/columns/ready?after={after}").status_code == 400


def test_nobody_learns_of_a_project_that_is_not_theirs(project: Project, ada: User, hers: Client) -> None:
    other = a_project("zeus")
    task = create_task(actor=HOUSE, project=other, title="Hidden thunder")

    for path in (
        "/p/zeus",
        "/p/nowhere",
        f"/p/zeus/t/{task.key}",
        f"/p/apollo/t/{task.key}",
        "/p/zeus/agents",
    ):
        answer = hers.get(path)
        assert answer.status_code == 404
        assert b"thunder" not in answer.content


def test_who_is_not_signed_in_is_asked_to_and_comes_back(project: Project) -> None:
    nobody = Client()

    page = nobody.get("/p/apollo?mine=1")
    fragment = nobody.get("/p/apollo/columns/ready", headers={"HX-Request": "true"})

    assert page.status_code == 302
    assert page["Location"] == "/sign-in?next=%2Fp%2Fapollo%3Fmine%3D1"
    assert (fragment.status_code, fragment.content) == (401, b"")


def test_the_banner_says_the_mode_who_set_it_and_why(project: Project, ada: User, hers: Client) -> None:
    set_mode(actor=person(ada), project=project, mode="paused", reason="Budget review")

    page = hers.get("/p/apollo").content.decode()

    assert "apollo is paused." in page
    assert "“Budget review” Set by ada" in page


def test_an_empty_board_teaches(project: Project, hers: Client) -> None:
    assert "This board has no tasks yet" in hers.get("/p/apollo").content.decode()


def test_columns_are_folded_as_this_browser_left_them(project: Project, hers: Client) -> None:
    def folded() -> set[str]:
        page = hers.get("/p/apollo").content.decode()
        columns = re.findall(r'<section class="column" id="column-(\w+)"([^>]*)>', page)
        return {status for status, rest in columns if "data-folded" in rest}

    assert folded() == {"failed", "canceled"}
    hers.cookies[FOLDED_COOKIE] = "done.nonsense"
    assert folded() == {"done"}
    hers.cookies[FOLDED_COOKIE] = "none"
    assert folded() == set()


def test_the_scripts_a_board_starts_with_are_fetched_ahead_and_no_others(
    project: Project, hers: Client
) -> None:
    page = hers.get("/p/apollo").content.decode()
    ahead = re.findall(r'<link rel="modulepreload" href="/static/js/([^"]+)">', page)

    assert len(ahead) == len(set(ahead))
    assert {"page.js", "board.js", "board/move.js", "dom.js"} <= set(ahead)
    assert not {"board/edit.js", "board/gate.js", "palette.js", "undo.js"} & set(ahead)
