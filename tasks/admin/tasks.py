"""Tasks: fields are edited, and steps taken, by the same services as everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.admin import BY, HouseRows, ReadOnlyInline, ServiceAdmin, each, staff_actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.transactions import unit
from tasks.models import Assignment, Dependency, ImportedTask, Refusal, Task, Transition
from tasks.services.reassigning import reassign
from tasks.services.tasks import edit_task
from tasks.services.transition import Step, allowed_transitions, refusals_logged, take_locked, transition
from tasks.workflow import Status

if TYPE_CHECKING:
    TaskFormBase = forms.ModelForm[Task]
else:
    TaskFormBase = forms.ModelForm

REASON = "Set in the admin."
STEP_FIELDS = ("step_to", "step_reason", "step_override")
EDITED_FIELDS = (
    "title", "description", "type", "priority", "due_at", "progress", "progress_note", "estimate_minutes", "budget",
)  # fmt: skip


class TaskForm(TaskFormBase):
    """A task's fields, and a step of the workflow to take after them."""

    step_to = forms.ChoiceField(required=False, label="Move to")
    step_reason = forms.CharField(required=False, label="Reason", widget=forms.Textarea(attrs={"rows": 2}))
    step_override = forms.BooleanField(
        required=False, label="Override", help_text="Force the step; needs a reason, and shows everywhere."
    )

    offered: ClassVar[list[Any]] = []

    class Meta:
        model = Task
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        step = self.fields.get("step_to")
        if isinstance(step, forms.ChoiceField):
            step.choices = self.offered


class AssignmentInline(ReadOnlyInline):
    """Who is on the task."""

    model = Assignment
    fields = ["agent", "user", "created_at"]


class DependencyInline(ReadOnlyInline):
    """What the task waits for."""

    model = Dependency
    fk_name = "task"
    fields = ["depends_on", *BY, "created_at"]


class TransitionInline(ReadOnlyInline):
    """The task's history."""

    model = Transition
    fields = ["at", "from_status", "to_status", *BY, "reason", "override", "automatic"]


class RefusalInline(ReadOnlyInline):
    """What was refused."""

    model = Refusal
    fields = ["at", "from_status", "to_status", *BY, "code", "reason"]


@admin.register(Task)
class TaskAdmin(ServiceAdmin):
    """Tasks: fields are edited, and steps taken, by the same services as everywhere."""

    form = TaskForm
    list_display = ["key", "title", "project", "status", "type", "priority", "holder", "due_at", "created_at"]
    list_filter = ["status", "type", "priority", "source", "block_cause", "project"]
    search_fields = ["key", "title", "source_ref", "=labels__name"]
    list_select_related = ["project", "holder"]
    date_hierarchy = "created_at"
    show_full_result_count = False
    inlines = [AssignmentInline, DependencyInline, TransitionInline, RefusalInline]
    fieldsets = [
        (None, {"fields": ["key", "project", "status", "status_since", "blocked_reason", "blocked_by", "block_cause"]}),
        ("Take a step", {"fields": STEP_FIELDS}),
        ("What it is", {"fields": EDITED_FIELDS}),
        ("Work", {"fields": ["work_plan", "deliverable", "checklist", "required_skills"]}),
        ("Who", {"fields": ["holder", "last_holder", "lease_token", "lease_expires_at", "abandoned_attempts",
                            "reviewer_user", "reviewer_agent", "labels", "parent"]}),
        ("Figures", {"fields": ["actual_cost", "review_cycles", "open_dependencies", "dependency_flag",
                                "message_count", "loop_watermark", "position"]}),
        ("Origin", {"fields": ["source", "source_ref", "created_by_kind", "created_by_name", "external_chat_id",
                               "external_thread_id", "idempotency_key"]}),
        ("Times", {"fields": ["created_at", "updated_at", "started_at", "submitted_at", "completed_at", "version"]}),
    ]  # fmt: skip
    actions = ["requeue", "cancel", "block"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """All but what `edit_task` takes, and the step."""
        shown = [name for _, options in self.fieldsets for name in options["fields"]]
        return [str(name) for name in shown if name not in {*EDITED_FIELDS, *STEP_FIELDS}]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        """Offers the steps that are open to whoever looks, and every other one for an override."""
        made = super().get_form(request, obj, change, **options)
        if obj is None:
            return made
        now_open = allowed_transitions(staff_actor(request), obj, timezone.now())
        return type("StepForm", (made,), {"offered": _steps(obj.status, now_open)})

    def changed(self, actor: Actor, row: Any, changes: dict[str, Any], form: Any) -> None:
        """First the fields, then the step: both or neither."""
        edits = {name: value for name, value in changes.items() if name in EDITED_FIELDS}
        said = form.cleaned_data
        if not said.get("step_to"):
            edit_task(actor=actor, task=row, changes=edits)
            return
        step = Step(to=said["step_to"], reason=said["step_reason"], override=said["step_override"])
        with refusals_logged(actor, row, step), unit():
            task = edit_task(actor=actor, task=row, changes=edits)
            take_locked(actor=actor, task=task, step=step, now=database_now())

    @admin.action(description="Requeue: back to the pool, away from everybody", permissions=["operate"])
    def requeue(self, request: HttpRequest, rows: QuerySet[Task]) -> None:
        """End the leases and let any agent claim the tasks."""

        def act(actor: Actor, task: Task) -> None:
            reassign(actor=actor, task=task, agent=None, reason=REASON)

        each(self, request, rows.select_related("project"), act, "Tasks requeued")

    @admin.action(description="Cancel", permissions=["operate"])
    def cancel(self, request: HttpRequest, rows: QuerySet[Task]) -> None:
        """Drop the tasks for good."""
        self._step(request, rows, Status.CANCELED)

    @admin.action(description="Block", permissions=["operate"])
    def block(self, request: HttpRequest, rows: QuerySet[Task]) -> None:
        """Stop the tasks until somebody lifts the block."""
        self._step(request, rows, Status.BLOCKED)

    def _step(self, request: HttpRequest, rows: QuerySet[Task], to: str) -> None:
        def act(actor: Actor, task: Task) -> None:
            transition(actor=actor, task=task, step=Step(to=to, reason=REASON))

        each(self, request, rows.select_related("project"), act, f"Tasks moved to {to}")


def _steps(status: str, now_open: list[str]) -> list[Any]:
    names = dict(Status.choices)
    forced = [(to, names[to]) for to in names if to not in now_open and to != status]
    return [
        ("", "Stay where it is"),
        ("Open now", [(to, names[to]) for to in now_open]),
        ("By override", forced),
    ]


@admin.register(Assignment)
class AssignmentAdmin(HouseRows):
    """Who is on what."""

    list_display = ["task", "agent", "user", "created_at"]
    list_filter = ["task__project", ("agent", admin.EmptyFieldListFilter)]
    search_fields = ["task__key", "agent__slug", "user__username"]
    list_select_related = ["task", "agent", "user"]
    date_hierarchy = "created_at"


@admin.register(Dependency)
class DependencyAdmin(HouseRows):
    """What waits for what."""

    list_display = ["task", "depends_on", *BY, "created_at"]
    list_filter = ["task__project", "actor_kind"]
    search_fields = ["task__key", "depends_on__key"]
    list_select_related = ["task", "depends_on"]
    date_hierarchy = "created_at"


@admin.register(ImportedTask)
class ImportedTaskAdmin(HouseRows):
    """Tasks as their source last told them."""

    list_display = ["task", "imported_at"]
    list_filter = ["task__project"]
    search_fields = ["task__key", "task__source_ref"]
    list_select_related = ["task"]
    date_hierarchy = "imported_at"
