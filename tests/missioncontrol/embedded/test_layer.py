"""The channel layer of the one process: any thread may speak, the loop of the sockets hears at once."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from asgiref.sync import async_to_sync

from missioncontrol.embedded.layer import LoopChannelLayer


@pytest.fixture
def layer() -> LoopChannelLayer:
    return LoopChannelLayer(capacity=3)


async def test_a_message_from_another_thread_arrives_at_once(layer: LoopChannelLayer) -> None:
    channel = await layer.new_channel()
    await layer.group_add("board", channel)
    waiting = asyncio.create_task(layer.receive(channel))
    await asyncio.sleep(0)
    sent: list[float] = []

    def speak() -> None:
        sent.append(time.monotonic())
        async_to_sync(layer.group_send)("board", {"type": "moved", "seq": 7})

    thread = threading.Thread(target=speak)
    thread.start()
    assert await asyncio.wait_for(waiting, 2) == {"type": "moved", "seq": 7}
    assert time.monotonic() - sent[0] < 0.5
    thread.join()


async def test_a_message_to_one_channel_arrives_from_any_thread(layer: LoopChannelLayer) -> None:
    channel = await layer.new_channel()
    waiting = asyncio.create_task(layer.receive(channel))
    await asyncio.sleep(0)
    await asyncio.to_thread(async_to_sync(layer.send), channel, {"type": "hello"})
    assert await asyncio.wait_for(waiting, 2) == {"type": "hello"}


async def test_messages_keep_their_order(layer: LoopChannelLayer) -> None:
    channel = await layer.new_channel()
    await layer.group_add("board", channel)

    def speak() -> None:
        for number in range(3):
            async_to_sync(layer.group_send)("board", {"type": "moved", "seq": number})

    await asyncio.to_thread(speak)
    got = [await asyncio.wait_for(layer.receive(channel), 2) for _ in range(3)]
    assert [message["seq"] for message in got] == [0, 1, 2]


async def test_a_full_channel_costs_its_own_messages_and_nobody_elses(layer: LoopChannelLayer) -> None:
    slow, quick = await layer.new_channel(), await layer.new_channel()
    await layer.group_add("board", slow)
    await layer.group_add("board", quick)

    def speak() -> None:
        async_to_sync(layer.group_send)("board", {"type": "moved"})

    for _ in range(5):
        await asyncio.to_thread(speak)
        assert await asyncio.wait_for(layer.receive(quick), 2) == {"type": "moved"}


def test_a_new_loop_takes_over_from_one_that_ended(layer: LoopChannelLayer) -> None:
    async def first() -> None:
        channel = await layer.new_channel()
        await layer.group_add("board", channel)

    async def second() -> object:
        channel = await layer.new_channel()
        await layer.group_add("board", channel)
        waiting = asyncio.create_task(layer.receive(channel))
        await asyncio.sleep(0)
        await layer.group_send("board", {"type": "moved"})
        return await asyncio.wait_for(waiting, 2)

    asyncio.run(first())
    async_to_sync(layer.group_send)("board", {"type": "lost"})
    assert asyncio.run(second()) == {"type": "moved"}
