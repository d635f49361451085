"""Validating with one serializer per class, made once: to build one for every request costs more than to use it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from rest_framework.serializers import Serializer

AnySerializer = Serializer[Any]


def read(
    serializer: type[AnySerializer], data: Any, *, partial: bool = False, from_query: bool = False
) -> dict[str, Any]:
    """The validated members of `data`; raises rest_framework's ValidationError with everything that is wrong.

    `from_query` says that every value is text. Serializers used here hold no state and no context of the request.
    """
    return dict(reader(serializer, partial, from_query).run_validation(data))


@cache
def reader(serializer: type[AnySerializer], partial: bool, from_query: bool) -> AnySerializer:
    """The one instance; raises TypeError for a default that requests would share and could change."""
    made = serializer(partial=partial, context={"from_query": from_query})
    for field in _fields(made):
        if isinstance(getattr(field, "default", None), (list, dict, set)):
            raise TypeError(
                f"{serializer.__name__}.{field.field_name}: the default must be a callable, such as list"
            )
    return made


def _fields(field: Any) -> Iterator[Any]:
    yield field
    members = list(field.fields.values()) if isinstance(field, Serializer) else []
    child = getattr(field, "child", None)
    for member in [*members, *([child] if child is not None else [])]:
        yield from _fields(member)
