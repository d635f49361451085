"""Nothing that must stay secret reaches a log line."""

from __future__ import annotations

import pytest

from missioncontrol.logs import HIDDEN, hide_secrets


@pytest.mark.parametrize(
    "name", ["authorization", "Cookie", "password", "api_key", "MC_SECRET_KEY", "lease_token", "session_key"]
)
def test_values_under_telling_names_are_hidden(name: str) -> None:
    assert hide_secrets(None, "info", {name: "hunter2", "event": "x"}) == {name: HIDDEN, "event": "x"}


@pytest.mark.parametrize(
    "text", ["key mca_AbC123_-xyz was used", "Authorization: Bearer abc.def-ghi", "mcs_0123456789"]
)
def test_keys_in_a_text_are_hidden(text: str) -> None:
    shown = hide_secrets(None, "info", {"event": text})["event"]
    assert HIDDEN in shown
    assert not any(secret in shown for secret in ("AbC123", "abc.def", "0123456789"))


def test_other_text_stays_as_it_is() -> None:
    event = {"event": "task PRJ-12 moved to done", "count": 3}
    assert hide_secrets(None, "info", dict(event)) == event
