"""Imported tasks on the board: what is written the first time, and what is not written the second."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError

from agents.models import Agent
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.errors import Forbidden
from tasks.importing import backlog, beads
from tasks.importing.records import Place, Reading, TaskRecord
from tasks.models import Dependency, Event, ImportedTask, Message, Project, Task, Transition, User
from tasks.services.dependencies import add_dependency
from tasks.services.importing import batches as under_test
from tasks.services.importing.importer import ImportReport, import_tasks
from tasks.services.people import create_operator
from tasks.services.projects import create_project
from tasks.services.tasks import edit_task
from tasks.services.thread import post_message
from tasks.services.transition import Step, transition

from .folders import REAL_EXPORT, blocks, event, front, issue, write_beads, write_markdown

pytestmark = pytest.mark.django_db

HOUSE = Actor.system("tests")


@pytest.fixture
def project() -> Project:
    return create_project(actor=HOUSE, slug="gt", name="Team", key_prefix="GT")


def importer(project: Project, *scopes: str) -> Actor:
    return Actor(
        "service", "import", "import", project_id=project.pk, scopes=frozenset(scopes or ("operate",))
    )


def bring(project: Project, reading: Reading, source: str = "beads") -> ImportReport:
    return import_tasks(actor=importer(project), project=project, source=source, reading=reading)


def bring_beads(project: Project, folder: Path, **files: Any) -> ImportReport:
    return bring(project, beads.read(write_beads(folder, **files)))


def an_agent(project: Project, slug: str) -> Agent:
    return Agent.objects.create(project=project, slug=slug, name=slug)


def an_operator(project: Project, name: str) -> User:
    return create_operator(actor=HOUSE, username=name, project=project, role="operator")


def task_of(ref: str) -> Task:
    return Task.objects.select_related("project").get(source="import", source_ref=f"beads:{ref}")


def everything() -> list[Any]:
    """Every row an import could touch, with every column."""
    models = (Task, Message, Transition, Dependency, Event, ImportedTask)
    return [list(model._default_manager.order_by("pk").values()) for model in models]


def test_a_real_export_lands_whole_with_one_event_each(project: Project) -> None:
    report = bring(project, beads.read(REAL_EXPORT))
    assert (len(report.created), report.updated, report.unchanged, len(report.skipped)) == (30, [], 0, 9)
    assert Task.objects.count() == 30
    assert Message.objects.count() == 9
    assert Dependency.objects.count() == 6
    assert Task.objects.filter(parent__isnull=False).count() == 7
    events = list(Event.objects.exclude(type="project.created"))
    assert {event.type for event in events} == {"task.imported"}
    assert len(events) == 30


def test_the_same_export_again_changes_nothing_at_all(project: Project) -> None:
    bring(project, beads.read(REAL_EXPORT))
    before = everything()
    report = bring(project, beads.read(REAL_EXPORT))
    assert (report.created, report.updated, report.unchanged) == ([], [], 30)
    assert everything() == before


def test_times_and_names_are_those_of_the_source(project: Project) -> None:
    bring(project, beads.read(REAL_EXPORT))
    task = task_of("gt-yd38")
    assert task.created_by_name == "mayor"
    assert task.completed_at is not None
    assert task.created_at < task.completed_at < datetime(2026, 3, 6, tzinfo=UTC)
    way = list(task.transitions.values_list("from_status", "to_status"))
    assert all(left[1] == right[0] for left, right in pairwise(way))
    assert (way[0][0], way[-1][1]) == ("inbox", "done")
    first = task_of("gt-pr-sheriff").messages.earliest("created_at")
    assert (first.actor_kind, first.actor_name) == ("service", "gastown/crew/max")
    assert first.created_at == datetime(2026, 2, 28, 2, 25, 43, tzinfo=UTC)


def test_closed_work_is_told_apart_as_done_or_canceled(project: Project, tmp_path: Path) -> None:
    shut = {"status": "closed", "closed_at": "2026-03-01T00:00:00Z"}
    done = issue("a-1", **shut, close_reason="Merged to main")
    dropped = issue("a-2", **shut, close_reason="Stale backlog")
    bring_beads(project, tmp_path, issues=[done, dropped])
    assert (task_of("a-1").status, task_of("a-1").deliverable) == ("done", {"summary": "Merged to main"})
    assert (task_of("a-1").progress, task_of("a-2").status) == (100, "canceled")
    [row] = task_of("a-2").transitions.all()
    assert (row.from_status, row.to_status, row.reason, row.automatic) == (
        "inbox",
        "canceled",
        "Stale backlog",
        True,
    )


def test_work_lands_where_the_board_can_hold_it(project: Project, tmp_path: Path) -> None:
    nux = an_agent(project, "nux")
    issues = [
        issue("free"),
        issue("bare", description=""),
        issue("theirs", assignee="gastown/polecats/nux"),
        issue("hooked", status="hooked", assignee="gastown/polecats/nux"),
        issue("busy", status="in_progress", assignee="nux"),
        issue("orphan", status="in_progress", assignee="gastown/polecats/slit"),
        issue("stuck", status="blocked"),
        issue("waits"),
        issue("pinned", status="pinned", assignee="nux"),
    ]
    bring_beads(project, tmp_path, issues=issues, dependencies=[blocks("waits", "free")])
    assert dict(Task.objects.values_list("source_ref", "status")) == {
        "beads:free": "ready",
        "beads:bare": "inbox",
        "beads:theirs": "assigned",
        "beads:hooked": "assigned",
        "beads:busy": "in_progress",
        "beads:orphan": "ready",
        "beads:stuck": "blocked",
        "beads:waits": "blocked",
        "beads:pinned": "inbox",
    }
    assert {row.agent_id for row in task_of("busy").assignments.all()} == {nux.pk}
    assert list(task_of("orphan").labels.values_list("name", flat=True)) == ["assignee:gastown/polecats/slit"]
    assert set(task_of("pinned").labels.values_list("name", flat=True)) == {"assignee:nux", "pinned"}
    assert (task_of("pinned").triage_suspended, task_of("bare").triage_suspended) == (True, False)
    assert (task_of("waits").block_cause, task_of("stuck").block_cause) == ("dependencies", "reason")
    assert task_of("waits").open_dependencies == 1


def test_people_of_the_project_are_found_by_user_name(project: Project, tmp_path: Path) -> None:
    user = an_operator(project, "stevey")
    bring_beads(project, tmp_path, issues=[issue("a-1", assignee="Stevey")])
    assert [row.user_id for row in task_of("a-1").assignments.all()] == [user.pk]
    assert task_of("a-1").subscriptions.filter(user=user).exists()


def test_a_task_that_waited_for_an_import_is_freed_when_that_is_done(
    project: Project, tmp_path: Path
) -> None:
    bring_beads(project, tmp_path, issues=[issue("a-1"), issue("a-2")], dependencies=[blocks("a-2", "a-1")])
    step = Step(to="done", override=True, reason="Done elsewhere.")
    transition(actor=importer(project), task=task_of("a-1"), step=step)
    assert (task_of("a-2").status, task_of("a-2").open_dependencies) == ("ready", 0)


def test_a_canceled_dependency_flags_the_task_that_waits(project: Project, tmp_path: Path) -> None:
    dropped = issue("a-1", status="closed", close_reason="Duplicate of a-0")
    bring_beads(project, tmp_path, issues=[dropped, issue("a-2")], dependencies=[blocks("a-2", "a-1")])
    assert task_of("a-2").dependency_flag == f"{task_of('a-1').key} will not be done."


def test_only_what_the_source_changed_is_written(project: Project, tmp_path: Path) -> None:
    bring_beads(project, tmp_path, issues=[issue("a-1", labels=["ui"]), issue("a-2")])
    edit_task(
        actor=importer(project),
        task=task_of("a-1"),
        changes={"title": "Ours", "priority": 1, "labels": ["ui", "hot"]},
    )
    before = task_of("a-1").version
    changed = issue("a-1", labels=["api"], description="What to do now.", updated_at="2026-03-02T00:00:00Z")
    report = bring_beads(project, tmp_path, issues=[changed, issue("a-2")])
    task = task_of("a-1")
    assert (report.updated, report.unchanged) == ([task.key], 1)
    assert (task.title, task.priority, task.description) == ("Ours", 1, "What to do now.")
    assert set(task.labels.values_list("name", flat=True)) == {"api", "hot"}
    assert task.version > before
    told = [event.data["after"] for event in Event.objects.filter(type="task.updated").order_by("seq")][1:]
    assert told == [{"description": "What to do now."}, {"labels": ["api", "hot"]}]


def test_a_touched_row_that_says_the_same_is_unchanged(project: Project, tmp_path: Path) -> None:
    bring_beads(project, tmp_path, issues=[issue("a-1")])
    version, events = task_of("a-1").version, Event.objects.count()
    report = bring_beads(project, tmp_path, issues=[issue("a-1", updated_at="2026-03-05T00:00:00Z")])
    assert (report.updated, report.unchanged) == ([], 1)
    assert (task_of("a-1").version, Event.objects.count()) == (version, events)


def test_a_card_moved_here_stays_until_the_source_moves_it(project: Project, tmp_path: Path) -> None:
    nux = an_agent(project, "nux")
    bring_beads(project, tmp_path, issues=[issue("a-1")])
    by_hand = Step(to="blocked", reason="Waiting for the budget.", override=True)
    transition(actor=importer(project), task=task_of("a-1"), step=by_hand)
    bring_beads(project, tmp_path, issues=[issue("a-1", title="Renamed")])
    assert (task_of("a-1").status, task_of("a-1").title) == ("blocked", "Renamed")
    taken = issue("a-1", title="Renamed", status="in_progress", assignee="nux")
    bring_beads(project, tmp_path, issues=[taken])
    assert task_of("a-1").status == "in_progress"
    assert task_of("a-1").assignments.get().agent_id == nux.pk
    closed = {**taken, "status": "closed", "closed_at": "2026-03-01T12:00:00Z", "close_reason": "Fixed"}
    bring_beads(project, tmp_path, issues=[closed])
    task = task_of("a-1")
    assert (task.status, task.completed_at) == ("done", datetime(2026, 3, 1, 12, tzinfo=UTC))
    last = task.transitions.latest("id")
    assert (last.to_status, last.reason, last.override) == ("done", "Fixed", True)
    bring_beads(project, tmp_path, issues=[taken])
    assert task_of("a-1").status == "in_progress"


def test_what_the_board_refuses_is_reported_every_time_and_the_rest_is_written(
    project: Project, tmp_path: Path
) -> None:
    bring_beads(project, tmp_path, issues=[issue("a-1")])
    step = Step(to="canceled", override=True, reason="Not ours.")
    transition(actor=importer(project), task=task_of("a-1"), step=step)
    changed = issue("a-1", title="New", status="closed", close_reason="Fixed")
    for title in ("New", "Newer"):
        report = bring_beads(project, tmp_path, issues=[{**changed, "title": title}])
        assert [(row.id, row.line, row.reason) for row in report.skipped] == [
            ("a-1", 1, "status: A canceled task stays canceled.")
        ]
        assert (task_of("a-1").title, task_of("a-1").status) == (title, "canceled")


def test_links_and_messages_follow_the_source(project: Project, tmp_path: Path) -> None:
    issues = [issue("a-1"), issue("a-2"), issue("a-3")]
    said = {"id": 1, "issue_id": "a-3", "author": "mayor", "created_at": "2026-02-27", "text": "First."}
    links = [blocks("a-3", "a-1"), blocks("a-3", "a-1", "parent-child")]
    bring_beads(project, tmp_path, issues=issues, dependencies=links, comments=[said])
    links = [blocks("a-3", "a-2"), blocks("a-3", "a-2", "parent-child")]
    comments = [{**said, "text": "First, reworded."}, {**said, "id": 2, "text": "Second."}]
    report = bring_beads(project, tmp_path, issues=issues, dependencies=links, comments=comments)
    task = task_of("a-3")
    assert report.updated == [task.key]
    assert [row.depends_on_id for row in task.dependencies.all()] == [task_of("a-2").pk]
    assert (task.parent_id, task.open_dependencies, task.message_count) == (task_of("a-2").pk, 1, 2)
    assert [message.content for message in task.messages.all()] == ["First, reworded.", "Second."]
    assert [version.content for version in task.messages.all()[0].versions.all()] == ["First."]
    told = list(Event.objects.filter(type__startswith="message").order_by("seq"))
    assert [event.type for event in told] == ["message.edited", "message.posted"]
    by = task.messages.all()[1].author
    assert (told[1].data["author"], told[1].data["excerpt"]) == (by, "Second.")
    posted = post_message(actor=HOUSE, task=task, content="Here.")
    here = Event.objects.get(target_id=str(posted.pk), type="message.posted")
    assert set(told[1].data) == set(here.data)


def test_a_link_made_here_never_lets_an_import_close_a_circle(project: Project, tmp_path: Path) -> None:
    bring_beads(project, tmp_path, issues=[issue("a-1"), issue("a-2")])
    add_dependency(actor=importer(project), task=task_of("a-1"), depends_on=task_of("a-2"))
    report = bring_beads(
        project, tmp_path, issues=[issue("a-1"), issue("a-2")], dependencies=[blocks("a-2", "a-1")]
    )
    [skipped] = report.skipped
    assert "depends_on" in skipped.reason
    assert Dependency.objects.count() == 1


def test_an_import_that_broke_off_between_tasks_and_links_is_finished_by_the_next(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_beads(tmp_path, issues=[issue("a-1"), issue("a-2")], dependencies=[blocks("a-2", "a-1")])

    def power_cut(*_: Any) -> None:
        raise IntegrityError("the power went")

    with monkeypatch.context() as patch:
        patch.setattr(under_test, "link_new", power_cut)
        with pytest.raises(IntegrityError):
            bring(project, beads.read(folder))
    assert (Task.objects.count(), Dependency.objects.count()) == (2, 0)
    report = bring(project, beads.read(folder))
    assert (report.updated, report.unchanged) == ([task_of("a-2").key], 1)
    assert Dependency.objects.count() == 1
    assert bring(project, beads.read(folder)).unchanged == 2


def test_two_formats_with_the_same_ids_stay_apart(project: Project, tmp_path: Path) -> None:
    write_markdown(tmp_path / "md", "task-1 - A.md", front("task-1", status="In Progress", assignee="@max"))
    bring(project, backlog.read(tmp_path / "md"), source="backlog")
    bring_beads(project, tmp_path / "beads", issues=[issue("task-1")])
    assert set(Task.objects.values_list("source_ref", flat=True)) == {"backlog:task-1", "beads:task-1"}
    assert bring(project, backlog.read(tmp_path / "md"), source="backlog").unchanged == 1


def test_the_same_export_goes_into_two_projects(project: Project, tmp_path: Path) -> None:
    other = create_project(actor=HOUSE, slug="other")
    for where in (project, other):
        assert len(bring_beads(where, tmp_path, issues=[issue("a-1")]).created) == 1


def test_numbers_follow_the_order_of_making_and_go_on_from_the_last(project: Project, tmp_path: Path) -> None:
    younger = issue("a-1", created_at="2026-02-28T00:00:00Z", updated_at="2026-02-28T00:00:00Z")
    bring_beads(project, tmp_path, issues=[younger, issue("a-2")])
    assert (task_of("a-2").key, task_of("a-1").key) == ("GT-1", "GT-2")
    bring_beads(project, tmp_path, issues=[younger, issue("a-2"), issue("a-3")])
    assert task_of("a-3").key == "GT-3"


def test_history_that_the_source_tells_is_kept_with_its_names(project: Project, tmp_path: Path) -> None:
    events = [
        event("a-1", "status_changed", "2026-02-27T11:00:00Z", new_value='{"status":"in_progress"}'),
        event("a-1", "closed", "2026-02-27T12:00:00Z", new_value="Fixed: it works"),
    ]
    shut = issue("a-1", status="closed", close_reason="Fixed: it works", closed_at="2026-02-27T12:00:00Z")
    bring_beads(project, tmp_path, issues=[shut], events=events)
    rows = task_of("a-1").transitions.values_list("from_status", "to_status", "actor_name", "reason")
    assert list(rows) == [
        ("inbox", "in_progress", "mayor", ""),
        ("in_progress", "done", "mayor", "Fixed: it works"),
    ]


def test_progress_is_told_for_every_task(project: Project, tmp_path: Path) -> None:
    told: list[int] = []
    reading = beads.read(write_beads(tmp_path, issues=[issue(f"a-{number}") for number in range(600)]))
    for _ in range(2):
        import_tasks(
            actor=importer(project), project=project, source="beads", reading=reading, progress=told.append
        )
    assert sum(told) == 1200
    assert len(told) > 2


def test_who_may_not_operate_the_project_imports_nothing(project: Project) -> None:
    reading = Reading()
    with pytest.raises(Forbidden):
        import_tasks(actor=importer(project, "write"), project=project, source="beads", reading=reading)


def test_the_number_of_queries_does_not_follow_the_number_of_tasks(
    project: Project, django_assert_max_num_queries: Any
) -> None:
    stamp = datetime(2026, 2, 27, tzinfo=UTC)
    reading = Reading()
    for number in range(200):
        place = Place("issues.jsonl", number + 1)
        reading.add(TaskRecord(ref=str(number), place=place, title="T", created_at=stamp, updated_at=stamp))
    with django_assert_max_num_queries(60):
        bring(project, reading)
    with django_assert_max_num_queries(10):
        bring(project, reading)
