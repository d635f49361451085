"""Searching as somebody: only what they may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from agents.queries.search import suggesting
from agents.queries.search.finding import Before, find
from agents.queries.search.rows import Found, shown
from agents.search_words import MAX_LENGTH, bad_search, understand
from missioncontrol.kernel.actor import Actor
from tasks.services.access import get_project, visible_projects


@dataclass(frozen=True, slots=True)
class Results:
    """One page of what was found, and where the next one begins."""

    found: Sequence[Found]
    following: Before | None = None


def search(*, actor: Actor, text: str, project: str = "", limit: int, after: Before | None = None) -> Results:
    """What `text` finds in the actor's projects, or in the one named, best first.

    Raises Malformed (400) with the position of a filter that cannot be meant, NotFound for a project unseen.
    """
    if len(text) > MAX_LENGTH:
        raise bad_search(f"A search has at most {MAX_LENGTH} characters.", MAX_LENGTH + 1)
    wanted = understand(text)
    visible = _projects(actor, project)
    asked = wanted.filters.get("in")
    if asked:
        unknown = [slug for slug in asked if slug not in visible]
        if unknown:
            raise bad_search(f"There is no project “{unknown[0]}” here.", wanted.places["in"])
        visible = {slug: visible[slug] for slug in asked}
    hits = find(wanted, list(visible.values()), limit=limit + 1, after=after)
    more = len(hits) > limit
    last = hits[limit - 1] if more else None
    return Results(shown(hits[:limit], wanted), (last.match, last.place) if last else None)


def suggest(*, actor: Actor, text: str, project: str = "") -> list[suggesting.Suggestion]:
    """At most eight ways to go on from what was typed. Raises NotFound for a project unseen."""
    return suggesting.suggest(text[:MAX_LENGTH], list(_projects(actor, project).values()))


def _projects(actor: Actor, slug: str) -> dict[str, UUID]:
    if slug:
        found = get_project(actor, slug)
        return {found.slug: found.pk}
    return dict(visible_projects(actor).values_list("slug", "pk"))
