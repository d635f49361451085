"""Text is cleaned the same way wherever it comes in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from missioncontrol.kernel.text import BadText, clean_line, clean_text, is_clean, storable


@pytest.mark.parametrize("bad", ["a\x00b", "\ud800", "\x1b[31m", "bell\x07", "\x7f", "\x85"])
def test_control_characters_and_surrogates_are_refused(bad: str) -> None:
    with pytest.raises(BadText, match="not allowed"):
        clean_text(bad, max_length=100)


def test_lines_tabs_and_any_script_are_kept() -> None:
    assert clean_text(" a\r\n\tb\rc\n ", max_length=100) == "a\n\tb\nc"
    assert clean_text("Ünïcode 日本語 😀", max_length=100) == "Ünïcode 日本語 😀"


def test_a_line_has_single_spaces_and_something_to_see() -> None:
    assert clean_line("  two \n\t words ", max_length=20) == "two words"
    assert clean_line("", max_length=20) == ""
    with pytest.raises(BadText, match="seen"):
        clean_line("\u200b\u2060", max_length=20)


def test_too_long_says_how_long() -> None:
    with pytest.raises(BadText, match="Has 6 characters; at most 5"):
        clean_text("abcdef", max_length=5)


@given(st.text())
def test_cleaned_text_is_clean_and_can_be_written(value: str) -> None:
    try:
        cleaned = clean_line(value, max_length=1000)
    except BadText:
        return
    assert is_clean(cleaned)
    cleaned.encode()


@given(st.text())
def test_what_is_looked_for_loses_what_no_database_takes_and_nothing_else(value: str) -> None:
    kept = storable(f"{value}\0\ud800")
    assert "\0" not in kept
    kept.encode()
    assert kept == "".join(
        letter for letter in value if letter != "\0" and not "\ud800" <= letter <= "\udfff"
    )
