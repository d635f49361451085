"""Keys: shown once, rotated with an overlap, revoked at once."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from agents.models import AgentKey, ServiceToken
from agents.services.credentials import check_bearer
from agents.services.keys import create_service_token, revoke_service_token
from missioncontrol.kernel.errors import Refused, Unauthenticated
from tests.agents.building import (
    HOUSE,
    a_member,
    a_project,
    a_service,
    an_agent,
    events,
    problem,
    signed_in,
    with_key,
)

pytestmark = pytest.mark.django_db


def test_a_key_is_kept_as_its_hash_and_prefix_only() -> None:
    project = a_project()
    answer = a_service(project, "admin").post("/agents", {"project": "apollo", "slug": "bolt"}).json()
    row = AgentKey.objects.get()
    assert answer["key"].startswith(row.prefix + "_")
    stored = json.dumps([str(value) for value in vars(row).values()])
    assert answer["key"].removeprefix(row.prefix) not in stored
    assert all(answer["key"] not in event.payload for event in events(project))


def test_rotation_gives_a_new_key_and_leaves_the_old_one_for_the_overlap() -> None:
    project = a_project()
    _, old = an_agent(project)
    owner = signed_in(a_member(project))
    answer = owner.post("/agents/bolt/keys", {"overlap_s": 60})
    assert answer.status_code == 201
    new = with_key(answer.json()["key"])
    assert (old.get("/agents").status_code, new.get("/agents").status_code) == (200, 200)
    first = AgentKey.objects.order_by("created_at")[0]
    assert first.expires_at is not None
    assert timedelta(seconds=50) < first.expires_at - timezone.now() <= timedelta(seconds=60)
    AgentKey.objects.filter(pk=first.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert (old.get("/agents").status_code, new.get("/agents").status_code) == (401, 200)
    assert [event.data["prefix"] for event in events(project, "agent.key_created")] == [
        first.prefix,
        answer.json()["prefix"],
    ]


def test_the_overlap_is_a_day_when_not_said_and_never_lengthens_a_key() -> None:
    project = a_project()
    an_agent(project, key_expires_in_s=120)
    soon = AgentKey.objects.get().expires_at
    owner = signed_in(a_member(project))
    owner.post("/agents/bolt/keys", {"expires_in_s": 7200})
    assert AgentKey.objects.order_by("created_at")[0].expires_at == soon
    owner.post("/agents/bolt/keys", {})
    assert AgentKey.objects.filter(expires_at__isnull=True).count() == 1
    owner.post("/agents/bolt/keys", {})
    ends = AgentKey.objects.order_by("created_at")[2].expires_at
    assert ends is not None
    assert timedelta(hours=23) < ends - timezone.now() <= timedelta(hours=24)


def test_a_rotation_sent_twice_with_one_idempotency_key_makes_one_key() -> None:
    project = a_project()
    an_agent(project)
    owner = signed_in(a_member(project))
    answers = [owner.post("/agents/bolt/keys", {}, Idempotency_Key="r1") for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert answers[1]["Idempotency-Replayed"] == "true"
    assert AgentKey.objects.count() == 2


def test_revocation_is_immediate_told_once_and_harmless_twice() -> None:
    project = a_project()
    _, caller = an_agent(project)
    owner = signed_in(a_member(project))
    prefix = owner.get("/agents/bolt/keys").json()["results"][0]["prefix"]
    assert [owner.delete(f"/agents/bolt/keys/{prefix}").status_code for _ in range(2)] == [204, 204]
    problem(caller.get("/agents"), 401)
    assert [event.data["prefix"] for event in events(project, "agent.key_revoked")] == [prefix]
    problem(owner.delete("/agents/bolt/keys/mca_xxxxxxxx"), 404)


def test_only_owners_and_admin_services_touch_keys() -> None:
    project = a_project()
    _, caller = an_agent(project)
    operator = signed_in(a_member(project, "bob", "operator"))
    for who in (operator, caller, a_service(project, "operate")):
        problem(who.post("/agents/bolt/keys", {}), 403)
        problem(who.get("/agents/bolt/keys"), 403)
    assert AgentKey.objects.count() == 1
    assert a_service(project, "admin").post("/agents/bolt/keys", {}).status_code == 201
    stranger = signed_in(a_member(a_project("gemini"), "eve"))
    problem(stranger.post("/agents/bolt/keys", {}), 404)


def test_a_token_needs_known_scopes_and_ends_when_revoked() -> None:
    project = a_project()
    for scopes in ([], ["everything"]):
        with pytest.raises(Refused):
            create_service_token(actor=HOUSE, project=project, name="ci", scopes=scopes)
    made = create_service_token(actor=HOUSE, project=project, name="ci", scopes=["operate"])
    token = ServiceToken.objects.get()
    revoke_service_token(actor=HOUSE, token=token)
    revoke_service_token(actor=HOUSE, token=token)
    with pytest.raises(Unauthenticated):
        check_bearer(made.secret)
    assert len(events(project, "service_token.revoked")) == 1


def test_createagent_prints_a_key_that_works() -> None:
    a_project()
    out = StringIO()
    call_command("createagent", "bolt", project="apollo", skills="python, sql", json=True, stdout=out)
    answer = json.loads(out.getvalue())
    checked = check_bearer(answer["key"])
    assert checked.agent is not None
    assert (checked.agent.slug, checked.agent.skills) == ("bolt", ["python", "sql"])
    assert answer["agent"]["slug"] == "bolt"


def test_createservicetoken_prints_a_token_that_works() -> None:
    a_project()
    out = StringIO()
    call_command("createservicetoken", "ci", project="apollo", scopes="read,write", json=True, stdout=out)
    assert check_bearer(json.loads(out.getvalue())["token"]).actor.scopes == {"read", "write"}


@pytest.mark.parametrize("arguments", [("bolt", "nowhere"), ("Not A Slug", "apollo")])
def test_createagent_says_what_is_wrong(arguments: tuple[str, str]) -> None:
    a_project()
    with pytest.raises(CommandError):
        call_command("createagent", arguments[0], project=arguments[1])
