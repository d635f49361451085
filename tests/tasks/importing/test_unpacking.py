"""Uploaded files: which format they are in, and archives that mean harm."""

from __future__ import annotations

import errno
import io
import random
import stat
import zipfile
from pathlib import Path

import pytest

from tasks.importing import formats, unpacking
from tasks.importing.records import UnreadableSource

from .folders import front, issue, write_beads, write_markdown

MOST = 1 << 20


def packed(folder: Path, files: dict[str, bytes]) -> Path:
    path = folder / "upload"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def opened(folder: Path, path: Path, filename: str = "upload.zip", format: str = "") -> tuple[str, Path]:
    inside = folder / "inside"
    inside.mkdir()
    return formats.source_in(path, filename, format, inside, most=MOST)


def refusal(folder: Path, files: dict[str, bytes]) -> str:
    with pytest.raises(UnreadableSource) as caught:
        opened(folder, packed(folder, files))
    return str(caught.value)


def test_a_packed_beads_folder_is_found_wherever_it_stands(tmp_path: Path) -> None:
    export = write_beads(tmp_path / "made", issues=[issue("a-1")])
    content = (export / "issues.jsonl").read_bytes()
    format, root = opened(
        tmp_path, packed(tmp_path, {"repo/.beads/backup/issues.jsonl": content, "repo/x.py": b"x"})
    )

    assert (format, list(formats.READERS[format](root).tasks)) == ("beads", ["a-1"])
    assert not list(tmp_path.rglob("x.py"))


def test_a_packed_backlog_folder_brings_tasks_drafts_and_completed_ones(tmp_path: Path) -> None:
    files = {
        f"repo/backlog/{name}": write_markdown(tmp_path / "md", f"{ref}.md", front(ref)).read_bytes()
        for name, ref in (
            ("tasks/task-1.md", "task-1"),
            ("completed/task-2.md", "task-2"),
            ("drafts/d.md", "task-3"),
        )
    }
    format, root = opened(tmp_path, packed(tmp_path, {**files, "repo/README.md": b"# No task"}))
    tasks = formats.READERS[format](root).tasks

    assert format == "backlog"
    assert {ref: task.parked for ref, task in tasks.items()} == {
        "task-1": False,
        "task-2": False,
        "task-3": True,
    }


def test_one_markdown_task_and_one_jsonl_file_need_no_archive(tmp_path: Path) -> None:
    task = write_markdown(tmp_path / "md", "task-7 - Mend.md", front("task-7"))
    format, root = opened(tmp_path, task, "../task-7 - Mend.md")
    assert list(formats.READERS[format](root).tasks) == ["task-7"]

    (tmp_path / "more").mkdir()
    lines = write_beads(tmp_path / "made", issues=[issue("a-1")]) / "issues.jsonl"
    format, root = opened(tmp_path / "more", lines, "export.jsonl")
    assert list(formats.READERS[format](root).tasks) == ["a-1"]


@pytest.mark.parametrize(
    ("name", "start", "format"),
    [
        ("a.csv", b"title\nx", "csv"),
        ("a.txt", b"title\nx", "csv"),
        ("a.json", b'[{"number": 1}]', "github"),
        ("download", b'\n[{"number": 1}]', "github"),
        ("download", b'{"id": "a-1"}\n{"id": "a-2"}\n', "beads"),
        ("issues.jsonl.gz", b"\x1f\x8b", "beads"),
        ("a.md", b"---\nid: x", "backlog"),
        ("renamed.csv", b"PK\x03\x04", "archive"),
    ],
)
def test_a_file_tells_its_format(tmp_path: Path, name: str, start: bytes, format: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(start)

    assert formats.detect(path, name) == format


@pytest.mark.parametrize(
    "name", ["../../outside.md", "/etc/outside.md", "a/../../outside.md", "..\\outside.md", "C:\\outside.md"]
)
def test_a_path_that_leads_out_of_the_archive_is_refused_and_nothing_is_written(
    tmp_path: Path, name: str
) -> None:
    assert "leads out of it" in refusal(tmp_path, {"tasks/good.md": b"x", name: b"x"})
    assert not list(tmp_path.parent.rglob("outside.md"))


def test_an_archive_that_holds_more_than_is_taken_stops_where_it_is_too_much(tmp_path: Path) -> None:
    bomb = {f"tasks/{number}.md": b"0" * (MOST // 2) for number in range(20)}

    assert "Split it" in refusal(tmp_path, bomb)
    assert sum(path.stat().st_size for path in (tmp_path / "inside").rglob("*.md")) <= MOST


def test_links_inside_an_archive_are_not_followed(tmp_path: Path) -> None:
    path = packed(tmp_path, {"tasks/good.md": b"x"})
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("tasks/link.md")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    _, root = opened(tmp_path, path)

    assert [file.name for file in root.rglob("*.md")] == ["good.md"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"PK\x03\x04broken", "cannot be read"), (b"PK\x03\x04" + b"\0" * 200, "cannot be read")],
)
def test_a_damaged_archive_is_refused_in_one_sentence(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "upload"
    path.write_bytes(content)
    with pytest.raises(UnreadableSource, match=reason):
        opened(tmp_path, path)


@pytest.mark.parametrize(
    "packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_an_archive_with_any_bytes_changed_is_read_or_refused(tmp_path: Path, packing: int) -> None:
    whole, dice, refused = io.BytesIO(), random.Random(packing), 0
    with zipfile.ZipFile(whole, "w", packing) as archive:
        for number in range(3):
            archive.writestr(f"tasks/täsk-{number}.md", "---\nid: x\n---\n" + "word " * 300)
    for turn in range(300):
        damaged = bytearray(whole.getvalue())
        for _ in range(dice.randint(1, 4)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        path = tmp_path / "packed.zip"
        path.write_bytes(damaged)
        try:
            unpacking.unpack(path, tmp_path / str(turn), most=10**6)
        except UnreadableSource:
            refused += 1
    assert refused > 100


def test_a_full_disk_is_not_the_archive_s_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "packed.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tasks/a.md", "---\nid: x\n---\n")

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(unpacking, "_write", full)
    with pytest.raises(OSError, match="No space left"):
        unpacking.unpack(path, tmp_path / "out", most=10**6)


def test_an_archive_without_tasks_says_what_to_pack(tmp_path: Path) -> None:
    assert "neither an issues.jsonl nor Markdown tasks" in refusal(tmp_path, {"readme.txt": b"x"})
