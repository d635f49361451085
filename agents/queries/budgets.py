"""What an agent may still spend, in US dollars."""

from __future__ import annotations

from decimal import Decimal

from agents.models import Agent

DEFAULTS = {
    "intern": (Decimal("2"), Decimal("0.25")),
    "specialist": (Decimal("5"), Decimal("0.75")),
    "lead": (Decimal("12"), Decimal("1.50")),
}
"""Per day and per run, by level, where the agent has no budget of its own."""


def budgets_of(agent: Agent) -> tuple[Decimal, Decimal]:
    """What it may spend per day and per run: its own budgets, or those of its level."""
    per_day, per_run = DEFAULTS[agent.level]
    day = agent.budget_per_day if agent.budget_per_day is not None else per_day
    run = agent.budget_per_run if agent.budget_per_run is not None else per_run
    return day, run


def budget_left(agent: Agent) -> dict[str, str]:
    """What is left per day and per run; money travels as text."""
    day, run = budgets_of(agent)
    return {"per_day": f"{day:.2f}", "per_run": f"{run:.2f}", "currency": "USD"}
