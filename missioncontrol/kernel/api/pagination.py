"""Lists by keyset: a page begins after a row, not after a count, so it stays put while rows are added.

A cursor is the sort values of the last row shown, signed. One query a page, no COUNT.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from operator import attrgetter
from typing import Any
from uuid import UUID

import orjson
from django.core import signing
from django.core.exceptions import FieldDoesNotExist
from django.db.models import F, Model, Q, QuerySet
from django.db.models.expressions import OrderBy
from rest_framework.request import Request

from missioncontrol.kernel.errors import FieldError, Malformed

DEFAULT_LIMIT = 50
MAX_LIMIT = 200

Row = Any
_signer = signing.Signer(salt="mc.cursor")
_LIMIT = re.compile(r"\d{1,4}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an ordering: its path, its direction, and whether it may be null (nulls come last)."""

    name: str
    descending: bool
    nullable: bool

    def order(self) -> OrderBy | str:
        """The term for `order_by`; plain where it can be, so that an index serves it."""
        if self.nullable:
            return OrderBy(F(self.name), descending=self.descending, nulls_last=True)
        return f"-{self.name}" if self.descending else self.name

    def equal(self, value: Any) -> Q:
        """Rows that have the same value."""
        return Q(**{f"{self.name}__isnull": True}) if value is None else Q(**{self.name: value})

    def beyond(self, value: Any) -> Q | None:
        """Rows that come after `value`, or None when none can."""
        if value is None:
            return None
        later = Q(**{f"{self.name}__{'lt' if self.descending else 'gt'}": value})
        return later | Q(**{f"{self.name}__isnull": True}) if self.nullable else later


def page(
    queryset: QuerySet[Any, Any],
    request: Request,
    *,
    ordering: str,
    allowed: Mapping[str, Sequence[str]],
    row: Callable[[Row], Any] | None = None,
) -> dict[str, Any]:
    """One page of `queryset` as `{"results": [...], "next": url or null}`.

    `allowed` maps each name a client may put in `ordering` to columns of which the last is unique (`"-name"`
    turns them all round, `"-column"` turns one); `ordering` is the name used when the client says nothing.
    Rows are models or, from `values()`, mappings that hold every column of the ordering; `row` makes each
    into what is shown. Raises Malformed for a limit outside 1-200, an unknown ordering, and a cursor that is
    not ours or is of another ordering.
    """
    limit = _limit(request.query_params.get("limit", ""))
    chosen = _ordering(request, ordering, allowed)
    columns = _columns(queryset, chosen, allowed)
    ordered = queryset.order_by(*(column.order() for column in columns))
    cursor = request.query_params.get("cursor", "")
    if cursor:
        ordered = ordered.filter(_after(columns, _read(cursor, chosen, len(columns))))
    rows = list(ordered[: limit + 1])
    shown = rows[:limit]
    following = _next_url(request, chosen, columns, shown[-1]) if len(rows) > limit else None
    return {"results": [row(each) for each in shown] if row else shown, "next": following}


def _limit(given: str) -> int:
    if given == "":
        return DEFAULT_LIMIT
    if not _LIMIT.fullmatch(given) or not 1 <= int(given) <= MAX_LIMIT:
        raise _bad("limit", f"Must be a whole number from 1 to {MAX_LIMIT}.")
    return int(given)


def _ordering(request: Request, default: str, allowed: Mapping[str, Sequence[str]]) -> str:
    chosen = request.query_params.get("ordering", "") or default
    if chosen.removeprefix("-") not in allowed:
        names = ", ".join(f"{name}, -{name}" for name in allowed)
        raise _bad("ordering", f"Must be one of {names}.")
    return chosen


def _bad(field: str, message: str) -> Malformed:
    return Malformed(f"{field}: {message}", errors=[FieldError(field, message)], code="bad_query")


def _columns(queryset: QuerySet[Any, Any], chosen: str, allowed: Mapping[str, Sequence[str]]) -> list[Column]:
    turned = chosen.startswith("-")
    return [
        Column(
            name=name.removeprefix("-"),
            descending=name.startswith("-") != turned,
            nullable=_is_nullable(queryset.model, name.removeprefix("-")),
        )
        for name in allowed[chosen.removeprefix("-")]
    ]


def _is_nullable(model: type[Model], path: str) -> bool:
    """Whether any step of the path may be null; an annotation is taken to have a value."""
    nullable = False
    for step in path.split("__"):
        try:
            field = model._meta.get_field(step)
        except FieldDoesNotExist:
            return nullable
        nullable = nullable or bool(getattr(field, "null", False))
        model = getattr(field, "related_model", None) or model
    return nullable


def _after(columns: Sequence[Column], values: Sequence[Any]) -> Q:
    """Rows after the one with `values`: beyond in one column and equal in all before it."""
    branches = []
    equal = Q()
    for column, value in zip(columns, values, strict=True):
        beyond = column.beyond(value)
        if beyond is not None:
            branches.append(equal & beyond)
        equal &= column.equal(value)
    return reduce(lambda left, right: left | right, branches)


def _next_url(request: Request, chosen: str, columns: Sequence[Column], last: Row) -> str:
    params = request.query_params.copy()
    params["cursor"] = _write(chosen, [_value_of(last, column.name) for column in columns])
    return request.build_absolute_uri(f"{request.path}?{params.urlencode()}")


def _value_of(row: Row, name: str) -> Any:
    if isinstance(row, Mapping):
        return row[name]
    return attrgetter(name.replace("__", "."))(row)


def _write(chosen: str, values: Sequence[Any]) -> str:
    body = orjson.dumps([chosen, *map(_tagged, values)])
    return _signer.sign(base64.urlsafe_b64encode(body).rstrip(b"=").decode())


def _read(cursor: str, chosen: str, count: int) -> list[Any]:
    try:
        body = _signer.unsign(cursor)
        name, *tagged = orjson.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (signing.BadSignature, binascii.Error, ValueError) as error:
        raise _bad("cursor", "Not a cursor of this list; start again without one.") from error
    if name != chosen or len(tagged) != count:
        raise _bad("cursor", "Belongs to another ordering; start again without one.")
    return [_untagged(kind, value) for kind, value in tagged]


_READERS: dict[str, Callable[[str], Any]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "UUID": UUID,
    "Decimal": Decimal,
}


def _tagged(value: Any) -> tuple[str, Any]:
    if isinstance(value, (datetime, date)):
        return type(value).__name__, value.isoformat()
    if isinstance(value, (UUID, Decimal)):
        return type(value).__name__, str(value)
    return "", value


def _untagged(kind: str, value: Any) -> Any:
    return _READERS[kind](value) if kind else value
