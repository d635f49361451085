"""The language of the search box."""

from __future__ import annotations

import pytest

from agents.search_words import Term, understand, words_of
from missioncontrol.kernel.errors import Malformed


def test_words_phrases_exclusions_and_filters_are_told_apart() -> None:
    wanted = understand('pump "cold water" -valve status:Blocked label:"good first" status:review')

    assert wanted.terms == (Term(("pump",)), Term(("cold", "water"), phrase=True))
    assert wanted.unwanted == (Term(("valve",)),)
    assert wanted.filters == {"status": ("blocked", "review"), "label": ("good first",)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Café", ["cafe"]),
        ("co-op_mode", ["co", "op", "mode"]),
        ("ÜBER/straße", ["uber", "straße"]),
        ("“quoted” — dash", ["quoted", "dash"]),
        ("!!! ()", []),
        ("漢字", ["漢字"]),
    ],
)
def test_words_are_folded_and_cut_at_punctuation(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    "text", ["http://example.org", "12:30", "lable:x", 'open "never closed', "-", '""', "a:b:c"]
)
def test_what_is_no_filter_is_text(text: str) -> None:
    assert understand(text).filters == {}


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("kind:food", 1),
        ("pump status:flying", 6),
        ("pump  type:", 7),
        ('a label:""', 3),
        ("x -status:done", 3),
        ("kind:event status:done", 12),
        (" ".join("abcdefghijklm"), 1),
    ],
)
def test_a_filter_that_cannot_be_meant_is_refused_with_its_position(text: str, position: int) -> None:
    with pytest.raises(Malformed) as refused:
        understand(text)

    assert refused.value.extra["position"] == position
    assert f"at character {position}" in refused.value.message


def test_a_key_alone_is_a_key_and_among_others_a_word() -> None:
    assert understand(" apol-7 ").key == "APOL-7"
    assert understand("apol-7 pump").key == ""
    assert understand("-apol-7").key == ""
