"""What somebody typed outlives a cut line, an ended session and a closed page, and is done once."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from playwright.sync_api import BrowserContext, Page, Route, expect

from missioncontrol.kernel.api.authentication import person
from tasks.models import Message, Project, Task, User
from tasks.services.people import change_password
from tasks.services.tasks import edit_task
from tests.agents.building import a_member, an_agent

from .acting import Board, a_task, a_visitor
from .test_thread import composer, send, thread_of

pytestmark = [pytest.mark.browser, pytest.mark.embedded, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Board]
Visit = Callable[..., BrowserContext]
PASSWORD = "a long and private word"


@pytest.fixture
def task(project: Project, ada: User) -> Task:
    return a_task(project, ada)


def kept(page: Page) -> list[str]:
    """The names of the drafts in this browser."""
    names: list[str] = page.evaluate("Object.keys(localStorage)")
    return sorted(re.sub(r"^mc-draft-\d*:", "", name) for name in names if name.startswith("mc-draft-"))


def sign_in(page: Page, name: str = "ada") -> None:
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def no_session(context: BrowserContext) -> None:
    context.clear_cookies(name=settings.SESSION_COOKIE_NAME)


def test_a_message_written_without_a_line_waits_and_is_posted_once(
    task: Task, ada: User, open_board: Open
) -> None:
    board = open_board(f"/t/{task.key}/thread")
    page, field = board.page, composer(board.page)
    field.fill("The valve is *stuck*.")
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    send(page)
    expect(page.locator("#composer-error")).to_contain_text("cannot be reached")
    expect(field).to_have_value("The valve is *stuck*.")
    page.context.set_offline(False)

    lost: list[int] = []

    def lose_the_answer(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    page.route("**/messages", lose_the_answer)
    with page.expect_event("requestfailed"):
        send(page)
    expect(page.locator("#composer-error")).to_contain_text("done once")
    assert lost == [201]
    page.reload()
    board.wait_live()
    expect(field).to_have_value("The valve is *stuck*.")
    send(page)

    expect(field).to_have_value("")
    expect(page.locator(".message", has_text="The valve is stuck.")).to_have_count(1)
    assert thread_of(task) == ["The valve is *stuck*."]
    assert kept(page) == []
    field.fill("The valve is *stuck*.")
    send(page)
    expect(page.locator(".message", has_text="The valve is stuck.")).to_have_count(2)
    assert board.complaints == []


def test_a_script_that_does_not_come_is_told_and_asked_for_again(
    task: Task, ada: User, open_board: Open
) -> None:
    board = open_board()
    page = board.page
    page.route("**/board/thread*.js", lambda route: route.abort())
    page.route("**/board/newtask*.js", lambda route: route.abort())
    page.keyboard.press("c")
    told = page.get_by_role("alert").filter(has_text="A part of this page did not load")
    expect(told).to_contain_text("Mission Control cannot be reached")
    told.get_by_role("button", name="Dismiss").click()
    board.card(task).get_by_role("link").click()
    page.get_by_role("tab", name="Thread").click()
    expect(told).to_be_visible()
    field = composer(page)
    field.fill("The valve is *stuck*.")
    send(page)
    expect(told).to_have_count(2)
    assert thread_of(task) == []

    page.unroute("**/board/thread*.js")
    page.unroute("**/board/newtask*.js")
    expect(field).to_have_value("The valve is *stuck*.")
    send(page)
    expect(page.locator(".message", has_text="The valve is stuck.")).to_be_visible()
    assert thread_of(task) == ["The valve is *stuck*."]
    page.get_by_role("button", name="Close", exact=True).click()
    page.keyboard.press("c")
    expect(page.get_by_role("dialog", name="New task")).to_be_visible()


def test_an_ended_session_is_begun_anew_and_the_text_is_still_there(
    project: Project, task: Task, ada: User, open_board: Open
) -> None:
    change_password(user=ada, password=PASSWORD)
    ada.refresh_from_db()
    board = open_board(f"/t/{task.key}/thread")
    page, field = board.page, composer(board.page)
    field.fill("Half an hour of thought")
    no_session(page.context)
    send(page)
    dialog = page.get_by_role("dialog", name="You are signed out")
    expect(dialog).to_contain_text("you come back to this page with your text")
    assert thread_of(task) == []
    dialog.get_by_role("button", name="Sign in again").click()
    sign_in(page)

    page.wait_for_url(f"**/p/apollo/t/{task.key}/thread")
    board.wait_live()
    expect(field).to_have_value("Half an hour of thought")
    send(page)
    expect(page.locator(".message", has_text="Half an hour of thought")).to_be_visible()
    assert thread_of(task) == ["Half an hour of thought"]

    page.goto("/p/apollo")
    board.wait_live()
    page.keyboard.press("c")
    page.get_by_label("Title").fill("Build a bridge")
    page.get_by_label("Description").fill("Over the river")
    page.locator("#new-task").get_by_label("Priority").select_option("1")
    no_session(page.context)
    page.get_by_role("button", name="Create task").click()
    page.get_by_role("button", name="Sign in again").click()
    sign_in(page)
    expect(page.get_by_label("Title")).to_have_value("Build a bridge")
    expect(page.locator("#new-task")).to_contain_text("What you typed before is back.")
    page.get_by_role("button", name="Create task").click()

    board.toast("created")
    made = Task.objects.get(title="Build a bridge")
    assert (made.description, made.priority) == ("Over the river", 1)
    assert kept(page) == []
    assert board.complaints == []


def test_a_session_ended_elsewhere_takes_no_text_with_it_and_goes_on_when_begun_in_another_tab(
    project: Project, task: Task, ada: User, open_board: Open, live_server_asgi: Any, browser: Any
) -> None:
    board = open_board(f"/t/{task.key}/thread")
    page, field = board.page, composer(board.page)
    field.fill("Not yet sent")
    Session.objects.all().delete()
    send(page)
    dialog = page.get_by_role("dialog", name="You are signed out")
    expect(dialog).to_be_visible()
    fresh = a_visitor(browser, live_server_asgi, ada)
    page.context.add_cookies(fresh.cookies())  # as another tab of this browser would
    fresh.close()
    other = page.context.new_page()
    other.goto("/me")
    other.close()
    page.evaluate("window.dispatchEvent(new Event('focus'))")

    expect(dialog).to_have_count(0)
    board.toast("You are signed in again")
    expect(field).to_have_value("Not yet sent")
    page.context.clear_cookies(name="csrftoken")
    send(page)
    expect(page.locator(".message", has_text="Not yet sent")).to_be_visible()
    board.wait_live()
    assert thread_of(task) == ["Not yet sent"]


def test_a_page_with_text_stays_when_it_is_turned_away_and_the_session_stands(
    project: Project, task: Task, ada: User, visit: Visit
) -> None:
    lines: list[Any] = []

    def through(line: Any) -> None:
        lines.append(line)
        line.connect_to_server()

    context = visit(ada)
    context.route_web_socket("**/ws/**", through)
    board = Board.open(context, project, f"/t/{task.key}/thread")
    page, field = board.page, composer(board.page)
    field.fill("Not yet sent")
    page.evaluate("window.here = true")
    lines[0].close(code=4401)

    expect(page.locator("#live")).not_to_have_attribute("data-live", "live")
    board.wait_live()
    assert len(lines) == 2
    assert page.evaluate("window.here")
    expect(field).to_be_focused()
    expect(field).to_have_value("Not yet sent")


def test_nobody_sees_or_sends_what_another_person_typed_in_the_same_browser(
    project: Project, task: Task, ada: User, open_board: Open, live_server_asgi: Any, browser: Any
) -> None:
    ben = a_member(project, "ben", "operator")
    board = open_board(f"/t/{task.key}/thread")
    page = board.page
    composer(page).fill("Ada thinks so")
    bens = a_visitor(browser, live_server_asgi, ben)
    page.context.add_cookies(bens.cookies())
    bens.close()
    send(page)

    dialog = page.get_by_role("dialog", name="Somebody else is signed in here")
    expect(dialog).to_be_visible()
    assert thread_of(task) == []
    dialog.get_by_role("button", name="Load the page again").click()
    board.wait_live()
    expect(page.locator(f"body[data-user='{ben.pk}']")).to_be_attached()
    expect(composer(page)).to_have_value("")
    composer(page).fill("Ben thinks not")
    assert len(kept(page)) == 2
    page.locator("summary[aria-label='ben']").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")

    assert page.evaluate("Object.entries(localStorage).map(([, text]) => text).join()").count("thinks") == 1
    assert not Message.objects.filter(task=task).exists()


def test_what_is_typed_into_dialogs_and_fields_outlives_the_page(
    project: Project, task: Task, ada: User, open_board: Open
) -> None:
    agent, _ = an_agent(project, "bolt", name="Bolt")
    ready = a_task(project, ada, "Blocked soon")
    board = open_board(f"/t/{task.key}")
    page = board.page
    page.get_by_role("button", name="Edit description").click()
    page.get_by_role("form", name="Edit description").locator("textarea").fill("It drips, badly.")
    page.goto("/p/apollo")
    edit_task(actor=person(ada), task=Task.objects.get(pk=task.pk), changes={"description": "It pours."})
    page.goto(f"/p/apollo/t/{task.key}")
    form = page.get_by_role("form", name="Edit description")
    expect(form.locator("textarea")).to_have_value("It drips, badly.")
    expect(form.locator(".theirs")).to_have_text("It pours.")
    form.get_by_role("button", name="Save mine instead").click()
    expect(form).to_have_count(0)
    assert Task.objects.get(pk=task.pk).description == "It drips, badly."

    for again in (False, True):
        page.goto("/p/apollo")
        board.wait_live()
        page.locator(f"#card-{ready.key} .card-link").focus()
        page.keyboard.press("m")
        page.get_by_role("menuitem", name=re.compile("Blocked")).click()
        reason = page.locator("#gate").get_by_label("Reason", exact=True)
        if not again:
            reason.fill("The key expired")
    expect(reason).to_have_value("The key expired")
    page.locator("#gate").get_by_role("button", name="Move to Blocked").click()
    expect(page.locator("#gate")).to_be_hidden()
    assert Task.objects.get(pk=ready.pk).blocked_reason == "The key expired"

    page.goto("/p/apollo/agents/bolt")
    page.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_label("Role").fill("Mends pumps")
    page.get_by_label("Name").fill("Bolt the Second")
    assert len(kept(page)) == 2
    page.reload()
    page.get_by_role("button", name="Edit", exact=True).click()
    expect(page.get_by_label("Role")).to_have_value("Mends pumps")
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_label("Role")).to_have_value("")
    page.get_by_label("Role").fill("Mends valves")
    page.get_by_role("button", name="Save").click()
    board.toast("Bolt is changed")
    agent.refresh_from_db()
    assert (agent.role_text, agent.name) == ("Mends valves", "Bolt")
    assert kept(page) == []
    assert board.complaints == []
