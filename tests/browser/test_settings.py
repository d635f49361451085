"""Settings in a browser: what follows is told first, refusals keep the input, a lost line loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from agents.models import ServiceToken
from agents.services.chain_checks import check_of
from missioncontrol.kernel.api.authentication import person
from tasks.models import Label, Membership, Project, Task, User
from tasks.services.projects import update_project
from tests.agents.building import a_member, an_agent, with_key

from .acting import Board, a_task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Visit = Callable[..., BrowserContext]
FAINT = (Path(__file__).parent / "contrast.js").read_text()
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
SECTIONS = ("", "/members", "/workflow", "/labels", "/limits", "/agents", "/tokens", "/audit")
TOUCHED = "main :is(button, a, select, summary, input:not([type=hidden]))"
SMALL = """(touched) => [...document.querySelectorAll(touched)]
    .filter((one) => one.offsetParent && Math.max(one.offsetHeight, one.closest('label')?.offsetHeight ?? 0) < 43)
    .map((one) => one.outerHTML.slice(0, 120))"""


def test_a_form_keeps_what_is_wrong_what_is_unsent_and_what_others_changed(
    project: Project, ada: User, visit: Visit
) -> None:
    ben = a_member(project, "ben")
    board = Board.open(visit(ada), project)
    page = board.page
    page.keyboard.press("g")
    page.keyboard.press("s")
    expect(page.get_by_role("heading", level=1)).to_have_text("General")
    board.wait_live()
    page.get_by_role("link", name="Workflow").click()
    page.get_by_label("A claim lasts").fill("soon")
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    asked: list[str] = []

    def stay(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.once("dialog", stay)
    page.get_by_role("link", name="Labels").click()
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"] and page.url.endswith("/settings/workflow")

    page.get_by_label("Review", exact=True).fill("4")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[id='set-lease_s_error']")).to_contain_text("Write a length of time like 30m")
    expect(page.get_by_label("A claim lasts")).to_be_focused()
    expect(page.get_by_label("Review", exact=True)).to_have_value("4")

    update_project(
        actor=person(ben), project=project, changes={"abandon_limit": 9, "wip_limits": {"review": 7}}
    )
    page.get_by_label("A claim lasts").fill("45m")
    page.context.set_offline(True)
    page.get_by_role("button", name="Save").click()
    board.toast("What you wrote is still here")
    page.context.set_offline(False)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[id='set-wip_limits.review_error']")).to_contain_text(
        "ben changed it meanwhile. It is 7 now."
    )
    expect(page.get_by_label("Abandoned at most")).to_have_value("9")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.", exact=True).first).to_be_visible()
    board.wait_live()
    expect(page.get_by_text("Not saved yet")).to_be_hidden()
    project.refresh_from_db()
    assert (project.lease_s, project.abandon_limit, project.wip_limits) == (2700, 9, {"review": 4})
    assert not board.complaints


def test_members_labels_and_tokens_are_changed_after_what_follows_is_told(
    project: Project, ada: User, visit: Visit
) -> None:
    User.objects.create_user("nina", email="nina@example.org")
    task = a_task(project, ada, labels=["river"])
    a_task(project, ada, "Other", labels=["stream"])
    board = Board.open(visit(ada), project, "/settings/members")
    page = board.page
    page.get_by_role("button", name="Add somebody").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("User name or e-mail address").fill("nobody@example.org")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog.locator("[data-error='who']")).to_have_text("Nobody here is “nobody@example.org”.")
    dialog.get_by_label("User name or e-mail address").fill("nina@example.org")
    dialog.get_by_label("Viewer").check()
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("[data-member='nina']")).to_contain_text("Viewer")
    page.get_by_role("button", name="Remove nina").click()
    expect(page.get_by_role("dialog")).to_contain_text("nina cannot see the project any more")
    page.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()
    expect(page.locator("[data-member='nina']")).to_have_count(0)
    assert not Membership.objects.filter(user__username="nina").exists()

    page.goto("/p/apollo/settings/labels")
    board.wait_live()
    page.get_by_role("button", name="Merge river").click()
    dialog = page.get_by_role("dialog", name="Merge “river”")
    expect(dialog).to_contain_text("1 task carries it, 1 open. They get the other label instead")
    dialog.get_by_role("button", name="Merge", exact=True).click()
    expect(page.locator("[data-label]")).to_have_count(1)
    page.get_by_role("button", name="Rename stream").click()
    page.get_by_role("dialog").get_by_role("textbox", name="Name").fill("sea")
    page.get_by_role("dialog").get_by_role("button", name="Rename", exact=True).click()
    expect(page.locator("[data-label]")).to_contain_text("sea")
    expect(page.locator("[data-label]")).to_contain_text("2 tasks, 2 open")
    assert list(Task.objects.get(pk=task.pk).labels.values_list("name", flat=True)) == ["sea"]
    page.get_by_role("button", name="Delete sea").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("heading", name="No labels yet")).to_be_visible()
    assert not Label.objects.exists()

    page.goto("/p/apollo/settings/tokens")
    board.wait_live()
    page.get_by_role("button", name="New token").first.click()
    dialog = page.get_by_role("dialog", name="New token")
    dialog.get_by_role("button", name="Make the token").click()
    expect(dialog.locator("[data-error='name']")).to_be_visible()
    dialog.get_by_role("textbox", name="Name").fill("nightly build")
    dialog.get_by_label("Write").check()
    dialog.get_by_role("button", name="Make the token").dblclick()
    shown = page.get_by_role("dialog", name="The token of nightly build")
    secret = shown.locator(".secret").inner_text()
    assert with_key(secret).get("/projects/apollo").status_code == 200
    page.keyboard.press("Escape")
    shown.get_by_role("button", name="I have kept it").click()
    expect(page.locator("[data-token]")).to_have_count(1)
    assert secret not in page.content()
    page.get_by_role("button", name="Revoke nightly build").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke", exact=True).click()
    expect(page.locator("[data-token]")).to_contain_text("Revoked")
    assert ServiceToken.objects.get().revoked_at is not None
    assert not board.complaints


def test_a_check_of_the_history_is_asked_for_and_its_result_comes_by_itself(
    project: Project, ada: User, visit: Visit
) -> None:
    a_task(project, ada)
    board = Board.open(visit(ada), project, "/settings/audit")
    page = board.page
    expect(page.get_by_text("The chain has not been checked yet")).to_be_visible()
    page.get_by_role("button", name="Check it now").dblclick()
    expect(page.get_by_text("Every link holds.", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Check it now")).to_be_enabled()
    assert check_of(project).finished_by == "ada"
    page.locator("summary", has_text="created").first.click()
    expect(page.locator("details[open] .payload")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename.endswith(".csv")
    assert not board.complaints


@pytest.mark.parametrize(("theme", "options"), [("light", {}), ("dark", PHONE)], ids=["desk", "phone"])
def test_every_section_can_be_read_and_touched_and_scrolls_one_way(
    project: Project, ada: User, visit: Visit, theme: str, options: dict[str, Any]
) -> None:
    an_agent(project, "scout", name="Scout")
    a_task(project, ada, labels=["river", "a label with a long name that goes on and on"])
    page: Page = visit(ada, color_scheme=theme, reduced_motion="reduce", **options).new_page()
    for path in SECTIONS:
        page.goto(f"/p/apollo/settings{path}")
        expect(page.locator("body[data-ready]")).to_be_attached()
        assert page.evaluate(FAINT, 4.5) == [], path
        width = page.viewport_size["width"] if page.viewport_size else 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert not options or page.evaluate(SMALL, TOUCHED) == [], path
        expect(page.locator(".settings-nav [aria-current]")).to_be_in_viewport()
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
        assert len(ids) == len(set(ids)), path
