"""Credentials: what the API learns about a caller before anything else happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from missioncontrol.kernel.actor import Actor

if TYPE_CHECKING:  # rest_framework.views reads the settings, which name the classes here
    from rest_framework.views import APIView

CredentialKind = Literal["session", "agent_key", "service_token"]


@dataclass(frozen=True, slots=True)
class Credential:
    """A checked credential: who acts by it and what sort it is. Every authenticator answers one as
    `request.auth`.
    """

    actor: Actor
    kind: CredentialKind


class HasCredential(BasePermission):
    """Lets through whoever showed a valid credential; what they may do, the services decide."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether `request` carries a checked credential."""
        return isinstance(request.auth, Credential)


class SessionAuthentication(BaseAuthentication):
    """People in a browser: the Django session, with the CSRF token on every unsafe method."""

    def authenticate(self, request: Request) -> tuple[Any, Credential] | None:
        """The signed-in, active person, or None; raises PermissionDenied (403): `csrf_failed`, or `other_person`
        when the page was drawn for somebody else.
        """
        user: Any = getattr(request._request, "user", None)
        if user is None or not user.is_active:
            return None
        _enforce_csrf(request._request)
        _enforce_same_person(request._request, user)
        return user, Credential(actor=person(user), kind="session")


def _enforce_same_person(request: HttpRequest, user: Any) -> None:
    """A page says for whom it was drawn: what one person typed is never sent as another who signed in since."""
    drawn_for = request.headers.get("X-Drawn-For", "")
    if drawn_for and drawn_for != str(user.pk):
        raise PermissionDenied(
            f"This browser is signed in as {user.get_username()} by now. Load the page again.",
            code="other_person",
        )


def person(user: Any) -> Actor:
    """The actor a signed-in user acts as, for pages and the API alike."""
    return Actor(kind="human", id=str(user.pk), name=user.get_username(), is_staff=user.is_staff)


def _unmarked(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()


class _CsrfCheck(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        return HttpResponse(reason, status=403)


def _enforce_csrf(request: HttpRequest) -> None:
    check = _CsrfCheck(_unmarked)
    # DRF views are exempt in the middleware; the mark must not exempt them here too.
    check.process_request(request)
    refusal = check.process_view(request, _unmarked, (), {})
    if refusal is not None:
        raise PermissionDenied(f"CSRF check failed: {refusal.content.decode()}", code="csrf_failed")
