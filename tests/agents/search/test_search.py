"""What a search finds, in which order, and for whom."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tasks import search_index
from tasks.models import Message, Project
from tasks.services.thread import post_message
from tests.agents.building import Caller, a_member, a_project, a_service, an_agent, nobody, problem, signed_in
from tests.tasks.building import BOSS, HOUSE, a_task, acting, forced
from tests.tasks.views.building import fill

from .building import found, titles

pytestmark = pytest.mark.django_db


def test_the_key_comes_first_then_titles_then_texts_newest_first(project: Project, ada: Caller) -> None:
    seventh = a_task(project, "Paint the fence")
    a_task(project, f"After {seventh.key}")
    mentioned = a_task(project, "Mentions it", description=f"See {seventh.key} for the colour.")
    post_message(actor=HOUSE, task=mentioned, content=f"{seventh.key} is red")

    answer = ada.get(f"/search?q={seventh.key.lower()}").json()["results"]

    assert [(row["match"], row["kind"], row["title"]) for row in answer] == [
        ("key", "task", "Paint the fence"),
        ("title", "task", f"After {seventh.key}"),
        ("text", "message", "Mentions it"),
        ("text", "task", "Mentions it"),
    ]
    assert answer[0]["url"] == f"/p/apollo/t/{seventh.key}"
    assert answer[2]["url"] == f"/p/apollo/t/{mentioned.key}/thread"


def test_every_word_must_be_there_and_may_be_only_begun(project: Project, ada: Caller) -> None:
    a_task(project, "Mend the water pump", description="In the cellar")
    a_task(project, "Mend the roof")

    assert titles(ada, "mend") == ["Mend the roof", "Mend the water pump"]
    assert titles(ada, "pum men cell") == ["Mend the water pump"]
    assert titles(ada, "mend -roof") == ["Mend the water pump"]
    assert titles(ada, '"water pump"') == ["Mend the water pump"]
    assert titles(ada, '"pump water"') == titles(ada, '"water pum"') == []
    assert titles(ada, "-roof") == ["Mend the water pump"]
    assert titles(ada, "elephant") == titles(ada, "!!!") == []


def test_accents_and_case_do_not_matter(project: Project, ada: Caller) -> None:
    a_task(project, "Café Übersicht")

    assert titles(ada, "CAFE uber") == titles(ada, "café") == titles(ada, "cafe\u0301") == ["Café Übersicht"]


def test_each_filter_narrows(project: Project, ada: Caller) -> None:
    agent, _ = an_agent(project, "scout", name="Pump scout")
    forced(a_task(project, "Pump one", labels=["api", "good first"], type="docs"), "blocked")
    held = a_task(project, "Pump two", agents=[agent])
    post_message(actor=acting(agent), task=held, content="The pump turns")

    assert found(ada, "pump kind:message") == [("message", "Pump two")]
    assert found(ada, "pump kind:agent") == [("agent", "Pump scout")]
    assert titles(ada, "pump status:blocked") == ["Pump one"]
    assert (
        titles(ada, "pump type:docs")
        == titles(ada, "label:api")
        == titles(ada, 'label:"good first"')
        == ["Pump one"]
    )
    assert titles(ada, "pump status:blocked status:assigned kind:task") == ["Pump two", "Pump one"]
    assert found(ada, "agent:scout") == [
        ("message", "Pump two"),
        ("task", "Pump two"),
        ("agent", "Pump scout"),
    ]
    assert titles(ada, "agent:nobody") == titles(ada, "label:nothing") == []


def test_events_are_found_by_type_actor_and_key_when_they_are_asked_for(
    project: Project, ada: Caller
) -> None:
    task = a_task(project, "Mend the pump")
    a_task(project, "Another")
    forced(task, "blocked")

    assert titles(ada, "created") == []
    assert titles(ada, f"kind:event created {task.key}") == ["task.created"]
    assert "task.transitioned" in titles(ada, "kind:event boss")
    assert titles(ada, "kind:event boss -transitioned") == []
    row = ada.get("/search?q=kind:event+transitioned").json()["results"][0]
    assert row["task"]["key"] == task.key
    assert row["by"] == BOSS.name


def test_only_what_the_caller_may_see_is_found(project: Project, ada: Caller, bolt: Caller) -> None:
    other = a_project("borealis")
    ben = signed_in(a_member(other, "ben", "viewer"))
    hidden = a_task(other, "Secret pump")
    an_agent(other, "spy", name="Secret spy")
    post_message(actor=HOUSE, task=hidden, content="Secret words")

    for stranger in (ada, bolt, a_service(project, "read")):
        for q in ("secret", hidden.key, "kind:event created", "label:x", "-zebra", "agent:spy"):
            assert all("Secret" not in title for title in titles(stranger, q))
        problem(stranger.get("/search?q=secret&project=borealis"), 404)
        refused = problem(stranger.get("/search?q=secret+in:borealis"), 400, "bad_search")
        unknown = problem(stranger.get("/search?q=secret+in:nowhere"), 400, "bad_search")
        assert refused["detail"].replace("borealis", "nowhere") == unknown["detail"]
        assert refused["position"] == 8
        assert stranger.get("/search/suggest?q=sec").json() == {"results": []}
    assert len(titles(ben, "secret")) == 3
    problem(nobody().get("/search?q=secret"), 401)

    Project.objects.filter(pk=other.pk).update(archived_at=timezone.now())
    assert titles(ben, "secret") == []


def test_somebody_of_several_projects_finds_in_all_of_them_or_in_one(project: Project) -> None:
    other = a_project("borealis")
    user = a_member(project, "uma")
    a_member(other, "uma")
    uma = signed_in(user)
    a_task(project, "Pump here")
    a_task(other, "Pump there")

    assert titles(uma, "pump") == ["Pump there", "Pump here"]
    assert titles(uma, "pump", project="apollo") == titles(uma, "pump in:apollo") == ["Pump here"]


def test_pages_follow_each_other_without_gap_or_double_while_rows_come_in(
    project: Project, ada: Caller
) -> None:
    for number in range(7):
        a_task(project, f"Pump {number}" if number % 2 else f"Other {number}", description="About the pump.")
    whole = titles(ada, "pump")
    assert len(whole) == 7

    seen, url = [], "//api/v1/search?q=pump&limit=2"
    while url:
        answer = ada.get(url).json()
        seen += [row["title"] for row in answer["results"]]
        url = answer["next"] and f"/{answer['next'].partition('testserver')[2]}"
        a_task(project, f"Late pump {len(seen)}")

    assert seen == whole


@pytest.mark.parametrize(
    "q", ["pump&cursor=xyz", "pump&limit=0", "pump&limit=201", "pump&nonsense=1", "", "%00", "a" * 201]
)
def test_a_request_that_cannot_be_read_is_refused(project: Project, ada: Caller, q: str) -> None:
    assert ada.get(f"/search?q={q}").status_code == 400


def test_a_cursor_belongs_to_its_search(project: Project, ada: Caller) -> None:
    for number in range(3):
        a_task(project, f"Pump {number}")
    following = ada.get("/search?q=pump&limit=1").json()["next"]

    problem(
        ada.get(f"//{following.partition('testserver/')[2].replace('q=pump', 'q=valve')}"), 400, "bad_query"
    )


HOSTILE = [
    "'", '"', "\\", "''", "a'b", "a\\'b", ":*", "foo:*", "a & b | !c", "(a", "a)", "<->", "a <2> b", "NEAR(a b, 3)",
    "AND", "OR", "NOT", "a NOT", "* *", "^a", "title:a", "{title} : a", "-", "--", "- -", '-"', "a;DROP TABLE x",
    "%s %(x)s", "%", "_", "\u202e", "🙂", "🙂a", "\ufdfa", "ß", "a\u0301", "क्षि", "🙂 -🙂", "x" * 200, "home:p1",
    "kind", "kind :task", "1e5 007 1.5 -1.5", "a.b@c.d", "/etc/passwd", "<b>", "&amp;", "NULL", "a:b:c",
]  # fmt: skip


@pytest.mark.parametrize("q", HOSTILE)
def test_no_text_is_syntax(project: Project, ada: Caller, q: str) -> None:
    a_task(project, "Plain")
    for more in ("", " plain", " kind:event"):
        answer = ada.get(f"/search?q={quote(q + more)}")
        assert answer.status_code == 200 or (answer.status_code == 400 and len(q + more) > 200), (
            answer.content
        )
        assert ada.get(f"/search/suggest?q={quote(q)}").status_code == 200


def test_snippets_mark_what_was_searched_for_and_escape_everything(project: Project, ada: Caller) -> None:
    hostile = "<script>alert(1)</script> pump </mark><img src=x onerror=alert(1)> & pumping"
    a_task(project, f"{hostile} title", description=f"{'before ' * 60}{hostile} {'after ' * 60}")

    (row,) = ada.get("/search?q=pump").json()["results"]

    for html in (row["title_html"], row["snippet"]):
        assert "<mark>pump</mark>" in html
        assert "<mark>pumping</mark>" in html
        bare = html.replace("<mark>", "").replace("</mark>", "")
        assert "<" not in bare and "&amp;" in bare
    assert row["snippet"].startswith("… ") and row["snippet"].endswith(" …")


def test_a_search_takes_the_same_number_of_queries_however_much_it_finds(
    project: Project, ada: Caller
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as made:
            assert ada.get("/search?q=retry").status_code == 200
            assert ada.get("/search?q=retry+kind:event+kind:task+agent:bolt").status_code == 200
        return len(made)

    agent, _ = an_agent(project, "bolt")
    user = a_member(project, "ben")
    tasks = fill(project, 2, user, agent)
    post_message(actor=HOUSE, task=tasks[0], content="Retry it")
    few = cost()
    for task in fill(project, 40, user, agent):
        post_message(actor=HOUSE, task=task, content="Retry it again")

    assert cost() == few
    assert few <= 40


def test_a_deleted_message_is_gone_even_if_the_index_says_otherwise(project: Project, ada: Caller) -> None:
    message = post_message(actor=HOUSE, task=a_task(project), content="The gasket")
    with connection.cursor() as cursor:
        search_index.disconnect(connection.vendor, cursor.execute, search_index.MESSAGES)
    Message.objects.filter(pk=message.pk).update(deleted_at=timezone.now())

    assert found(ada, "gasket") == []
