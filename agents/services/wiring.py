"""What this app adds to the board's rules; connected once, when Django is ready."""

from __future__ import annotations

from agents.services import approvals, claims, decisions, loops, responses, work_signal
from tasks.services import hooks


def connect() -> None:
    """Register requirements and hooks; doing it twice changes nothing."""
    approvals.register_requirement()
    claims.register()
    work_signal.register()
    for hook in (decisions.cancel_for_closed_task, loops.after_transition):
        if hook not in hooks.after_transition:
            hooks.after_transition.append(hook)
    if decisions.reinstate_for_undone_change not in hooks.after_undo:
        hooks.after_undo.append(decisions.reinstate_for_undone_change)
    for listener in (loops.after_message, responses.note_answer):
        if listener not in hooks.after_message:
            hooks.after_message.append(listener)
