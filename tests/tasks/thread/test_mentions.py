"""What counts as a mention, row by row, and that no text makes the reader slow."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.mentions import Mention, fold, parse

FENCE = "```"

TABLE = [
    ("@anna please", ["anna"]),
    ("please @anna", ["anna"]),
    ("@anna, @bob; (@carl) [@dora] *@emil* **@fay**", ["anna", "bob", "carl", "dora", "emil", "fay"]),
    ("@anna. @bob! @carl? @dora: @emil's", ["anna", "bob", "carl", "dora", "emil"]),
    ("@Anna @ANNA @anna", ["anna"]),
    ("@anna.schmidt and @build-bot_2", ["anna.schmidt", "build-bot_2"]),
    ("@anna/@bob", ["anna", "bob"]),
    ("“@anna”, '@bob', \"@carl\"", ["anna", "bob", "carl"]),
    ("@all hands", ["all"]),
    ("@@anna", []),
    ("@ anna", []),
    ("@", []),
    ("@...", []),
    ("", []),
    ("no names here", []),
    ("anna@example.com", []),
    ("jörg@beispiel.de", []),
    ("anna+tag@example.com, first.last@example.com", []),
    ("<anna@example.com>", []),
    ("@anna@example.social", []),
    ("https://example.com/@anna", []),
    ("see https://example.com/@anna and @bob", ["bob"]),
    (r"\@anna", []),
    ("@José @Ünal @李雷 @Ольга", ["josé", "ünal", "李雷", "ольга"]),
    ("@Jose\u0301", ["josé"]),
    ("@हिन्दी", ["हिन्दी"]),
    ("`@anna`", []),
    ("`@anna` @bob", ["bob"]),
    ("``@anna ` @bob`` @carl", ["carl"]),
    ("a lone ` and @anna", ["anna"]),
    (r"\`@anna\`", ["anna"]),
    ("`a\n@anna`", []),
    ("`a\n\n@anna`", ["anna"]),
    ("# a ` heading\n@anna ` b", ["anna"]),
    ("`code`@anna", ["anna"]),
    (f"{FENCE}\n@anna\n{FENCE}\n@bob", ["bob"]),
    (f"{FENCE}py\n@anna\n", []),
    ("~~~\n@anna\n```\n@bob\n~~~\n@carl", ["carl"]),
    ("````\n```\n@anna\n```\n````\n@bob", ["bob"]),
    (f"- item\n  {FENCE}\n  @anna\n  {FENCE}\n- @bob", ["bob"]),
    ("    @anna", []),
    ("text\n\n    @anna\n    @bob\n\n@carl", ["carl"]),
    ("text\n    @anna", ["anna"]),
    ("- item\n\n    @anna", ["anna"]),
    ("> @anna", []),
    ("> @anna\n\n@bob", ["bob"]),
    ("> @anna\n@bob", ["bob"]),
    (">@anna\n  > @bob", []),
    ("- > @anna\n- @bob", ["bob"]),
    ("1. @anna\n2) @bob", ["anna", "bob"]),
    ("a > b @anna", ["anna"]),
]


@pytest.mark.parametrize(("text", "names"), TABLE)
def test_a_handle_is_read_where_a_person_would_read_one(text: str, names: list[str]) -> None:
    assert [found.name for found in parse(text)] == [fold(name) for name in names]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('@"Anna Schmidt" please', ["anna schmidt"]),
        ("@“Anna Schmidt” please", ["anna schmidt"]),
        ('@"Anna   Schmidt" and @"anna schmidt"', ["anna schmidt"]),
        ('@"李 雷"', ["李 雷"]),
        ('@""', []),
        ('@" "', []),
        ('@"no end', []),
        ('@"two\nlines"', []),
        ('`@"Anna Schmidt"`', []),
        (f'@"{"x" * 151}"', []),
    ],
)
def test_a_full_name_is_read_between_quotation_marks(text: str, names: list[str]) -> None:
    assert parse(text) == [Mention(name, quoted=True) for name in names]


def test_a_person_called_all_is_not_everyone() -> None:
    assert [found.is_everyone for found in parse('@all @"all"')] == [True, False]


@given(st.text(alphabet='@ab."` \n>-~\\:/#“”é\u0301', max_size=300))
def test_any_text_is_read_and_every_name_is_in_it(text: str) -> None:
    found = parse(text)
    assert len(found) == len(set(found))
    for mention in found:
        assert mention.name
        assert mention.name in fold(text)


@given(st.text(alphabet="@ab `\n>", max_size=200))
def test_nothing_inside_a_fence_is_read(text: str) -> None:
    assert parse(f"~~~\n{text}\n~~~") == []


@given(st.text(alphabet="@ab `~>", max_size=200))
def test_nothing_on_a_quoted_line_is_read(line: str) -> None:
    assert parse(f"> {line}") == []


@pytest.mark.parametrize(
    "piece",
    [
        "@",
        "@a",
        "`",
        " `",
        '@"',
        "@“",
        "://",
        "a://",
        "\\`",
        "- ",
        "> ",
        "1. ",
        "```\n",
        "@\n",
        "    @a\n",
        "~",
        "#",
    ],
)
def test_four_times_the_text_takes_about_four_times_as_long(piece: str) -> None:
    short, long = (_seconds(piece * (size // len(piece))) for size in (25_000, 100_000))
    assert long < max(12 * short, 0.5)


def _seconds(text: str) -> float:
    begun = time.process_time()
    parse(f"@x {text}")
    return time.process_time() - begun
