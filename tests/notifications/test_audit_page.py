"""The audit: who did what and when, narrowed, as files that no spreadsheet computes, whole."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from notifications.views.audit import safe_cell
from tasks.models import Event, Project, User
from tasks.services.projects import remove_member, update_project
from tests.agents.building import HOUSE, a_member, a_project, actor_of
from tests.tasks.building import a_task, an_agent

pytestmark = pytest.mark.django_db
AUDIT = "/p/apollo/settings/audit"


@pytest.fixture
def project() -> Project:
    return a_project()


@pytest.fixture
def ada(project: Project) -> User:
    return a_member(project)


@pytest.fixture
def hers(ada: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(ada)
    return client


def numbers(client: Client, query: str = "") -> list[int]:
    page = client.get(f"{AUDIT}{query}").content.decode()
    return [int(found) for found in re.findall(r'<summary><span class="num faint">(\d+)', page)]


def body(answer: Any) -> str:
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode("utf-8-sig")


def test_the_history_says_who_did_what_newest_first(project: Project, ada: User, hers: Client) -> None:
    task = a_task(project)
    update_project(actor=actor_of(ada), project=project, changes={"name": "<b>Two</b>"})
    page = hers.get(AUDIT).content.decode()
    assert numbers(hers) == sorted(Event.objects.values_list("seq", flat=True), reverse=True)
    assert "changed the project&#x27;s name" in page and "<b>Two</b>" not in page
    assert task.key in page and Event.objects.latest("seq").hash in page


def test_the_history_is_narrowed_by_what_who_task_and_day(project: Project, ada: User, hers: Client) -> None:
    ben = a_member(project, "ben")
    agent, _ = an_agent(project)
    first, second = a_task(project, agents=[agent]), a_task(project)
    update_project(actor=actor_of(ada), project=project, changes={"lease_s": 60})
    remove_member(actor=actor_of(ada), project=project, user=ben)
    events = Event.objects.filter(project=project)

    def wanted(**filters: Any) -> list[int]:
        return list(events.filter(**filters).order_by("-seq").values_list("seq", flat=True))

    assert numbers(hers, f"?who=human:{ada.pk}") == wanted(actor_kind="human", actor_id=str(ada.pk))
    assert numbers(hers, "?who=system") == wanted(actor_kind="system")
    assert numbers(hers, f"?task={first.key.lower()}") == wanted(target_id=str(first.pk))
    assert numbers(hers, "?kind=tasks&task=" + second.key) == wanted(
        target_id=str(second.pk), type="task.created"
    )
    assert numbers(hers, "?kind=agents") == wanted(type__startswith="agent.")
    today = datetime.now(UTC).date().isoformat()
    assert numbers(hers, f"?since={today}&until={today}") == wanted()
    assert numbers(hers, "?until=2020-01-01") == numbers(hers, "?since=2999-01-01") == []
    assert f'<option value="human:{ben.pk}"' in hers.get(AUDIT).content.decode()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?task=ZEUS-1", "There is no task “ZEUS-1” in this project."),
        ("?since=soon", "Write a day like 2026-01-31."),
        ("?since=2026-13-41", "Write a day like 2026-01-31."),
        ("?since=2026-02-02&until=2026-02-01", "The first day is after the last."),
    ],
)
def test_what_cannot_be_asked_is_said_and_nothing_is_given_out(
    project: Project, hers: Client, query: str, said: str
) -> None:
    a_task(a_project("zeus"))
    page = html.unescape(hers.get(f"{AUDIT}{query}").content.decode())
    assert said in page and "audit.csv" not in page
    for form in ("csv", "json"):
        refused = hers.get(f"{AUDIT}.{form}{query}")
        assert refused.status_code == 422 and not refused.streaming


@pytest.mark.parametrize(
    "query",
    ["?who=human:x", "?who=nobody", "?kind=zzz", "?before=x", "?before=99999999999999999999", "?who=%00",
     "?since=0001-01-01", "?until=9999-12-31", "?who=agent:" + "x" * 500],
)  # fmt: skip
def test_nonsense_in_the_address_breaks_nothing(project: Project, hers: Client, query: str) -> None:
    assert hers.get(f"{AUDIT}{query}").status_code == 200
    assert hers.get(f"{AUDIT}/entries{query}").status_code == 200
    assert hers.get(f"{AUDIT}.csv{query}").status_code == 200


def test_pages_meet_without_gap_or_double(project: Project, hers: Client) -> None:
    for number in range(40):
        a_task(project, f"Task {number}")
    seen: list[int] = []
    path = AUDIT
    while path:
        page = hers.get(path).content.decode()
        seen += [int(found) for found in re.findall(r'<summary><span class="num faint">(\d+)', page)]
        more = re.search(r'class="feed-more" hx-get="([^"]+)"', page)
        path = html.unescape(more[1]) if more else ""
    assert seen == sorted(Event.objects.values_list("seq", flat=True), reverse=True)
    assert len(seen) > 50


def test_a_file_has_every_event_and_its_link_oldest_first(project: Project, hers: Client) -> None:
    a_task(project, "Ünïcode, with “quotes”\nand a line")
    rows = list(csv.DictReader(io.StringIO(body(hers.get(f"{AUDIT}.csv")))))
    told = json.loads(body(hers.get(f"{AUDIT}.json")))
    kept = list(Event.objects.order_by("seq"))
    assert [int(row["number"]) for row in rows] == [event.seq for event in kept]
    assert [row["hash"] for row in rows] == [event["hash"] for event in told["events"]]
    assert [row["data"] for row in rows] == [event.payload for event in kept]
    assert told["events"][-1]["data"] == kept[-1].data
    assert (told["project"], told["filters"]) == ("apollo", {})
    narrowed = json.loads(body(hers.get(f"{AUDIT}.json?kind=moves")))
    assert {event["kind"] for event in narrowed["events"]} == {"task.transitioned"}
    assert narrowed["filters"] == {"kind": "moves"}


def test_a_file_is_read_in_pieces_and_none_is_lost(
    project: Project, hers: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.queries.audit.CHUNK", 2)
    for number in range(4):
        a_task(project, f"Task {number}")
    rows = list(csv.DictReader(io.StringIO(body(hers.get(f"{AUDIT}.csv")))))
    assert [int(row["number"]) for row in rows] == list(
        Event.objects.order_by("seq").values_list("seq", flat=True)
    )


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1", "＝1"])
def test_a_cell_that_a_spreadsheet_would_compute_is_text(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "plain", "{}", "1-1", "a=b"])
def test_a_cell_that_is_harmless_stays_as_it_is(text: str) -> None:
    assert safe_cell(text) == text


def test_a_name_that_is_a_formula_does_not_become_one(project: Project, hers: Client) -> None:
    update_project(actor=HOUSE, project=project, changes={"name": "x"})
    user = a_member(project, "=cmd()")
    update_project(actor=actor_of(user), project=project, changes={"name": "y"})
    rows = list(csv.DictReader(io.StringIO(body(hers.get(f"{AUDIT}.csv")))))
    assert rows[-1]["who"] == "'=cmd()"


def test_the_page_costs_the_same_for_five_and_for_fifty_events(project: Project, hers: Client) -> None:
    def cost() -> int:
        hers.get(AUDIT)
        with CaptureQueriesContext(connection) as caught:
            assert hers.get(AUDIT).status_code == 200
        return len(caught)

    few = cost()
    for number in range(50):
        a_task(project, f"Task {number}")
    assert cost() == few
