"""Reading a folder of Markdown tasks with YAML front matter."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasks.importing import backlog
from tasks.importing.backlog_task import STATUSES, split_sections
from tasks.importing.records import Reading, TaskRecord, UnreadableSource
from tasks.workflow import Status

from .folders import front, write_markdown

BODY = """\
Opening words.

## Description

<!-- SECTION:DESCRIPTION:BEGIN -->
What to do.

```markdown
## Not a heading
```
<!-- SECTION:DESCRIPTION:END -->

## Acceptance Criteria
<!-- AC:BEGIN -->
- [x] #1 Builds
- [ ] #2 Ships
<!-- AC:END -->

## Implementation Plan

1. Read
2. Write
3. Test

## Implementation Notes

It went well.

## Final Summary

Done in a day.

## Risks

None.
"""


def read_one(tmp_path: Path, body: str = "", **changes: str) -> TaskRecord:
    write_markdown(tmp_path, "task-1 - Title.md", front("task-1", **changes), body)
    reading = backlog.read(tmp_path)
    assert reading.skipped == []
    return reading.tasks["task-1"]


def only_reason(reading: Reading) -> str:
    [skipped] = reading.skipped
    return skipped.reason


def test_front_matter_and_sections_land_in_their_fields(tmp_path: Path) -> None:
    task = read_one(
        tmp_path,
        BODY,
        status="Done",
        title="'12:30'",
        assignee="['@nux', slit]",
        reporter="'@max'",
        labels="[ui, api]",
        milestone="m-3",
        priority="high",
        updated_date="2026-03-01 09:30",
        due_date="2026-04-01",
    )
    assert (task.title, task.status, task.priority, task.author) == ("12:30", "done", 2, "max")
    assert (task.assignees, task.labels) == (["nux", "slit"], ["api", "milestone:m-3", "ui"])
    assert task.created_at == datetime(2026, 2, 27, 10, tzinfo=UTC)
    assert task.closed_at == task.updated_at == datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    assert task.due_at == datetime(2026, 4, 1, tzinfo=UTC)
    assert task.work_plan == {"bullets": ["Read", "Write", "Test"]}
    assert task.deliverable == {"summary": "Done in a day.", "content": "It went well."}
    assert task.checklist == {
        "items": [{"label": "Builds", "checked": True}, {"label": "Ships", "checked": False}]
    }
    assert task.description == (
        "Opening words.\n\nWhat to do.\n\n```markdown\n## Not a heading\n```\n\n## Risks\n\nNone."
    )


@pytest.mark.parametrize(
    "value", ["@codex", "[@codex]", "\n  - @codex", "'@codex'", '["@codex"]', "codex", "\n  - '@codex'"]
)
def test_every_way_to_write_an_assignee_names_the_same_one(tmp_path: Path, value: str) -> None:
    assert read_one(tmp_path, assignee=value).assignees == ["codex"]


@pytest.mark.parametrize("value", ["", "[]", "null", "~", "''"])
def test_no_assignee_is_nobody(tmp_path: Path, value: str) -> None:
    assert read_one(tmp_path, assignee=value).assignees == []


@pytest.mark.parametrize(
    ("written", "lands_in"),
    [
        ("To Do", "ready"),
        ("○ To Do", "ready"),
        ("in_progress", "in_progress"),
        ("In Progress", "in_progress"),
        ("Review", "review"),
        ("Blocked", "blocked"),
        ("Done", "done"),
        ("Cancelled", "canceled"),
        ("Draft", "inbox"),
    ],
)
def test_every_status_word_has_its_place(tmp_path: Path, written: str, lands_in: str) -> None:
    assert read_one(tmp_path, status=written).status == lands_in


def test_every_place_is_a_status_of_the_workflow() -> None:
    assert set(STATUSES.values()) <= set(Status.values)


@pytest.mark.parametrize(
    "written", ["'27-02-26'", "2026-02-27", "'2026-02-27 00:00'", "2026-02-27T00:00:00Z", "27/02/26"]
)
def test_every_way_to_write_a_date_is_the_same_day(tmp_path: Path, written: str) -> None:
    assert read_one(tmp_path, created_date=written).created_at == datetime(2026, 2, 27, tzinfo=UTC)


def test_a_plan_that_is_too_short_for_a_work_plan_stays_in_the_description(tmp_path: Path) -> None:
    task = read_one(tmp_path, "## Implementation Plan\n\n1. Just do it\n")
    assert task.work_plan is None
    assert task.description == "## Implementation plan\n\n1. Just do it"


def test_criteria_that_are_more_than_a_list_are_kept_whole(tmp_path: Path) -> None:
    task = read_one(tmp_path, "## Acceptance Criteria\n\nAll of:\n\n- [ ] Builds\n")
    assert task.checklist == {"items": [{"label": "Builds", "checked": False}]}
    assert "All of:" in task.description


def test_links_are_found_whatever_their_spelling(tmp_path: Path) -> None:
    write_markdown(tmp_path, "task-1 - A.md", front("TASK-1"))
    write_markdown(tmp_path, "task-2 - B.md", front("task-2"))
    child = front("task-2.1", dependencies="[1, Task-2]", parent_task_id="TASK-2")
    write_markdown(tmp_path, "task-2.1 - C.md", child)
    reading = backlog.read(tmp_path)
    assert reading.skipped == []
    task = reading.tasks["task-2.1"]
    assert [link.to for link in task.depends_on] == ["task-1", "task-2"]
    assert task.parent is not None
    assert task.parent.to == "task-2"


def test_a_whole_backlog_gives_tasks_completed_and_drafts(tmp_path: Path) -> None:
    write_markdown(tmp_path / "tasks", "task-1 - A.md", front("task-1"))
    write_markdown(tmp_path / "completed", "task-2 - B.md", front("task-2", status="Done"))
    write_markdown(tmp_path / "drafts", "draft-1 - C.md", front("draft-1"))
    write_markdown(tmp_path / "docs", "doc-1 - D.md", front("doc-1"))
    reading = backlog.read(tmp_path)
    assert {ref: task.status for ref, task in reading.tasks.items()} == {
        "task-1": "ready",
        "task-2": "done",
        "draft-1": "inbox",
    }
    assert reading.tasks["draft-1"].parked


def test_windows_files_read_like_others(tmp_path: Path) -> None:
    path = write_markdown(tmp_path, "task-1 - A.md", front("task-1"), "## Description\n\nWhat.\n")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert backlog.read(tmp_path).tasks["task-1"].description == "What."


@pytest.mark.parametrize(
    ("front_matter", "reason"),
    [
        ("id: [\n", "not valid YAML"),
        ("- a\n- b\n", "holds no fields"),
        ("", "holds no fields"),
        ("id: &a [x]\ntitle: *a\n", "anchors or aliases"),
        ("id: !!python/object/apply:os.system ['true']\n", "tags"),
        (f"id: {'[' * 20}{']' * 20}\n", "nested deeper"),
        (f"id: {'[' * 30_000}\n", "nested deeper"),
        (f"id: {'x' * 70_000}\n", "longer than"),
        ("? [a]\n: b\n", "not valid YAML"),
        ("title: No id\nstatus: Done\ncreated_date: 2026-01-01\n", "id: is missing"),
        ("id: task-1\nstatus: Done\ncreated_date: 2026-01-01\n", "title: is missing"),
        ("id: task-1\ntitle: T\nstatus: Asleep\ncreated_date: 2026-01-01\n", "status: “Asleep” is not known"),
        (
            "id: task-1\ntitle: T\nstatus: Done\ncreated_date: 2026-13-45\n",
            "created_date: “2026-13-45” is not a date",
        ),
        ("id: task-1\ntitle: T\nstatus: Done\n", "created_date: is missing"),
        (
            "id: task-1\ntitle: [T]\nstatus: Done\ncreated_date: 2026-01-01\n",
            "title: must be text, not a list",
        ),
        (
            "id: task-1\ntitle: T\nstatus: Done\ncreated_date: 2026-01-01\npriority: urgent\n",
            "“urgent” is not known",
        ),
        (
            "id: task-1\ntitle: T\nstatus: Done\ncreated_date: 2026-01-01\nlabels: [auto-approve]\n",
            "never imported",
        ),
        ("id: task-1\ntitle: T\nstatus: Done\ncreated_date: 2026-01-01\nlabels: [{a: b}]\n", "must be text"),
        ('id: task-1\ntitle: "a\\0b"\nstatus: Done\ncreated_date: 2026-01-01\n', "U+0000"),
        ('id: task-1\ntitle: "\\ud800"\nstatus: Done\ncreated_date: 2026-01-01\n', "U+D800"),
        (f"id: task-1\ntitle: {'x' * 301}\nstatus: Done\ncreated_date: 2026-01-01\n", "title: Has 301"),
    ],
)
def test_a_bad_file_is_named_and_the_good_ones_still_count(
    tmp_path: Path, front_matter: str, reason: str
) -> None:
    write_markdown(tmp_path, "a.md", front_matter)
    write_markdown(tmp_path, "b.md", front("task-9"))
    reading = backlog.read(tmp_path)
    assert list(reading.tasks) == ["task-9"]
    assert (reading.skipped[0].file, reading.skipped[0].line) == ("a.md", 1)
    assert reason in only_reason(reading)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"# Just words\n", "does not begin with front matter"),
        (b"---\nid: task-1\n", "does not begin with front matter"),
        (b"---\nid: \xff\n---\n", "Not valid UTF-8"),
        (b"---\nid: task-1\n---\na\x00b", "U+0000"),
        (b"x" * (1024 * 1024 + 1), "longer than"),
    ],
)
def test_a_file_that_is_no_task_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "a.md").write_bytes(content)
    assert reason in only_reason(backlog.read(tmp_path))


def test_an_alias_bomb_is_refused_at_once(tmp_path: Path) -> None:
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 12))
    write_markdown(tmp_path, "a.md", f"l0: &l0 x\n{levels}")
    started = time.monotonic()
    assert "anchors or aliases" in only_reason(backlog.read(tmp_path))
    assert time.monotonic() - started < 1


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    outside = write_markdown(tmp_path / "outside", "a.md", front("task-1"))
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "a.md").symlink_to(outside)
    assert only_reason(backlog.read(tmp_path / "inside")) == "Not a regular file."


def test_a_path_that_holds_nothing_cannot_be_imported(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSource, match="no Markdown file"):
        backlog.read(tmp_path)
    with pytest.raises(UnreadableSource, match="not a folder"):
        backlog.read(tmp_path / "nowhere")


def test_a_heading_that_comes_twice_continues_its_section() -> None:
    assert split_sections("## A\none\n## B\ntwo\n## A\nthree") == {"": "", "A": "one\nthree", "B": "two"}
