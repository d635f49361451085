"""The thread in a browser: calling people, reading while others write, changing and finding messages."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from missioncontrol.kernel.api.authentication import person
from tasks.models import Message, Project, Task, User
from tasks.queries.thread import PAGE
from tasks.services.thread import edit_message, post_message
from tests.agents.building import a_member, an_agent

from .acting import Board, a_task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Visit = Callable[..., BrowserContext]
FAINT = (Path(__file__).parent / "contrast.js").read_text()
SMALL = """() => [...document.querySelectorAll("a, button, select, textarea, input, summary")]
  .filter((one) => !one.matches(".card-link, .skip, .sr, .check input") && !one.closest(".prose"))
  .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
  .filter(([, box]) => box.width && box.height && Math.min(box.width, box.height) < 43.5).map(([name]) => name)"""


@pytest.fixture
def task(project: Project, ada: User) -> Task:
    return a_task(project, ada)


@pytest.fixture
def ben(project: Project) -> User:
    return a_member(project, "ben", "operator")


def said(task: Task, user: User, content: str, **more: Any) -> Message:
    return post_message(actor=person(user), task=Task.objects.get(pk=task.pk), content=content, **more)


def open_thread(
    visit: Visit, user: User, project: Project, task: Task, end: str = "", **options: Any
) -> Board:
    board = Board.open(visit(user, **options), project, f"/t/{task.key}/thread{end}")
    expect(board.page.locator("#thread-style")).to_be_attached()
    return board


def thread_of(task: Task) -> list[str]:
    return list(
        Message.objects.filter(task=task).order_by("created_at", "id").values_list("content", flat=True)
    )


def composer(page: Page) -> Any:
    return page.get_by_label("Message", exact=True).first


def send(page: Page) -> None:
    page.get_by_role("button", name="Send").click()


def test_names_are_completed_by_keyboard_and_those_named_are_mentioned(
    project: Project, ada: User, ben: User, task: Task, visit: Visit
) -> None:
    an_agent(project, "scout", name="Scout")
    an_agent(project, "cora", name="Córa Ünal")
    board = open_thread(visit, ada, project, task)
    page, field = board.page, composer(board.page)
    options = page.locator("#mentions [role=option]")

    field.press_sequentially("Look @sc")
    expect(options).to_have_count(1)
    expect(field).to_have_attribute("aria-activedescendant", "mention-0")
    field.press("Tab")
    expect(field).to_have_value("Look @scout ")
    field.press_sequentially("and @Ün")
    expect(options.filter(has_text="Córa Ünal")).to_have_attribute("aria-selected", "true")
    field.press("Enter")
    expect(field).to_have_value('Look @scout and @"Córa Ünal" ')
    field.press_sequentially("and @")
    expect(options.first).to_be_visible()
    field.press("ArrowUp")
    expect(options.filter(has_text="Everybody in this project")).to_have_attribute("aria-selected", "true")
    field.press("Escape")
    expect(options).to_have_count(0)
    expect(page.locator("#drawer-title")).to_be_visible()
    field.press("Backspace")
    field.press_sequentially("@be")
    options.filter(has_text="ben").click()
    field.press_sequentially("not `@sc")
    page.wait_for_timeout(300)
    expect(options).to_have_count(0)
    field.press_sequentially("out` mail@sc")
    expect(options).to_have_count(0)
    field.press("Control+Enter")

    expect(page.locator(".message")).to_have_count(1)
    expect(field).to_have_value("")
    (message,) = Message.objects.filter(task=task)
    assert message.content == 'Look @scout and @"Córa Ünal" and @ben not `@scout` mail@sc'
    named = message.mentions.order_by("id").values_list("agent__slug", "user__username")
    assert set(named) == {("scout", None), ("cora", None), (None, "ben")}
    assert board.complaints == []


def test_what_is_done_before_the_thread_s_script_is_there_is_done_once_it_is(
    project: Project, ada: User, ben: User, task: Task, visit: Visit
) -> None:
    asked = said(task, ben, "Which valve?")
    page = visit(ada, permissions=["clipboard-read", "clipboard-write"]).new_page()
    held: list[Any] = []
    page.route("**/board/thread*.js", lambda route: held.append(route))
    page.goto(f"/p/{project.slug}/t/{task.key}/thread")
    expect(page.locator("body[data-ready]")).to_be_attached()

    page.locator(f"#message-{asked.pk}").get_by_role("button", name="Copy the link").click()
    composer(page).fill("The *second* one")
    page.keyboard.press("Control+Enter")
    page.wait_for_timeout(200)
    assert thread_of(task) == ["Which valve?"]
    assert f"/p/{project.slug}/t/{task.key}/thread" in page.url
    held[0].continue_()

    expect(page.locator("#thread .message em")).to_have_text("second")
    expect(page.locator("#toasts .toast")).to_contain_text("The link is copied")
    expect(composer(page)).to_have_value("")
    assert thread_of(task) == ["Which valve?", "The *second* one"]


def test_what_others_write_appears_once_and_disturbs_nobody(
    project: Project, ada: User, ben: User, task: Task, visit: Visit
) -> None:
    for number in range(PAGE + 10):
        said(task, ada, f"Word {number}, and *more*")
    hers = open_thread(visit, ada, project, task)
    his = open_thread(visit, ben, project, task)
    page, field = hers.page, composer(hers.page)
    expect(page.locator(".message")).to_have_count(PAGE)
    page.get_by_role("button", name="Load earlier").click()
    expect(page.locator(".message")).to_have_count(PAGE + 10)
    page.evaluate("document.getElementById('drawer-body').scrollTop = 700")
    field.fill("Half a sent")
    field.evaluate("(one) => { one.focus({preventScroll: true}); one.setSelectionRange(2, 6); }")
    before = page.evaluate("document.getElementById('drawer-body').scrollTop")

    composer(his.page).fill("From Ben")
    send(his.page)

    expect(page.locator(".message", has_text="From Ben")).to_have_count(1)
    expect(his.page.locator(".message", has_text="From Ben")).to_have_count(1)
    expect(page.locator(".message")).to_have_count(PAGE + 11)
    expect(field).to_be_focused()
    expect(field).to_have_value("Half a sent")
    assert field.evaluate("(one) => [one.selectionStart, one.selectionEnd]") == [2, 6]
    assert abs(page.evaluate("document.getElementById('drawer-body').scrollTop") - before) < 2
    assert composer(his.page).input_value() == ""
    assert thread_of(task).count("From Ben") == 1
    his.page.reload()
    expect(his.page.locator("#unread")).to_have_count(0)


def test_what_came_since_the_last_visit_is_marked_and_a_link_leads_far_back(
    project: Project, ada: User, ben: User, task: Task, visit: Visit
) -> None:
    first = said(task, ada, "The very first")
    for number in range(PAGE + 5):
        said(task, ada, f"Word {number}")
    board = open_thread(visit, ben, project, task)
    page = board.page
    expect(page.locator(".message")).to_have_count(PAGE)
    page.get_by_role("button", name="Close", exact=True).click()
    said(task, ada, "While you were away")

    page.locator(f"#card-{task.key} .card-link").click()
    page.get_by_role("tab", name="Thread").click()

    expect(page.locator("#unread + .message")).to_contain_text("While you were away")
    expect(page.locator("#unread")).to_be_in_viewport()
    page.goto(f"/p/apollo/t/{task.key}/thread#message-{first.pk}")
    linked = page.locator(f"#message-{first.pk}[data-linked]")
    expect(linked).to_be_in_viewport()
    expect(linked).to_be_focused()
    assert board.complaints == []


def test_a_message_is_edited_answered_linked_and_deleted_where_it_stands(
    project: Project, ada: User, ben: User, task: Task, visit: Visit
) -> None:
    theirs = said(task, ben, "> Earlier\n\nIs it *tight*?")
    board = open_thread(visit, ada, project, task, permissions=["clipboard-read", "clipboard-write"])
    page = board.page
    page.get_by_role("button", name="Reply to ben").click()
    expect(composer(page)).to_have_value("> Is it *tight*?\n\n")
    composer(page).press_sequentially("Not yet.")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("region", name="Preview").locator("blockquote em")).to_have_text("tight")
    page.get_by_label("Kind of message").select_option("progress")
    send(page)
    mine = page.locator(".message", has_text="Not yet.")
    expect(mine.locator(".answered")).to_contain_text("ben: > Earlier")
    message = Message.objects.get(task=task, reply_to=theirs)
    assert (message.type, message.content) == ("progress", "> Is it *tight*?\n\nNot yet.")

    mine.get_by_role("button", name="Edit this message").click()
    form = page.get_by_role("form", name="Edit your message")
    form.get_by_label("Message").fill("Not yet, but nearly.")
    said(task, ben, "Something else")
    expect(page.locator(".message", has_text="Something else")).to_be_visible()
    expect(form.get_by_label("Message")).to_have_value("Not yet, but nearly.")
    edit_message(actor=person(ada), message=message, content="Not today.")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_role("alert")).to_contain_text("It now says: “Not today.”")
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)
    page.get_by_role("button", name="Edited. Show what was changed").click()
    changes = page.get_by_role("dialog", name="What was changed")
    expect(changes.locator("ins").first).to_be_visible()
    expect(changes.get_by_role("listitem")).to_have_count(3)
    page.keyboard.press("Escape")
    mine = page.locator(f"#message-{message.pk}")
    mine.get_by_role("button", name="Copy the link").click()
    board.toast("The link is copied")
    assert page.evaluate("navigator.clipboard.readText()").endswith(f"/thread#message-{message.pk}")
    mine.get_by_role("button", name="Delete this message").click()
    page.get_by_role("dialog", name="Delete this message?").get_by_role("button", name="Delete").click()

    expect(mine).to_contain_text("This message was deleted.")
    message.refresh_from_db()
    assert (message.content, message.version) == ("", 4)
    page.locator(f"#message-{theirs.pk}").get_by_role("button", name="Edit this message").wait_for(
        state="detached"
    )
    page.get_by_role("button", name="Following").click()
    expect(page.get_by_role("button", name="Follow", exact=True)).to_be_focused()
    assert board.complaints == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_thread_and_the_profile_can_be_read_and_worked_on_a_phone(
    project: Project, ada: User, ben: User, task: Task, visit: Visit, theme: str
) -> None:
    long = said(task, ada, "Supercalifragilistic" * 20 + "\n\n| a | b |\n|---|---|\n| 1 | 2 |")
    edit_message(actor=person(ada), message=long, content=long.content + " more")
    said(task, ben, "Yes", reply_to=long.pk)
    size = {"width": 360, "height": 740}
    board = open_thread(
        visit, ada, project, task, viewport=size, has_touch=True, is_mobile=True, color_scheme=theme,
        reduced_motion="reduce",
    )  # fmt: skip
    page = board.page
    page.get_by_role("button", name="Reply to ben").click()
    expect(page.get_by_role("button", name="Not an answer")).to_be_visible()
    looked_at = [page.evaluate(SMALL), page.evaluate(FAINT, 4.5)]
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.get_by_role("button", name=re.compile("Show what was changed")).click()
    expect(page.locator(".diff ins")).to_be_visible()
    looked_at += [page.evaluate(SMALL), page.evaluate(FAINT, 4.5)]
    page.goto("/me")
    expect(page.get_by_role("heading", name="Your profile")).to_be_visible()
    looked_at += [page.evaluate(SMALL), page.evaluate(FAINT, 4.5)]
    page.get_by_label("Dark").check()

    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert looked_at == [[]] * 6
