"""The language of the search box: words, "phrases", -words, and filters such as `status:blocked`.

Reading it never touches the database. Whatever is not a filter is text, so that no input is an error but a filter
that cannot be meant.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from missioncontrol.kernel.errors import FieldError, Malformed
from tasks.models import TaskType
from tasks.search_index import MARKS, SEPARATORS
from tasks.workflow import Status

KINDS = ("task", "message", "agent", "event")
FILTERS = ("kind", "status", "agent", "label", "type", "in")
MOST_TERMS = 12
MAX_LENGTH = 200
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "kind": KINDS,
    "status": tuple(Status.values),
    "type": tuple(TaskType.values),
}
_TOKEN = re.compile(r'(?P<minus>-?)(?:(?P<name>[A-Za-z]+):)?(?:"(?P<quoted>[^"]*)"?|(?P<plain>\S*))')
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9]{0,9}-\d{1,9}", re.ASCII)
_SEPARATOR = re.compile(f"[{SEPARATORS}]+")
_MARKS = re.compile(f"[{MARKS}]")


@dataclass(frozen=True, slots=True)
class Term:
    """What must be there: words in a row, the last of them only begun unless it is a phrase; `key` if it is one."""

    words: tuple[str, ...]
    phrase: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A search, understood. `filters` holds the values of each filter (any of them will do) with its position."""

    terms: tuple[Term, ...] = ()
    unwanted: tuple[Term, ...] = ()
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    places: Mapping[str, int] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The task key that is all that was written, or nothing."""
        alone = len(self.terms) == 1 and not self.unwanted and not self.filters
        return self.terms[0].key if alone else ""

    @property
    def kinds(self) -> tuple[str, ...]:
        """What is looked for; events only when they are named."""
        return self.filters.get("kind", ("task", "message", "agent"))

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for."""
        return not (self.terms or self.unwanted or self.filters)


def understand(text: str) -> Wanted:
    """What `text` asks for. Raises Malformed (400) naming the position of a filter that cannot be meant."""
    terms: list[Term] = []
    unwanted: list[Term] = []
    filters: dict[str, tuple[str, ...]] = {}
    places: dict[str, int] = {}
    for token in _tokens(text):
        name = (token["name"] or "").lower()
        if name in FILTERS:
            value = token["quoted"] if token["quoted"] is not None else token["plain"]
            filters[name] = (*filters.get(name, ()), _checked(name, value.strip(), token))
            places.setdefault(name, token.start() + 1)
            continue
        term = _term(token)
        if term.words:
            (unwanted if token["minus"] else terms).append(term)
    if len(terms) + len(unwanted) > MOST_TERMS:
        raise bad_search(f"At most {MOST_TERMS} words can be searched for at once.", 1)
    wanted = Wanted(tuple(terms), tuple(unwanted), filters, places)
    if "event" in wanted.kinds:
        for name in sorted({"status", "label", "type"} & set(filters)):
            raise bad_search(f"“{name}:” does not go with kind:event.", places[name])
    return wanted


def bad_search(message: str, position: int) -> Malformed:
    """The refusal of a search; `position` counts characters from 1."""
    told = f"{message} (at character {position})"
    return Malformed(told, errors=[FieldError("q", told)], code="bad_search", extra={"position": position})


def words_of(text: str) -> list[str]:
    """The words of `text` as the index has them: lower case, without accents."""
    folded = _MARKS.sub("", unicodedata.normalize("NFKD", text.lower()))
    return [word for word in _SEPARATOR.split(folded) if any(letter.isalnum() for letter in word)]


def _tokens(text: str) -> list[re.Match[str]]:
    return [token for token in _TOKEN.finditer(text) if token.group()]


def _term(token: re.Match[str]) -> Term:
    name = f"{token['name']}:" if token["name"] else ""
    if token["quoted"] is not None:
        return Term(tuple(words_of(name + token["quoted"])), phrase=True)
    plain = name + token["plain"]
    return Term(tuple(words_of(plain)), key=plain.upper() if _KEY.fullmatch(plain) else "")


def _checked(name: str, value: str, token: re.Match[str]) -> str:
    position = token.start() + 1
    if token["minus"]:
        raise bad_search(f"“{name}:” cannot be taken away with “-”.", position)
    if not value:
        raise bad_search(f"“{name}:” needs a value.", position)
    choices = _CHOICES.get(name)
    if choices is not None and value.lower() not in choices:
        raise bad_search(f"There is no {name} “{value}”: it is one of {', '.join(choices)}.", position)
    return value.lower() if choices is not None else value
