"""The reviews tab: what was said of the work, and what this person may say."""

from __future__ import annotations

from typing import Any

from tasks.models import ReviewKind, Task
from tasks.queries.reviews import ReviewShown, reviews_shown
from tasks.services.reviews import SEVERITIES
from tasks.workflow import CLOSED, Status

from .pages import Visit


def reviews_context(visit: Visit, task: Task) -> dict[str, Any]:
    """The reviews with the form; `own` when the work is this person's, who then does not review it."""
    shown, earlier = reviews_shown(task, visit.actor)
    return {
        "reviews": shown,
        "earlier": earlier,
        "own": task.assignments.filter(user_id=visit.actor.user_id or 0).exists(),
        "kinds": ReviewKind.choices,
        "severities": SEVERITIES,
        "scores": range(1, 11),
        "follows": follows(task),
        "replaces": replaced_by(shown),
    }


def follows(task: Task) -> str:
    """What a refute or a changeset would do to the task, said before it is sent."""
    if task.status in CLOSED:
        return f"{task.key} is {task.get_status_display().lower()}, and a review does not revive it. Reopen it first."
    if task.status != Status.REVIEW:
        return f"{task.key} is not in review: this is kept with it, and moves nothing."
    if task.assignments.exists():
        return f"This sends {task.key} back to In progress."
    return f"{task.key} stays in review, contested: nobody is assigned to take it up."


def replaced_by(shown: list[ReviewShown]) -> str:
    """Which of one's own pending reviews a new one of the same kind would replace."""
    pending = [each.row.get_kind_display().lower() for each in shown if each.mine and each.pending]
    return (
        f"Your pending {' and '.join(pending)} will be replaced by a new one of its kind." if pending else ""
    )
