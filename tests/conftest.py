"""Fixtures for every test: the database between tests, a real server, a real browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, sync_playwright

from tests.support.flushing import flush_despite_triggers
from tests.support.server import LiveServer, serving_tests

CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first that is installed is taken: the shell is the same engine without windows, in half the time."""
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


LONGEST_FIRST = ("browser", "hostile", "missioncontrol", "admin")
"""Folders whose files take long: begun last, one of them would keep one process busy after the others have ended."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest; each file's own order stays."""
    here = Path(__file__).parent
    items.sort(key=lambda item: item.path.relative_to(here).parts[0] not in LONGEST_FIRST)


@pytest.fixture(scope="session", autouse=True)
def _flush_despite_triggers() -> Iterator[None]:
    with flush_despite_triggers():
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings_xdist_suffix() -> None:
    """The settings already give each process of a parallel run a database that its servers find too."""


@pytest.fixture(autouse=True)
def _services(request: pytest.FixtureRequest) -> None:
    """A test that needs PostgreSQL and Redis fails where they are not, so that nobody takes it for passed."""
    if request.node.get_closest_marker("services"):
        assert settings.MC_DATABASE_URL, "this test needs PostgreSQL: set MC_DATABASE_URL"
        assert settings.MC_REDIS_URL, "this test needs Redis: set MC_REDIS_URL"


@pytest.fixture(scope="module")
def _server_process(django_db_setup: None, django_db_blocker: Any) -> Iterator[LiveServer]:
    with serving_tests(django_db_blocker) as server:
        yield server


@pytest.fixture
def live_server_asgi(transactional_db: None, _server_process: LiveServer) -> LiveServer:
    """The real server with its jobs, in a process of its own, on the test's database."""
    _server_process.check()
    return _server_process


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. Open pages through `browser.new_context()`; one launch serves a whole module."""
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    assert path, "browser tests need Chromium: apt-get install chromium"
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    # Playwright leaves its event loop marked as running on this thread, where tests use the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield launched
        launched.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
