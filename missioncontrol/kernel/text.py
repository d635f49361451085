"""What text from outside must look like before it is stored: it can always be shown, searched and sent on."""

from __future__ import annotations

import re
import unicodedata

# NUL breaks PostgreSQL, a lone surrogate breaks every list that holds it, other controls break terminals and
# XML.
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_NEWLINES = re.compile("\r\n?")


class BadText(ValueError):
    """Text that cannot be stored; the message says why, for the person who sent it."""


def normalise(value: str) -> str:
    """`value` with every line ending as a line feed; raises BadText for control characters and lone
    surrogates.
    """
    value = _NEWLINES.sub("\n", value)
    found = _FORBIDDEN.search(value)
    if found is not None:
        code = ord(found.group())
        raise BadText(f"Holds the character U+{code:04X} at position {found.start()}, which is not allowed.")
    return value


def is_clean(value: str) -> bool:
    """Whether `value` could be stored as it is."""
    return "\r" not in value and _FORBIDDEN.search(value) is None


def storable(value: str) -> str:
    """`value` without what no database takes, lone surrogates and NUL: for text that is looked for, never kept."""
    return value.encode("utf-8", "ignore").decode().replace("\0", "")


def is_visible(value: str) -> bool:
    """Whether a person sees anything: at least one character that is not a space, a format or a control
    character.
    """
    return any(unicodedata.category(character)[0] not in "ZC" for character in value)


def clean_text(value: str, *, max_length: int) -> str:
    """Text of several lines, trimmed, at most `max_length` characters; raises BadText."""
    return _within(normalise(value).strip(), max_length)


def clean_line(value: str, *, max_length: int) -> str:
    """One visible line for titles and names, runs of white space made one space; raises BadText.

    An empty value stays empty; one that only looks empty (zero-width characters) is refused.
    """
    line = _within(" ".join(normalise(value).split()), max_length)
    if line and not is_visible(line):
        raise BadText("Holds nothing that can be seen.")
    return line


def _within(value: str, max_length: int) -> str:
    if len(value) > max_length:
        raise BadText(f"Has {len(value)} characters; at most {max_length} are allowed.")
    return value
