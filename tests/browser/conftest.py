"""A project with an owner, and the owner's board."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext

from tasks.models import Project, User
from tests.agents.building import a_member, a_project
from tests.support.server import LiveServer, serving_tests

from .acting import Board, a_visitor


@pytest.fixture(scope="package")
def _server_process(django_db_setup: None, django_db_blocker: Any) -> Iterator[LiveServer]:
    """One server for all of these: starting it takes longer than most of them."""
    with serving_tests(django_db_blocker) as server:
        yield server


@pytest.fixture
def project(live_server_asgi: LiveServer) -> Project:
    return a_project("apollo")


@pytest.fixture
def ada(project: Project) -> User:
    return a_member(project, "ada", "owner")


@pytest.fixture
def visit(browser: Browser, live_server_asgi: LiveServer) -> Iterator[Callable[[User], BrowserContext]]:
    opened: list[BrowserContext] = []

    def visit_as(user: User, **options: object) -> BrowserContext:
        opened.append(a_visitor(browser, live_server_asgi, user, **options))
        return opened[-1]

    yield visit_as
    for context in opened:
        context.close()


@pytest.fixture
def open_board(project: Project, ada: User, visit: Callable[[User], BrowserContext]) -> Callable[..., Board]:
    return lambda path="": Board.open(visit(ada), project, path)
