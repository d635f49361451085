"""Two people at one board at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from tasks.models import Project, User
from tests.agents.building import a_member

from .acting import Board, a_task

pytestmark = [pytest.mark.browser, pytest.mark.embedded, pytest.mark.django_db(transaction=True)]


def test_each_sees_where_the_other_looks_and_what_the_other_drags(
    project: Project, ada: User, visit: Callable[[User], BrowserContext]
) -> None:
    task, other = a_task(project, ada), a_task(project, ada, "Paint the pump")
    vic = a_member(project, "vic", "viewer")
    mine, theirs = visit(ada), visit(vic)
    board, seen = Board.open(mine, project), Board.open(theirs, project)
    expect(seen.page.locator("#presence li")).to_have_count(1)
    expect(seen.page.locator("#presence")).to_contain_text("ada")
    expect(board.page.locator("#presence")).to_contain_text("vic")

    seen.card(task).locator(".card-link").click()
    expect(board.page.locator("#presence")).to_contain_text(f"vic is at {task.key}")
    board.card(task).locator(".card-link").click()
    expect(board.page.locator(".here")).to_contain_text("vic is here")
    expect(seen.page.locator(".here")).to_contain_text("ada is here")
    board.page.keyboard.press("Escape")
    seen.page.keyboard.press("Escape")

    board.pick_up(other)
    board.carry_to("inbox")
    expect(seen.card(other)).to_have_attribute("data-held-by", "ada")
    expect(board.page.locator("[data-held-by]")).to_have_count(0)
    board.page.mouse.up()
    seen.expect_in(other, "inbox")
    expect(seen.page.locator("[data-held-by]")).to_have_count(0)

    second = Board.open(mine, project)
    expect(seen.page.locator("#presence li")).to_have_count(1)
    second.page.close()
    board.page.close()
    expect(seen.page.locator("#presence")).to_be_hidden()
    assert not board.complaints and not seen.complaints
