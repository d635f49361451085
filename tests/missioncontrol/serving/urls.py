"""Views that do what a handler has to cope with."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import structlog
from django.db import connection
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from missioncontrol.kernel.waiting import waiting_of

events: dict[str, threading.Event] = {}
seen: dict[str, Any] = {}


def plain(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(f"{request.method} {request.GET.get('name', '')}")
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    return response


@csrf_exempt
def echo(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.body, content_type="application/octet-stream")


def meta(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"meta": {k: v for k, v in request.META.items() if isinstance(v, str)}})


def headers(request: HttpRequest) -> HttpResponse:
    response = HttpResponse()
    response["X-Wide"] = "na\u00efve"
    return response


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("the view fails")


def large(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"x" * (2**16 * 2 + 7))


async def asynchronous(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0)
    return HttpResponse("async")


def file(request: HttpRequest) -> FileResponse:
    return FileResponse(Path(__file__).open("rb"))


def stream(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(iter([b"one ", b"two ", b"x" * 2**17]))


def failing_stream(request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[bytes]:
        yield b"one "
        raise RuntimeError("the stream fails")

    return StreamingHttpResponse(parts())


def endless_stream(request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[bytes]:
        try:
            while True:
                yield b"tick"
                time.sleep(0.005)
        finally:
            events["closed"].set()

    return StreamingHttpResponse(parts())


def async_stream(request: HttpRequest) -> StreamingHttpResponse:
    async def parts() -> AsyncIterator[bytes]:
        for part in (b"one ", b"two"):
            await asyncio.sleep(0)
            yield part

    return StreamingHttpResponse(parts())


def endless_async_stream(request: HttpRequest) -> StreamingHttpResponse:
    async def parts() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"tick"
                await asyncio.sleep(0.005)
        finally:
            events["closed"].set()

    return StreamingHttpResponse(parts())


def held(request: HttpRequest) -> HttpResponse:
    events["entered"].set()
    events["let_go"].wait(10)
    return HttpResponse("held")


def waiting(request: HttpRequest) -> JsonResponse:
    state = waiting_of(request)
    events["entered"].set()
    left = state.gone.wait(10) if state.may_wait else None
    events["left"].set()
    return JsonResponse({"may_wait": state.may_wait, "left": left})


def database(request: HttpRequest) -> JsonResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"thread": threading.get_ident(), "connection": id(connection.connection)})


def context(request: HttpRequest) -> JsonResponse:
    before = structlog.contextvars.get_contextvars().get("left_behind")
    structlog.contextvars.bind_contextvars(left_behind="yes")
    return JsonResponse({"before": before})


urlpatterns = [
    path(f"{view.__name__}/", view)
    for view in (
        plain,
        echo,
        meta,
        headers,
        broken,
        large,
        asynchronous,
        file,
        stream,
        failing_stream,
        endless_stream,
        async_stream,
        endless_async_stream,
        held,
        database,
        context,
    )
]
urlpatterns.append(path("waiting", waiting))
