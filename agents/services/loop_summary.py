"""What the thread is told when a loop is broken: who disagrees, what happened last, and a way out."""

from __future__ import annotations

from agents.loop_rules import Finding
from tasks.models import Task, Transition

LAST = 5
WAY_OUT = {
    "comment_storm": "Decide the open question here in one message, then lift the block. Until then nobody needs to"
    " answer anything in this thread.",
    "review_cycles": "Say what would make the next hand-in good enough, or take the task over, or change its reviewer.",
    "back_and_forth": "Agree on who moves this task and what is missing for the next step, then lift the block.",
    "ping_pong": "Decide between the two, or keep one of them on the task, then lift the block.",
}


def summary_of(task: Task, finding: Finding) -> str:
    """The loop summary in Markdown. Names are set as code, so that nobody is mentioned by it."""
    lines = [
        f"**Loop detected: {finding.kind.replace('_', ' ')}.** {finding.told}",
        "",
        f"**Who takes part:** {_parties(finding)}",
        "",
        f"**Last {LAST} transitions:**",
        "",
        *_last_transitions(task),
        "",
        f"**A way out:** {WAY_OUT[finding.kind]}",
        "",
        "The task is blocked. Once a person lifts the block, only what happens after that counts.",
    ]
    return "\n".join(lines)


def _parties(finding: Finding) -> str:
    told = [f"{_code(name)} ({count})" for name, count in finding.parties.items()]
    return ", ".join(told) or "nobody by name"


def _last_transitions(task: Task) -> list[str]:
    rows = list(Transition.objects.filter(task=task).order_by("-at", "-id")[:LAST])
    lines = [
        f"- {row.at:%Y-%m-%d %H:%M} UTC: {row.from_status} → {row.to_status} by {_code(row.actor_name)}"
        for row in reversed(rows)
    ]
    return lines or ["- none yet"]


def _code(name: str) -> str:
    return f"`{name.replace('`', '').strip() or '?'}`"
