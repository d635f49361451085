"""Saved views in a browser: kept, opened, renamed, deleted, and seen by others at once when shared."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tasks.models import Project, SavedView, User
from tests.agents.building import a_member

from .acting import Board, a_task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Board]
Visit = Callable[..., BrowserContext]


def test_a_view_is_kept_opened_renamed_and_deleted_by_keyboard_and_others_see_it(
    project: Project, ada: User, open_board: Open, visit: Visit
) -> None:
    red, _ = a_task(project, ada, "Red", labels=["red"]), a_task(project, ada, "Plain")
    board = open_board("?q=label:red")
    theirs = Board.open(visit(a_member(project, "vera", "viewer")), project)
    page = board.page

    page.keyboard.press("v")
    expect(page.get_by_text("A view keeps a filter under a name")).to_be_visible()
    expect(page.get_by_role("button", name="Save this view…")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_label("Name").fill("Red ones")
    page.get_by_label("Share it with everybody").check()
    page.keyboard.press("Enter")
    board.toast("View saved")
    view = SavedView.objects.get()
    assert (view.name, view.query, view.shared, view.owner) == ("Red ones", "label:red", True, ada)

    theirs.page.keyboard.press("v")
    link = theirs.page.get_by_role("link", name="Red ones")
    expect(link).to_be_visible()
    expect(theirs.page.get_by_role("button", name="Edit Red ones")).to_have_count(0)
    link.click()
    theirs.expect_order("ready", [red.key])
    expect(theirs.page.locator("#filter-text")).to_have_value("label:red")

    page.keyboard.press("v")
    page.get_by_role("button", name="Edit Red ones").click()
    page.get_by_label("Filter", exact=True).fill("is:angry")
    page.get_by_role("button", name="Save view").click()
    expect(page.get_by_role("alert").filter(has_text="Character 4")).to_be_visible()
    page.get_by_label("Filter", exact=True).fill("label:red is:open")
    page.get_by_label("Name").fill("Open red ones")
    page.get_by_role("button", name="Save view").click()
    board.toast("View changed")
    page.keyboard.press("v")
    page.get_by_role("button", name="Delete Open red ones").click()
    expect(page.get_by_text("Everybody in the project loses it.")).to_be_visible()
    page.get_by_role("button", name="Delete view").click()
    board.toast("View deleted")
    assert not SavedView.objects.exists()
    assert not board.complaints
    assert not theirs.complaints


def test_a_viewer_keeps_private_views_only(project: Project, visit: Visit) -> None:
    board = Board.open(visit(a_member(project, "vera", "viewer")), project, "?q=is:open")
    board.page.keyboard.press("v")
    board.page.get_by_role("button", name="Save this view…").click()
    expect(board.page.get_by_label("Share it with everybody")).to_have_count(0)
    board.page.get_by_label("Name").fill("Mine")
    board.page.get_by_role("button", name="Save view").click()
    board.toast("View saved")
    assert SavedView.objects.get().shared is False


def test_a_board_without_filter_has_nothing_to_save(open_board: Open) -> None:
    board = open_board()
    board.page.keyboard.press("v")
    board.page.get_by_role("button", name="Save this view…").click()
    board.toast("There is nothing to save yet")
