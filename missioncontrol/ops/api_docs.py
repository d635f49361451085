"""The API's description: the OpenAPI document, and a page to read it and try it on."""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator
from rest_framework.exceptions import MethodNotAllowed

from missioncontrol.kernel.api.problems import as_domain_error, problem_response
from missioncontrol.kernel.api.renderers import dumps

READING = ("GET", "HEAD")
_generating = Lock()


def openapi(request: HttpRequest) -> HttpResponse:
    """The OpenAPI 3.1 document, generated from the code and open to everybody."""
    if request.method not in READING:
        return _refusal(request, MethodNotAllowed(str(request.method)))
    return HttpResponse(_document(), content_type="application/json")


def reader(request: HttpRequest) -> HttpResponse:
    """The page. A refusal is a problem document, as everywhere in the API."""
    if request.method not in READING:
        return _refusal(request, MethodNotAllowed(str(request.method)))
    return render(request, "api_docs.html")


def _refusal(request: Any, exc: Exception) -> HttpResponse:
    error = as_domain_error(exc)
    if error is None:
        raise exc
    response = problem_response(error, request)
    if error.status == 405:
        response["Allow"] = ", ".join(READING)
    return response


def _document() -> bytes:
    with _generating:
        return _generated()


@cache
def _generated() -> bytes:
    # It takes a second or more, is the same until the code changes, and the generator works for one thread only.
    return dumps(SchemaGenerator().get_schema(request=None, public=True))  # type: ignore[no-untyped-call]
