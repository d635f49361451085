"""Whether an agent is told: one pure function over what is known about the notification and the task now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

AT_REST = frozenset({"done", "blocked", "failed", "canceled"})
"""Statuses in which agents' messages reach no other agent."""


@dataclass(frozen=True, slots=True)
class Context:
    """What the decision is made of.

    `status` is the task's status now ("" without a task). `answers_agent` says that the message answers a message
    by an agent. The other flags are about the recipient, who is an agent.
    """

    type: str
    status: str = ""
    by_agent: bool = False
    answers_agent: bool = False
    state: str = "active"
    is_removed: bool = False
    is_assigned: bool = False
    is_mentioned: bool = False
    is_reviewer: bool = False
    can_review: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table: where it applies, what it decides, and the reason that is stored and shown."""

    applies: Callable[[Context], bool]
    deliver: bool
    reason: str


def _chatter(context: Context) -> bool:
    return context.type == "thread_update" and context.by_agent


RULES: tuple[Rule, ...] = (
    Rule(lambda c: c.is_removed, False, "the agent was removed from the project"),
    Rule(lambda c: c.state == "quarantined", False, "the agent is quarantined"),
    Rule(
        lambda c: _chatter(c) and c.status in AT_REST,
        False,
        "an agent's message on a task that is {status} reaches no other agent",
    ),
    Rule(
        lambda c: _chatter(c) and c.answers_agent and not c.is_assigned,
        False,
        "an agent's answer to an agent reaches only assignees",
    ),
    Rule(
        lambda c: _chatter(c) and c.status == "review" and (c.can_review or c.is_reviewer),
        True,
        "the task is in review and the agent reviews",
    ),
    Rule(
        lambda c: _chatter(c) and not c.is_assigned and not c.is_mentioned,
        False,
        "an agent's message reaches only assignees and those it mentions",
    ),
    Rule(
        lambda c: c.type == "status_change" and c.status in {"done", "blocked"},
        False,
        "agents are not told that a task is {status}",
    ),
    Rule(lambda c: True, True, "{type} is delivered"),
)


def should_deliver(context: Context) -> tuple[bool, str]:
    """Whether the agent gets the notification, and why; the first rule that applies decides."""
    rule = next(rule for rule in RULES if rule.applies(context))
    return rule.deliver, rule.reason.format(status=context.status, type=context.type)
