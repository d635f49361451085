"""The formats that can be imported, by name, and which of them a file is in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from . import backlog, beads, csv_files, github, unpacking
from .records import Reading, UnreadableSource

READERS: Mapping[str, Callable[[Path], Reading]] = {
    "beads": beads.read,
    "backlog": backlog.read,
    "csv": csv_files.read,
    "github": github.read,
}
NAMES: Mapping[str, str] = {
    "csv": "CSV",
    "github": "GitHub issues",
    "beads": "beads",
    "backlog": "Backlog.md",
}
"""What people call them, in the order they are offered."""

_BEADS = ("issues.jsonl", "issues.jsonl.gz")
_START = 4096


def detect(path: Path, filename: str) -> str:
    """The format that the uploaded file is most likely in: by how it begins, and by its name."""
    with path.open("rb") as stream:
        start = stream.read(_START).lstrip(b"\xef\xbb\xbf \t\r\n")
    name = filename.casefold()
    if start.startswith(b"PK\x03\x04"):
        return "archive"
    if name.endswith((".jsonl", ".jsonl.gz", ".ndjson")):
        return "beads"
    if name.endswith((".md", ".markdown")):
        return "backlog"
    if start.startswith(b"{") and _is_line_of_json(start):
        return "beads"
    return "github" if name.endswith(".json") or start.startswith(b"[") else "csv"


def source_in(path: Path, filename: str, format: str, folder: Path, *, most: int) -> tuple[str, Path]:
    """The format, and the path to give to its reader, of the uploaded file `path`; `format` is "" where nobody said.

    `folder` is empty and takes what has to be unpacked, at most `most` bytes. Raises UnreadableSource.
    """
    found = detect(path, filename)
    if found == "archive" and format not in {"csv", "github"}:
        unpacking.unpack(path, folder, most=most)
        return _in_folder(folder, format)
    wanted = format or found
    if wanted == "backlog":
        return wanted, _lone(path, folder, Path(filename).stem[:100].replace("\0", "") + ".md").parent
    if wanted == "beads":
        return wanted, _lone(path, folder, "issues.jsonl.gz" if _is_packed(path) else "issues.jsonl")
    return wanted, path


def _is_packed(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(2) == b"\x1f\x8b"


def _in_folder(folder: Path, format: str) -> tuple[str, Path]:
    beads_root = next(unpacking.roots(folder, _BEADS), None)
    if beads_root and format in {"", "beads"}:
        return "beads", beads_root
    marks = tuple(backlog.FOLDERS)
    root = next((one for one in unpacking.roots(folder, marks) if _has_tasks(one)), None)
    root = root or next(unpacking.roots(folder, ("*.md", "*.MD")), None)
    if root and format in {"", "backlog"}:
        return "backlog", root
    raise UnreadableSource(
        "The archive holds neither an issues.jsonl nor Markdown tasks. Pack the folder that has them."
    )


def _has_tasks(root: Path) -> bool:
    return any(file for name in backlog.FOLDERS for file in (root / name).glob("*.md"))


def _lone(path: Path, folder: Path, name: str) -> Path:
    target = folder / (Path(name).name or "tasks.md")
    target.symlink_to(path) if not name.endswith(".md") else target.write_bytes(path.read_bytes())
    return target


def _is_line_of_json(start: bytes) -> bool:
    """Whether the text begins with an object on a line of its own, as JSON lines do; a cut-off one counts."""
    line, end, _ = start.partition(b"\n")
    try:
        return bool(end) and isinstance(json.loads(line), dict)
    except ValueError:
        return not end
