"""History, timeline and report: everything that happened, in order, by pages, safe to read."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from agents.services.approvals import request_approval
from tasks.models import Event, Task
from tasks.queries.report import report
from tests.agents.building import Caller, problem
from tests.tasks.building import acting
from tests.tasks.thread.building import World, a_world

pytestmark = pytest.mark.django_db


def busy_world() -> World:
    """A task that was talked about, handed in, contested, sent back and stopped for an approval."""
    world = a_world()
    world.say("Please hurry, @bolt")
    world.in_status("review")
    refute = {"kind": "refute", "severity": "major", "content": "It forgets leap years."}
    assert world.by_cora.post(world.path("reviews"), refute).status_code == 201
    request_approval(
        actor=acting(world.bolt),
        project=world.project,
        task=world.now(),
        action_type="deploy",
        summary="Deploy it",
    )
    world.say("Waiting", by=world.by_bolt)
    return world


def all_pages(caller: Caller, path: str) -> list[dict[str, Any]]:
    """Every row of a list, page by page."""
    answer = caller.get(path).json()
    rows: list[dict[str, Any]] = answer["results"]
    while answer["next"]:
        answer = caller.client.get(answer["next"], headers=caller.headers).json()
        rows += answer["results"]
    return rows


def test_the_history_lists_every_transition_in_order() -> None:
    world = busy_world()
    steps = [(row["from"], row["to"]) for row in all_pages(world.by_vic, world.path("history?limit=2"))]
    assert steps == [
        ("inbox", "assigned"),
        ("assigned", "review"),
        ("review", "in_progress"),
        ("in_progress", "needs_approval"),
    ]
    rows = world.by_vic.get(world.path("history?ordering=-at&limit=3")).json()["results"]
    assert (rows[1]["actor"]["name"], rows[2]["override"]) == ("cora", True)
    assert rows[1]["reason"] == "Refute (major): It forgets leap years."


def test_the_timeline_merges_everything_in_order() -> None:
    world = busy_world()
    rows = world.by_vic.get(world.path("timeline?limit=200")).json()["results"]
    assert rows[0]["kind"] == "created"
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
    kinds = [row["kind"] for row in rows]
    assert kinds.count("message") == 3
    assert kinds.count("transition") == 4
    assert (kinds.count("review"), kinds.count("approval")) == (1, 1)
    said = [row["data"]["content"] for row in rows if row["kind"] == "message"]
    assert (said[0], said[2]) == ("Please hurry, @bolt", "Waiting")
    assert [row["data"]["type"] for row in rows if row["kind"] == "event"] == ["task.assigned"]
    told = kinds.index("review")
    assert kinds[told - 1 : told + 2] == ["message", "review", "transition"]


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
@pytest.mark.parametrize("ordering", ["at", "-at"])
def test_pages_of_any_size_miss_nothing_and_double_nothing(limit: int, ordering: str) -> None:
    world = busy_world()
    whole = world.by_ada.get(world.path(f"timeline?limit=200&ordering={ordering}")).json()["results"]
    assert all_pages(world.by_ada, world.path(f"timeline?limit={limit}&ordering={ordering}")) == whole
    turned = world.by_ada.get(world.path("timeline?limit=200")).json()["results"]
    assert whole == (turned if ordering == "at" else turned[::-1])


def test_pages_hold_when_everything_happened_at_once() -> None:
    world = busy_world()
    _at_once(world)
    whole = world.by_ada.get(world.path("timeline?limit=200")).json()["results"]
    assert len(whole) == 11
    assert all_pages(world.by_ada, world.path("timeline?limit=1")) == whole
    assert all_pages(world.by_ada, world.path("timeline?limit=1&ordering=-at")) == whole[::-1]


def _at_once(world: World) -> None:
    task = world.now()
    task.messages.update(created_at=task.created_at)
    task.reviews.update(created_at=task.created_at)
    task.transitions.update(at=task.created_at)
    task.approvals.update(created_at=task.created_at)


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "cursor=x", "ordering=seq", "colour=red", "limit=1&limit=2"]
)
def test_a_bad_page_is_named(query: str) -> None:
    world = a_world()
    problem(world.by_ada.get(world.path(f"timeline?{query}")), 400)


def test_a_cursor_serves_its_own_ordering_only() -> None:
    world = busy_world()
    following = world.by_ada.get(world.path("timeline?limit=1")).json()["next"]
    problem(world.by_ada.client.get(f"{following}&ordering=-at"), 400, "bad_query")


def test_another_projects_task_has_no_past_for_us() -> None:
    world, other = a_world(), a_world("hermes")
    for end in ("history", "timeline", "report"):
        problem(world.by_ada.get(other.path(end)), 404)
        problem(world.by_bolt.get(other.path(end)), 404)


def test_reading_the_past_changes_nothing() -> None:
    world = busy_world()
    before = (Event.objects.count(), world.now().version)
    for end in ("history", "timeline", "report"):
        assert world.by_vic.get(world.path(end)).status_code == 200
    assert (Event.objects.count(), world.now().version) == before


def test_the_report_tells_the_whole_task_in_markdown() -> None:
    world = busy_world()
    answer = world.by_vic.get(world.path("report"))
    assert answer["Content-Type"] == "text/markdown; charset=utf-8"
    text = answer.content.decode()
    assert text.startswith(f"# {world.task.key} Write the guide\n")
    for part in (
        "- **Status:** Needs approval",
        "- **Assignees:** @bolt",
        "## Description\n\n> What it is for.",
        "## Work plan\n\n- Look",
        "## Deliverable\n\n> It is done.",
        "- [x] Tests",
        "- **Actual cost:** 0",
        "ada wrote (comment)\n\n  > Please hurry, @bolt",
        "cora reviewed: refute, major; pending",
        "cora moved it from review to in_progress",
        "asked for approval (yellow): Deploy it; pending",
        "tests created the task",
    ):
        assert part in text, part


@pytest.mark.parametrize("accept", ["text/markdown", "application/json", "*/*", "text/html"])
def test_the_report_is_markdown_whatever_a_client_accepts(accept: str) -> None:
    world = a_world()
    answer = world.by_ada.get(world.path("report"), Accept=accept)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/markdown; charset=utf-8")
    refused = world.by_ada.get("/tasks/NONE-1/report", Accept=accept)
    assert problem(refused, 404)["code"] == "not_found"


def test_what_others_wrote_cannot_pass_for_a_part_of_the_report() -> None:
    world = a_world()
    forged = "# Forged\n\n## Timeline\n\n- all is well"
    Task.objects.filter(pk=world.task.pk).update(title="*x* <b>[l](u) #", description=forged)
    world.say(forged, by=world.by_bolt)
    text = world.by_ada.get(world.path("report")).content.decode()
    assert f"# {world.task.key} \\*x\\* \\<b\\>\\[l\\](u) \\#" in text
    assert [line for line in text.splitlines() if line.startswith("#")][1:] == [
        "## Description",
        "## Costs",
        "## Timeline",
    ]


def test_a_long_report_leaves_out_the_oldest_entries_and_says_so() -> None:
    world = busy_world()
    text = report(world.now(), timezone.now(), most=3)
    assert "- … earlier entries are left out" in text
    assert "Please hurry" not in text
    assert "Waiting" in text
