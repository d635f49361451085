"""What a mode lets agents do. Pure: the strictest of the global mode, the project's and the agent's own state wins."""

from __future__ import annotations

from enum import StrEnum

from missioncontrol.kernel.actor import Actor
from tasks.errors import AgentHalted

STRICTNESS = ("normal", "draining", "paused", "quarantined")
STATE_AS_MODE = {"active": "normal", "drained": "draining", "paused": "paused", "quarantined": "quarantined"}


class Act(StrEnum):
    """What an agent is about to do, as far as modes care."""

    READ = "read"
    BEAT = "beat"
    MESSAGE = "message"
    WRITE = "write"
    START = "start"


ALLOWED: dict[str, frozenset[Act]] = {
    "normal": frozenset(Act),
    "draining": frozenset({Act.READ, Act.BEAT, Act.MESSAGE, Act.WRITE}),
    "paused": frozenset({Act.READ, Act.BEAT, Act.MESSAGE}),
    "quarantined": frozenset({Act.READ, Act.BEAT}),
}

ADVICE = {
    "draining": "Finish what you hold; start nothing new.",
    "paused": "Stop working, keep beating, and wait until an operator resumes.",
    "quarantined": "Stop; only an operator can lift the quarantine.",
}


def strictest(*modes: str) -> str:
    """The strictest of several modes; unknown ones count as normal."""
    return max(modes, key=lambda mode: STRICTNESS.index(mode) if mode in STRICTNESS else 0, default="normal")


def effective(actor: Actor) -> str:
    """The mode that binds this actor: people, services and the system are never bound."""
    if not actor.is_agent:
        return "normal"
    return strictest(actor.mode, STATE_AS_MODE.get(actor.state, "normal"))


def ensure(actor: Actor, act: Act) -> None:
    """Let the actor through, or raise `AgentHalted` (403) saying what halts it and what to do."""
    mode = effective(actor)
    if act in ALLOWED[mode]:
        return
    whose = "You are" if STATE_AS_MODE.get(actor.state) == mode else "The project is"
    shown = actor.state if whose == "You are" else mode
    raise AgentHalted(
        f"{whose} {shown}: {act} is not allowed now.",
        code=mode,
        extra={"next_action": ADVICE[mode], "retryable": mode != "quarantined"},
    )
