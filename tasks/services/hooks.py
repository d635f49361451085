"""Where a service lets others join its transaction: rules that must hold in the same commit as the change.

Reactions that may come a moment later read the event stream instead.
"""

from __future__ import annotations

from collections.abc import Callable

from missioncontrol.kernel.actor import Actor
from tasks.models import Change, Message, Task, Transition

TransitionHook = Callable[[Task, Transition, Actor], None]
MessageHook = Callable[[Task, Message, Actor], None]
UndoHook = Callable[[Task, Change, Actor], None]

after_transition: list[TransitionHook] = []
after_message: list[MessageHook] = []
after_undo: list[UndoHook] = []


def run_transition_hooks(task: Task, row: Transition, actor: Actor) -> None:
    """Tell every hook of a transition that was just written."""
    for hook in after_transition:
        hook(task, row, actor)


def run_message_hooks(task: Task, message: Message, actor: Actor) -> None:
    """Tell every hook of a message that was just written."""
    for hook in after_message:
        hook(task, message, actor)


def run_undo_hooks(task: Task, change: Change, actor: Actor) -> None:
    """Tell every hook of a change to this task that was just undone."""
    for hook in after_undo:
        hook(task, change, actor)
