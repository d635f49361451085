"""Django behind ASGI with one hop to a kept thread per request.

Django's own ASGI handler starts a thread for every request and crosses between loop and thread for every
synchronous middleware. Here middleware and view run together, synchronously, on a thread that was there before
and has its database connection open. Sockets never come this way and stay asynchronous.

Requests that may wait for work (`MC_LONG_POLL_PATHS`) have threads of their own, so that waiting agents cannot
keep anybody else from being served.
"""

from __future__ import annotations

import asyncio
import codecs
import contextvars
import logging
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import aclosing, closing
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope
from django.conf import settings
from django.core import signals
from django.core.exceptions import RequestAborted, SuspiciousOperation
from django.core.handlers.asgi import ASGIRequest, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from missioncontrol.kernel.waiting import ATTRIBUTE, Waiting
from missioncontrol.serving import metrics
from missioncontrol.serving.exchange import Exchange
from missioncontrol.serving.pools import WorkerPool
from missioncontrol.serving.replies import CHUNK_BYTES, Reply, problem

logger = logging.getLogger("django.request")

WHOLE_FILE_BYTES = 2**20
RESERVED_PART = 10
ENCODINGS = frozenset({"utf-8", "ascii", "iso8859-1", "cp1252"})


@dataclass(frozen=True, slots=True)
class AsyncStream:
    """An answer whose body is an asynchronous iterator: the loop sends it, a thread closes it."""

    start: Reply
    response: Any


class PooledHandler(BaseHandler):
    """An ASGI application for HTTP; one per process, made once Django is set up."""

    def __init__(self, *, threads: int | None = None, waiting_threads: int | None = None) -> None:
        super().__init__()
        self.pool = WorkerPool("http", threads or settings.MC_HTTP_THREADS, keep=True)
        self.waiting_pool = WorkerPool("wait", waiting_threads or settings.MC_WAIT_THREADS, keep=False)
        self._exchanges: set[Exchange] = set()
        metrics.THREADS.labels("http").set_function(lambda: self.pool.busy)
        metrics.THREADS.labels("wait").set_function(lambda: self.waiting_pool.busy)
        self.load_middleware(is_async=False)

    async def __call__(self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve one request. Raises ValueError for anything that is not HTTP."""
        if scope["type"] != "http":
            raise ValueError(f"this application serves HTTP, not {scope['type']}")
        try:
            body = await read_body(receive)
        except RequestAborted:
            return
        exchange = Exchange(receive, send)
        self._exchanges.add(exchange)
        try:
            await self._serve(scope, body, exchange)
        finally:
            self._exchanges.discard(exchange)
            exchange.end()

    def close(self, timeout_s: float = 3.0) -> bool:
        """End waiting requests, let running ones finish. False when some still ran at the end of the time."""
        for exchange in list(self._exchanges):
            exchange.gone.set()
        return self.waiting_pool.close(timeout_s) & self.pool.close(timeout_s)

    async def _serve(self, scope: HTTPScope, body: IO[bytes], exchange: Exchange) -> None:
        waits = scope["path"].rstrip("/") in settings.MC_LONG_POLL_PATHS
        pool = self.waiting_pool if waits else self.pool
        if waits:
            exchange.watch()
        # A context of its own, so that nothing a request binds is seen by the next one on the thread.
        context = contextvars.Context()
        hop = pool.submit(context.run, self._hop, scope, body, exchange, waits)
        answer = await asyncio.wrap_future(hop)
        if isinstance(answer, AsyncStream):
            await self._stream_async(answer, exchange, pool, context)
        elif answer is not None:
            for message in answer.messages():
                await exchange.send(message)

    def _hop(
        self, scope: HTTPScope, body: IO[bytes], exchange: Exchange, waits: bool
    ) -> Reply | AsyncStream | None:
        """Everything that runs on the thread: signals, middleware, view, and closing the answer."""
        begun = time.perf_counter()
        with body:
            set_script_prefix(get_script_prefix(scope))
            signals.request_started.send(sender=self.__class__, scope=scope)
            request = self._request(scope, body)
            if request is None:
                signals.request_finished.send(sender=self.__class__)
                return problem(
                    400, "malformed", "The request line or a header is not valid text, or says too much."
                )
            setattr(request, ATTRIBUTE, Waiting(exchange.gone, not waits or self._has_room_to_wait()))
            response = self.get_response(request)
            response._handler_class = self.__class__  # type: ignore[attr-defined]
            taken = None if waits else time.perf_counter() - begun
            metrics.count(scope["method"], response.status_code, taken)
            return self._answer(response, exchange, bare=scope["method"] == "HEAD")

    def _has_room_to_wait(self) -> bool:
        """Whether threads remain for those who come after this one, so that nobody queues behind waiters."""
        threads = self.waiting_pool.threads
        return self.waiting_pool.busy <= max(threads - max(threads // RESERVED_PART, 1), 1)

    def _request(self, scope: HTTPScope, body: IO[bytes]) -> ASGIRequest | None:
        try:
            request = ASGIRequest(scope, body)
        except (UnicodeDecodeError, SuspiciousOperation) as error:
            logger.warning("Bad Request (%s)", type(error).__name__, extra={"status_code": 400})
            return None
        return request if is_readable(request.encoding) else None

    def _answer(
        self, response: HttpResponseBase, exchange: Exchange, *, bare: bool
    ) -> Reply | AsyncStream | None:
        start = Reply(response.status_code, encode_headers(response))
        if bare:
            # daphne forgets after the first piece that there is to be no body.
            response.close()
            return start
        if not response.streaming:
            with closing(response):
                return start.with_body(response.content)  # type: ignore[attr-defined]
        if getattr(response, "is_async", False):
            return AsyncStream(start, response)
        with closing(response):
            if is_small_file(response):
                return start.with_body(b"".join(response))
            self._stream(start, response, exchange)
            return None

    def _stream(self, start: Reply, response: Iterable[bytes], exchange: Exchange) -> None:
        """Send a synchronous stream from this thread, until it ends or the client has gone."""
        exchange.watch_from_thread()
        exchange.deliver(start.start_message())
        for part in response:
            for chunk in chunks(part):
                if exchange.gone.is_set():
                    return
                exchange.deliver({"type": "http.response.body", "body": chunk, "more_body": True})
        exchange.deliver({"type": "http.response.body", "body": b"", "more_body": False})

    async def _stream_async(
        self, stream: AsyncStream, exchange: Exchange, pool: WorkerPool, context: contextvars.Context
    ) -> None:
        exchange.watch()
        try:
            await exchange.send(stream.start.start_message())
            async with aclosing(aiter(stream.response)) as parts:
                async for part in parts:
                    if exchange.gone.is_set():
                        return
                    for chunk in chunks(part):
                        await exchange.send({"type": "http.response.body", "body": chunk, "more_body": True})
            await exchange.send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            await asyncio.wrap_future(pool.submit(context.run, stream.response.close))


async def read_body(receive: ASGIReceiveCallable) -> IO[bytes]:
    """The request's body as a file. Raises RequestAborted when the client leaves before it is complete."""
    message: Any = await receive()
    if message["type"] == "http.disconnect":
        raise RequestAborted
    if not message.get("more_body", False):
        return BytesIO(message.get("body", b""))
    body = tempfile.SpooledTemporaryFile(max_size=settings.FILE_UPLOAD_MAX_MEMORY_SIZE)  # noqa: SIM115
    try:
        await _fill(body, message, receive)
    except BaseException:
        body.close()
        raise
    return body


async def _fill(body: IO[bytes], message: Any, receive: ASGIReceiveCallable) -> None:
    body.write(message.get("body", b""))
    while message.get("more_body", False):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RequestAborted
        body.write(message.get("body", b""))
    body.seek(0)


def is_readable(encoding: str | None) -> bool:
    """Whether forms may come in this encoding: of Python's codecs only some are for text, and few of those harmless."""
    return encoding is None or codecs.lookup(encoding).name in ENCODINGS


def encode_headers(response: HttpResponseBase) -> list[tuple[bytes, bytes]]:
    """The response's headers and cookies as ASGI wants them."""
    headers = [(name.encode("ascii"), value.encode("latin1")) for name, value in response.items()]
    cookies = response.cookies.values()
    return headers + [(b"Set-Cookie", morsel.output(header="").encode("ascii").strip()) for morsel in cookies]


def is_small_file(response: HttpResponseBase) -> bool:
    """Whether a file is small enough to be read whole, which spares a crossing to the loop per chunk."""
    length = response.headers.get("Content-Length", "")
    return isinstance(response, FileResponse) and length.isdigit() and int(length) <= WHOLE_FILE_BYTES


def chunks(part: bytes) -> Iterator[bytes]:
    """`part` in pieces that a server can take at once."""
    for position in range(0, len(part), CHUNK_BYTES):
        yield part[position : position + CHUNK_BYTES]
