"""One reader for JSON from outside, which refuses what breaks programs further in.

Refused are: anything but UTF-8, nesting deeper than 64, NUL and lone surrogates (also as escapes), NaN and
Infinity, a key given twice, integers outside ±(2^63-1), floats that are not finite, numbers written with very
many digits.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from missioncontrol.kernel.errors import Malformed

MAX_DEPTH = 64
MAX_INTEGER = 2**63 - 1
_MAX_INTEGER_CHARACTERS = 20
_MAX_FLOAT_CHARACTERS = 400

# A string matches even when its end is missing: the scan stays linear whatever it is given.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
_SUSPICIOUS_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_SPACE = re.compile(r"[ \t\n\r]*")
_BAD_CHARACTER = re.compile("[\x00\ud800-\udfff]")


def loads(data: bytes) -> Any:
    """The value that `data` spells; raises Malformed with a message that says what is wrong and where."""
    text = _decode(data)
    _check_depth(text)
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise Malformed(
            f"Not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from error
    if _SUSPICIOUS_ESCAPE.search(text):
        _check_strings(value)
    return value


def elements(data: bytes) -> Iterator[tuple[int, Any]]:
    """The elements of the array that `data` spells, one at a time, each with the line it begins on, from 1.

    Arrays that follow one another count as one: some programs print a page after the other. An element with a
    character that is none of text comes as the Malformed that says so. Raises Malformed like `loads`, and where `data`
    is something else than an array.
    """
    text = _decode(data).removeprefix("\ufeff")
    _check_depth(text)
    scan = _Scan(text)
    if scan.skip() != "[":
        raise Malformed("Not a JSON array: the first character must be “[”, at line 1, column 1.")
    while scan.skip() == "[":
        scan.at += 1
        yield from _members(scan)


@dataclass(slots=True)
class _Scan:
    """A place in a text of JSON, and the line it is on."""

    text: str
    at: int = 0
    line: int = 1
    counted: int = 0

    def skip(self) -> str:
        """Pass over white space; the character that comes then, "" at the end."""
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at
        self.line += self.text.count("\n", self.counted, self.at)
        self.counted = self.at
        return self.text[self.at : self.at + 1]

    def expected(self, what: str) -> Malformed:
        """The refusal of what stands here."""
        column = self.at - self.text.rfind("\n", 0, self.at)
        return Malformed(f"Not valid JSON: Expecting {what} at line {self.line}, column {column}.")


def _members(scan: _Scan) -> Iterator[tuple[int, Any]]:
    if scan.skip() == "]":
        scan.at += 1
        return
    while True:
        scan.skip()
        line = scan.line
        yield line, _member(scan)
        following = scan.skip()
        if following not in {",", "]"}:
            raise scan.expected("“,” or “]”")
        scan.at += 1
        if following == "]":
            return


def _member(scan: _Scan) -> Any:
    try:
        value, end = _DECODER.raw_decode(scan.text, scan.at)
    except json.JSONDecodeError as error:
        raise Malformed(
            f"Not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from error
    except Malformed as error:
        raise Malformed(f"{error.message} Look at the element at line {scan.line}.") from error
    suspicious = _SUSPICIOUS_ESCAPE.search(scan.text, scan.at, end)
    scan.at = end
    return _checked(value) if suspicious else value


def _checked(value: Any) -> Any:
    try:
        _check_strings(value)
    except Malformed as error:
        return error
    return value


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"Not valid UTF-8: byte {error.start} ({error.reason}).") from error


def _check_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(text):
        character = token.group()[0]
        if character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise Malformed(f"Nested deeper than {MAX_DEPTH} levels at character {token.start()}.")
        elif character in "]}":
            depth -= 1


def _check_strings(value: Any) -> None:
    if isinstance(value, str):
        found = _BAD_CHARACTER.search(value)
        if found is not None:
            raise Malformed(f"A string holds U+{ord(found.group()):04X}, which is not a character of text.")
    elif isinstance(value, dict):
        for key, member in value.items():
            _check_strings(key)
            _check_strings(member)
    elif isinstance(value, list):
        for member in value:
            _check_strings(member)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        twice = _short(_first_repeated([key for key, _ in pairs]))
        raise Malformed(f"The key {json.dumps(twice)} is given twice in one object.")
    return members


def _first_repeated(keys: list[str]) -> str:
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            return key
        seen.add(key)
    return ""


def _integer(literal: str) -> int:
    if len(literal) > _MAX_INTEGER_CHARACTERS or abs(value := int(literal)) > MAX_INTEGER:
        raise Malformed(f"The number {_short(literal)} is outside the range ±{MAX_INTEGER}.")
    return value


def _float(literal: str) -> float:
    if len(literal) > _MAX_FLOAT_CHARACTERS or not math.isfinite(value := float(literal)):
        raise Malformed(f"The number {_short(literal)} is too large or has too many digits.")
    return value


def _no_constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is not a JSON number.")


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_float, parse_constant=_no_constant
)
