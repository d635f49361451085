"""Issues of GitHub: what `gh` prints and what the API answers become the same tasks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tasks.importing import github
from tasks.importing.records import Reading, TaskRecord, UnreadableSource

AT = "2026-01-02T03:04:05Z"


def by_gh(number: int = 1, **changes: Any) -> dict[str, Any]:
    row = {
        "number": number,
        "title": "Mend the pump",
        "body": "It drips.",
        "state": "OPEN",
        "stateReason": "",
        "labels": [{"name": "priority: high"}, {"name": "documentation"}],
        "assignees": [{"login": "bo"}],
        "author": {"login": "ada"},
        "milestone": {"title": "v1"},
        "createdAt": AT,
        "updatedAt": AT,
        "closedAt": None,
        "url": f"https://github.com/o/r/issues/{number}",
    }
    return {**row, **changes}


def by_the_api(number: int = 1, **changes: Any) -> dict[str, Any]:
    row = {
        "number": number,
        "title": "Mend the pump",
        "body": "It drips.",
        "state": "open",
        "state_reason": None,
        "labels": [{"name": "priority: high"}, "documentation"],
        "assignees": [{"login": "bo"}],
        "user": {"login": "ada"},
        "milestone": {"title": "v1"},
        "created_at": AT,
        "updated_at": AT,
        "closed_at": None,
        "html_url": f"https://github.com/o/r/issues/{number}",
        "url": f"https://api.github.com/repos/o/r/issues/{number}",
        "comments": 3,
    }
    return {**row, **changes}


def read(folder: Path, content: Any) -> Reading:
    path = folder / "issues.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content, indent=1).encode())
    return github.read(path)


def one(folder: Path, row: dict[str, Any]) -> TaskRecord:
    (record,) = read(folder, [row]).tasks.values()
    return record


def test_gh_and_the_api_tell_the_same_task(tmp_path: Path) -> None:
    task, same = one(tmp_path, by_gh()), one(tmp_path, by_the_api())

    assert task.digest() == same.digest()
    assert (task.ref, task.status, task.priority, task.type) == ("o/r#1", "ready", 2, "docs")
    assert (task.assignees, task.author) == (["bo"], "ada")
    assert task.labels == ["documentation", "milestone:v1", "priority: high"]


@pytest.mark.parametrize(
    ("why", "status"),
    [("COMPLETED", "done"), ("", "done"), ("NOT_PLANNED", "canceled"), ("DUPLICATE", "canceled")],
)
def test_a_closed_issue_is_done_or_canceled_by_its_reason(tmp_path: Path, why: str, status: str) -> None:
    task = one(tmp_path, by_gh(state="CLOSED", stateReason=why, closedAt="2026-02-02T00:00:00Z"))

    assert (task.status, task.closed_at and task.closed_at.month) == (status, 2)


def test_the_comments_that_gh_prints_become_messages(tmp_path: Path) -> None:
    said = {"id": "IC_1", "author": {"login": "cy"}, "body": "Seen.", "createdAt": AT}
    task = one(tmp_path, by_gh(comments=[said, said]))

    assert [(message.author, message.content) for message in task.messages] == [("cy", "Seen.")]


def test_pull_requests_and_bad_rows_are_left_out_with_their_line(tmp_path: Path) -> None:
    rows = [
        by_gh(1),
        by_the_api(2, pull_request={}),
        5,
        by_gh(3, state="odd"),
        by_gh(4, title="a\0b"),
        by_gh(1),
    ]
    reading = read(tmp_path, rows)

    assert list(reading.tasks) == ["o/r#1"]
    assert [row.reason.partition(":")[0] for row in reading.skipped] == [
        "It is a pull request, not an issue.",
        "Not a JSON object.",
        "state",
        "A string holds U+0000, which is not a character of text.",
        "The id was given before, in line 2.",
    ]
    lines = [row.line for row in reading.skipped]
    assert lines == sorted(lines) and lines[0] > 2


def test_pages_printed_one_after_the_other_are_one_export(tmp_path: Path) -> None:
    pages = json.dumps([by_the_api(1)]) + "\n" + json.dumps([by_the_api(2)])

    assert list(read(tmp_path, pages.encode()).tasks) == ["o/r#1", "o/r#2"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"items": []}', "must be “\\[”, at line 1, column 1"),
        (b"[" * 100, "Nested deeper than 64"),
        (b'[\n{"number": 1} x', "Expecting “,” or “]” at line 2, column 15"),
        (b"[{", "line 1, column 3"),
        (b"[\xff]", "Not valid UTF-8: byte 1"),
        (b'[\n{"a": NaN}]', "NaN is not a JSON number. Look at the element at line 2"),
        (b"", "must be “\\[”"),
    ],
)
def test_what_is_no_array_of_json_is_refused_with_the_place(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    with pytest.raises(UnreadableSource, match=reason):
        read(tmp_path, content)
