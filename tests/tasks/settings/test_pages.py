"""The pages of settings: who reads and changes what, refusals beside their fields, two owners at once."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tasks.models import Label, Project, User
from tasks.services.people import create_operator
from tasks.services.projects import update_project
from tasks.views.settings.fields import seconds_of, written_as
from tests.agents.building import HOUSE, a_member, a_project, a_service, actor_of, an_agent, events
from tests.tasks.building import a_task

pytestmark = pytest.mark.django_db
READABLE = ["", "/members", "/members/list", "/workflow", "/labels", "/labels/list", "/limits", "/agents"]
OWNED = ["/tokens", "/tokens/list", "/audit", "/audit/entries", "/audit/check", "/audit.csv", "/audit.json"]


@pytest.fixture
def project() -> Project:
    return a_project()


@pytest.fixture
def ada(project: Project) -> User:
    return a_member(project)


@pytest.fixture
def hers(ada: User) -> Client:
    return browser_of(ada)


def browser_of(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def fields_of(page: str) -> dict[str, str]:
    """What the browser would send of the settings form as it was drawn."""
    form = page[page.index('id="settings-form"') :].partition("</form>")[0]
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        told = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        chosen = told.get("type") not in {"radio", "checkbox"} or re.search(r"\schecked\b", tag)
        if chosen:
            nothing = "on" if told.get("type") == "checkbox" else ""
            found[told["name"]] = html.unescape(told.get("value", nothing))
    for name, inside in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', inside)
        found[name] = chosen[1] if chosen else ""
    for name, inside in re.findall(r'<textarea name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.S):
        found[name] = html.unescape(inside).strip("\r\n")
    return found


def sent(client: Client, path: str, **changes: str) -> Any:
    """Open a page, change fields of its form, send it."""
    return client.post(path, {**fields_of(client.get(path).content.decode()), **changes})


# Who reads and changes what -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["viewer", "operator", "owner", "staff"])
@pytest.mark.parametrize("path", [*READABLE, *OWNED])
def test_everybody_in_the_project_reads_settings_but_tokens_and_audit_are_the_owners(
    project: Project, role: str, path: str
) -> None:
    user = (
        User.objects.create_user("grace", is_staff=True)
        if role == "staff"
        else a_member(project, "pat", role)
    )
    answer = browser_of(user).get(f"/p/apollo/settings{path}")
    allowed = path in READABLE or role in {"owner", "staff"}
    assert answer.status_code == (200 if allowed else 403)


@pytest.mark.parametrize("path", [*READABLE, *OWNED])
def test_settings_of_a_project_that_is_not_theirs_are_not_there(project: Project, path: str) -> None:
    stranger = browser_of(a_member(a_project("zeus"), "zoe"))
    assert stranger.get(f"/p/apollo/settings{path}").status_code == 404
    assert Client().get(f"/p/apollo/settings{path}").status_code == 302


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_who_does_not_own_the_project_is_offered_no_control_and_changes_nothing(
    project: Project, ada: User, role: str
) -> None:
    his = browser_of(a_member(project, "ben", role))
    a_task(project, labels=["river"])
    for path in ("", "/workflow", "/members", "/labels", "/agents", "/limits"):
        page = his.get(f"/p/apollo/settings{path}").content.decode()
        assert 'id="settings-form"' not in page
        assert not re.search(r"data-(add|set|remove|rename|merge|delete)-", page), path
        assert "/settings/tokens" not in page and "/settings/audit" not in page
    for path in ("", "/workflow", "/archive"):
        assert his.post(f"/p/apollo/settings{path}", {"confirm": "apollo"}).status_code == 403
    held = his.post("/p/apollo/settings/mode", {"mode": "paused"})
    assert held.status_code == (303 if role == "operator" else 403)
    project.refresh_from_db()
    assert project.archived_at is None
    assert project.mode == ("paused" if role == "operator" else "normal")


def test_addresses_of_people_are_shown_to_owners_only(project: Project, hers: Client) -> None:
    create_operator(actor=HOUSE, username="ben", project=project, role="viewer", email="ben@hidden.example")
    assert b"ben@hidden.example" in hers.get("/p/apollo/settings/members").content
    his = browser_of(User.objects.get(username="ben"))
    assert b"ben@hidden.example" not in his.get("/p/apollo/settings/members").content


def test_the_only_owner_is_not_offered_to_go(project: Project, hers: Client) -> None:
    page = hers.get("/p/apollo/settings/members").content.decode()
    assert "The only owner stays" in page and 'data-remove-member="ada"' not in page
    a_member(project, "uma")
    assert 'data-remove-member="ada"' in hers.get("/p/apollo/settings/members").content.decode()


# Forms ----------------------------------------------------------------------------------------------------------------


def test_general_settings_are_saved_with_one_event_and_what_was_not_touched_is_none(
    project: Project, hers: Client
) -> None:
    answer = sent(hers, "/p/apollo/settings", name=" Apollo  Two ", timezone="Europe/Berlin")
    assert (answer.status_code, answer["Location"]) == (303, "/p/apollo/settings?saved=1")
    project.refresh_from_db()
    assert (project.name, project.timezone) == ("Apollo Two", "Europe/Berlin")
    (event,) = events(project, "project.updated")
    assert event.data["after"] == {"name": "Apollo Two", "timezone": "Europe/Berlin"}
    assert b"Saved." in hers.get("/p/apollo/settings?saved=1").content


def test_a_script_is_told_where_to_go(project: Project, hers: Client) -> None:
    given = fields_of(hers.get("/p/apollo/settings").content.decode())
    answer = hers.post("/p/apollo/settings", given, headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/p/apollo/settings?saved=1")
    assert not events(project, "project.updated")


@pytest.mark.parametrize(
    ("path", "field", "value", "complaint"),
    [
        ("", "name", "", "A project needs a name."),
        ("", "name", "\x00", "not allowed"),
        ("", "name", "x" * 201, "at most 200"),
        ("", "timezone", "Mars/Olympus", "Select a valid choice"),
        ("/workflow", "lease_s", "soon", "Write a length of time like"),
        ("/workflow", "lease_s", "2s", "From 10s to 1d."),
        ("/workflow", "abandon_limit", "0", "greater than or equal to 1"),
        ("/workflow", "wip_limits.review", "-3", "greater than or equal to 1"),
        ("/workflow", "wip_limits.review", "many", "Enter a whole number"),
        ("/workflow", "loop_limits.ping_pong.minutes", "1e9", "Enter a whole number"),
        ("/workflow", "workflow", "loose", "Select a valid choice"),
    ],
)
def test_a_wrong_value_is_refused_beside_its_field_and_the_input_kept(
    project: Project, hers: Client, path: str, field: str, value: str, complaint: str
) -> None:
    other = {"": ("description", "Kept words"), "/workflow": ("auto_approve_after_s", "3h")}[path]
    answer = sent(hers, f"/p/apollo/settings{path}", **{field: value, other[0]: other[1]})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="set-{field}_error"' in page
    assert complaint in html.unescape(page)
    assert fields_of(page)[other[0]] == other[1]
    assert not events(project, "project.updated")


def test_the_flow_of_work_is_set_in_one_go(project: Project, hers: Client) -> None:
    given = fields_of(hers.get("/p/apollo/settings/workflow").content.decode())
    del given["auto_triage"]
    given |= {
        "workflow": "light", "autonomy": "semi_autonomous", "agents_may_close": "on", "lease_s": "1h 30m",
        "wip_limits.review": "4", "loop_limits.comment_storm.messages": "50",
    }  # fmt: skip
    assert hers.post("/p/apollo/settings/workflow", given).status_code == 303
    project.refresh_from_db()
    assert (project.workflow, project.autonomy) == ("light", "semi_autonomous")
    assert (project.auto_triage, project.agents_may_close, project.lease_s) == (False, True, 5400)
    assert project.wip_limits == {"review": 4}
    assert project.loop_limits == {"comment_storm": {"messages": 50}}
    back = fields_of(hers.get("/p/apollo/settings/workflow").content.decode())
    assert (back["lease_s"], back["wip_limits.review"]) == ("1h 30m", "4")


def test_of_two_owners_the_second_is_told_what_changed_and_loses_nothing(
    project: Project, hers: Client
) -> None:
    ben = a_member(project, "ben")
    hers_now = fields_of(hers.get("/p/apollo/settings").content.decode())
    update_project(actor=actor_of(ben), project=project, changes={"name": "Theirs", "timezone": "Asia/Tokyo"})

    answer = hers.post("/p/apollo/settings", {**hers_now, "name": "Mine", "description": "My words"})

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "ben changed it meanwhile. It is Theirs now. Save again to put yours in its place." in page
    shown = fields_of(page)
    assert (shown["name"], shown["description"], shown["timezone"]) == ("Mine", "My words", "Asia/Tokyo")
    project.refresh_from_db()
    assert (project.name, project.description) == ("Theirs", "")
    assert hers.post("/p/apollo/settings", shown).status_code == 303
    project.refresh_from_db()
    assert (project.name, project.description, project.timezone) == ("Mine", "My words", "Asia/Tokyo")


@pytest.mark.parametrize("seen", ["", "x", "[]", "[" * 100_000, json.dumps({"name": {"a": 1}, "made_up": 3})])
def test_a_form_that_does_not_say_what_it_was_drawn_from_is_taken_at_its_word(
    project: Project, hers: Client, seen: str
) -> None:
    answer = sent(hers, "/p/apollo/settings", name="New", seen=seen)
    assert answer.status_code == 303
    project.refresh_from_db()
    assert project.name == "New"


def test_an_archived_project_is_gone_for_everybody_after_its_name_was_typed(
    project: Project, hers: Client
) -> None:
    wrong = hers.post("/p/apollo/settings/archive", {"confirm": "apolo"})
    assert wrong.status_code == 422 and b'value="apolo"' in wrong.content
    assert hers.post("/p/apollo/settings/archive", {"confirm": "apollo"}).status_code == 303
    assert hers.get("/p/apollo").status_code == 404
    assert [event.type for event in events(project)][-1] == "project.archived"


def test_a_mode_is_set_with_its_reason(project: Project, hers: Client) -> None:
    hers.post("/p/apollo/settings/mode", {"mode": "draining", "reason": "Night\x00"})
    project.refresh_from_db()
    assert (project.mode, project.mode_reason, project.mode_set_by) == ("draining", "Night", "ada")
    assert hers.post("/p/apollo/settings/mode", {"mode": "asleep"}).status_code == 422
    assert "Set by ada" in hers.get("/p/apollo/settings").content.decode()


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("30m", 1800), ("1h 30m", 5400), ("1h30m", 5400), ("2d", 172_800), ("0s", 0), ("1 h", 3600)],
)
def test_lengths_of_time_are_read_as_people_write_them(written: str, seconds: int) -> None:
    assert seconds_of(written) == seconds
    assert seconds_of(written_as(seconds)) == seconds


@pytest.mark.parametrize("written", ["", "30", "m", "1x", "1h and", "-5m", "1.5h"])
def test_what_is_no_length_of_time_is_none(written: str) -> None:
    assert seconds_of(written) is None


# What it costs ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["", "/members", "/workflow", "/labels", "/limits", "/agents", "/tokens", "/audit"]
)
def test_a_page_needs_the_same_queries_for_5_and_for_50_rows(
    project: Project, hers: Client, path: str
) -> None:
    def cost() -> int:
        hers.get(f"/p/apollo/settings{path}")
        with CaptureQueriesContext(connection) as caught:
            assert hers.get(f"/p/apollo/settings{path}").status_code == 200
        return len(caught)

    def fill(start: int, count: int) -> None:
        for number in range(start, start + count):
            a_member(project, f"person{number}", "viewer")
            Label.objects.create(project=project, name=f"label{number}")
            an_agent(project, f"agent{number}")
            a_service(project, "write")

    fill(0, 5)
    few = cost()
    fill(5, 45)
    assert cost() == few
