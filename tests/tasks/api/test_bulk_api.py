"""One change to many cards over HTTP: each succeeds or is refused on its own, and says so."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError

from tasks.models import Project, Refusal, Task, Transition
from tests.agents.building import Caller, a_member, a_project, an_agent, events, problem, signed_in
from tests.tasks.building import a_task, forced

pytestmark = pytest.mark.django_db


def changed(caller: Caller, tasks: list[Any], **change: Any) -> dict[str, Any]:
    answer = caller.post("/tasks/bulk", {"tasks": [getattr(task, "key", task) for task in tasks], **change})
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def statuses() -> list[str]:
    return list(Task.objects.order_by("number").values_list("status", flat=True))


def test_each_card_moves_or_says_why_not(project: Project, ada: Caller) -> None:
    tasks = [a_task(project, "One"), a_task(project, "Two"), forced(a_task(project, "Three"), "canceled")]

    told = changed(ada, [*tasks, "APOL-99"], move={"to": "inbox"})

    assert (told["done"], told["failed"]) == (2, 2)
    assert [row["ok"] for row in told["results"]] == [True, True, False, False]
    assert told["results"][0] == {"task": "APOL-1", "ok": True, "status": "inbox", "version": 3}
    assert [row.get("code") for row in told["results"][2:]] == ["transition_refused", "not_found"]
    assert "canceled" in told["results"][2]["detail"]
    assert statuses() == ["inbox", "inbox", "canceled"]
    assert Transition.objects.filter(to_status="inbox", from_status="ready").count() == 2
    moves = [event.data["key"] for event in events(project, "task.transitioned")][-2:]
    assert moves == ["APOL-1", "APOL-2"]
    assert Refusal.objects.get().task == tasks[2]


def test_what_a_gate_misses_is_told_card_by_card(project: Project, ada: Caller) -> None:
    agent, _ = an_agent(project)
    task = a_task(project, agents=[agent])
    (row,) = changed(ada, [task], move={"to": "in_progress"})["results"]
    assert [error["field"] for error in row["errors"]] == ["work_plan"]
    assert statuses() == ["assigned"]


def test_a_limit_lets_in_as_many_as_fit(project: Project, ada: Caller) -> None:
    ada.patch("/projects/apollo", {"wip_limits": {"blocked": 1}})
    tasks = [a_task(project), a_task(project)]
    told = changed(ada, tasks, move={"to": "blocked", "reason": "Frost"})
    assert [row.get("code") for row in told["results"]] == [None, "wip_limit"]
    assert statuses() == ["blocked", "ready"]


def test_assign_label_and_priority(project: Project, ada: Caller) -> None:
    agent, _ = an_agent(project)
    done = forced(a_task(project, "Done", labels=["old"]), "done")
    tasks = [a_task(project, "One", labels=["old", "kept"]), done]

    told = changed(ada, tasks, assign={"agents": ["bolt"], "mode": "add"})
    assert [row.get("code") for row in told["results"]] == [None, "finished"]
    assert tasks[0].assignments.get().agent == agent
    assert changed(ada, tasks, labels={"add": ["new"], "remove": ["old"]})["done"] == 2
    assert [sorted(task.labels.values_list("name", flat=True)) for task in tasks] == [
        ["kept", "new"],
        ["new"],
    ]
    assert changed(ada, tasks, priority=1)["done"] == 2
    assert set(Task.objects.values_list("priority", flat=True)) == {1}
    assert changed(ada, tasks, priority=None)["done"] == 2
    assert set(Task.objects.values_list("priority", flat=True)) == {None}
    labelled = [
        event.data["after"] for event in events(project, "task.updated") if "labels" in event.data["after"]
    ]
    assert labelled == [{"labels": ["kept", "new"]}, {"labels": ["new"]}]


def test_a_card_named_twice_is_changed_once(project: Project, ada: Caller) -> None:
    task = a_task(project)
    assert len(changed(ada, [task, task], priority=2)["results"]) == 1


def test_a_busy_database_fails_one_card_and_no_other(
    project: Project, ada: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = [a_task(project, "One"), a_task(project, "Two")]
    from tasks.services import bulk

    def busy(**given: Any) -> Task:
        if given["task"].pk == tasks[0].pk:
            raise OperationalError("lock timeout")
        return edit(**given)

    edit = bulk.edit_task
    monkeypatch.setattr(bulk, "edit_task", busy)
    told = changed(ada, tasks, priority=1)
    assert [row.get("code") for row in told["results"]] == ["unavailable", None]
    assert list(Task.objects.order_by("number").values_list("priority", flat=True)) == [3, 1]


@pytest.mark.parametrize(
    "body",
    [
        {"tasks": ["APOL-1"]},
        {"tasks": ["APOL-1"], "priority": 1, "labels": {"add": ["a"]}},
        {"tasks": [], "priority": 1},
        {"tasks": ["APOL-1"] * 101, "priority": 1},
        {"tasks": ["APOL-1"], "priority": 9},
        {"tasks": ["APOL-1"], "move": {}},
        {"tasks": ["APOL-1"], "move": {"to": "gone"}},
        {"tasks": ["APOL-1"], "shred": True},
        {"tasks": "APOL-1", "priority": 1},
    ],
)
def test_a_body_that_says_nothing_clear_is_refused(project: Project, ada: Caller, body: Any) -> None:
    a_task(project)
    problem(ada.post("/tasks/bulk", body), 422)
    assert Task.objects.get().priority == 3


def test_who_may_only_look_changes_nothing(project: Project) -> None:
    vera = signed_in(a_member(project, "vera", "viewer"))
    tasks = [a_task(project), a_task(a_project("zeus"))]
    told = changed(vera, tasks, priority=1)
    assert [row["code"] for row in told["results"]] == ["forbidden", "not_found"]
    assert set(Task.objects.values_list("priority", flat=True)) == {3}


def test_the_same_key_changes_once(project: Project, ada: Caller) -> None:
    task = a_task(project)
    body = {"tasks": [task.key], "priority": 1}
    first = ada.post("/tasks/bulk", body, Idempotency_Key="k1").json()
    assert ada.post("/tasks/bulk", body, Idempotency_Key="k1").json() == first
    assert len(events(project, "task.updated")) == 1
