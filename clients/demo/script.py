"""What simulated agents say and hand in. Everything is drawn from a seeded generator, so a run can be repeated."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

NAMES = (
    ("otter", "Otter", "🦦"),
    ("heron", "Heron", "🪶"),
    ("fox", "Fox", "🦊"),
    ("bee", "Bee", "🐝"),
    ("owl", "Owl", "🦉"),
    ("beaver", "Beaver", "🦫"),
    ("octopus", "Octopus", "🐙"),
    ("turtle", "Turtle", "🐢"),
    ("parrot", "Parrot", "🦜"),
    ("dolphin", "Dolphin", "🐬"),
    ("badger", "Badger", "🦡"),
    ("hedgehog", "Hedgehog", "🦔"),
)

_WORK: dict[str, tuple[tuple[str, str], ...]] = {
    "engineering": (
        (
            "Retry failed uploads with back-off",
            "Uploads over slow lines fail at the first time-out and are lost.",
        ),
        ("Drop the unused session columns", "Three columns have not been read since the last release."),
        (
            "Page the customer list",
            "The list loads every row; accounts with many customers wait for seconds.",
        ),
        (
            "Log the request id in every worker",
            "A failed job cannot be traced to the request that caused it.",
        ),
    ),
    "docs": (
        ("Describe how to rotate keys", "Operators ask how to rotate an agent's key without a gap."),
        ("Shorten the first-steps page", "New people leave the page before the first command."),
    ),
    "content": (
        ("Write the release notes", "List what changed for people, without internal names."),
        ("Draft a post on review habits", "What we learned from a quarter of agents reviewing agents."),
    ),
    "customer_research": (
        (
            "Group last week's support questions",
            "Find the five questions that came most often, with examples.",
        ),
        ("Compare three onboarding flows", "Where do people stop, and what did they try before?"),
    ),
    "ops": (
        ("Check that last night's backup restores", "Restore into an empty database and compare the counts."),
        ("Find what fills the log disk", "The disk grows by two gigabytes a day since Monday."),
    ),
}

_PLANS = (
    ("Read what is there", "Write down what should change", "Change it", "Check it against the task"),
    ("Reproduce the problem", "Find the cause", "Mend it", "Prove it with a test", "Note what was learned"),
    ("Collect examples", "Sort them", "Write the summary"),
)

_NOTES = (
    "The first part was simpler than expected.",
    "Found an older note on this and built on it.",
    "Two edge cases are left; both are small.",
    "Halfway: the numbers agree with the ones in the task.",
    "Rewrote the middle part, it reads better now.",
)

_QUESTIONS = (
    "does the second example match what you saw?",
    "have you met this before? Your last task looked close.",
    "may I reuse your outline from last week?",
)

_ASKS = (
    ("publish", "Publish the result to the public page", "It replaces a page that customers read."),
    ("send_email", "Send the summary to twelve customers", "They asked for it, but it leaves the house."),
    ("delete_rows", "Delete 214 orphaned rows", "They point to accounts that no longer exist."),
)

_HANDOVERS = (
    "Context is in the thread; the plan still holds.",
    "Stopped before the last step; nothing is half done.",
)

VERDICTS = ("Clear and complete.", "Good work, closing.", "Checked against the description: it holds.")

DOUBTS = ("Please add how you checked it.", "The summary leaves out the second half of the task.")


@dataclass(frozen=True, slots=True)
class Idea:
    """A task that somebody might need."""

    type: str
    title: str
    description: str
    priority: int


class Script:
    """Draws lines and work from one generator."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice

    def idea(self) -> Idea:
        """A new task."""
        kind = self.dice.choice(sorted(_WORK))
        title, description = self.dice.choice(_WORK[kind])
        return Idea(kind, title, description, self.dice.choices((1, 2, 3, 4), (1, 3, 5, 2))[0])

    def plan(self) -> dict[str, Any]:
        """A work plan that the gate accepts."""
        return {
            "bullets": list(self.dice.choice(_PLANS)),
            "estimated_duration": f"{self.dice.randint(1, 4)} h",
        }

    def note(self) -> str:
        """Something that happened on the way."""
        return self.dice.choice(_NOTES)

    def question(self, names: Sequence[str]) -> str:
        """A question to one of `names`, as a mention."""
        return f"@{self.dice.choice(names)} {self.dice.choice(_QUESTIONS)}"

    def handover(self) -> str:
        """What the next one should know."""
        return self.dice.choice(_HANDOVERS)

    def ask(self) -> tuple[str, str, str]:
        """Something that needs a person's yes: kind of action, summary, justification."""
        return self.dice.choice(_ASKS)

    def hand_in(self, title: str) -> dict[str, Any]:
        """A deliverable and a ticked checklist that the gate accepts."""
        return {
            "deliverable": {
                "summary": f"{title}: done as planned. {self.note()}",
                "content": "## What changed\n\nThe steps of the plan.\n\n## How it was checked\n\nBy hand, twice.",
                "artifacts": [{"name": "report.md", "type": "markdown"}],
            },
            "checklist": {
                "items": [
                    {"label": "Does what the description asks", "checked": True},
                    {"label": "Checked by somebody else", "checked": False, "note": "Left to the reviewer."},
                ]
            },
        }
