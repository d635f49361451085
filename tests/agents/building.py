"""Projects, people and agents for tests, made by the services that make them in earnest, and ways to call the API."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.test import Client

from agents.models import Agent
from agents.services.keys import create_service_token
from agents.services.registry import create_agent
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.api.authentication import person
from tasks.models import Event, Project, User
from tasks.services.people import create_operator
from tasks.services.projects import create_project

HOUSE = Actor.system("tests")


def a_project(slug: str = "apollo", **settings: Any) -> Project:
    """A project with its stream."""
    return create_project(actor=HOUSE, slug=slug, **settings)


def a_member(project: Project, name: str = "ada", role: str = "owner") -> User:
    """A person with a role in the project."""
    return create_operator(actor=HOUSE, username=name, project=project, role=role)


def actor_of(user: User) -> Actor:
    """The person as an actor."""
    return person(user)


@dataclass(frozen=True)
class Caller:
    """Somebody who calls the API, by a key or by a browser's session."""

    client: Client
    headers: dict[str, str]

    def get(self, path: str, **headers: str) -> Any:
        """GET under /api/v1, or at the root for a path that begins with //."""
        return self._send("get", path, None, headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """POST a JSON body."""
        return self._send("post", path, body, headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        """PATCH with a JSON body."""
        return self._send("patch", path, body, headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        """PUT a JSON body."""
        return self._send("put", path, body, headers)

    def delete(self, path: str, body: Any = None, **headers: str) -> Any:
        """DELETE."""
        return self._send("delete", path, body, headers)

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        where = path[1:] if path.startswith("//") else f"/api/v1{path}"
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        call = getattr(self.client, method)
        if method == "get":
            return call(where, headers={**self.headers, **told})
        data = body if isinstance(body, (bytes, str)) else json.dumps({} if body is None else body)
        return call(where, data=data, content_type="application/json", headers={**self.headers, **told})


def nobody() -> Caller:
    """A caller without any credential."""
    return Caller(Client(raise_request_exception=False), {})


def with_key(secret: str) -> Caller:
    """A caller that shows a key."""
    return Caller(Client(raise_request_exception=False), {"Authorization": f"Bearer {secret}"})


def signed_in(user: User) -> Caller:
    """A caller with a browser's session."""
    caller = nobody()
    caller.client.force_login(user)
    return caller


def an_agent(project: Project, slug: str = "bolt", **fields: Any) -> tuple[Agent, Caller]:
    """A registered agent, and itself calling with its key."""
    made = create_agent(actor=HOUSE, project=project, slug=slug, **fields)
    return made.agent, with_key(made.key.secret)


def a_service(project: Project, *scopes: str) -> Caller:
    """A service of the project with these scopes."""
    made = create_service_token(actor=HOUSE, project=project, name="harness", scopes=scopes or ("read",))
    return with_key(made.secret)


def events(project: Project, type: str = "") -> list[Event]:
    """The project's events, of one type when named, oldest first."""
    rows = Event.objects.filter(project=project).order_by("seq")
    return list(rows.filter(type=type) if type else rows)


def problem(response: Any, status: int, code: str = "") -> dict[str, Any]:
    """The problem document of a refusal, after checking that it is one."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    if code:
        assert document["code"] == code, document
    return document
