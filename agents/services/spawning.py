"""Agents that register agents: a child never has more trust, reach or money than its parent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.models import FLAGS, Agent, Level
from missioncontrol.kernel.errors import FieldError, Forbidden, Refused

BUDGETS = ("budget_per_day", "budget_per_run")
JUDGING = frozenset({"can_review", "can_close"})
"""Flags that people alone give: an agent does not make its own judge."""

ALLOW_LISTS = ("task_types", "tools")
"""Lists where nothing means everything."""


def child_fields(parent: Agent, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a child: what its parent wants for it, and modest defaults.

    `parent` must be locked. Raises Forbidden when it has its fill of children, Refused naming every field that
    would exceed its own.
    """
    if parent.children.filter(removed_at__isnull=True).count() >= parent.max_spawn:
        raise Forbidden("You may not register more agents.", code="spawn_limit")
    fields = {**_defaults(parent), **wanted}
    excess = [
        FieldError(name, "A child may not have more than its parent.") for name in _excess(parent, fields)
    ]
    if excess:
        raise Refused("A child may not have more than its parent.", code="above_parent", errors=excess)
    return fields


def _defaults(parent: Agent) -> dict[str, Any]:
    own = {name: getattr(parent, name) for name in (*BUDGETS, *ALLOW_LISTS, "operator")}
    modest = dict.fromkeys(FLAGS, False) | {"can_mention": parent.can_mention}
    return {**own, **modest, "level": Level.INTERN.value, "max_spawn": 0}


def _excess(parent: Agent, fields: Mapping[str, Any]) -> list[str]:
    trust = list(Level.values)
    above = [flag for flag in FLAGS if fields[flag] and (flag in JUDGING or not getattr(parent, flag))]
    above += ["level"] if trust.index(fields["level"]) > trust.index(parent.level) else []
    above += ["max_spawn"] if fields["max_spawn"] >= parent.max_spawn else []
    above += [name for name in ALLOW_LISTS if _wider(getattr(parent, name), fields[name])]
    above += [name for name in BUDGETS if _dearer(getattr(parent, name), fields[name])]
    return above


def _wider(own: list[str], wanted: list[str]) -> bool:
    return bool(own) and (not wanted or not set(wanted) <= set(own))


def _dearer(own: Any, wanted: Any) -> bool:
    return own is not None and (wanted is None or wanted > own)
