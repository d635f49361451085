"""Several cards at once: selected by keys and clicks, changed together, with each failure told beside its card."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tasks.models import Project, Task, User
from tests.agents.building import a_member, an_agent

from .acting import Board, a_task, moved, status_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Board]


@pytest.fixture
def tasks(project: Project, ada: User) -> list[Task]:
    """Four ready tasks; the board shows the last on top."""
    return [a_task(project, ada, f"Task {number}") for number in range(4)]


def expect_selected(page: Page, *tasks: Task) -> None:
    expect(page.locator(".card[data-selected]")).to_have_count(len(tasks))
    for task in tasks:
        expect(page.locator(f"#card-{task.key}[data-selected]")).to_be_attached()


def test_x_clicks_and_shift_select_and_escape_clears(tasks: list[Task], open_board: Open) -> None:
    board = open_board()
    page = board.page

    page.keyboard.press("j")
    page.keyboard.press("x")
    expect_selected(page, tasks[3])
    expect(page.locator("#bulk-count")).to_have_text("1 selected")
    expect(board.card(tasks[3]).locator(".card-link")).to_have_attribute("aria-description", "Selected")
    board.card(tasks[1]).click(modifiers=["Shift"])
    expect_selected(page, tasks[1], tasks[2], tasks[3])
    board.card(tasks[2]).click(modifiers=["ControlOrMeta"])
    expect_selected(page, tasks[1], tasks[3])
    expect(page.locator(".drawer")).to_have_count(0)
    assert len(page.context.pages) == 1
    page.keyboard.press("Escape")
    expect_selected(page)
    expect(page.locator("#bulk")).to_be_hidden()
    assert not board.complaints


def test_a_selection_follows_cards_that_others_change(tasks: list[Task], ada: User, open_board: Open) -> None:
    board = open_board()
    page = board.page
    for task in tasks[:2]:
        board.card(task).click(modifiers=["ControlOrMeta"])
    moved(tasks[0], ada, "inbox")
    board.expect_in(tasks[0], "inbox")
    expect_selected(page, tasks[0], tasks[1])
    page.locator("#filter-text").fill(f'"{tasks[1].title}"')
    expect(page.locator(".card")).to_have_count(1)
    expect_selected(page, tasks[1])
    expect(page.locator("#bulk-count")).to_have_text("1 selected")


def test_a_bulk_move_tells_each_failure_and_keeps_it_selected(
    project: Project, tasks: list[Task], ada: User, open_board: Open
) -> None:
    stuck = moved(a_task(project, ada, "Over"), ada, "done", override=True, reason="It was done.")
    board = open_board()
    page = board.page
    for task in (tasks[0], tasks[1], stuck):
        board.card(task).click(modifiers=["ControlOrMeta"])

    page.keyboard.press("m")
    page.get_by_label("To", exact=True).select_option("review")
    page.get_by_role("button", name="Move", exact=True).click()
    report = page.get_by_role("dialog", name="3 cards not changed")
    expect(report.locator("li")).to_have_count(3)
    expect(report.locator("li", has_text=tasks[0].key)).to_contain_text("ready")
    page.keyboard.press("Escape")
    expect_selected(page, tasks[0], tasks[1], stuck)

    page.get_by_role("toolbar", name="Selected cards").get_by_role("button", name="Move to…").click()
    page.get_by_label("To", exact=True).select_option("inbox")
    page.get_by_role("button", name="Move", exact=True).click()
    report = page.get_by_role("dialog", name="1 card not changed")
    expect(report).to_contain_text("2 cards changed")
    expect(report.locator("li strong")).to_have_text(stuck.key)
    report.get_by_role("button", name="Close").last.click()
    expect_selected(page, stuck)
    board.expect_in(tasks[0], "inbox")
    assert [status_of(task) for task in (tasks[0], tasks[1], stuck)] == ["inbox", "inbox", "done"]
    assert not board.complaints


def test_assign_label_priority_and_cancel(project: Project, tasks: list[Task], open_board: Open) -> None:
    an_agent(project)
    board = open_board()
    page = board.page

    def choose(key: str, *values: tuple[str, str], button: str) -> None:
        for task in tasks[:2]:
            board.card(task).click(modifiers=["ControlOrMeta"])
        page.locator(f"[data-bulk={key}]").click()
        for label, value in values:
            field = page.get_by_role("dialog").get_by_label(label, exact=True)
            if field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        page.get_by_role("button", name=button, exact=True).click()
        expect(page.locator("#bulk")).to_be_hidden()

    choose("labels", ("Label", "river"), button="Label")
    choose("priority", ("Priority", "1"), button="Set priority")
    choose("assign", ("Who", "agents bolt"), button="Assign")
    choose("cancel", ("Reason", "Not needed"), button="Cancel the tasks")
    for task in tasks[:2]:
        row = Task.objects.get(pk=task.pk)
        assert (row.status, row.priority, row.labels.get().name) == ("canceled", 1, "river")
        assert row.assignments.get().agent.slug == "bolt"
    assert {status_of(task) for task in tasks[2:]} == {"ready"}
    assert not board.complaints


def test_touch_selects_by_the_menu_and_the_bar_fits_a_phone(
    project: Project, tasks: list[Task], ada: User, visit: Callable[..., BrowserContext]
) -> None:
    context = visit(ada, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    board = Board.open(context, project)
    page = board.page
    page.get_by_role("button", name=f"Move {tasks[3].key}").tap()
    page.get_by_role("menuitem", name="Select").tap()
    expect_selected(page, tasks[3])
    bar = page.locator("#bulk").bounding_box()
    assert bar is not None
    assert bar["x"] >= 0
    assert bar["x"] + bar["width"] <= 360
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Clear the selection").tap()
    expect_selected(page)


def test_who_may_only_look_selects_nothing(
    project: Project, tasks: list[Task], visit: Callable[..., BrowserContext]
) -> None:
    board = Board.open(visit(a_member(project, "vera", "viewer")), project)
    board.page.keyboard.press("j")
    board.page.keyboard.press("x")
    expect(board.page.locator("[data-selected]")).to_have_count(0)
    expect(board.page.locator("#bulk")).to_have_count(0)
