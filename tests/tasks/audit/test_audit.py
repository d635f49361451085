"""History holds: it cannot be changed, and whoever gets around that is found out, link by link."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.core.management.sql import emit_post_migrate_signal
from django.db import IntegrityError, connection, transaction

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.ids import uuid7
from missioncontrol.kernel.transactions import unit
from tasks.events import digest, record
from tasks.models import Event, EventStream, Project
from tasks.services.audit import prune_events, verify_all, verify_chain
from tasks.services.checkpoints import read_checkpoints, write_checkpoint
from tasks.services.projects import create_project

pytestmark = pytest.mark.django_db
HOUSE = Actor.system("tests")


def say(project: Project, *types: str) -> None:
    """One event each, in one unit."""
    with unit():
        for type in types:
            record(
                project_id=project.pk,
                type=type,
                actor=HOUSE,
                target=("project", project.pk),
                data={"n": type},
            )


@pytest.fixture
def project() -> Project:
    made = create_project(actor=HOUSE, slug="atlas")
    say(made, "a", "b")
    say(made, "c", "d")
    return made


@contextmanager
def triggers_off() -> Iterator[None]:
    """What somebody with the database's own password could do."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE tasks_event DISABLE TRIGGER USER")
            yield
            cursor.execute("ALTER TABLE tasks_event ENABLE TRIGGER USER")
            return
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'tasks_event'"
        )
        found = cursor.fetchall()
        assert found
        for name, _ in found:
            cursor.execute(f"DROP TRIGGER {name}")
        yield
        for _, sql in found:
            cursor.execute(sql)


def forge(project: Project, seq: int, **changes: Any) -> None:
    """Change an event behind the triggers' back."""
    with triggers_off():
        Event.objects.filter(project=project, seq=seq).update(**changes)


def rewrite_from(project: Project, seq: int) -> None:
    """Change an event and compute every later hash anew, the head's too."""
    with triggers_off():
        rows = Event.objects.filter(project=project, seq__gte=seq).order_by("seq")
        link = rows[0].prev_hash
        for event in rows:
            event.payload = '{"n":"forged"}'
            event.prev_hash = link
            event.hash = link = digest(event)
            event.save()
    EventStream.objects.filter(project=project).update(head_hash=link)


def test_numbers_are_dense_and_every_link_holds(project: Project) -> None:
    report = verify_chain(project)
    assert report.ok
    assert (report.checked, report.head, report.floor) == (5, 5, 0)
    assert list(Event.objects.values_list("seq", flat=True)) == [1, 2, 3, 4, 5]


def test_triggers_lost_when_a_migration_remade_the_table_are_back_after_it(project: Project) -> None:
    rows = Event.objects.filter(project=project, seq=2)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for name in ("tasks_event_never_changed", "tasks_event_never_removed"):
                cursor.execute(f"DROP TRIGGER {name}")
    for _ in range(2):
        emit_post_migrate_signal(verbosity=0, interactive=False, db="default")
    for forbidden in (lambda: rows.update(type="forged"), rows.delete):
        with pytest.raises(IntegrityError), transaction.atomic():
            forbidden()
    assert verify_chain(project).ok


def test_an_event_can_be_neither_changed_nor_removed(project: Project) -> None:
    rows = Event.objects.filter(project=project, seq=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(type="forged")
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.delete()
    if connection.vendor == "postgresql":
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE tasks_event")
    assert rows.get().type == "a"


@pytest.mark.parametrize("column", ["type", "payload", "actor_name", "target_id"])
def test_a_changed_event_is_named(project: Project, column: str) -> None:
    forge(project, 3, **{column: '{"n":"x"}'})
    broken = verify_chain(project).broken
    assert broken is not None
    assert (broken.seq, broken.what) == (3, "Its content was changed after it was written.")


def test_a_removed_event_is_named(project: Project) -> None:
    with triggers_off():
        Event.objects.filter(project=project, seq=3).delete()
    broken = verify_chain(project).broken
    assert broken is not None
    assert (broken.seq, broken.what) == (3, "The event is missing.")


def test_the_last_event_removed_is_named(project: Project) -> None:
    with triggers_off():
        Event.objects.filter(project=project, seq=5).delete()
    broken = verify_chain(project).broken
    assert broken is not None
    assert broken.seq == 5


def test_a_rehashed_event_breaks_the_link_of_the_next(project: Project) -> None:
    event = Event.objects.get(project=project, seq=3)
    event.type = "forged"
    forge(project, 3, type="forged", hash=digest(event))
    broken = verify_chain(project).broken
    assert broken is not None
    assert (broken.seq, broken.what) == (4, "Its link to the event before it is wrong.")


def test_a_head_that_lies_is_named(project: Project) -> None:
    EventStream.objects.filter(project=project).update(head_hash="0" * 64)
    broken = verify_chain(project).broken
    assert broken is not None
    assert broken.what == "The head's hash is not that of the last event."


def test_events_beyond_the_head_are_named(project: Project) -> None:
    first = Event.objects.get(project=project, seq=4)
    EventStream.objects.filter(project=project).update(head_seq=4, head_hash=first.hash)
    broken = verify_chain(project).broken
    assert broken is not None
    assert (broken.seq, broken.what) == (5, "There are events beyond the head.")


def test_a_whole_rewrite_shows_only_against_a_checkpoint(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "points.jsonl"
    write_checkpoint(now=database_now(), path=path)
    say(project, "e")
    points = read_checkpoints(path).points
    assert verify_chain(project, points).checkpoints == 1
    rewrite_from(project, 2)
    assert verify_chain(project).ok
    broken = verify_chain(project, points).broken
    assert broken is not None
    assert broken.seq == 5
    assert "checkpoint" in broken.what


def test_a_history_shorter_than_its_checkpoint_is_named(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "points.jsonl"
    write_checkpoint(now=database_now(), path=path)
    last = Event.objects.get(project=project, seq=3)
    with triggers_off():
        Event.objects.filter(project=project, seq__gt=3).delete()
    EventStream.objects.filter(project=project).update(head_seq=3, head_hash=last.hash)
    assert verify_chain(project).ok
    broken = verify_chain(project, read_checkpoints(path).points).broken
    assert broken is not None
    assert broken.seq == 4


def test_a_forged_checkpoint_is_named_with_its_line(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "points.jsonl"
    for _ in range(3):
        write_checkpoint(now=database_now(), path=path)
        say(project, "more")
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], lines[1].replace('"seq":6', '"seq":5'), lines[2]]))
    kept = read_checkpoints(path)
    assert (len(kept.points), kept.line, kept.broken) == (1, 2, "The signature is wrong.")
    path.write_text("\n".join([lines[0], lines[2]]))
    assert read_checkpoints(path).broken == "A line before it is missing or was moved."
    path.write_text(lines[0] + "\nnot json\n")
    assert read_checkpoints(path).line == 2


def test_a_restored_streams_earlier_checkpoints_are_noted(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "points.jsonl"
    write_checkpoint(now=database_now(), path=path)
    EventStream.objects.filter(project=project).update(epoch=uuid7())
    report = verify_chain(project, read_checkpoints(path).points)
    assert (report.ok, report.checkpoints) == (True, 0)
    assert "earlier epoch" in report.notes[0]


def test_pruning_moves_the_floor_and_keeps_the_rest_verifiable(project: Project) -> None:
    now = database_now() + timedelta(days=10)
    say(project, "young")
    with triggers_off():
        Event.objects.filter(project=project, type="young").update(at=now)
    assert prune_events(project, keep_days=11, now=now) == 0
    assert prune_events(project, keep_days=5, now=now) == 5
    assert list(Event.objects.values_list("type", flat=True)) == ["young", "project.history_pruned"]
    stream = EventStream.objects.get(project=project)
    assert (stream.floor_seq, stream.head_seq) == (5, 7)
    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.filter(project=project).delete()


def test_the_rest_verifies_from_the_floor(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "points.jsonl"
    write_checkpoint(now=database_now(), path=path)
    say(project, "e", "f")
    assert prune_events(project, keep_days=1, now=database_now() + timedelta(days=2)) == 6
    report = verify_chain(project, read_checkpoints(path).points)
    assert report.ok
    assert (report.floor, report.checked) == (6, 2)


def test_projects_are_verified_each_by_itself(project: Project) -> None:
    other = create_project(actor=HOUSE, slug="beta")
    forge(other, 1, type="forged")
    assert [(report.project, report.ok) for report in verify_all([])] == [("atlas", True), ("beta", False)]


def test_long_chains_are_read_in_chunks(
    project: Project, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr("tasks.services.audit.CHUNK", 2)
    with django_assert_num_queries(6):
        assert verify_chain(project).checked == 5


def run(*arguments: str) -> tuple[int, str]:
    """A command's exit code and output."""
    out = StringIO()
    try:
        call_command(*arguments, stdout=out)
    except SystemExit as stop:
        return int(stop.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_the_command_exits_0_while_the_chain_holds(project: Project, tmp_path: Path) -> None:
    path = str(tmp_path / "points.jsonl")
    code, told = run("checkpoint", "--file", path, "--json")
    assert (code, [each["seq"] for each in json.loads(told)["checkpoints"]]) == (0, [5])
    code, told = run("verifyaudit", "--checkpoints", path, "--json")
    answer = json.loads(told)
    assert (code, answer["ok"], answer["checkpoints"]) == (0, True, {"lines": 1, "broken": None})
    assert (answer["projects"][0]["checked"], answer["projects"][0]["checkpoints"]) == (5, 1)
    assert run("verifyaudit", "--project", "atlas", "--checkpoints", path)[1].startswith("atlas: 5 events")


def test_the_command_exits_1_and_names_the_first_broken_link(project: Project, tmp_path: Path) -> None:
    path = str(tmp_path / "none.jsonl")
    forge(project, 4, payload="{}")
    code, told = run("verifyaudit", "--checkpoints", path, "--json")
    assert code == 1
    assert json.loads(told)["projects"][0]["broken"]["seq"] == 4
    assert "BROKEN at event 4" in run("verifyaudit", "--checkpoints", path)[1]


def test_the_command_exits_1_for_a_forged_checkpoint_file(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "points.jsonl"
    path.write_text('{"seq":1}\n')
    code, told = run("verifyaudit", "--checkpoints", str(path), "--json")
    assert (code, json.loads(told)["checkpoints"]["broken"]["line"]) == (1, 1)


def test_an_unknown_project_is_said_to_be_unknown(project: Project) -> None:
    with pytest.raises(CommandError):
        run("verifyaudit", "--project", "nowhere")
