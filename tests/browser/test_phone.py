"""On a phone: nothing scrolls sideways, and what is pressed is large enough for a thumb."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from agents.queries.credentials import agent_actor
from agents.services.claims import claim
from missioncontrol.kernel.api.authentication import person
from tasks.models import Project, Task, User
from tasks.services.views import save_view
from tests.agents.building import an_agent
from tests.support.server import LiveServer

from .acting import a_task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Visit = Callable[..., BrowserContext]
THUMB_PX = 44
# A card's link covers the whole card, that of a line of the feed the line; the skip link is for keyboards;
# prose flows as its author wrote it.
SMALL = """(least) => [...document.querySelectorAll("a, button, input, select, textarea, summary")]
  .filter((one) => !one.matches(".card-link, .feed-task, .skip, .sr") && !one.closest(".prose"))
  .map((one) => [one.getAttribute("aria-label") || one.textContent.trim() || one.name, one.getBoundingClientRect()])
  .filter(([, box]) => box.width && box.height && Math.min(box.width, box.height) < least - 0.5)
  .map(([name]) => name)"""


@pytest.fixture
def task(project: Project, ada: User) -> Task:
    scout, _ = an_agent(project, "scout", name="Scout")
    made = a_task(
        project, ada, "A title that is long enough for two lines on a small phone", labels=["river"]
    )
    claim(actor=agent_actor(scout, None), task_ref=made.key)
    return made


@pytest.fixture
def phone(visit: Visit, ada: User) -> Page:
    size = {"width": 360, "height": 740}
    return visit(ada, viewport=size, has_touch=True, is_mobile=True).new_page()


def expect_fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.evaluate(SMALL, THUMB_PX) == []


PATHS = [
    "",
    "?q=title+label:river&lane=agent",
    "/t/{key}",
    "/t/{key}/thread",
    "/t/{key}/approvals",
    "/t/{key}/why",
    "/agents",
    "/agents/scout",
    "/feed",
]


@pytest.mark.parametrize("path", PATHS)
def test_a_page_fits_a_phone(project: Project, task: Task, phone: Page, path: str) -> None:
    phone.goto(f"/p/apollo{path.format(key=task.key)}")
    expect(phone.locator("body[data-ready]")).to_be_attached()

    expect_fits(phone)


def test_editing_fits_a_phone(project: Project, task: Task, phone: Page) -> None:
    phone.goto(f"/p/apollo/t/{task.key}")
    expect(phone.locator("body[data-ready]")).to_be_attached()
    for name in ("Edit title", "Edit description", "Edit due date", "Assign somebody"):
        phone.get_by_role("button", name=name).tap()
    expect(phone.locator(".edit-form")).to_have_count(4)

    expect_fits(phone)


def test_views_and_the_selections_bar_fit_a_phone(
    project: Project, ada: User, task: Task, phone: Page
) -> None:
    save_view(
        actor=person(ada), project=project, name="A name that is long enough for two lines", query="title"
    )
    phone.goto("/p/apollo")
    expect(phone.locator("body[data-ready]")).to_be_attached()
    phone.get_by_role("button", name=f"Move {task.key}").tap()
    phone.get_by_role("menuitem", name="Select").tap()
    phone.locator("#views > summary").tap()
    expect(phone.locator("#bulk")).to_be_visible()
    expect(phone.get_by_role("button", name="Edit A name")).to_be_visible()

    expect_fits(phone)


@pytest.mark.parametrize("name", ["Reassign", "Cancel"])
def test_a_dialog_fits_a_phone(project: Project, task: Task, phone: Page, name: str) -> None:
    phone.goto("/p/apollo/agents")
    expect(phone.locator("body[data-ready]")).to_be_attached()
    phone.get_by_role("button", name=f"{name} {task.key}").tap()
    expect(phone.get_by_role("dialog")).to_be_visible()

    expect_fits(phone)


def test_a_missing_page_fits_a_phone(project: Project, phone: Page, live_server_asgi: LiveServer) -> None:
    phone.goto("/nowhere")

    expect(phone.get_by_role("heading", name="There is nothing here")).to_be_visible()
    expect_fits(phone)
