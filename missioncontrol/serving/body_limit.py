"""An ASGI wrapper that refuses bodies over the limit before anything keeps them or looks at a credential."""

from __future__ import annotations

from typing import Any

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope

from missioncontrol.serving.replies import problem, too_large


class BodyTooLarge(Exception):
    """More bytes arrived than the limit allows."""


class BodyLimit:
    """Answers 413 to a declared or counted body of more than `limit` bytes, 400 to a senseless declaration."""

    def __init__(self, application: Any, limit: int) -> None:
        self.application = application
        self.limit = limit

    async def __call__(self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Pass the request on, or refuse it."""
        declared = declared_length(scope)
        if declared is None:
            await _send(problem(400, "malformed", "Content-Length is not a number."), send)
        elif declared > self.limit:
            await _send(too_large(self.limit), send)
        else:
            await self._pass_on(scope, receive, send)

    async def _pass_on(self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        seen = 0

        async def counted() -> Any:
            nonlocal seen
            message: Any = await receive()
            seen += len(message.get("body", b""))
            if seen > self.limit:
                raise BodyTooLarge
            return message

        try:
            await self.application(scope, counted, send)
        except BodyTooLarge:
            await _send(too_large(self.limit), send)


def declared_length(scope: HTTPScope) -> int | None:
    """The declared Content-Length, 0 when none is declared, None when what is declared is no length."""
    values = {value for name, value in scope["headers"] if name == b"content-length"}
    if not values:
        return 0
    text = values.pop()
    return int(text) if not values and text.isdigit() and len(text) < 20 else None


async def _send(reply: Any, send: ASGISendCallable) -> None:
    for message in reply.messages():
        await send(message)
