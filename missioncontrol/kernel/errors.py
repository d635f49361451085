"""One family of errors that clients may see; `kernel.api.problems` turns it into RFC 9457 problem documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with, or missing from, one field. `field` is a dotted path into the request body."""

    field: str
    message: str

    def as_dict(self) -> dict[str, str]:
        """The shape used in problem documents."""
        return {"field": self.field, "message": self.message}


class DomainError(Exception):
    """A refusal a client may see.

    `code` is stable and one word, `status` the HTTP status, `message` one sentence for a person, `errors` what is
    wrong field by field, `extra` further members of the problem document (`allowed_transitions`, `retryable`,
    `retry_after_s`, `next_action`, ...).
    """

    code = "error"
    status = 400
    title = "Bad request"

    def __init__(
        self,
        message: str,
        *,
        errors: Sequence[FieldError] = (),
        extra: Mapping[str, Any] | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.errors = tuple(errors)
        self.extra = dict(extra or {})
        if code is not None:
            self.code = code


class Malformed(DomainError):
    """The request itself cannot be read: bad JSON, a bad cursor, a wrong type in a query parameter."""

    code, status, title = "malformed", 400, "Malformed request"


class Unauthenticated(DomainError):
    """No credential, or one that is unknown, expired or revoked."""

    code, status, title = "unauthenticated", 401, "Not signed in"


class Forbidden(DomainError):
    """The caller sees the object but may not do this to it."""

    code, status, title = "forbidden", 403, "Not yours to do"


class NotFound(DomainError):
    """There is no such object, or the caller may not know that there is."""

    code, status, title = "not_found", 404, "Not found"


class Conflict(DomainError):
    """A race was lost: a stale version or lease, a task somebody else holds."""

    code, status, title = "conflict", 409, "Conflict"


class TooLarge(DomainError):
    """The body is larger than the limit."""

    code, status, title = "too_large", 413, "Too large"


class Refused(DomainError):
    """Understood, but refused: a rule of the workflow, a gate, a validation."""

    code, status, title = "refused", 422, "Refused"


class Throttled(DomainError):
    """Too many requests; `extra["retry_after_s"]` says when to come back."""

    code, status, title = "throttled", 429, "Too many requests"


class Unavailable(DomainError):
    """Not now: the database or a service we need is busy. Nothing was changed; `extra["retry_after_s"]` says when."""

    code, status, title = "unavailable", 503, "Not available now"
