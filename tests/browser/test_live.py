"""What others do appears without a reload, is never missed, and never gets in the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from agents.services.approvals import request_approval
from agents.services.control import order
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.api.authentication import person
from missioncontrol.kernel.ids import uuid7
from tasks.models import EventStream, Project, Task, User
from tasks.services.board import move
from tasks.services.projects import set_mode
from tasks.services.thread import post_message
from tests.agents.building import a_member, an_agent

from .acting import Board, a_task, moved, status_of

pytestmark = [pytest.mark.browser, pytest.mark.embedded, pytest.mark.django_db(transaction=True)]
Visit = Callable[..., BrowserContext]


@pytest.fixture
def ben(project: Project) -> User:
    return a_member(project, "ben", "operator")


@dataclass
class Wire:
    """A board's socket that can be cut and mended."""

    cut: bool = False
    sockets: list[Any] = field(default_factory=list)

    def lay(self, context: BrowserContext) -> None:
        """Stand between the page and the server."""
        context.route_web_socket("**/ws/**", self._connect)

    def _connect(self, socket: Any) -> None:
        if self.cut:
            socket.close()
            return
        socket.connect_to_server()
        self.sockets.append(socket)

    def break_off(self) -> None:
        """Cut it, and every attempt to connect again."""
        self.cut = True
        while self.sockets:
            self.sockets.pop().close()


MISCOUNT = """async () => {
  const { shiftCount } = await import("/static/js/board/columns.js");
  shiftCount("ready", 1);
  shiftCount("done", 3);
}"""


def test_a_move_in_one_browser_appears_in_the_other(
    project: Project, ada: User, ben: User, visit: Visit
) -> None:
    task = a_task(project, ada)
    hers, his = Board.open(visit(ada), project), Board.open(visit(ben), project)

    hers.drag(task, "inbox")

    his.expect_in(task, "inbox")
    his.expect_count("inbox", 1)
    his.expect_count("ready", 0)
    expect(his.page.locator("#toasts .toast")).to_have_count(0)


def test_a_new_task_and_a_new_order_appear_too(project: Project, ada: User, ben: User, visit: Visit) -> None:
    first, second = a_task(project, ada, "First"), a_task(project, ada, "Second")
    his = Board.open(visit(ben), project)
    his.expect_order("ready", [second.key, first.key])

    move(actor=person(ada), task=Task.objects.get(pk=first.pk), before=second)
    his.expect_order("ready", [first.key, second.key])
    third = a_task(project, ada, "Third")

    his.expect_order("ready", [third.key, first.key, second.key])
    his.expect_count("ready", 3)


def test_a_parents_card_counts_its_subtasks_live(
    project: Project, ada: User, ben: User, visit: Visit
) -> None:
    parent = a_task(project, ada, "Whole")
    part = a_task(project, ada, "Part", parent=parent)
    his = Board.open(visit(ben), project)
    count = his.card(parent).get_by_title("Subtasks done")
    expect(count).to_have_text("0/1")

    moved(part, ada, "done", override=True, reason="Done by hand")
    expect(count).to_have_text("1/1")
    a_task(project, ada, "Another part", parent=parent)

    expect(count).to_have_text("1/2")


def test_after_the_socket_was_cut_the_board_catches_up_by_number(
    project: Project, ada: User, ben: User, visit: Visit
) -> None:
    tasks = [a_task(project, ada, f"Number {number}") for number in range(3)]
    context, wire = visit(ben), Wire()
    wire.lay(context)
    his = Board.open(context, project)

    wire.break_off()
    expect(his.page.locator("#live")).to_have_attribute("data-live", "reconnecting")
    for task in tasks:
        moved(task, ada, "inbox")
    new = a_task(project, ada, "Made meanwhile")
    his.expect_in(tasks[0], "ready")
    wire.cut = False

    for task in tasks:
        his.expect_in(task, "inbox")
    his.expect_in(new, "ready")
    his.expect_count("inbox", 3)
    his.expect_count("ready", 1)
    expect(his.page.locator("#live")).to_have_attribute("data-live", "live")


def test_a_count_that_was_off_is_right_again_with_the_next_word_of_the_server(
    project: Project, ada: User, ben: User, visit: Visit
) -> None:
    task = a_task(project, ada)
    context, wire = visit(ben), Wire()
    wire.lay(context)
    his = Board.open(context, project)
    his.page.evaluate(MISCOUNT)
    his.expect_count("ready", 2)

    wire.break_off()
    wire.cut = False

    his.wait_live()
    his.expect_count("ready", 1)
    his.expect_count("done", 0)
    moved(task, ada, "inbox")
    his.expect_count("ready", 0)
    his.expect_count("inbox", 1)
    expect(his.page.locator("#column-ready .column-age time")).to_have_count(0)


def test_with_the_socket_cut_the_board_still_works(project: Project, ada: User, visit: Visit) -> None:
    task = a_task(project, ada)
    context, wire = visit(ada), Wire()
    wire.lay(context)
    board = Board.open(context, project)
    wire.break_off()

    board.drag(task, "inbox")

    board.toast(f"{task.key} moved to Inbox")
    board.expect_count("inbox", 1)
    assert status_of(task) == "inbox"


def test_a_drag_in_progress_is_never_torn(project: Project, ada: User, ben: User, visit: Visit) -> None:
    held, other = a_task(project, ada, "Held"), a_task(project, ada, "Other")
    his = Board.open(visit(ben), project)
    his.pick_up(held)
    his.carry_to("inbox")

    moved(other, ada, "inbox")
    his.expect_count("inbox", 1)
    his.expect_in(other, "ready")
    his.page.mouse.up()

    his.toast(f"{held.key} moved to Inbox")
    his.expect_in(held, "inbox")
    his.expect_in(other, "inbox")
    assert status_of(held) == "inbox"


def test_an_update_does_not_steal_the_focus(project: Project, ada: User, ben: User, visit: Visit) -> None:
    task = a_task(project, ada)
    his = Board.open(visit(ben), project)
    link = his.card(task).locator(".card-link")
    link.focus()

    moved(task, ada, "inbox")

    his.expect_in(task, "inbox")
    expect(link).to_be_focused()


def test_an_open_thread_shows_new_messages_and_keeps_what_is_being_typed(
    project: Project, ada: User, ben: User, visit: Visit
) -> None:
    task = a_task(project, ada)
    his = Board.open(visit(ben), project, f"/t/{task.key}/thread")
    field = his.page.get_by_label("Message", exact=True)
    field.fill("Half a sent")

    post_message(actor=person(ada), task=Task.objects.get(pk=task.pk), content="The pump is **mended**")

    expect(his.page.locator("#thread .message strong", has_text="mended")).to_be_visible()
    expect(field).to_have_value("Half a sent")


def test_a_filtered_board_shows_only_what_matches_even_live(
    project: Project, ada: User, ben: User, visit: Visit
) -> None:
    a_task(project, ada, "Paint the fence")
    pump = a_task(project, ada, "Mend the pump")
    his = Board.open(visit(ben), project, "?q=pump")
    his.expect_order("ready", [pump.key])

    a_task(project, ada, "Paint the gate")
    second = a_task(project, ada, "Oil the pump")

    his.expect_order("ready", [second.key, pump.key])
    his.expect_count("ready", 2)


def test_a_mention_rings_the_bell_at_once_and_reading_it_stills_it(
    project: Project, ada: User, ben: User, visit: Visit
) -> None:
    task = a_task(project, ada)
    his = Board.open(visit(ben), project)
    bell = his.page.locator("#bell-count")
    expect(bell).to_have_text("")

    post_message(actor=person(ada), task=Task.objects.get(pk=task.pk), content="@ben please look")

    expect(bell.locator(".count")).to_have_text("1")
    his.page.get_by_label("Notifications").click()
    expect(his.page.locator(".bell-item[data-unread]")).to_contain_text(task.key)
    his.page.get_by_role("button", name="Mark all read").click()
    expect(bell.locator(".count")).to_have_count(0)


def test_the_banner_appears_for_everybody_when_the_mode_changes(
    project: Project, ada: User, ben: User, visit: Visit
) -> None:
    his = Board.open(visit(ben), project)
    expect(his.page.locator(".banner")).to_have_count(0)

    set_mode(actor=person(ada), project=project, mode="paused", reason="Budget review")

    expect(his.page.locator(".banner")).to_contain_text("Budget review")


def test_agents_steered_elsewhere_change_on_the_agents_page(
    project: Project, ada: User, ben: User, visit: Visit
) -> None:
    agent, _ = an_agent(project, "bolt", name="Bolt")
    page = visit(ben).new_page()
    page.goto("/p/apollo/agents")
    expect(page.locator("#live")).to_have_attribute("data-live", "live")

    order(actor=person(ada), agent=agent, action="quarantine", reason="It deletes too much")

    expect(page.locator("#agent-bolt")).to_contain_text("It deletes too much")
    expect(page.locator("#agent-bolt .badge-bad")).to_have_text("Quarantined")


def test_a_stream_that_begins_anew_makes_the_board_draw_itself_anew(
    project: Project, ada: User, ben: User, visit: Visit
) -> None:
    task = a_task(project, ada)
    context, wire = visit(ben), Wire()
    wire.lay(context)
    his = Board.open(context, project)
    wire.break_off()
    Task.objects.filter(pk=task.pk).update(title="Restored from a backup")
    EventStream.objects.filter(project=project).update(epoch=uuid7())

    wire.cut = False

    expect(his.card(task)).to_contain_text("Restored from a backup")
    his.wait_live()
    moved(task, ada, "inbox")
    his.expect_in(task, "inbox")


def test_an_approval_is_decided_in_the_drawer(project: Project, ada: User, visit: Visit) -> None:
    agent, _ = an_agent(project, "bolt", name="Bolt")
    task = a_task(project, ada, agents=[agent])
    actor = Actor(kind="agent", id=str(agent.pk), name="bolt", project_id=project.pk)
    row = request_approval(
        actor=actor,
        project=project,
        task=task,
        action_type="deploy",
        summary="Open the valve",
        payload={"bar": 3},
    )
    hers = Board.open(visit(ada), project, f"/t/{task.key}/approvals")
    hers.expect_in(task, "needs_approval")
    expect(hers.page.locator(".payload")).to_contain_text('"bar": 3')

    hers.page.get_by_role("button", name="Approve").click()

    hers.expect_in(task, "assigned")
    expect(hers.page.locator(".approval")).to_contain_text("Approved by ada")
    row.refresh_from_db()
    assert row.status == "approved"
