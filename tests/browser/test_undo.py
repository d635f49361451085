"""Undo on the board: by button and key, one by one and all at once, with a clock that waits for who reads."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, expect

from agents.models import Agent
from agents.services.claims import claim
from tasks.models import Change, Project, Task, User
from tests.agents.building import an_agent
from tests.tasks.building import acting

from .acting import PLAN, Board, a_task, status_of

pytestmark = [pytest.mark.browser, pytest.mark.embedded, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Board]


def test_moves_in_a_row_are_undone_by_key_the_latest_first_and_the_bar_waits_under_the_pointer(
    project: Project, ada: User, open_board: Open
) -> None:
    first, second = a_task(project, ada), a_task(project, ada, "Paint the pump")
    board = open_board()
    page = board.page
    board.drag(first, "inbox")
    board.toast(f"{first.key} moved to Inbox")
    board.drag(second, "inbox")
    toast = board.toast(f"{second.key} moved to Inbox")
    expect(toast.locator(".toast-bar")).to_be_attached()

    toast.hover()
    page.wait_for_timeout(9_500)
    expect(toast).to_be_visible()
    assert Change.objects.get(task=second).released_at is None
    page.mouse.move(900, 400)

    page.keyboard.press("z")
    board.expect_in(second, "ready")
    board.toast(f"{second.key} is as it was")
    assert (status_of(first), status_of(second)) == ("inbox", "ready")
    page.keyboard.press("z")
    expect(page.locator("#announcer")).to_contain_text("nothing to undo")
    board.drag(second, "inbox")
    board.toast(f"{second.key} moved to Inbox")
    page.keyboard.press("Control+z")
    board.expect_in(second, "ready")
    board.expect_count("inbox", 1)
    assert not board.complaints


def test_a_gate_and_many_cards_are_undone_with_one_click(
    project: Project, ada: User, open_board: Open
) -> None:
    tasks = [a_task(project, ada, f"Number {number}") for number in range(3)]
    an_agent(project)
    board = open_board()
    page = board.page
    board.drag(tasks[0], "in_progress")
    gate = page.locator("#gate[open]")
    gate.locator("select").select_option("bolt")
    gate.locator("textarea[name=work_plan]").fill("\n".join(PLAN["bullets"]))
    gate.get_by_role("button", name="Move to In progress").click()
    board.toast("moved to In progress").get_by_role("button", name="Undo").click()
    board.toast("is as it was")
    row = Task.objects.get(pk=tasks[0].pk)
    assert (row.status, row.work_plan, row.assignments.count()) == ("ready", None, 0)

    for task in tasks:
        board.card(task).locator(".card-link").focus()
        page.keyboard.press("x")
    page.locator('#bulk [data-bulk="cancel"]').click()
    dialog = page.locator("dialog[open]")
    dialog.locator("textarea").fill("Not now.")
    dialog.get_by_role("button", name="Cancel the tasks").click()
    toast = board.toast("3 cards changed")
    toast.get_by_role("button", name="Undo").click()
    board.toast("3 cards are as they were")
    assert [status_of(task) for task in tasks] == ["ready"] * 3
    for task in tasks:
        board.expect_in(task, "ready")


def test_canceling_on_the_agents_page_is_undone_with_its_lease(
    project: Project, ada: User, visit: Callable[[User], BrowserContext]
) -> None:
    agent: Agent = an_agent(project)[0]
    task = a_task(project, ada, agents=[agent])
    claim(actor=acting(agent), task_ref=task.key)
    token = Task.objects.get(pk=task.pk).lease_token
    page = visit(ada).new_page()
    page.goto(f"/p/{project.slug}/agents")
    expect(page.locator("body[data-ready]")).to_be_attached()
    page.locator(f'[data-cancel-task="{task.key}"]').first.click()
    dialog = page.locator("dialog[open]")
    dialog.locator("textarea").fill("Not wanted.")
    dialog.get_by_role("button", name="Cancel the task").click()
    toast = page.locator("#toasts .toast", has_text=f"{task.key} is canceled")
    expect(toast).to_be_visible()
    assert status_of(task) == "canceled"
    toast.get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts")).to_contain_text("is as it was")
    row = Task.objects.get(pk=task.pk)
    assert (row.status, row.holder_id, row.lease_token) == ("assigned", agent.pk, token)
