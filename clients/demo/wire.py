"""Talking to the server: bearer key, idempotency keys, retries where the server says that a retry may help."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx2

TRIES = 6
LONGEST_PAUSE_S = 10.0
RETRIED = frozenset({429, 502, 503, 504})


class Stopped(Exception):
    """The program was asked to end; whoever waits or retries lets go."""


class Refusal(Exception):
    """The server understood and said no; `problem` is its problem document."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status, self.problem = status, problem
        super().__init__(str(problem.get("detail") or problem.get("title") or f"HTTP {status}"))

    @property
    def code(self) -> str:
        """The stable word for what went wrong."""
        return str(self.problem.get("code", ""))

    @property
    def advice(self) -> str:
        """What the server says to do next, as one sentence; empty when it says nothing."""
        return str(self.problem.get("next_action") or "")

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed a moment later."""
        return self.status in RETRIED or bool(self.problem.get("retryable"))


@dataclass
class Wire:
    """One caller's connection; every call ends early with `Stopped` once `stop` is set."""

    base_url: str
    key: str
    stop: threading.Event
    dice: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        headers = {"Authorization": f"Bearer {self.key}", "Accept": "application/json"}
        base_url = f"{self.base_url.rstrip('/')}/api/v1"
        self._http = httpx2.Client(base_url=base_url, headers=headers, timeout=httpx2.Timeout(30.0))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, path: str, **query: Any) -> Any:
        """The answer's body; raises Refusal."""
        return self._call("GET", path, query=query)

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The answer's body, None for 204; a retry carries the same idempotency key. Raises Refusal."""
        return self._call("POST", path, body=body or {})

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        """The answer's body; a retry carries the same idempotency key. Raises Refusal."""
        return self._call("PATCH", path, body=body)

    def pause(self, seconds: float) -> None:
        """Wait; raises Stopped as soon as the program is asked to end."""
        if self.stop.wait(max(seconds, 0.0)):
            raise Stopped

    def _call(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> Any:
        headers = {"Idempotency-Key": str(uuid.uuid4())} if method in {"POST", "PATCH"} else {}
        for attempt in range(1, TRIES + 1):
            if self.stop.is_set():
                raise Stopped
            try:
                answer = self._http.request(method, path, json=body, params=query, headers=headers)
            except httpx2.TransportError as error:
                if attempt == TRIES:
                    raise Refusal(0, {"detail": f"No connection to {self.base_url}: {error}"}) from error
                self.pause(self._back_off(attempt))
                continue
            if answer.status_code < 400:
                return answer.json() if answer.content else None
            refusal = _refusal(answer)
            if not refusal.retryable or attempt == TRIES:
                raise refusal
            self.pause(self._advised(answer, refusal) or self._back_off(attempt))
        raise AssertionError("the loop returns or raises")

    def _back_off(self, attempt: int) -> float:
        return min(0.2 * 2.0**attempt, LONGEST_PAUSE_S) * self.dice.uniform(0.5, 1.0)

    def _advised(self, answer: httpx2.Response, refusal: Refusal) -> float:
        told = answer.headers.get("Retry-After") or refusal.problem.get("retry_after_s") or 0
        try:
            return min(float(told), LONGEST_PAUSE_S)
        except ValueError:
            return 0.0


def _refusal(answer: httpx2.Response) -> Refusal:
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    return Refusal(answer.status_code, problem if isinstance(problem, dict) else {})
