"""Who may listen to what: checked when a socket opens, every minute, and whenever rights change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet
from django.http import parse_cookie
from django.utils import timezone

from agents.models import AgentKey, ServiceToken
from agents.services.credentials import MachineCredential, check_header
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.api.authentication import person
from missioncontrol.kernel.errors import Unauthenticated
from notifications.live.outlet import REASONS
from tasks.models import Membership, Project, User
from tasks.services.access import visible_projects

STAFF = "staff"


class Closed(Exception):
    """The socket is not for this caller; `code` is the close code that says why."""

    def __init__(self, code: int) -> None:
        super().__init__(REASONS.get(code, ""))
        self.code = code


@dataclass(frozen=True, slots=True)
class Pass:
    """What a socket was opened with. `credential` is a session key, or the prefix of a key or token."""

    kind: Literal["human", "service", "agent"]
    project_id: UUID
    credential: str
    user_id: int | None = None
    agent_id: UUID | None = None
    role: str = ""


def person_pass(cookies: str, slug: str) -> Pass:
    """The pass to a project of whoever the Cookie header signs in. Raises Closed: 4401 signed out, 4404 not visible."""
    session_key = session_key_of(cookies)
    user = _signed_in([session_key]).get(session_key) if session_key else None
    if user is None:
        raise Closed(4401)
    project = _project(person(user), slug)
    role = _roles([user.pk], [project.pk]).get((user.pk, project.pk)) or STAFF
    return Pass("human", project.pk, session_key, user_id=user.pk, role=role)


def service_pass(header: str, slug: str) -> Pass:
    """The pass of a service token. Raises Closed: 4401, 4403 for an agent's key, 4404."""
    credential = _machine(header)
    if credential.actor.kind != "service":
        raise Closed(4403)
    project = _project(credential.actor, slug)
    return Pass("service", project.pk, credential.prefix)


def agent_pass(header: str) -> tuple[Pass, MachineCredential]:
    """The pass of an agent's key, with what was found. Raises Closed: 4401, 4403 for a service token."""
    credential = _machine(header)
    if credential.agent is None:
        raise Closed(4403)
    agent = credential.agent
    return Pass("agent", agent.project_id, credential.prefix, agent_id=agent.pk), credential


def still_good(passes: Iterable[Pass]) -> set[Pass]:
    """Those of `passes` that would be given again today, with at most six queries for all of them."""
    given = _in_open_projects(set(passes))
    people = {each for each in given if each.kind == "human"}
    services = {each for each in given if each.kind == "service"}
    agents = given - people - services
    return _good_people(people) | _good_services(services) | _good_agents(agents)


def _in_open_projects(passes: set[Pass]) -> set[Pass]:
    projects = {each.project_id for each in passes}
    unarchived = Project.objects.filter(pk__in=projects, archived_at__isnull=True)
    found = set(unarchived.values_list("pk", flat=True))
    return {each for each in passes if each.project_id in found}


def _machine(header: str) -> MachineCredential:
    try:
        return check_header(header)
    except Unauthenticated as error:
        raise Closed(4401) from error


def _project(actor: Actor, slug: str) -> Project:
    project = visible_projects(actor).filter(slug=slug).first()
    if project is None:
        raise Closed(4404)
    return project


def _good_people(passes: set[Pass]) -> set[Pass]:
    if not passes:
        return set()
    signed_in = _signed_in({each.credential for each in passes})
    roles = _roles([each.user_id for each in passes], [each.project_id for each in passes])
    good = set()
    for each in passes:
        user = signed_in.get(each.credential)
        if user is not None and user.pk == each.user_id and each.role == _role_now(user, each, roles):
            good.add(each)
    return good


def _role_now(user: User, given: Pass, roles: dict[tuple[int, UUID], str]) -> str | None:
    return roles.get((user.pk, given.project_id)) or (STAFF if user.is_staff else None)


def session_key_of(cookies: str) -> str:
    """The key of the session in a Cookie header, "" where there is none."""
    return parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME, "")


def _signed_in(session_keys: Iterable[str]) -> dict[str, User]:
    """The active person behind each session that stands and was opened with their present password."""
    stored = Session.objects.filter(session_key__in=set(session_keys), expire_date__gt=timezone.now())
    sessions = {session.session_key: session.get_decoded() for session in stored}
    users = User.objects.in_bulk({int(data.get(SESSION_KEY) or 0) for data in sessions.values()})
    found: dict[str, User] = {}
    for session_key, data in sessions.items():
        user = users.get(int(data.get(SESSION_KEY) or 0))
        if user and user.is_active and data.get(HASH_SESSION_KEY) == user.get_session_auth_hash():
            found[session_key] = user
    return found


def _roles(users: Iterable[int | None], projects: Iterable[UUID]) -> dict[tuple[int, UUID], str]:
    rows = Membership.objects.filter(user_id__in=set(users), project_id__in=set(projects))
    return {
        (user, project): role for user, project, role in rows.values_list("user_id", "project_id", "role")
    }


def _good_services(passes: set[Pass]) -> set[Pass]:
    if not passes:
        return set()
    live = _live(ServiceToken.objects.all(), passes)
    return {each for each in passes if each.credential in live}


def _good_agents(passes: set[Pass]) -> set[Pass]:
    if not passes:
        return set()
    live = _live(AgentKey.objects.filter(agent__removed_at__isnull=True), passes)
    return {each for each in passes if each.credential in live}


def _live(rows: QuerySet[Any], passes: set[Pass]) -> set[str]:
    unexpired = Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now())
    named = rows.filter(unexpired, prefix__in={each.credential for each in passes}, revoked_at__isnull=True)
    return set(named.values_list("prefix", flat=True))
