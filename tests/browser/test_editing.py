"""Editing a task in its drawer: what is saved, what others see, and what two people do to the same field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from missioncontrol.kernel.api.authentication import person
from tasks.models import Project, Task, User
from tasks.services.assigning import assign
from tasks.services.tasks import edit_task, report_progress
from tests.agents.building import a_member, an_agent, events

from .acting import Board, a_task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Board]
Visit = Callable[..., BrowserContext]


@pytest.fixture
def ben(project: Project) -> User:
    return a_member(project, "ben", "operator")


def start(page: Page, name: str) -> Any:
    """Press the pencil beside a field and wait for its form."""
    page.get_by_role("button", name=f"Edit {name}", exact=True).click()
    form = page.get_by_role("form", name=f"Edit {name}")
    expect(form.locator(".input")).to_be_focused()
    return form


def save(form: Any) -> None:
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)


def changed(task: Task, user: User, **changes: Any) -> None:
    edit_task(actor=person(user), task=Task.objects.get(pk=task.pk), changes=changes)


def stored(task: Task) -> Task:
    return Task.objects.get(pk=task.pk)


def test_a_title_edited_in_the_drawer_appears_in_another_browser(
    project: Project, ada: User, ben: User, visit: Visit
) -> None:
    task = a_task(project, ada)
    hers = Board.open(visit(ada), project, f"/t/{task.key}")
    his = Board.open(visit(ben), project, f"/t/{task.key}")

    form = start(hers.page, "title")
    form.locator(".input").fill("Replace the pump")
    form.locator(".input").press("Enter")

    for board in (hers, his):
        expect(board.page.locator("#drawer-title")).to_have_text("Replace the pump")
        expect(board.card(task).locator(".card-link")).to_have_text("Replace the pump")
    assert stored(task).title == "Replace the pump"
    assert events(project, "task.updated")[-1].data["after"] == {"title": "Replace the pump"}
    assert hers.complaints == []


@pytest.mark.parametrize(
    ("field", "typed", "column", "value", "shown"),
    [
        ("description", "It *leaks*.", "description", "It *leaks*.", "It leaks."),
        ("priority", "Critical", "priority", 1, "Critical"),
        ("type", "Docs", "type", "docs", "Docs"),
        ("labels", "river, wood", "labels", ["river", "wood"], "river"),
        ("required skills", "sql, python", "required_skills", ["sql", "python"], "sql, python"),
        ("estimate", "90", "estimate_minutes", 90, "90 min"),
        ("due date", "2030-05-06T07:08", "due_at", "2030-05-06T07:08:00+00:00", "6 May 2030, 07:08"),
        ("reviewer", "ben", "reviewer_user", "ben", "ben"),
    ],
)
def test_every_field_is_edited_in_place(
    project: Project,
    ada: User,
    ben: User,
    open_board: Open,
    field: str,
    typed: str,
    column: str,
    value: object,
    shown: str,
) -> None:
    task = a_task(project, ada)
    page = open_board(f"/t/{task.key}").page
    names = {"required skills": "skills", "due date": "due"}
    page.get_by_role("button", name=f"Edit {field}", exact=True).click()
    form = page.get_by_role("form", name=f"Edit {names.get(field, field)}")
    control = form.locator(".input")
    if control.evaluate("one => one.tagName") == "SELECT":
        control.select_option(label=typed)
    else:
        control.fill(typed)
    save(form)

    expect(page.locator("#drawer-body")).to_contain_text(shown)
    assert _plain(stored(task), column) == value


def _plain(task: Task, column: str) -> object:
    if column == "labels":
        return sorted(task.labels.values_list("name", flat=True))
    found = getattr(task, column)
    if isinstance(found, User):
        return found.username
    return found.isoformat() if hasattr(found, "isoformat") else found


def test_a_conflict_says_what_the_other_wrote_and_keeps_what_was_typed(
    project: Project, ada: User, ben: User, open_board: Open
) -> None:
    task = a_task(project, ada)
    page = open_board(f"/t/{task.key}").page
    form = start(page, "description")
    form.locator(".input").fill("Hers, typed for a long time")

    changed(task, ben, description="His, saved first")

    note = form.locator(".note")
    expect(note).to_contain_text("Changed by ben.")
    expect(note.locator(".theirs")).to_have_text("His, saved first")
    expect(form.locator(".input")).to_have_value("Hers, typed for a long time")
    assert stored(task).description == "His, saved first"
    form.get_by_role("button", name="Save mine instead").click()
    expect(page.locator("#field-description .prose")).to_have_text("Hers, typed for a long time")
    assert stored(task).description == "Hers, typed for a long time"


def test_a_stale_version_overwrites_nothing_even_without_live_updates(
    project: Project, ada: User, ben: User, visit: Visit
) -> None:
    task = a_task(project, ada)
    context = visit(ada)
    context.route_web_socket("**/ws/**", lambda socket: socket.close())
    page = context.new_page()
    page.goto(f"/p/apollo/t/{task.key}")
    expect(page.locator("body[data-ready]")).to_be_attached()
    form = start(page, "title")
    form.locator(".input").fill("Hers")
    changed(task, ben, title="His")

    form.get_by_role("button", name="Save").click()

    expect(form.locator(".note")).to_contain_text("Changed by ben.")
    expect(form.locator(".input")).to_have_value("Hers")
    assert stored(task).title == "His"
    form.get_by_role("button", name="Keep theirs").click()
    expect(page.locator("#drawer-title")).to_have_text("His")
    assert stored(task).title == "His"


def test_giving_up_an_edit_shows_what_others_did_meanwhile(
    project: Project, ada: User, ben: User, open_board: Open
) -> None:
    task = a_task(project, ada)
    page = open_board(f"/t/{task.key}").page
    form = start(page, "title")
    page.get_by_role("button", name="Assign somebody").click()
    expect(page.locator("#edit-assignees")).to_be_focused()
    changed(task, ben, title="His")
    assign(actor=person(ada), task=stored(task), users=[ben], mode="add")
    expect(form.locator(".note")).to_be_visible()

    form.get_by_role("button", name="Cancel").click()
    page.locator("#edit-assignees").press("Escape")

    expect(page.locator("#drawer-title")).to_have_text("His")
    expect(page.locator("#field-assignees li")).to_contain_text("ben")


def test_somebody_elses_change_to_another_field_is_no_conflict(
    project: Project, ada: User, ben: User, open_board: Open
) -> None:
    task = a_task(project, ada)
    page = open_board(f"/t/{task.key}").page
    form = start(page, "title")
    form.locator(".input").fill("Hers")
    changed(task, ben, priority=1)
    expect(page.locator("#field-priority")).to_contain_text("Critical")

    save(form)

    assert (stored(task).title, stored(task).priority) == ("Hers", 1)


def test_live_updates_take_neither_focus_nor_text(project: Project, ada: User, open_board: Open) -> None:
    agent, _ = an_agent(project)
    task = a_task(project, ada, agents=[agent])
    page = open_board(f"/t/{task.key}").page
    form = start(page, "description")
    page.keyboard.press("Control+End")
    page.keyboard.type(" And")
    for percent in (20, 40):
        report_progress(actor=person(ada), task=stored(task), progress=percent)
        changed(task, ada, estimate_minutes=percent)
        expect(page.locator("#field-estimate_minutes")).to_contain_text(f"{percent} min")
        page.keyboard.type(" more")

    expect(form.locator(".input")).to_be_focused()
    expect(form.locator(".input")).to_have_value("It drips. And more more")


def test_what_is_typed_survives_other_tabs_and_a_closed_drawer(
    project: Project, ada: User, open_board: Open
) -> None:
    task = a_task(project, ada)
    board = open_board(f"/t/{task.key}")
    page = board.page
    start(page, "description").locator(".input").fill("Half a thou")
    page.get_by_role("tab", name="History").click()
    expect(page.locator(".history")).to_be_visible()
    page.get_by_role("tab", name="Overview").click()
    expect(page.locator("#edit-description")).to_have_value("Half a thou")
    page.get_by_role("button", name="Close", exact=True).click()

    toast = board.toast(f"Description of {task.key} is not saved")
    toast.get_by_role("button", name="Go on").click()

    expect(page.locator("#edit-description")).to_have_value("Half a thou")
    expect(page.locator("#edit-description")).to_be_focused()


def test_a_refusal_stands_beside_its_field(project: Project, ada: User, open_board: Open) -> None:
    task = a_task(project, ada)
    page = open_board(f"/t/{task.key}").page
    form = start(page, "title")
    form.locator(".input").fill("  ")
    form.get_by_role("button", name="Save").click()

    expect(form.locator(".error")).to_be_visible()
    expect(form.locator(".input")).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("Escape")

    expect(form).to_have_count(0)
    expect(page.locator("#drawer-title")).to_have_text("Mend the pump")
    expect(page.get_by_role("button", name="Edit title")).to_be_focused()


def test_an_agent_and_a_person_are_put_on_a_task_and_taken_off(
    project: Project, ada: User, ben: User, open_board: Open
) -> None:
    agent, _ = an_agent(project, name="Bolt")
    task = a_task(project, ada)
    board = open_board(f"/t/{task.key}")
    page = board.page
    for name in ("Bolt", "ben"):
        page.get_by_role("button", name="Assign somebody").click()
        page.locator("#edit-assignees").select_option(label=name)
        page.get_by_role("button", name="Assign", exact=True).click()
        expect(page.locator("#field-assignees li", has_text=name)).to_be_visible()
    board.expect_in(task, "assigned")
    assert list(task.assignments.values_list("agent__slug", "user__username").order_by("id")) == [
        (agent.slug, None),
        (None, "ben"),
    ]

    page.get_by_role("button", name="Take Bolt off").click()
    expect(page.locator("#field-assignees li")).to_have_count(1)
    page.get_by_role("button", name="Take ben off").click()
    dialog = page.get_by_role("dialog", name=f"Take ben off {task.key}?")
    expect(dialog).to_contain_text(f"{task.key} goes back to Inbox.")
    dialog.get_by_role("button", name="Take off").click()

    expect(page.locator("#field-assignees")).to_contain_text("Nobody")
    board.expect_in(task, "inbox")
    assert not task.assignments.exists()


def test_an_assignment_by_somebody_else_appears_in_the_open_drawer(
    project: Project, ada: User, ben: User, open_board: Open
) -> None:
    task = a_task(project, ada)
    page = open_board(f"/t/{task.key}").page

    assign(actor=person(ada), task=stored(task), users=[ben], mode="add")

    expect(page.locator("#field-assignees li")).to_contain_text("ben")


def test_keys_edit_the_open_task(project: Project, ada: User, open_board: Open) -> None:
    task = a_task(project, ada)
    board = open_board()
    board.card(task).locator(".card-link").focus()

    board.page.keyboard.press("p")
    expect(board.page.locator("#edit-priority")).to_be_focused()
    board.page.keyboard.press("Escape")
    board.page.keyboard.press("l")
    expect(board.page.locator("#edit-labels")).to_be_focused()
    board.page.keyboard.type("river")
    board.page.keyboard.press("Enter")

    expect(board.page.locator("#field-labels .chip")).to_have_text("river")
    assert list(task.labels.values_list("name", flat=True)) == ["river"]


def test_a_viewer_is_shown_nothing_to_edit(project: Project, ada: User, visit: Visit) -> None:
    task = a_task(project, ada, users=[ada])
    his = Board.open(visit(a_member(project, "vic", "viewer")), project, f"/t/{task.key}")

    expect(his.page.locator("#field-assignees li")).to_have_count(1)
    expect(his.page.locator("[data-edit], [data-unassign]")).to_have_count(0)
    his.page.keyboard.press("e")
    expect(his.page.locator(".edit-form")).to_have_count(0)
