"""Every text can be read, in light and in dark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tasks.models import Project, User
from tests.agents.building import an_agent

from .acting import a_task, moved

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LEAST = 4.5
SEARCHES = ("/search", "/search?q=another", "/search?q=elephant", "/search?q=kind:x")
FAINT = (Path(__file__).parent / "contrast.js").read_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "path",
    [
        "",
        "/t/APOL-1",
        "/t/APOL-1/history",
        "/t/APOL-1/approvals",
        "/t/APOL-1/why",
        "/agents",
        "/agents/scout",
        "/feed",
        *SEARCHES,
    ],
)
def test_text_stands_out_from_what_is_behind_it(
    project: Project, ada: User, visit: Callable[..., BrowserContext], theme: str, path: str
) -> None:
    agent, _ = an_agent(project, "scout", name="Scout")
    task = a_task(project, ada, agents=[agent], labels=["river"])
    moved(task, ada, "blocked", reason="The staging key expired")
    a_task(project, ada, "Another", due_at="2020-01-01T00:00:00Z")
    page = visit(ada, color_scheme=theme, reduced_motion="reduce").new_page()
    page.goto(f"/p/apollo{path.replace('APOL-1', task.key)}")
    expect(page.locator("body[data-ready]")).to_be_attached()

    assert page.evaluate(FAINT, LEAST) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_chips_lanes_mistakes_and_selected_cards_can_be_read(
    project: Project, ada: User, visit: Callable[..., BrowserContext], theme: str
) -> None:
    tasks = [a_task(project, ada, "Mend the pump", labels=["river"]), a_task(project, ada, "Mend the tap")]
    page = visit(ada, color_scheme=theme, reduced_motion="reduce").new_page()
    page.goto("/p/apollo?q=mend&lane=label")
    expect(page.locator("body[data-ready]")).to_be_attached()
    page.locator(f"#card-{tasks[0].key}").click(modifiers=["ControlOrMeta"])
    page.locator("#filter-text").fill("is:angry")
    expect(page.locator("#filter-error")).to_be_visible()
    page.locator("#views summary").click()
    expect(page.get_by_text("A view keeps a filter")).to_be_visible()

    assert page.evaluate(FAINT, LEAST) == []
