"""What belongs to another project answers exactly as what does not exist, to every caller, on every address."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest
from django.utils import timezone

from tasks.models import Project, User
from tasks.services.projects import set_member
from tests.hostile.requests import Attack, addresses, example, operations
from tests.hostile.test_hostile import sender
from tests.hostile.world import HOUSE, Realm, a_realm, aim, rows_of

pytestmark = pytest.mark.django_db

ABSENT = {"task": "NONE-1", "slug": "nothing-here", "username": "nobody-here", "prefix": "mca_nothing0"}
NO_ID = "00000000-0000-7000-8000-000000000001"
_PLACE = re.compile(r"<(?:\w+:)?(\w+)>")
_OWN_WORDS = {"kind"}  # places that name no object


def test_an_object_of_another_project_answers_as_one_that_does_not_exist() -> None:
    own, foreign = a_realm("apollo"), a_realm("borealis")
    hidden = rows_of(foreign.project)
    asked, wrong = differences(own, foreign, ("bolt", "read", "admin", "@owner", "@viewer"))
    assert asked > 200
    assert not wrong, "\n".join(wrong)
    assert rows_of(foreign.project) == hidden


def test_an_object_of_an_archived_project_answers_as_one_that_does_not_exist_even_to_its_people() -> None:
    own, gone = a_realm("apollo"), a_realm("borealis")
    archive_before_the_eyes_of(own, gone)
    hidden = rows_of(gone.project)
    asked, wrong = differences(own, gone, ("@owner", "@operator", "@viewer"))
    assert asked > 120
    assert not wrong, "\n".join(wrong)
    assert rows_of(gone.project) == hidden


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/tasks", {"project": "{slug}", "title": "New"}),
        ("/tasks", {"project": "apollo", "title": "New", "parent": "{task}"}),
        ("/tasks/{own}/dependencies", {"depends_on": "{task}"}),
        ("/approvals", {"project": "{slug}", "action_type": "deploy", "summary": "Deploy"}),
        ("/approvals", {"task": "{task}", "action_type": "deploy", "summary": "Deploy"}),
        ("/execution-requests", {"task": "{task}", "executor": "cursor"}),
        ("/agents", {"project": "{slug}", "slug": "new", "name": "New"}),
        ("/agents/pause-all", {"project": "{slug}"}),
        ("/agents/resume-all", {"project": "{slug}"}),
    ],
)
def test_a_body_that_names_an_archived_project_or_task_is_refused(path: str, body: dict[str, str]) -> None:
    own, gone = a_realm("apollo"), a_realm("borealis")
    archive_before_the_eyes_of(own, gone)
    send, hidden, here = sender(own), rows_of(gone.project), own.tasks["ready"].key
    for caller in ("@owner", "@operator"):
        answers = []
        for slug, task in (("borealis", gone.tasks["ready"].key), ("nowhere", "NONE-1")):
            names = {"slug": slug, "task": task, "own": here}
            said = json.dumps({name: value.format(**names) for name, value in body.items()})
            answer = send(_request("POST", f"/api/v1{path.format(**names)}", caller, said.encode()))
            text = answer.content.decode().replace(slug, "…").replace(task, "…")
            answers.append((answer.status_code, text))
        assert answers[0] == answers[1]
        assert answers[0][0] in (404, 422)
    assert rows_of(gone.project) == hidden


def archive_before_the_eyes_of(own: Realm, gone: Realm) -> None:
    """Everybody of `own` belongs to `gone` as well, one is staff besides, and then `gone` is archived."""
    for role, user in own.people.items():
        set_member(actor=HOUSE, project=gone.project, user=user, role=role)
    User.objects.filter(pk=own.people["operator"].pk).update(is_staff=True)
    Project.objects.filter(pk=gone.project.pk).update(archived_at=timezone.now())


def differences(own: Realm, foreign: Realm, callers: Sequence[str]) -> tuple[int, list[str]]:
    """How often was asked, and where an object of `foreign` was told from one that does not exist."""
    send, wrong, asked = sender(own), list[str](), 0
    for route in addresses():
        places = [name for name in _PLACE.findall(route) if name not in _OWN_WORDS]
        if not places or not route.startswith("/api/v1/"):
            continue
        for method in operations(route):
            for caller in callers:
                asked += 1
                theirs, nothing = (
                    send(_request(method, filled(route, names), caller, body_of(route, method, own)))
                    for names in (first(foreign), _absent())
                )
                if _told(theirs, foreign) != _told(nothing, None):
                    wrong.append(
                        f"{caller} {method} {route}: {theirs.content[:200]!r} != {nothing.content[:200]!r}"
                    )
                if theirs.status_code < 400:
                    wrong.append(f"{caller} {method} {route} answered {theirs.status_code}")
    return asked, wrong


def first(realm: Realm) -> dict[str, str]:
    slugs = {"projects": realm.names["slug"][0], "agents": realm.names["slug"][1]}
    return {name: refs[0] for name, refs in realm.names.items()} | slugs


def _absent() -> dict[str, str]:
    named = {**ABSENT, "projects": ABSENT["slug"], "agents": ABSENT["slug"]}
    return named | dict.fromkeys(
        ("task", "message", "review", "approval", "alert", "ref", "view", "token", "label"), NO_ID
    )


def filled(route: str, names: dict[str, str]) -> str:
    names = {"kind": "working", **names}
    which = "projects" if route.startswith("/api/v1/projects") else "agents"
    return _PLACE.sub(lambda match: names[which if match.group(1) == "slug" else match.group(1)], route)


def body_of(route: str, method: str, own: Realm) -> bytes:
    good = example(route, method)
    known = {name: value for name, value in aim(own, own).body.items() if name in good}
    return json.dumps({**good, **known}).encode()


def _request(method: str, path: str, caller: str, body: bytes) -> Attack:
    sent = b"" if method == "GET" else body
    return Attack(0, caller, method, path, "", {}, "application/json", sent)


def _told(response: Any, foreign: Realm | None) -> tuple[int, str]:
    """The answer, with the name that was asked for taken out."""
    text = response.content.decode()
    names = [*first(foreign).values()] if foreign else [*_absent().values()]
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "…")
    return response.status_code, text
