"""The person behind a board's socket, as the others at the board see them."""

from __future__ import annotations

from dataclasses import dataclass

from notifications.live.passes import Pass
from notifications.live.presence import Person
from tasks.models import Project, User
from tasks.queries.cards import initials
from tasks.templatetags.mc import hue


@dataclass(frozen=True, slots=True)
class Guest:
    """The person, and the prefix of the keys of the project's cards."""

    person: Person
    prefix: str


def guest_of(given: Pass) -> Guest | None:
    """Whose pass it is, by two queries; None where person or project is gone meanwhile."""
    user = User.objects.filter(pk=given.user_id or 0).first()
    prefix = Project.objects.filter(pk=given.project_id).values_list("key_prefix", flat=True).first()
    if user is None or prefix is None:
        return None
    name = user.shown_name
    return Guest(Person(user.pk, name, initials(name), hue(user.username)), prefix)
