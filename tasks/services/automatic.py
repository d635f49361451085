"""The automatic edges: steps Mission Control takes by itself, each in the transaction of what triggers it."""

from __future__ import annotations

from missioncontrol.kernel.actor import Actor
from tasks.models import BlockCause, Task
from tasks.services.locking import write_task
from tasks.services.transition import Step, transition
from tasks.workflow import Status


def step(task: Task, rule: str, to: str, *, reason: str = "", cause: str = BlockCause.REASON) -> Task:
    """Take an automatic step as the rule called `rule`, whatever the requirements say of what it mends.

    `cause` says why a task is blocked. Raises what `transition` raises.
    """
    asked = Step(to=to, reason=reason, automatic=True, unconditional=True, cause=cause)
    return transition(actor=Actor.system(rule), task=task, step=asked)


def triage(task: Task) -> Task:
    """inbox → ready where auto-triage is on and title, description and priority are set; then hold what must wait."""
    told = task.title.strip() and task.description.strip() and task.priority is not None
    wanted = task.project.auto_triage and not task.triage_suspended and told
    if task.status == Status.INBOX and wanted and not task.assignments.exists():
        task = step(task, "triage", Status.READY)
        task = hold_for_dependencies(task)
    return task


def hold_for_dependencies(task: Task) -> Task:
    """ready → blocked while dependencies are open; the block is lifted by itself when the last one is done."""
    if task.status != Status.READY or not task.open_dependencies:
        return task
    waits_for = task.dependencies.exclude(depends_on__status=Status.DONE).values_list(
        "depends_on__key", flat=True
    )
    reason = f"Waits for {', '.join(sorted(waits_for)[:10])}."
    return step(task, "dependencies", Status.BLOCKED, reason=reason, cause=BlockCause.DEPENDENCIES)


def release_from_dependencies(task: Task) -> Task:
    """blocked → ready when the last open dependency is done, for a block the system set for dependencies."""
    if (
        task.status == Status.BLOCKED
        and task.block_cause == BlockCause.DEPENDENCIES
        and not task.open_dependencies
    ):
        task = to_pool(task, "dependencies")
    return task


def to_pool(task: Task, rule: str, *, reason: str = "") -> Task:
    """Back to ready; and straight on to assigned where somebody is still assigned."""
    task = step(task, rule, Status.READY, reason=reason)
    return follow_assignees(task)


def follow_assignees(task: Task) -> Task:
    """inbox or ready → assigned when somebody is assigned; back when nobody is any more.

    Triage does not fire again for a task whose last assignee was removed; one in progress returns to ready.
    """
    anybody = task.assignments.exists()
    if anybody and task.status in {Status.INBOX, Status.READY}:
        return step(task, "assignment", Status.ASSIGNED)
    if not anybody and task.status == Status.ASSIGNED:
        task = step(task, "assignment", Status.INBOX)
        return write_task(task, triage_suspended=True)
    if not anybody and task.status == Status.IN_PROGRESS:
        return step(task, "assignment", Status.READY)
    return task
