"""Every page, for everybody: nothing that an accessibility checker objects to, and no page that scrolls sideways."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tasks.models import Project, Task, User
from tests.support.server import LiveServer

from .everything import addresses, fill

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Visit = Callable[..., BrowserContext]
FAINT = (Path(__file__).parent / "contrast.js").read_text()
LEAST = 4.5
WIDTHS = {"touch": (360, 768), "mouse": (1440, 2560)}
REFERENCE = "/api/v1/docs"


def a_mistake_beside_chips_and_selected_cards(page: Page, task: Task) -> None:
    """What the field, the chips and the bulk bar say."""
    page.goto("/p/apollo?q=-label:later&lane=label")
    page.locator(f"#card-{task.key}").click(modifiers=["ControlOrMeta"])
    page.locator("#filter-text").fill("is:angry")
    expect(page.locator("#filter-error")).to_be_visible()
    expect(page.locator(".bulk")).to_be_visible()


def the_gate(page: Page, task: Task) -> None:
    """The dialog that asks for what a move needs."""
    page.goto(f"/p/apollo/t/{task.parent.key if task.parent else task.key}")
    page.locator(".drawer [data-move-task]").click()
    page.locator("#move-menu [role=menuitem]").filter(has_text="Blocked").click()
    expect(page.locator("#gate")).to_be_visible()


def _press(key: str, shown: str) -> Callable[[Page, Task], None]:
    def act(page: Page, _task: Task) -> None:
        page.keyboard.press(key)
        expect(page.locator(shown)).to_be_visible()

    return act


def _click(what: str, shown: str) -> Callable[[Page, Task], None]:
    def act(page: Page, _task: Task) -> None:
        page.locator(what).first.click()
        expect(page.locator(shown).first).to_be_visible()

    return act


STATES: dict[str, Callable[[Page, Task], None]] = {
    "mistake, chips, selection": a_mistake_beside_chips_and_selected_cards,
    "gate": the_gate,
    "new task": _press("c", "#new-task"),
    "palette": _press("Control+k", "#palette"),
    "keys": _press("?", "#help"),
    "views": _click("#views summary", "#views .menu-panel"),
    "bell": _click("#bell summary", "#bell-panel"),
    "projects": _click(".topbar .switcher", ".topbar .menu-panel"),
    "card menu": _click(".card-menu", "#move-menu"),
}
"""What can open on the board, and how."""


@pytest.fixture
def task(project: Project, ada: User) -> Task:
    return fill(project, ada)


def axe(page: Page) -> list[str]:
    """What the checker objects to on the page as it is now, with the place."""
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"]]


def complaints(page: Page) -> list[str]:
    """The same, and every text that is hard to read, which the checker leaves open where colours are mixed."""
    return axe(page) + list(page.evaluate(FAINT, LEAST))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_anything_a_checker_objects_to(
    project: Project, task: Task, ada: User, visit: Visit, theme: str
) -> None:
    page = visit(ada, color_scheme=theme, reduced_motion="reduce").new_page()
    wrong = {}
    for address in addresses(project, task):
        page.goto(address)
        if address == REFERENCE:
            expect(page.locator(".opblock").first).to_be_visible()
        wrong[address] = complaints(page)
    assert {address: found for address, found in wrong.items() if found} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_neither_has_a_page_of_somebody_signed_out(
    browser: Browser, live_server_asgi: LiveServer, theme: str
) -> None:
    context = browser.new_context(base_url=live_server_asgi.url, color_scheme=theme)
    page = context.new_page()
    wrong = {}
    for address in ("/sign-in", "/sign-in/used-up", "/p/apollo"):
        page.goto(address)
        wrong[address] = complaints(page)
    context.close()
    assert {address: found for address, found in wrong.items() if found} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_neither_has_the_administration(
    project: Project, task: Task, ada: User, visit: Visit, theme: str
) -> None:
    User.objects.filter(pk=ada.pk).update(is_staff=True, is_superuser=True)
    page = visit(ada, color_scheme=theme).new_page()
    agent = project.agents.earliest("created_at")
    forms = (f"tasks/task/{task.pk}/change", f"agents/agent/{agent.pk}/change", f"tasks/user/{ada.pk}/change")
    lists = ("tasks/task", "tasks/event", "tasks/user", "agents/agent", "agents/approval")
    wrong = {}
    for place in ("", *(f"{each}/" for each in (*lists, *forms))):
        page.goto(f"/admin/{place}")
        expect(page.locator("#user-tools")).to_be_visible()
        wrong[place] = axe(page)
    assert {place: found for place, found in wrong.items() if found} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_neither_has_the_reference_of_the_api_where_it_is_tried(
    project: Project, ada: User, visit: Visit, theme: str
) -> None:
    page = visit(ada, color_scheme=theme).new_page()
    page.goto(f"{REFERENCE}#operations-tasks-transition_task")
    for name in ("transition_task", "list_tasks"):
        operation = page.locator(f"#operations-tasks-{name}")
        operation.locator(".opblock-summary-control").click()
        operation.get_by_role("button", name="Try it out").click()
        expect(operation.get_by_role("button", name="Execute")).to_be_visible()
    assert axe(page) == []
    page.get_by_role("button", name="Authorize").click()
    expect(page.get_by_role("heading", name="Available authorizations")).to_be_visible()
    assert axe(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_that_opens_on_the_board_has_anything_a_checker_objects_to(
    project: Project, task: Task, ada: User, visit: Visit, theme: str
) -> None:
    page = visit(ada, color_scheme=theme, reduced_motion="reduce").new_page()
    wrong = {}
    for name, act in STATES.items():
        page.goto(f"/p/{project.slug}")
        expect(page.locator("body[data-ready]")).to_be_attached()
        act(page, task)
        wrong[name] = complaints(page)
    assert {name: found for name, found in wrong.items() if found} == {}


@pytest.mark.parametrize("pointer", WIDTHS)
def test_no_page_scrolls_sideways(
    project: Project, task: Task, ada: User, visit: Visit, pointer: str
) -> None:
    page = visit(ada, has_touch=pointer == "touch").new_page()
    wide = {}
    for address in addresses(project, task):
        page.goto(address)
        for width in WIDTHS[pointer]:
            page.set_viewport_size({"width": width, "height": 900})
            over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            wide[f"{address} at {width}"] = over
    assert {place: over for place, over in wide.items() if over > 0} == {}
