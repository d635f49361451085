"""The pooled handler keeps what Django's own ASGI handler promises, and what it promises on top."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import markcoroutinefunction
from asgiref.testing import ApplicationCommunicator
from django.core.signals import request_finished, request_started
from django.http import HttpResponse
from django.test import override_settings

from missioncontrol.serving.handler import PooledHandler
from tests.missioncontrol.serving import urls as views

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.missioncontrol.serving.urls"),
]


@dataclass
class Answer:
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    pieces: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@pytest.fixture(autouse=True)
def _events() -> Iterator[None]:
    views.events.update({name: threading.Event() for name in ("entered", "let_go", "left", "closed")})
    yield
    views.events["let_go"].set()


@pytest.fixture
def handler() -> Iterator[PooledHandler]:
    with override_settings(MC_LONG_POLL_PATHS=("/waiting",), ALLOWED_HOSTS=["testserver"]):
        made = PooledHandler(threads=2, waiting_threads=2)
        yield made
        views.events["let_go"].set()
        assert made.close()


def scope(path: str, **changes: Any) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"testserver")],
        "client": ["127.0.0.1", 4711],
        "server": ["testserver", 80],
        **changes,
    }


@asynccontextmanager
async def exchange(handler: Any, asked: dict[str, Any], *body: Any) -> AsyncIterator[ApplicationCommunicator]:
    communicator = ApplicationCommunicator(handler, asked)
    for message in body or ({"type": "http.request"},):
        await communicator.send_input(message)
    yield communicator
    await communicator.wait(5)


async def get(handler: Any, path: str, *body: Any, **changes: Any) -> Answer:
    async with exchange(handler, scope(path, **changes), *body) as communicator:
        return await answer(communicator)


async def answer(communicator: ApplicationCommunicator) -> Answer:
    start = await communicator.receive_output(5)
    pieces = [await communicator.receive_output(5)]
    while pieces[-1].get("more_body"):
        pieces.append(await communicator.receive_output(5))
    body = b"".join(piece.get("body", b"") for piece in pieces)
    return Answer(start["status"], start["headers"], body, len(pieces))


async def happened(name: str) -> None:
    assert await asyncio.to_thread(views.events[name].wait, 5), f"{name} did not happen"


async def test_a_view_is_answered_with_its_query_and_every_cookie(handler: PooledHandler) -> None:
    got = await get(handler, "/plain/", query_string=b"name=Ann")
    assert (got.status, got.body) == (200, b"GET Ann")
    assert [value[:3] for name, value in got.headers if name == b"Set-Cookie"] == [b"a=1", b"b=2"]


async def test_a_body_in_pieces_arrives_whole(handler: PooledHandler) -> None:
    pieces = [{"type": "http.request", "body": b"abc", "more_body": True}] * 3
    got = await get(handler, "/echo/", *pieces, {"type": "http.request", "body": b"d"}, method="POST")
    assert got.body == b"abcabcabcd"


async def test_headers_reach_the_view_and_those_with_underscores_do_not(handler: PooledHandler) -> None:
    given = [(b"host", b"testserver"), (b"x-one", b"1"), (b"x-one", b"2"), (b"x_one", b"spoofed")]
    got = (await get(handler, "/meta/", headers=given)).json["meta"]
    assert got["HTTP_X_ONE"] == "1,2"
    assert got["REMOTE_ADDR"] == "127.0.0.1"


async def test_a_root_path_becomes_the_script_name(handler: PooledHandler) -> None:
    got = (await get(handler, "/under/meta/", root_path="/under")).json["meta"]
    assert (got["SCRIPT_NAME"], got["PATH_INFO"]) == ("/under", "/meta/")


async def test_headers_beyond_ascii_go_out_as_latin1(handler: PooledHandler) -> None:
    assert (b"X-Wide", b"na\xefve") in (await get(handler, "/headers/")).headers


async def test_an_unknown_path_is_404(handler: PooledHandler) -> None:
    assert (await get(handler, "/nothing-here/")).status == 404


async def test_a_view_that_fails_is_500_and_the_next_request_is_served(handler: PooledHandler) -> None:
    assert (await get(handler, "/broken/")).status == 500
    assert (await get(handler, "/plain/")).status == 200


async def test_a_query_string_that_is_no_text_is_refused_as_a_problem(handler: PooledHandler) -> None:
    got = await get(handler, "/plain/", query_string=b"\xff")
    assert got.status == 400
    assert got.json["code"] == "malformed"


async def test_too_many_parameters_in_a_charset_of_their_own_are_refused_as_a_problem(
    handler: PooledHandler,
) -> None:
    named = [(b"host", b"testserver"), (b"content-type", b"application/json; charset=utf-16")]
    query = "&".join(f"k{number}=1" for number in range(1_200)).encode()
    got = await get(handler, "/plain/", query_string=query, headers=named)
    assert got.status == 400
    assert got.json["code"] == "malformed"


async def test_a_large_answer_is_cut_into_pieces(handler: PooledHandler) -> None:
    got = await get(handler, "/large/")
    assert (len(got.body), got.pieces) == (2**16 * 2 + 7, 3)


async def test_an_asynchronous_view_works(handler: PooledHandler) -> None:
    assert (await get(handler, "/asynchronous/")).body == b"async"


async def test_a_small_file_is_sent_in_one_piece(handler: PooledHandler) -> None:
    got = await get(handler, "/file/")
    assert (got.body, got.pieces) == (Path(views.__file__).read_bytes(), 1)


async def test_a_stream_is_sent_as_it_comes(handler: PooledHandler) -> None:
    got = await get(handler, "/stream/")
    assert got.body == b"one two " + b"x" * 2**17
    assert got.pieces == 5


async def test_an_asynchronous_stream_is_sent_as_it_comes(handler: PooledHandler) -> None:
    got = await get(handler, "/async_stream/")
    assert (got.body, got.pieces) == (b"one two", 3)


async def test_a_stream_that_fails_ends_the_exchange_and_not_the_thread(handler: PooledHandler) -> None:
    communicator = ApplicationCommunicator(handler, scope("/failing_stream/"))
    await communicator.send_input({"type": "http.request"})
    assert (await communicator.receive_output(5))["status"] == 200
    assert (await communicator.receive_output(5))["body"] == b"one "
    with pytest.raises(RuntimeError, match="the stream fails"):
        await communicator.wait(5)
    assert (await get(handler, "/plain/")).status == 200


@pytest.mark.parametrize("path", ["/endless_stream/", "/endless_async_stream/"])
async def test_a_stream_ends_when_its_client_leaves(handler: PooledHandler, path: str) -> None:
    async with exchange(handler, scope(path)) as communicator:
        await communicator.receive_output(5)
        assert (await communicator.receive_output(5))["body"] == b"tick"
        await communicator.send_input({"type": "http.disconnect"})
        await happened("closed")


async def test_a_client_that_leaves_before_its_body_is_complete_is_not_served(handler: PooledHandler) -> None:
    first = {"type": "http.request", "body": b"a", "more_body": True}
    for messages in ([{"type": "http.disconnect"}], [first, {"type": "http.disconnect"}]):
        async with exchange(handler, scope("/echo/"), *messages) as communicator:
            assert await communicator.receive_nothing(0.1)


async def test_a_message_after_the_body_that_is_no_departure_is_an_error(handler: PooledHandler) -> None:
    communicator = ApplicationCommunicator(handler, scope("/waiting"))
    await communicator.send_input({"type": "http.request"})
    await communicator.send_input({"type": "http.not_a_real_event"})
    await happened("left")
    with pytest.raises(ValueError, match="not_a_real_event"):
        await communicator.wait(5)


async def test_anything_but_http_is_refused(handler: PooledHandler) -> None:
    communicator = ApplicationCommunicator(handler, {"type": "other"})
    with pytest.raises(ValueError, match="serves HTTP, not other"):
        await communicator.wait(5)


async def test_both_signals_are_sent_once_on_the_thread_of_the_view(handler: PooledHandler) -> None:
    sent: list[tuple[str, int]] = []

    def started(**_: Any) -> None:
        sent.append(("started", threading.get_ident()))

    def finished(**_: Any) -> None:
        sent.append(("finished", threading.get_ident()))

    request_started.connect(started)
    request_finished.connect(finished)
    try:
        thread = (await get(handler, "/database/")).json["thread"]
    finally:
        request_started.disconnect(started)
        request_finished.disconnect(finished)
    assert sent == [("started", thread), ("finished", thread)]


async def test_a_thread_keeps_its_database_connection(handler: PooledHandler) -> None:
    got = [(await get(handler, "/database/")).json for _ in range(6)]
    per_thread = {
        item["thread"]: {i["connection"] for i in got if i["thread"] == item["thread"]} for item in got
    }
    assert len(per_thread) <= 2
    assert all(len(connections) == 1 for connections in per_thread.values())


async def test_nothing_bound_by_one_request_is_seen_by_the_next(handler: PooledHandler) -> None:
    assert [(await get(handler, "/context/")).json["before"] for _ in range(4)] == [None] * 4


async def test_waiting_requests_keep_nobody_else_from_being_served(handler: PooledHandler) -> None:
    waiters = [ApplicationCommunicator(handler, scope("/waiting")) for _ in range(2)]
    for waiter in waiters:
        await waiter.send_input({"type": "http.request"})
    await happened("entered")
    assert (await get(handler, "/plain/")).status == 200
    for waiter in waiters:
        await waiter.send_input({"type": "http.disconnect"})
        await waiter.wait(5)


async def test_a_waiting_view_learns_that_its_client_left(handler: PooledHandler) -> None:
    async with exchange(handler, scope("/waiting")) as communicator:
        await happened("entered")
        assert not views.events["left"].is_set()
        await communicator.send_input({"type": "http.disconnect"})
        await happened("left")


async def test_a_request_that_finds_the_waiting_threads_taken_may_not_wait(handler: PooledHandler) -> None:
    async with exchange(handler, scope("/waiting")) as first:
        await happened("entered")
        got = await get(handler, "/waiting")
        assert got.json == {"may_wait": False, "left": None}
        await first.send_input({"type": "http.disconnect"})


async def test_closing_ends_waiting_requests_and_lets_running_ones_finish() -> None:
    with override_settings(MC_LONG_POLL_PATHS=("/waiting",), ALLOWED_HOSTS=["testserver"]):
        handler = PooledHandler(threads=1, waiting_threads=1)
        waiter = ApplicationCommunicator(handler, scope("/waiting"))
        await waiter.send_input({"type": "http.request"})
        await happened("entered")
        views.events["entered"].clear()
        runner = ApplicationCommunicator(handler, scope("/held/"))
        await runner.send_input({"type": "http.request"})
        await happened("entered")
        closing = asyncio.create_task(asyncio.to_thread(handler.close))
        assert (await answer(waiter)).json["left"] is True
        views.events["let_go"].set()
        assert (await answer(runner)).body == b"held"
        assert await closing


async def test_close_says_when_a_request_still_runs() -> None:
    with override_settings(ALLOWED_HOSTS=["testserver"]):
        handler = PooledHandler(threads=1, waiting_threads=1)
        async with exchange(handler, scope("/held/")) as communicator:
            await happened("entered")
            assert not await asyncio.to_thread(handler.close, 0.05)
            views.events["let_go"].set()
            assert (await answer(communicator)).status == 200


async def test_cancelling_an_exchange_leaves_the_thread_usable(handler: PooledHandler) -> None:
    communicator = ApplicationCommunicator(handler, scope("/held/"))
    await communicator.send_input({"type": "http.request"})
    await happened("entered")
    communicator.future.cancel()
    with pytest.raises(asyncio.CancelledError):
        await communicator.future
    views.events["let_go"].set()
    assert [(await get(handler, "/plain/")).status for _ in range(3)] == [200] * 3


class Asynchronous:
    """A middleware that can only be asynchronous."""

    sync_capable = False
    async_capable = True

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response
        markcoroutinefunction(self)

    async def __call__(self, request: Any) -> HttpResponse:
        response: HttpResponse = await self.get_response(request)
        response["X-Async"] = "1"
        return response


async def test_an_asynchronous_middleware_works_too() -> None:
    path = f"{__name__}.Asynchronous"
    with override_settings(MIDDLEWARE=[path], ALLOWED_HOSTS=["testserver"]):
        handler = PooledHandler(threads=1, waiting_threads=1)
        assert (b"X-Async", b"1") in (await get(handler, "/plain/")).headers
        assert handler.close()
