"""The feed in a browser: live, held back while somebody reads, paused, narrowed, and by the keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from missioncontrol.kernel.api.authentication import person
from tasks.models import Event, Project, User
from tasks.services.thread import post_message
from tests.agents.building import an_agent

from .acting import Board, a_task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Visit = Callable[..., BrowserContext]


def feed(visit: Visit, user: User, project: Project, query: str = "", **options: object) -> Page:
    """The feed, live."""
    return Board.open(visit(user, **options), project, f"/feed{query}").page


def lines(page: Page) -> list[str]:
    return page.locator("#feed-lines .feed-line p").all_inner_texts()


def first(page: Page) -> object:
    return page.locator("#feed-lines .feed-line p").first


def test_what_happens_appears_on_top_without_reloading(project: Project, ada: User, visit: Visit) -> None:
    page = feed(visit, ada, project)
    task = a_task(project, ada)
    expect(page.locator("#feed-lines .feed-line", has_text=f"created {task.key}")).to_be_visible()

    post_message(actor=person(ada), task=task, content="Mind the valve")

    expect(first(page)).to_contain_text(f"ada wrote on {task.key} Mend the pump Mind the valve")
    page.wait_for_timeout(600)
    numbers = page.locator("#feed-lines [data-seq]").evaluate_all("rows => rows.map(row => +row.dataset.seq)")
    assert numbers == list(range(Event.objects.filter(project=project).count(), 0, -1))


def test_only_what_the_filters_let_through_appears(project: Project, ada: User, visit: Visit) -> None:
    task, other = a_task(project, ada), a_task(project, ada, "Paint the roof")
    page = feed(visit, ada, project, f"?kind=thread&task={task.key}")
    expect(page.get_by_role("heading", name="Nothing like this yet")).to_be_visible()

    post_message(actor=person(ada), task=other, content="Elsewhere")
    post_message(actor=person(ada), task=task, content="Here")

    expect(page.locator("#feed-lines .feed-line")).to_have_count(1)
    expect(first(page)).to_contain_text("Here")
    expect(page.locator(".feed-empty")).to_have_count(0)


def test_narrowing_keeps_the_focus_and_goes_into_the_address(
    project: Project, ada: User, visit: Visit
) -> None:
    an_agent(project, "scout", name="Scout")
    a_task(project, ada)
    page = feed(visit, ada, project)

    page.get_by_label("Kind").focus()
    page.get_by_label("Kind").select_option("agents")

    expect(page).to_have_url(re.compile(r"/feed\?kind=agents$"))
    expect(page.get_by_label("Kind")).to_be_focused()
    expect(page.locator('#feed-lines .feed-line:not([data-kind="agents"])')).to_have_count(0)
    page.get_by_label("Agent").select_option("scout")
    expect(page).to_have_url(re.compile(r"/feed\?kind=agents&agent=scout$"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"/feed\?kind=agents$"))
    expect(page.get_by_label("Agent")).to_have_value("")


def test_while_somebody_reads_further_down_new_lines_wait_behind_a_number(
    project: Project, ada: User, visit: Visit
) -> None:
    for number in range(30):
        a_task(project, ada, f"Task {number}")
    task = a_task(project, ada)
    page = feed(visit, ada, project)
    page.evaluate("scrollTo(0, 900)")
    read = page.evaluate("scrollY")
    before = lines(page)

    post_message(actor=person(ada), task=task, content="One")
    pill = page.get_by_role("button", name="1 new", exact=True)
    expect(pill).to_be_visible()
    assert page.evaluate("scrollY") == read
    assert lines(page)[0] == before[0]
    pill.click()

    expect(first(page)).to_contain_text("One")
    expect(pill).to_be_hidden()
    assert page.evaluate("scrollY") < 120


def test_a_paused_feed_waits_and_goes_on_with_everything(project: Project, ada: User, visit: Visit) -> None:
    task = a_task(project, ada)
    page = feed(visit, ada, project)
    page.keyboard.press("f")
    expect(page.get_by_role("button", name="Go on")).to_have_attribute("aria-pressed", "true")

    post_message(actor=person(ada), task=task, content="While it is paused")
    expect(page.get_by_role("button", name="1 new", exact=True)).to_be_visible()
    expect(page.locator("#feed-lines", has_text="While it is paused")).to_have_count(0)
    page.get_by_role("button", name="Go on").click()

    expect(first(page)).to_contain_text("While it is paused")


def test_a_slow_answer_brings_no_line_twice(project: Project, ada: User, visit: Visit) -> None:
    task = a_task(project, ada)
    page = feed(visit, ada, project)
    page.evaluate(
        """() => { const fetched = window.fetch; window.fetch = async (...asked) => {
          const answer = await fetched(...asked);
          if (String(asked[0]).includes("after=")) await new Promise((resolve) => setTimeout(resolve, 900));
          return answer; }; }"""
    )

    for number in range(4):
        post_message(actor=person(ada), task=task, content=f"Message {number}")
        page.wait_for_timeout(400)

    expect(first(page)).to_contain_text("Message 3")
    page.wait_for_timeout(1500)
    numbers = page.locator("#feed-lines [data-seq]").evaluate_all("rows => rows.map(row => +row.dataset.seq)")
    assert numbers == list(range(Event.objects.filter(project=project).count(), 0, -1))


def test_older_lines_come_when_the_end_is_in_sight(project: Project, ada: User, visit: Visit) -> None:
    for number in range(40):
        a_task(project, ada, f"Task {number}")
    total = Event.objects.filter(project=project).count()
    page = feed(visit, ada, project)
    expect(page.locator("#feed-lines .feed-line")).to_have_count(50)

    for _ in range(total // 50 + 1):
        page.locator("#feed-lines > li").last.scroll_into_view_if_needed()
        page.wait_for_timeout(300)

    expect(page.locator("#feed-lines .feed-line")).to_have_count(total)
    expect(page.get_by_text("That is where the history begins.")).to_be_visible()


def test_a_gap_is_caught_up_by_number(project: Project, ada: User, visit: Visit) -> None:
    task = a_task(project, ada)
    context = visit(ada)
    page = Board.open(context, project, "/feed").page
    context.set_offline(True)
    page.evaluate("window.dispatchEvent(new Event('offline'))")
    post_message(actor=person(ada), task=task, content="While it was away")
    context.set_offline(False)

    expect(first(page)).to_contain_text("While it was away", timeout=30_000)


def test_a_narrowed_feed_goes_on_to_its_end_too(project: Project, ada: User, visit: Visit) -> None:
    for number in range(60):
        a_task(project, ada, f"Task {number}")
    page = feed(visit, ada, project)
    page.get_by_label("Kind").select_option("tasks")
    expect(page.locator('#feed-lines [data-kind="moves"]')).to_have_count(0)

    page.locator("#feed-lines > li").last.scroll_into_view_if_needed()

    expect(page.locator("#feed-lines .feed-line")).to_have_count(60)


@pytest.mark.parametrize("width", [360, 768, 1440, 2560])
@pytest.mark.parametrize("path", ["/feed", "/agents/scout", "/agents"])
def test_no_page_is_wider_than_the_window(
    project: Project, ada: User, visit: Visit, width: int, path: str
) -> None:
    an_agent(project, "scout", name="Scout of the far north and everything beyond it", skills=["x" * 60])
    task = a_task(project, ada, "W" * 300)
    post_message(actor=person(ada), task=task, content="m" * 500)
    page = feed(visit, ada, project, viewport={"width": width, "height": 800})
    page.goto(f"/p/apollo{path}")
    for summary in page.locator("summary.way-name, details.way > summary").all():
        summary.click()

    assert page.evaluate("document.documentElement.scrollWidth") <= width
