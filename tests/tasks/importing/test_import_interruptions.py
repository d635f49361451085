"""An import that is called off, loses its worker, its project or its right, or meets itself."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from missioncontrol.kernel.api.authentication import person
from missioncontrol.kernel.errors import Conflict
from tasks.models import Import, ImportNote, ImportPiece, ImportRow, Project, Task, User
from tasks.services.importing import holding, imports, retention, running
from tasks.services.projects import remove_member, set_archived, set_member
from tests.agents.building import HOUSE, a_member, events
from tests.tasks.building import together

from .runs import counted, fresh, read, sent, table, worked

pytestmark = pytest.mark.django_db
FILE = "id,title,status,blocked by,description\nA,Base,To Do,,Why\nB,Top,To Do,A,Why\nC,,Done,,\n"


def test_an_import_that_is_called_off_stops_and_keeps_what_it_brought(
    project: Project, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "BATCH", 2)
    source = imports.start(actor=person(ada), source=read(project, ada, table(6)))
    real = running.create_missing
    calls: list[int] = []

    def called_off_after_the_first(*args: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            imports.cancel(actor=person(ada), source=source)
        return real(*args, **options)

    monkeypatch.setattr(running, "create_missing", called_off_after_the_first)
    # The second batch was under way when it was called off, in the same transaction here: it still counts.
    source = worked(source)

    assert (source.state, Task.objects.count()) == ("canceled", 4)
    assert len(events(project, "import.canceled")) == 1
    with pytest.raises(Conflict):
        imports.cancel(actor=person(ada), source=source)


class PowerCut(BaseException):
    """What kill -9 looks like from inside: nothing after it runs."""


@pytest.mark.parametrize("stage", ["reading", "running"])
def test_an_import_whose_worker_died_goes_on_where_it_stopped(
    project: Project, ada: User, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    from tasks.services.importing import reading

    monkeypatch.setattr(running, "BATCH", 2)
    monkeypatch.setattr(reading, "BATCH", 2)
    content = table(7, **{"blocked by": "T-1"}).replace("T-1,Task 1,T-1", "T-1,Task 1,T-99")
    source = sent(project, ada, content)
    source = imports.choose_columns(
        actor=person(ada), source=source, columns=source.options["columns"], statuses={}
    )
    if stage == "running":
        source = imports.start(actor=person(ada), source=worked(source))
    held, batches_done = holding.Held.batch, []

    def cut(self: holding.Held) -> Any:
        batches_done.append(1)
        if len(batches_done) == 4:
            raise PowerCut
        return held(self)

    with monkeypatch.context() as patch:
        patch.setattr(holding.Held, "batch", cut)
        patch.setattr(holding.Held, "release", lambda self: None)
        with pytest.raises(PowerCut):
            running.work()
    left = fresh(source)
    assert left.state == stage
    assert 0 < (left.read if stage == "reading" else left.created) < 7

    assert worked(source).state == stage, "the lease of the dead one still holds"
    Import.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    source = worked(source)
    if stage == "reading":
        source = worked(imports.start(actor=person(ada), source=source))

    assert (source.state, counted(source)) == ("done", (7, 0, 0, 1))
    assert Task.objects.count() == 7
    assert Task.objects.filter(open_dependencies=1).count() == 6
    assert len(events(project, "task.imported")) == 7


def test_an_import_that_breaks_at_the_same_place_again_and_again_is_given_up(
    project: Project, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = imports.start(actor=person(ada), source=read(project, ada, FILE))

    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(running, "create_missing", broken)
    for _ in range(holding.MOST_ATTEMPTS):
        with pytest.raises(ZeroDivisionError):
            running.work()
    source = worked(source)

    assert (source.state, source.error) == ("failed", holding.GAVE_UP)
    assert len(events(project, "import.failed")) == 1


def test_whoever_may_not_import_here_any_more_brings_nothing_more(project: Project, ada: User) -> None:
    a_member(project, "ben")
    source = imports.start(actor=person(ada), source=read(project, ada, FILE))
    set_member(actor=HOUSE, project=project, user=ada, role="viewer")
    source = worked(source)

    assert (source.state, source.error, Task.objects.count()) == ("failed", holding.NO_RIGHT, 0)
    remove_member(actor=HOUSE, project=project, user=ada)


def test_an_archived_project_takes_nothing_in(project: Project, ada: User) -> None:
    source = imports.start(actor=person(ada), source=read(project, ada, FILE))
    set_archived(actor=HOUSE, project=project, archived=True)

    assert (worked(source).state, Task.objects.count()) == ("failed", 0)


def test_imports_nobody_came_back_to_are_called_off_after_a_week(project: Project, ada: User) -> None:
    source = read(project, ada, FILE)

    assert retention.clean_up() == 0
    assert retention.clean_up(now=timezone.now() + timedelta(days=8)) == 1
    assert fresh(source).state == "canceled"
    assert not ImportRow.objects.exists()
    assert ImportNote.objects.exists()
    assert not ImportPiece.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_and_two_imports_of_one_file_make_each_task_once(
    project: Project, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "BATCH", 3)
    actor = person(ada)
    two = [imports.start(actor=actor, source=read(project, ada, table(20))) for _ in range(2)]
    results = together([running.work] * 4)

    assert not [one for one in results if isinstance(one, Exception)], results
    ended = [worked(source) for source in two]
    assert [source.state for source in ended] == ["done", "done"]
    assert Task.objects.filter(project=project).count() == 20
    assert sum(source.created for source in ended) == 20
    assert sum(source.unchanged for source in ended) == 20
    assert len(events(project, "task.imported")) == 20


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_was_taken_for_dead_writes_nothing_when_it_comes_back(
    project: Project, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = imports.start(actor=person(ada), source=read(project, ada, table(4)))
    late = holding.take()
    assert late is not None
    Import.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    successor = threading.Thread(target=lambda: (running.work(), connection.close()))
    successor.start()
    successor.join()

    with pytest.raises(holding.Lost), late.batch():
        raise AssertionError("the batch must not begin")
    assert (fresh(source).state, Task.objects.count()) == ("done", 4)
