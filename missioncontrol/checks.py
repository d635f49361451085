"""System checks that refuse settings which contradict each other. Errors stop every command that serves."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

SECRET_LENGTH = 32


@register()
def check_settings(**_: Any) -> list[CheckMessage]:
    """Every contradiction found in the settings."""
    return [*_services(), *_exposure(), *_numbers(), *_site()]


def _services() -> Iterator[CheckMessage]:
    if settings.MC_REDIS_URL and not settings.MC_DATABASE_URL:
        yield Error(
            "MC_REDIS_URL is set without MC_DATABASE_URL.",
            hint="Several processes need PostgreSQL: set MC_DATABASE_URL too, or unset MC_REDIS_URL.",
            id="mc.E001",
        )
    layer = settings.CHANNEL_LAYERS["default"]["BACKEND"]
    if settings.MC_REDIS_URL and "embedded" in layer:
        yield Error("The in-memory channel layer cannot join several processes.", id="mc.E002")
    if settings.MC_REDIS_URL and not settings.MC_REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
        yield Error("MC_REDIS_URL is no Redis address.", hint="redis://host:6379/0", id="mc.E003")


def _exposure() -> Iterator[CheckMessage]:
    public = not is_local(settings.MC_BIND)
    if settings.DEBUG and public:
        yield Error("MC_DEBUG shows the settings to anyone who reaches MC_BIND.", id="mc.E005")
    if len(settings.SECRET_KEY) < SECRET_LENGTH or len(set(settings.SECRET_KEY)) < 8:
        yield (Error if public else Warning)(
            f"MC_SECRET_KEY is shorter than {SECRET_LENGTH} characters or too plain.",
            hint="Leave it unset to have one made in the data folder.",
            id="mc.E006" if public else "mc.W006",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield (Error if public else Warning)(
            "MC_ALLOWED_HOSTS accepts every host.", id="mc.E007" if public else "mc.W007"
        )
    site = urlsplit(settings.MC_SITE_URL)
    if public and site.scheme != "https" and not is_local(site.hostname or ""):
        yield Warning("The site is public without https: set MC_SITE_URL to its https address.", id="mc.W008")


def _numbers() -> Iterator[CheckMessage]:
    if not 0 < settings.MC_PORT < 65536:
        yield Error("MC_PORT must be between 1 and 65535.", id="mc.E004")
    if settings.MC_HTTP_THREADS < 1 or settings.MC_WAIT_THREADS < 1:
        yield Error("MC_HTTP_THREADS and MC_WAIT_THREADS must be at least 1.", id="mc.E009")
    if settings.MC_MAX_BODY < 1024:
        yield Error("MC_MAX_BODY must be at least 1024 bytes.", id="mc.E010")
    pool = settings.DATABASES["default"].get("OPTIONS", {}).get("pool", {})
    if pool and pool["max_size"] <= settings.MC_HTTP_THREADS:
        yield Error(
            "MC_DATABASE_POOL must be larger than MC_HTTP_THREADS.",
            hint="Each thread keeps a connection; sockets, waiting requests and jobs share the rest.",
            id="mc.E011",
        )


def _site() -> Iterator[CheckMessage]:
    parts = urlsplit(settings.MC_SITE_URL)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path:
        yield Error("MC_SITE_URL must be like https://board.example.org, without a path.", id="mc.E012")


def is_local(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
