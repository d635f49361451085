"""What people do with an import: send a file, say what its columns mean, start it, call it off.

Only what touches the board is told in the project's history: that it was started, and how it ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import Conflict, FieldError, Refused, TooLarge
from missioncontrol.kernel.text import BadText, clean_line
from missioncontrol.kernel.transactions import unit
from tasks.events import record
from tasks.importing import words
from tasks.importing.csv_columns import FIELDS
from tasks.importing.delimited import DELIMITERS
from tasks.importing.formats import NAMES
from tasks.models import Import, ImportPiece, ImportState, Project, User, stamp
from tasks.models.imports import ENDED
from tasks.services.access import Need, require
from tasks.workflow import Status

PIECE_BYTES = 512 * 1024
"""How much of a file one request carries; the last piece is what is left."""

MOST_OPEN = 10
"""Imports of one project that have not ended."""

MAX_SOURCE = 12


def begin(*, actor: Actor, project: Project, filename: str, size: int, format: str = "") -> Import:
    """Announce a file of `size` bytes; its pieces follow. `format` is "" where the file is to tell.

    Raises `Forbidden`, `TooLarge` (413) over `MC_IMPORT_MAX_BYTES`, and `Refused` (422) with the field that is wrong.
    """
    require(actor, project, Need.OPERATE)
    name = _file_name(filename)
    if format and format not in NAMES:
        raise _refused("format", f"Choose one of {', '.join(NAMES.values())}.")
    _check_size(size)
    with unit():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if Import.objects.filter(project=project).exclude(state__in=ENDED).count() >= MOST_OPEN:
            raise _refused("file", f"{MOST_OPEN} imports are open here. Finish or discard one first.")
        user = User.objects.filter(pk=actor.user_id or 0).first()
        return Import.objects.create(
            project=project, user=user, filename=name, size=size, format=format, **stamp(actor)
        )


def add_piece(*, actor: Actor, source: Import, number: int, data: bytes) -> Import:
    """Take in a piece of the file, counted from 0, in any order; the same piece again changes nothing.

    With the last one the file is complete and looked at. Raises `Refused` (422) for a piece of the wrong size, and
    `Conflict` (409) once the file is complete or the import has ended.
    """
    require(actor, source.project, Need.OPERATE)
    if number < 0 or len(data) != max(0, min(PIECE_BYTES, source.size - number * PIECE_BYTES)) or not data:
        raise _refused("file", "The file changed while it was sent. Choose it again.")
    with unit():
        row = Import.objects.select_for_update().get(pk=source.pk)
        if row.pieces.filter(number=number).exists():
            return row
        if row.state != ImportState.UPLOADING:
            raise _moved_on(row)
        ImportPiece.objects.create(source=row, number=number, data=data)
        row.received += len(data)
        row.state = ImportState.LOOKING if row.received == row.size else row.state
        row.changed_at = database_now()
        row.save(update_fields=["received", "state", "changed_at"])
    return row


def look_again(*, actor: Actor, source: Import, delimiter: str, has_head: bool) -> Import:
    """Read the file's layout anew with another separator, or with another first line."""
    require(actor, source.project, Need.OPERATE)
    if delimiter not in DELIMITERS:
        raise _refused("delimiter", "Choose one of the separators.")
    options = {**source.options, "delimiter": delimiter, "has_head": has_head, "columns": None}
    return _step(source, [ImportState.MAPPING], state=ImportState.LOOKING, options=options)


def choose_columns(
    *, actor: Actor, source: Import, columns: Mapping[str, int], name: str = "", statuses: Mapping[str, str]
) -> Import:
    """Say which column holds which field, and read the file.

    `name` keeps the ids of this file apart from those of another tracker; `statuses` says what words mean that are not
    known here. Raises `Refused` (422) with every field that is wrong.
    """
    require(actor, source.project, Need.OPERATE)
    wrong = [*_wrong_columns(columns, len(source.shape.get("heads", []))), *_wrong_name(name)]
    wrong += [
        FieldError("statuses", f"“{to[:40]}” is no status.")
        for to in statuses.values()
        if to not in Status.values
    ]
    if wrong:
        raise Refused("The columns cannot be read like that.", errors=wrong)
    chosen = {words.plain(word): to for word, to in statuses.items()}
    options = {**source.options, "columns": dict(columns), "statuses": chosen, "name": name.strip()}
    return _read_anew(source, [ImportState.MAPPING, ImportState.PREVIEW], options=options)


def back_to_columns(*, actor: Actor, source: Import) -> Import:
    """From the preview back to the columns."""
    require(actor, source.project, Need.OPERATE)
    return _step(source, [ImportState.PREVIEW], state=ImportState.MAPPING)


def start(*, actor: Actor, source: Import) -> Import:
    """Begin to write what was read. Raises `Conflict` (409) when it was started, or has ended."""
    require(actor, source.project, Need.OPERATE)
    with unit():
        by = User.objects.filter(pk=actor.user_id or 0).first()
        row = _step(
            source,
            [ImportState.PREVIEW],
            state=ImportState.RUNNING,
            started_at=database_now(),
            user=by,
            **stamp(actor),
        )
        tell(actor, row, "import.started", {"total": row.total})
    return row


def cancel(*, actor: Actor, source: Import) -> Import:
    """Call an import off; what it has brought stays. Raises `Conflict` (409) when it has ended."""
    require(actor, source.project, Need.OPERATE)
    with unit():
        row = _step(
            source,
            [state for state in ImportState.values if state not in ENDED],
            state=ImportState.CANCELED,
            ended_at=database_now(),
            holder="",
        )
        row.pieces.all().delete()
        if row.started_at:
            tell(actor, row, "import.canceled", counts(row))
    return row


def counts(source: Import) -> dict[str, int]:
    """What became of the tasks so far."""
    return {"created": source.created, "updated": source.updated, "unchanged": source.unchanged}


def tell(actor: Actor, source: Import, type: str, data: Mapping[str, Any]) -> None:
    """Leave an event about the import; call it inside `unit()`."""
    told = {"filename": source.filename, "format": source.format, **data}
    record(project_id=source.project_id, type=type, actor=actor, target=("import", source.pk), data=told)


def _read_anew(source: Import, states: list[str], **changes: Any) -> Import:
    return _step(source, states, state=ImportState.READING, read=0, total=0, **changes)


def _step(source: Import, states: Iterable[str], **changes: Any) -> Import:
    """The import, changed, provided that it is in one of `states`."""
    rows = Import.objects.filter(pk=source.pk, state__in=list(states))
    changed = rows.update(changed_at=database_now(), attempts=0, held_until=None, **changes)
    row = Import.objects.select_related("project").get(pk=source.pk)
    if not changed:
        raise _moved_on(row)
    return row


def _moved_on(row: Import) -> Conflict:
    message = f"The import has moved on meanwhile: it is {row.get_state_display().lower()}."
    return Conflict(message, code="import_moved_on", extra={"state": row.state})


def _file_name(told: str) -> str:
    try:
        name = clean_line(told.replace("\\", "/").rpartition("/")[2], max_length=200)
    except BadText as error:
        raise _refused("file", f"The file’s name cannot be kept: {error} Rename it.") from error
    if not name:
        raise _refused("file", "Choose a file.")
    return name


def _check_size(size: int) -> None:
    if size <= 0:
        raise _refused("file", "The file is empty. Export it again and look that it holds tasks.")
    if size > settings.MC_IMPORT_MAX_BYTES:
        most = settings.MC_IMPORT_MAX_BYTES / 2**20
        message = f"The file has {size / 2**20:.1f} MB; at most {most:.1f} MB are taken. Split it."
        raise TooLarge(message, errors=[FieldError("file", message)])


def _wrong_columns(columns: Mapping[str, int], width: int) -> list[FieldError]:
    wrong = [FieldError(name, "There is no such field.") for name in columns if name not in FIELDS]
    wrong += [
        FieldError(name, "There is no such column.") for name, at in columns.items() if not 0 <= at < width
    ]
    if "title" not in columns:
        wrong.append(FieldError("title", "Choose the column that holds the titles."))
    return wrong


def _wrong_name(name: str) -> list[FieldError]:
    plain = name.strip().replace("-", "").replace("_", "")
    if not plain or (len(name.strip()) <= MAX_SOURCE and plain.isascii() and plain.isalnum()):
        return []
    return [FieldError("name", f"At most {MAX_SOURCE} letters, digits, - and _.")]


def _refused(field: str, message: str) -> Refused:
    return Refused(message, errors=[FieldError(field, message)])
