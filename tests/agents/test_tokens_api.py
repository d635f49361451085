"""Service tokens over HTTP: made by owners, shown once, never more powerful than who makes them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from agents.models import ServiceToken
from agents.queries.settings import tokens_of
from missioncontrol.kernel.clock import database_now
from tasks.models import Event, Project
from tests.agents.building import (
    Caller,
    a_member,
    a_project,
    a_service,
    an_agent,
    events,
    nobody,
    problem,
    signed_in,
    with_key,
)

pytestmark = pytest.mark.django_db
TOKENS = "/projects/apollo/tokens"


@pytest.fixture
def project() -> Project:
    return a_project()


@pytest.fixture
def ada(project: Project) -> Caller:
    return signed_in(a_member(project))


def made(caller: Caller, **body: Any) -> dict[str, Any]:
    answer = caller.post(TOKENS, {"name": "ci", "scopes": ["write"], **body})
    assert answer.status_code == 201, answer.content
    told: dict[str, Any] = answer.json()
    return told


def test_a_token_is_shown_once_works_and_is_revoked(project: Project, ada: Caller) -> None:
    told = made(ada, expires_in_s=3600)
    caller = with_key(told["token"])
    assert caller.post("/tasks", {"project": "apollo", "title": "T"}).status_code == 201
    listed = ada.get(TOKENS)
    (row,) = listed.json()["results"]
    assert (row["name"], row["prefix"], row["scopes"]) == ("ci", told["prefix"], ["read", "write"])
    assert row["last_used_at"] and row["expires_at"] and row["revoked_at"] is None
    assert told["token"] not in listed.content.decode() and "digest" not in row

    for _ in range(2):
        assert ada.delete(f"{TOKENS}/{row['id']}").status_code == 204

    problem(caller.get("/tasks"), 401)
    assert [event.type for event in events(project) if "token" in event.type] == [
        "service_token.created",
        "service_token.revoked",
    ]
    assert told["token"] not in "".join(Event.objects.values_list("payload", flat=True))


def test_tokens_are_the_owners_alone(project: Project, ada: Caller) -> None:
    made(ada)
    token = ServiceToken.objects.get()
    callers = [
        signed_in(a_member(project, "oscar", "operator")),
        signed_in(a_member(project, "vera", "viewer")),
        a_service(project, "operate"),
        an_agent(project)[1],
    ]
    for caller in callers:
        problem(caller.get(TOKENS), 403)
        problem(caller.post(TOKENS, {"name": "x", "scopes": ["read"]}), 403)
        problem(caller.delete(f"{TOKENS}/{token.pk}"), 403)
    problem(nobody().get(TOKENS), 401)
    token.refresh_from_db()
    assert token.revoked_at is None


def test_a_service_gives_no_scope_it_has_not(project: Project) -> None:
    admin = a_service(project, "admin")
    told = problem(admin.post(TOKENS, {"name": "x", "scopes": ["admin", "operate"]}), 403)
    assert told["errors"] == [{"field": "scopes", "message": "Your own token lacks operate."}]
    assert made(admin, scopes=["read", "admin"])["token"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "", "scopes": ["read"]}, "name"),
        ({"name": "x" * 151, "scopes": ["read"]}, "name"),
        ({"name": "x", "scopes": []}, "scopes"),
        ({"name": "x", "scopes": ["root"]}, "scopes"),
        ({"name": "x"}, "scopes"),
        ({"name": "x", "scopes": ["read"], "expires_in_s": 1}, "expires_in_s"),
    ],
)
def test_a_bad_field_is_named(project: Project, ada: Caller, body: dict[str, Any], field: str) -> None:
    told = problem(ada.post(TOKENS, body), 422)
    assert told["errors"][0]["field"].startswith(field)
    assert not ServiceToken.objects.exists()


def test_tokens_of_another_project_are_not_there(ada: Caller) -> None:
    zeus = a_project("zeus")
    theirs = signed_in(a_member(zeus, "zoe"))
    theirs.post("/projects/zeus/tokens", {"name": "z", "scopes": ["read"]})
    token = ServiceToken.objects.get()
    for ref in (str(token.pk), "nonsense"):
        problem(ada.delete(f"{TOKENS}/{ref}"), 404)
    problem(ada.get("/projects/zeus/tokens"), 404)


def test_the_page_knows_who_made_a_token_and_what_became_of_it(project: Project, ada: Caller) -> None:
    for name in ("works", "ended", "revoked"):
        made(ada, name=name)
    now = database_now()
    ServiceToken.objects.filter(name="ended").update(expires_at=now - timedelta(seconds=1))
    ServiceToken.objects.filter(name="revoked").update(revoked_at=now)
    rows = tokens_of(project, now)
    assert (rows[0].token.name, rows[0].state, rows[0].made_by) == ("works", "working", "ada")
    assert {row.token.name: row.state for row in rows[1:]} == {"ended": "expired", "revoked": "revoked"}
