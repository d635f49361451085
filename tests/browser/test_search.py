"""Finding things in a browser: typed, walked by keys, kept in the address, and live."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from missioncontrol.kernel.api.authentication import person
from tasks.models import Project, User
from tasks.services.thread import post_message
from tests.agents.building import an_agent

from .acting import Board, a_task, moved

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Board]
HOSTILE = '"><img src=x onerror=window.harmed=1><script>window.harmed=1</script> pump'


def test_results_come_while_typing_and_the_address_keeps_the_search(
    project: Project, ada: User, open_board: Open
) -> None:
    task = a_task(project, ada, "Mend the pump")
    a_task(project, ada, "Paint the fence")
    board = open_board()
    page = board.page
    page.keyboard.press("g")
    page.keyboard.press("/")
    expect(page.get_by_role("heading", name="What can be found")).to_be_visible()

    page.get_by_role("searchbox", name="Search").press_sequentially("pum")

    expect(page.locator(".hit")).to_have_count(1)
    expect(page.locator(".hit mark")).to_have_text("pump")
    expect(page.locator("#search-said")).to_have_text("1 found")
    expect(page).to_have_url(f"{page.url.split('/p/')[0]}/p/apollo/search?q=pum")
    page.reload()
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("pum")
    page.get_by_role("searchbox", name="Search").press("ArrowDown")
    expect(page.locator(".hit")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("searchbox", name="Search")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#drawer-title")).to_have_text(task.title)
    assert board.complaints == []


def test_a_mistake_is_explained_where_it_is_made_and_goes_when_it_is_mended(
    project: Project, ada: User, open_board: Open
) -> None:
    moved(a_task(project, ada, "Mend the pump"), ada, "blocked", reason="No parts")
    page = open_board("/search").page
    field = page.get_by_role("searchbox", name="Search")

    field.fill("pump status:blokced")
    expect(page.locator(".note-bad")).to_contain_text("There is no status “blokced”")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#search-said")).to_contain_text("at character 6")
    field.fill("pump status:blocked")

    expect(page.locator(".hit")).to_have_count(1)
    expect(field).to_have_attribute("aria-invalid", "false")
    field.fill("elephant")
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()


def test_what_is_written_elsewhere_appears_and_focus_stays(
    project: Project, ada: User, open_board: Open
) -> None:
    first = a_task(project, ada, "Mend the pump")
    page = open_board("/search?q=pump").page
    expect(page.locator(".hit")).to_have_count(1)
    page.keyboard.press("Escape")
    page.get_by_role("searchbox", name="Search").press("ArrowDown")

    post_message(actor=person(ada), task=first, content="The pump drips again")

    expect(page.locator(".hit")).to_have_count(2)
    expect(page.locator(".hit", has_text="drips again")).to_be_visible()
    expect(page.locator(":focus")).to_have_class("hit")


def test_the_kind_narrows_and_a_suggestion_leads_on(project: Project, ada: User, open_board: Open) -> None:
    an_agent(project, "pumper", name="Pumper")
    a_task(project, ada, "Mend the pump", labels=["pumps"])
    page = open_board("/search?q=pump").page
    expect(page.locator(".hit")).to_have_count(2)

    page.get_by_label("Kind").select_option("agent")
    expect(page.locator(".hit")).to_have_count(1)
    expect(page.locator(".hit-title")).to_contain_text("Pumper")
    page.get_by_label("Kind").select_option("")
    expect(page.locator(".hit")).to_have_count(2)
    page.get_by_role("link", name="label:pumps").click()

    expect(page.get_by_role("searchbox", name="Search")).to_have_value("label:pumps")
    expect(page.locator(".hit-title")).to_have_text([re.compile("Mend the pump$")])


def test_hostile_text_is_shown_as_text(project: Project, ada: User, open_board: Open) -> None:
    task = a_task(project, ada, HOSTILE, description=HOSTILE)
    post_message(actor=person(ada), task=task, content=HOSTILE)
    board = open_board("/search?q=pump")

    expect(board.page.locator(".hit")).to_have_count(2)
    expect(board.page.locator(".hit-title").first).to_contain_text("<script>")
    board.page.get_by_role("searchbox", name="Search").fill(HOSTILE[:60])
    expect(board.page.locator(".hit")).to_have_count(2)

    assert board.page.evaluate("window.harmed") is None
    assert board.complaints == []


@pytest.mark.parametrize("width", [360, 768, 1440, 2560])
def test_the_page_never_scrolls_sideways(
    project: Project, ada: User, visit: Callable[..., BrowserContext], width: int
) -> None:
    a_task(
        project, ada, "x" * 200 + " pump", description="y" * 3000 + " pump", labels=["pumping-" + "z" * 40]
    )
    page = visit(ada, viewport={"width": width, "height": 800}).new_page()
    for q in ("", "pump", "elephant", "status:nothing"):
        page.goto(f"/p/apollo/search?q={q}")
        expect(page.locator("body[data-ready]")).to_be_attached()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), q
