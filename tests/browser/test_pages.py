"""The pages in a browser: the drawer and its address, filters, keys, signing in, and input that means harm."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from missioncontrol.kernel.api.authentication import person
from tasks.models import Project, Task, User
from tasks.queries.board import FIRST_CARDS
from tasks.services.people import issue_sign_in_link
from tasks.services.thread import post_message
from tests.agents.building import a_member, an_agent
from tests.support.server import LiveServer

from .acting import Board, a_task, moved

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Board]
Visit = Callable[..., BrowserContext]
HOSTILE = '"><img src=x onerror=window.harmed=1><script>window.harmed=1</script>{{7*7}}'
HOSTILE_MARKDOWN = f"""{HOSTILE}

[click](javascript:window.harmed=1) [data](data:text/html,<script>window.harmed=1</script>)
![x](x" onerror="window.harmed=1) <svg/onload=window.harmed=1> <javascript:window.harmed=1>

```
</code></pre><script>window.harmed=1</script>
```
"""


def test_a_card_opens_its_drawer_with_an_address_and_going_back_closes_it(
    project: Project, ada: User, open_board: Open
) -> None:
    task = a_task(project, ada)
    board = open_board()
    page = board.page

    board.card(task).locator(".card-link").click()
    expect(page.locator("#drawer-title")).to_have_text(task.title)
    expect(page).to_have_url(f"{page.url.split('/p/')[0]}/p/apollo/t/{task.key}")
    page.get_by_role("tab", name="History").click()
    expect(page.locator(".history li")).to_have_count(1)
    page.go_back()
    expect(page.get_by_role("tab", name="Overview")).to_have_attribute("aria-selected", "true")
    page.go_back()

    expect(page.locator(".drawer")).to_have_count(0)
    board.expect_in(task, "ready")


def test_the_drawers_address_opens_the_board_with_the_drawer(
    project: Project, ada: User, open_board: Open
) -> None:
    task = a_task(project, ada)

    board = open_board(f"/t/{task.key}/plan")

    expect(board.page.locator("#drawer-title")).to_have_text(task.title)
    expect(board.page.get_by_role("tab", name="Plan")).to_have_attribute("aria-selected", "true")
    board.expect_in(task, "ready")
    board.page.keyboard.press("Escape")
    expect(board.page.locator(".drawer")).to_have_count(0)


def test_a_message_written_in_the_drawer_is_kept(project: Project, ada: User, open_board: Open) -> None:
    task = a_task(project, ada)
    board = open_board(f"/t/{task.key}/thread")

    board.page.get_by_label("Message", exact=True).fill("Look at *this*")
    board.page.keyboard.press("Control+Enter")

    expect(board.page.locator("#thread .message em")).to_have_text("this")
    assert task.messages.get(type="comment").content == "Look at *this*"


def test_filters_live_in_the_address(project: Project, ada: User, open_board: Open) -> None:
    pump = a_task(project, ada, "Mend the pump")
    fence = a_task(project, ada, "Paint the fence", priority=1)
    board = open_board()

    board.page.keyboard.press("/")
    board.page.keyboard.type("pump")
    board.expect_order("ready", [pump.key])
    expect(board.page).to_have_url(f"{board.page.url.split('?')[0]}?q=pump")
    board.page.get_by_role("searchbox").fill("")
    board.page.get_by_label("Priority", exact=True).first.select_option("1")

    board.expect_order("ready", [fence.key])
    board.page.reload()
    board.wait_live()
    board.expect_order("ready", [fence.key])


def test_c_writes_a_new_task_that_appears_on_the_board(project: Project, ada: User, open_board: Open) -> None:
    board = open_board()
    page = board.page
    page.keyboard.press("c")

    page.get_by_role("button", name="Create task").click()
    expect(page.locator('#new-task [data-error="title"]')).to_be_visible()
    page.get_by_label("Title").fill("Build a bridge")
    page.get_by_label("Description").fill("Over the river; it should c / ? j k")
    page.get_by_label("Labels").fill("river, wood")
    page.get_by_role("button", name="Create task").click()

    board.toast("created")
    task = Task.objects.get(title="Build a bridge")
    board.expect_in(task, "ready")
    assert set(task.labels.values_list("name", flat=True)) == {"river", "wood"}
    assert (task.source, task.created_by_name) == ("dashboard", "ada")


def test_keys_walk_open_and_move(project: Project, ada: User, open_board: Open) -> None:
    first, second = a_task(project, ada, "First"), a_task(project, ada, "Second")
    board = open_board()
    page = board.page

    page.keyboard.press("j")
    expect(board.card(second).locator(".card-link")).to_be_focused()
    page.keyboard.press("j")
    expect(board.card(first).locator(".card-link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#drawer-title")).to_have_text("First")
    page.keyboard.press("Escape")
    expect(board.card(first).locator(".card-link")).to_be_focused()
    page.keyboard.press("m")

    expect(page.locator("#move-menu")).to_contain_text(f"Move {first.key} from Ready to")


def test_a_folded_column_stays_folded(project: Project, ada: User, open_board: Open) -> None:
    board = open_board()
    board.page.get_by_role("button", name="Fold Done").click()
    expect(board.page.locator("#column-done[data-folded]")).to_be_attached()

    board.page.reload()
    board.wait_live()

    expect(board.page.locator("#column-done[data-folded]")).to_be_attached()


def test_further_cards_load_when_they_come_into_sight(project: Project, ada: User, open_board: Open) -> None:
    for number in range(30):
        a_task(project, ada, f"Number {number}")
    board = open_board()
    cards = board.page.locator("#column-ready .card")
    expect(cards).to_have_count(FIRST_CARDS)

    board.page.locator("#column-ready .more").scroll_into_view_if_needed()

    expect(cards).to_have_count(30)
    expect(board.page.locator("#column-ready .more")).to_have_count(0)


def test_a_one_time_link_signs_in_once(
    project: Project, ada: User, browser: Browser, live_server_asgi: LiveServer
) -> None:
    secret = issue_sign_in_link(user=ada)
    context = browser.new_context(base_url=live_server_asgi.url)
    page = context.new_page()
    page.goto(f"/sign-in/{secret}")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#board")).to_be_attached()
    context.close()

    other = browser.new_context(base_url=live_server_asgi.url)
    page = other.new_page()
    page.goto(f"/sign-in/{secret}")

    expect(page.get_by_role("heading")).to_have_text("This link no longer works")
    other.close()


def test_the_agents_page_shows_and_steers_agents_live(project: Project, ada: User, visit: Visit) -> None:
    agent, _ = an_agent(project, "bolt", name="Bolt")
    page = visit(ada).new_page()
    page.goto("/p/apollo/agents")
    card = page.locator("#agent-bolt")

    card.get_by_role("button", name="Pause").click()
    page.get_by_role("dialog", name="Pause Bolt").get_by_role("button", name="Pause").click()

    expect(card.get_by_role("button", name="Resume")).to_be_visible()
    agent.refresh_from_db()
    assert (agent.state, agent.state_set_by) == ("paused", "ada")


def test_hostile_titles_messages_links_and_names_run_nothing(
    project: Project, ada: User, visit: Visit
) -> None:
    ada.display_name = HOSTILE[:150]
    ada.save()
    agent, _ = an_agent(project, "bolt", name=HOSTILE[:150], emoji="<b>")
    task = a_task(
        project,
        ada,
        HOSTILE,
        description=HOSTILE_MARKDOWN,
        labels=[HOSTILE[:60]],
        agents=[agent],
        users=[ada],
    )
    other = a_task(project, ada, HOSTILE)
    moved(other, ada, "blocked", reason=HOSTILE_MARKDOWN)
    post_message(actor=person(ada), task=Task.objects.get(pk=task.pk), content=HOSTILE_MARKDOWN)
    board = Board.open(visit(ada), project)
    page = board.page

    for path in (
        "",
        f"/t/{task.key}",
        f"/t/{task.key}/thread",
        f"/t/{other.key}",
        f"/t/{other.key}/history",
        "/agents",
    ):
        page.goto(f"/p/apollo{path}")
        expect(page.locator("#live")).to_have_attribute("data-live", "live")
        assert page.evaluate("window.harmed") is None
        assert page.locator("[onerror], [onload], main script:not([type='application/json'])").count() == 0
        assert page.locator("a[href^='javascript:' i], a[href^='data:' i]").count() == 0
    board.page.goto("/p/apollo")
    board.wait_live()
    live = a_task(project, ada, HOSTILE + " live")
    board.expect_in(live, "ready")
    moved(live, ada, "inbox")
    board.expect_in(live, "inbox")
    expect(board.card(live).locator(".card-link")).to_have_text(HOSTILE + " live")

    assert page.evaluate("window.harmed") is None
    assert not board.complaints


def test_an_error_page_is_a_page(project: Project, ada: User, visit: Visit) -> None:
    a_member(project, "ben", "viewer")
    page = visit(ada).new_page()
    answer = page.goto("/p/nowhere")

    assert answer
    assert answer.status == 404
    expect(page.get_by_role("heading")).to_have_text("There is nothing here")
