"""Lanes in a browser: cut from the menu, kept by every move, with what dropping into another lane does said."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from missioncontrol.kernel.api.authentication import person
from tasks.models import Project, SavedView, Task, User
from tasks.services.tasks import edit_task
from tests.agents.building import an_agent

from .acting import Board, a_task, status_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Board]


def expect_column(page: Page, status: str, parts: list[str]) -> None:
    """Heads by title and cards by key, from the top."""
    found = page.locator(f"#column-{status} :is(.lane-head .clip, .card .card-key)")
    expect(found).to_have_text(parts)


def test_lanes_are_cut_saved_and_kept_by_moves(project: Project, ada: User, open_board: Open) -> None:
    agent, _ = an_agent(project)
    urgent, calm = a_task(project, ada, "Urgent", priority=1), a_task(project, ada, "Calm", priority=4)
    theirs = a_task(project, ada, "Theirs", priority=4, agents=[agent])
    board = open_board()
    page = board.page

    page.get_by_role("combobox", name="Lanes").select_option("priority")
    expect_column(page, "ready", ["Critical", urgent.key, "Low", calm.key])
    assert page.url.endswith("?lane=priority")
    page.keyboard.press("v")
    page.get_by_role("button", name="Save this view…").click()
    page.get_by_label("Name").fill("By priority")
    page.get_by_role("button", name="Save view").click()
    board.toast("View saved")
    assert (SavedView.objects.get().lane, SavedView.objects.get().query) == ("priority", "")

    board.drag(calm, "ready", below=50)
    board.toast("A card stays in its lane")
    expect_column(page, "ready", ["Critical", urgent.key, "Low", calm.key])
    board.drag(calm, "inbox")
    expect_column(page, "inbox", ["Low", calm.key])
    expect_column(page, "ready", ["Critical", urgent.key])
    assert status_of(calm) == "inbox"
    expect_column(page, "assigned", ["Low", theirs.key])
    edit_task(actor=person(ada), task=Task.objects.get(pk=theirs.pk), changes={"priority": 2})
    expect_column(page, "assigned", ["High", theirs.key])

    page.get_by_role("combobox", name="Lanes").select_option("")
    expect(page.locator(".lane-head")).to_have_count(0)
    assert page.url.endswith(f"/p/{project.slug}")
    assert not board.complaints


def test_a_card_is_carried_over_lanes_by_keyboard(project: Project, ada: User, open_board: Open) -> None:
    low, high = a_task(project, ada, "Low", priority=4), a_task(project, ada, "High", priority=2)
    board = open_board("?lane=priority")
    page = board.page
    expect_column(page, "ready", ["High", high.key, "Low", low.key])
    board.card(high).locator(".card-link").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#announcer")).to_contain_text("Lane Low")
    page.keyboard.press("Space")
    board.toast("A card stays in its lane")
    expect_column(page, "ready", ["High", high.key, "Low", low.key])


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1440, "dark"), (2560, "light")])
def test_lanes_fit_the_page(
    project: Project, ada: User, visit: Callable[..., BrowserContext], width: int, scheme: str
) -> None:
    for number in range(4):
        a_task(project, ada, f"Pump {number}", labels=[f"{'long ' * 10}{number % 2}"])
    context = visit(ada, viewport={"width": width, "height": 800}, color_scheme=scheme)
    board = Board.open(context, project, "?lane=label")
    expect(board.page.locator(".lane-head")).to_have_count(2)
    assert board.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
