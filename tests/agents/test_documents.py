"""An agent's documents: its own, versioned, one daily note a day."""

from __future__ import annotations

from typing import Any

import pytest

from agents.models import AgentDocument, AgentDocumentVersion
from agents.services.control import order
from tests.agents.building import HOUSE, a_member, a_project, an_agent, events, problem, signed_in

pytestmark = pytest.mark.django_db


def test_a_document_keeps_every_version() -> None:
    project = a_project()
    _, caller = an_agent(project)
    problem(caller.get("/agent/documents/working"), 404)
    first = caller.put("/agent/documents/working", {"content": "one"})
    second = caller.put("/agent/documents/working", {"content": "two"}, If_Match=first["ETag"])
    assert (first.json()["version"], second.json()["version"]) == (1, 2)
    assert caller.get("/agent/documents/working").json()["content"] == "two"
    versions = caller.get("/agent/documents/working/versions").json()["results"]
    assert [(row["version"], row["content"]) for row in versions] == [(2, "two"), (1, "one")]
    assert [event.data["version"] for event in events(project, "agent.document_written")] == [1, 2]


def test_the_same_text_again_makes_no_version() -> None:
    _, caller = an_agent(a_project())
    for _ in range(2):
        assert caller.put("/agent/documents/session_memory", {"content": ""}).json()["version"] == 1
    assert AgentDocumentVersion.objects.count() == 1


def test_a_write_over_an_unseen_version_is_refused() -> None:
    _, caller = an_agent(a_project())
    caller.put("/agent/documents/working", {"content": "one"})
    document = problem(
        caller.put("/agent/documents/working", {"content": "two", "version": 0}), 409, "version_conflict"
    )
    assert document["version"] == 1
    assert AgentDocument.objects.get().content == "one"


def test_daily_notes_have_one_document_a_day_today_when_not_said() -> None:
    _, caller = an_agent(a_project())
    caller.put("/agent/documents/daily_note?date=2026-01-02", {"content": "second"})
    caller.put("/agent/documents/daily_note?date=2026-01-03", {"content": "third"})
    today = caller.put("/agent/documents/daily_note", {"content": "today"}).json()
    assert caller.get("/agent/documents/daily_note?date=2026-01-02").json()["content"] == "second"
    assert caller.get(f"/agent/documents/daily_note?date={today['date']}").json()["content"] == "today"
    assert AgentDocument.objects.count() == 3


def test_agents_do_not_see_each_others_documents() -> None:
    project = a_project()
    _, caller = an_agent(project)
    _, other = an_agent(project, "other")
    caller.put("/agent/documents/working", {"content": "mine"})
    problem(other.get("/agent/documents/working"), 404)
    problem(signed_in(a_member(project)).get("/agent/documents/working"), 403, "agents_only")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/agent/documents/diary", {"content": "x"}, 404),
        ("/agent/documents/working?date=2026-01-02", {"content": "x"}, 422),
        ("/agent/documents/daily_note?date=yesterday", {"content": "x"}, 400),
        ("/agent/documents/working", {"content": "x" * 100_001}, 422),
        ("/agent/documents/working", {"content": "a\u0000b"}, 400),
        ("/agent/documents/working", {"content": 5}, 422),
        ("/agent/documents/working", {}, 422),
        ("/agent/documents/working", {"content": "x", "actor": "me"}, 422),
    ],
)
def test_a_bad_document_is_refused_and_not_stored(path: str, body: dict[str, Any], status: int) -> None:
    _, caller = an_agent(a_project())
    problem(caller.put(path, body), status)
    assert not AgentDocument.objects.exists()


def test_a_paused_agent_reads_but_does_not_write() -> None:
    agent, caller = an_agent(a_project())
    caller.put("/agent/documents/working", {"content": "one"})
    order(actor=HOUSE, agent=agent, action="pause")
    problem(caller.put("/agent/documents/working", {"content": "two"}), 403, "paused")
    assert caller.get("/agent/documents/working").json()["content"] == "one"
