"""The view every API endpoint is: it parses, calls one service, answers. What all share happens here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from missioncontrol.kernel import text, throttle
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.api.authentication import Credential, HasCredential
from missioncontrol.kernel.api.idempotency import Answering, NoKey, fingerprint, key_of, may_be_kept
from missioncontrol.kernel.api.problems import FAILURES, REFUSALS
from missioncontrol.kernel.api.query import check_query_string, read_query
from missioncontrol.kernel.api.reading import read
from missioncontrol.kernel.api.serializers import FilterSerializer
from missioncontrol.kernel.api.versions import etag_for, expected_version
from missioncontrol.kernel.errors import NotFound, Throttled, Unauthenticated
from missioncontrol.kernel.middleware import request_id_of

__all__ = ["ApiView", "etag_for", "expected_version"]

Handler = Callable[..., HttpResponse]
KEYED_METHODS = {"POST", "PATCH"}


class ApiView(APIView):
    """A JSON endpoint.

    `idempotency` says how an `Idempotency-Key` on POST and PATCH is honoured: "auto" runs the handler and
    keeps its answer in one transaction; "manual" holds no transaction (a handler that waits) and leaves it to
    the handler to call `request.idempotency.store(response)` inside its own `unit()`; "off" ignores the key.
    `answers_secret` marks a view whose answers hold a secret, which is then kept sealed. `permission_classes
    = []` makes a view public.
    """

    permission_classes = [HasCredential]
    idempotency: ClassVar[Literal["auto", "manual", "off"]] = "auto"
    answers_secret: ClassVar[bool] = False

    @property
    def credential(self) -> Credential | None:
        """What the caller showed, or None on a public view."""
        auth = self.request.auth
        return auth if isinstance(auth, Credential) else None

    @property
    def actor(self) -> Actor:
        """Who acts, bound to this request; raises Unauthenticated where nobody is."""
        if self.credential is None:
            raise Unauthenticated("Sign in, or send a key.")
        request_id = request_id_of(self.request._request)
        return self.credential.actor.within(idempotency_key=self._key(), request_id=request_id)

    def read_body(self, serializer: type[Serializer[Any]], *, partial: bool = False) -> dict[str, Any]:
        """The validated body; raises ValidationError (422) with everything that is wrong, unknown fields
        included.
        """
        return read(serializer, self.request.data, partial=partial)

    def query(self, filters: type[FilterSerializer]) -> dict[str, Any]:
        """The typed query parameters; raises Malformed (400) naming what is unknown or has a bad value."""
        return read_query(self.request, filters)

    def respond(self, data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        """An answer in JSON."""
        return Response(data, status=status, headers=dict(headers or {}))

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Answers `request`; expected errors become problem documents, anything else is a 500 further out."""
        self.args, self.kwargs = args, kwargs
        self.request: Request = self.initialize_request(request, *args, **kwargs)
        self.headers = self.default_response_headers
        try:
            self.initial(self.request, *args, **kwargs)
            return self._answer()
        except (*REFUSALS, *FAILURES) as error:
            return self._finish(self.handle_exception(error))

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Everything before the handler: who asks, how often, and whether the address is text at all."""
        super().initial(request, *args, **kwargs)
        if not all(text.is_clean(value) for value in kwargs.values() if isinstance(value, str)):
            raise NotFound("There is nothing at this address.")
        check_query_string(request.META.get("QUERY_STRING", ""))

    def check_throttles(self, request: Request) -> None:
        """Raises Throttled past `MC_KEY_RATE` requests a minute by one caller."""
        if self.credential is None:
            return
        actor = self.credential.actor
        wait = throttle.hit("key", f"{actor.kind}:{actor.id}", limit=settings.MC_KEY_RATE, window_s=60)
        if wait is not None:
            raise Throttled("Too many requests.", extra={"retryable": True, "retry_after_s": wait})

    def _answer(self) -> HttpResponse:
        handler = self._handler()
        answering = self._answering()
        if answering is None:
            vars(self.request)["idempotency"] = NoKey()
            return self._finish(handler(self.request, *self.args, **self.kwargs))
        replay = answering.begin()
        if replay is not None:
            return self._finish(replay)
        if self.idempotency == "manual":
            return self._answer_manually(answering, handler)
        return answering.run(lambda: self._attempt(handler))

    def _handler(self) -> Handler:
        """What answers this method; a method HTTP does not have here must not reach an attribute of that name."""
        method = str(self.request.method).lower()
        known = method in self.http_method_names
        return getattr(self, method, self.http_method_not_allowed) if known else self.http_method_not_allowed

    def _answer_manually(self, answering: Answering, handler: Handler) -> HttpResponse:
        vars(self.request)["idempotency"] = answering
        finished = False
        try:
            response = self._attempt(handler)
            if may_be_kept(response):
                # A refusal raised after store() has undone the transaction that held the answer.
                if not answering.stored or getattr(response, "exception", False):
                    answering.store(response)
                finished = True
        finally:
            if not finished:
                answering.forget()
        return response

    def _attempt(self, handler: Handler) -> HttpResponse:
        """The handler's answer or refusal; the database's errors pass through and undo the transaction."""
        try:
            return self._finish(handler(self.request, *self.args, **self.kwargs))
        except REFUSALS as error:
            return self._finish(self.handle_exception(error))

    def _answering(self) -> Answering | None:
        if self.request.method not in KEYED_METHODS or self.idempotency == "off" or self.credential is None:
            return None
        if not (key := self._key()):
            return None
        return Answering(
            actor=self.credential.actor,
            method=self.request.method,
            path=self.request.path,
            key=key,
            body_hash=fingerprint(self.request),
            secret=self.answers_secret,
            render=self._finish,
        )

    def _key(self) -> str:
        return key_of(self.request) if self.request.method in KEYED_METHODS else ""

    def _finish(self, response: HttpResponse) -> HttpResponse:
        """The answer with its headers and its body written out; doing it twice changes nothing."""
        self.response = self.finalize_response(
            self.request, cast("Response", response), *self.args, **self.kwargs
        )
        if isinstance(response, Response) and not response.is_rendered:
            response.render()
        return response
