"""A day at the board with the keyboard alone: no pointer is moved, and where the focus stands can always be seen."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from agents.models import Agent, Approval
from agents.queries.credentials import agent_actor
from agents.services.approvals import request_approval
from tasks.models import Event, Message, Project, Task, Transition, User
from tests.agents.building import an_agent

from .acting import PATIENCE_MS, Board, a_task, status_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Visit = Callable[..., BrowserContext]
FARTHEST = 60
SEEN = """() => {
  const stop = document.activeElement;
  if (!stop || stop === document.body) return "nothing has the focus";
  const name = stop.outerHTML.slice(0, 120);
  const box = stop.getBoundingClientRect();
  const inSight = box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight;
  if (!inSight) return `out of sight: ${name}`;
  const ringed = (one) => { const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one);
    return (outlineStyle !== "none" && parseFloat(outlineWidth) >= 1) || boxShadow.includes("inset"); };
  const around = [stop, stop.parentElement, stop.closest(".card")]
    .filter((one) => one?.matches(":focus-visible, :has(:focus-visible)"));
  return around.some(ringed) ? "" : `no ring: ${name}`;
}"""


@dataclass
class Hands:
    """Ten fingers on a keyboard, and eyes that look where the focus is."""

    page: Page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def write(self, text: str) -> None:
        self.page.keyboard.type(text)

    def at(self, stop: Any) -> None:
        """The focus comes to stand here, and shows."""
        expect(stop).to_be_focused()
        self.sees_the_focus()

    def sees_the_focus(self) -> None:
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while (told := self.page.evaluate(SEEN)) and time.monotonic() < deadline:
            self.page.wait_for_timeout(50)
        assert told == ""

    def tab_to(self, stop: Any, key: str = "Tab") -> None:
        """Go on from stop to stop; each of them shows."""
        for _ in range(FARTHEST):
            self.press(key)
            assert self.page.evaluate(SEEN) == ""
            if stop.evaluate("one => one === document.activeElement"):
                return
        raise AssertionError(f"{stop} is not reached within {FARTHEST} stops")


@pytest.fixture
def scout(project: Project) -> Agent:
    return an_agent(project, "scout", name="Scout")[0]


def test_a_card_is_made_assigned_carried_blocked_brought_back_and_talked_about(
    project: Project, ada: User, scout: Agent, visit: Visit
) -> None:
    board = Board.open(visit(ada, reduced_motion="reduce"), project)
    page, hands = board.page, Hands(board.page)

    hands.press("c")
    hands.at(page.get_by_label("Title"))
    hands.write("Mend the pump")
    hands.tab_to(page.get_by_label("Description"))
    hands.write("It drips.")
    hands.tab_to(page.get_by_role("button", name="Create task"))
    hands.press("Enter")
    board.toast("created")
    task = Task.objects.get(project=project)
    assert (task.title, task.description, task.status) == ("Mend the pump", "It drips.", "ready")
    board.expect_in(task, "ready")
    link = board.card(task).locator(".card-link")

    hands.press("j")
    hands.at(link)
    hands.press("a")
    hands.at(page.locator("#edit-assignees"))
    hands.write("Sc")
    hands.tab_to(page.get_by_role("button", name="Assign", exact=True))
    hands.press("Enter")
    hands.at(page.get_by_role("button", name="Assign somebody"))
    assert [row.agent for row in task.assignments.all()] == [scout]
    assert status_of(task) == "assigned"
    board.expect_in(task, "assigned")
    hands.press("Escape")
    hands.at(link)

    hands.press("Space", "ArrowRight", "Space")
    hands.at(page.locator("#gate textarea[name=work_plan]"))
    hands.write("Read it\nChange it\nMeasure it")
    hands.tab_to(page.get_by_role("button", name="Move to In progress"))
    hands.press("Enter")
    board.toast(f"{task.key} moved to In progress")
    hands.at(link)
    assert status_of(task) == "in_progress"
    assert Task.objects.get().work_plan == {"bullets": ["Read it", "Change it", "Measure it"]}

    hands.press("m")
    menu = page.locator("#move-menu")
    expect(menu).to_be_visible()
    hands.sees_the_focus()
    blocked = menu.locator("[data-to=blocked]")
    hands.tab_to(blocked, "ArrowDown")
    hands.press("Enter")
    hands.at(page.locator("#gate textarea[name=reason]"))
    hands.write("No parts")
    hands.tab_to(page.get_by_role("button", name="Move to Blocked"))
    hands.press("Enter")
    board.toast(f"{task.key} moved to Blocked")
    hands.at(link)
    assert Task.objects.get().blocked_reason == "No parts"
    hands.press("z")
    board.toast(f"{task.key} is as it was")
    assert status_of(task) == "in_progress"
    assert Transition.objects.filter(task=task, to_status="blocked", reason="No parts").exists()

    hands.at(link)
    hands.press("Enter")
    expect(page.locator("#drawer-title")).to_have_text("Mend the pump")
    hands.press("]")
    hands.at(page.get_by_role("tab", name="Thread"))
    hands.tab_to(page.get_by_label("Message", exact=True))
    hands.write("The valve is new.")
    hands.press("Control+Enter")
    expect(page.locator(".message", has_text="The valve is new")).to_be_visible()
    said = Message.objects.get(task=task, type="comment")
    assert (said.content, said.actor_name) == ("The valve is new.", "ada")
    hands.tab_to(page.get_by_role("tab", name="Thread"), "Shift+Tab")
    hands.press("Escape")
    hands.at(link)
    assert board.complaints == []


def test_what_waits_is_approved_and_what_is_lost_is_found(
    project: Project, ada: User, scout: Agent, visit: Visit
) -> None:
    task = a_task(project, ada, "Paint the fence")
    a_task(project, ada, "Mend the pump")
    asked = request_approval(
        actor=agent_actor(scout, None), project=project, summary="Buy the paint", action_type="tool"
    )
    board = Board.open(visit(ada, reduced_motion="reduce"), project)
    page, hands = board.page, Hands(board.page)

    hands.press("Tab")
    hands.at(page.get_by_role("link", name=re.compile("Skip")))
    hands.press("g", "i")
    board.wait_live()
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
    hands.press("j")
    hands.at(page.get_by_role("link", name="Buy the paint"))
    hands.tab_to(page.get_by_role("button", name=re.compile("Approve")))
    hands.press("a")
    board.toast("Approved")
    expect(page.get_by_role("heading", name="Nothing needs you")).to_be_visible()
    decided = Approval.objects.get(pk=asked.pk)
    assert decided.status == "approved"
    assert [vote.actor_id for vote in decided.decisions.all()] == [str(ada.pk)]
    assert Event.objects.filter(project=project, type="approval.decided").count() == 1

    hands.press("g", "/")
    expect(page).to_have_url(re.compile("/search$"))
    hands.at(page.get_by_role("searchbox", name="Search"))
    hands.write("fence")
    expect(page.locator(".hit")).to_have_count(1)
    hands.press("ArrowDown")
    hands.at(page.locator(".hit"))
    hands.press("Enter")
    board.wait_live()
    expect(page.locator("#drawer-title")).to_have_text(task.title)

    hands.press("Control+k")
    hands.at(page.get_by_role("combobox", name="Find and do"))
    hands.write("mnd pmp")
    expect(page.locator('#palette [aria-selected="true"]')).to_contain_text("Mend the pump")
    hands.press("Enter")
    expect(page.locator("#drawer-title")).to_have_text("Mend the pump")
    hands.press("Escape")
    hands.sees_the_focus()

    hands.press("?")
    expect(page.get_by_role("dialog", name="Keyboard keys")).to_contain_text("Pick up, carry, drop")
    hands.sees_the_focus()
    hands.press("Escape")
    hands.sees_the_focus()
    assert board.complaints == []
