"""Alerts: one open alert per cause, counted, seen, closed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agents.api.descriptions.governance import AlertAnswer
from agents.models import Alert
from agents.services.alerts import acknowledge, raise_alert, resolve, settle
from missioncontrol.kernel.errors import Conflict, Forbidden

from .builders import World, a_world, events, user_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return a_world()


def raised(world: World, **fields: Any) -> Alert:
    """An alert about the world's task."""
    told: dict[str, Any] = {"kind": "budget", "title": "Budget nearly spent", **fields}
    return raise_alert(project_id=world.project.pk, task=world.task, **told)


def test_a_repeat_counts_on_the_open_alert(world: World) -> None:
    first, second = raised(world), raised(world, detail="Now 96 %")
    assert first == second
    alert = Alert.objects.get()
    assert (alert.count, alert.detail) == (2, "Now 96 %")
    assert alert.last_at > alert.created_at
    assert [event.type for event in events(world.project, "alert.")] == ["alert.raised"]


def test_a_graver_one_is_told_again(world: World) -> None:
    raised(world)
    raised(world, severity="critical")
    raised(world, severity="info")
    assert Alert.objects.get().severity == "critical"
    told = [event.data["severity"] for event in events(world.project, "alert.raised")]
    assert told == ["warning", "critical"]


def test_another_cause_is_another_alert(world: World) -> None:
    raised(world)
    raised(world, kind="offline")
    raised(world, dedupe_key="budget:special")
    raise_alert(project_id=a_world("beta").project.pk, kind="budget", title="Theirs")
    assert Alert.objects.count() == 4


def test_after_it_was_resolved_the_next_is_new(world: World) -> None:
    resolve(actor=world.ann, alert=raised(world))
    raised(world)
    assert sorted(Alert.objects.values_list("state", flat=True)) == ["open", "resolved"]


def test_an_agents_alert_names_its_operator(world: World) -> None:
    world.agent.operator = user_of(world.bob)
    world.agent.save()
    alert = raise_alert(project_id=world.project.pk, kind="offline", title="Silent", agent=world.agent)
    assert alert.operator == user_of(world.bob)
    assert events(world.project, "alert.raised")[0].data["operator"] == user_of(world.bob).pk


def test_acknowledging_and_resolving_twice_is_once(world: World) -> None:
    alert = raised(world)
    for _ in range(2):
        acknowledge(actor=world.bob, alert=alert)
    for _ in range(2):
        resolve(actor=world.bob, alert=alert)
    alert.refresh_from_db()
    assert (alert.state, alert.closed_by) == ("resolved", world.bob.name)
    types = [event.type for event in events(world.project, "alert.")]
    assert types == ["alert.raised", "alert.acknowledged", "alert.resolved"]
    with pytest.raises(Conflict):
        acknowledge(actor=world.bob, alert=alert)


def test_viewers_and_agents_close_nothing(world: World) -> None:
    alert = raised(world)
    for actor in (world.vic, world.asker):
        with pytest.raises(Forbidden):
            resolve(actor=actor, alert=alert)
    alert.refresh_from_db()
    assert alert.state == "open"


def test_an_alert_whose_cause_is_gone_is_settled(world: World) -> None:
    raised(world, dedupe_key="one")
    raised(world, dedupe_key="two")
    assert settle(project_id=world.project.pk, dedupe_key="one") == 1
    assert settle(project_id=world.project.pk, dedupe_key="one") == 0
    assert dict(Alert.objects.values_list("dedupe_key", "state")) == {"one": "resolved", "two": "open"}


def test_operators_see_and_close_alerts_over_http(world: World, client: Client) -> None:
    alert = raised(world)
    raise_alert(project_id=a_world("beta").project.pk, kind="budget", title="Theirs")
    client.force_login(user_of(world.bob))
    listed = client.get("/api/v1/alerts?state=open&project=atlas").json()["results"]
    assert [(row["id"], row["task"], row["count"]) for row in listed] == [(str(alert.pk), world.task.key, 1)]
    assert set(listed[0]) == set(AlertAnswer().fields)
    path = f"/api/v1/alerts/{alert.pk}"
    assert (
        client.post(f"{path}/acknowledge", content_type="application/json").json()["state"] == "acknowledged"
    )
    answer = client.post(f"{path}/resolve", content_type="application/json").json()
    assert (answer["state"], answer["closed_by"]) == ("resolved", world.bob.name)
    assert client.get("/api/v1/alerts?state=open").json()["results"] == []


def test_a_stranger_finds_no_alert(world: World, client: Client) -> None:
    alert = raised(world)
    client.force_login(user_of(a_world("beta").ann))
    assert client.get("/api/v1/alerts").json()["results"] == []
    assert client.get("/api/v1/alerts?project=atlas").status_code == 404
    assert (
        client.post(f"/api/v1/alerts/{alert.pk}/resolve", content_type="application/json").status_code == 404
    )
    alert.refresh_from_db()
    assert alert.state == "open"


@pytest.mark.parametrize(("query", "status"), [("state=gone", 400), ("nope=1", 400), ("cursor=x", 400)])
def test_bad_filters_are_refused(world: World, client: Client, query: str, status: int) -> None:
    client.force_login(user_of(world.bob))
    assert client.get(f"/api/v1/alerts?{query}").status_code == status


def test_the_list_needs_the_same_queries_for_one_and_for_many(world: World, client: Client) -> None:
    client.force_login(user_of(world.bob))
    counts = []
    for total in (1, 20):
        for number in range(total):
            raised(world, dedupe_key=f"{total}-{number}")
        with CaptureQueriesContext(connection) as queries:
            client.get("/api/v1/alerts")
        counts.append(len(queries))
    assert counts[0] == counts[1]
