"""A key is one identity or none."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Agent, AgentKey, ServiceToken
from agents.services.credentials import check_bearer
from agents.services.keys import create_service_token, issue_key
from agents.services.registry import remove_agent
from missioncontrol.kernel.errors import Unauthenticated
from tasks.models import Project, SystemState
from tasks.services.projects import set_global_mode, set_mode
from tests.agents.building import (
    HOUSE,
    a_member,
    a_project,
    a_service,
    an_agent,
    nobody,
    problem,
    signed_in,
    with_key,
)

pytestmark = pytest.mark.django_db


def test_a_key_acts_as_its_agent_with_its_flags_state_and_mode() -> None:
    project = a_project()
    agent, _ = an_agent(project, can_review=True, can_mention=False)
    set_mode(actor=HOUSE, project=project, mode="draining", reason="release")
    checked = check_bearer(issue_key(actor=HOUSE, agent=agent).secret)
    actor = checked.actor
    assert (actor.kind, actor.id, actor.name, actor.project_id) == (
        "agent",
        str(agent.pk),
        "bolt",
        project.pk,
    )
    assert actor.flags == {"can_create_tasks", "can_review"}
    assert (actor.state, actor.mode) == ("active", "draining")
    assert checked.agent == agent


def test_the_strictest_of_the_global_and_the_project_mode_binds() -> None:
    project = a_project()
    agent, _ = an_agent(project)
    secret = issue_key(actor=HOUSE, agent=agent).secret
    set_global_mode(actor=HOUSE, mode="paused", reason="")
    set_mode(actor=HOUSE, project=project, mode="draining", reason="")
    assert check_bearer(secret).actor.mode == "paused"
    SystemState.objects.update(mode="normal")
    assert check_bearer(secret).actor.mode == "draining"


def test_a_token_acts_as_its_service_with_its_scopes() -> None:
    project = a_project()
    made = create_service_token(actor=HOUSE, project=project, name="ci", scopes=["write"])
    actor = check_bearer(made.secret).actor
    assert (actor.kind, actor.name, actor.project_id) == ("service", "ci", project.pk)
    assert actor.scopes == {"read", "write"}


def test_a_check_is_one_query_once_its_use_is_noted() -> None:
    project = a_project()
    agent, _ = an_agent(project)
    secret = issue_key(actor=HOUSE, agent=agent).secret
    with CaptureQueriesContext(
        connection,
    ) as first:
        check_bearer(secret)
    with CaptureQueriesContext(connection) as second:
        check_bearer(secret)
    assert (len(first), len(second)) == (2, 1)


def test_use_is_noted_at_most_once_a_minute() -> None:
    agent, caller = an_agent(a_project())
    caller.get("/agents")
    first = AgentKey.objects.get(agent=agent).last_used_at
    caller.get("/agents")
    assert first is not None
    assert AgentKey.objects.get(agent=agent).last_used_at == first
    AgentKey.objects.update(last_used_at=first - timedelta(seconds=61))
    caller.get("/agents")
    later = AgentKey.objects.get(agent=agent).last_used_at
    assert later is not None
    assert later > first - timedelta(seconds=1)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Basic YWRhOnB3",
        "Token mca_abcdefgh_" + "a" * 43,
        "Bearer mca_abcdefgh_" + "a" * 43,
        "Bearer mcs_abcdefgh_" + "a" * 43,
        "Bearer mca_abcdefgh_" + "a" * 42 + "\xe9",
        "Bearer " + "x" * 5000,
    ],
)
def test_a_bad_header_is_401_even_beside_a_good_session(header: str) -> None:
    project = a_project()
    browser = signed_in(a_member(project))
    assert browser.get("/agents").status_code == 200
    response = browser.get("/agents", Authorization=header)
    problem(response, 401, "unauthenticated")
    assert response["WWW-Authenticate"] == "Bearer"


def test_a_key_beside_a_session_wins() -> None:
    project, other = a_project(), a_project("gemini")
    browser = signed_in(a_member(project))
    an_agent(project, "mine")
    made = create_service_token(actor=HOUSE, project=other, name="ci", scopes=["read"])
    assert browser.get("/agents", Authorization=f"Bearer {made.secret}").json()["results"] == []


def _expire(agent: Agent) -> None:
    AgentKey.objects.filter(agent=agent).update(expires_at=timezone.now() - timedelta(seconds=1))


def _revoke(agent: Agent) -> None:
    AgentKey.objects.filter(agent=agent).update(revoked_at=timezone.now())


def _remove(agent: Agent) -> None:
    remove_agent(actor=HOUSE, agent=agent)


def _archive(agent: Agent) -> None:
    Project.objects.filter(pk=agent.project_id).update(archived_at=timezone.now())


@pytest.mark.parametrize("end", [_expire, _revoke, _remove, _archive])
def test_a_key_that_has_ended_is_401(end: Any) -> None:
    agent, caller = an_agent(a_project())
    assert caller.get("/agents").status_code == 200
    end(agent)
    problem(caller.get("/agents"), 401, "unauthenticated")


def test_a_token_that_has_ended_is_401() -> None:
    caller = a_service(a_project())
    assert caller.get("/agents").status_code == 200
    ServiceToken.objects.update(revoked_at=timezone.now())
    problem(caller.get("/agents"), 401)


def test_no_credential_is_401() -> None:
    response = nobody().get("/agents")
    problem(response, 401)
    assert response["WWW-Authenticate"] == "Bearer"


def test_the_digest_is_no_key() -> None:
    agent, _ = an_agent(a_project())
    digest = AgentKey.objects.get(agent=agent).digest
    with pytest.raises(Unauthenticated):
        check_bearer(digest)
    problem(with_key(digest).get("/agents"), 401)
