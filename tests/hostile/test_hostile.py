"""Whatever arrives, the site says what is wrong with it, changes nothing for it, and goes on."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.core.exceptions import TooManyFieldsSent
from django.test import Client
from django.urls import reverse

from tasks.models import Task
from tasks.services.audit import verify_chain
from tests.hostile.requests import Attack, addresses, attacks
from tests.hostile.world import Realm, a_realm, aim, counts, rows_of

COUNT = int(os.environ.get("MC_HOSTILE_COUNT", "1500"))
SEED = int(os.environ.get("MC_HOSTILE_SEED", "20261121"))

pytestmark = pytest.mark.django_db
Send = Callable[[Attack], Any]


@pytest.fixture
def own() -> Realm:
    return a_realm("apollo")


@pytest.fixture
def foreign() -> Realm:
    return a_realm("borealis")


def test_hostile_requests_get_a_clear_answer_and_change_nothing(
    own: Realm, foreign: Realm, settings: Any
) -> None:
    settings.MC_KEY_RATE = 10**9
    send, hidden, wrong = sender(own), rows_of(foreign.project), []
    for attack in attacks(aim(own, foreign), seed=SEED, count=COUNT):
        before = counts()
        response = send(attack)
        if response is None:
            continue
        wrong += [
            f"{fault}: {attack} -> {response.content[:300]!r}" for fault in faults(attack, response, foreign)
        ]
        if response.status_code >= 400 and counts() != before:
            changed = {name: (before[name], now) for name, now in counts().items() if before[name] != now}
            wrong.append(f"changed {changed}: {attack} -> {response.status_code} {response.content[:300]!r}")
    assert not wrong, "\n".join([f"{len(wrong)} wrong", *wrong[:40]])
    assert rows_of(foreign.project) == hidden
    assert verify_chain(own.project).ok
    assert everything_still_answers(own) == []


def sender(realm: Realm) -> Send:
    """Sends an attack as its caller. People's sessions are ended by nothing an attack does.

    None where Django's test client fails before the site is asked: parameters beyond the limit, read anew for a charset
    that the content type names. What the server answers to that, `tests/missioncontrol/serving` asks.
    """
    people = {f"@{role}": Client(raise_request_exception=False) for role in realm.people}
    for role, user in realm.people.items():
        people[f"@{role}"].force_login(user)
    machine = Client(raise_request_exception=False)

    def send(attack: Attack) -> Any:
        client = people.get(attack.caller, machine)
        shown = {**realm.headers.get(attack.caller, {}), **attack.headers}
        path = f"{attack.path}?{attack.query}" if attack.query else attack.path
        try:
            return client.generic(
                attack.method, path, data=attack.body, content_type=attack.content_type, headers=shown
            )
        except TooManyFieldsSent:
            return None

    return send


def faults(attack: Attack, response: Any, foreign: Realm) -> list[str]:
    """What is wrong with an answer, whatever was asked."""
    found, status = [], response.status_code
    kind = response.headers.get("Content-Type", "")
    program = attack.path.startswith(("/api/", "/agent/"))
    if status >= 500 and not (status == 503 and attack.path == "/ready"):
        found.append(f"answered {status}")
    if status >= 400 and program and attack.method != "HEAD" and not _explains(attack, response, kind):
        found.append(f"answered {status} as {kind}")
    told = [
        secret
        for secret in ("Secret ready of borealis", "For borealis.")
        if secret.encode() in response.content
    ]
    if told:
        found.append("told of another project")
    return found


def _explains(attack: Attack, response: Any, kind: str) -> bool:
    try:
        body = json.loads(response.content)
    except ValueError:
        return False
    if kind == "application/problem+json":
        return bool(body["code"]) and body["status"] == response.status_code
    return kind == "application/json" and attack.path.startswith("/agent/") and body["success"] is False


def everything_still_answers(realm: Realm) -> list[str]:
    """The lists, pages and admin that do not answer 200 any more."""
    owner, staff = Client(raise_request_exception=False), Client(raise_request_exception=False)
    owner.force_login(realm.people["owner"])
    user = realm.people["operator"]
    user.is_staff = user.is_superuser = True
    user.save()
    staff.force_login(user)
    wrong = [path for path in _own_pages(realm) if owner.get(path).status_code != 200]
    wrong += [path for path in _admin_pages() if staff.get(path).status_code != 200]
    return wrong


def _own_pages(realm: Realm) -> list[str]:
    slug = realm.project.slug
    lists = [path for path in addresses() if path.startswith("/api/v1/") and "<" not in path]
    simple = ("projects", "tasks", "agents", "alerts", "approvals", "notifications", "execution-requests")
    pages = [path for path in lists if path.removeprefix("/api/v1/") in simple]
    pages += [
        f"/api/v1/events?project={slug}&limit=200",
        f"/p/{slug}",
        f"/p/{slug}/columns",
        f"/p/{slug}/agents",
    ]
    for task in Task.objects.filter(project=realm.project):
        pages += [
            f"/p/{slug}/t/{task.key}/{tab}" for tab in ("overview", "thread", "plan", "history", "approvals")
        ]
        pages += [
            f"/api/v1/tasks/{task.key}{end}" for end in ("", "/messages", "/history", "/timeline", "/report")
        ]
    return pages


def _admin_pages() -> list[str]:
    pages = []
    for model in admin.site._registry:
        where = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        pages.append(reverse(f"{where}_changelist"))
        row = model._default_manager.order_by("-pk").first()
        if row is not None:
            pages.append(reverse(f"{where}_change", args=[row.pk]))
    return pages
