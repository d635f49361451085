"""Who a text names: `@slug`, `@"Full Name"`, `@all`. Pure: it reads text and knows nobody.

Not read as mentions: anything inside code or quotes, e-mail addresses, addresses on the web, `\\@escaped`. Time is
linear in the length of the text, whatever it holds.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from tasks.prose import paragraphs

EVERYONE = "all"
MAX_NAME = 150

_MARK = re.compile(r"://\S*|@")
_QUOTED = re.compile(rf'"([^"\n]{{1,{MAX_NAME}}})"|“([^”\n]{{1,{MAX_NAME}}})”')
_JOINERS = "\u200c\u200d"
_INSIDE = "_-.+"
_TRAILING = "-.+"


@dataclass(frozen=True, slots=True)
class Mention:
    """One name as it was written, folded so that it compares; `quoted` ones are full names."""

    name: str
    quoted: bool = False

    @property
    def is_everyone(self) -> bool:
        """Whether this is `@all`."""
        return not self.quoted and self.name == EVERYONE


def fold(name: str) -> str:
    """The form in which names compare: one way to write each character, no case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def parse(text: str) -> list[Mention]:
    """Every name mentioned in `text`, once each, in the order of its first mention."""
    if "@" not in text:
        return []
    return list(dict.fromkeys(found for part in paragraphs(text) for found in _scan(part)))


def _scan(text: str) -> Iterator[Mention]:
    position = 0
    while (mark := _MARK.search(text, position)) is not None:
        position = mark.end()
        if mark.group() != "@" or _is_joined(text, mark.start()):
            continue
        quoted = _QUOTED.match(text, position)
        if quoted is not None:
            position = quoted.end()
            yield from _named(quoted[1] or quoted[2], quoted=True)
            continue
        position = _handle_end(text, position)
        if text[position : position + 1] != "@":
            yield from _named(text[mark.end() : position].rstrip(_TRAILING), quoted=False)


def _named(name: str, *, quoted: bool) -> Iterator[Mention]:
    folded = fold(name)
    if folded and len(name) <= MAX_NAME:
        yield Mention(folded, quoted)


def _is_joined(text: str, position: int) -> bool:
    """Whether the @ belongs to what stands before it: an e-mail address, another @, a backslash."""
    before = text[position - 1] if position else " "
    return (before in '@\\-+%"' and not _opens_quotation(text, position)) or _is_letter(before)


def _opens_quotation(text: str, position: int) -> bool:
    """Whether the character before is a quotation mark that opens here and so ends no address."""
    return text[position - 1] == '"' and (position == 1 or text[position - 2].isspace())


def _is_letter(character: str) -> bool:
    return character == "_" or character.isalnum() or unicodedata.category(character)[0] == "M"


def _handle_end(text: str, position: int) -> int:
    while position < len(text) and _is_inside(text[position]):
        position += 1
    return position


def _is_inside(character: str) -> bool:
    return character in _INSIDE or character in _JOINERS or _is_letter(character)
