"""The task workflow: the one table of statuses, edges and requirements.

The API, the board, the admin, the tests and the documentation read this module; nothing else knows an edge. It is
pure: facts about a task go in, refusals come out. Upper apps add requirements with `register`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db.models import TextChoices

from missioncontrol.kernel.errors import FieldError


class Status(TextChoices):
    """The ten columns of the board, in workflow order."""

    INBOX = "inbox", "Inbox"
    READY = "ready", "Ready"
    ASSIGNED = "assigned", "Assigned"
    IN_PROGRESS = "in_progress", "In progress"
    REVIEW = "review", "Review"
    NEEDS_APPROVAL = "needs_approval", "Needs approval"
    BLOCKED = "blocked", "Blocked"
    FAILED = "failed", "Failed"
    DONE = "done", "Done"
    CANCELED = "canceled", "Canceled"


HELD = frozenset({"assigned", "in_progress"})
"""Statuses in which a lease may live."""

CLOSED = frozenset({"done", "failed", "canceled"})
"""Statuses that carry a completion time."""

PLAN_BULLETS = (3, 6)
"""How few and how many bullets a work plan may have."""

# A agent · H person or service · S system · - no edge · a star: with a condition of its own
_GRID = """
from           | inbox | ready | assigned | in_progress | review | needs_approval | blocked | failed | done    | canceled
inbox          | -     | H S   | A H S    | -           | -      | S              | H S     | -      | -       | H
ready          | H     | -     | A H S    | A H         | -      | S              | H S     | -      | -       | H
assigned       | H S   | A H S | -        | A H         | -      | S              | A H S   | -      | -       | H
in_progress    | -     | A H S | H        | -           | A H    | S              | A H S   | A S    | -       | H
review         | -     | -     | H        | A H         | -      | H S            | H S     | H S    | A* H S* | H
needs_approval | H S   | H S   | H S      | H S         | H S    | -              | H S     | H S    | -       | H
blocked        | -     | H S   | A* H     | A* H        | -      | H S            | -       | H S    | -       | H
failed         | H     | H     | H        | -           | -      | -              | -       | -      | -       | H
done           | -     | -     | -        | -           | H      | -              | -       | -      | -       | -
canceled       | -     | -     | -        | -           | -      | -              | -       | -      | -       | -
"""  # noqa: E501 - the table reads as one

Letter = Literal["A", "A*", "H", "S", "S*"]
KIND_LETTER = {"agent": "A", "human": "H", "service": "H", "system": "S"}


def _read_grid(text: str) -> dict[tuple[str, str], frozenset[str]]:
    header, *rows = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    table: dict[tuple[str, str], frozenset[str]] = {}
    for origin, *cells in rows:
        for to, cell in zip(header[1:], cells, strict=True):
            letters = frozenset(cell.split()) - {"-"}
            if letters:
                table[origin, to] = letters
    return table


EDGES: Mapping[tuple[str, str], frozenset[str]] = _read_grid(_GRID)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the table needs to know about a task, the step asked for, and who asks."""

    origin: str
    to: str
    kind: str
    title: str = ""
    description: str = ""
    priority: int | None = None
    assignees: int = 0
    reason: str = ""
    work_plan: Mapping[str, Any] | None = None
    deliverable: Mapping[str, Any] | None = None
    checklist: Mapping[str, Any] | None = None
    guarded: bool = True
    is_assignee: bool = False
    did_the_work: bool = False
    is_reviewer: bool = False
    lease_is_free: bool = True
    holds_lease: bool = False
    flags: frozenset[str] = frozenset()
    agents_may_close: bool = False
    blocked_by: str = ""
    auto_approvable: bool = False
    task: Any = field(default=None, compare=False)


Check = Callable[[Facts], "list[FieldError]"]


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row of the second table: where it applies, what it checks, and whether a request can bring it along.

    `gate` requirements apply only where the project's workflow is guarded. `sendable` ones are met by fields of the
    transition request, so a step that lacks only those is still open to the caller.
    """

    name: str
    text: str
    applies: Callable[[str, str], bool]
    check: Check
    gate: bool = False
    sendable: bool = False


def _blank(text: str | None) -> bool:
    return not (text or "").strip()


def _triaged(facts: Facts) -> list[FieldError]:
    missing = []
    if _blank(facts.title):
        missing.append(FieldError("title", "Give the task a title."))
    if _blank(facts.description):
        missing.append(FieldError("description", "Describe the task."))
    if facts.priority is None:
        missing.append(FieldError("priority", "Set a priority."))
    return missing


def _unassigned(facts: Facts) -> list[FieldError]:
    return [FieldError("assignees", "Remove the assignees first.")] if facts.assignees else []


def _assigned(facts: Facts) -> list[FieldError]:
    if facts.assignees:
        return []
    told = "Nobody is assigned: claim it first." if facts.kind == "agent" else "Assign somebody first."
    return [FieldError("assignees", told)]


def check_plan(plan: Mapping[str, Any] | None) -> list[FieldError]:
    """What a work plan lacks: 3 to 6 bullets that say something."""
    low, high = PLAN_BULLETS
    bullets = (plan or {}).get("bullets") or []
    told = [bullet for bullet in bullets if isinstance(bullet, str) and not _blank(bullet)]
    if len(told) == len(bullets) and low <= len(told) <= high:
        return []
    return [
        FieldError(
            "work_plan", f"A work plan of {low} to {high} bullets is needed; this one has {len(told)}."
        )
    ]


def check_deliverable(deliverable: Mapping[str, Any] | None) -> list[FieldError]:
    """What a deliverable lacks: a summary or content."""
    told = deliverable or {}
    if not _blank(told.get("summary")) or not _blank(told.get("content")):
        return []
    return [FieldError("deliverable", "A deliverable with a summary or content is needed.")]


def check_checklist(checklist: Mapping[str, Any] | None) -> list[FieldError]:
    """What a checklist lacks: at least one item, and every item ticked or explained."""
    items = (checklist or {}).get("items") or []
    if not items:
        return [FieldError("checklist", "A review checklist is needed.")]
    return [
        FieldError(f"checklist.items.{number}", f"Tick “{item.get('label', '')}” or add a note.")
        for number, item in enumerate(items)
        if not item.get("checked") and _blank(item.get("note"))
    ]


def _reason(facts: Facts) -> list[FieldError]:
    return [FieldError("reason", "Say why.")] if _blank(facts.reason) else []


REQUIREMENTS: list[Requirement] = [
    Requirement("triaged", "title, description and priority set", lambda o, t: t == "ready", _triaged),
    Requirement("unassigned", "no assignees", lambda o, t: t == "ready", _unassigned),
    Requirement("assigned", "at least one assignee", lambda o, t: t in HELD, _assigned),
    Requirement(
        "work_plan",
        "a work plan of 3 to 6 non-blank bullets",
        lambda o, t: t == "in_progress",
        lambda facts: check_plan(facts.work_plan),
        gate=True,
        sendable=True,
    ),
    Requirement(
        "deliverable",
        "a deliverable with a summary or content",
        lambda o, t: t == "review" and o != "done",
        lambda facts: check_deliverable(facts.deliverable),
        gate=True,
        sendable=True,
    ),
    Requirement(
        "checklist",
        "a checklist whose items are all ticked or have a note",
        lambda o, t: t == "review" and o != "done",
        lambda facts: check_checklist(facts.checklist),
        gate=True,
        sendable=True,
    ),
    Requirement(
        "reason",
        "a reason",
        lambda o, t: t in {"blocked", "canceled"} or o == "failed" or (o, t) == ("done", "review"),
        _reason,
        sendable=True,
    ),
]


def register(requirement: Requirement) -> None:
    """Add a requirement of an upper app; a second registration under the same name replaces the first."""
    REQUIREMENTS[:] = [known for known in REQUIREMENTS if known.name != requirement.name]
    REQUIREMENTS.append(requirement)


@dataclass(frozen=True, slots=True)
class Barrier:
    """Why this actor may not take an edge at all: `code` tells the transition service which error it is."""

    code: str
    message: str
    next_action: str = ""


def _edge_barrier(facts: Facts) -> Barrier | None:
    letters = EDGES.get((facts.origin, facts.to), frozenset())
    letter = KIND_LETTER[facts.kind]
    if not letters:
        return Barrier("no_edge", f"There is no step from {facts.origin} to {facts.to}.")
    if letter in letters:
        return None
    if f"{letter}*" in letters:
        return _starred_barrier(facts)
    who = {"A": "an agent", "H": "a person or service", "S": "Mission Control"}[letter]
    return Barrier("not_for_you", f"The step from {facts.origin} to {facts.to} is not for {who}.")


def _starred_barrier(facts: Facts) -> Barrier | None:
    if facts.kind == "system":
        if facts.auto_approvable:
            return None
        return Barrier(
            "not_auto_approvable", "Only an uncontested review labelled auto-approve closes by itself."
        )
    if facts.origin == "blocked":
        if facts.blocked_by == "agent":
            return None
        return Barrier(
            "block_not_yours",
            "This block was not set by an agent: a person lifts it.",
            "Ask an operator to unblock the task.",
        )
    works_on_it = facts.is_assignee or facts.did_the_work
    if facts.agents_may_close and "can_close" in facts.flags and not works_on_it:
        return None
    return Barrier("may_not_close", "Closing is for people here.", "Wait for an operator to close the task.")


def _agent_barrier(facts: Facts) -> Barrier | None:
    if facts.kind != "agent" or facts.origin not in HELD | {"review", "blocked"}:
        return None
    if facts.origin in HELD:
        if not facts.is_assignee:
            return Barrier("not_assigned", "You are not assigned to this task.", "Claim a task first.")
        if not (facts.holds_lease or facts.lease_is_free):
            return Barrier("lease_held", "Another agent holds this task.", "Claim another task.")
        return None
    may_close = facts.to == "done"
    if facts.is_assignee or facts.is_reviewer or may_close:
        return None
    return Barrier("not_assigned", "You are neither assigned to this task nor its reviewer.")


def barrier(facts: Facts) -> Barrier | None:
    """Why this actor may not take this edge whatever it sends along, or None."""
    return _edge_barrier(facts) or _agent_barrier(facts)


def requirements_of(origin: str, to: str, *, guarded: bool = True) -> list[Requirement]:
    """The requirements of one edge, in table order."""
    return [r for r in REQUIREMENTS if (guarded or not r.gate) and r.applies(origin, to)]


def missing(facts: Facts) -> list[FieldError]:
    """Everything the step lacks, collected."""
    found: list[FieldError] = []
    for requirement in requirements_of(facts.origin, facts.to, guarded=facts.guarded):
        found.extend(requirement.check(facts))
    return found


def open_steps(facts_for: Callable[[str], Facts], origin: str) -> list[str]:
    """The statuses this actor could move the task to now, bringing at most what a request can bring."""
    steps = []
    for to in edges_from(origin):
        facts = facts_for(to)
        if barrier(facts) is None and not _unsendable(facts):
            steps.append(to)
    return steps


def _unsendable(facts: Facts) -> list[FieldError]:
    return [
        error
        for requirement in requirements_of(facts.origin, facts.to, guarded=facts.guarded)
        if not requirement.sendable
        for error in requirement.check(facts)
    ]


def edges_from(origin: str) -> Iterable[str]:
    """The statuses an edge leads to from `origin`, in column order."""
    return [to for to in Status.values if (origin, to) in EDGES]


def as_table() -> dict[str, Any]:
    """The whole workflow as data: what `GET /api/v1/workflow` and the board read."""
    return {
        "statuses": [{"name": s.value, "label": str(s.label), "closed": s.value in CLOSED} for s in Status],
        "edges": [
            {
                "from": origin,
                "to": to,
                "actors": sorted(letters),
                "requirements": [
                    {"name": r.name, "text": r.text, "gate": r.gate, "sendable": r.sendable}
                    for r in requirements_of(origin, to)
                ],
            }
            for (origin, to), letters in sorted(EDGES.items(), key=lambda item: _column_order(item[0]))
        ],
    }


def _column_order(edge: tuple[str, str]) -> tuple[int, int]:
    order = Status.values
    return order.index(edge[0]), order.index(edge[1])
