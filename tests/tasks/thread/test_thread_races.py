"""Many at once in one thread, with real threads: nothing is lost, nothing is won twice."""

from __future__ import annotations

from functools import partial

import pytest

from missioncontrol.kernel.errors import Conflict
from tasks.errors import VersionConflict
from tasks.models import Message, MessageVersion, Review
from tasks.services.reviews import create_review, respond_review
from tasks.services.subscriptions import follow
from tasks.services.tasks import edit_task
from tasks.services.thread import delete_message, edit_message, post_message
from tests.agents.building import actor_of
from tests.tasks.building import acting, together
from tests.tasks.thread.building import a_world

pytestmark = pytest.mark.django_db(transaction=True)


def test_messages_posted_at_once_are_all_kept_and_counted() -> None:
    world = a_world()
    actors = [acting(world.bolt), acting(world.cora), actor_of(world.ada)]
    together(
        [
            partial(post_message, actor=actors[number % 3], task=world.task, content=f"@all {number}")
            for number in range(9)
        ]
    )
    assert (Message.objects.count(), world.now().message_count) == (9, 9)
    assert sorted(row.content for row in Message.objects.all()) == [f"@all {number}" for number in range(9)]
    assert len(world.events("message.posted")) == 9


def test_an_editor_and_a_crowd_do_not_disturb_each_other() -> None:
    world = a_world()
    version = world.now().version
    jobs = [lambda: post_message(actor=acting(world.cora), task=world.task, content="Hi") for _ in range(4)]
    edit = partial(
        edit_task,
        actor=actor_of(world.ada),
        task=world.task,
        changes={"title": "New"},
        expected_version=version,
    )
    results = together([*jobs, edit])
    assert [result for result in results if isinstance(result, Exception)] == []
    assert (world.now().title, world.now().message_count) == ("New", 4)


def test_of_two_edits_of_one_version_one_wins() -> None:
    world = a_world()
    message = post_message(actor=actor_of(world.ada), task=world.task, content="First")
    ada = actor_of(world.ada)
    results = together(
        [
            partial(edit_message, actor=ada, message=message, content=text, expected_version=1)
            for text in ("Second", "Third")
        ]
    )
    assert sum(isinstance(result, VersionConflict) for result in results) == 1
    assert [row.content for row in MessageVersion.objects.all()] == ["First"]


def test_deleting_at_once_counts_once() -> None:
    world = a_world()
    message = post_message(actor=actor_of(world.ada), task=world.task, content="First")
    together([lambda: delete_message(actor=actor_of(world.ada), message=message) for _ in range(4)])
    assert (world.now().message_count, len(world.events("message.deleted"))) == (0, 1)


def test_of_two_answers_to_a_review_one_wins() -> None:
    world = a_world()
    review = create_review(actor=acting(world.cora), task=world.task, kind="approve")
    answers = ((acting(world.bolt), "accepted"), (actor_of(world.ada), "rejected"))
    results = together(
        [
            partial(respond_review, actor=who, review=Review.objects.get(pk=review.pk), state=state)
            for who, state in answers
        ]
    )
    assert sum(isinstance(result, Conflict) for result in results) == 1
    assert len(world.events("review.responded")) == 1


def test_reviews_at_once_leave_one_pending_and_send_work_back_once() -> None:
    world = a_world().in_status("review")
    results = together(
        [
            lambda: create_review(
                actor=acting(world.cora), task=world.task, kind="refute", severity="minor", content="No."
            )
            for _ in range(4)
        ]
    )
    assert [result for result in results if isinstance(result, Exception)] == []
    assert Review.objects.filter(state="pending").count() == 1
    assert (world.now().status, world.now().review_cycles) == ("in_progress", 1)


def test_following_at_once_is_following_once() -> None:
    world = a_world()
    together([lambda: follow(world.task, agents=[world.cora.pk], users=[world.ada.pk]) for _ in range(6)])
    assert (world.follows(world.cora), world.follows(world.ada)) == (True, True)
    assert world.task.subscriptions.count() == 3
