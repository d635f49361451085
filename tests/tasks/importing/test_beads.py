"""Reading a beads export: the mapping, and what happens to rows that cannot be used."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tasks.importing import beads
from tasks.importing.beads_words import STATUSES, was_never_done
from tasks.importing.records import Reading, UnreadableSource
from tasks.workflow import Status

from .folders import REAL_EXPORT, blocks, event, issue, write_beads, zip_file


def reasons(reading: Reading) -> list[tuple[str, int, str]]:
    return [(skipped.file, skipped.line, skipped.reason) for skipped in reading.skipped]


def one(tmp_path: Path, **changes: Any) -> Any:
    reading = beads.read(write_beads(tmp_path, issues=[issue("a-1", **changes)]))
    assert reading.skipped == []
    return reading.tasks["a-1"]


def test_a_real_export_is_read_whole_and_every_dangling_reference_is_named() -> None:
    reading = beads.read(REAL_EXPORT)
    assert len(reading.tasks) == 30
    assert len(reading.skipped) == 9
    assert all(row.file == "dependencies.jsonl" and row.line > 0 and row.id for row in reading.skipped)
    assert "is not among the tasks read" in reading.skipped[0].reason


def test_a_real_hooked_issue_keeps_its_holder_thread_and_history() -> None:
    sheriff = beads.read(REAL_EXPORT).tasks["gt-pr-sheriff"]
    assert (sheriff.status, sheriff.assignees, sheriff.author) == (
        "assigned",
        ["gastown/crew/max"],
        "gastown/crew/max",
    )
    assert len(sheriff.messages) == 5
    assert sheriff.messages[0].at == datetime(2026, 2, 28, 2, 25, 43, tzinfo=UTC)
    assert [change.to for change in sheriff.history] == ["assigned", "ready", "inbox", "assigned"]


def test_a_real_pinned_issue_is_parked_with_the_labels_that_were_left_at_the_end() -> None:
    handoff = beads.read(REAL_EXPORT).tasks["gt-j3cx"]
    assert (handoff.status, handoff.parked) == ("inbox", True)
    assert "pinned" in handoff.labels
    assert not any(label.startswith("backoff-until") for label in handoff.labels)


def test_a_real_agent_record_is_parked_so_that_nobody_works_on_it() -> None:
    joe = beads.read(REAL_EXPORT).tasks["gt-gastown-crew-joe"]
    assert (joe.status, joe.parked, joe.type, joe.labels) == ("inbox", True, "ops", ["agent"])


def test_a_real_agent_record_of_another_type_is_known_by_its_label() -> None:
    toast = beads.read(REAL_EXPORT).tasks["gt-gastown-polecat-Toast"]
    assert (toast.status, toast.parked, toast.labels) == ("inbox", True, ["gt:agent"])


def test_a_real_link_without_effect_is_named_in_the_description() -> None:
    assert "## Related\n\n- Related to gt-6m3e" in beads.read(REAL_EXPORT).tasks["gt-pv93"].description


@pytest.mark.parametrize(
    ("status", "lands_in"),
    [
        ("open", "ready"),
        ("hooked", "assigned"),
        ("in_progress", "in_progress"),
        ("blocked", "blocked"),
        ("deferred", "inbox"),
        ("pinned", "inbox"),
        ("closed", "done"),
    ],
)
def test_every_status_has_its_place(tmp_path: Path, status: str, lands_in: str) -> None:
    assert one(tmp_path, status=status).status == lands_in


def test_every_place_is_a_status_of_the_workflow() -> None:
    assert set(STATUSES.values()) <= set(Status.values)


@pytest.mark.parametrize(("told", "priority"), [(0, 1), (1, 2), (2, 3), (3, 4), (4, 4), (None, 3)])
def test_priorities_fold_into_four(tmp_path: Path, told: int | None, priority: int) -> None:
    assert one(tmp_path, priority=told).priority == priority


def test_the_lowest_priority_is_told_apart_by_a_label(tmp_path: Path) -> None:
    assert one(tmp_path, priority=4).labels == ["backlog"]


@pytest.mark.parametrize(
    "reason",
    [
        "Stale backlog - shipped, superseded, or no longer relevant",
        "Garbage bead from --help flag-parsing bug",
        "duplicate of gt-sku8",
        "Duplicate of gt-x0z9, fixed: added review_id",
        "Noise/pollution - backlog cleanup",
        "help artifact pollution",
        "Rejected: artificial cap",
        "Plugin execution log, not a real issue",
        "Won't fix",
    ],
)
def test_a_reason_that_says_it_was_never_done_cancels(tmp_path: Path, reason: str) -> None:
    task = one(tmp_path, status="closed", closed_at="2026-03-01T00:00:00Z", close_reason=reason)
    assert was_never_done(reason)
    assert (task.status, task.reason, task.deliverable) == ("canceled", reason, None)


@pytest.mark.parametrize(
    "reason",
    [
        "",
        "Closed",
        "Completed",
        "Fixed: stale locks are removed",
        "Added 4 new pollution patterns",
        "Removed auto-close of permanent issues (autoCloseStaleIssues)",
        "Verified: reaper running, auto-close stale issues present",
        "Merged to main",
    ],
)
def test_every_other_close_reason_is_a_completion(tmp_path: Path, reason: str) -> None:
    task = one(tmp_path, status="closed", closed_at="2026-03-01T00:00:00Z", close_reason=reason)
    assert task.status == "done"
    assert task.closed_at == datetime(2026, 3, 1, tzinfo=UTC)
    assert task.deliverable == ({"summary": reason} if reason else None)


def test_sections_without_a_field_of_their_own_follow_the_description(tmp_path: Path) -> None:
    task = one(
        tmp_path, design="Two parts.", notes="Seen twice.", acceptance_criteria="It should simply work."
    )
    assert task.description == (
        "What to do.\n\n## Acceptance criteria\n\nIt should simply work."
        "\n\n## Design\n\nTwo parts.\n\n## Notes\n\nSeen twice."
    )


def test_listed_acceptance_criteria_become_a_checklist(tmp_path: Path) -> None:
    task = one(tmp_path, acceptance_criteria="- [x] builds\n- [ ] #2 ships\n  on time\n1. holds")
    assert task.checklist == {
        "items": [
            {"label": "builds", "checked": True},
            {"label": "ships on time", "checked": False},
            {"label": "holds", "checked": False},
        ]
    }
    assert "Acceptance criteria" not in task.description


def test_events_give_history_started_and_labels(tmp_path: Path) -> None:
    events = [
        event("a-1", "status_changed", "2026-02-27T12:00:00Z", new_value='{"status":"in_progress"}'),
        event(
            "a-1", "status_changed", "2026-02-27T11:00:00Z", new_value='{"status":"hooked","assignee":"x"}'
        ),
        event("a-1", "status_changed", "2026-02-27T11:00:01Z", new_value='{"status":"hooked"}'),
        event("a-1", "closed", "2026-02-27T13:00:00Z", new_value="Duplicate of a-0"),
        event("a-1", "reopened", "2026-02-27T14:00:00Z"),
        event("a-1", "updated", new_value="{}"),
        event("a-1", "label_added", "2026-02-27T12:00:00Z", comment="Added label: slow"),
        event("a-1", "label_added", "2026-02-27T12:00:00Z", comment="Added label: zfc"),
        event("a-1", "label_removed", "2026-02-27T12:00:01Z", comment="Removed label: slow"),
    ]
    task = beads.read(write_beads(tmp_path, issues=[issue("a-1")], events=events)).tasks["a-1"]
    assert [change.to for change in task.history] == ["assigned", "in_progress", "canceled", "ready"]
    assert task.history[2].reason == "Duplicate of a-0"
    assert task.started_at == datetime(2026, 2, 27, 12, tzinfo=UTC)
    assert task.labels == ["zfc"]


def test_a_single_file_with_everything_inside_is_read_too(tmp_path: Path) -> None:
    child = issue(
        "a-2",
        labels=["ui"],
        dependencies=[blocks("a-2", "a-1"), {"depends_on_id": "a-1", "type": "parent-child"}],
        comments=[{"id": 7, "author": "mayor", "text": "Look.", "created_at": "2026-02-27T10:00:00Z"}],
    )
    folder = write_beads(tmp_path, issues=[issue("a-1"), child])
    for path in (folder, folder / "issues.jsonl"):
        task = beads.read(path).tasks["a-2"]
        assert [link.to for link in task.depends_on] == ["a-1"]
        assert task.parent is not None
        assert task.parent.to == "a-1"
        assert [(message.ref, message.content) for message in task.messages] == [("comment:7", "Look.")]
        assert task.labels == ["ui"]


def test_gzipped_files_read_like_plain_ones(tmp_path: Path) -> None:
    folder = write_beads(tmp_path, issues=[issue("a-1"), issue("a-2")], dependencies=[blocks("a-2", "a-1")])
    plain = {ref: task.digest() for ref, task in beads.read(folder).tasks.items()}
    for name in ("issues.jsonl", "dependencies.jsonl"):
        zip_file(folder / name)
    assert {ref: task.digest() for ref, task in beads.read(folder).tasks.items()} == plain


def test_a_damaged_archive_gives_the_rows_before_the_damage(tmp_path: Path) -> None:
    folder = write_beads(tmp_path, issues=[issue(f"a-{number}", notes="x" * 2000) for number in range(200)])
    zip_file(folder / "issues.jsonl")
    archive = folder / "issues.jsonl.gz"
    archive.write_bytes(archive.read_bytes()[:-40])
    reading = beads.read(folder)
    assert "damaged" in reading.skipped[-1].reason
    assert reading.tasks
    (folder / "issues.jsonl.gz").write_bytes(b"not an archive")
    assert "damaged" in beads.read(folder).skipped[0].reason


BAD_ROWS: list[tuple[Any, str]] = [
    ("{", "Not valid JSON"),
    ("[1]", "Not a JSON object"),
    (b'{"id": "\xff"}', "Not valid UTF-8"),
    ("[" * 50_000, "Nested deeper"),
    ('{"id": NaN}', "NaN"),
    (issue("bad", title="a\x00b"), "U+0000"),
    (r'{"id": "bad", "title": "\ud800"}', "U+D800"),
    (issue("bad", title="a\x1bb"), "title: Holds the character U+001B"),
    (issue("bad", title="x" * 301), "title: Has 301 characters"),
    (issue("bad", title="  "), "title: is missing"),
    (issue("bad", title=5), "title: must be text, not a number"),
    (issue("bad", description=["x"]), "description: must be text, not a list"),
    (issue("bad", description="x" * 100_001), "description: Has 100001 characters"),
    (issue("bad", description="x" * 60_000, notes="x" * 60_000), "with its sections"),
    (issue("bad", status="sleeping"), "status: “sleeping” is not known"),
    (issue("bad", status=None), "status: is missing"),
    (issue("bad", status="tombstone"), "deleted in its tracker"),
    (issue("bad", priority=5), "priority: must be between 0 and 4"),
    (issue("bad", priority=True), "priority: must be a whole number, not true or false"),
    (issue("bad", priority="1"), "priority: must be a whole number, not text"),
    (issue("bad", priority=1.5), "priority: must be a whole number"),
    (issue("bad", created_at="yesterday"), "created_at: “yesterday” is not a date"),
    (issue("bad", created_at="0001-01-01T00:00:00Z"), "is not a date"),
    (issue("bad", created_at=None), "created_at: is missing"),
    (issue("bad", estimated_minutes=10**12), "estimated_minutes: must be between"),
    (issue("bad", labels=["x"] * 101), "labels: has 101 entries"),
    (issue("bad", labels=[{"x": 1}]), "labels: must be text, not an object"),
    (issue("bad", id=None), "id: is missing"),
    (issue("bad", id="x" * 181), "id: Has 181 characters"),
    (issue("good"), "The id was given before, in issues.jsonl line 1"),
]


@pytest.mark.parametrize(("row", "reason"), BAD_ROWS)
def test_a_bad_row_is_named_with_its_line_and_the_good_rows_still_count(
    tmp_path: Path, row: Any, reason: str
) -> None:
    reading = beads.read(write_beads(tmp_path, issues=[issue("good"), row, issue("last")]))
    assert list(reading.tasks) == ["good", "last"]
    [(file, line, told)] = reasons(reading)
    assert (file, line) == ("issues.jsonl", 2)
    assert reason in told


def test_a_line_of_more_than_a_mebibyte_is_passed_over(tmp_path: Path) -> None:
    huge = issue("huge", notes="x" * 3_000_000)
    reading = beads.read(write_beads(tmp_path, issues=[issue("a-1"), huge, issue("a-2")]))
    assert list(reading.tasks) == ["a-1", "a-2"]
    assert reasons(reading) == [("issues.jsonl", 2, "The line is longer than 1048576 bytes.")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (blocks("a-1", "gone"), "It depends on gone, which is not among the tasks read."),
        (blocks("a-1", "gone", "parent-child"), "It has the parent gone, which is not among the tasks read."),
        (blocks("a-1", "a-1"), "It depends on itself."),
        (blocks("gone", "a-1"), "issue_id: gone is not among the issues read."),
        (blocks("a-1", "a-2", "haunts"), "type: “haunts” is not a known kind of dependency."),
        ({"issue_id": "a-1", "type": "blocks"}, "depends_on_id: is missing."),
        ({"issue_id": ["a-1"]}, "issue_id: must be text, not a list."),
    ],
)
def test_a_dependency_that_leads_nowhere_is_left_out(
    tmp_path: Path, row: dict[str, Any], reason: str
) -> None:
    folder = write_beads(
        tmp_path, issues=[issue("a-1"), issue("a-2")], dependencies=[row, blocks("a-2", "a-1")]
    )
    reading = beads.read(folder)
    assert reasons(reading) == [("dependencies.jsonl", 1, reason)]
    assert [link.to for link in reading.tasks["a-2"].depends_on] == ["a-1"]


@pytest.mark.parametrize("kind", ["blocks", "parent-child"])
def test_a_circle_loses_only_the_link_that_closes_it(tmp_path: Path, kind: str) -> None:
    links = [blocks("a-1", "a-2", kind), blocks("a-2", "a-3", kind), blocks("a-3", "a-1", kind)]
    issues = [issue("a-1"), issue("a-2"), issue("a-3")]
    reading = beads.read(write_beads(tmp_path, issues=list(issues), dependencies=list(links)))
    word = "dependency" if kind == "blocks" else "parent"
    assert reasons(reading) == [("dependencies.jsonl", 3, f"The {word} on a-1 closes a circle.")]


def test_a_chain_of_thousands_is_walked_without_recursion(tmp_path: Path) -> None:
    count = 5_000
    links = [blocks(f"a-{number}", f"a-{number + 1}") for number in range(count - 1)]
    folder = write_beads(
        tmp_path,
        issues=[issue(f"a-{number}") for number in range(count)],
        dependencies=[*links, blocks(f"a-{count - 1}", "a-0")],
    )
    assert reasons(beads.read(folder)) == [
        ("dependencies.jsonl", count, "The dependency on a-0 closes a circle.")
    ]


def test_a_second_parent_is_left_out(tmp_path: Path) -> None:
    links = [blocks("a-3", "a-1", "parent-child"), blocks("a-3", "a-2", "parent-child")]
    folder = write_beads(
        tmp_path, issues=[issue("a-1"), issue("a-2"), issue("a-3")], dependencies=list(links)
    )
    assert reasons(beads.read(folder)) == [
        ("dependencies.jsonl", 2, "It has the parent a-1 already; a-2 is left out.")
    ]


@pytest.mark.parametrize(
    ("name", "row", "reason"),
    [
        (
            "comments",
            {"id": 1, "issue_id": "a-1", "created_at": "x", "text": "t"},
            "created_at: “x” is not a date.",
        ),
        ("comments", {"id": 1, "issue_id": "a-1", "created_at": "2026-02-27"}, "text: is missing."),
        ("comments", {"id": 1, "issue_id": "no"}, "issue_id: no is not among the issues read."),
        ("events", event("a-1", "status_changed", new_value="{"), "new_value: Not valid JSON"),
        ("events", event("a-1", "status_changed", new_value="[]"), "new_value: must hold an object"),
        ("events", event("a-1", "status_changed", new_value='{"status": []}'), "is not a known status."),
        ("events", event("a-1", "label_added", comment="slow"), "comment: should begin with"),
        ("events", event("a-1", "label_added", comment="Added label: auto-approve"), "never imported"),
        ("events", event("a-1", "label_added", comment=f"Added label: {'x' * 61}"), "longer than 60"),
        ("events", event("a-1", "closed", "never"), "created_at: “never” is not a date."),
    ],
)
def test_a_bad_comment_or_event_leaves_the_task_alone(
    tmp_path: Path, name: str, row: dict[str, Any], reason: str
) -> None:
    files: dict[str, Any] = {"issues": [issue("a-1")], name: [row]}
    reading = beads.read(write_beads(tmp_path, **files))
    task = reading.tasks["a-1"]
    assert (task.messages, task.history, task.labels) == ([], [], [])
    [skipped] = reading.skipped
    assert reason in skipped.reason
    assert skipped.id in ("a-1", "no")


def test_a_comment_given_twice_counts_once(tmp_path: Path) -> None:
    comment = {"id": 1, "issue_id": "a-1", "author": "", "created_at": "2026-02-27", "text": "t"}
    reading = beads.read(write_beads(tmp_path, issues=[issue("a-1")], comments=[comment, comment]))
    assert [message.author for message in reading.tasks["a-1"].messages] == ["unknown"]
    assert reasons(reading) == [("comments.jsonl", 2, "The id was given before.")]


def test_the_digest_follows_what_the_source_says_and_nothing_else(tmp_path: Path) -> None:
    first = beads.read(write_beads(tmp_path, issues=[issue("a-1"), issue("a-2")])).tasks["a-1"].digest()
    moved = beads.read(write_beads(tmp_path, issues=[issue("a-2"), issue("a-1")])).tasks["a-1"].digest()
    changed = beads.read(write_beads(tmp_path, issues=[issue("a-1", title="New")])).tasks["a-1"].digest()
    assert first == moved != changed


def test_a_folder_without_issues_cannot_be_imported(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSource, match=r"no issues\.jsonl"):
        beads.read(tmp_path)
    with pytest.raises(UnreadableSource, match=r"no issues\.jsonl"):
        beads.read(tmp_path / "nowhere")
