"""How programs sign in: `Authorization: Bearer <key>` with an agent key or a service token."""

from __future__ import annotations

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from agents.services.credentials import MachineCredential, check_header


class BearerAuthentication(BaseAuthentication):
    """Agent keys and service tokens. A request that shows one is judged by it alone.

    A bad header is refused, never passed over: no session beside it lends another identity.
    """

    def authenticate(self, request: Request) -> tuple[None, MachineCredential] | None:
        """The credential shown, or None where there is no header; raises Unauthenticated (401)."""
        header = request.META.get("HTTP_AUTHORIZATION")
        if header is None:
            return None
        return None, check_header(header)

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return "Bearer"
