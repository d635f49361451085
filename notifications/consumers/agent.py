"""The socket of an agent: its notifications and directives, pushed as they happen."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

from django.utils import timezone

from missioncontrol.kernel.actor import Actor
from notifications.consumers.base import MAX_NUMBER, Socket
from notifications.live.directives import Later, directives_of, later_directives_of
from notifications.live.feed import Feed
from notifications.live.frames import Batch, encode
from notifications.live.hub import hub
from notifications.live.passes import Pass, agent_pass
from notifications.queries.stream import head_of
from notifications.services import agent_inbox
from notifications.services.letters import letters
from tasks.models import Change
from tasks.services.undo import release_due

PUSHED_AT_ONCE = 20
LOOK_AGAIN_S = 0.5
"""How often to look whether a change stands whose time is over."""

PATIENCE_S = 60.0
"""How long an agent may take to acknowledge half of what was pushed to it."""


class AgentSocket(Socket):
    """Notifications in order, each acknowledged by `{type: ack, seq}`; directives as they come."""

    actor: Actor

    def __init__(self, *handshake: Any) -> None:
        super().__init__(*handshake)
        self._news = asyncio.Event()
        self._pushed = 0
        self._read_up_to = self._stored_up_to = 0
        self._storing: asyncio.Future[None] | None = None
        self._waiting: set[asyncio.Future[None]] = set()

    async def admit(self) -> Pass:
        """Agents by their key."""
        given, credential = await hub.database(agent_pass, self.header(b"authorization"))
        self.actor = credential.actor
        return given

    async def serve(self, feed: Feed) -> None:
        """Say hello, then push what is unacknowledged, then whatever comes."""
        head = await hub.database(head_of, feed.project_id)
        hello = {"type": "hello", "agent": self.actor.name, "epoch": head.epoch, "head": head.seq}
        self.say(encode(hello))
        feed.listeners.add(self)
        while self.outlet.close_code is None:
            self._news.clear()
            await self._push()
            await self._news.wait()

    def take(self, batch: Batch) -> None:
        """Pass on directives; the rest of the stream is not for agents' sockets."""
        for directive in directives_of(batch, str(self.given.agent_id)):
            self.say(encode(directive))
        for later in later_directives_of(batch, str(self.given.agent_id)):
            waiting = asyncio.ensure_future(self._say_later(later))
            self._waiting.add(waiting)
            waiting.add_done_callback(self._waiting.discard)
            waiting.add_done_callback(self._failed)

    async def _say_later(self, later: Later) -> None:
        """Pass on a directive once nobody can take back what it follows from; not at all when somebody did."""
        while self.outlet.close_code is None:
            left = (later.due - timezone.now()).total_seconds()
            await asyncio.sleep(max(left, 0.0) + LOOK_AGAIN_S)
            change = await hub.database(_change, later.change)
            if change is None or change.undone_at is not None:
                return
            if change.released_at is not None:
                self.say(encode(later.directive))
                return

    def notify(self) -> None:
        """Look for new notifications."""
        self._news.set()

    async def hear(self, message: dict[str, Any]) -> None:
        """An acknowledgement is of every notification up to its number: of many at once the last is stored."""
        seq = message.get("seq")
        if message.get("type") == "ack" and isinstance(seq, int) and 0 < seq <= MAX_NUMBER:
            self.outlet.ack(seq)
            self._read_up_to = max(seq, self._read_up_to)
            if self._storing is None or self._storing.done():
                self._storing = asyncio.ensure_future(self._store())
                self._storing.add_done_callback(self._failed)

    async def _store(self) -> None:
        while self._stored_up_to < self._read_up_to:
            up_to = self._read_up_to
            await hub.database(_acknowledge, self.actor, up_to)
            self._stored_up_to = up_to

    async def _push(self) -> None:
        while self.outlet.close_code is None:
            await self.outlet.room(PATIENCE_S)
            rows = await hub.database(_next, self.given.agent_id, self._pushed)
            if not rows:
                return
            for row in rows:
                self._pushed = int(row["cursor"])
                frame = {"type": "notification", "seq": self._pushed, "notification": row}
                self.outlet.offer(encode(frame), self._pushed)


def _change(change_id: UUID) -> Change | None:
    release_due()
    return Change.objects.filter(pk=change_id).first()


def _next(agent_id: Any, after: int) -> list[dict[str, Any]]:
    rows = agent_inbox.pull(agent_id=agent_id, after=after, limit=PUSHED_AT_ONCE)
    shown = letters(rows)
    agent_inbox.mark_delivered([row.pk for row in rows])
    return shown


def _acknowledge(actor: Actor, up_to: int) -> int:
    return agent_inbox.acknowledge_up_to(actor=actor, up_to=up_to)
