"""Imports as their pages show them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from missioncontrol.kernel.ids import parse_uuid
from tasks.models import Import, ImportNote, ImportRow, Project, RowResult

RECENT = 20
SHOWN = 50
_CHUNK = 2000


def recent(project: Project) -> list[Import]:
    """The latest imports of a project."""
    return list(Import.objects.filter(project=project).defer("shape", "options")[:RECENT])


def find_import(project: Project, ref: str) -> Import | None:
    """The project's import with this id."""
    identity = parse_uuid(ref)
    if identity is None:
        return None
    return Import.objects.select_related("project", "user").filter(project=project, pk=identity).first()


def notes(source: Import) -> tuple[list[ImportNote], int]:
    """The first rows that were left out, and how many there are."""
    rows = source.notes.order_by("file", "line", "id")
    return list(rows[:SHOWN]), rows.count()


def results(source: Import) -> list[ImportRow]:
    """The first tasks that an import wrote."""
    wrote = (RowResult.CREATED, RowResult.UPDATED)
    return list(source.rows.filter(result__in=wrote).defer("record")[:SHOWN])


REPORT_HEAD = ("result", "key", "id", "title", "status", "file", "line", "reason")


def report(source: Import) -> Iterator[dict[str, Any]]:
    """Every task of the import and what became of it, then everything that was left out and why."""
    told = ("result", "task_key", "ref", "title", "status", "file", "line")
    for row in source.rows.values_list(*told).iterator(chunk_size=_CHUNK):
        yield dict(zip(REPORT_HEAD, (*row, ""), strict=True))
    for file, line, ref, reason in source.notes.values_list("file", "line", "ref", "reason").iterator(
        chunk_size=_CHUNK
    ):
        yield dict(zip(REPORT_HEAD, ("left_out", "", ref, "", "", file, line, reason), strict=True))
