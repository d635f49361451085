"""Lists of tasks over HTTP: filters, orders, pages, and what they cost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tasks.models import Project, Task
from tests.agents.building import (
    Caller,
    a_member,
    an_agent,
    problem,
    signed_in,
)
from tests.tasks.api.reading import keys
from tests.tasks.building import a_task as made
from tests.tasks.building import forced

pytestmark = pytest.mark.django_db


@pytest.fixture
def field_of_tasks(project: Project) -> dict[str, Task]:
    agent, _ = an_agent(project)
    user = a_member(project, "uma", "operator")
    now = timezone.now()
    found = {
        "plain": made(project, "Plain", priority=4),
        "typed": made(project, "Typed", type="docs", priority=1, labels=["red", "big"]),
        "held": made(project, "Held", agents=[agent], users=[user]),
        "late": made(project, "Late", due_at=now - timedelta(days=1)),
        "stuck": forced(made(project, "Stuck"), "blocked"),
        "over": forced(made(project, "Over, though late", due_at=now - timedelta(days=1)), "done"),
    }
    found["child"] = made(project, "Child", parent=found["plain"], reviewer=user)
    found["waits"] = made(project, "Waits", dependencies=[found["plain"]])
    return found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=blocked", {"stuck", "waits"}),
        ("status=blocked,done", {"stuck", "waits", "over"}),
        ("status=blocked&status=done", {"stuck", "waits", "over"}),
        ("assignee=bolt", {"held"}),
        ("assignee=uma", {"held"}),
        ("assignee=nobody", set()),
        ("label=red", {"typed"}),
        ("type=docs", {"typed"}),
        ("priority=1,4", {"typed", "plain"}),
        ("q=late", {"late", "over"}),
        ("q=APOL-1", {"plain"}),
        ("q=%25", set()),
        ("parent=APOL-1", {"child"}),
        ("overdue=true", {"late"}),
        ("blocked=true", {"stuck", "waits"}),
        ("blocked=false&overdue=false&priority=3", {"held", "over", "child"}),
        ("mine=true", {"held", "child"}),
        ("created_by=tests&source=api&type=docs", {"typed"}),
        ("project=apollo&status=done", {"over"}),
        ("status=", None),
    ],
)
def test_each_filter_narrows(
    project: Project, field_of_tasks: dict[str, Task], query: str, expected: set[str] | None
) -> None:
    uma = signed_in(a_member(project, "uma", "operator"))
    wanted = field_of_tasks if expected is None else expected
    assert set(keys(uma.get(f"/tasks?{query}"))) == {field_of_tasks[name].key for name in wanted}


def test_mine_are_an_agents_own(project: Project, field_of_tasks: dict[str, Task]) -> None:
    _, rust = an_agent(project, "rust")
    assert keys(rust.get("/tasks?mine=true")) == []
    mine = made(project, "Mine", reviewer=project.agents.get(slug="rust"))
    assert keys(rust.get("/tasks?mine=true")) == [mine.key]


def test_updated_since_lists_what_changed(project: Project, ada: Caller) -> None:
    old, _ = made(project, "Old"), made(project, "New")
    moment = timezone.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    ada.patch(f"/tasks/{old.key}", {"title": "Older"})
    assert keys(ada.get(f"/tasks?updated_since={moment}")) == [old.key]


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        ("created", ["a", "b", "c"]),
        ("-created", ["c", "b", "a"]),
        ("priority", ["b", "c", "a"]),
        ("-priority", ["a", "c", "b"]),
        ("due", ["c", "a", "b"]),
        ("-due", ["a", "c", "b"]),
        ("updated", ["b", "c", "a"]),
        ("position", ["c", "b", "a"]),
        ("", ["c", "b", "a"]),
    ],
)
def test_lists_are_ordered_and_paged_without_loss(
    project: Project, ada: Caller, ordering: str, expected: list[str]
) -> None:
    now = timezone.now()
    tasks = {
        "a": made(project, "a", priority=None, due_at=now + timedelta(days=2)),
        "b": made(project, "b", priority=1),
        "c": made(project, "c", priority=3, due_at=now + timedelta(days=1)),
    }
    ada.patch(f"/tasks/{tasks['a'].key}", {"description": "Later."})
    Task.objects.update(status="ready")
    for name in "abc":
        Task.objects.filter(pk=tasks[name].pk).update(position=-ord(name))
    path = f"/tasks?limit=1&ordering={ordering}" if ordering else "/tasks?limit=1"
    seen = []
    while path:
        answer = ada.get(path)
        seen += keys(answer)
        path = (answer.json()["next"] or "").partition("/api/v1")[2]
    assert seen == [tasks[name].key for name in expected]


@pytest.mark.parametrize(
    "query",
    [
        "priority=abc", "priority=9", "status=gone", "limit=0", "limit=201", "limit=x", "cursor=x", "ordering=rank",
        "blocked=maybe", "updated_since=yesterday", "colour=red", "q=a&q=b", "q=%00", "q=%ff", "q=%ed%a0%80",
        "project=%2F", "priority=" + "9" * 5000, "type=docs,poetry",
    ],
)  # fmt: skip
def test_a_bad_query_is_malformed(project: Project, ada: Caller, query: str) -> None:
    problem(ada.get(f"/tasks?{query}"), 400)


def test_a_list_costs_the_same_for_5_50_and_200_tasks(project: Project, ada: Caller) -> None:
    agent, _ = an_agent(project)
    costs = []
    for wanted in (5, 50, 200):
        for number in range(Task.objects.count(), wanted):
            made(project, f"task {number}", labels=["x"], agents=[agent], parent=Task.objects.first())
        for path in ("/tasks?limit=200", "/tasks?limit=200&project=apollo&label=x&assignee=bolt"):
            with CaptureQueriesContext(connection) as queries:
                assert len(keys(ada.get(path))) == wanted
            costs.append(len(queries))
    assert costs == [4, 6] * 3
