"""Finding tasks, messages, agents and events, over HTTP."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api.descriptions.search import FOUND, SuggestionsAnswer
from agents.queries.search.place import read_place, write_place
from agents.queries.search.rows import Found
from agents.search_words import MAX_LENGTH
from agents.services.search import search, suggest
from missioncontrol.kernel.api.pagination import DEFAULT_LIMIT, MAX_LIMIT
from missioncontrol.kernel.api.serializers import (
    FilterSerializer,
    IntegerField,
    LineField,
    SlugField,
    TextField,
)
from missioncontrol.kernel.api.views import ApiView


class SearchFilters(FilterSerializer):
    """What is searched for, and where."""

    paged = False
    q = TextField(
        max_length=MAX_LENGTH,
        help_text=(
            'Words (each may be only begun), "a phrase", -without, and filters: kind:task|message|agent|event,'
            " status:, type:, agent:, label:, in:PROJECT. Events are searched only with kind:event."
        ),
    )
    project = SlugField(
        max_length=60, required=False, help_text="All of the caller's projects when not said."
    )
    limit = IntegerField(required=False, min_value=1, max_value=MAX_LIMIT)
    cursor = LineField(required=False, max_length=500)


class SuggestFilters(FilterSerializer):
    """What has been typed so far, and where to look."""

    paged = False
    q = TextField(max_length=MAX_LENGTH)
    project = SlugField(
        max_length=60, required=False, help_text="All of the caller's projects when not said."
    )


class Search(ApiView):
    """GET /search."""

    @extend_schema(operation_id="search", parameters=[SearchFilters], responses=FOUND)
    def get(self, request: Request) -> Response:
        """What was found, best first: the task whose key it is, words in titles, words anywhere; newest first."""
        asked = self.query(SearchFilters)
        after = read_place(asked["cursor"], asked["q"]) if "cursor" in asked else None
        found = search(
            actor=self.actor,
            text=asked["q"],
            project=asked.get("project", ""),
            limit=asked.get("limit", DEFAULT_LIMIT),
            after=after,
        )
        following = None
        if found.following:
            params = request.query_params.copy()
            params["cursor"] = write_place(found.following, asked["q"])
            following = request.build_absolute_uri(f"{request.path}?{params.urlencode()}")
        return self.respond({"results": [found_json(row) for row in found.found], "next": following})


class Suggest(ApiView):
    """GET /search/suggest."""

    @extend_schema(operation_id="suggest", parameters=[SuggestFilters], responses=SuggestionsAnswer)
    def get(self, request: Request) -> Response:
        """At most eight keys, titles, agents and labels that begin with what was typed."""
        asked = self.query(SuggestFilters)
        found = suggest(actor=self.actor, text=asked["q"], project=asked.get("project", ""))
        names = ("kind", "text", "query", "key")
        return self.respond({"results": [{name: getattr(row, name) for name in names} for row in found]})


def found_json(row: Found) -> dict[str, Any]:
    """One thing found, as the API shows it."""
    names = ("kind", "id", "title", "title_html", "snippet", "by", "at", "url")
    task = row.task
    return {
        **{name: getattr(row, name) for name in names},
        "project": row.project.slug,
        "match": row.match.name.lower(),
        "task": {"id": task.pk, "key": task.key, "title": task.title, "status": task.status}
        if task
        else None,
        "agent": row.agent.slug if row.agent else None,
    }
