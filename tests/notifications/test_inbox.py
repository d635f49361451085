"""The bell: what a person was told and has read."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from notifications.models import Notification
from tasks.models import Membership, Task, User
from tests.notifications.builders import a_key, a_person, a_project, a_task, an_agent, run_relay, say

pytestmark = pytest.mark.django_db
PATH = "/api/v1/notifications"


@pytest.fixture
def ada() -> User:
    return a_person(a_project(), "ada")


def signed_in(user: User) -> Client:
    """A browser of the person."""
    client = Client()
    client.force_login(user)
    return client


def tell(user: User, *texts: str) -> Task:
    """Mention the person once per text."""
    project = user.memberships.get().project
    bob, _ = User.objects.get_or_create(username="bob")
    Membership.objects.get_or_create(project=project, user=bob)
    task = a_task(project)
    for text in texts:
        say(task, bob, text, user)
    run_relay()
    return task


def test_the_bell_lists_the_newest_first_and_counts_the_unread(ada: User) -> None:
    task = tell(ada, "one", "two")
    answer = signed_in(ada).get(PATH).json()
    assert [row["summary"] for row in answer["results"]] == [
        f"bob on {task.key}: two",
        f"bob on {task.key}: one",
    ]
    assert answer["unread"] == 2
    assert answer["results"][0]["project"] == "atlas"
    assert answer["results"][0]["task"] == task.key


def test_reading_one_leaves_the_others_unread(ada: User) -> None:
    tell(ada, "one", "two")
    client = signed_in(ada)
    two, one = client.get(PATH).json()["results"]
    answer = client.post(f"{PATH}/{one['id']}/read")
    assert answer.status_code == 200
    assert answer.json()["read_at"] is not None
    assert client.post(f"{PATH}/{one['id']}/read").json() == answer.json()
    unread = client.get(f"{PATH}?unread=true").json()
    assert ([row["id"] for row in unread["results"]], unread["unread"]) == ([two["id"]], 1)
    read = client.get(f"{PATH}?unread=false").json()
    assert [row["id"] for row in read["results"]] == [one["id"]]


def test_reading_all_leaves_none(ada: User) -> None:
    tell(ada, "one", "two")
    client = signed_in(ada)
    assert client.post(f"{PATH}/read-all").json() == {"read": 2, "unread": 0}
    assert client.get(PATH).json()["unread"] == 0
    assert Notification.objects.filter(read_at__isnull=True).count() == 0


def test_another_persons_notification_is_not_found_and_stays_unread(ada: User) -> None:
    tell(ada, "one")
    row = Notification.objects.get()
    bob = signed_in(User.objects.get(username="bob"))
    assert bob.post(f"{PATH}/{row.pk}/read").status_code == 404
    assert bob.post(f"{PATH}/read-all").json()["read"] == 0
    assert Notification.objects.get().read_at is None


def test_leaving_the_project_hides_its_notifications_from_list_and_count(ada: User) -> None:
    tell(ada, "one")
    Membership.objects.filter(user=ada).delete()
    answer = signed_in(ada).get(PATH).json()
    assert (answer["results"], answer["unread"]) == ([], 0)


def test_agents_have_no_bell(ada: User) -> None:
    agent = an_agent(ada.memberships.get().project, "scout")
    answer = Client().get(PATH, headers={"Authorization": f"Bearer {a_key(agent)}"})
    assert answer.status_code == 403


@pytest.mark.parametrize("query", ["unread=maybe", "type=gossip", "limit=500", "cursor=zzz", "colour=red"])
def test_a_bad_query_is_refused_and_named(ada: User, query: str) -> None:
    answer = signed_in(ada).get(f"{PATH}?{query}")
    assert answer.status_code == 400
    assert query.split("=")[0] in str(answer.json())


def test_the_list_needs_the_same_queries_for_one_and_for_many(
    ada: User, django_assert_num_queries: Any
) -> None:
    client = signed_in(ada)
    tell(ada, "one")
    client.get(PATH)
    with django_assert_num_queries(4):
        client.get(PATH)
    for _ in range(5):
        tell(ada, *["more"] * 4)
    with django_assert_num_queries(4):
        assert len(client.get(PATH).json()["results"]) == 21
