"""The sockets of a project: its events, with cards for boards and plain for programs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from notifications.consumers.base import Socket
from notifications.live.feed import Feed
from notifications.live.frames import Batch, Pictures, encode
from notifications.live.guests import Guest, guest_of
from notifications.live.hub import hub
from notifications.live.passes import Pass, person_pass, service_pass
from notifications.live.presence import Allowance, key_within
from notifications.queries.stream import Head, events_after, head_of

CATCH_UP_S = 30.0
"""How long a client that is catching up may take to acknowledge half of what it was sent."""


class StreamSocket(Socket):
    """Events from a number on, then live, without loss or doubling."""

    position = 0

    async def admit(self) -> Pass:
        """Members by their session; programs by their token, which then counts alone."""
        slug = self.scope["url_route"]["kwargs"]["slug"]
        if header := self.header(b"authorization"):
            return await hub.database(service_pass, header, slug)
        return await hub.database(person_pass, self.header(b"cookie"), slug)

    async def serve(self, feed: Feed) -> None:
        """Say hello, catch up from `after`, and join; without `after` begin with what comes next."""
        after = self.number("after")
        head = await hub.database(head_of, feed.project_id)
        heads = await feed.heads() if self.wants_cards else {}
        self.say(encode({"type": "hello", "epoch": head.epoch, "head": head.seq, **heads}))
        resumes = after is not None and self._can_resume(after, head)
        if after is not None and not resumes:
            self._resync(head)
        self.position = after if after is not None and resumes else head.seq
        await self._catch_up(feed)
        feed.listeners.add(self)

    def take(self, batch: Batch) -> None:
        """Pass on what the client does not have yet, in the encoding that all share."""
        if batch.last <= self.position:
            return
        fresh = batch if batch.first > self.position else batch.after(self.position)
        self.position = batch.last
        self.outlet.offer(fresh.text(cards=self.wants_cards), self.position)

    def notify(self) -> None:
        """Notifications of agents are nothing to whoever follows a project's events."""

    def _can_resume(self, after: int, head: Head) -> bool:
        epoch = self.parameter("epoch")
        return head.serves(after) and (not epoch or epoch == head.epoch)

    async def _catch_up(self, feed: Feed) -> None:
        """Read from the table up to where the feed stands; nothing waits between the last look and joining."""
        while self.position < feed.sent:
            await self.outlet.room(CATCH_UP_S)
            if self.outlet.close_code is not None:
                return
            events = await hub.database(_page, feed, self.position)
            if not events:
                self._resync(await hub.database(head_of, feed.project_id))
                self.position = feed.sent
                return
            pictures = await feed.pictures(events) if self.wants_cards else Pictures()
            self.take(Batch(events, pictures))

    def _resync(self, head: Head) -> None:
        self.say(encode({"type": "resync", "epoch": head.epoch, "head": head.seq}))


class BoardSocket(StreamSocket):
    """For signed-in members: events with the rendered card, the bell, and who else is at the board."""

    wants_cards = True

    def __init__(self, *handshake: Any) -> None:
        super().__init__(*handshake)
        self._allowance = Allowance()
        self._guest: Guest | None = None

    async def admit(self) -> Pass:
        """Members by their session alone."""
        slug = self.scope["url_route"]["kwargs"]["slug"]
        return await hub.database(person_pass, self.header(b"cookie"), slug)

    async def hear(self, message: dict[str, Any]) -> None:
        """Acknowledgements, and where this person looks; whoever says too much of that is not heard."""
        if message.get("type") != "presence":
            await super().hear(message)
        elif self in hub.members and self._allowance.take():
            await self._look(message)

    async def _look(self, message: dict[str, Any]) -> None:
        """Who it is, the session says; a card of another project is none."""
        project_id = self.given.project_id
        if message.get("away") is True:
            hub.presence.gone(project_id, self)
            return
        if self._guest is None:
            self._guest = await hub.database(guest_of, self.given)
        if self._guest is None or self not in hub.members:
            return
        card = key_within(message.get("card"), self._guest.prefix)
        drag = None if self.given.role == "viewer" else key_within(message.get("drag"), self._guest.prefix)
        seen = replace(self._guest.person, cards=(card,) if card else (), drag=drag)
        hub.presence.seen(project_id, self, seen)


class EventsSocket(StreamSocket):
    """For members and service tokens: the same events as JSON."""


def _page(feed: Feed, after: int) -> list[Any]:
    return events_after(feed.project_id, after, upto=feed.sent)
