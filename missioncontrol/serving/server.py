"""The server: daphne on a socket that is already bound, with limits where daphne has none."""

from __future__ import annotations

import asyncio
import errno
import gc
import signal
import socket
from collections.abc import Callable
from typing import Any

from daphne.server import Server as DaphneServer
from daphne.ws_protocol import WebSocketFactory
from twisted.internet import defer
from twisted.internet import reactor as twisted_reactor

from missioncontrol.serving.push import PushProtocol
from missioncontrol.serving.requests import RequestFactory

GOING_AWAY = 4012
MAX_HEARD = 16 * 1024
"""Bytes of a message that a client may send over a socket: all that there is to say is how far it has read."""

reactor: Any = twisted_reactor
Hook = Callable[[], object]


class AddressInUse(Exception):
    """Somebody else listens on the address."""


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises AddressInUse, or OSError where the address is not this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise AddressInUse(f"{host}:{port}") from error
    listener.setblocking(False)
    return listener


class Server(DaphneServer):  # type: ignore[misc]
    """Serves `application` on `listener` until SIGINT or SIGTERM.

    `on_ready` is called once requests are answered, each of `on_stop` before the event loop ends, in order, on a
    thread, while sockets still work. `max_body` is in bytes.
    """

    def __init__(
        self,
        application: Any,
        listener: socket.socket,
        *,
        max_body: int,
        on_ready: Hook | None = None,
        on_stop: tuple[Hook, ...] = (),
        signal_handlers: bool = True,
        trust_proxy: bool = False,
    ) -> None:
        super().__init__(
            application,
            endpoints=["bound"],
            signal_handlers=signal_handlers,
            application_close_timeout=5,
            server_name="",
            proxy_forwarded_address_header="X-Forwarded-For" if trust_proxy else None,
            proxy_forwarded_port_header="X-Forwarded-Port" if trust_proxy else None,
            proxy_forwarded_proto_header="X-Forwarded-Proto" if trust_proxy else None,
        )
        self.listener = listener
        self.max_body = max_body
        self.on_ready = on_ready
        self.on_stop = on_stop
        self._ending = False

    def run(self) -> None:
        """Serve; returns after a clean stop."""
        self.connections: dict[Any, dict[str, Any]] = {}
        self.http_factory = RequestFactory(self)
        self.ws_factory = self._socket_factory()
        asyncio.set_event_loop(reactor._asyncioEventloop)
        reactor.callLater(1, self.application_checker)
        reactor.callLater(2, self.timeout_checker)
        reactor.addSystemEventTrigger("before", "shutdown", self._stop)
        self._port = reactor.adoptStreamPort(self.listener.fileno(), self.listener.family, self.http_factory)
        if self.signal_handlers:
            reactor.callWhenRunning(self._obey_signals)
        if self.on_ready is not None:
            reactor.callWhenRunning(self.on_ready)
        # What is loaded by now stays; the collector would stop every request to look at it again and again.
        gc.collect()
        gc.freeze()
        reactor.run(installSignalHandlers=self.signal_handlers)

    def _obey_signals(self) -> None:
        """Twisted's own handlers fail when asked twice, as by a terminal and the parent process."""
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, lambda *_: reactor.callFromThread(self._end))

    def _end(self) -> None:
        if not self._ending:
            self._ending = True
            reactor.stop()

    def _socket_factory(self) -> Any:
        factory = WebSocketFactory(self, server=None)
        factory.protocol = PushProtocol
        factory.setProtocolOptions(
            autoPingTimeout=self.ping_timeout,
            allowNullOrigin=True,
            openHandshakeTimeout=self.websocket_handshake_timeout,
            maxMessagePayloadSize=MAX_HEARD,
            maxFramePayloadSize=MAX_HEARD,
            failByDrop=False,
        )
        return factory

    @defer.inlineCallbacks
    def _stop(self) -> Any:
        """Accept nothing new, tell the sockets, run the hooks, then end what is still running."""
        yield self._port.stopListening()
        for protocol in list(self.connections):
            if hasattr(protocol, "serverClose"):
                protocol.serverClose(code=GOING_AWAY)
        for hook in self.on_stop:
            yield defer.Deferred.fromFuture(asyncio.ensure_future(asyncio.to_thread(hook)))
        yield self.kill_all_applications()

    def kill_all_applications(self) -> Any:
        """Cancel what is still running; daphne's own version fails on connections without an application."""
        running = [details.get("application_instance") for details in self.connections.values()]
        waiting = [task for task in running if task is not None and not task.done()]
        for task in waiting:
            task.cancel()
        ended = defer.Deferred.fromFuture(asyncio.gather(*waiting, return_exceptions=True))
        return ended.addErrback(lambda _: None)
