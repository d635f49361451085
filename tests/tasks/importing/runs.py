"""Imports by the services: a file sent, read, started, written."""

from __future__ import annotations

from typing import Any

from missioncontrol.kernel.api.authentication import person
from tasks.models import Import, ImportState, Project, User
from tasks.services.importing import imports, running


def sent(
    project: Project, user: User, content: str | bytes, filename: str = "team.csv", format: str = ""
) -> Import:
    """An import whose file has arrived and was looked at."""
    data = content if isinstance(content, bytes) else content.encode()
    actor = person(user)
    source = imports.begin(actor=actor, project=project, filename=filename, size=len(data), format=format)
    for number in range(-(-len(data) // imports.PIECE_BYTES)):
        piece = data[number * imports.PIECE_BYTES : (number + 1) * imports.PIECE_BYTES]
        imports.add_piece(actor=actor, source=source, number=number, data=piece)
    return worked(source)


def read(
    project: Project, user: User, content: str | bytes, filename: str = "team.csv", **chosen: Any
) -> Import:
    """An import that waits to be started."""
    source = sent(project, user, content, filename)
    if source.state != ImportState.MAPPING:
        return source
    told = {"columns": source.options["columns"], "statuses": {}, **chosen}
    return worked(imports.choose_columns(actor=person(user), source=source, **told))


def brought(
    project: Project, user: User, content: str | bytes, filename: str = "team.csv", **chosen: Any
) -> Import:
    """An import that has ended."""
    source = read(project, user, content, filename, **chosen)
    return worked(imports.start(actor=person(user), source=source))


def worked(source: Import) -> Import:
    """The import after the job has done what there is to do."""
    while running.work():
        pass
    return fresh(source)


def fresh(source: Import) -> Import:
    """The import as the database has it."""
    return Import.objects.select_related("project", "user").get(pk=source.pk)


def table(count: int, **more: str) -> str:
    """A CSV file with this many tasks."""
    head = ",".join(["id", "title", *more])
    return "\n".join(
        [head, *(",".join([f"T-{n}", f"Task {n}", *more.values()]) for n in range(1, count + 1)), ""]
    )


def counted(source: Import) -> tuple[int, int, int, int]:
    """Tasks it created, updated and left alone, and the notes in its report."""
    return source.created, source.updated, source.unchanged, source.notes.count()
