"""Moving cards: by pointer, by touch's menu, by keyboard; with what a gate misses, and with refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tasks.models import Event, Project, Task, Transition, User
from tests.agents.building import a_member, an_agent

from .acting import PLAN, Board, a_task, moved, order_of, status_of

pytestmark = [pytest.mark.browser, pytest.mark.embedded, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Board]


def assigned(project: Project, ada: User, **fields: Any) -> Task:
    agent, _ = an_agent(project)
    return a_task(project, ada, agents=[agent], **fields)


def test_a_dragged_card_moves_on_the_server_and_tells_so(
    project: Project, ada: User, open_board: Open
) -> None:
    task = a_task(project, ada)
    board = open_board()
    board.expect_in(task, "ready")

    board.drag(task, "inbox")

    board.toast(f"{task.key} moved to Inbox")
    board.expect_in(task, "inbox")
    board.expect_count("inbox", 1)
    board.expect_count("ready", 0)
    assert status_of(task) == "inbox"
    row = Transition.objects.filter(task=task).latest("id")
    assert (row.from_status, row.to_status, row.actor_name) == ("ready", "inbox", "ada")
    assert (
        Event.objects.filter(project=project, type="task.transitioned", target_id=str(task.pk)).count() == 2
    )
    assert not board.complaints


def test_columns_say_what_a_drop_would_do_while_a_card_is_held(
    project: Project, ada: User, open_board: Open
) -> None:
    task = a_task(project, ada)
    board = open_board()

    board.pick_up(task)
    board.carry_to("inbox")

    page = board.page
    expect(page.locator("#column-inbox")).to_have_attribute("data-verdict", "legal")
    expect(page.locator("#column-in_progress")).to_have_attribute("data-verdict", "needs")
    expect(page.locator("#column-in_progress .column-verdict")).to_contain_text("work plan of 3 to 6")
    expect(page.locator("#column-done")).to_have_attribute("data-verdict", "no")
    expect(page.locator("#column-done .column-verdict")).to_contain_text(
        "There is no step from Ready to Done"
    )
    page.mouse.up()
    expect(page.locator("[data-verdict]")).to_have_count(0)


def test_a_gate_asks_for_exactly_what_is_missing(project: Project, ada: User, open_board: Open) -> None:
    task = assigned(project, ada)
    board = open_board()

    board.drag(task, "in_progress")

    gate = board.page.locator("#gate[open]")
    expect(gate).to_be_visible()
    expect(gate.locator("[data-field]")).to_have_count(1)
    assert status_of(task) == "assigned"
    gate.locator("textarea[name=work_plan]").fill("Read\nChange\nMeasure")
    gate.get_by_role("button", name="Move to In progress").click()

    expect(gate).to_be_hidden()
    board.toast(f"{task.key} moved to In progress")
    task.refresh_from_db()
    assert task.status == "in_progress"
    assert task.work_plan == {"bullets": ["Read", "Change", "Measure"]}
    assert not Transition.objects.filter(task=task, override=True).exists()


def test_a_gate_that_is_still_not_met_stays_open_with_the_reason(
    project: Project, ada: User, open_board: Open
) -> None:
    task = assigned(project, ada)
    board = open_board()
    board.drag(task, "in_progress")
    gate = board.page.locator("#gate[open]")

    gate.locator("textarea[name=work_plan]").fill("Only one")
    gate.get_by_role("button", name="Move to In progress").click()

    expect(gate.locator(".error:visible")).to_contain_text("this one has 1")
    assert status_of(task) == "assigned"


def test_a_gate_that_is_called_off_puts_the_card_back(project: Project, ada: User, open_board: Open) -> None:
    task = assigned(project, ada)
    version = task.version
    board = open_board()
    board.drag(task, "in_progress")
    expect(board.page.locator("#gate[open]")).to_be_visible()

    board.page.keyboard.press("Escape")

    board.expect_in(task, "assigned")
    board.expect_count("assigned", 1)
    board.expect_count("in_progress", 0)
    task.refresh_from_db()
    assert (task.status, task.version, task.work_plan) == ("assigned", version, None)


def test_an_owner_overrides_a_gate_with_a_reason_that_is_kept(
    project: Project, ada: User, open_board: Open
) -> None:
    task = assigned(project, ada)
    board = open_board()
    board.drag(task, "in_progress")
    gate = board.page.locator("#gate[open]")

    gate.get_by_text("Override what is missing").click()
    gate.get_by_label("Reason of the override").fill("The plan is in the mail")
    gate.get_by_role("button", name="Move to In progress").click()

    board.toast(f"{task.key} moved to In progress")
    row = Transition.objects.filter(task=task).latest("id")
    assert (row.to_status, row.override, row.reason) == ("in_progress", True, "The plan is in the mail")


def test_a_refused_move_goes_back_and_says_why(project: Project, ada: User, open_board: Open) -> None:
    task = a_task(project, ada)
    board = open_board()

    board.drag(task, "review")

    toast = board.toast(f"{task.key} was not moved")
    expect(toast).to_contain_text("no step")
    board.expect_in(task, "ready")
    board.expect_count("ready", 1)
    board.expect_count("review", 0)
    assert status_of(task) == "ready"


def test_a_move_can_be_undone(project: Project, ada: User, open_board: Open) -> None:
    task = a_task(project, ada)
    board = open_board()
    board.drag(task, "inbox")

    board.toast(f"{task.key} moved to Inbox").get_by_role("button", name="Undo").click()

    board.expect_in(task, "ready")
    board.expect_count("ready", 1)
    expect(board.page.locator("#announcer")).to_contain_text("is as it was")
    assert status_of(task) == "ready"


def test_the_order_in_a_column_survives_a_reload(project: Project, ada: User, open_board: Open) -> None:
    tasks = [a_task(project, ada, f"Number {number}") for number in range(3)]
    newest = [task.key for task in reversed(tasks)]
    board = open_board()
    board.expect_order("ready", newest)

    with board.page.expect_response(lambda answer: answer.url.endswith("/move")) as answer:
        board.drag(tasks[2], "ready", below=170)
    assert answer.value.ok

    wanted = order_of(project, "ready")
    assert wanted != newest
    board.expect_order("ready", wanted)
    board.page.reload()
    board.wait_live()
    board.expect_order("ready", wanted)


def test_the_move_menu_offers_the_legal_targets_and_says_why_not_the_others(
    project: Project, ada: User, open_board: Open
) -> None:
    task = a_task(project, ada)
    board = open_board()
    board.card(task).hover()
    board.card(task).get_by_role("button", name=f"Move {task.key}").click()

    menu = board.page.locator("#move-menu")
    expect(menu).to_be_visible()
    offered = menu.locator("[data-to]").evaluate_all("items => items.map(item => item.dataset.to)")
    assert "inbox" in offered
    assert "done" not in offered
    expect(menu.locator("[data-closed=done]")).to_contain_text("There is no step from Ready to Done")
    menu.locator("[data-to=canceled]").click()

    gate = board.page.locator("#gate[open]")
    gate.locator("textarea[name=reason]").fill("Overtaken")
    gate.get_by_role("button", name="Move to Canceled").click()
    board.toast(f"{task.key} moved to Canceled")
    row = Transition.objects.filter(task=task).latest("id")
    assert (row.to_status, row.reason, row.override) == ("canceled", "Overtaken", False)


def test_a_card_is_carried_and_dropped_by_keyboard_and_each_step_is_announced(
    project: Project, ada: User, open_board: Open
) -> None:
    task = a_task(project, ada)
    board = open_board()
    said = board.page.locator("#announcer")
    board.card(task).locator(".card-link").focus()

    board.page.keyboard.press("Space")
    expect(said).to_contain_text(f"Picked up {task.key} in Ready")
    board.page.keyboard.press("ArrowLeft")
    expect(said).to_contain_text("Inbox")
    board.page.keyboard.press("Space")

    expect(said).to_contain_text(f"{task.key} moved to Inbox")
    board.expect_in(task, "inbox")
    assert status_of(task) == "inbox"
    expect(board.card(task).locator(".card-link")).to_be_focused()


def test_escape_puts_a_carried_card_back_and_tells_the_server_nothing(
    project: Project, ada: User, open_board: Open
) -> None:
    task = a_task(project, ada)
    head = Event.objects.filter(project=project).count()
    board = open_board()
    board.card(task).locator(".card-link").focus()

    for key in ("Space", "ArrowLeft", "Escape"):
        board.page.keyboard.press(key)

    board.expect_in(task, "ready")
    expect(board.page.locator("#announcer")).to_contain_text("back where it was")
    assert Event.objects.filter(project=project).count() == head


def test_a_viewer_moves_nothing(project: Project, ada: User, visit: Callable[..., BrowserContext]) -> None:
    task = a_task(project, ada)
    viewer = a_member(project, "vera", "viewer")
    board = Board.open(visit(viewer), project)

    board.drag(task, "inbox")

    expect(board.page.get_by_role("button", name="New task")).to_have_count(0)
    board.expect_in(task, "ready")
    assert status_of(task) == "ready"


def test_a_column_at_its_limit_asks_before_it_takes_more(
    project: Project, ada: User, open_board: Open
) -> None:
    project.wip_limits = {"in_progress": 1}
    project.save()
    moved(assigned(project, ada), ada, "in_progress", work_plan=PLAN)
    agent, _ = an_agent(project, "nut")
    second = a_task(project, ada, "The second", agents=[agent], work_plan=PLAN)
    board = open_board()
    expect(board.page.locator("#column-in_progress .column-count")).to_have_attribute("data-wip", "at")

    board.drag(second, "in_progress", below=10)

    gate = board.page.locator("#gate[open]")
    expect(gate).to_contain_text("1 of 1")
    board.page.keyboard.press("Escape")
    board.expect_in(second, "assigned")
    assert status_of(second) == "assigned"
