"""One decision on several requests: each in a unit of its own, and what is refused is told request by request."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db import Error

from agents.models import Approval
from agents.services import decisions
from agents.services.approvals import get_approval
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.api.database_errors import from_database
from missioncontrol.kernel.errors import DomainError

Deciding = Callable[[Approval], Approval]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one request: the approval as it is now, or why the decision on it was refused."""

    ref: str
    approval: Approval | None = None
    refusal: DomainError | None = None


def decide_each(*, actor: Actor, refs: Iterable[str], approve: bool, reason: str = "") -> list[Outcome]:
    """Say yes or no to each request named by id, in their order; a refusal stops no other.

    Raises Forbidden (403) for an agent, as a whole.
    """
    decisions.ensure_decides(actor)

    def deciding(approval: Approval) -> Approval:
        service = decisions.approve if approve else decisions.deny
        return service(actor=actor, approval=approval, reason=reason)

    return [_outcome(actor, ref, deciding) for ref in dict.fromkeys(refs)]


def _outcome(actor: Actor, ref: str, deciding: Deciding) -> Outcome:
    try:
        return Outcome(ref, deciding(get_approval(actor, ref)))
    except DomainError as refusal:
        return Outcome(ref, refusal=refusal)
    except Error as error:
        refused = from_database(error)
        if refused is None:
            raise
        return Outcome(ref, refusal=refused)
