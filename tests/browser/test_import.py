"""From nothing to a board full of tasks, in a browser: a new project, a file with its columns, a lost connection."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tasks.models import Import, Project, Task, User
from tests.tasks.importing.runs import table

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Visit = Callable[..., BrowserContext]
HERE = Path(__file__).parent
FAINT = (HERE / "contrast.js").read_text()
TIDY = (HERE / "tidy.js").read_text()
CSV = "Key;Summary;State;Who\nA;Mend the pump;Odd;nux\nB;=1+1;Done;\nC;;Done;\n"


def looks_right(page: Page) -> None:
    """Every text stands out; on a phone nothing is cut off; fields have names."""
    expect(page.locator("body[data-ready]")).to_be_attached()
    assert page.evaluate(FAINT, 4.5) == []
    page.set_viewport_size({"width": 360, "height": 780})
    assert page.evaluate(TIDY) == []
    page.set_viewport_size({"width": 1280, "height": 800})


def test_a_new_project_gets_its_names_as_one_types_and_its_tasks_from_a_file(
    project: Project, ada: User, visit: Visit
) -> None:
    page = visit(ada, color_scheme="dark", reduced_motion="reduce").new_page()
    page.goto(f"/p/{project.slug}")
    page.locator(".switcher").click()
    page.get_by_role("link", name="New project").click()
    looks_right(page)

    page.get_by_label("Name", exact=True).press_sequentially("Customer Portal")
    expect(page.get_by_label("Address")).to_have_value("customer-portal")
    expect(page.get_by_label("Keys begin with")).to_have_value("CP")
    page.get_by_label("Address").fill("apollo")
    expect(page.get_by_text("There is a project at /p/apollo already")).to_be_visible()
    page.get_by_label("Address").fill("portal")
    expect(page.get_by_text("There is a project at /p/apollo already")).to_be_hidden()
    page.get_by_role("radio", name="Light").check()
    page.get_by_label("First tasks").fill("Write the plan")
    page.get_by_role("button", name="Create it and import tasks").dblclick()
    expect(page).to_have_url(re.compile(r"/p/portal/import$"))
    looks_right(page)

    page.get_by_label("File", exact=True).set_input_files(
        {"name": "team.csv", "mimeType": "text/csv", "buffer": CSV.encode()}
    )
    page.get_by_role("button", name="Send and look at it").click()
    expect(page.get_by_role("heading", name="What do the columns mean?")).to_be_visible()
    looks_right(page)
    expect(page.get_by_label("Summary")).to_have_value("title")
    expect(page.get_by_text("Mend the pump")).to_be_visible()
    page.get_by_label("Who").select_option("Assignees")
    page.get_by_role("button", name="Read the file").click()

    expect(page.get_by_role("button", name="Import 2 tasks")).to_be_visible()
    looks_right(page)
    page.get_by_label("Odd").select_option("Ready")
    page.get_by_role("button", name="Read again with these").click()
    expect(page.get_by_role("row", name="Mend the pump")).to_contain_text("Inbox")
    page.get_by_role("button", name="Import 2 tasks").dblclick()

    expect(page.get_by_role("link", name="Open the board")).to_be_visible()
    looks_right(page)
    expect(page.get_by_text("title: is missing.")).to_be_visible()
    page.get_by_role("link", name="Open the board").click()
    expect(page.locator(".card")).to_have_count(3)
    expect(page.locator("#column-inbox .card", has_text="Write the plan")).to_be_visible()
    assert Task.objects.get(source_ref="csv:B").title == "=1+1"


def test_a_file_of_several_pieces_survives_a_lost_connection(
    project: Project, ada: User, visit: Visit
) -> None:
    data = table(9000, description="x" * 100).encode()
    page = visit(ada).new_page()
    lost: list[str] = []

    def cut_once(route: Route) -> None:
        if len(lost) < 2:
            lost.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    page.route("**/pieces/1", cut_once)
    page.goto(f"/p/{project.slug}/import")
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "big.csv", "mimeType": "text/csv", "buffer": data}
    )
    page.get_by_role("button", name="Send and look at it").click()
    expect(page.get_by_text("Mission Control cannot be reached. Trying again…")).to_be_visible()

    expect(page.get_by_role("heading", name="What do the columns mean?")).to_be_visible()
    source = Import.objects.get()
    assert (len(lost), source.received, source.pieces.count()) == (
        2,
        len(data),
        -(-len(data) // (512 * 1024)),
    )
    page.get_by_role("button", name="Read the file").click()
    expect(page.get_by_role("button", name="Import 9000 tasks")).to_be_visible()
    page.get_by_role("button", name="Import 9000 tasks").click()
    expect(page.get_by_text("of 9000 tasks")).to_be_visible()
    page.get_by_role("button", name="Stop; keep what was brought").click()

    expect(page.get_by_role("heading", name="Stopped")).to_be_visible()
    stopped = Import.objects.get()
    assert (stopped.state, stopped.created) == ("canceled", Task.objects.count())
    assert 0 <= stopped.created < 9000
