"""Small exports, written the way the trackers write them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

REAL_EXPORT = Path(__file__).parents[2] / "data" / "beads"
DAY = "2026-02-27T10:00:00Z"


def issue(ref: str, **changes: Any) -> dict[str, Any]:
    """An open issue that can be triaged, with `changes`."""
    row = {
        "id": ref,
        "title": f"Title of {ref}",
        "description": "What to do.",
        "status": "open",
        "priority": 2,
        "issue_type": "task",
        "created_at": DAY,
        "updated_at": DAY,
    }
    return {**row, **changes}


def blocks(ref: str, on: str, kind: str = "blocks") -> dict[str, Any]:
    """`ref` waits for `on`."""
    return {"issue_id": ref, "depends_on_id": on, "type": kind, "created_at": DAY}


def event(ref: str, kind: str, at: str = DAY, **values: Any) -> dict[str, Any]:
    """One line of the tracker's history."""
    return {"issue_id": ref, "event_type": kind, "actor": "mayor", "created_at": at, **values}


def write_beads(folder: Path, **files: Sequence[dict[str, Any] | str | bytes]) -> Path:
    """An export with `issues`, `dependencies`, ... ; text and bytes are written as they are, as a line each."""
    folder.mkdir(exist_ok=True)
    for name, rows in files.items():
        (folder / f"{name}.jsonl").write_bytes(b"".join(_line(row) + b"\n" for row in rows))
    return folder


def zip_file(path: Path) -> None:
    """Replace a file by its gzipped self."""
    path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()


def write_markdown(folder: Path, name: str, front: Mapping[str, str] | str, body: str = "") -> Path:
    """A Markdown task; `front` is the front matter as text or as raw YAML values by name."""
    folder.mkdir(exist_ok=True, parents=True)
    if not isinstance(front, str):
        front = "".join(f"{key}: {value}\n" for key, value in front.items())
    path = folder / name
    path.write_text(f"---\n{front}---\n\n{body}", encoding="utf-8")
    return path


def front(ref: str, **changes: str) -> dict[str, str]:
    """The front matter of a task that waits to be taken, with `changes` as raw YAML values."""
    row = {"id": ref, "title": f"Title of {ref}", "status": "To Do", "created_date": "'2026-02-27 10:00'"}
    return {**row, **changes}


def _line(row: dict[str, Any] | str | bytes) -> bytes:
    if isinstance(row, bytes):
        return row
    return (row if isinstance(row, str) else json.dumps(row)).encode()
