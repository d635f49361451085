"""Comparing two texts: what is shown is what was changed, and nothing takes long."""

from __future__ import annotations

import time

import pytest

from tasks.text_diff import Piece, compare


def told(before: str, after: str) -> str:
    marks = {"same": "{}", "gone": "[-{}]", "new": "[+{}]"}
    return "".join(marks[piece.kind].format(piece.text) for piece in compare(before, after))


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("Use the old pump.", "Use the new pump.", "Use the [-old][+new] pump."),
        ("Use it.", "Use it.", "Use it."),
        ("", "Said", "[+Said]"),
        ("Said", "", "[-Said]"),
        ("a b", "a b c", "a b[+ c]"),
        ("Größe 😀", "Größe 😀!", "Größe 😀[+!]"),
        ("one\ntwo", "one\nthree\ntwo", "one\n[+three\n]two"),
    ],
)
def test_what_was_changed_stands_at_its_place(before: str, after: str, shown: str) -> None:
    assert told(before, after) == shown


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a b " * 25_000, "b a " * 25_000),
        ("x\n" * 50_000, "y\n" * 50_000),
        ("a" * 100_000, "b" * 100_000),
        (" ".join(map(str, range(390))), " ".join(map(str, reversed(range(390))))),
        ("x y " * 99, "y x z " * 66),
    ],
)
def test_any_two_texts_are_compared_in_a_moment_and_neither_is_cut(before: str, after: str) -> None:
    start = time.monotonic()
    pieces = compare(before, after)

    assert time.monotonic() - start < 2
    assert "".join(piece.text for piece in pieces if piece.kind != "gone") == after
    assert "".join(piece.text for piece in pieces if piece.kind != "new") == before


def test_a_few_changed_lines_in_a_long_text_are_found() -> None:
    lines = [f"Line {number}" for number in range(5_000)]
    changed = [*lines[:10], "Put in", *lines[10:4_000], *lines[4_001:]]

    pieces = compare("\n".join(lines), "\n".join(changed))

    assert Piece("new", "".join(changed)) not in pieces
    assert "".join(piece.text for piece in pieces if piece.kind != "gone") == "\n".join(changed)
