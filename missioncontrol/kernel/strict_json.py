"""One reader for JSON from outside, which refuses what breaks programs further in.

Refused are: anything but UTF-8, nesting deeper than 64, NUL and lone surrogates (also as escapes), NaN and
Infinity, a key given twice, integers outside ±(2^63-1), floats that are not finite, numbers written with very
many digits.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from missioncontrol.kernel.errors import Malformed

MAX_DEPTH = 64
MAX_INTEGER = 2**63 - 1
_MAX_INTEGER_CHARACTERS = 20
_MAX_FLOAT_CHARACTERS = 400

# A string matches even when its end is missing: the scan stays linear whatever it is given.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
_SUSPICIOUS_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
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
