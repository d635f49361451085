"""The one place that turns errors into problem documents (RFC 9457), inside DRF and outside of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.utils.html import format_html
from rest_framework import exceptions
from rest_framework.response import Response

from missioncontrol.kernel.api.database_errors import from_database
from missioncontrol.kernel.api.renderers import dumps
from missioncontrol.kernel.errors import DomainError, FieldError, Forbidden, Malformed, NotFound, TooLarge

PROBLEM_TYPE = "application/problem+json"
API_PATHS = ("/api/", "/agent/", "/mcp")
_PLAIN_PAGE = '<!doctype html><html lang="en"><title>{title}</title><h1>{title}</h1><p>{detail}</p></html>'

# Raised on purpose: what the request did before may stay. Raised by the database: the transaction is lost.
REFUSALS = (DomainError, exceptions.APIException, Http404, PermissionDenied, SuspiciousOperation)
FAILURES = (DatabaseError, OverflowError)

_CODES: dict[type[exceptions.APIException], tuple[str, str]] = {
    exceptions.ParseError: ("malformed", "Malformed request"),
    exceptions.AuthenticationFailed: ("unauthenticated", "Not signed in"),
    exceptions.NotAuthenticated: ("unauthenticated", "Not signed in"),
    exceptions.PermissionDenied: ("forbidden", "Not yours to do"),
    exceptions.NotFound: ("not_found", "Not found"),
    exceptions.MethodNotAllowed: ("method_not_allowed", "Method not allowed"),
    exceptions.NotAcceptable: ("not_acceptable", "Not acceptable"),
    exceptions.UnsupportedMediaType: ("unsupported_media_type", "Unsupported media type"),
    exceptions.Throttled: ("throttled", "Too many requests"),
}


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's hook: the problem document for `exc`, or None for an error nobody foresaw (a 500)."""
    error = as_domain_error(exc)
    if error is None:
        return None
    return Response(
        document(error), status=error.status, headers=headers_for(error), content_type=PROBLEM_TYPE
    )


def problem_response(error: DomainError, request: HttpRequest | None = None) -> HttpResponse:
    """The same answer outside DRF (middleware, plain views, error handlers); `instance` is the request's
    path.
    """
    body = document(error)
    if request is not None:
        body["instance"] = request.path
    return HttpResponse(
        dumps(body), status=error.status, headers=headers_for(error), content_type=PROBLEM_TYPE
    )


def document(error: DomainError) -> dict[str, Any]:
    """The members of the problem document; `error.extra` may add members but never replace the fixed ones."""
    return {
        **error.extra,
        "type": f"urn:missioncontrol:problem:{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.message,
        "code": error.code,
        "errors": [field.as_dict() for field in error.errors],
    }


def headers_for(error: DomainError) -> dict[str, str]:
    """The headers a status obliges to: how to sign in (401), when to come back (429, 503, a running 409)."""
    headers = {"Cache-Control": "no-store"}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if "retry_after_s" in error.extra:
        headers["Retry-After"] = str(max(1, int(error.extra["retry_after_s"])))
    return headers


def as_domain_error(exc: BaseException) -> DomainError | None:
    """The domain error that says to a client what `exc` means, or None when it is a mistake of ours."""
    if isinstance(exc, DomainError):
        return exc
    if isinstance(exc, exceptions.APIException):
        return _from_drf(exc)
    if isinstance(exc, Http404):
        return NotFound("There is nothing here, or nothing you may see.")
    if isinstance(exc, PermissionDenied):
        return Forbidden(str(exc) or "You may not do this.")
    if isinstance(exc, RequestDataTooBig):
        return TooLarge(f"The body is larger than {settings.MC_MAX_BODY} bytes.")
    if isinstance(exc, SuspiciousOperation):
        return Malformed("The request is malformed.")
    return from_database(exc)


def _from_drf(exc: exceptions.APIException) -> DomainError:
    if isinstance(exc, exceptions.ValidationError):
        return validation_error(exc)
    code, title = _CODES.get(type(exc), ("error", "Error"))
    own = getattr(exc.detail, "code", None)
    if own and own != exc.default_code:
        code = str(own)
    error = DomainError(str(exc.detail), code=code)
    error.status, error.title = exc.status_code, title
    if isinstance(exc, (exceptions.AuthenticationFailed, exceptions.NotAuthenticated)):
        error.status = 401  # DRF answers 403 when the first authenticator names no header
    if wait := getattr(exc, "wait", None):
        error.extra = {"retryable": True, "retry_after_s": int(wait) + 1}
    return error


def validation_error(exc: exceptions.ValidationError) -> DomainError:
    """Everything that is wrong with a body, each with the dotted path of its field (422)."""
    errors = tuple(_flatten(exc.detail, ""))
    named = ", ".join(dict.fromkeys(error.field for error in errors))
    error = DomainError(f"The request is not valid: {named}.", errors=errors, code="invalid")
    error.status, error.title = 422, "Not valid"
    return error


def _flatten(detail: Any, path: str) -> Iterator[FieldError]:
    if isinstance(detail, Mapping):
        for key, member in detail.items():
            yield from _flatten(member, path if key == "non_field_errors" else _join(path, key))
    elif isinstance(detail, (list, tuple)):
        for index, member in enumerate(detail):
            nested = isinstance(member, (Mapping, list, tuple))
            yield from _flatten(member, _join(path, index) if nested else path)
    else:
        yield FieldError(path or "body", str(detail))


def _join(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)


def is_api_path(path: str) -> bool:
    """Whether whoever asks for `path` is a program that expects problem documents."""
    return path.startswith(API_PATHS)


def handler400(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """URL routing's answer to a malformed request."""
    return _answer(request, Malformed("The request is malformed."))


def handler403(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """URL routing's answer to a refused one."""
    return _answer(request, Forbidden("You may not do this."))


def handler404(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """URL routing's answer to an address nobody serves."""
    return _answer(request, NotFound("There is nothing at this address."))


def handler500(request: HttpRequest) -> HttpResponse:
    """URL routing's answer to a mistake of ours; it says nothing about the cause."""
    error = DomainError("Something went wrong here. It has been logged.", code="internal_error")
    error.status, error.title = 500, "Internal error"
    return _answer(request, error)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The answer to a form without its token (`CSRF_FAILURE_VIEW`)."""
    return _answer(
        request, Forbidden(f"{reason} Load the page again and repeat.".strip(), code="csrf_failed")
    )


def _answer(request: HttpRequest, error: DomainError) -> HttpResponse:
    if is_api_path(request.path):
        return problem_response(error, request)
    # A page about our own mistake must not depend on the session or the database: it gets no request.
    given = request if error.status < 500 else None
    try:
        page = render_to_string(f"errors/{error.status}.html", {"problem": document(error)}, given)
    except TemplateDoesNotExist:
        page = format_html(_PLAIN_PAGE, title=error.title, detail=error.message)
    return HttpResponse(page, status=error.status)
