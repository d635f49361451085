"""CSV as people have it: encodings, separators, quotes, heads, dates, and where exactly something is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.importing import csv_columns, csv_files, words
from tasks.importing.records import UNDATED, Reading, TaskRecord, UnreadableSource


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "file.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(folder: Path, content: str | bytes) -> Reading:
    return csv_files.read(written(folder, content))


def one(folder: Path, content: str | bytes) -> TaskRecord:
    (record,) = read(folder, content).tasks.values()
    return record


def left_out(reading: Reading) -> list[tuple[int, str]]:
    return [(row.line, row.reason) for row in reading.skipped]


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8 with a byte order mark"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("cp1252", "Windows-1252"),
    ],
)
def test_every_usual_encoding_is_recognised_and_named(tmp_path: Path, codec: str, name: str) -> None:
    path = written(tmp_path, "Title,Id\nPrüfung für später,7\n".encode(codec))

    assert csv_columns.look(path).layout.encoding.name == name
    assert csv_files.read(path).tasks["7"].title == "Prüfung für später"


def test_broken_bytes_in_utf8_cost_no_row_and_are_told_with_their_line(tmp_path: Path) -> None:
    path = written(tmp_path, b"title\nf\xc3\xbcr\n\xffbroken\nf\xc3\xb6rder\n")
    reading = csv_files.read(path)

    assert [task.title for task in reading.tasks.values()] == ["für", "\ufffdbroken", "förder"]
    assert [row.line for row in reading.skipped] == [3]
    assert csv_columns.look(path).layout.encoding.broken == 1


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(tmp_path: Path, separator: str) -> None:
    assert (
        one(tmp_path, separator.join(["id", "title"]) + "\n" + separator.join(["1", "Mend"])).title == "Mend"
    )


def test_a_line_that_names_the_separator_is_not_a_row(tmp_path: Path) -> None:
    assert list(read(tmp_path, "sep=|\nid|title\n1|Mend, it\n").tasks) == ["1"]


def test_quotes_hold_line_breaks_separators_and_quotes(tmp_path: Path) -> None:
    record = one(tmp_path, 'title,description\r\n"Say ""yes"", now","one\r\n\r\ntwo"\r\n')

    assert (record.title, record.description) == ('Say "yes", now', "one\n\ntwo")


def test_a_quote_inside_of_a_cell_is_a_quote(tmp_path: Path) -> None:
    assert one(tmp_path, 'title,id\n5" pipe,1\n').title == '5" pipe'


def test_a_quote_that_is_never_closed_costs_its_line_alone(tmp_path: Path) -> None:
    reading = read(tmp_path, 'id,title\n1,"never\n2,fine\n3,fine too\n')

    assert list(reading.tasks) == ["2", "3"]
    assert left_out(reading) == [
        (2, "The quote at column 3 is never closed. Close it, or double it where it belongs to the text.")
    ]


@pytest.mark.parametrize(
    ("size", "reason"),
    [(100_001, "description: Has 100001 characters"), (1_200_000, "longer than 1,000,000 characters")],
)
def test_a_huge_cell_costs_its_row_alone(tmp_path: Path, size: int, reason: str) -> None:
    reading = read(tmp_path, f"title,description\nBig,{'y' * size}\nSmall,ok\n")

    assert [task.title for task in reading.tasks.values()] == ["Small"]
    assert [line for line, _ in left_out(reading)] == [2]
    assert reason in left_out(reading)[0][1]


def test_nul_and_other_control_characters_cost_their_row_alone(tmp_path: Path) -> None:
    reading = read(tmp_path, b"title\nA\0B\nC\x1bD\nok\n")

    assert [task.title for task in reading.tasks.values()] == ["ok"]
    assert [line for line, _ in left_out(reading)] == [2, 3]


def test_a_formula_stays_the_text_it_is(tmp_path: Path) -> None:
    assert one(tmp_path, "title\n=cmd|' /C calc'!A0\n").title == "=cmd|' /C calc'!A0"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "The file is empty"),
        (b" \r\n\r\n", "The file is empty"),
        (b"title,id\n", "column names and no tasks"),
        (b"PK\x03\x04rest", "a workbook of a spreadsheet"),
        (b"a,b\n1,2\n", "No column can be told to be the title"),
        (b"title" + b"," * 300 + b"\nx\n", "Line 1 has 301 columns"),
    ],
)
def test_what_cannot_be_imported_at_all_is_refused_in_one_sentence(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    with pytest.raises(UnreadableSource, match=reason):
        read(tmp_path, content)


def test_heads_that_come_twice_or_are_missing_get_names_of_their_own(tmp_path: Path) -> None:
    seen = csv_columns.look(written(tmp_path, "title,Notes,Notes,,x\na,b,c,d,e,f\n"))

    assert seen.heads == ["title", "Notes", "Notes (2)", "Column 4", "x", "Column 6"]


def test_a_file_without_heads_shows_its_first_row_as_a_row(tmp_path: Path) -> None:
    seen = csv_columns.look(written(tmp_path, "Mend the pump,3\nPaint,4\n"))

    assert (seen.layout.has_head, seen.heads) == (False, ["Column 1", "Column 2"])
    assert seen.samples == [["Mend the pump", "Paint"], ["3", "4"]]


def test_the_columns_of_a_usual_export_are_guessed() -> None:
    heads = [
        "Issue key",
        "Summary",
        "Status",
        "Priority",
        "Assignee",
        "Due Date",
        "Blocked by",
        "Story points",
    ]

    assert csv_columns.guess(heads) == {
        "id": 0, "title": 1, "status": 2, "priority": 3, "assignees": 4, "due_at": 5, "depends_on": 6,
    }  # fmt: skip


def test_a_row_becomes_a_task_with_everything_it_says(tmp_path: Path) -> None:
    content = (
        "id,title,status,priority,type,labels,assignee,author,created,due,estimate,parent,blocked by\n"
        "A-1,Base,Done,high,docs,,,,2026-01-01,,,,\n"
        'A-2,Top,In Progress,Lowest,Bug,"x; y",@bo,cy,2026-01-02 10:00,27.02.2026,90,A-1,"A-1, A-9"\n'
    )
    reading = read(tmp_path, content)
    base, top = reading.tasks["A-1"], reading.tasks["A-2"]

    assert (base.status, base.priority, base.type, base.closed_at) == ("done", 2, "docs", base.created_at)
    assert (top.status, top.priority, top.type, top.labels) == (
        "in_progress",
        4,
        "engineering",
        ["bug", "x", "y"],
    )
    assert (top.assignees, top.author, top.estimate_minutes) == (["bo"], "cy", 90)
    assert top.due_at is not None and top.due_at.date().isoformat() == "2026-02-27"
    assert top.parent is not None and (top.parent.to, [link.to for link in top.depends_on]) == (
        "A-1",
        ["A-1"],
    )
    assert left_out(reading) == [(3, "It depends on A-9, which is not among the tasks read.")]


def test_what_cannot_be_meant_is_told_and_the_row_still_comes(tmp_path: Path) -> None:
    content = "id,title,status,priority,labels,due,estimate\n1,T,Odd,loud,auto-approve,never,x\n"
    reading = read(tmp_path, content)

    assert (reading.tasks["1"].status, reading.tasks["1"].priority) == ("inbox", 3)
    assert [reason.partition(" ")[0] for _, reason in left_out(reading)] == [
        "status:", "priority:", "The", "Due:", "estimate:",
    ]  # fmt: skip


def test_rows_without_an_id_are_known_again_by_their_title(tmp_path: Path) -> None:
    first = read(tmp_path, "title\nMend\nPaint\nMend\n").tasks
    again = read(tmp_path, "title\nPaint\nMend\nMend\n").tasks

    assert len(first) == 3
    assert set(first) == set(again)
    assert {task.created_at for task in first.values()} == {UNDATED}


def test_an_id_that_comes_twice_is_told_with_both_lines(tmp_path: Path) -> None:
    assert left_out(read(tmp_path, "id,title\n1,A\n1,B\n")) == [(3, "The id was given before, in line 2.")]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-02-27", "2026-02-27"),
        ("2026-02-27T23:30:00-02:00", "2026-02-28"),
        ("27.02.2026 10:15", "2026-02-27"),
        ("02/27/2026", "2026-02-27"),
        ("03/04/2026", "2026-04-03"),
        ("2026/2/7", "2026-02-07"),
        ("27.02.26", "2026-02-27"),
        ("31.02.2026", None),
        ("0000-00-00", None),
        ("tomorrow", None),
    ],
)
def test_dates_are_read_with_the_day_first_unless_that_makes_none(text: str, day: str | None) -> None:
    stamp = words.moment(text)

    assert (stamp.date().isoformat() if stamp else None) == day
