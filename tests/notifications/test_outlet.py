"""One socket's way out: what was offered arrives in order, and a client that does not read is cut off."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from notifications.live.frames import Batch, Pictures
from notifications.live.outlet import BUDGET_MESSAGES, TOO_SLOW, Outlet
from tasks.models import Event


class Wire:
    """Collects what was sent."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)


async def test_frames_arrive_in_order_and_the_close_comes_last() -> None:
    wire = Wire()
    outlet = Outlet(wire.send)
    writer = asyncio.ensure_future(outlet.write())
    outlet.offer("a", 1)
    outlet.offer("b")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    outlet.close(4401)
    outlet.offer("late", 2)
    await writer
    assert [message.get("text") for message in wire.sent] == ["a", "b", None]
    assert (wire.sent[-1]["type"], wire.sent[-1]["code"]) == ("websocket.close", 4401)


async def test_a_client_may_owe_the_whole_budget_and_not_one_message_more() -> None:
    outlet = Outlet(Wire().send)
    for seq in range(1, BUDGET_MESSAGES + 1):
        outlet.offer("x", seq)
    assert outlet.close_code is None
    outlet.ack(10)
    for seq in range(BUDGET_MESSAGES + 1, BUDGET_MESSAGES + 11):
        outlet.offer("x", seq)
    assert outlet.close_code is None
    outlet.offer("x", 999)
    assert outlet.close_code == TOO_SLOW


async def test_a_mebibyte_unacknowledged_is_too_much_but_one_large_frame_is_not() -> None:
    outlet = Outlet(Wire().send)
    outlet.offer("x" * 2_000_000, 1)
    assert outlet.close_code is None
    outlet.offer("x", 2)
    assert outlet.close_code == TOO_SLOW


async def test_waiting_for_room_ends_with_the_acknowledgement_or_the_connection() -> None:
    outlet = Outlet(Wire().send)
    for seq in range(1, 200):
        outlet.offer("x", seq)
    waiting = asyncio.ensure_future(outlet.room(5))
    await asyncio.sleep(0)
    assert not waiting.done()
    outlet.ack(100)
    await waiting
    assert outlet.close_code is None
    for seq in range(200, 300):
        outlet.offer("x", seq)
    await outlet.room(0.01)
    assert outlet.close_code == TOO_SLOW


@pytest.mark.parametrize("cards", [True, False])
def test_a_batch_is_encoded_once_for_all_who_read_it(cards: bool) -> None:
    event = Event(seq=3, type="task.moved", target_type="task", target_id="t", payload="{}")
    batch = Batch([event], Pictures({"t": {"html": "<article>"}}))
    assert batch.text(cards=cards) is batch.text(cards=cards)
    assert ("<article>" in batch.text(cards=cards)) is cards


def test_a_card_goes_with_the_last_event_that_touches_it() -> None:
    events = [
        Event(seq=seq, type="task.moved", target_type="task", target_id=target, payload="{}")
        for seq, target in enumerate(["a", "b", "a"], start=1)
    ]
    batch = Batch(events, Pictures({"a": {"key": "A"}, "b": {"key": "B"}}))
    messages: list[dict[str, Any]] = [{"seq": event.seq} for event in events]
    batch._attach(messages)
    assert [message.get("card") for message in messages] == [None, {"key": "B"}, {"key": "A"}]
    assert [event.seq for event in batch.after(1).events] == [2, 3]
