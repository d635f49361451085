"""One project's events as they happen, read once and handed to every socket of this process that listens."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar
from uuid import UUID

from django.db import Error

from notifications.live import metrics
from notifications.live.cards import pictures_of
from notifications.live.frames import Batch, Pictures, card_of, encode
from notifications.live.heads import Heads, heads_now
from notifications.queries.stream import Head, events_after, is_full
from tasks.models import Event

logger = logging.getLogger("missioncontrol.live")

FOLD_S = 0.1
"""Events of one card closer together than this travel in one message."""

RETRY_S = 1.0
RIGHTS = frozenset(
    {
        "project.member_set",
        "project.member_removed",
        "project.updated",
        "project.archived",
        "agent.key_created",
        "agent.key_revoked",
        "agent.updated",
        "service_token.revoked",
    }
)
"""Events after which somebody may no longer listen; a new key may have ended the ones before it."""

T = TypeVar("T")


class Database(Protocol):
    """Runs a function that reads the database on a thread kept for that."""

    def __call__(self, function: Callable[..., T], *args: Any) -> Awaitable[T]: ...


class Listener(Protocol):
    """A socket that listens to a feed."""

    @property
    def wants_cards(self) -> bool:
        """Whether events come with pictures of cards."""

    def take(self, batch: Batch) -> None:
        """Pass on what is new in the batch, without waiting."""

    def say(self, text: str) -> None:
        """Pass on a frame that has no number."""


class Feed:
    """The stream of one project. `sent` is the last number handed out; whoever joins must have everything up to it."""

    def __init__(
        self, project_id: UUID, head: Head, database: Database, recheck: Callable[[], Awaitable[None]]
    ) -> None:
        self.project_id = project_id
        self.epoch = head.epoch
        self.sent = head.seq
        self.listeners: set[Listener] = set()
        self.wake = asyncio.Event()
        self._database = database
        self._recheck = recheck
        self._shown: dict[str, float] = {}
        self._heads: Heads | None = None
        self._counting = asyncio.Lock()

    async def run(self) -> None:
        """Read and hand out whenever there is a hint, for as long as the task lives."""
        while True:
            await self.wake.wait()
            self.wake.clear()
            try:
                await self.round()
            except Error as error:
                logger.warning("live feed waits for the database: %s", type(error).__name__)
                await asyncio.sleep(RETRY_S)
                self.wake.set()

    async def round(self) -> None:
        """Hand out what is new, once; cards shown a moment ago make the rest of their moment go by first."""
        events = await self._read(self.sent)
        pause = self._pause(events)
        if pause > 0 and not is_full(events):
            await asyncio.sleep(pause)
            events += await self._read(events[-1].seq)
        if not events:
            return
        if any(event.type in RIGHTS for event in events):
            # Who has just lost the right to see the rest is closed before it goes out.
            await self._recheck()
        shown = any(listener.wants_cards for listener in self.listeners)
        batch = Batch(events, await self.pictures(events) if shown else Pictures())
        self._note_shown(events)
        self.sent = batch.last
        metrics.EVENTS.inc(len(events))
        for listener in list(self.listeners):
            listener.take(batch)
        if is_full(events):
            self.wake.set()

    async def pictures(self, events: list[Event]) -> Pictures:
        """The cards that these events touch, as they are now, each rendered once."""
        return await self._database(pictures_of, self.project_id, events)

    async def ping(self) -> None:
        """Tell every listener where the stream stands, so that it notices when it is behind."""
        frame = {"type": "ping", "head": self.sent}
        plain = shown = encode(frame)
        if any(listener.wants_cards for listener in self.listeners):
            shown = encode(frame | await self.heads())
        for listener in list(self.listeners):
            listener.say(shown if listener.wants_cards else plain)

    async def heads(self) -> dict[str, Any]:
        """The column heads as members of a frame for boards, counted once however many ask.

        Empty while others write faster than one can count, or while the database is away: a later ping has them.
        """
        async with self._counting:
            if self._heads is None or self._heads.seq < self.sent:
                try:
                    self._heads = await self._database(heads_now, self.project_id)
                except Error as error:
                    logger.warning("live feed waits for the database: %s", type(error).__name__)
                    self._heads = None
        return self._heads.members() if self._heads else {}

    def restart(self, head: Head) -> None:
        """The stream was put back: everyone reloads, and goes on from its new head."""
        self.epoch, self.sent = head.epoch, head.seq
        self._heads = None
        for listener in list(self.listeners):
            listener.say(encode({"type": "resync", "epoch": head.epoch, "head": head.seq}))

    async def _read(self, after: int) -> list[Event]:
        return await self._database(events_after, self.project_id, after)

    def _pause(self, events: list[Event]) -> float:
        """Seconds until every card in `events` may be shown again."""
        now = time.monotonic()
        again = (self._shown.get(card_of(event) or "", -FOLD_S) + FOLD_S for event in events)
        return max((moment - now for moment in again), default=0.0)

    def _note_shown(self, events: list[Event]) -> None:
        now = time.monotonic()
        self._shown = {card: at for card, at in self._shown.items() if now - at < FOLD_S}
        self._shown.update({card: now for event in events if (card := card_of(event)) is not None})
