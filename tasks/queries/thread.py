"""The thread of a task as its tab shows it, and the earlier versions of one message: constant numbers of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from missioncontrol.kernel.actor import Actor
from tasks.models import Message, MessageVersion, Subscription, Task
from tasks.text_diff import Piece, compare
from tasks.thread_rules import excerpt_of

PAGE = 50
"""Messages shown at first, and with each "Load earlier"."""

MOST = 500
FOLLOWERS_SHOWN = 100
VERSIONS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Said:
    """A message as one person sees it."""

    message: Message
    is_mine: bool

    @property
    def answered(self) -> str:
        """The beginning of the message that this one answers, "" when it answers none."""
        answered = self.message.reply_to
        if answered is None:
            return ""
        return "a message that was deleted" if answered.deleted_at else excerpt_of(answered.content, 90)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a message: by whom, when, and what it did to the text."""

    at: datetime
    by: str
    pieces: Sequence[Piece]
    is_deletion: bool = False


def thread(task: Task, actor: Actor, *, since: UUID | None = None, further: bool = False) -> dict[str, Any]:
    """The latest messages, oldest first, and who follows.

    With `since` all messages from that one on, at most `MOST`; with `further` another page before it.
    """
    rows = Message.objects.filter(task=task)
    wanted = _reach(rows, since, further)
    latest = list(rows.select_related("reply_to").order_by("-created_at", "-id")[: wanted + 1])
    shown = latest[:wanted][::-1]
    return {
        "messages": [Said(message, message.is_by(actor)) for message in shown],
        "earlier": len(latest) > wanted,
        "full": wanted == MOST,
        **_followers(task, actor),
    }


def _reach(rows: QuerySet[Message], since: UUID | None, further: bool) -> int:
    """How many of the latest messages to show."""
    first = rows.filter(pk=since).values_list("created_at", "pk").first() if since else None
    if first is None:
        return PAGE
    at, pk = first
    shown = rows.filter(Q(created_at__gt=at) | Q(created_at=at, pk__gte=pk)).count()
    return min(MOST, max(PAGE, shown + PAGE * further))


def _followers(task: Task, actor: Actor) -> dict[str, Any]:
    """The names of who follows the thread, people first, and whether the actor does."""
    rows = Subscription.objects.filter(task=task, muted=False)
    standing = rows.filter(Q(user__is_active=True) | Q(agent__removed_at__isnull=True, agent__isnull=False))
    named = standing.select_related("user", "agent").order_by("agent_id", "user_id", "id")
    names = [_name(row) for row in named[:FOLLOWERS_SHOWN]]
    return {"followers": names, "following": rows.filter(user_id=actor.user_id or 0).exists()}


def _name(row: Subscription) -> str:
    return row.user.shown_name if row.user is not None else row.agent.name  # type: ignore[union-attr]


def changes_of(message: Message) -> list[Change]:
    """What was done to a message, the latest first: at most `VERSIONS_SHOWN` changes."""
    kept = list(message.versions.order_by("-version")[:VERSIONS_SHOWN])
    later = [message.content, *(version.content for version in kept)]
    return [_change(version, after, message) for version, after in zip(kept, later, strict=False)]


def _change(version: MessageVersion, after: str, message: Message) -> Change:
    deleted = message.deleted_at is not None and version.version == message.version - 1
    return Change(version.at, version.actor_name, compare(version.content, after), deleted)
