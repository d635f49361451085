"""How work flows in a project: gates, automatic steps, leases, limits of columns, thresholds of loops."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from agents.loop_rules import DEFAULTS
from tasks.models import Autonomy, Workflow
from tasks.views.pages import Visit, in_project
from tasks.views.settings.editing import SettingsForm, draw_with, show_or_save
from tasks.views.settings.fields import Count, Length, Switch, Ways
from tasks.views.settings.sections import settings_frame
from tasks.workflow import Status

DAY_S = 86_400
MOST_IN_COLUMN = 1_000_000
MOST_OF_LOOP = 100_000
GATES = {
    "guarded": "A task starts with a work plan of 3 to 6 points, and is handed in with a deliverable and a checklist. "
    "A claim leaves it assigned until the plan is there.",
    "light": "None of that is asked for. A claim starts the task at once.",
}
CLAIMS = {
    "autonomous": "An agent that claims a task has it at once.",
    "semi_autonomous": "A claim asks an operator first.",
}
LOOPS = {
    "comment_storm": ("Comment storm", {"messages": "More messages than", "minutes": "within minutes"}),
    "review_cycles": ("Review cycles", {"cycles": "Sent back more often than"}),
    "back_and_forth": (
        "Back and forth",
        {
            "transitions": "Moves, at least",
            "minutes": "within minutes",
            "repeats": "the same move, at least",
        },
    ),
    "ping_pong": (
        "Ping-pong of two agents",
        {"alternations": "More answers than", "minutes": "within minutes"},
    ),
}


class WorkflowForm(SettingsForm):
    """Everything about the flow of work."""

    workflow = Ways(label="Gates", choices=Workflow.choices, meanings=GATES)
    autonomy = Ways(label="Claims", choices=Autonomy.choices, meanings=CLAIMS)
    auto_triage = Switch(
        label="Triage by itself",
        help_text="A task in the inbox moves on to Ready once it has a title, a description and a priority.",
    )
    agents_may_close = Switch(
        label="Agents may close tasks",
        help_text="Those with the right to close, and none that is assigned to the task.",
    )
    done_needs_approval = Switch(
        label="Done needs an approval", help_text="A person approves each task before it can be closed."
    )
    lease_s = Length(
        label="A claim lasts",
        least=10,
        most=DAY_S,
        help_text="Without a sign of life for so long, the task goes back to Ready. Each write renews it.",
    )
    abandon_limit = Count(
        label="Abandoned at most",
        least=1,
        most=1000,
        help_text="After so many lost claims the task is blocked and somebody is told.",
    )
    auto_approve_after_s = Length(
        label="Close without objection after",
        least=0,
        most=364 * DAY_S,
        help_text="For tasks in review with the label auto-approve.",
    )

    def made(self) -> dict[str, Any]:
        """A limit for each column, and the thresholds of loops."""
        return {**_columns(), **_loops()}

    def groups(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """What it holds in words, under the titles of the form."""
        loops = [(title, self.in_words(field.html_name for field in fields)) for title, fields in self.loops]
        plain = self.in_words(type(self).base_fields)
        return [("Flow", plain), ("Limits of columns", self.in_words(_columns())), *loops]

    def _group(self, *names: str) -> list[Any]:
        return [self[name] for name in names]

    @property
    def rules(self) -> list[Any]:
        """The switches."""
        return self._group("auto_triage", "agents_may_close", "done_needs_approval")

    @property
    def times(self) -> list[Any]:
        """What counts time and attempts."""
        return self._group("lease_s", "abandon_limit", "auto_approve_after_s")

    @property
    def limits(self) -> list[Any]:
        """One field for each column of the board."""
        return self._group(*_columns())

    @property
    def loops(self) -> list[tuple[str, list[Any]]]:
        """The thresholds, kind by kind."""
        return [
            (title, self._group(*(f"loop_limits.{kind}.{knob}" for knob in knobs)))
            for kind, (title, knobs) in LOOPS.items()
        ]


@require_http_methods(["GET", "HEAD", "POST"])
@in_project
def workflow(visit: Visit) -> HttpResponse:
    """The page, and what its form sends."""
    context = settings_frame(visit, "workflow")
    return show_or_save(visit, WorkflowForm, draw_with(visit, "settings/workflow.html", context))


def _columns() -> dict[str, Any]:
    return {
        f"wip_limits.{status.value}": Count(
            label=str(status.label), least=1, most=MOST_IN_COLUMN, required=False
        )
        for status in Status
    }


def _loops() -> dict[str, Any]:
    return {
        f"loop_limits.{kind}.{knob}": Count(
            label=label, least=1, most=MOST_OF_LOOP, required=False, standard=DEFAULTS[kind][knob]
        )
        for kind, (_, knobs) in LOOPS.items()
        for knob, label in knobs.items()
    }
