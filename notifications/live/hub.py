"""The hub: one per process, on the event loop that serves the sockets.

Hints wake it; what it hands out it reads from the tables, in order of number. A hint that is lost costs at most
`POLL_S`, because the heads of watched streams are looked up that often in any case.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar
from uuid import UUID, uuid4

import orjson
from django.conf import settings
from django.db import Error, close_old_connections, connection

from notifications.live import bus, metrics
from notifications.live.feed import Feed, Listener
from notifications.live.frames import encode
from notifications.live.passes import Pass, still_good
from notifications.live.presence import Presence
from notifications.queries.inbox import unread_counts
from notifications.queries.stream import head_of, heads_of

logger = logging.getLogger("missioncontrol.live")

POLL_S = 1.0
PING_S = 20.0
TURN_S = 1.0
RECHECK_S = 60.0
THREADS = 2
BROKEN = 1011
CONNECTION_AGE_S = 600.0
T = TypeVar("T")


class Member(Listener, Protocol):
    """A socket as the hub knows it: a listener with a pass that can be withdrawn."""

    @property
    def given(self) -> Pass:
        """The pass it was opened with."""

    def close(self, code: int) -> None:
        """Send nothing more, and close with `code`."""

    def notify(self) -> None:
        """There may be new notifications for the agent."""


class Hub:
    """Every socket of this process, the feeds they listen to, and what keeps both true."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.feeds: dict[UUID, Feed] = {}
        self.members: set[Member] = set()
        self.presence = Presence(process=uuid4().hex)
        self._tasks: set[asyncio.Task[None]] = set()
        self._runs: dict[UUID, asyncio.Task[None]] = {}
        self._opening = asyncio.Lock()
        self._threads = ThreadPoolExecutor(THREADS, "live")

    def start(self) -> None:
        """Begin on the running loop; the second and later calls do nothing."""
        if self.loop is not None:
            return
        self.loop = asyncio.get_running_loop()
        bus.listen(self.receive)
        routines = [self._poll, self._ping, self._recheck_often, self._turn_often]
        if settings.MC_REDIS_URL:
            routines.append(self._listen_to_redis)
        for routine in routines:
            self._keep(routine())

    async def database(self, function: Callable[..., T], *args: Any) -> T:
        """Run a function that reads the database on one of the hub's own threads."""
        assert self.loop is not None
        return await self.loop.run_in_executor(self._threads, _kept, function, *args)

    async def enter(self, member: Member) -> Feed:
        """The project's feed, running, and kept running until the socket leaves. It joins by `feed.listeners`."""
        project_id = member.given.project_id
        async with self._opening:
            if project_id not in self.feeds:
                head = await self.database(head_of, project_id)
                self._open(Feed(project_id, head, self.database, self.recheck))
            self.members.add(member)
            metrics.SOCKETS.set(len(self.members))
        return self.feeds[project_id]

    def leave(self, member: Member) -> None:
        """The socket is gone; a feed that nobody uses ends."""
        if member not in self.members:
            return
        self.presence.gone(member.given.project_id, member)
        self.members.discard(member)
        metrics.SOCKETS.set(len(self.members))
        feed = self.feeds.get(member.given.project_id)
        if feed is None:
            return
        feed.listeners.discard(member)
        if not any(other.given.project_id == feed.project_id for other in self.members):
            del self.feeds[feed.project_id]
            self._runs.pop(feed.project_id).cancel()

    def _open(self, feed: Feed) -> None:
        self.feeds[feed.project_id] = feed
        self._runs[feed.project_id] = run = self._keep(feed.run())
        run.add_done_callback(lambda _: self._feed_ended(feed))

    def receive(self, note: bus.Note) -> None:
        """Take a hint, from any thread."""
        loop = self.loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._act, note)

    def _act(self, note: bus.Note) -> None:
        if "project" in note:
            self._wake(UUID(note["project"]))
        if "users" in note:
            self._keep(self._ring(set(note["users"])))
        if "agents" in note:
            self._notify(set(note["agents"]))
        if "session" in note:
            self._sign_out(note["session"])
        if "presence" in note:
            self.presence.heard(note)

    def _wake(self, project_id: UUID) -> None:
        feed = self.feeds.get(project_id)
        if feed is not None:
            feed.wake.set()

    def _notify(self, agents: set[str]) -> None:
        for member in list(self.members):
            if str(member.given.agent_id) in agents:
                member.notify()

    def _sign_out(self, session_key: str) -> None:
        for member in list(self.members):
            if member.given.kind == "human" and member.given.credential == session_key:
                member.close(4401)

    async def _ring(self, users: set[int]) -> None:
        """Tell each of these people's sockets how many notifications are unread."""
        rung = [member for member in self.members if member.given.user_id in users]
        if not rung:
            return
        counts = await self.database(unread_counts, {member.given.user_id for member in rung})
        for member in rung:
            member.say(encode({"type": "notification", "unread": counts.get(member.given.user_id or 0, 0)}))

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(POLL_S)
            await self._look()

    async def _look(self) -> None:
        """Wake feeds whose stream is ahead of them, and restart those whose stream was put back."""
        if not self.feeds:
            return
        try:
            heads = await self.database(heads_of, list(self.feeds))
        except Error as error:
            logger.warning("live hub waits for the database: %s", type(error).__name__)
            return
        for project_id, head in heads.items():
            feed = self.feeds.get(project_id)
            if feed is None:
                continue
            if head.epoch != feed.epoch:
                feed.restart(head)
            elif head.seq > feed.sent:
                feed.wake.set()

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(PING_S)
            for feed in list(self.feeds.values()):
                await feed.ping()
            for member in list(self.members):
                member.notify()

    async def _turn_often(self) -> None:
        """Once a second at most: who is at which board, to the sockets of this process and to the other processes."""
        while True:
            await asyncio.sleep(TURN_S)
            notes = self.presence.turn()
            if notes and settings.MC_REDIS_URL:
                assert self.loop is not None
                await self.loop.run_in_executor(self._threads, _publish, notes)

    async def _recheck_often(self) -> None:
        while True:
            await asyncio.sleep(RECHECK_S)
            await self.recheck()

    async def recheck(self) -> None:
        """Close every socket whose pass would not be given again."""
        passes = {member.given for member in self.members}
        if not passes:
            return
        try:
            good = await self.database(still_good, passes)
        except Error as error:
            logger.warning("live hub waits for the database: %s", type(error).__name__)
            return
        for member in list(self.members):
            if member.given in passes - good:
                member.close(4401)

    async def _listen_to_redis(self) -> None:
        # Imported only where Redis is used: the library takes a noticeable part of an embedded start.
        from notifications.live import redis_line

        await redis_line.listen(self._look, self._hear)

    def _hear(self, data: bytes) -> None:
        """Take a note of another process; what is none (an older version's, say) is passed over."""
        try:
            self._act(orjson.loads(data))
        except (ValueError, TypeError, AttributeError, KeyError):
            logger.warning("live hub heard something that is no note")

    def _feed_ended(self, feed: Feed) -> None:
        """A feed that failed takes its sockets along, so that they come back and resume by number."""
        if self.feeds.get(feed.project_id) is feed:
            del self.feeds[feed.project_id]
            self._runs.pop(feed.project_id, None)
            for member in list(self.members):
                if member.given.project_id == feed.project_id:
                    member.close(BROKEN)

    def _keep(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("live hub: a routine failed", exc_info=error)


def _kept(function: Callable[..., T], *args: Any) -> T:
    """Run on a connection that outlives the call: opening one for every event costs more than reading it."""
    close_old_connections()
    if connection.connection is None:
        connection.ensure_connection()
        connection.close_at = time.monotonic() + CONNECTION_AGE_S
    return function(*args)


def _publish(notes: list[dict[str, Any]]) -> None:
    for note in notes:
        bus.publish(note)


hub = Hub()
