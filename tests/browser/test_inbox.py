"""The inbox in a browser: one key settles, the focus is never taken away, and whoever comes second is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from agents.models import Agent, Alert, Approval
from agents.queries.credentials import agent_actor
from agents.services import decisions
from agents.services.alerts import raise_alert
from agents.services.approvals import request_approval
from missioncontrol.kernel.api.authentication import person
from tasks.models import Project, Task, User
from tests.agents.building import a_member, an_agent
from tests.tasks.building import forced

from .acting import Board, a_task
from .test_every_page import complaints
from .test_phone import expect_fits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Visit = Callable[..., BrowserContext]


@pytest.fixture
def scout(project: Project) -> Agent:
    return an_agent(project, "scout", name="Scout")[0]


def ask(scout: Agent, summary: str, **fields: object) -> Approval:
    """The agent asks whether it may; those that expire first stand on top."""
    given = {"action_type": "tool", "payload": {"tool": summary.split()[0], "of": summary}, **fields}
    return request_approval(actor=agent_actor(scout, None), project=scout.project, summary=summary, **given)  # type: ignore[arg-type]


def inbox(visit: Visit, user: User, project: Project, **options: object) -> Board:
    return Board.open(visit(user, **options), project, "/inbox")


def item(page: Page, text: str) -> object:
    return page.locator(".item", has_text=text)


def expect_focus(page: Page, text: str) -> None:
    expect(page.locator(".item:focus-within .item-link")).to_have_text(text)


def status(approval: Approval) -> str:
    return Approval.objects.values_list("status", flat=True).get(pk=approval.pk)


def test_one_key_settles_each_kind_and_the_focus_goes_on(
    project: Project, ada: User, scout: Agent, visit: Visit
) -> None:
    yes, no = (
        ask(scout, "deploy the page", expires_in_s=1800),
        ask(scout, "remove the logs", expires_in_s=2400),
    )
    alert = raise_alert(project_id=project.pk, kind="test", title="Look at the disk", severity="info")
    stuck = forced(a_task(project, ada, "Mend the pump"), "blocked")
    review = forced(a_task(project, ada, "Paint the fence"), "review")
    board = inbox(visit, ada, project)
    page = board.page
    expect(page.locator("#inbox-count .count")).to_have_text("5")

    page.keyboard.press("a")
    expect(page.locator(".item")).to_have_count(5)
    page.keyboard.press("j")
    expect_focus(page, "deploy the page")
    page.keyboard.press("a")
    board.toast("Approved")
    expect_focus(page, "remove the logs")
    page.keyboard.press("d")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Deny").click()
    expect(dialog.locator('[data-error="reason"]')).to_have_text("Say it in a few words.")
    dialog.get_by_label("Why is it denied?").fill("They are evidence")
    dialog.get_by_role("button", name="Deny").click()
    board.toast("Denied")
    expect(page.locator(".item")).to_have_count(3)
    assert [status(yes), status(no)] == ["approved", "denied"]
    assert Approval.objects.get(pk=no.pk).reason == "They are evidence"

    page.get_by_role("link", name="Mend the pump").focus()
    page.keyboard.press("u")
    board.toast("is unblocked")
    page.get_by_role("link", name="Paint the fence").focus()
    page.keyboard.press("a")
    board.toast("is done")
    page.get_by_role("link", name="Look at the disk").focus()
    page.keyboard.press("e")
    expect(page.get_by_role("heading", name="Nothing needs you")).to_be_visible()
    expect(page.locator("#inbox-count .count")).to_have_count(0)
    assert Alert.objects.get(pk=alert.pk).state == "resolved"
    assert Task.objects.get(pk=stuck.pk).status != "blocked"
    assert Task.objects.get(pk=review.pk).status == "done"
    page.keyboard.press("g")
    page.keyboard.press("b")
    expect(page.locator("#board")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("i")
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
    assert board.complaints == []


def test_what_somebody_else_settled_leaves_and_no_other_gets_the_key(
    project: Project, ada: User, scout: Agent, visit: Visit
) -> None:
    first, second = ask(scout, "deploy the page", expires_in_s=1800), ask(scout, "remove the logs")
    board = inbox(visit, ada, project)
    page = board.page
    page.keyboard.press("j")
    expect_focus(page, "deploy the page")
    bob = a_member(project, "bob", "operator")

    newer = ask(scout, "wipe the cache", expires_in_s=300)
    expect(page.locator(".item")).to_have_count(3)
    expect(page.locator(".item-link").first).to_have_text("wipe the cache")
    expect_focus(page, "deploy the page")
    decisions.approve(actor=person(bob), approval=first)
    expect(page.locator(".item")).to_have_count(2)
    expect(page.locator("#inbox")).to_be_focused()
    page.keyboard.press("a")
    expect(page.locator("#announcer")).to_have_text("Choose one first: j goes to the next.")
    assert [status(second), status(newer)] == ["pending", "pending"]
    page.keyboard.press("j")
    expect_focus(page, "remove the logs")


def test_whoever_comes_second_is_told_and_what_was_typed_stays(
    project: Project, ada: User, scout: Agent, visit: Visit
) -> None:
    task = forced(a_task(project, ada, agents=[scout]), "in_progress")
    first, late = ask(scout, "deploy the page", task=task, expires_in_s=1800), ask(scout, "remove the logs")
    context = visit(ada)
    context.route_web_socket("**/ws/**", lambda socket: socket.close())
    page = context.new_page()
    page.goto("/p/apollo/inbox")
    expect(page.locator("body[data-ready]")).to_be_attached()
    page.get_by_role("link", name="deploy the page").focus()
    page.keyboard.press("d")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why is it denied?").fill("Not on a Friday")
    decisions.approve(actor=person(a_member(project, "bob", "operator")), approval=first)
    dialog.get_by_role("button", name="Deny").click()
    expect(dialog).to_contain_text("This request is approved already by bob.")
    expect(dialog.get_by_label("Why is it denied?")).to_have_value("Not on a Friday")
    page.keyboard.press("Escape")
    expect(page.locator(".item")).to_have_count(1)

    Approval.objects.filter(pk=late.pk).update(expires_at=late.created_at)
    page.get_by_role("link", name="remove the logs").focus()
    page.keyboard.press("a")
    expect(page.locator("#toasts .toast", has_text="This request has expired.")).to_be_visible()
    expect(page.locator(".item")).to_have_count(0)
    assert status(late) == "expired"


def test_alike_ones_are_decided_together_and_each_is_told(
    project: Project, ada: User, scout: Agent, visit: Visit
) -> None:
    rows = [ask(scout, f"read file {number}", expires_in_s=1800 + number) for number in range(4)]
    other = ask(scout, "remove the logs")
    context = visit(ada, viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    context.route_web_socket("**/ws/**", lambda socket: socket.close())
    page = context.new_page()
    page.goto("/p/apollo/inbox")
    expect(page.locator("body[data-ready]")).to_be_attached()
    assert page.evaluate("document.documentElement.scrollWidth") == 390

    page.get_by_role("button", name="Approve all 4 alike").first.tap()
    dialog = page.get_by_role("dialog", name="Approve together")
    expect(dialog.get_by_role("checkbox")).to_have_count(4)
    dialog.get_by_role("checkbox", name="read file 3").uncheck()
    decisions.deny(actor=person(a_member(project, "bob", "operator")), approval=rows[1], reason="No")
    dialog.get_by_role("button", name="Approve", exact=True).tap()

    expect(page.locator("#toasts .toast", has_text="2 approved")).to_be_visible()
    told = page.get_by_role("dialog", name="1 not approved")
    expect(told).to_contain_text("read file 1")
    expect(told).to_contain_text("denied already by bob")
    told.get_by_role("button", name="Understood").tap()
    expect(page.locator(".item")).to_have_count(2)
    assert [status(row) for row in [*rows, other]] == ["approved", "denied", "approved", "pending", "pending"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_kind_fits_a_phone_and_can_be_read(
    project: Project, ada: User, scout: Agent, visit: Visit, theme: str
) -> None:
    change = {"before": "one\ntwo", "after": f"one\n{'long' * 60}", "where": "x" * 200}
    ask(scout, "deploy " + "pages" * 30, payload=change, risk="red", justification="It is *time*.")
    ask(scout, "mine", payload={"tool": "deploy"})
    request_approval(actor=person(ada), project=project, summary="My own", action_type="tool")
    for severity in ("critical", "info"):
        raise_alert(project_id=project.pk, kind=severity, title="Look at it", severity=severity, agent=scout)
    forced(a_task(project, ada, "Mend the pump", agents=[scout]), "blocked")
    forced(a_task(project, ada, "Paint the fence"), "review")
    size = {"width": 360, "height": 740}
    page = visit(
        ada, viewport=size, has_touch=True, is_mobile=True, color_scheme=theme, reduced_motion="reduce"
    ).new_page()
    for path in ("/p/apollo/inbox", "/inbox", "/p/apollo/inbox?kind=mention"):
        page.goto(path)
        expect(page.locator("body[data-ready]")).to_be_attached()
        expect_fits(page)
        assert complaints(page) == []
