"""What the address of a board narrows it to: the search field's text, with older parameters taken into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.http import urlencode

from missioncontrol.kernel.text import storable
from tasks.errors import FilterRefused
from tasks.filter_grammar import LANES, MAX_LENGTH, PRIORITIES, TYPES, Query, parse
from tasks.queries.board import Filters
from tasks.queries.filtering import Asker
from tasks.services.views import may_change, visible_views

from .pages import Visit

TOGGLES = ("mine", "blocked", "overdue")
_PRIORITY_NAMES = {str(value): name for name, value in PRIORITIES.items() if value}


@dataclass(frozen=True, slots=True)
class Reading:
    """The filters of an address. With an `error`, `text` could not be read and the filters leave nothing out."""

    text: str
    filters: Filters
    error: FilterRefused | None = None

    @property
    def query(self) -> Query:
        """What was read."""
        return self.filters.query

    @property
    def chosen(self) -> dict[str, Any]:
        """What the menus and switches beside the field show, which is what stands in it."""
        menus = {key: self.query.only(key) for key in ("agent", "label", "type", "priority")}
        return menus | {state: self.query.has_state(state) for state in TOGGLES}

    @property
    def chips(self) -> list[dict[str, str]]:
        """Each term as written, its `key` (`is:mine` for a state), and the address without it."""
        return [
            {
                "text": self.query.written(term),
                "key": "" if term.negated else f"is:{term.values[0]}" if term.key == "is" else term.key,
                "without": address_of(self.query.without(term), self.filters.lane),
            }
            for term in self.query.terms
        ]

    @property
    def address(self) -> str:
        """The same as a query string."""
        return address_of(self.query.text, self.filters.lane)

    @property
    def unfiltered(self) -> str:
        """The query string of the same lanes with everything in them."""
        return address_of("", self.filters.lane)


def address_of(text: str, lane: str = "") -> str:
    """The query string of a filter and of what makes lanes, "" for neither."""
    return urlencode({name: value for name, value in (("q", text), ("lane", lane)) if value})


def read_filters(visit: Visit) -> Reading:
    """The filters in the address. A value of an older parameter that cannot be one is none."""
    get = visit.request.GET
    text = _plain(get.get("q", ""))
    lane = wanted if (wanted := get.get("lane", "")) in LANES else ""
    try:
        query = _with_parameters(parse(text), get)
    except FilterRefused as error:
        return Reading(text, Filters(lane=lane), error)
    return Reading(query.text, Filters(query, Asker(user=visit.actor.user_id), lane))


def filters_or_refuse(visit: Visit) -> Reading:
    """The same for a fragment, which has no place for a mistake: raises `FilterRefused` (400)."""
    reading = read_filters(visit)
    if reading.error is not None:
        raise reading.error
    return reading


def _with_parameters(query: Query, get: QueryDict) -> Query:
    for key in ("agent", "label", "type", "priority"):
        if value := _value(key, _plain(get.get(key, ""))):
            query = parse(query.replaced(key, value))
    for state in TOGGLES:
        if get.get(state):
            query = parse(query.with_state(state))
    return query


def _value(key: str, given: str) -> str:
    if key == "type":
        return given if given in TYPES else ""
    return _PRIORITY_NAMES.get(given, "") if key == "priority" else given.replace('"', "").strip()


def _plain(text: str) -> str:
    return storable(text).strip()[: MAX_LENGTH + 1]


def views_of(visit: Visit) -> list[dict[str, Any]]:
    """The saved views a person can open here, each with its address and whether the person may change it."""
    return [
        {
            "view": view,
            "address": address_of(view.query, view.lane),
            "mine": view.owner_id == visit.actor.user_id,
            "may_change": may_change(visit.actor, visit.project, view),
        }
        for view in visible_views(visit.actor, visit.project)
    ]
