"""An import from its first byte to its report: each step, and who may."""

from __future__ import annotations

import zipfile
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from missioncontrol.kernel.api.authentication import person
from missioncontrol.kernel.errors import Conflict, Forbidden, Refused, TooLarge
from tasks.models import Event, Import, ImportPiece, Project, Task, User
from tasks.services.importing import imports
from tests.agents.building import a_member, a_project, events

from .folders import REAL_EXPORT
from .runs import brought, counted, fresh, read, sent, table, worked

pytestmark = pytest.mark.django_db
FILE = "id,title,status,blocked by,description\nA,Base,To Do,,Why\nB,Top,To Do,A,Why\nC,,Done,,\n"


def test_a_file_becomes_tasks_with_links_an_event_each_and_a_report(project: Project, ada: User) -> None:
    source = brought(project, ada, FILE)
    base, top = Task.objects.get(source_ref="csv:A"), Task.objects.get(source_ref="csv:B")

    assert (source.state, counted(source)) == ("done", (2, 0, 0, 1))
    assert (base.status, top.status, top.open_dependencies) == ("ready", "blocked", 1)
    assert [(row.ref, row.result, row.task_key) for row in source.rows.all()] == [
        ("A", "created", base.key),
        ("B", "created", top.key),
    ]
    assert source.notes.get().line == 4
    assert [event.actor_name for event in events(project, "task.imported")] == ["ada", "ada"]
    told = events(project, "import.finished")
    assert [event.target_id for event in told] == [str(source.pk)]
    assert [event.type for event in events(project) if event.type.startswith("import.")] == [
        "import.started",
        "import.finished",
    ]


def test_nothing_is_written_before_it_is_started(project: Project, ada: User) -> None:
    before = Event.objects.filter(project=project).count()
    source = read(project, ada, FILE)

    assert (source.state, source.total) == ("preview", 2)
    assert source.shape["verdicts"] == {"new": 2, "changed": 0, "unchanged": 0}
    assert (Task.objects.count(), Event.objects.filter(project=project).count()) == (0, before)


def test_the_same_file_again_changes_nothing_not_a_version_and_not_an_event_of_a_task(
    project: Project, ada: User
) -> None:
    brought(project, ada, FILE)
    versions = list(Task.objects.order_by("pk").values_list("version", "updated_at"))
    told = Event.objects.filter(project=project, target_type="task").count()
    again = brought(project, ada, FILE)

    assert again.shape["verdicts"] == {"new": 0, "changed": 0, "unchanged": 2}
    assert counted(again)[:3] == (0, 0, 2)
    assert list(Task.objects.order_by("pk").values_list("version", "updated_at")) == versions
    assert Event.objects.filter(project=project, target_type="task").count() == told


def test_a_changed_row_changes_its_task_and_no_other(project: Project, ada: User) -> None:
    brought(project, ada, FILE)
    again = brought(project, ada, FILE.replace("Top,To Do,A", "Top of it,Done,"))
    top = Task.objects.get(source_ref="csv:B")

    assert again.shape["verdicts"] == {"new": 0, "changed": 1, "unchanged": 1}
    assert counted(again)[:3] == (0, 1, 1)
    assert (top.title, top.status, top.dependencies.count()) == ("Top of it", "done", 0)


def test_a_new_row_may_wait_for_one_that_comes_later_in_the_file(project: Project, ada: User) -> None:
    content = "id,title,created,parent,blocked by\nB,Top,2026-01-01,A,A\nA,Base,2026-01-02,,\n"
    brought(project, ada, content)
    top = Task.objects.get(source_ref="csv:B")

    assert top.parent == Task.objects.get(source_ref="csv:A")
    assert top.open_dependencies == 1


def test_undated_rows_keep_the_order_of_the_file_from_the_top(project: Project, ada: User) -> None:
    brought(project, ada, table(300, description="x"))
    ordered = Task.objects.order_by("position").values_list("title", flat=True)

    assert list(ordered) == [f"Task {number}" for number in range(1, 301)]
    assert list(Task.objects.order_by("number").values_list("title", flat=True)) == list(ordered)
    assert Task.objects.filter(created_at__lt=timezone.now() - timedelta(hours=1)).count() == 0


def test_words_for_statuses_can_be_chosen_after_a_look(project: Project, ada: User) -> None:
    source = read(project, ada, "id,title,status,description\n1,T,Parked,Why\n2,U,Parked,Why\n3,V,Done,\n")
    assert source.shape["statuses"] == [["Parked", "inbox", 2], ["Done", "done", 1]]

    chosen = {"columns": source.options["columns"], "statuses": {"Parked": "ready"}}
    source = worked(imports.choose_columns(actor=person(ada), source=source, **chosen))

    assert source.shape["statuses"] == [["Parked", "ready", 2], ["Done", "done", 1]]
    assert (source.rows.count(), source.notes.count()) == (3, 0)


def test_trackers_with_the_same_ids_stay_apart_by_name(project: Project, ada: User) -> None:
    brought(project, ada, table(1), name="jira")
    other = brought(project, ada, table(1), name="trello")

    assert other.created == 1
    assert set(Task.objects.values_list("source_ref", flat=True)) == {"csv-jira:T-1", "csv-trello:T-1"}


def test_a_packed_real_export_goes_the_same_way_as_by_the_command(project: Project, ada: User) -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in REAL_EXPORT.glob("*.jsonl*"):
            archive.write(path, f"export/{path.name}")
    source = brought(project, ada, packed.getvalue(), "export.zip")

    assert (source.format, counted(source)) == ("beads", (30, 0, 0, 9))
    assert brought(project, ada, packed.getvalue(), "export.zip").unchanged == 30


@pytest.mark.parametrize(
    ("content", "filename", "reason"),
    [
        (b"[[[[", "a.json", "Not valid JSON"),
        (b"{}", "a.json", "Not a JSON array"),
        (b"title\n\0\0\n", "a.csv", "Nothing in the file can be imported"),
        (b"PK\x03\x04", "a.zip", "The archive cannot be read"),
        (b"\x89PNG\r\n", "a.csv", "This is a picture"),
        (b"[]", "a.json", "Nothing in the file can be imported"),
        (b"no front matter", "a.md", "Nothing in the file can be imported"),
    ],
)
def test_a_file_that_cannot_be_read_ends_with_one_sentence(
    project: Project, ada: User, content: bytes, filename: str, reason: str
) -> None:
    source = read(project, ada, content, filename)

    assert (source.state, source.error.startswith(reason)) == ("failed", True), source.error
    assert source.ended_at is not None
    assert not ImportPiece.objects.exists()


def test_pieces_may_come_twice_and_in_any_order(
    project: Project, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "PIECE_BYTES", 10)
    actor, data = person(ada), table(5).encode()
    source = imports.begin(actor=actor, project=project, filename="a.csv", size=len(data))
    numbers = list(range(-(-len(data) // 10)))
    for number in [*reversed(numbers), 0]:
        piece = data[number * 10 : number * 10 + 10]
        row = imports.add_piece(actor=actor, source=source, number=number, data=piece)

    assert (row.state, row.received) == ("looking", len(data))
    assert worked(source).state == "mapping"
    for wrong, number in ((b"", 0), (b"12345678901", 0), (b"x", 99), (b"x" * 10, -1)):
        with pytest.raises(Refused):
            imports.add_piece(actor=actor, source=source, number=number, data=wrong)


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({"size": 0}, Refused),
        ({"size": -5}, Refused),
        ({"size": 10**12}, TooLarge),
        ({"filename": "a\0b.csv"}, Refused),
        ({"filename": "x" * 300}, Refused),
        ({"filename": "../"}, Refused),
        ({"format": "excel"}, Refused),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_at_its_field(
    project: Project, ada: User, told: dict[str, Any], error: type[Refused]
) -> None:
    with pytest.raises(error) as caught:
        imports.begin(actor=person(ada), project=project, **{"filename": "a.csv", "size": 10, **told})

    assert caught.value.errors[0].field in {"file", "format"}
    assert not Import.objects.exists()


def test_only_so_many_imports_wait_in_a_project(project: Project, ada: User) -> None:
    for _ in range(imports.MOST_OPEN):
        imports.begin(actor=person(ada), project=project, filename="a.csv", size=1)

    with pytest.raises(Refused, match="Finish or discard one"):
        imports.begin(actor=person(ada), project=project, filename="a.csv", size=1)


def test_viewers_and_strangers_import_nothing(project: Project, ada: User) -> None:
    source = read(project, ada, FILE)
    for other in (a_member(project, "ben", "viewer"), a_member(a_project("borealis"), "cy")):
        actor = person(other)
        with pytest.raises(Forbidden):
            imports.begin(actor=actor, project=project, filename="a.csv", size=1)
        for act in (imports.start, imports.cancel, imports.back_to_columns):
            with pytest.raises(Forbidden):
                act(actor=actor, source=source)
    assert fresh(source).state == "preview"


def test_wrong_columns_are_all_told_at_once(project: Project, ada: User) -> None:
    source = sent(project, ada, FILE)
    with pytest.raises(Refused) as caught:
        imports.choose_columns(
            actor=person(ada), source=source, columns={"id": 99, "odd": 1}, name="a b!", statuses={"x": "y"}
        )

    assert {error.field for error in caught.value.errors} == {"id", "odd", "title", "name", "statuses"}
    assert fresh(source).state == "mapping"


def test_an_import_is_started_once(project: Project, ada: User) -> None:
    source = read(project, ada, FILE)
    imports.start(actor=person(ada), source=source)

    with pytest.raises(Conflict):
        imports.start(actor=person(ada), source=source)
    assert len(events(project, "import.started")) == 1


def test_the_size_limit_is_a_setting() -> None:
    assert settings.MC_IMPORT_MAX_BYTES == 64 * 2**20
