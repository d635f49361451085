"""The drawer's parts in a browser: links, reviews, timeline and report, by keyboard, live, and in one's own time."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from missioncontrol.kernel.api.authentication import person
from tasks.models import Dependency, Project, Review, Task, User
from tasks.services.assigning import assign
from tasks.services.dependencies import add_dependency
from tasks.services.tasks import edit_task
from tasks.services.thread import post_message
from tests.agents.building import a_member, an_agent
from tests.tasks.building import forced
from tests.tasks.test_patches import ADDED, MODIFIED

from .acting import Board, a_task, status_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Board]
Visit = Callable[..., BrowserContext]


def selected(page: Page, tab: str) -> None:
    """Wait until a tab is the open one and its inside is there."""
    expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")


def test_subtasks_and_dependencies_are_made_with_the_keyboard_alone(
    project: Project, ada: User, open_board: Open
) -> None:
    task, pump, last = (a_task(project, ada, name) for name in ("Here", "Mend the pump", "Paint it"))
    add_dependency(actor=person(ada), task=last, depends_on=task)
    board = open_board(f"/t/{task.key}")
    page = board.page

    title = page.get_by_label("Title of a new subtask")
    title.press_sequentially("First part")
    title.press("Enter")
    expect(page.locator("[id^=linked-subtask]")).to_have_count(1)
    expect(title).to_be_focused()
    expect(title).to_have_value("")
    title.press_sequentially("Second part")
    title.press("Enter")
    expect(page.locator("[id^=linked-subtask]")).to_have_count(2)
    assert list(task.subtasks.order_by("number").values_list("title", flat=True)) == [
        "First part",
        "Second part",
    ]

    page.locator("#open-pick-waits").press("Enter")
    field = page.get_by_role("combobox", name=f"Task that {task.key} waits for")
    field.press_sequentially("paint")
    expect(page.get_by_role("option", name="Paint it")).to_have_attribute("aria-selected", "true")
    field.press("Enter")
    way = f"{task.key} → {last.key} → {task.key}"
    expect(page.locator("#pick-waits-error")).to_have_text(f"{task.key} would wait for itself: {way}.")
    expect(field).to_have_value("paint")
    field.fill(pump.key.lower())
    field.press("Enter")
    expect(page.locator(f"#linked-waits-{pump.key}")).to_be_visible()
    field.press("Escape")
    expect(page.locator("#open-pick-waits")).to_be_focused()
    assert Dependency.objects.filter(task=task, depends_on=pump).exists()

    page.get_by_role("button", name=f"Let {task.key} no longer wait for {pump.key}").press("Enter")
    expect(page.locator(f"#linked-waits-{pump.key}")).to_have_count(0)
    assert not Dependency.objects.filter(task=task, depends_on=pump).exists()
    board.toast("no longer waits").get_by_role("button", name="Undo").click()
    expect(page.locator(f"#linked-waits-{pump.key}")).to_be_visible()

    page.locator("#graph > summary").press("Enter")
    node = page.locator(f'.graph-node[data-linked="{pump.key}"]')
    expect(node).to_have_attribute("aria-label", f"{pump.key} Mend the pump, Ready")
    node.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#drawer-title")).to_have_text("Mend the pump")
    assert board.complaints == []


def test_tabs_turn_by_arrows_and_brackets_and_walking_keeps_the_tab(
    project: Project, ada: User, open_board: Open
) -> None:
    first, second = a_task(project, ada, "First"), a_task(project, ada, "Second")
    board = open_board(f"/t/{second.key}")
    page = board.page

    page.get_by_role("tab", name="Overview").focus()
    page.keyboard.press("ArrowRight")
    selected(page, "Thread")
    expect(page.get_by_role("tab", name="Thread")).to_be_focused()
    page.keyboard.press("End")
    selected(page, "Report")
    page.keyboard.press("ArrowRight")
    selected(page, "Overview")
    expect(page.locator('.tab[tabindex="-1"]')).to_have_count(8)
    page.locator("#drawer-title").focus()
    page.keyboard.press("]")
    selected(page, "Thread")
    page.keyboard.press("[")
    selected(page, "Overview")
    page.get_by_role("tab", name="History").click()
    selected(page, "History")
    board.card(second).locator(".card-link").focus()
    page.keyboard.press("j")

    expect(page.locator("#drawer-title")).to_have_text(first.title)
    selected(page, "History")
    assert page.url.endswith(f"/t/{first.key}/history")


def test_what_is_typed_and_what_has_the_focus_survive_live_changes_and_other_tabs(
    project: Project, ada: User, open_board: Open
) -> None:
    task = a_task(project, ada)
    board = open_board(f"/t/{task.key}")
    page = board.page
    title = page.get_by_label("Title of a new subtask")
    title.press_sequentially("Half a ti")

    edit_task(actor=person(ada), task=task, changes={"title": "Replace the pump"})
    expect(page.locator("#drawer-title")).to_have_text("Replace the pump")
    expect(title).to_be_focused()
    title.press_sequentially("tle")
    expect(title).to_have_value("Half a title")

    page.get_by_role("tab", name="Thread").click()
    page.get_by_label("Message", exact=True).fill("Half a message")
    page.get_by_role("tab", name="Reviews").click()
    page.get_by_text("Refute", exact=True).click()
    page.get_by_label("What you think of it").fill("Half a review")
    post_message(actor=person(ada), task=task, content="Meanwhile")
    expect(page.get_by_role("tab", name="Thread 1")).to_be_visible()
    expect(page.get_by_label("What you think of it")).to_have_value("Half a review")
    page.get_by_role("tab", name="Thread").click()
    expect(page.get_by_label("Message", exact=True)).to_have_value("Half a message")
    page.get_by_role("tab", name="Reviews").click()
    expect(page.get_by_label("What you think of it")).to_have_value("Half a review")
    expect(page.get_by_label("Severity")).to_be_visible()
    page.get_by_role("tab", name="Overview").click()
    expect(title).to_have_value("Half a title")


def test_a_review_says_what_follows_is_sent_and_is_answered_by_somebody_else(
    project: Project, ada: User, visit: Visit
) -> None:
    agent, _ = an_agent(project, "bolt", name="Bolt")
    task = forced(a_task(project, ada), "review")
    assign(actor=person(ada), task=Task.objects.get(pk=task.pk), agents=[agent])
    ben = a_member(project, "ben", "operator")
    hers = Board.open(visit(ada), project, f"/t/{task.key}/reviews")
    his = Board.open(visit(ben), project, f"/t/{task.key}/reviews")
    page = hers.page

    page.get_by_text("Changeset", exact=True).click()
    expect(page.locator("#give-follows")).to_have_text(f"This sends {task.key} back to In progress.")
    page.get_by_label("Diff", exact=True).fill("no diff")
    page.get_by_role("button", name="Send the review").click()
    expect(page.locator("#give-patch-error")).to_contain_text("This is no unified diff")
    page.locator("#give-patch").fill(MODIFIED + ADDED)
    page.get_by_role("button", name="Send the review").click()
    hers.toast("went back to work")
    expect(page.locator(".give-fields")).to_be_hidden()
    expect(page.locator(".diff")).to_have_count(2)
    page.locator(".diff summary").first.click()
    expect(page.locator('.diff [data-line="add"]').first).to_be_visible()
    assert status_of(task) == "in_progress"

    his.page.get_by_role("button", name="Accept…").click()
    his.page.get_by_label("What follows from it").fill("Will do.")
    his.page.get_by_role("dialog").get_by_role("button", name="Accept", exact=True).click()
    expect(page.locator(".review")).to_contain_text("Accepted by ben")
    expect(page.locator(".diff[open]")).to_have_count(1)
    assert Review.objects.get(task=task).response == "Will do."
    assert hers.complaints == his.complaints == []


def test_the_timeline_keeps_its_kind_while_it_grows_and_the_report_is_copied(
    project: Project, ada: User, visit: Visit
) -> None:
    task = a_task(project, ada)
    context = visit(ada, permissions=["clipboard-read", "clipboard-write"])
    board = Board.open(context, project, f"/t/{task.key}/timeline")
    page = board.page

    page.get_by_role("button", name="Messages").click()
    expect(page.locator(".timeline li")).to_have_count(0)
    post_message(actor=person(ada), task=task, content="News of *today*")
    expect(page.locator(".timeline li")).to_have_count(1)
    expect(page.locator(".timeline em")).to_have_text("today")
    expect(page.get_by_role("button", name="Messages")).to_have_attribute("aria-pressed", "true")

    page.get_by_role("tab", name="Report").click()
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.locator("[data-copy-report]")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()").startswith(f"# {task.key} {task.title}")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == f"{task.key}.md"


def test_a_due_date_is_shown_and_entered_in_ones_own_time_zone(
    project: Project, ada: User, visit: Visit
) -> None:
    task = a_task(project, ada, due_at="2026-12-01T23:30:00Z")
    page = Board.open(visit(ada, timezone_id="Asia/Kolkata"), project, f"/t/{task.key}").page
    due = page.locator("#field-due_at time")

    expect(due).to_have_text("2 Dec 2026, 05:00")
    expect(due).to_have_attribute("title", "1 Dec 2026 23:30 UTC")
    page.get_by_role("button", name="Edit due date").click()
    field = page.locator("#edit-due_at")
    expect(field).to_have_value("2026-12-02T05:00")
    field.fill("2026-07-01T09:00")
    field.press("Enter")

    expect(due).to_have_text("1 Jul 2026, 09:00")
    stored = Task.objects.get(pk=task.pk).due_at
    assert stored is not None and stored.isoformat() == "2026-07-01T03:30:00+00:00"
