"""Settings that contradict each other are refused, each under its own id."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from missioncontrol.checks import check_settings, is_local

pytestmark = pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
FINE: dict[str, Any] = {
    "MC_DATABASE_URL": "",
    "MC_REDIS_URL": "",
    "MC_BIND": "127.0.0.1",
    "MC_SITE_URL": "http://127.0.0.1:8000",
    "DEBUG": False,
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz",
    "ALLOWED_HOSTS": ["localhost"],
    "CHANNEL_LAYERS": {"default": {"BACKEND": "missioncontrol.embedded.layer.LoopChannelLayer"}},
}
PUBLIC = {"MC_BIND": "0.0.0.0", "MC_SITE_URL": "https://board.example.org"}
REDIS_LAYER = {"default": {"BACKEND": "channels_redis.core.RedisChannelLayer"}}


def found(**changes: Any) -> set[str]:
    with override_settings(**{**FINE, **changes}):
        return {str(message.id) for message in check_settings()}


def test_the_defaults_are_fine() -> None:
    assert found() == set()
    assert found(**PUBLIC) == set()


def test_a_container_opened_on_this_machine_needs_no_https() -> None:
    assert found(MC_BIND="0.0.0.0", MC_SITE_URL="http://localhost:8000") == set()


def pool(size: int) -> dict[str, Any]:
    options = {"OPTIONS": {"pool": {"max_size": size}}}
    return {
        "default": {**settings.DATABASES["default"], "ENGINE": "django.db.backends.postgresql", **options}
    }


@pytest.mark.parametrize(
    ("expected", "changes"),
    [
        ("mc.E001", {"MC_REDIS_URL": "redis://r/0", "CHANNEL_LAYERS": REDIS_LAYER}),
        ("mc.E004", {"MC_PORT": 0}),
        ("mc.E004", {"MC_PORT": 65536}),
        ("mc.E005", {**PUBLIC, "DEBUG": True}),
        ("mc.E006", {**PUBLIC, "SECRET_KEY": "changeme"}),
        ("mc.E006", {**PUBLIC, "SECRET_KEY": "x" * 50}),
        ("mc.W006", {"SECRET_KEY": "changeme"}),
        ("mc.E007", {**PUBLIC, "ALLOWED_HOSTS": ["*"]}),
        ("mc.W007", {"ALLOWED_HOSTS": ["*"]}),
        ("mc.W008", {**PUBLIC, "MC_SITE_URL": "http://board.example.org"}),
        ("mc.E009", {"MC_HTTP_THREADS": 0}),
        ("mc.E010", {"MC_MAX_BODY": 10}),
        ("mc.E012", {"MC_SITE_URL": "board.example.org"}),
        ("mc.E012", {"MC_SITE_URL": "https://board.example.org/path"}),
    ],
)
def test_a_contradiction_is_refused(expected: str, changes: dict[str, Any]) -> None:
    assert found(**changes) == {expected}


def test_an_in_memory_layer_with_redis_is_refused() -> None:
    assert "mc.E002" in found(MC_REDIS_URL="redis://r/0", MC_DATABASE_URL="postgres://r/x")


def test_an_address_of_something_else_is_refused() -> None:
    assert found(MC_REDIS_URL="http://r/0", MC_DATABASE_URL="postgres://r/x", CHANNEL_LAYERS=REDIS_LAYER) == {
        "mc.E003"
    }


def test_a_connection_pool_smaller_than_the_threads_is_refused() -> None:
    with override_settings(DATABASES=pool(8)):
        assert found(MC_HTTP_THREADS=8) == {"mc.E011"}
        assert found(MC_HTTP_THREADS=7) == set()


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("board", False)],
)
def test_only_loopback_is_local(host: str, local: bool) -> None:
    assert is_local(host) is local
