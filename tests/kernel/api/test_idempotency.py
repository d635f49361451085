"""A request under an Idempotency-Key is answered once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError, connection, connections
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.api.idempotency import Answering, purge
from missioncontrol.kernel.errors import Conflict
from missioncontrol.kernel.models import IdempotencyRecord, JobRun
from missioncontrol.kernel.transactions import write_last
from tests.kernel.asking import fields, post


def test_the_same_request_gets_the_first_answer_and_does_nothing(caller: Client) -> None:
    first = post(caller, "/things", {"name": "x", "flag": True}, key="k1")
    again = post(caller, "/things", b'{ "flag":true,"name" : "x" }', key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again["ETag"] == first["ETag"]
    assert again["Content-Type"] == first["Content-Type"]
    assert again["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert JobRun.objects.count() == 1


def test_another_body_under_the_key_is_refused(caller: Client) -> None:
    post(caller, "/things", {"name": "x"}, key="k1")
    refused = post(caller, "/things", {"name": "y"}, key="k1")
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_mismatch")
    assert JobRun.objects.count() == 1


def test_a_key_is_the_callers_own_and_of_one_method_and_path(caller: Client) -> None:
    other = Client()
    other.force_login(get_user_model().objects.create_user(username="bob"))
    assert post(caller, "/things", {"name": "x"}, key="k1").status_code == 201
    assert post(other, "/things", {"name": "y"}, key="k1").json()["by"] == "bob"
    assert post(caller, "/things", {"name": "z"}, key="k1", method="patch").status_code == 200
    assert post(caller, "/secret", {"name": "z"}, key="k1").status_code == 201


def test_a_refusal_is_replayed_too_with_what_it_left(caller: Client) -> None:
    first = post(caller, "/things", {"name": "x", "kind": "two"}, key="k1")
    again = post(caller, "/things", {"name": "x", "kind": "two"}, key="k1")
    assert (first.status_code, again.status_code) == (422, 422)
    assert fields(again) == {"kind": "Is two."}
    assert again["Idempotency-Replayed"] == "true"
    assert JobRun.objects.count() == 1


def test_a_running_request_is_not_started_again(caller: Client) -> None:
    begin("k1", caller)
    refused = post(caller, "/things", {"name": "x"}, key="k1")
    assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_running")
    assert refused.json()["retryable"] is True
    assert int(refused["Retry-After"]) >= 1
    assert not JobRun.objects.exists()


def begin(key: str, client: Client) -> Answering:
    """Takes on what `post(client, "/things", {"name": "x"}, key=key)` asks, and stops there."""
    answering = Answering(
        actor=actor(), method="POST", path="/api/v1/things", key=key, body_hash=hash_of(client)
    )
    assert answering.begin() is None
    return answering


def actor() -> Actor:
    return Actor(kind="human", id=str(get_user_model().objects.get(username="ada").pk), name="ada")


def hash_of(client: Client) -> str:
    """The hash of {"name": "x"}, learned from a request."""
    post(client, "/things", {"name": "x"}, key="learn")
    kept = IdempotencyRecord.objects.get(key="learn")
    JobRun.objects.all().delete()
    return kept.body_hash


def test_a_crashed_request_is_taken_over_once_its_lock_ended(caller: Client) -> None:
    crashed = begin("k1", caller)
    IdempotencyRecord.objects.filter(key="k1").update(locked_until=timezone.now() - timedelta(seconds=1))
    assert post(caller, "/things", {"name": "x"}, key="k1").status_code == 201
    with pytest.raises(Conflict, match="taken over"):
        crashed.store(post(caller, "/things", {"name": "y"}))
    crashed.forget()
    assert IdempotencyRecord.objects.get(key="k1").state == "done"


def test_after_a_day_the_key_is_new(caller: Client) -> None:
    post(caller, "/things", {"name": "x"}, key="k1")
    IdempotencyRecord.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert post(caller, "/things", {"name": "y"}, key="k1").status_code == 201
    assert JobRun.objects.count() == 2


def test_cleaning_up_spares_what_is_young(caller: Client) -> None:
    post(caller, "/things", {"name": "x"}, key="old")
    post(caller, "/things", {"name": "y"}, key="new")
    day_old = timezone.now() - timedelta(hours=25)
    IdempotencyRecord.objects.filter(key="old").update(created_at=day_old, locked_until=day_old)
    assert purge(now=timezone.now()) == 1
    assert IdempotencyRecord.objects.get().key == "new"


@pytest.mark.parametrize("how", ["busy", "duplicate", "out-of-range", "bug", "stopped"])
def test_a_failure_is_forgotten_and_may_be_tried_again(
    transactional_db: None, caller: Client, how: str
) -> None:
    first = post(caller, f"/broken/{how}", key="k1")
    assert not IdempotencyRecord.objects.exists()
    assert not JobRun.objects.exists()
    again = post(caller, f"/broken/{how}", key="k1")
    assert again.status_code == first.status_code
    assert "Idempotency-Replayed" not in again


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "é", "a\x00"])
def test_a_key_that_is_none_is_malformed(caller: Client, key: str) -> None:
    response = post(caller, "/things", {"name": "x"}, **{"Idempotency-Key": key})
    assert (response.status_code, response.json()["code"]) == (400, "bad_idempotency_key")
    assert not JobRun.objects.exists()


def test_malformed_json_leaves_no_record(caller: Client) -> None:
    assert post(caller, "/things", b"{", key="k1").status_code == 400
    assert not IdempotencyRecord.objects.exists()


def test_nothing_is_remembered_for_nobody(db: None) -> None:
    assert post(Client(), "/things", {"name": "x"}, key="k1").status_code == 401
    assert post(Client(), "/open", {"name": "x"}, key="k1").status_code == 200
    assert not IdempotencyRecord.objects.exists()


def test_a_secret_answer_is_replayed_but_not_readable_in_the_database(caller: Client) -> None:
    first = post(caller, "/secret", key="k1")
    assert b"mca_hush" not in bytes(IdempotencyRecord.objects.get().body)
    assert post(caller, "/secret", key="k1").json() == first.json() == {"key": "mca_hush"}


def test_a_waiting_view_holds_no_transaction_and_keeps_its_answer(
    transactional_db: None, caller: Client
) -> None:
    first = post(caller, "/waiting", {"name": "x"}, key="k1")
    assert first.json() == {"held": False}
    assert post(caller, "/waiting", {"name": "x"}, key="k1")["Idempotency-Replayed"] == "true"
    assert post(caller, "/waiting", {"name": "y"}).json() == {"held": False}
    assert JobRun.objects.count() == 2


def test_a_waiting_view_that_was_refused_is_replayed(caller: Client) -> None:
    first = post(caller, "/waiting", {"nme": "x"}, key="k1")
    again = post(caller, "/waiting", {"nme": "x"}, key="k1")
    assert (first.status_code, again.status_code, again["Idempotency-Replayed"]) == (422, 422, "true")


@pytest.mark.parametrize(("kind", "status", "rows"), [("one", 409, 1), ("two", 422, 0)])
def test_a_waiting_view_may_refuse_by_answer_or_by_error(
    transactional_db: None, caller: Client, kind: str, status: int, rows: int
) -> None:
    first = post(caller, "/waiting", {"name": "x", "kind": kind}, key="k1")
    again = post(caller, "/waiting", {"name": "x", "kind": kind}, key="k1")
    assert (first.status_code, again.status_code, again["Idempotency-Replayed"]) == (status, status, "true")
    assert JobRun.objects.count() == rows


def test_a_commit_that_fails_after_the_answer_was_stored_is_forgotten(
    transactional_db: None, caller: Client
) -> None:
    answering = begin("k1", caller)

    def fail(_items: Any) -> None:
        raise RuntimeError("the last write failed")

    def produce() -> HttpResponse:
        write_last(fail, "item")
        return HttpResponse("done")

    with pytest.raises(RuntimeError, match="last write"):
        answering.run(produce)
    assert not IdempotencyRecord.objects.filter(key="k1").exists()


def test_a_key_costs_two_queries_and_a_replay_two(caller: Client, django_assert_num_queries: Any) -> None:
    session_and_user, savepoint, work = 2, 2, 3
    with django_assert_num_queries(session_and_user + savepoint + work + 2):
        post(caller, "/things", {"name": "x"}, key="k1")
    with django_assert_num_queries(session_and_user + 2):
        post(caller, "/things", {"name": "x"}, key="k1")


def test_eight_at_once_do_it_once(transactional_db: None, caller: Client) -> None:
    answers: list[Any] = []
    ready = threading.Barrier(8)

    def ask() -> None:
        client = Client()
        client.cookies = caller.cookies
        ready.wait()
        answers.append(post(client, "/things", {"name": "x"}, key="race"))
        connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    fresh = [
        answer for answer in answers if "Idempotency-Replayed" not in answer and answer.status_code == 201
    ]
    assert len(fresh) == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {
        "idempotency_running"
    }
    assert JobRun.objects.count() == 1
    assert post(caller, "/things", {"name": "x"}, key="race").content == fresh[0].content


def test_eight_who_find_a_crashed_request_do_it_once(transactional_db: None, caller: Client) -> None:
    begin("race", caller)
    IdempotencyRecord.objects.filter(key="race").update(locked_until=timezone.now() - timedelta(seconds=1))
    test_eight_at_once_do_it_once(None, caller)


def test_the_record_is_committed_while_the_work_is_done(transactional_db: None, caller: Client) -> None:
    assert not connection.in_atomic_block
    begin("k1", caller)
    seen: list[str] = []

    def look() -> None:
        seen.extend(IdempotencyRecord.objects.filter(key="k1").values_list("state", flat=True))
        connections.close_all()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == ["running"]


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_work_whose_connection_was_cut_may_be_tried_again_at_once() -> None:
    first, again = (
        Answering(actor=Actor.system("tests"), method="POST", path="/things", key="k1", body_hash="x")
        for _ in range(2)
    )
    assert first.begin() is None

    def cut() -> HttpResponse:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return HttpResponse(status=201)

    with pytest.raises(OperationalError):
        first.run(cut)

    assert again.begin() is None
    assert again.run(lambda: HttpResponse(status=201)).status_code == 201
