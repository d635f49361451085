"""Messages: posted, read, edited, deleted; nothing is lost and nothing is written by a refused request."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Agent
from missioncontrol.kernel.errors import Forbidden, Refused
from tasks.models import Event, Message, MessageVersion, Task
from tasks.services.thread import post_message
from tests.agents.building import a_service, problem
from tests.tasks.building import HOUSE, acting
from tests.tasks.thread.building import World, a_world

pytestmark = pytest.mark.django_db


def test_a_message_is_answered_kept_counted_and_told() -> None:
    world = a_world()
    version = world.now().version
    answer = world.say("Hello **there**", type="progress")
    assert (answer["content"], answer["type"], answer["task"]) == (
        "Hello **there**",
        "progress",
        world.task.key,
    )
    assert answer["author"] == {"kind": "human", "id": str(world.ada.pk), "name": "ada"}
    row = Message.objects.get()
    assert (str(row.pk), row.content, row.actor_name) == (answer["id"], "Hello **there**", "ada")
    task = world.now()
    assert (task.message_count, task.version) == (1, version)
    (event,) = world.events("message.posted")
    assert (event.target_type, event.target_id, event.actor_name) == ("message", answer["id"], "ada")
    assert event.data["key"] == world.task.key
    assert event.data["excerpt"] == "Hello **there**"
    assert event.data["mentions"] == {"agents": [], "users": []}


def test_a_message_of_progress_is_what_the_card_says_last() -> None:
    world = a_world()
    world.say("The pump is **out**,\nthe new one is in.", type="progress")
    world.say("Anything else?")
    assert world.now().progress_note == "The pump is **out**, the new one is in."


def test_the_longest_message_is_kept_whole() -> None:
    world = a_world()
    world.say("é" * 100_000)
    assert Message.objects.get().content == "é" * 100_000


def test_a_message_may_be_only_artifacts_by_reference() -> None:
    world = a_world()
    artifacts = [
        {"name": "build.log", "type": "log", "url": "https://example.com/build.log"},
        {"name": "x", "type": "y"},
    ]
    answer = world.say("", type="artifact", artifacts=artifacts)
    assert answer["artifacts"] == artifacts
    assert Message.objects.get().artifacts == artifacts


def test_a_reply_names_the_message_it_answers() -> None:
    world = a_world()
    first = world.say("A question")
    answer = world.say("An answer", by=world.by_bolt, reply_to=first["id"])
    assert answer["reply_to"] == first["id"]
    assert world.events("message.posted")[-1].data["reply_to"] == first["id"]


BAD = [
    ({}, 422),
    ({"content": ""}, 422),
    ({"content": "  \u200b "}, 422),
    ({"content": 7}, 422),
    ({"content": None}, 422),
    ({"content": ["x"]}, 422),
    ({"content": "x" * 100_001}, 422),
    ({"content": "a\u0007b"}, 422),
    ({"content": "x", "type": "shout"}, 422),
    ({"content": "x", "type": None}, 422),
    ({"content": "x", "author": "ada"}, 422),
    ({"content": "x", "actor_type": "human"}, 422),
    ({"content": "x", "reply_to": "first"}, 422),
    ({"content": "x", "reply_to": "018f0000-0000-7000-8000-000000000000"}, 422),
    ({"content": "x", "artifacts": {}}, 422),
    ({"content": "x", "artifacts": [{"name": "a"}]}, 422),
    ({"content": "x", "artifacts": [{"name": "a", "type": "b", "size": 1}]}, 422),
    ({"content": "x", "artifacts": [{"name": "a", "type": "b", "url": "javascript:alert(1)"}]}, 422),
    ({"content": "x", "artifacts": [{"name": "a", "type": "b", "url": "//example.com"}]}, 422),
    ({"content": "x", "artifacts": [{"name": "a", "type": "b", "url": "https://"}]}, 422),
    ({"content": "x", "artifacts": [{"name": "a", "type": "b", "url": "http://[::1"}]}, 422),
    ({"content": "x", "artifacts": [{"name": "a", "type": "b"}] * 51}, 422),
    ({"content": "x", "lease_token": "1"}, 422),
    ([], 422),
    (b'"x"', 422),
    (b'{"content": "a\\u0000b"}', 400),
    (b'{"content": "a\\ud800b"}', 400),
    (b'{"content": "\xff"}', 400),
    (b'{"content": ' + b"[" * 100 + b"]" * 100 + b"}", 400),
    (b'{"content": NaN}', 400),
    (b"{", 400),
]


@pytest.mark.parametrize(("body", "status"), BAD)
def test_a_bad_body_is_named_and_changes_nothing(body: Any, status: int) -> None:
    world = a_world()
    before = (Event.objects.count(), world.now().message_count)
    document = problem(world.by_ada.post(world.path("messages"), body), status)
    assert document["detail"]
    assert (Message.objects.count(), Event.objects.count(), world.now().message_count) == (0, *before)


def test_a_reply_to_another_tasks_message_is_refused() -> None:
    world, other = a_world(), a_world("hermes")
    elsewhere = other.say("Elsewhere")
    body = {"content": "x", "reply_to": elsewhere["id"]}
    document = problem(world.by_ada.post(world.path("messages"), body), 422, "invalid")
    assert document["errors"][0]["field"] == "reply_to"
    assert Message.objects.filter(task=world.task).count() == 0


def test_only_mission_control_writes_system_messages() -> None:
    world = a_world()
    for caller in (world.by_ada, world.by_bolt):
        problem(caller.post(world.path("messages"), {"content": "x", "type": "system"}), 403, "system_only")
    message = post_message(actor=HOUSE, task=world.task, content="A loop was broken.", type="system")
    assert message.actor_kind == "system"


def test_a_viewer_reads_but_does_not_speak() -> None:
    world = a_world()
    said = world.say("Hello")
    problem(world.by_vic.post(world.path("messages"), {"content": "x"}), 403)
    assert [row["id"] for row in world.by_vic.get(world.path("messages")).json()["results"]] == [said["id"]]
    problem(world.by_vic.patch(f"/messages/{said['id']}", {"content": "x"}), 403)
    problem(world.by_vic.delete(f"/messages/{said['id']}"), 403)


def test_nobody_learns_of_another_projects_messages() -> None:
    world, other = a_world(), a_world("hermes")
    said = other.say("Secret")
    for caller in (world.by_ada, world.by_bolt):
        problem(caller.get(other.path("messages")), 404)
        problem(caller.post(other.path("messages"), {"content": "x"}), 404)
        problem(caller.get(f"/messages/{said['id']}"), 404)
        problem(caller.get(f"/messages/{said['id']}/versions"), 404)
        problem(caller.patch(f"/messages/{said['id']}", {"content": "x"}), 404)
        problem(caller.delete(f"/messages/{said['id']}"), 404)
    problem(world.by_ada.get("/messages/not-an-id"), 404)
    assert Message.objects.get().content == "Secret"


@pytest.mark.parametrize(("state", "status"), [("paused", 201), ("drained", 201), ("quarantined", 403)])
def test_a_paused_agent_still_speaks_and_a_quarantined_one_does_not(state: str, status: int) -> None:
    world = a_world()
    Agent.objects.filter(pk=world.bolt.pk).update(state=state)
    answer = world.by_bolt.post(world.path("messages"), {"content": "I am stuck."})
    assert answer.status_code == status
    assert Message.objects.count() == (1 if status == 201 else 0)


def test_an_agent_speaks_on_any_task_of_its_project_without_touching_its_lease() -> None:
    world = a_world()
    world.say("A hint", by=world.by_cora)
    task = world.now()
    assert (task.holder_id, task.lease_token) == (None, 0)


def test_speaking_keeps_the_holders_lease_and_the_tasks_version() -> None:
    world = a_world()
    world.by_bolt.post("/agent/claim", {"task": world.task.key})
    soon = timezone.now() + timedelta(seconds=30)
    Task.objects.filter(pk=world.task.pk).update(lease_expires_at=soon)
    before = world.now()
    world.say("Still here", by=world.by_cora)
    assert world.now().lease_expires_at == soon
    world.say("Still here", by=world.by_bolt, lease_token=before.lease_token)
    after = world.now()
    assert after.lease_expires_at is not None
    assert after.lease_expires_at > soon + timedelta(minutes=20)
    assert (after.version, after.lease_token) == (before.version, before.lease_token)


def test_a_stale_lease_writes_nothing() -> None:
    world = a_world()
    world.by_bolt.post("/agent/claim", {"task": world.task.key})
    token = world.now().lease_token
    for caller, stale in ((world.by_bolt, token - 1), (world.by_bolt, token + 1), (world.by_cora, token)):
        body = {"content": "x", "lease_token": stale}
        problem(caller.post(world.path("messages"), body), 409, "stale_lease")
    assert (Message.objects.count(), world.now().message_count) == (0, 0)
    assert world.events("message.posted") == []


def test_speaking_does_not_make_an_editor_conflict() -> None:
    world = a_world()
    seen = world.by_ada.get(f"/tasks/{world.task.key}")
    world.say("Meanwhile", by=world.by_bolt)
    edited = world.by_ada.patch(f"/tasks/{world.task.key}", {"title": "Better"}, If_Match=seen["ETag"])
    assert edited.status_code == 200, edited.content


def test_an_edit_keeps_what_was_said_before() -> None:
    world = a_world()
    artifacts = [{"name": "a", "type": "b"}]
    said = world.say("Frist", artifacts=artifacts)
    answer = world.by_ada.patch(f"/messages/{said['id']}", {"content": "First"})
    assert answer.status_code == 200
    assert (answer.json()["content"], answer.json()["version"], answer["ETag"]) == ("First", 2, '"2"')
    assert answer.json()["edited_at"] is not None
    old = MessageVersion.objects.get()
    assert (old.version, old.content, old.artifacts, old.actor_name) == (
        1,
        "Frist",
        [{"name": "a", "type": "b"}],
        "ada",
    )
    shown = world.by_vic.get(f"/messages/{said['id']}/versions").json()["results"]
    assert [(row["version"], row["content"]) for row in shown] == [(1, "Frist")]
    (event,) = world.events("message.edited")
    assert (event.data["before"], event.data["excerpt"]) == ({"excerpt": "Frist"}, "First")


def test_the_same_text_again_is_no_edit() -> None:
    world = a_world()
    said = world.say("First")
    answer = world.by_ada.patch(f"/messages/{said['id']}", {"content": " First "})
    assert (answer.status_code, answer.json()["version"]) == (200, 1)
    assert (MessageVersion.objects.count(), world.events("message.edited")) == (0, [])


def test_an_edit_of_an_older_version_is_a_conflict() -> None:
    world = a_world()
    said = world.say("First")
    world.by_ada.patch(f"/messages/{said['id']}", {"content": "Second"})
    for body, headers in (
        ({"content": "Third", "version": 1}, {}),
        ({"content": "Third"}, {"If_Match": '"1"'}),
    ):
        answer = world.by_ada.patch(f"/messages/{said['id']}", body, **headers)
        assert problem(answer, 409, "version_conflict")["errors"][0]["field"] == "content"
    assert Message.objects.get().content == "Second"


def test_only_its_author_edits_a_message_and_operators_delete_any() -> None:
    world = a_world()
    said = world.say("Mine", by=world.by_bolt)
    for caller in (world.by_ada, world.by_cora):
        problem(caller.patch(f"/messages/{said['id']}", {"content": "Yours"}), 403, "not_author")
    problem(world.by_cora.delete(f"/messages/{said['id']}"), 403, "not_author")
    problem(a_service(world.project, "write").delete(f"/messages/{said['id']}"), 403, "not_author")
    assert world.by_ada.delete(f"/messages/{said['id']}").status_code == 204
    assert Message.objects.get().deleted_at is not None


@pytest.mark.parametrize("content", ["", "x" * 100_001, 5, None])
def test_a_bad_edit_changes_nothing(content: Any) -> None:
    world = a_world()
    said = world.say("First")
    problem(world.by_ada.patch(f"/messages/{said['id']}", {"content": content}), 422)
    assert (Message.objects.get().content, MessageVersion.objects.count()) == ("First", 0)


def test_a_deleted_message_leaves_its_place_and_its_version() -> None:
    world = a_world()
    said = world.say("Regret", by=world.by_bolt)
    reply = world.say("Why?", reply_to=said["id"])
    assert world.by_bolt.delete(f"/messages/{said['id']}").status_code == 204
    assert world.by_bolt.delete(f"/messages/{said['id']}").status_code == 204
    shown = world.by_ada.get(world.path("messages")).json()["results"]
    assert [(row["id"], row["content"]) for row in shown] == [(said["id"], ""), (reply["id"], "Why?")]
    assert shown[0]["deleted_at"] is not None
    assert (MessageVersion.objects.get().content, world.now().message_count) == ("Regret", 1)
    (event,) = world.events("message.deleted")
    assert event.data["before"] == {"excerpt": "Regret"}
    problem(world.by_bolt.patch(f"/messages/{said['id']}", {"content": "Again"}), 409, "deleted")


def test_what_was_deleted_is_shown_to_its_author_and_operators_only() -> None:
    world = a_world()
    said = world.say("Regret", by=world.by_bolt)
    world.by_bolt.delete(f"/messages/{said['id']}")
    path = f"/messages/{said['id']}/versions"
    seen = [
        len(caller.get(path).json()["results"])
        for caller in (world.by_bolt, world.by_ada, world.by_cora, world.by_vic)
    ]
    assert seen == [1, 1, 0, 0]


def test_a_thread_is_read_by_pages_in_order_and_by_type() -> None:
    world = a_world()
    said = [world.say(f"{number}", type="progress" if number % 2 else "comment")["id"] for number in range(7)]
    first = world.by_ada.get(world.path("messages?limit=4")).json()
    rest = world.by_ada.client.get(first["next"]).json()
    assert [row["id"] for row in first["results"] + rest["results"]] == said
    assert rest["next"] is None
    only = world.by_ada.get(world.path("messages?type=progress")).json()["results"]
    assert [row["content"] for row in only] == ["1", "3", "5"]
    newest = world.by_ada.get(world.path("messages?ordering=-created_at&limit=1")).json()["results"]
    assert newest[0]["id"] == said[-1]
    for bad in ("type=shout", "limit=0", "cursor=x", "colour=red"):
        problem(world.by_ada.get(world.path(f"messages?{bad}")), 400)


def test_five_and_fifty_messages_need_the_same_queries() -> None:
    world = a_world()
    assert _queries(world, 5) == _queries(world, 45)


def _queries(world: World, more: int) -> list[int]:
    for number in range(more):
        world.say(f"@bolt {number}")
    counts = []
    for end in ("messages", "timeline?limit=200", "history", "report", "reviews"):
        with CaptureQueriesContext(connection) as asked:
            assert world.by_ada.get(world.path(end)).status_code == 200
        counts.append(len(asked))
    return counts


def test_a_retry_under_the_same_key_posts_once() -> None:
    world = a_world()
    answers = [
        world.by_bolt.post(world.path("messages"), {"content": "Once"}, Idempotency_Key="k1")
        for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert answers[1]["Idempotency-Replayed"] == "true"
    row = Message.objects.get()
    assert (row.idempotency_key, world.now().message_count) == ("k1", 1)


def test_the_service_holds_the_rules_without_the_api() -> None:
    world = a_world()
    with pytest.raises(Forbidden):
        post_message(actor=acting(world.bolt), task=world.task, content="x", type="system")
    for bad in ("", "x" * 100_001, "a\x00b", "a\ud800b"):
        with pytest.raises(Refused):
            post_message(actor=acting(world.bolt), task=world.task, content=bad)
    assert Message.objects.count() == 0
