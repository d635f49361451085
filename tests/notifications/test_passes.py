"""Who may go on listening: what is checked every minute and whenever rights change."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from agents.models import Agent, AgentKey, ServiceToken
from notifications.live.passes import Closed, Pass, agent_pass, person_pass, service_pass, still_good
from tasks.models import Membership, Project, User
from tests.notifications.builders import a_key, a_person, a_project, a_token, an_agent

pytestmark = pytest.mark.django_db


def for_person(user: User, slug: str = "atlas") -> Pass:
    """The pass of a person with a fresh session."""
    client = Client()
    client.force_login(user)
    return person_pass(f"theme=dark; sessionid={client.session.session_key}", slug)


def test_a_pass_stays_good_while_nothing_changes() -> None:
    project = a_project()
    given = {
        for_person(a_person(project, "ada")),
        for_person(a_person(None, "boss", is_staff=True)),
        service_pass(f"Bearer {a_token(project, 'read')}", "atlas"),
        agent_pass(f"Bearer {a_key(an_agent(project, 'scout'))}")[0],
    }
    assert still_good(given) == given


@pytest.mark.parametrize(
    "change",
    [
        lambda: Membership.objects.all().delete(),
        lambda: Membership.objects.update(role="viewer"),
        lambda: Session.objects.all().delete(),
        lambda: Session.objects.update(expire_date=timezone.now()),
        lambda: User.objects.update(is_active=False),
        lambda: User.objects.update(password="another"),
        lambda: Project.objects.update(archived_at=timezone.now()),
    ],
)
def test_a_persons_pass_ends_with_what_it_was_given_for(change: Any) -> None:
    given = for_person(a_person(a_project(), "ada"))
    change()
    assert still_good({given}) == set()


def test_staff_hear_no_more_of_a_project_that_was_archived() -> None:
    a_project()
    given = for_person(a_person(None, "boss", is_staff=True))
    Project.objects.update(archived_at=timezone.now())
    assert still_good({given}) == set()


@pytest.mark.parametrize(
    "change",
    [
        lambda: ServiceToken.objects.update(revoked_at=timezone.now()),
        lambda: ServiceToken.objects.update(expires_at=timezone.now()),
        lambda: Project.objects.update(archived_at=timezone.now()),
    ],
)
def test_a_services_pass_ends_with_its_token(change: Any) -> None:
    given = service_pass(f"Bearer {a_token(a_project(), 'read')}", "atlas")
    change()
    assert still_good({given}) == set()


@pytest.mark.parametrize(
    "change",
    [
        lambda: AgentKey.objects.update(revoked_at=timezone.now()),
        lambda: AgentKey.objects.update(expires_at=timezone.now()),
        lambda: Agent.objects.update(removed_at=timezone.now()),
    ],
)
def test_an_agents_pass_ends_with_its_key(change: Any) -> None:
    given, _ = agent_pass(f"Bearer {a_key(an_agent(a_project(), 'scout'))}")
    change()
    assert still_good({given}) == set()


def test_one_session_ending_leaves_the_others_good() -> None:
    ada = a_person(a_project(), "ada")
    one, two = for_person(ada), for_person(ada)
    Session.objects.filter(session_key=one.credential).delete()
    assert still_good({one, two}) == {two}


def test_many_passes_are_checked_with_as_many_queries_as_one(django_assert_num_queries: Any) -> None:
    project = a_project()
    given = {for_person(a_person(project, f"person-{number}")) for number in range(12)}
    with django_assert_num_queries(4):
        assert still_good(given) == given


@pytest.mark.parametrize("header", ["", "Bearer", "Basic abc", "Bearer mca_unknown", "Bearer \x00"])
def test_a_bad_header_opens_nothing(header: str) -> None:
    with pytest.raises(Closed) as refused:
        agent_pass(header)
    assert refused.value.code == 4401
