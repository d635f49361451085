"""Who is on a task, and what it waits for, over HTTP."""

from __future__ import annotations

import pytest

from tasks.models import Dependency, Project, Task
from tests.agents.building import Caller, a_project, an_agent, events, problem
from tests.tasks.building import a_task as made
from tests.tasks.building import forced

pytestmark = pytest.mark.django_db


def slugs(shown: dict[str, list[dict[str, str]]]) -> list[str]:
    return [who["slug"] for who in shown["assignees"]]


def test_assignees_are_set_added_and_removed(project: Project, ada: Caller) -> None:
    for slug in ("bolt", "rust"):
        an_agent(project, slug)
    path = f"/tasks/{made(project).key}/assign"
    shown = ada.post(path, {"agents": ["bolt"], "users": ["ada"]}).json()
    assert (slugs(shown), shown["status"]) == (["bolt", "ada"], "assigned")
    assert slugs(ada.post(path, {"agents": ["rust"], "mode": "add"}).json()) == ["bolt", "ada", "rust"]
    assert slugs(ada.post(path, {"agents": ["bolt"], "users": ["ada"], "mode": "remove"}).json()) == ["rust"]
    shown = ada.post(path, {"agents": [], "users": []}).json()
    assert (slugs(shown), shown["status"]) == ([], "inbox")
    told = [event.data["added"]["names"] for event in events(project, "task.assigned")]
    assert told == [["bolt", "ada"], ["rust"], [], []]


@pytest.mark.parametrize(
    "body", [{"agents": ["nobody"]}, {"users": ["nobody"]}, {"mode": "swap"}, {"who": []}]
)
def test_unknown_assignees_and_modes_are_named(
    project: Project, ada: Caller, body: dict[str, object]
) -> None:
    document = problem(ada.post(f"/tasks/{made(project).key}/assign", body), 422)
    assert document["errors"][0]["field"] == next(iter(body))


def test_an_agent_takes_no_task_without_claiming_it(project: Project) -> None:
    _, bolt = an_agent(project)
    problem(bolt.post(f"/tasks/{made(project).key}/assign", {"agents": ["bolt"]}), 403, "not_assigned")


def test_reassigning_ends_the_lease_at_once(project: Project, ada: Caller) -> None:
    _, bolt = an_agent(project)
    _, rust = an_agent(project, "rust")
    key = made(project).key
    token = bolt.post("/agent/claim").json()["lease"]["token"]
    shown = ada.post(f"/tasks/{key}/assign", {"agents": ["rust"]}).json()
    assert (shown["holder"], shown["status"]) == (None, "assigned")
    late = bolt.patch(f"/tasks/{key}", {"progress": 90, "lease_token": token})
    assert late.status_code in {403, 409}
    assert rust.post("/agent/claim").json()["lease"]["token"] == token + 1
    assert Task.objects.get().progress == 0


def test_a_dependency_is_added_listed_and_removed(project: Project, ada: Caller) -> None:
    task, first, second = made(project, "task"), made(project, "first"), made(project, "second")
    path = f"/tasks/{task.key}/dependencies"
    answer = ada.post(path, {"depends_on": first.key})
    assert (answer.status_code, answer.json()["key"]) == (201, first.key)
    assert ada.post(path, {"depends_on": str(second.pk)}).status_code == 201
    assert ada.post(path, {"depends_on": first.key}).status_code == 201
    listed = ada.get(path).json()
    assert [row["key"] for row in listed["results"]] == [first.key, second.key]
    assert listed["next"] is None
    shown = ada.get(f"/tasks/{task.key}").json()
    assert (shown["status"], shown["block_cause"], shown["open_dependencies"]) == (
        "blocked",
        "dependencies",
        2,
    )
    assert ada.delete(f"{path}?depends_on={first.key}").status_code == 204
    assert ada.delete(path, {"depends_on": second.key}).status_code == 204
    assert ada.get(f"/tasks/{task.key}").json()["status"] == "ready"
    assert not Dependency.objects.exists()


def test_a_circle_is_refused(project: Project, ada: Caller) -> None:
    one, two, three = (made(project, name) for name in ("one", "two", "three"))
    ada.post(f"/tasks/{one.key}/dependencies", {"depends_on": two.key})
    ada.post(f"/tasks/{two.key}/dependencies", {"depends_on": three.key})
    for task, other in ((three, one), (two, one), (one, one)):
        problem(ada.post(f"/tasks/{task.key}/dependencies", {"depends_on": other.key}), 422, "cycle")
    assert Dependency.objects.count() == 2


def test_a_dependency_that_is_not_there_cannot_go(project: Project, ada: Caller) -> None:
    task, other = made(project), made(project)
    path = f"/tasks/{task.key}/dependencies"
    problem(ada.delete(f"{path}?depends_on={other.key}"), 404)
    problem(ada.delete(path), 400)
    problem(ada.delete(f"{path}?depends_on=APOL-99"), 422)
    problem(ada.post(path, {"depends_on": made(a_project("zeus")).key}), 422, "unknown_task")
    problem(ada.post(path, {}), 422)


def test_the_last_dependency_done_frees_the_task(project: Project, ada: Caller) -> None:
    task, other = made(project), made(project)
    ada.post(f"/tasks/{task.key}/dependencies", {"depends_on": other.key})
    forced(other, "done")
    shown = ada.get(f"/tasks/{task.key}").json()
    assert (shown["status"], shown["open_dependencies"]) == ("ready", 0)


def test_a_task_is_reassigned_in_one_call(project: Project, ada: Caller) -> None:
    _, bolt = an_agent(project)
    an_agent(project, "rust")
    path = f"/tasks/{made(project).key}/reassign"
    bolt.post("/agent/claim")
    assert problem(ada.post(path, {"agent": "nobody"}), 422)["errors"][0]["field"] == "agent"
    problem(bolt.post(path, {"agent": "rust"}), 403)
    shown = ada.post(path, {"agent": "rust", "held_by": "bolt", "reason": "Busy."}).json()
    assert (slugs(shown), shown["status"], shown["holder"]) == (["rust"], "assigned", None)
    problem(ada.post(path, {"agent": None, "held_by": "bolt"}), 409, "changed_hands")
    assert ada.post(path, {"agent": None}).json()["status"] == "ready"
