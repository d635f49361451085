"""Who may open a WebSocket: pages of this very site, and programs that are not browsers."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
Origin = tuple[str, str, int]


class SocketGate:
    """Refuses a handshake whose Host is not ours or whose Origin is not exactly the site it connects to.

    A browser always sends an Origin and cannot be told not to; a program that sends none carries no cookies that
    it was not given, so it passes and is judged by its credential.
    """

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass the handshake on, or answer it with 403."""
        if not is_welcome(scope):
            await receive()
            await send({"type": "websocket.close", "code": 4403, "reason": "origin"})
            return
        await self.application(scope, receive, send)


async def nowhere(scope: Any, receive: Any, send: Any) -> None:
    """The socket of an address where there is none: the handshake is refused."""
    await receive()
    await send({"type": "websocket.close", "code": 4404, "reason": "no such socket"})


def is_welcome(scope: Any) -> bool:
    """Whether Host and Origin of the handshake are acceptable, each given at most once."""
    hosts = _values(scope, b"host")
    origins = _values(scope, b"origin")
    if len(hosts) != 1 or len(origins) > 1 or not host_is_ours(hosts[0]):
        return False
    return not origins or origin_is_ours(origins[0], host=hosts[0])


def host_is_ours(host: str) -> bool:
    """Whether the Host header names this installation, by the same rule as for requests."""
    domain, _ = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


def origin_is_ours(origin: str, *, host: str) -> bool:
    """Whether scheme, host and port are those of `MC_SITE_URL`, or plain those the handshake was sent to."""
    given = parse_origin(origin)
    site = parse_origin(settings.MC_SITE_URL)
    if given is None or site is None:
        return False
    # The site may be opened under another allowed name (localhost for 127.0.0.1), never with another scheme.
    return given == site or given == parse_origin(f"{site[0]}://{host}")


def parse_origin(text: str) -> Origin | None:
    """Scheme, host and port of an origin, with the scheme's own port filled in. None when it is none."""
    try:
        parts = urlsplit(text)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    plain = not (parts.username or parts.password or parts.query or parts.fragment or parts.path.strip("/"))
    if not plain or parts.scheme not in ("http", "https") or not parts.hostname or port is None:
        return None
    return parts.scheme, parts.hostname, port


def _values(scope: Any, name: bytes) -> list[str]:
    return [value.decode("latin1") for header, value in scope["headers"] if header == name]
