"""Queries that are built once: the ORM writes the SQL on the first call, later calls only bind and read.

Building a query with a few joins costs the ORM ten times what running it costs the database. These are for the few
queries that every request runs (who calls, what may be claimed); everything else stays an ordinary queryset.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models import query as django_query

Row = TypeVar("Row", bound=Model)

# Its type stub is of a later Django.
_populators: Any = django_query.get_related_populators


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the ORM worked out: the SQL, where each argument goes, how columns become values."""

    sql: str
    template: tuple[Any, ...]
    places: tuple[tuple[int, str], ...]
    compiler: Any
    converters: dict[int, Any]

    def run(self, arguments: Mapping[str, Any]) -> list[Any]:
        """The rows as tuples of Python values."""
        bound = list(self.template)
        for place, name in self.places:
            bound[place] = _stored(arguments[name])
        with connection.cursor() as cursor:
            cursor.execute(self.sql, bound)
            found: list[Any] = cursor.fetchall()
        return list(self.compiler.apply_converters(found, self.converters)) if self.converters else found


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a row becomes an object with its related objects and annotations."""

    model: type[Model]
    names: list[str]
    columns: slice
    related: list[Any]
    annotations: list[tuple[str, int]]

    def make(self, row: Any) -> Any:
        """The object."""
        made = self.model.from_db(connection.alias, self.names, row[self.columns])
        for populator in self.related:
            populator.populate(row, made)
        for name, place in self.annotations:
            setattr(made, name, row[place])
        return made


class PreparedValues:
    """A `values_list()` query with arguments, built once per database vendor.

    `build(**arguments)` returns the queryset; `samples` holds one value per argument, each unlike the others and
    unlike every constant of the query, by which its places in the SQL are found. Text and UUIDs can be arguments.
    Raises RuntimeError when a sample is not found among the query's parameters.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], samples: Mapping[str, Any]) -> None:
        self._build = build
        self._samples = dict(samples)
        self._plans: dict[str, _Plan] = {}
        self._lock = threading.Lock()

    def tuples(self, **arguments: Any) -> list[Any]:
        """The query's rows for these arguments."""
        return self._plan().run(arguments)

    def _plan(self) -> _Plan:
        known = self._plans.get(connection.vendor)
        if known is not None:
            return known
        with self._lock:
            compiler: Any = self._build(**self._samples).query.get_compiler(connection=connection)
            sql, params = compiler.as_sql()
            self._prepared(compiler)
            converters = compiler.get_converters([column[0] for column in compiler.select])
            plan = _Plan(sql, tuple(params), self._places(params), compiler, converters)
            self._plans[connection.vendor] = plan
            return plan

    def _places(self, params: Any) -> tuple[tuple[int, str], ...]:
        samples = {name: _stored(value) for name, value in self._samples.items()}
        found = [
            (n, name) for n, param in enumerate(params) for name, value in samples.items() if param == value
        ]
        missing = set(samples) - {name for _, name in found}
        if missing:
            raise RuntimeError(f"{', '.join(sorted(missing))} cannot be found in the query")
        return tuple(found)

    def _prepared(self, compiler: Any) -> None:
        """A hook for what else is worth keeping of the compiler."""


class Prepared(PreparedValues, Generic[Row]):
    """The same for a query whose rows are objects."""

    def __init__(self, build: Callable[..., QuerySet[Row]], samples: Mapping[str, Any]) -> None:
        super().__init__(build, samples)
        self._shapes: dict[str, _Shape] = {}

    def first(self, **arguments: Any) -> Row | None:
        """The first row as an object, with its related objects and annotations; or None."""
        found = self.tuples(**arguments)
        made: Row | None = self._shapes[connection.vendor].make(found[0]) if found else None
        return made

    def _prepared(self, compiler: Any) -> None:
        info = compiler.klass_info
        columns = slice(info["select_fields"][0], info["select_fields"][-1] + 1)
        self._shapes[connection.vendor] = _Shape(
            model=info["model"],
            names=[column[0].target.attname for column in compiler.select[columns]],
            columns=columns,
            related=_populators(info, compiler.select, connection.alias),
            annotations=list((compiler.annotation_col_map or {}).items()),
        )


def _stored(value: Any) -> Any:
    """The value as this database takes it for a column."""
    if isinstance(value, UUID) and connection.vendor != "postgresql":
        return value.hex
    return value
