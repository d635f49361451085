"""Query strings: UTF-8 without control characters, known parameters only, typed values."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_to_bytes

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from missioncontrol.kernel import text
from missioncontrol.kernel.api.problems import validation_error
from missioncontrol.kernel.api.reading import read, reader
from missioncontrol.kernel.api.serializers import FilterSerializer
from missioncontrol.kernel.errors import FieldError, Malformed

PAGE_PARAMETERS = frozenset({"limit", "cursor", "ordering"})


def check_query_string(raw: str) -> None:
    """Raises Malformed when `raw` spells anything but clean UTF-8 text; Django itself would replace and go
    on.
    """
    try:
        decoded = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed("The query string is not valid UTF-8.") from error
    if not text.is_clean(decoded):
        raise Malformed("The query string holds control characters.")


def read_query(request: Request, filters: type[FilterSerializer]) -> dict[str, Any]:
    """The typed parameters; a blank one counts as absent. Raises Malformed (400) naming unknown and bad ones."""
    known = _known(request.query_params, filters, reader(filters, False, True).fields)
    try:
        return read(filters, known, from_query=True)
    except ValidationError as error:
        refused = validation_error(error)
        raise Malformed(refused.message, errors=refused.errors, code="bad_query") from error


def _known(params: QueryDict, filters: type[FilterSerializer], fields: Any) -> dict[str, Any]:
    allowed = set(fields) | (PAGE_PARAMETERS if filters.paged else set())
    unknown = [name[:100] for name in params if name not in allowed]
    errors = [FieldError(name, "There is no such parameter here.") for name in unknown]
    errors += [FieldError(name, "Give it once.") for name in params if _is_repeated(params, name, fields)]
    if errors:
        named = ", ".join(error.field for error in errors)
        raise Malformed(f"The query is not valid: {named}.", errors=errors, code="bad_query")
    given = [name for name in params if name in fields and params[name] != ""]
    return {name: _value(params, name, fields[name]) for name in given}


def _is_list(field: Any) -> bool:
    return isinstance(field, (serializers.ListField, serializers.MultipleChoiceField))


def _is_repeated(params: QueryDict, name: str, fields: Any) -> bool:
    return len(params.getlist(name)) > 1 and not _is_list(fields.get(name))


def _value(params: QueryDict, name: str, field: Any) -> Any:
    if not _is_list(field):
        return params[name]
    return [part for given in params.getlist(name) for part in given.split(",") if part]
