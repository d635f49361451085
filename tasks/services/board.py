"""The board's own moves: a card to another column, or to another place in its column."""

from __future__ import annotations

from dataclasses import replace

from django.db.models import Max, Min

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import FieldError, Forbidden
from missioncontrol.kernel.transactions import unit
from tasks.errors import TransitionRefused
from tasks.events import record_task
from tasks.models import Task, TaskCounter
from tasks.services.locking import lock_task
from tasks.services.steps import top_position
from tasks.services.transition import Step, refusals_logged, take_locked
from tasks.services.undoable import note

GAP = 1 << 20


def move(
    *,
    actor: Actor,
    task: Task,
    step: Step | None = None,
    before: Task | None = None,
    after: Task | None = None,
) -> Task:
    """Put a card into the column `step.to` (its own when None), below `after` or above `before`.

    Neighbours that have left the column meanwhile are passed over, so that two people ordering at once both land;
    without any the card goes on top. Positions are big integers with gaps; when a gap closes, the column is
    renumbered under the project's lock. Raises what `transition` raises, and `TransitionRefused` (`wip_limit`) above
    a column's limit.
    """
    if actor.is_agent and (before or after):
        raise Forbidden("The order of the board belongs to people.")
    if step is not None and step.to != task.status:
        with refusals_logged(actor, task, step):
            return _to_column(actor, task, step, before, after)
    with unit():
        task = lock_task(task.pk)
        if before is None and after is None:
            return task
        return _reorder(actor, task, before, after)


def _to_column(actor: Actor, task: Task, step: Step, before: Task | None, after: Task | None) -> Task:
    with unit():
        task = lock_task(task.pk)
        if task.status != step.to:
            _check_limit(task, step)
        position = _position(task, step.to, before, after)
        placed = replace(step, position=position)
        return take_locked(actor=actor, task=task, step=placed, now=database_now())


def _reorder(actor: Actor, task: Task, before: Task | None, after: Task | None) -> Task:
    old, new = task.position, _position(task, task.status, before, after)
    if new == old:
        return task
    note(task)
    Task.objects.filter(pk=task.pk).update(position=new)
    task.position = new
    record_task(
        task, type="task.moved", actor=actor, data={"before": {"position": old}, "after": {"position": new}}
    )
    return task


def _check_limit(task: Task, step: Step) -> None:
    limit = task.project.wip_limits.get(step.to)
    if not limit or step.override:
        return
    count = Task.objects.filter(project_id=task.project_id, status=step.to).count()
    if count >= limit:
        message = f"{step.to} holds {count} of {limit} tasks already."
        raise TransitionRefused(message, code="wip_limit", errors=[FieldError("to", message)])


def _position(task: Task, column: str, before: Task | None, after: Task | None) -> int:
    for _ in range(2):
        low, high = _neighbours(task, column, before, after)
        if low is None and high is None:
            return top_position()
        if low is None:
            assert high is not None
            return min(high - GAP, top_position())
        if high is None:
            return low + GAP
        if high - low > 1:
            return (low + high) // 2
        _renumber(task, column)
    raise AssertionError("a renumbered column has gaps")


def _neighbours(
    task: Task, column: str, before: Task | None, after: Task | None
) -> tuple[int | None, int | None]:
    """The positions the card goes between: of the card above and of the card below."""
    cards = Task.objects.filter(project_id=task.project_id, status=column).exclude(pk=task.pk)
    above = cards.filter(pk=after.pk).values_list("position", flat=True).first() if after else None
    if above is not None:
        return above, cards.filter(position__gt=above).aggregate(edge=Min("position"))["edge"]
    below = cards.filter(pk=before.pk).values_list("position", flat=True).first() if before else None
    if below is not None:
        return cards.filter(position__lt=below).aggregate(edge=Max("position"))["edge"], below
    return None, None


def _renumber(task: Task, column: str) -> None:
    TaskCounter.objects.select_for_update().get(project_id=task.project_id)
    rows = list(
        Task.objects.filter(project_id=task.project_id, status=column).order_by("position", "id").only("pk")
    )
    start = top_position()
    for place, row in enumerate(rows):
        row.position = start + place * GAP
    Task.objects.bulk_update(rows, ["position"], batch_size=500)
