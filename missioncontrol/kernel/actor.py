"""Who did a thing: the value every service takes, derived from the credential and never from a request body."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Self
from uuid import UUID

ActorKind = Literal["human", "agent", "service", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, an agent, a service or Mission Control itself.

    `id` is the primary key of the row behind the credential as text (the job's name for the system), `name` the
    user name, slug or token name shown to people. Agents and services live in exactly one project; a person's
    rights come from memberships, so `project_id` is None for people. `flags` are an agent's (`can_close`, ...),
    `scopes` a service token's (`read`, `write`, `operate`, `admin`). `state` is an agent's operator-set state and
    `mode` the strictest of the global and the project's mode, both read when the credential was checked.
    """

    kind: ActorKind
    id: str
    name: str
    project_id: UUID | None = None
    flags: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    is_staff: bool = False
    state: str = "active"
    mode: str = "normal"
    idempotency_key: str = ""
    request_id: str = ""
    source: str = "api"

    @classmethod
    def system(cls, name: str) -> Self:
        """Mission Control itself, acting through the job or rule called `name`."""
        return cls(kind="system", id=name, name=name, source="system")

    @property
    def is_agent(self) -> bool:
        """Whether an agent acts, which binds it to leases, flags and modes."""
        return self.kind == "agent"

    @property
    def user_id(self) -> int | None:
        """The person's primary key, or None for anyone else."""
        return int(self.id) if self.kind == "human" else None

    @property
    def agent_id(self) -> UUID | None:
        """The agent's primary key, or None for anyone else."""
        return UUID(self.id) if self.kind == "agent" else None

    def must_be_agent(self) -> UUID:
        """The agent's primary key; raises RuntimeError for anyone else, whom the caller should have turned away."""
        if self.agent_id is None:
            raise RuntimeError(f"{self.name} is no agent")
        return self.agent_id

    def within(self, *, idempotency_key: str = "", request_id: str = "", source: str = "") -> Self:
        """The same actor, bound to one request for tracing."""
        return replace(
            self,
            idempotency_key=idempotency_key or self.idempotency_key,
            request_id=request_id or self.request_id,
            source=source or self.source,
        )
