"""Where a page of results begins, as a signed text that belongs to one search."""

from __future__ import annotations

from django.core import signing

from agents.queries.search.finding import Before
from missioncontrol.kernel.errors import FieldError, Malformed

_SALT = "mc.search"


def write_place(place: Before, text: str) -> str:
    """The place as a cursor of the search for `text`."""
    return signing.dumps([int(place[0]), place[1], text], salt=_SALT)


def read_place(cursor: str, text: str) -> Before:
    """The place a cursor names. Raises Malformed (400) for one that is not ours, or of another search."""
    try:
        match, place, made_for = signing.loads(cursor, salt=_SALT)
    except (signing.BadSignature, ValueError) as error:
        raise _bad("Not a cursor of this search; start again without one.") from error
    if made_for != text:
        raise _bad("Belongs to another search; start again without one.")
    return match, place


def _bad(message: str) -> Malformed:
    return Malformed(f"cursor: {message}", errors=[FieldError("cursor", message)], code="bad_query")
