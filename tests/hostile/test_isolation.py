"""What belongs to another project answers exactly as what does not exist, to every caller, on every address."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.hostile.requests import Attack, addresses, example, operations
from tests.hostile.test_hostile import sender
from tests.hostile.world import Realm, a_realm, aim, rows_of

pytestmark = pytest.mark.django_db

ABSENT = {"task": "NONE-1", "slug": "nothing-here", "username": "nobody-here", "prefix": "mca_nothing0"}
NO_ID = "00000000-0000-7000-8000-000000000001"
_PLACE = re.compile(r"<(?:\w+:)?(\w+)>")
_OWN_WORDS = {"kind"}  # places that name no object


def test_an_object_of_another_project_answers_as_one_that_does_not_exist() -> None:
    own, foreign = a_realm("apollo"), a_realm("borealis")
    send, hidden, wrong, asked = sender(own), rows_of(foreign.project), [], 0
    for route in addresses():
        places = [name for name in _PLACE.findall(route) if name not in _OWN_WORDS]
        if not places or not route.startswith("/api/v1/"):
            continue
        for method in operations(route):
            for caller in ("bolt", "read", "admin", "@owner", "@viewer"):
                asked += 1
                theirs, nothing = (
                    send(_request(method, _filled(route, names), caller, _body(route, method, own)))
                    for names in (_first(foreign), _absent())
                )
                if _told(theirs, foreign) != _told(nothing, None):
                    wrong.append(
                        f"{caller} {method} {route}: {theirs.content[:200]!r} != {nothing.content[:200]!r}"
                    )
                if theirs.status_code < 400:
                    wrong.append(f"{caller} {method} {route} answered {theirs.status_code}")
    assert asked > 200
    assert not wrong, "\n".join(wrong)
    assert rows_of(foreign.project) == hidden


def _first(realm: Realm) -> dict[str, str]:
    slugs = {"projects": realm.names["slug"][0], "agents": realm.names["slug"][1]}
    return {name: refs[0] for name, refs in realm.names.items()} | slugs


def _absent() -> dict[str, str]:
    named = {**ABSENT, "projects": ABSENT["slug"], "agents": ABSENT["slug"]}
    return named | dict.fromkeys(("task", "message", "review", "approval", "alert", "ref"), NO_ID)


def _filled(route: str, names: dict[str, str]) -> str:
    names = {"kind": "working", **names}
    which = "projects" if route.startswith("/api/v1/projects") else "agents"
    return _PLACE.sub(lambda match: names[which if match.group(1) == "slug" else match.group(1)], route)


def _body(route: str, method: str, own: Realm) -> bytes:
    good = example(route, method)
    known = {name: value for name, value in aim(own, own).body.items() if name in good}
    return json.dumps({**good, **known}).encode()


def _request(method: str, path: str, caller: str, body: bytes) -> Attack:
    sent = b"" if method == "GET" else body
    return Attack(0, caller, method, path, "", {}, "application/json", sent)


def _told(response: Any, foreign: Realm | None) -> tuple[int, str]:
    """The answer, with the name that was asked for taken out."""
    text = response.content.decode()
    names = [*_first(foreign).values()] if foreign else [*_absent().values()]
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "…")
    return response.status_code, text
