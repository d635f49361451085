"""Tasks over HTTP: made, found, read, edited."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tasks.models import Label, Project, Task
from tasks.queries.tasks import BEHIND, PLAIN
from tests.agents.building import (
    Caller,
    a_member,
    a_project,
    a_service,
    an_agent,
    events,
    nobody,
    problem,
    signed_in,
)
from tests.tasks.building import a_task as made
from tests.tasks.building import forced

pytestmark = pytest.mark.django_db


def keys(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["key"] for row in answer.json()["results"]]


# Made ---------------------------------------------------------------------------------------------------------------


def test_a_task_with_everything_is_kept_as_it_was_sent(project: Project, ada: Caller) -> None:
    an_agent(project)
    parent, other = made(project, "Parent"), made(project, "Other")
    sent = {
        "project": "apollo", "title": "  Write   the guide ", "description": "For new users.\r\nAll of it.",
        "type": "docs", "priority": 1, "labels": ["docs", "auto-approve", "docs"], "required_skills": ["prose"],
        "agents": ["bolt"], "users": ["ada"], "reviewer": {"user": "ada"}, "parent": parent.key,
        "dependencies": [str(other.pk)], "due_at": "2030-01-02T03:04:05+02:00",
        "work_plan": {"bullets": ["a", "b", "c"], "estimated_cost": 1.5, "estimated_duration": "2 h"},
        "deliverable": {"summary": "s", "artifacts": [{"name": "n", "type": "file", "url": "https://e.org/x"}]},
        "checklist": {"items": [{"label": "Tests", "checked": True}]}, "estimate_minutes": 90, "budget": "2.50",
        "external_chat_id": "C1", "external_thread_id": "17.1", "source_ref": "mail 7",
    }  # fmt: skip
    answer = ada.post("/tasks", sent)
    assert answer.status_code == 201, answer.content
    shown = answer.json()
    assert answer["Location"] == f"/api/v1/tasks/{shown['key']}"
    assert answer["ETag"] == f'"{shown["version"]}"'
    assert shown["title"] == "Write the guide"
    assert shown["description"] == "For new users.\nAll of it."
    assert (shown["type"], shown["priority"], shown["status"]) == ("docs", 1, "assigned")
    assert shown["labels"] == ["auto-approve", "docs"]
    assert [who["slug"] for who in shown["assignees"]] == ["bolt", "ada"]
    assert shown["reviewer"] == {"kind": "user", "slug": "ada", "name": "ada"}
    assert (shown["parent"], shown["depends_on"], shown["open_dependencies"]) == (parent.key, [other.key], 1)
    assert shown["due_at"] == "2030-01-02T01:04:05Z"
    for name in (
        "work_plan",
        "deliverable",
        "checklist",
        "estimate_minutes",
        "external_chat_id",
        "source_ref",
    ):
        assert shown[name] == sent[name]
    assert (shown["budget"], shown["source"]) == ("2.5000", "dashboard")
    assert shown["created_by"] == {"kind": "human", "name": "ada"}
    assert ada.get(f"/tasks/{shown['key']}").json() == shown
    assert next(e.type for e in events(project) if e.target_id == shown["id"]) == "task.created"


def test_project_and_title_are_enough(project: Project) -> None:
    service = a_service(project, "write")
    answer = service.post("/tasks", {"project": "apollo", "title": "T"})
    assert answer.status_code == 201
    shown = answer.json()
    assert (shown["status"], shown["priority"], shown["type"], shown["source"]) == (
        "inbox",
        None,
        "engineering",
        "api",
    )
    assert shown["number"] == 1
    assert shown["created_by"] == {"kind": "service", "name": "harness"}


def test_triage_lets_a_whole_task_into_ready(project: Project, ada: Caller) -> None:
    sent = {"project": "apollo", "title": "T", "description": "D", "priority": 2}
    assert ada.post("/tasks", sent).json()["status"] == "ready"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 301}, "title"),
        ({"title": 7}, "title"),
        ({"priority": 0}, "priority"),
        ({"priority": "2"}, "priority"),
        ({"priority": True}, "priority"),
        ({"priority": 2**60}, "priority"),
        ({"type": "poetry"}, "type"),
        ({"labels": "docs"}, "labels"),
        ({"labels": [{}]}, "labels.0"),
        ({"due_at": "tomorrow"}, "due_at"),
        ({"budget": -1}, "budget"),
        ({"status": "done"}, "status"),
        ({"actor_type": "human"}, "actor_type"),
        ({"agents": ["nobody"]}, "agents"),
        ({"users": ["nobody"]}, "users"),
        ({"reviewer": {"agent": "nobody"}}, "reviewer"),
        ({"reviewer": {"agent": "a", "user": "b"}}, "reviewer"),
        ({"reviewer": {}}, "reviewer"),
        ({"parent": "APOL-99"}, "parent"),
        ({"dependencies": ["APOL-99"]}, "dependencies"),
        ({"work_plan": {"bullets": "abc"}}, "work_plan.bullets"),
        ({"work_plan": {"bullets": [], "cost": 1}}, "work_plan.cost"),
        ({"work_plan": {"bullets": [], "estimated_cost": -1}}, "work_plan.estimated_cost"),
        ({"deliverable": {"artifacts": [{"name": "n"}]}}, "deliverable.artifacts.0.type"),
        (
            {"deliverable": {"artifacts": [{"name": "n", "type": "t", "url": "javascript:alert(1)"}]}},
            "deliverable.artifacts.0.url",
        ),
        ({"checklist": {"items": [{"label": "x", "checked": "yes"}]}}, "checklist.items.0.checked"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_made(
    project: Project, ada: Caller, fields: dict[str, Any], field: str
) -> None:
    answer = ada.post("/tasks", {"project": "apollo", "title": "T", **fields})
    assert field in {error["field"] for error in problem(answer, 422)["errors"]}
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b'"x"', b"{", b'{"project": "apollo", "title": "T", "title": "U"}', b"\xff",
        b'{"project": "apollo", "title": "a\\u0000b"}', b'{"project": "apollo", "title": "\\ud800"}',
        b'{"project": "apollo", "title": "T", "priority": NaN}',
        b'{"project": "apollo", "title": "T", "priority": 1e999}',
        b'{"project": "apollo", "title": "T", "priority": ' + b"9" * 5000 + b"}", b"[" * 50_000,
        b'{"project": "apollo", "title": "T", "labels": ' + b"[" * 100 + b"]" * 100 + b"}",
    ],
)  # fmt: skip
def test_a_malformed_body_makes_nothing(project: Project, ada: Caller, body: bytes) -> None:
    answer = ada.post("/tasks", body)
    assert answer.status_code in {400, 422}
    problem(answer, answer.status_code)
    assert not Task.objects.exists()


def test_what_belongs_to_another_project_does_not_exist_here(project: Project, ada: Caller) -> None:
    elsewhere = a_project("zeus")
    foreign = made(elsewhere)
    an_agent(elsewhere, "talos")
    for fields in ({"parent": foreign.key}, {"dependencies": [str(foreign.pk)]}, {"agents": ["talos"]}):
        problem(ada.post("/tasks", {"project": "apollo", "title": "T", **fields}), 422)
    problem(ada.post("/tasks", {"project": "zeus", "title": "T"}), 404, "not_found")
    assert Task.objects.filter(project=project).count() == 0


def test_the_same_key_makes_one_task(project: Project, ada: Caller) -> None:
    sent = {"project": "apollo", "title": "T"}
    first = ada.post("/tasks", sent, Idempotency_Key="k1")
    again = ada.post("/tasks", sent, Idempotency_Key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert (again["Idempotency-Replayed"], again["ETag"]) == ("true", first["ETag"])
    assert Task.objects.get().idempotency_key == "k1"
    problem(ada.post("/tasks", {**sent, "title": "Other"}, Idempotency_Key="k1"), 422, "idempotency_mismatch")


# Who may ------------------------------------------------------------------------------------------------------------


def test_nobody_reads_without_a_credential(project: Project) -> None:
    problem(nobody().get("/tasks"), 401, "unauthenticated")
    problem(nobody().post("/tasks", {}), 401, "unauthenticated")


def test_a_viewer_reads_and_writes_nothing(project: Project) -> None:
    vera = signed_in(a_member(project, "vera", "viewer"))
    task = made(project)
    assert keys(vera.get("/tasks")) == [task.key]
    shown = vera.get(f"/tasks/{task.key}").json()
    assert shown["allowed_transitions"] == []
    problem(vera.post("/tasks", {"project": "apollo", "title": "T"}), 403)
    problem(vera.patch(f"/tasks/{task.key}", {"title": "T"}), 403)
    problem(vera.post(f"/tasks/{task.key}/transition", {"to": "canceled", "reason": "x"}), 403)
    problem(vera.post(f"/tasks/{task.key}/move", {"to": "inbox"}), 403)
    problem(vera.post(f"/tasks/{task.key}/assign", {"users": ["vera"]}), 403)
    assert Task.objects.get().version == task.version


def test_a_service_that_reads_does_not_write(project: Project) -> None:
    reader = a_service(project, "read")
    task = made(project)
    assert keys(reader.get("/tasks")) == [task.key]
    problem(reader.post("/tasks", {"project": "apollo", "title": "T"}), 403)


def test_an_agent_makes_tasks_only_with_its_flag(project: Project) -> None:
    _, may = an_agent(project, "bolt", can_create_tasks=True)
    _, may_not = an_agent(project, "rust", can_create_tasks=False)
    assert may.post("/tasks", {"project": "apollo", "title": "T"}).json()["source"] == "agent"
    problem(may_not.post("/tasks", {"project": "apollo", "title": "T"}), 403, "flag_missing")


def test_tasks_of_other_projects_are_not_there(project: Project, ada: Caller) -> None:
    foreign = made(a_project("zeus"))
    assert keys(ada.get("/tasks")) == []
    for path in ("", "/why", "/dependencies", "/subtasks"):
        problem(ada.get(f"/tasks/{foreign.key}{path}"), 404, "not_found")
        problem(ada.get(f"/tasks/{foreign.pk}{path}"), 404, "not_found")
    problem(ada.patch(f"/tasks/{foreign.key}", {"title": "Mine"}), 404)
    problem(ada.get("/tasks?project=zeus"), 404)


# Read ---------------------------------------------------------------------------------------------------------------


def test_a_task_is_named_by_id_or_key_in_any_case(project: Project, ada: Caller) -> None:
    task = made(project)
    for name in (task.key, task.key.lower(), str(task.pk), str(task.pk).upper(), task.pk.hex):
        assert ada.get(f"/tasks/{name}").json()["id"] == str(task.pk)
    for name in ("APOL-99", "x", "%F0%9F%98%80", "a" * 500, "'--"):
        problem(ada.get(f"/tasks/{name}"), 404, "not_found")


def test_the_lease_is_shown_to_its_holder_only(project: Project, ada: Caller) -> None:
    _, bolt = an_agent(project)
    _, rust = an_agent(project, "rust")
    key = made(project).key
    lease = bolt.post("/agent/claim").json()["lease"]
    assert bolt.get(f"/tasks/{key}").json()["lease"] == lease
    assert bolt.get("/tasks").json()["results"][0]["lease"] == lease
    for other in (rust, ada):
        assert other.get(f"/tasks/{key}").json()["lease"] is None
        row = other.get("/tasks").json()["results"][0]
        assert (row["lease"], row["holder"]) == (None, "bolt")


def test_the_steps_offered_depend_on_who_asks(project: Project, ada: Caller) -> None:
    _, bolt = an_agent(project)
    key = made(project).key
    bolt.post("/agent/claim")
    assert bolt.get(f"/tasks/{key}").json()["allowed_transitions"] == ["ready", "in_progress", "blocked"]
    assert "canceled" in ada.get(f"/tasks/{key}").json()["allowed_transitions"]


# Found --------------------------------------------------------------------------------------------------------------


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


def test_a_task_costs_three_queries_to_an_agent_however_much_hangs_on_it(project: Project) -> None:
    agent, bolt = an_agent(project)
    user = a_member(project, "uma")
    parent = made(project)
    task = made(project, agents=[agent], users=[user], reviewer=user, parent=parent, labels=["a", "b", "c"])
    for number in range(10):
        made(project, f"child {number}", parent=task)
    bolt.get("/workflow")  # the first use of a key is noted
    with CaptureQueriesContext(connection) as queries:
        shown = bolt.get(f"/tasks/{task.key}").json()
    assert len(queries) == 3
    assert shown["subtasks"] == {"total": 10, "done": 0}


def test_list_rows_and_the_task_itself_say_the_same(project: Project, ada: Caller) -> None:
    agent, _ = an_agent(project)
    user = a_member(project, "uma")
    task = made(
        project, agents=[agent], users=[user], reviewer=agent, labels=["x"], dependencies=[made(project)]
    )
    made(project, parent=task)
    whole = ada.get(f"/tasks/{task.key}").json()
    row = next(row for row in ada.get("/tasks").json()["results"] if row["key"] == task.key)
    assert row == {name: whole[name] for name in row}
    assert set(whole) - set(row) == {
        "description",
        "work_plan",
        "deliverable",
        "checklist",
        "allowed_transitions",
    }
    assert len(PLAIN) + len(BEHIND) > 40


def test_subtasks_are_listed_oldest_first(project: Project, ada: Caller) -> None:
    parent = made(project)
    children = [made(project, f"child {n}", parent=parent) for n in range(3)]
    assert keys(ada.get(f"/tasks/{parent.key}/subtasks")) == [task.key for task in children]
    assert keys(ada.get(f"/tasks/{children[0].key}/subtasks")) == []
    forced(children[0], "done")
    forced(children[1], "canceled")
    assert ada.get(f"/tasks/{parent.key}").json()["subtasks"] == {"total": 2, "done": 1}


# Edited -------------------------------------------------------------------------------------------------------------


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
