"""The command palette and the sheet of keys: both come from what is declared, and need no mouse."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import BrowserContext, Page, expect

from agents.services.control import pause_all
from missioncontrol.kernel.api.authentication import person
from tasks.models import Project, User
from tests.agents.building import a_member, a_project, an_agent

from .acting import Board, a_task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Visit = Callable[..., BrowserContext]


def opened(page: Page, text: str = "") -> Page:
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Find and do")).to_be_focused()
    if text:
        page.keyboard.type(text)
    return page


def chosen(page: Page) -> object:
    return page.locator('#palette [role="option"][aria-selected="true"]')


def go(visit: Visit, user: User, project: Project, path: str = "/agents") -> Page:
    return Board.open(visit(user), project, path).page


def test_a_few_letters_and_enter_go_to_an_agent(project: Project, ada: User, visit: Visit) -> None:
    an_agent(project, "scout", name="Scout")
    page = opened(go(visit, ada, project), "sct")
    expect(chosen(page)).to_contain_text("Scout")

    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(r"/p/apollo/agents/scout$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Scout")


def test_it_follows_the_combobox_pattern(project: Project, ada: User, visit: Visit) -> None:
    page = opened(go(visit, ada, project))
    box, options = (
        page.get_by_role("combobox", name="Find and do"),
        page.locator("#palette").get_by_role("option"),
    )
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-controls", "palette-list")
    expect(box).to_have_attribute("aria-activedescendant", "palette-0")

    page.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", "palette-1")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    last = options.count() - 1
    expect(box).to_have_attribute("aria-activedescendant", f"palette-{last}")
    expect(page.locator('#palette [aria-selected="true"]')).to_have_count(1)
    expect(box).to_be_focused()
    page.keyboard.press("Escape")

    expect(page.locator("#palette")).to_be_hidden()


def test_a_task_opens_over_the_board_and_comes_first_the_next_time(
    project: Project, ada: User, open_board: Callable[..., Board]
) -> None:
    task = a_task(project, ada)
    a_task(project, ada, "Paint the roof")
    board = open_board()
    page = opened(board.page, "mnd pmp")
    expect(chosen(page)).to_contain_text("Mend the pump")

    page.keyboard.press("Enter")

    expect(page.locator("#drawer-title")).to_have_text(task.title)
    expect(page).to_have_url(re.compile(f"/t/{task.key}$"))
    opened(page)
    expect(page.locator('#palette [role="group"]').first).to_have_attribute("aria-label", "Recent")
    expect(chosen(page)).to_contain_text(task.key)
    assert board.complaints == []


def test_what_is_chosen_stays_chosen_when_the_answer_arrives(
    project: Project, ada: User, visit: Visit
) -> None:
    page = go(visit, ada, project)
    page.evaluate(
        """() => { const fetched = window.fetch; window.fetch = async (...asked) => {
          if (String(asked[0]).includes("/palette")) await new Promise((resolve) => setTimeout(resolve, 1200));
          return fetched(...asked); }; }"""
    )
    a_task(project, ada)
    opened(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(chosen(page)).to_contain_text("Go to the inbox")

    expect(page.locator("#palette", has_text="Mend the pump")).to_be_visible()

    expect(chosen(page)).to_contain_text("Go to the inbox")


def test_what_does_not_fit_says_so_and_text_stays_text(project: Project, ada: User, visit: Visit) -> None:
    page = opened(go(visit, ada, project), "<img src=x>zzz")

    expect(page.locator("#palette-note")).to_have_text(re.compile("Nothing fits “<img src=x>zzz”"))
    expect(page.locator("#palette img")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.locator("#palette")).to_be_visible()


def test_actions_go_on_when_the_server_cannot_be_reached(project: Project, ada: User, visit: Visit) -> None:
    page = go(visit, ada, project)
    page.route("**/palette?*", lambda route: route.abort())
    opened(page, "dark")
    expect(page.locator("#palette-note")).to_contain_text("cannot be reached")

    page.keyboard.press("Enter")

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_pausing_all_tells_whom_it_touches_before_it_happens(
    project: Project, ada: User, visit: Visit
) -> None:
    scout, _ = an_agent(project, "scout", name="Scout")
    bolt, _ = an_agent(project, "bolt", name="Bolt")
    page = opened(go(visit, ada, project, "/feed"), "pause all")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Pause all agents")
    expect(dialog).to_contain_text("Bolt, Scout: they may only beat and write messages")
    scout.refresh_from_db()
    assert scout.state == "active"

    dialog.get_by_label("Reason").fill("Fire drill")
    page.keyboard.press("Enter")

    expect(page.locator("#toasts .toast", has_text="2 agents paused")).to_be_visible()
    for agent in (scout, bolt):
        agent.refresh_from_db()
        assert (agent.state, agent.state_reason, agent.paused_by_all) == ("paused", "Fire drill", True)


def test_resuming_all_touches_only_those_paused_together(project: Project, ada: User, visit: Visit) -> None:
    scout, _ = an_agent(project, "scout", name="Scout")
    pause_all(actor=person(ada), project=project)
    page = opened(go(visit, ada, project, "/feed"), "resume all")
    page.keyboard.press("Enter")

    page.get_by_role("dialog", name="Resume all agents").get_by_role(
        "button", name="Resume all agents"
    ).click()

    expect(page.locator("#toasts .toast", has_text="1 agent resumed")).to_be_visible()
    scout.refresh_from_db()
    assert scout.state == "active"


def test_a_viewer_is_offered_only_what_a_viewer_may(project: Project, ada: User, visit: Visit) -> None:
    page = opened(go(visit, a_member(project, "vic", "viewer"), project))

    titles = page.locator('#palette [role="option"]').all_inner_texts()
    assert any("Go to the feed" in title for title in titles)
    for word in ("New task", "New agent", "Pause all", "Resume all"):
        assert not any(word in title for title in titles)


def test_a_project_of_others_is_not_offered(project: Project, ada: User, visit: Visit) -> None:
    a_member(a_project("hermes", name="Hermes"), "ben")
    a_project("athena", name="Athena")
    page = opened(go(visit, ada, project), "go to")

    expect(chosen(page)).to_contain_text("Go to")
    expect(page.locator("#palette", has_text="Hermes")).to_have_count(0)


def test_c_writes_a_task_from_any_page(project: Project, ada: User, visit: Visit) -> None:
    page = go(visit, ada, project, "/feed")

    page.keyboard.press("c")

    expect(page.get_by_role("dialog", name="New task")).to_be_visible()
    expect(page.get_by_label("Title")).to_be_focused()
    expect(page).to_have_url(re.compile(r"/p/apollo$"))


@pytest.mark.parametrize(
    ("keys", "path"), [("gb", "/p/apollo"), ("ga", "/p/apollo/agents"), ("gf", "/p/apollo/feed")]
)
def test_g_and_a_letter_go_to_a_page(project: Project, ada: User, visit: Visit, keys: str, path: str) -> None:
    page = go(visit, ada, project, "/feed" if keys == "gb" else "")

    for key in keys:
        page.keyboard.press(key)

    expect(page).to_have_url(re.compile(f"{path}$"))


def test_the_sheet_shows_the_keys_of_this_page_and_no_others(
    project: Project, ada: User, visit: Visit
) -> None:
    page = go(visit, ada, project, "")
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard keys")
    expect(sheet.get_by_role("heading", level=3)).to_have_text(["Everywhere", "Go to", "Board", "Card"])
    expect(sheet).to_contain_text("Next card, previous card")
    page.goto("/p/apollo/feed")
    expect(page.locator("body[data-ready]")).to_be_attached()

    page.keyboard.press("?")

    expect(sheet.get_by_role("heading", level=3)).to_have_text(["Everywhere", "Go to", "Feed"])
    expect(sheet).not_to_contain_text("Next card")


def test_every_key_that_is_bound_says_what_it_does() -> None:

    for path in sorted((Path(settings.BASE_DIR) / "static/js").rglob("*.js")):
        text = path.read_text()
        if path.name == "keys.js":
            continue
        calls = len(re.findall(r'\bbind\("', text))
        titled = len(re.findall(r'\bbind\("(?:(?!\bbind\().)*?, "[^"]+", "[A-Z][^"]+"\)', text, re.S))
        assert calls == titled, path
