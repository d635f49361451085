"""A folder of Markdown tasks with YAML front matter, as Backlog.md keeps them: one file, one task."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from missioncontrol.kernel.text import BadText, normalise

from . import backlog_task, front_matter, graph
from .records import BadRow, Place, Reading, TaskRecord, UnreadableSource, relative

MAX_FILE_BYTES = 1024 * 1024
FOLDERS = ("tasks", "completed", "drafts")


def read(path: Path) -> Reading:
    """Every usable task in the folder `path`: its `tasks`, `completed` and `drafts`, or the files in it.

    Raises UnreadableSource when `path` is no folder or holds no Markdown file.
    """
    if not path.is_dir():
        raise UnreadableSource(f"{path.name or path} is not a folder.")
    reading = Reading()
    files = list(_files(path))
    if not files:
        raise UnreadableSource(f"There is no Markdown file in {path.name or path}.")
    for file in files:
        _take(reading, file, path)
    _resolve_ids(reading)
    graph.settle(reading.tasks, reading.skip)
    return reading


def _files(root: Path) -> Iterator[Path]:
    folders = [root / name for name in FOLDERS if (root / name).is_dir()] or [root]
    for folder in folders:
        yield from sorted(file for file in folder.iterdir() if file.suffix.lower() == ".md")


def _take(reading: Reading, file: Path, root: Path) -> None:
    place = Place(relative(file, root), 1)
    values: dict[str, object] = {}
    try:
        values, body = front_matter.split(_content(file))
        reading.add(backlog_task.record(values, body, place, draft=file.parent.name == "drafts"))
    except BadRow as error:
        given = values.get("id")
        reading.skip(place, given[:60] if isinstance(given, str) else "", str(error))


def _content(file: Path) -> str:
    if file.is_symlink() or not file.is_file():
        raise BadRow("Not a regular file.")
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
        if len(data) > MAX_FILE_BYTES:
            raise BadRow(f"The file is longer than {MAX_FILE_BYTES} bytes.")
        return normalise(data.decode("utf-8-sig"))
    except OSError as error:
        raise BadRow(f"The file cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise BadRow(f"Not valid UTF-8: byte {error.start}.") from error
    except BadText as error:
        raise BadRow(str(error)) from error


def _resolve_ids(reading: Reading) -> None:
    """Links may leave the prefix out: `12` in the front matter of `task-30` means `task-12`."""
    for record in reading.tasks.values():
        for link in [*record.depends_on, *([record.parent] if record.parent else [])]:
            link.to = _full_id(record, link.to)


def _full_id(record: TaskRecord, told: str) -> str:
    prefix, dash, _ = record.ref.rpartition("-")
    return f"{prefix}{dash}{told}" if told.replace(".", "").isdigit() else told
