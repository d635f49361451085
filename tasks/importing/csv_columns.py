"""What the columns of a CSV file mean: guessed from their heads, then chosen by a person."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Self

from . import delimited, encodings
from .encodings import Encoding
from .records import UnreadableSource

MAX_COLUMNS = 200
MAX_HEAD = 60
SAMPLES = 3
_SAMPLE_LENGTH = 80
_SEPARATOR_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)
_NOT_A_HEAD = re.compile(r"[\d\s.,:/#+-]+")

FIELDS: Mapping[str, str] = {
    "title": "Title",
    "id": "Id",
    "description": "Description",
    "status": "Status",
    "priority": "Priority",
    "type": "Type",
    "labels": "Labels",
    "assignees": "Assignees",
    "author": "Author",
    "created_at": "Created",
    "updated_at": "Updated",
    "closed_at": "Closed",
    "due_at": "Due",
    "estimate_minutes": "Estimate (minutes)",
    "parent": "Parent’s id",
    "depends_on": "Ids it waits for",
}
"""What a column can become, with its name for people."""

_HEADS: Mapping[str, tuple[str, ...]] = {
    "title": ("title", "summary", "name", "subject", "taskname", "task", "cardname", "issue", "todo"),
    "id": ("id", "key", "issuekey", "issueid", "taskid", "number", "no", "ref", "cardid", "ticket"),
    "description": ("description", "body", "details", "notes", "text", "content", "carddescription"),
    "status": ("status", "state", "listname", "list", "column", "sectioncolumn", "section", "stage"),
    "priority": ("priority", "prio", "severity", "importance"),
    "type": ("type", "issuetype", "tasktype", "kind"),
    "labels": ("labels", "label", "tags", "tag", "components"),
    "assignees": ("assignee", "assignees", "assignedto", "owner", "responsible", "members"),
    "author": ("author", "reporter", "creator", "createdby"),
    "created_at": ("created", "createdat", "createdon", "createddate", "creationdate", "datecreated"),
    "updated_at": ("updated", "updatedat", "modified", "lastmodified", "lastupdated", "changed"),
    "closed_at": ("closed", "closedat", "completed", "completedat", "resolved", "done", "finished"),
    "due_at": ("due", "duedate", "dueat", "deadline"),
    "estimate_minutes": ("estimate", "estimateminutes", "minutes", "estimatedminutes"),
    "parent": ("parent", "parentid", "parentkey", "parenttask", "epic", "epiclink"),
    "depends_on": ("dependson", "blockedby", "dependencies", "waitsfor", "predecessors"),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is laid out: its encoding, what separates its cells, and the records before the first task."""

    encoding: Encoding
    delimiter: str
    has_head: bool
    skip: int

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """The layout that `as_json` wrote."""
        return cls(Encoding(**told["encoding"]), told["delimiter"], told["has_head"], told["skip"])

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Look:
    """The first look at a file: its layout, the heads of its columns, and what the first rows hold."""

    layout: Layout
    heads: list[str]
    samples: list[list[str]]


def look(path: Path, *, delimiter: str = "", has_head: bool | None = None) -> Look:
    """Find out how the file is laid out, unless it is said. Raises UnreadableSource when there is nothing to import."""
    encoding = encodings.detect(path)
    with encodings.open_text(path, encoding) as stream:
        first = stream.readline(delimited.MAX_RECORD)
    told = _SEPARATOR_LINE.fullmatch(first)
    separator = delimiter or (told[1] if told else delimited.sniff(_first_line(path, encoding)))
    with encodings.open_text(path, encoding) as stream:
        rows = islice(delimited.records(stream, separator), 40)
        found = [row for row in rows if not row.problem][1 if told else 0 :]
    return _look(Layout(encoding, separator, True, 1 if told else 0), [row.cells for row in found], has_head)


def guess(heads: list[str]) -> dict[str, int]:
    """The column of each field whose head says so, the first that fits; no column is taken twice."""
    plain = [re.sub(r"[^a-z0-9]", "", head.casefold()) for head in heads]
    columns: dict[str, int] = {}
    for name, words in _HEADS.items():
        places = (plain.index(word) for word in words if word in plain)
        place = next((one for one in places if one not in columns.values()), None)
        if place is not None:
            columns[name] = place
    return columns


def _first_line(path: Path, encoding: Encoding) -> str:
    with encodings.open_text(path, encoding) as stream:
        lines = (line for line in iter(lambda: stream.readline(delimited.MAX_RECORD), ""))
        return next((line for line in lines if line.strip()), "")


def _look(layout: Layout, rows: list[list[str]], has_head: bool | None) -> Look:
    if not rows:
        raise UnreadableSource("No line of the file can be read as a row. Export it again as CSV.")
    if len(rows[0]) > MAX_COLUMNS:
        raise UnreadableSource(f"Line 1 has {len(rows[0])} columns; at most {MAX_COLUMNS} are read.")
    named = _is_head(rows[0]) if has_head is None else has_head
    samples = rows[1 if named else 0 :]
    if not samples:
        raise UnreadableSource("The file holds a line of column names and no tasks.")
    layout = Layout(layout.encoding, layout.delimiter, named, layout.skip + (1 if named else 0))
    width = max(len(rows[0]), *(len(row) for row in samples[:SAMPLES]))
    heads = _heads(rows[0] if named else [], min(width, MAX_COLUMNS))
    return Look(layout, heads, [_column(samples, place) for place in range(len(heads))])


def _is_head(cells: list[str]) -> bool:
    """Whether the first row names columns: it has a known name, or nothing in it looks like a value."""
    if guess(cells):
        return True
    names = [cell.strip() for cell in cells]
    return len(names) > 1 and all(name and not _NOT_A_HEAD.fullmatch(name) for name in names)


def _heads(names: list[str], width: int) -> list[str]:
    """A name for every column; one that comes again, or is missing, gets a number."""
    found: list[str] = []
    for place in range(width):
        name = " ".join(names[place].split())[:MAX_HEAD] if place < len(names) else ""
        name = name.replace("\0", "") or f"Column {place + 1}"
        again = sum(one == name or one.startswith(f"{name} (") for one in found)
        found.append(f"{name} ({again + 1})" if again else name)
    return found


def _column(rows: list[list[str]], place: int) -> list[str]:
    cells = (" ".join(row[place].split()).replace("\0", "") for row in rows if place < len(row))
    return [cell[:_SAMPLE_LENGTH] for cell in islice((cell for cell in cells if cell), SAMPLES)]
