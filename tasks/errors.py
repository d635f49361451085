"""The refusals of the board that clients may see, each with its stable code."""

from __future__ import annotations

from missioncontrol.kernel.errors import Conflict, Forbidden, Malformed, Refused


class TransitionRefused(Refused):
    """The workflow refuses the step; `errors` names every requirement that is missing."""

    code, title = "transition_refused", "The workflow refuses this step"


class NotYourTask(Forbidden):
    """An agent acts on a task it is neither assigned to nor reviews."""

    code, title = "not_assigned", "Not your task"


class FlagMissing(Forbidden):
    """An agent needs a flag it does not have."""

    code, title = "flag_missing", "Not allowed for this agent"


class AgentHalted(Forbidden):
    """A mode or the agent's own state forbids what it asked for."""

    code, title = "halted", "Halted"


class StaleLease(Conflict):
    """The lease token is not the live one: somebody else may hold the task by now. Nothing was written."""

    code, title = "stale_lease", "Stale lease"


class AtCapacity(Conflict):
    """The agent holds as many tasks as it may."""

    code, title = "at_capacity", "At capacity"


class LeaseHeld(Conflict):
    """Another agent holds the live lease."""

    code, title = "lease_held", "Somebody else holds this task"


class VersionConflict(Conflict):
    """The row changed since the caller read it; `errors` names the fields that changed."""

    code, title = "version_conflict", "Changed meanwhile"


class StandsStill(Conflict):
    """A person can still undo a change to the task: agents come back in a few seconds. Nothing was written."""

    code, title = "stands_still", "Stands still for a moment"


class UndoRefused(Conflict):
    """The change cannot be undone any more: it is too late, undone already, or the task was changed since."""

    code, title = "undo_refused", "Cannot be undone"


class CycleRefused(Refused):
    """A dependency or a parent would make a circle."""

    code, title = "cycle", "That would be a circle"


class FilterRefused(Malformed):
    """A filter that cannot be read; `position` counts characters from 0, `expected` says what fits there."""

    code, title = "bad_filter", "Unreadable filter"
