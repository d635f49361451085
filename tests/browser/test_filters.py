"""The search field, its menus and its chips: one text in the address, and a mistake leaves the board as it was."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from tasks.models import Project, User
from tests.agents.building import an_agent

from .acting import Board, a_task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Board]


def test_a_mistake_is_told_under_the_field_and_the_board_stays(
    project: Project, ada: User, open_board: Open
) -> None:
    red, _ = a_task(project, ada, "Red pump", labels=["red"]), a_task(project, ada, "Plain pump")
    board = open_board()
    page = board.page
    field = page.get_by_role("searchbox", name="Search and filter the board")

    page.keyboard.press("/")
    page.keyboard.type("pump label:red")
    board.expect_order("ready", [red.key])
    assert page.url.endswith(f"/p/{project.slug}?q=pump+label%3Ared")

    field.fill("pump is:angry")
    error = page.locator("#filter-error")
    expect(error).to_contain_text("Character 9: expected one of blocked")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    board.expect_order("ready", [red.key])
    assert page.url.endswith("?q=pump+label%3Ared")

    field.fill("pump")
    expect(error).to_be_hidden()
    expect(page.locator("#column-ready .card")).to_have_count(2)
    assert not board.complaints


def test_menus_switches_and_chips_write_one_text(project: Project, ada: User, open_board: Open) -> None:
    agent, _ = an_agent(project)
    hers = a_task(project, ada, "Red pump", labels=["red"], agents=[agent], users=[ada])
    a_task(project, ada, "Plain pump", labels=["blue"])
    board = open_board("?q=pump")
    page = board.page
    field = page.locator("#filter-text")

    page.get_by_role("combobox", name="Label").select_option("red")
    expect(field).to_have_value("pump label:red")
    page.locator("label.toggle", has_text="Mine").click()
    expect(field).to_have_value("pump label:red is:mine")
    board.expect_order("assigned", [hers.key])
    page.get_by_role("combobox", name="Label").select_option("blue")
    expect(field).to_have_value("pump is:mine label:blue")
    board.expect_order("assigned", [])

    page.get_by_role("link", name="Remove label:blue").click()
    expect(field).to_have_value("pump is:mine")
    expect(page.get_by_role("combobox", name="Label")).to_have_value("")
    board.expect_order("assigned", [hers.key])
    page.locator("label.toggle", has_text="Mine").click()
    expect(field).to_have_value("pump")
    page.get_by_role("link", name="Clear").click()
    expect(page.locator("#terms")).to_be_hidden()
    expect(page.locator(".card")).to_have_count(2)
    assert page.url.endswith(f"/p/{project.slug}")
    assert not board.complaints


def test_a_narrowed_board_follows_what_others_do(project: Project, ada: User, open_board: Open) -> None:
    board = open_board("?q=label:red")
    a_task(project, ada, "Plain")
    red = a_task(project, ada, "Red", labels=["red"])
    board.expect_order("ready", [red.key])


def test_what_was_typed_survives_an_expired_session(project: Project, ada: User, open_board: Open) -> None:
    board = open_board()
    Session.objects.all().delete()
    board.page.locator("#filter-text").fill("label:red")
    board.page.wait_for_url("**/sign-in?next=*")
    assert board.page.url.endswith(f"?next={quote(f'/p/{project.slug}?q=label%3Ared', safe='')}")


@pytest.mark.parametrize("width", [360, 2560])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_chips_and_mistakes_fit_the_page(
    project: Project, ada: User, visit: Callable[..., object], width: int, scheme: str
) -> None:
    a_task(project, ada)
    context = visit(ada, viewport={"width": width, "height": 800}, color_scheme=scheme)
    terms = "+".join(f"-label:something-rather-long-{n}" for n in range(9))
    board = Board.open(context, project, f"?q={terms}")  # type: ignore[arg-type]
    board.page.locator("#filter-text").fill("is:angry")
    expect(board.page.locator("#filter-error")).to_be_visible()
    assert board.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
