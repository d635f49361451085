"""Tasks edited over HTTP."""

from __future__ import annotations

import pytest

from tasks.models import Label, Project, Task
from tests.agents.building import (
    Caller,
    a_member,
    an_agent,
    events,
    problem,
    signed_in,
)
from tests.tasks.building import a_task as made

pytestmark = pytest.mark.django_db


def test_an_edit_changes_what_it_names_and_tells_before_and_after(project: Project, ada: Caller) -> None:
    task = made(project, labels=["old"])
    sent = {"title": "New", "priority": 1, "labels": ["new"], "due_at": None, "progress": 40}
    answer = ada.patch(f"/tasks/{task.key}", sent)
    assert answer.status_code == 200, answer.content
    shown = answer.json()
    assert (shown["title"], shown["priority"], shown["labels"], shown["progress"]) == ("New", 1, ["new"], 40)
    assert answer["ETag"] == f'"{shown["version"]}"' != f'"{task.version}"'
    event = events(project, "task.updated")[-1]
    assert event.data["before"] == {
        "title": "Write the guide",
        "priority": 3,
        "labels": ["old"],
        "progress": 0,
    }
    assert event.data["after"] == {"title": "New", "priority": 1, "labels": ["new"], "progress": 40}
    assert Label.objects.filter(project=project).count() == 2


def test_an_edit_that_changes_nothing_writes_nothing(project: Project, ada: Caller) -> None:
    task = made(project)
    before = len(events(project))
    answer = ada.patch(f"/tasks/{task.key}", {"title": task.title, "priority": 3})
    assert answer.json()["version"] == task.version
    assert len(events(project)) == before


def test_a_reviewer_and_a_parent_can_be_set_and_taken_away(project: Project, ada: Caller) -> None:
    an_agent(project)
    parent, task = made(project, "Parent"), made(project)
    sent = {"reviewer": {"agent": "bolt"}, "parent": parent.key}
    shown = ada.patch(f"/tasks/{task.key}", sent).json()
    assert (shown["reviewer"]["slug"], shown["parent"]) == ("bolt", parent.key)
    shown = ada.patch(f"/tasks/{task.key}", {"reviewer": None, "parent": None}).json()
    assert (shown["reviewer"], shown["parent"]) == (None, None)


def test_a_task_is_never_its_own_ancestor(project: Project, ada: Caller) -> None:
    top = made(project, "Top")
    below = made(project, "Below", parent=top)
    problem(ada.patch(f"/tasks/{top.key}", {"parent": below.key}), 422, "cycle")
    problem(ada.patch(f"/tasks/{top.key}", {"parent": top.key}), 422, "cycle")


@pytest.mark.parametrize("by_header", [True, False])
def test_an_edit_of_what_changed_meanwhile_conflicts_and_names_the_fields(
    project: Project, ada: Caller, by_header: bool
) -> None:
    task = made(project)
    seen = ada.get(f"/tasks/{task.key}")
    uma = signed_in(a_member(project, "uma"))
    uma.patch(f"/tasks/{task.key}", {"title": "Hers", "priority": 1})
    if by_header:
        answer = ada.patch(f"/tasks/{task.key}", {"title": "Mine"}, If_Match=seen["ETag"])
    else:
        answer = ada.patch(f"/tasks/{task.key}", {"title": "Mine", "version": seen.json()["version"]})
    document = problem(answer, 409, "version_conflict")
    assert {error["field"] for error in document["errors"]} == {"title", "priority"}
    assert "uma" in document["errors"][0]["message"]
    assert Task.objects.get(pk=task.pk).title == "Hers"
    fresh = ada.get(f"/tasks/{task.key}")["ETag"]
    assert ada.patch(f"/tasks/{task.key}", {"title": "Mine"}, If_Match=fresh).status_code == 200


def test_the_status_is_no_field(project: Project, ada: Caller) -> None:
    task = made(project)
    for field in ("status", "key", "holder", "lease", "completed_at", "id"):
        document = problem(ada.patch(f"/tasks/{task.key}", {field: "x"}), 422)
        assert document["errors"][0]["field"] == field


def test_an_agent_edits_only_what_it_works_on_reviews_or_made(project: Project) -> None:
    _, bolt = an_agent(project)
    task = made(project)
    problem(bolt.patch(f"/tasks/{task.key}", {"title": "Mine"}), 403, "not_assigned")
    own = bolt.post("/tasks", {"project": "apollo", "title": "Own"}).json()["key"]
    assert bolt.patch(f"/tasks/{own}", {"title": "Renamed"}).status_code == 200


def test_a_stale_lease_edits_nothing(project: Project) -> None:
    _, bolt = an_agent(project)
    key = made(project).key
    token = bolt.post("/agent/claim").json()["lease"]["token"]
    problem(bolt.patch(f"/tasks/{key}", {"progress": 50, "lease_token": token + 1}), 409, "stale_lease")
    assert bolt.patch(f"/tasks/{key}", {"progress": 50, "lease_token": token}).json()["progress"] == 50
    assert Task.objects.get().progress == 50


def test_a_paused_agent_writes_nothing(project: Project, ada: Caller) -> None:
    _, bolt = an_agent(project)
    key = made(project).key
    bolt.post("/agent/claim")
    ada.post("/projects/apollo/mode", {"mode": "paused", "reason": "Stop."})
    problem(bolt.patch(f"/tasks/{key}", {"progress": 50}), 403, "paused")
    assert bolt.get(f"/tasks/{key}").status_code == 200
