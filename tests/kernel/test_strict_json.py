"""The reader of JSON takes what a program may rely on and refuses the rest, quickly."""

from __future__ import annotations

import json
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from missioncontrol.kernel.errors import Malformed
from missioncontrol.kernel.strict_json import loads

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs", "Cc"])), inner)
    ),
)


@given(JSON)
def test_it_reads_whatever_json_writes(value: object) -> None:
    assert loads(json.dumps(value).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_malformed(data: bytes) -> None:
    with suppress(Malformed):
        loads(data)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"[" * 50_000, "deeper than 64"),
        (b'{"a":' * 50_000, "deeper than 64"),
        (b"[" * 65 + b"]" * 65, "deeper than 64"),
        (b'{"a": "\xff"}', "UTF-8"),
        (b'"\xed\xa0\x80"', "UTF-8"),
        (b'"\\u0000"', "U+0000"),
        (b'{"\\u0000": 1}', "U+0000"),
        (b'"\\ud800"', "U+D800"),
        (b'["\\uDFFF x"]', "U+DFFF"),
        (b'"\x00"', "control character"),
        (b"NaN", "NaN"),
        (b"[-Infinity]", "-Infinity"),
        (b"1e400", "too large"),
        (b"9" * 5_000, "outside the range"),
        (b"0." + b"9" * 5_000, "too many digits"),
        (b"9223372036854775808", "outside the range"),
        (b"-9223372036854775808", "outside the range"),
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', '"c" is given twice'),
        (b'{"a": 1,}', "line 1, column"),
        (b'{"a": 1}\n x', "line 2, column 2"),
        (b"", "line 1"),
        (b"\xef\xbb\xbf{}", "line 1"),
        (b"{'a': 1}", "line 1"),
    ],
)
def test_what_breaks_programs_is_refused_with_the_reason(data: bytes, said: str) -> None:
    with pytest.raises(Malformed) as refused:
        loads(data)
    assert said in refused.value.message


def test_brackets_inside_strings_are_not_nesting() -> None:
    text = "[" * 500 + '\\"' + "{" * 500
    assert loads(f'{{"a": "{text}"}}'.encode()) == {"a": text.replace('\\"', '"')}


def test_sixty_four_levels_are_read() -> None:
    loads(b"[" * 64 + b"]" * 64)
    assert loads(b"[" + b"[],{}," * 5_000 + b"[[]]]")[-1] == [[]]


def test_an_escaped_pair_and_an_escaped_backslash_are_text() -> None:
    assert loads(b'["\\ud83d\\ude00", "\\\\u0000"]') == ["😀", "\\u0000"]


@pytest.mark.parametrize(
    "data", [b"[" * 2**20, b'"' + b'\\"' * 2**19, b"9" * 2**20, b"[" + b'"\\"",' * 200_000, b"[]," * 300_000]
)
def test_a_megabyte_of_malice_costs_little(data: bytes) -> None:
    started = time.perf_counter()
    with pytest.raises(Malformed):
        loads(data)
    assert time.perf_counter() - started < 2
