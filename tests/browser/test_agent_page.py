"""One agent in a browser: made, connected, held, edited, its keys changed; always after what follows was told."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from agents.models import Agent, AgentKey
from agents.services.registry import update_agent
from missioncontrol.kernel.api.authentication import person
from tasks.models import Event, Project, User
from tests.agents.building import a_member, an_agent, with_key

from .acting import Board

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Visit = Callable[..., BrowserContext]


@pytest.fixture
def scout(project: Project) -> Agent:
    return an_agent(project, "scout", name="Scout")[0]


def at(visit: Visit, user: User, project: Project, path: str = "/agents/scout", **options: object) -> Page:
    return Board.open(visit(user, **options), project, path).page


def types(project: Project) -> list[str]:
    return list(Event.objects.filter(project=project).order_by("seq").values_list("type", flat=True))


def test_an_agent_is_made_and_its_key_shown_once_with_the_lines_that_use_it(
    project: Project, ada: User, scout: Agent, visit: Visit
) -> None:
    page = at(visit, ada, project, "/agents")
    page.get_by_role("button", name="New agent").click()
    dialog = page.get_by_role("dialog", name="New agent")
    dialog.get_by_label("Name").fill("Scout")
    expect(dialog.get_by_label("Slug")).to_have_value("scout")
    dialog.get_by_role("button", name="Make the agent").click()
    expect(dialog.locator('[data-error="slug"]')).to_contain_text("has an agent “scout” already")
    expect(dialog.get_by_label("Name")).to_have_value("Scout")

    dialog.get_by_label("Name").fill("Ötter Two")
    expect(dialog.get_by_label("Slug")).to_have_value("otter-two")
    dialog.get_by_label("Level").select_option("lead")
    dialog.get_by_label("Skills").fill("python, sql, python")
    dialog.get_by_role("button", name="Make the agent").click()

    shown = page.get_by_role("dialog", name="The key of Ötter Two")
    key = shown.locator(".secret").inner_text()
    made = Agent.objects.get(project=project, slug="otter-two")
    assert (made.name, made.level, made.skills) == ("Ötter Two", "lead", ["python", "sql"])
    assert with_key(key).get("/agent/me").json()["slug"] == "otter-two"
    expect(shown.locator("pre").first).to_contain_text(key)
    assert key not in page.url and "PASTE-THE-KEY-HERE" not in shown.inner_text()
    page.mouse.click(4, 400)
    page.keyboard.press("Escape")
    expect(shown).to_be_visible()
    shown.get_by_role("button", name="I have kept it").click()
    expect(page.locator("#agent-otter-two")).to_be_visible()
    assert key not in page.content()
    assert types(project)[-2:] == ["agent.created", "agent.key_created"]


def test_an_order_tells_what_follows_and_shows_who_and_why_to_everybody(
    project: Project, ada: User, scout: Agent, visit: Visit
) -> None:
    ben = a_member(project, "ben", "viewer")
    his = at(visit, ben, project)
    page = at(visit, ada, project)
    page.get_by_role("button", name="Quarantine").click()
    dialog = page.get_by_role("dialog", name="Quarantine Scout")
    expect(dialog).to_contain_text("It loses what it holds at once; those tasks go back to Ready.")
    scout.refresh_from_db()
    assert scout.state == "active"
    dialog.get_by_label("Reason").fill("It argues")
    dialog.get_by_role("button", name="Quarantine").click()

    for one in (page, his):
        expect(one.locator("#agent .note")).to_contain_text("Quarantined by ada, just now: “It argues”")
    scout.refresh_from_db()
    assert (scout.state, scout.state_reason, scout.state_set_by) == ("quarantined", "It argues", "ada")
    expect(his.locator("[data-order], [data-rotate-key], [data-edit-agent]")).to_have_count(0)

    page.get_by_role("button", name="Resume").click()
    page.get_by_role("dialog").get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def test_a_key_is_made_anew_while_the_old_one_goes_on_and_is_revoked(
    project: Project, ada: User, scout: Agent, visit: Visit
) -> None:
    old = AgentKey.objects.get(agent=scout)
    page = at(visit, ada, project)
    page.get_by_role("button", name="New key…").click()
    dialog = page.get_by_role("dialog", name="New key for Scout")
    expect(dialog).to_contain_text("Scout's present key stops working when you choose.")
    dialog.get_by_label("The old ones stop").select_option(label="In an hour")
    dialog.get_by_label("The new one ends").select_option(label="In 30 days")
    dialog.get_by_role("button", name="Make the key").click()
    shown = page.get_by_role("dialog", name="The key of Scout")
    key = shown.locator(".secret").inner_text()
    shown.get_by_role("button", name="I have kept it").click()
    expect(page.locator("#keys-of-agent .key")).to_have_count(2)
    assert with_key(key).get("/agent/me").status_code == 200
    old.refresh_from_db()
    assert old.expires_at is not None and old.revoked_at is None

    page.get_by_role("button", name=f"Revoke {old.prefix}").click()
    revoking = page.get_by_role("dialog", name=f"Revoke {old.prefix}…")
    expect(revoking).to_contain_text("is refused from the next call on. There is no way back.")
    expect(revoking).not_to_contain_text("the only one")
    revoking.get_by_role("button", name="Revoke").click()

    expect(page.locator("#keys-of-agent .key", has_text=old.prefix)).to_contain_text("Revoked")
    old.refresh_from_db()
    assert old.revoked_at is not None
    prefix = AgentKey.objects.exclude(pk=old.pk).get(agent=scout).prefix
    page.get_by_role("button", name=f"Revoke {prefix}").click()
    expect(page.get_by_role("dialog")).to_contain_text(
        "It is the only one: Scout cannot call until you make another."
    )


def test_editing_sends_what_was_changed_and_leaves_the_rest(
    project: Project, ada: User, scout: Agent, visit: Visit
) -> None:
    page = at(visit, ada, project)
    page.get_by_role("button", name="Edit").click()
    dialog = page.get_by_role("dialog", name="Edit Scout")
    dialog.get_by_label("Role").fill("Mends *pumps*.")
    dialog.get_by_label("Closes tasks").check()
    dialog.get_by_label("Tasks at once").fill("0")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.locator('[data-error="max_concurrent_tasks"]')).to_be_visible()
    expect(dialog.get_by_label("Role")).to_have_value("Mends *pumps*.")
    update_agent(actor=person(ada), agent=scout, changes={"skills": ["sql"]})

    dialog.get_by_label("Tasks at once").fill("3")
    dialog.get_by_role("button", name="Save").click()

    expect(page.locator("#agent .prose em")).to_have_text("pumps")
    expect(page.locator("#agent")).to_contain_text("closes tasks")
    scout.refresh_from_db()
    assert (scout.max_concurrent_tasks, scout.can_close, scout.skills) == (3, True, ["sql"])
    edited = Event.objects.filter(project=project, type="agent.updated").latest("seq")
    assert set(edited.data["after"]) == {"role_text", "can_close", "max_concurrent_tasks"}


def test_what_somebody_else_changed_meanwhile_is_told_before_it_is_overwritten(
    project: Project, ada: User, scout: Agent, visit: Visit
) -> None:
    page = at(visit, ada, project)
    page.get_by_role("button", name="Edit").click()
    dialog = page.get_by_role("dialog", name="Edit Scout")
    dialog.get_by_label("Name").fill("Mine")
    update_agent(actor=person(ada), agent=scout, changes={"name": "Theirs"})

    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_contain_text("Name is “Theirs” by now")
    scout.refresh_from_db()
    assert scout.name == "Theirs"
    dialog.get_by_role("button", name="Save").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Mine")
    scout.refresh_from_db()
    assert scout.name == "Mine"


def test_lines_are_copied(project: Project, ada: User, scout: Agent, visit: Visit) -> None:
    page = at(visit, ada, project, permissions=["clipboard-read", "clipboard-write"])
    page.locator("summary", has_text="Codex").click()

    page.get_by_role("button", name="Copy: Start it, with the network open").click()

    expect(page.get_by_role("button", name="Copy: Start it, with the network open")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert re.match(r"codex exec --sandbox workspace-write -c \S+ \"Claim", copied)


def test_live_updates_leave_opened_lines_and_focus_alone(
    project: Project, ada: User, scout: Agent, visit: Visit
) -> None:
    page = at(visit, ada, project)
    page.locator("summary", has_text="Cursor").click()
    page.get_by_role("button", name="Edit").focus()

    update_agent(actor=person(ada), agent=scout, changes={"skills": ["go"]})

    expect(page.locator("#agent")).to_contain_text("go")
    expect(page.locator("details.way[open]")).to_have_count(1)
    expect(page.get_by_role("button", name="Edit")).to_be_focused()


def test_nothing_hostile_in_an_agents_own_words_runs(project: Project, ada: User, visit: Visit) -> None:
    harm = '"><img src=x onerror=window.harmed=1><script>window.harmed=1</script>'
    an_agent(project, "scout", name=harm[:150], role_text=harm, behaviour=harm, skills=[harm[:60]])
    page = at(visit, ada, project)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("dialog")).to_contain_text("<img src=x")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Edit").click()
    expect(page.get_by_role("dialog").get_by_label("Role")).to_have_value(harm)

    assert page.evaluate("window.harmed") is None
