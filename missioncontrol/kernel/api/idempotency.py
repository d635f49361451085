"""Answering a request once, however often it is sent: the `Idempotency-Key`.

A record in state running is committed first, so that a second request sees it and is told to wait. The answer
is kept in the transaction of the work itself, so after a crash there are both or neither. Whoever holds the
record is decided by its `owner`, never by a clock: the time only says from when a crashed holder may be
replaced.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import InterfaceError, OperationalError, connection
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.api.sealing import seal, unseal
from missioncontrol.kernel.errors import Conflict, Malformed, Refused
from missioncontrol.kernel.ids import uuid7
from missioncontrol.kernel.models import IdempotencyRecord
from missioncontrol.kernel.transactions import unit

KEPT_FOR = timedelta(hours=24)
LOCKED_FOR = timedelta(seconds=90)
MOST_CUT = 20
"""As many connections as a pool may hold by default."""

FORGET_WITHIN_S = 2.0

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_NEVER_KEPT = {401, 429}
_RUNNING, _DONE = IdempotencyRecord.State.RUNNING, IdempotencyRecord.State.DONE


def key_of(request: Request) -> str:
    """The `Idempotency-Key` of `request`, or an empty string; raises Malformed for one that is no key."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return ""
    if not _KEY.fullmatch(key):
        raise Malformed(
            "Idempotency-Key must be 1 to 255 visible ASCII characters.", code="bad_idempotency_key"
        )
    return key


def fingerprint(request: Request) -> str:
    """A hash of what is asked: the query string and the body in canonical form (members sorted, white space
    gone).
    """
    canonical = orjson.dumps(request.data, option=orjson.OPT_SORT_KEYS)
    query = request.META.get("QUERY_STRING", "").encode()
    return hashlib.sha256(query + b"\n" + canonical).hexdigest()


class NoKey:
    """Stands in where a request carries no key: nothing is remembered."""

    def store(self, response: HttpResponse) -> None:
        """Does nothing."""


class Answering:
    """One attempt at answering a request under a key. Scope: who asks, the method, the path, the key."""

    def __init__(
        self,
        *,
        actor: Actor,
        method: str,
        path: str,
        key: str,
        body_hash: str,
        secret: bool = False,
        render: Callable[[HttpResponse], HttpResponse] = lambda response: response,
    ) -> None:
        now = timezone.now()
        self.stored = False
        self._secret = secret
        self._render = render
        self._record = IdempotencyRecord(
            actor_kind=actor.kind, actor_id=actor.id, method=method, path=path, key=key, body_hash=body_hash,
            owner=uuid7(), created_at=now, locked_until=now + LOCKED_FOR,
        )  # fmt: skip

    def begin(self) -> HttpResponse | None:
        """Takes the request on (None), or gives the answer it got before.

        Raises Refused `idempotency_mismatch` for another body under the same key, Conflict while it is
        running.
        """
        for _ in range(3):
            if self._inserted():
                return None
            kept = self._rows().first()
            if kept is not None:
                return self._judge(kept)
        raise _running(1)

    def run(self, produce: Callable[[], HttpResponse]) -> HttpResponse:
        """Calls `produce` and keeps its answer in one transaction; an answer that must not be kept undoes it
        all.
        """
        finished = False
        try:
            with unit():
                response = produce()
                self._store_or_undo(response)
            finished = True
        except _Undone as undone:
            response = undone.response
        finally:
            if not finished:
                self.forget()
        return response

    def store(self, response: HttpResponse) -> None:
        """Keeps `response`; call it inside the `unit()` of the work. Raises Conflict when it was taken over."""
        rendered = self._render(response)
        body = bytes(rendered.content)
        changed = self._mine().update(
            state=_DONE,
            status=rendered.status_code,
            headers={name: value for name, value in rendered.headers.items() if name != "X-Request-ID"},
            body=seal(body) if self._secret else body,
            sealed=self._secret,
        )
        if not changed:
            raise Conflict("This request took too long and was taken over by a repetition of it.")
        self.stored = True

    def forget(self) -> None:
        """Drops the record, so that the same request may be tried again; an answer that was kept stays.

        Where the work failed because its connection was cut, this takes another one, and another while those that
        waited in the pool turn out to be cut as well.
        """
        self.stored = False
        until = time.monotonic() + FORGET_WITHIN_S
        for left in reversed(range(MOST_CUT)):
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()
            try:
                self._mine().delete()
                return
            except (OperationalError, InterfaceError):
                if not left or time.monotonic() > until:
                    raise

    def _store_or_undo(self, response: HttpResponse) -> None:
        if not may_be_kept(response):
            raise _Undone(response)
        self.store(response)

    def _inserted(self) -> bool:
        try:
            return _insert_if_absent(self._record)
        except (OperationalError, InterfaceError):
            # The record may be there all the same: the connection was cut before it could say so.
            self.forget()
            raise

    def _rows(self) -> QuerySet[IdempotencyRecord]:
        mine = self._record
        return IdempotencyRecord.objects.filter(
            actor_kind=mine.actor_kind,
            actor_id=mine.actor_id,
            method=mine.method,
            path=mine.path,
            key=mine.key,
        )

    def _mine(self) -> QuerySet[IdempotencyRecord]:
        return self._rows().filter(owner=self._record.owner, state=_RUNNING)

    def _judge(self, kept: IdempotencyRecord) -> HttpResponse | None:
        now = self._record.created_at
        if kept.created_at + KEPT_FOR <= now:
            self._take_over(kept)
            return None
        if kept.body_hash != self._record.body_hash:
            raise Refused(
                "This Idempotency-Key was used with another body.",
                code="idempotency_mismatch",
                extra={"next_action": "Send a new Idempotency-Key for a new request."},
            )
        if kept.state == _DONE:
            return _replay(kept)
        if kept.locked_until > now:
            raise _running((kept.locked_until - now).total_seconds())
        self._take_over(kept)
        return None

    def _take_over(self, kept: IdempotencyRecord) -> None:
        mine = self._record
        unchanged = IdempotencyRecord.objects.filter(pk=kept.pk, owner=kept.owner, state=kept.state)
        if not unchanged.update(
            owner=mine.owner, state=_RUNNING, body_hash=mine.body_hash, status=None, headers={}, body=b"",
            sealed=False, created_at=mine.created_at, locked_until=mine.locked_until,
        ):  # fmt: skip
            raise _running(1)


def may_be_kept(response: HttpResponseBase) -> bool:
    """Whether an answer stands for ever: not a failure, not "sign in first", not "too fast", not a stream."""
    return response.status_code < 500 and response.status_code not in _NEVER_KEPT and not response.streaming


def purge(*, now: datetime) -> int:
    """Deletes records past their 24 hours and answers how many; run daily."""
    old = Q(created_at__lte=now - KEPT_FOR) & Q(locked_until__lte=now)
    return IdempotencyRecord.objects.filter(old).delete()[0]


class _Undone(Exception):
    def __init__(self, response: HttpResponse) -> None:
        super().__init__(response.status_code)
        self.response = response


def _running(seconds: float) -> Conflict:
    # Most requests are done long before their lock ends: a short wait is the better advice.
    return Conflict(
        "The first request with this Idempotency-Key is still running.",
        code="idempotency_running",
        extra={"retryable": True, "retry_after_s": max(1, min(5, int(seconds)))},
    )


def _replay(kept: IdempotencyRecord) -> HttpResponse:
    body = unseal(bytes(kept.body)) if kept.sealed else bytes(kept.body)
    headers = {**kept.headers, "Idempotency-Replayed": "true"}
    response = HttpResponse(body, status=kept.status, headers=headers)
    if "Content-Type" not in kept.headers:
        del response["Content-Type"]
    return response


def _insert_if_absent(record: IdempotencyRecord) -> bool:
    """One statement that inserts or does nothing: no error in the database's log, no broken transaction."""
    fields: list[Any] = [field for field in record._meta.concrete_fields if not field.primary_key]
    values = [field.get_db_prep_save(getattr(record, field.attname), connection) for field in fields]
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    places = ", ".join(["%s"] * len(fields))
    table = connection.ops.quote_name(record._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({columns}) VALUES ({places}) ON CONFLICT DO NOTHING", values)  # noqa: S608 - names of our own columns
        return bool(cursor.rowcount)
