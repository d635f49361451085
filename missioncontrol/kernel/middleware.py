"""What every request gets, whatever answers it."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase

_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestIdMiddleware:
    """Gives the request an id, on the answer (also a refusal) as `X-Request-ID` and on every line logged
    meanwhile.

    A client's own id is taken when it is 1-64 letters, digits, dots, underscores and hyphens.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answers `request` under its id."""
        request_id = _given_or_new(request)
        request.META["mc.request_id"] = request_id
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response.headers["X-Request-ID"] = request_id
        return response


def request_id_of(request: HttpRequest) -> str:
    """The id the middleware gave `request`, or an empty string when it did not pass through it."""
    return str(request.META.get("mc.request_id", ""))


def _given_or_new(request: HttpRequest) -> str:
    given = request.headers.get("X-Request-ID", "")
    return given if _SANE.fullmatch(given) else uuid4().hex
