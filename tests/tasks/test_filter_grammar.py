"""The language of the search field: whatever is typed is read, or refused at a place with what fits there."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tasks.errors import FilterRefused
from tasks.filter_grammar import MAX_LENGTH, MAX_TERMS, PRIORITIES, STATES, TYPES, Query, parse, quoted
from tasks.models import Priority, TaskType
from tasks.workflow import Status

plain = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters='"'), min_size=1, max_size=12)
names = st.one_of(plain, st.tuples(plain, plain).map(" ".join))
signs = st.sampled_from(["", "-"])
lists = st.lists(names, min_size=1, max_size=3).map(lambda values: ",".join(map(quoted, values)))
written_terms = st.one_of(
    st.builds("{}label:{}".format, signs, lists),
    st.builds("{}agent:{}".format, signs, lists),
    st.builds("{}is:{}".format, signs, st.sampled_from(STATES)),
    st.builds("{}status:{}".format, signs, st.sampled_from(Status.values)),
    st.builds("{}age:{}{}{}".format, signs, st.sampled_from(["<", ">="]), st.integers(0, 99), st.sampled_from("mhdw")),
    st.builds("{}cost:>{}".format, signs, st.integers(0, 9999)),
    names.map(lambda text: f'"{text}"'),
)  # fmt: skip


def shape(text: str) -> list[tuple[Any, ...]]:
    return [(term.key, term.op, term.values, term.negated) for term in parse(text).terms]


def read(text: str) -> Query | FilterRefused:
    try:
        return parse(text)
    except FilterRefused as refused:
        return refused


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("   ", []),
        ("pump", [("", "", ("pump",), False)]),
        ("mend pump", [("", "", ("mend",), False), ("", "", ("pump",), False)]),
        ('"mend the pump"', [("", "", ("mend the pump",), False)]),
        ("is:blocked", [("is", "", ("blocked",), False)]),
        ("IS:Blocked", [("is", "", ("blocked",), False)]),
        ("-label:later", [("label", "", ("later",), True)]),
        ('label:"needs review",api', [("label", "", ("needs review", "api"), False)]),
        ("priority:high,4,none", [("priority", "", (2, 4, None), False)]),
        ("status:ready,review type:docs", [("status", "", ("ready", "review"), False), ("type", "", ("docs",), False)]),
        ("due:<2d", [("due", "<", (timedelta(days=2),), False)]),
        ("age:>=90m", [("age", ">=", (timedelta(minutes=90),), False)]),
        ("cost:>0.50", [("cost", ">", (Decimal("0.50"),), False)]),
        ("agent:ada,ada", [("agent", "", ("ada",), False)]),
        ("why?", [("", "", ("why?",), False)]),
    ],
)  # fmt: skip
def test_what_is_written_is_read(text: str, expected: list[Any]) -> None:
    assert shape(text) == expected


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        ("is:angry", 3, "one of blocked"),
        ("pump is:", 8, "one of blocked"),
        ("colour:red", 0, "one of is:, agent:"),
        ('"never closed', 0, "a closing quote"),
        ('label:"never closed', 6, "a closing quote"),
        ('""', 1, "text between the quotes"),
        ("age:2d", 4, "< or >"),
        ("age:>2", 5, "a length of time"),
        ("age:>2y", 5, "a length of time"),
        ("age:>2days", 7, "a space between"),
        ("cost:>x", 6, "an amount"),
        ("label:", 6, "a label"),
        ("label:a,", 8, "a label"),
        ("is:open,shut", 8, "one of blocked"),
        ("pump -", 6, "a word"),
        ('a"b"', 1, "a space between"),
        ("priority:9", 9, "one of critical"),
        ("x" * (MAX_LENGTH + 1), MAX_LENGTH, "at most 500 characters"),
        ("a " * (MAX_TERMS + 1), MAX_TERMS * 2, "at most 30 terms"),
    ],
)
def test_a_mistake_says_where_and_what_fits(text: str, position: int, expected: str) -> None:
    with pytest.raises(FilterRefused) as refused:
        parse(text)
    assert refused.value.extra["position"] == position
    assert refused.value.extra["expected"].startswith(expected)
    assert refused.value.message.startswith(f"Character {position + 1}: expected {expected}")


@given(st.text(max_size=60) | st.text('ais:-",<>2d bcost\u2003', max_size=40))
@example("-")
@example("age:>٣d")
def test_any_text_is_read_or_refused_at_a_place_in_it(text: str) -> None:
    query = read(text)
    if isinstance(query, FilterRefused):
        assert 0 <= query.extra["position"] <= len(text)
        return
    places = [(term.start, term.end) for term in query.terms]
    assert places == sorted(places)
    assert "".join(text.split()) == "".join("".join(query.written(term).split()) for term in query.terms)


@given(st.lists(written_terms, max_size=8))
def test_terms_stay_what_they_are_beside_others(texts: list[str]) -> None:
    assert shape("  ".join(texts)) == [term for text in texts for term in shape(text)]


@given(st.lists(written_terms, min_size=1, max_size=6), st.data())
def test_a_term_taken_out_leaves_the_others(texts: list[str], data: st.DataObject) -> None:
    query = parse(" ".join(texts))
    gone = data.draw(st.sampled_from(query.terms))
    kept = [text for text, term in zip(texts, query.terms, strict=True) if term is not gone]
    assert shape(query.without(gone)) == shape(" ".join(kept))


@given(st.lists(written_terms, max_size=6), names)
def test_a_menu_writes_its_term_in_place_of_the_old_one(texts: list[str], value: str) -> None:
    query = parse(parse(" ".join(texts)).replaced("label", value))
    assert query.only("label") == value
    assert [term.values for term in query.terms if term.key == "label" and not term.negated] == [(value,)]


def test_a_switch_is_written_once() -> None:
    once = parse("pump").with_state("mine")
    assert once == "pump is:mine"
    assert parse(once).with_state("mine") == once


def test_only_tells_the_one_plain_value() -> None:
    assert parse("label:a").only("label") == "a"
    for text in ("", "label:a,b", "label:a label:b", "-label:a"):
        assert parse(text).only("label") == ""
    assert Query("").only("is") == ""


def test_the_words_are_those_of_tasks() -> None:
    assert set(TYPES) == set(TaskType.values)
    assert {value: name for name, value in PRIORITIES.items() if value} == {
        value: label.lower() for value, label in Priority.choices
    }
