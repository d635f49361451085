"""The hub hears notes, and nonsense does not silence it."""

from __future__ import annotations

from uuid import uuid4

import pytest

from notifications.live.hub import Hub


@pytest.mark.parametrize(
    "data", [b"", b"nonsense", b'"text"', b"[1]", b'{"project": 5}', b'{"project": "x"}', b"null"]
)
async def test_nonsense_on_the_channel_is_passed_over(data: bytes) -> None:
    Hub()._hear(data)


async def test_a_note_about_a_project_nobody_watches_does_nothing() -> None:
    hub = Hub()
    hub._hear(b'{"project": "%s"}' % str(uuid4()).encode())
    assert hub.feeds == {}
