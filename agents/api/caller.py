"""What endpoints for agents alone know of their caller."""

from __future__ import annotations

from datetime import datetime

from agents.models import Agent
from agents.services.credentials import MachineCredential
from missioncontrol.kernel.api.authentication import Credential
from missioncontrol.kernel.errors import Forbidden


def agent_of(credential: Credential | None) -> tuple[Agent, datetime]:
    """The agent that calls, with its project, and the database's time; no query, its key brought both.

    Raises Forbidden (403) for people and services.
    """
    if isinstance(credential, MachineCredential) and credential.agent is not None:
        return credential.agent, credential.checked_at
    raise Forbidden(
        "Only agents may do this.",
        code="agents_only",
        extra={"next_action": "Call it with an agent key."},
    )
