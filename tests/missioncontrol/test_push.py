"""The short way out to sockets: the same bytes as the long one, in the same order, whatever the kernel takes."""

from __future__ import annotations

from typing import Any

import pytest
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from missioncontrol.serving.push import framed, write


class Kernel:
    """A transport as Twisted's, whose kernel takes at most `takes` bytes at a time (None: the peer is gone)."""

    def __init__(self, takes: int | None, *, buffered: bytes = b"") -> None:
        self.takes = takes
        self.connected, self.disconnecting = True, False
        self._tempDataLen = 0
        self.dataBuffer, self.offset = buffered, 0
        self.sent, self.queued = b"", buffered

    def writeSomeData(self, data: bytes) -> Any:
        if self.takes is None:
            return ConnectionError("gone")
        self.sent += data[: self.takes]
        return min(len(data), self.takes)

    def write(self, data: bytes) -> None:
        self.queued += data
        self._tempDataLen += len(data)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 300_000])
def test_a_frame_is_what_any_client_reads(size: int) -> None:
    text = "ü" * (size // 2) + "x" * (size % 2)
    reader = StreamReader()
    reader.feed_data(framed(text))
    parsing = Frame.parse(reader.read_exact, mask=False, max_size=None)
    with pytest.raises(StopIteration) as done:
        next(parsing)
    frame = done.value.value
    assert (frame.opcode, frame.fin, bytes(frame.data).decode()) == (Opcode.TEXT, True, text)


def test_one_text_is_framed_once() -> None:
    text = "the same for everybody"
    assert framed(text) is framed(text)


def test_nothing_waiting_goes_straight_to_the_kernel() -> None:
    transport = Kernel(takes=100)
    write(transport, b"hello")
    assert (transport.sent, transport.queued) == (b"hello", b"")


def test_what_the_kernel_does_not_take_waits_and_what_follows_waits_behind_it() -> None:
    transport = Kernel(takes=2)
    write(transport, b"hello")
    write(transport, b"world")
    assert (transport.sent, transport.queued) == (b"he", b"lloworld")


def test_a_full_buffer_is_never_overtaken() -> None:
    transport = Kernel(takes=100, buffered=b"first")
    write(transport, b"second")
    assert (transport.sent, transport.queued) == (b"", b"firstsecond")


def test_a_lost_connection_is_left_to_the_ordinary_way() -> None:
    transport = Kernel(takes=None)
    write(transport, b"hello")
    assert transport.queued == b"hello"


@pytest.mark.parametrize(("connected", "disconnecting"), [(False, False), (True, True)])
def test_a_closing_connection_gets_nothing_past_its_queue(connected: bool, disconnecting: bool) -> None:
    transport = Kernel(takes=100)
    transport.connected, transport.disconnecting = connected, disconnecting
    write(transport, b"late")
    assert transport.sent == b""
