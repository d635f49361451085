"""The relay: every event once, in order, whatever one of them does."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from django.test import Client

from notifications.handlers import handle
from notifications.models import Notification, RelayCursor, RelayFailure
from notifications.services import relay
from tasks.models import Event
from tests.notifications.builders import a_person, a_project, a_task, an_agent, happen, named, run_relay

pytestmark = pytest.mark.django_db


def test_an_assignment_tells_those_newly_assigned_once_however_often_the_relay_runs() -> None:
    project = a_project()
    ada, scout = a_person(project, "ada"), an_agent(project, "scout")
    task = a_task(project, on=(scout, ada))
    happen(task, "task.assigned", added=named(scout, ada))
    assert run_relay() == 1
    RelayCursor.objects.update(seq=0)
    run_relay()
    rows = Notification.objects.order_by("id")
    assert {(row.type, row.user_id, row.agent_id) for row in rows} == {
        ("assignment", ada.pk, None),
        ("assignment", None, scout.pk),
    }
    assert rows.count() == 2


def test_the_cursor_stands_at_the_last_event_read() -> None:
    project = a_project()
    task = a_task(project)
    for _ in range(3):
        happen(task, "task.updated")
    assert run_relay() == 3
    assert RelayCursor.objects.get(project=project).seq == 3
    assert run_relay() == 0


def test_a_bad_event_is_recorded_and_the_rest_is_read() -> None:
    project = a_project()
    ada = a_person(project, "ada")
    task = a_task(project, on=(ada,))
    happen(task, "task.assigned", added={"users": ["not a number"]})
    happen(task, "task.assigned", added=named(ada))
    assert run_relay() == 2
    failure = RelayFailure.objects.get()
    assert (failure.seq, failure.consumer) == (1, "notifications")
    assert "ValueError" in failure.error
    assert Notification.objects.get().seq == 2


def test_what_a_failing_event_wrote_is_taken_back() -> None:
    project = a_project()
    ada = a_person(project, "ada")
    task = a_task(project, on=(ada,))
    happen(task, "task.assigned", added=named(ada))

    def write_then_fail(event: Event) -> None:
        handle(event)
        raise RuntimeError("after writing")

    relay.drain(consumer="notifications", handle=write_then_fail)
    assert not Notification.objects.exists()
    assert RelayFailure.objects.get().error == "RuntimeError: after writing"


def test_a_failed_event_can_be_handled_again_once_its_cause_is_gone() -> None:
    project = a_project()
    ada = a_person(project, "ada")
    happen(a_task(project, on=(ada,)), "task.assigned", added=named(ada))

    def fail(event: Event) -> None:
        raise RuntimeError("not yet")

    relay.drain(consumer="notifications", handle=fail)
    assert relay.retry(failure=RelayFailure.objects.get(), handle=fail) is False
    assert RelayFailure.objects.count() == 1
    assert relay.retry(failure=RelayFailure.objects.get(), handle=handle) is True
    assert not RelayFailure.objects.exists()
    assert Notification.objects.get().user == ada


def test_staff_see_notifications_and_try_failed_events_again_but_change_nothing() -> None:
    project = a_project()
    boss, ada = a_person(None, "boss", is_staff=True, is_superuser=True), a_person(project, "ada")
    happen(a_task(project, on=(ada,)), "task.assigned", added=named(ada))
    run_relay()
    failure = RelayFailure.objects.create(project=project, consumer="notifications", seq=1, error="broken")
    client = Client()
    client.force_login(boss)
    for model in ("notification", "relaycursor", "relayfailure"):
        path = f"/admin/notifications/{model}/"
        assert client.get(path).status_code == 200
        assert client.get(f"{path}add/").status_code == 403
    row = Notification.objects.get()
    assert client.get(f"/admin/notifications/notification/{row.pk}/change/").status_code == 200
    assert (
        client.post(f"/admin/notifications/notification/{row.pk}/change/", {"summary": "x"}).status_code
        == 403
    )
    tried = {"action": "try_again", "_selected_action": [failure.pk]}
    assert client.post("/admin/notifications/relayfailure/", tried).status_code == 302
    assert not RelayFailure.objects.exists()
    assert Notification.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_relays_at_once_tell_everybody_once() -> None:
    project = a_project()
    ada = a_person(project, "ada")
    task = a_task(project, on=(ada,))
    for _ in range(60):
        happen(task, "task.assigned", added=named(ada))
    seen: list[int] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            seen.append(run_relay())
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    threading.excepthook, before = (
        lambda raised: errors.append(raised.exc_value or raised.exc_type()),
        threading.excepthook,
    )
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    threading.excepthook = before
    assert errors == []
    assert sum(seen) == 60
    assert sorted(Notification.objects.values_list("seq", flat=True)) == list(range(1, 61))
