"""The board in Django's admin: everything to read, and what may be changed goes through the services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.admin import ReadOnlyAdmin, ReadOnlyInline, ServiceAdmin, each, staff_actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.transactions import unit
from tasks.models import (
    Assignment,
    Dependency,
    Event,
    EventStream,
    ImportedTask,
    Label,
    Membership,
    Mention,
    Message,
    MessageVersion,
    Mode,
    Project,
    Refusal,
    Review,
    SignInLink,
    Subscription,
    SystemState,
    Task,
    TaskCounter,
    Transition,
    User,
)
from tasks.services import audit, projects
from tasks.services.tasks import edit_task
from tasks.services.transition import Step, allowed_transitions, refusals_logged, take_locked, transition
from tasks.workflow import Status

if TYPE_CHECKING:
    PersonBase = UserAdmin[User]
    TaskFormBase = forms.ModelForm[Task]
else:
    PersonBase, TaskFormBase = UserAdmin, forms.ModelForm

admin.site.site_header = admin.site.site_title = "Mission Control"
admin.site.index_title = "Everything there is"
BY = ["actor_kind", "actor_name"]


class MembershipInline(ReadOnlyInline):
    """Who belongs to a project, and the projects of a person."""

    model = Membership
    fields = ["project", "user", "role", "created_at"]


@admin.register(User)
class PersonAdmin(PersonBase):
    """People: names, passwords, staff rights."""

    fieldsets = [*(UserAdmin.fieldsets or ()), ("Mission Control", {"fields": ["display_name"]})]
    list_display = ["username", "display_name", "email", "is_staff", "is_active", "last_login"]
    date_hierarchy = "date_joined"
    inlines = [MembershipInline]


@admin.register(SystemState)
class SystemStateAdmin(ServiceAdmin):
    """The switch that rules every agent of the installation."""

    list_display = ["__str__", "mode_reason", "mode_set_by", "mode_since"]
    fields = ["mode", "mode_reason", "mode_set_by", "mode_since"]
    readonly_fields = ["mode_set_by", "mode_since"]

    def changed(self, actor: Actor, row: Any, changes: dict[str, Any], form: Any) -> None:
        """With an event in every project."""
        said = form.cleaned_data
        projects.set_global_mode(actor=actor, mode=said["mode"], reason=said["mode_reason"])


@admin.register(Project)
class ProjectAdmin(ServiceAdmin):
    """Projects and their settings."""

    list_display = ["slug", "name", "workflow", "autonomy", "mode", "created_at"]
    list_filter = ["mode", "workflow", "autonomy", "auto_triage", "agents_may_close", "done_needs_approval"]
    search_fields = ["slug", "name", "key_prefix"]
    date_hierarchy = "created_at"
    readonly_fields = [
        "id", "slug", "key_prefix", "mode", "mode_reason", "mode_set_by", "mode_since", "archived_at",
        "created_at", "updated_at", "version", "wip_limits", "loop_limits",
    ]  # fmt: skip
    inlines = [MembershipInline]
    actions = ["to_normal", "drain", "pause", "quarantine", "verify_audit_chain"]

    def changed(self, actor: Actor, row: Any, changes: dict[str, Any], form: Any) -> None:
        """Settings only; the mode has its actions."""
        projects.update_project(actor=actor, project=row, changes=changes)

    @admin.action(description="Let agents work (normal)")
    def to_normal(self, request: HttpRequest, rows: QuerySet[Project]) -> None:
        """Lift every hold."""
        self._set_mode(request, rows, Mode.NORMAL)

    @admin.action(description="Drain: agents finish and start nothing")
    def drain(self, request: HttpRequest, rows: QuerySet[Project]) -> None:
        """Let work run out."""
        self._set_mode(request, rows, Mode.DRAINING)

    @admin.action(description="Pause: agents write nothing")
    def pause(self, request: HttpRequest, rows: QuerySet[Project]) -> None:
        """Stop agents."""
        self._set_mode(request, rows, Mode.PAUSED)

    @admin.action(description="Quarantine: agents may only read")
    def quarantine(self, request: HttpRequest, rows: QuerySet[Project]) -> None:
        """Shut agents out."""
        self._set_mode(request, rows, Mode.QUARANTINED)

    @admin.action(description="Verify the audit chain")
    def verify_audit_chain(self, request: HttpRequest, rows: QuerySet[Project]) -> None:
        """Check every event against its link."""
        for project in rows:
            report = audit.verify_chain(project)
            if report.broken is None:
                said = f"{project.slug}: the chain holds, {report.checked} events."
                self.message_user(request, said, messages.SUCCESS)
            else:
                said = f"{project.slug}: broken at event {report.broken.seq}. {report.broken.what}"
                self.message_user(request, said, messages.ERROR)

    def _set_mode(self, request: HttpRequest, rows: QuerySet[Project], mode: str) -> None:
        def act(actor: Actor, project: Project) -> None:
            projects.set_mode(actor=actor, project=project, mode=mode, reason="Set in the admin.")

        each(self, request, rows, act, f"Projects set to {mode}")


@admin.register(Membership)
class MembershipAdmin(ServiceAdmin):
    """Roles: given, changed and taken with their event."""

    list_display = ["project", "user", "role", "created_at"]
    list_filter = ["role", "project"]
    search_fields = ["user__username", "project__slug"]
    list_select_related = ["project", "user"]
    fields = ["project", "user", "role"]
    autocomplete_fields = ["project", "user"]
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever may add memberships."""
        return request.user.has_perm("tasks.add_membership")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may delete memberships."""
        return request.user.has_perm("tasks.delete_membership")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Whose role it is stays as it is."""
        return ["project", "user"] if obj else []

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Through the service."""
        row = projects.set_member(
            actor=staff_actor(request), project=obj.project, user=obj.user, role=form.cleaned_data["role"]
        )
        obj.pk = row.pk

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Through the service."""
        projects.remove_member(actor=staff_actor(request), project=obj.project, user=obj.user)


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


STEP_FIELDS = ("step_to", "step_reason", "step_override")
EDITED_FIELDS = (
    "title", "description", "type", "priority", "due_at", "progress", "progress_note", "estimate_minutes", "budget",
)  # fmt: skip


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
    list_filter = ["status", "type", "priority", "source", "block_cause", "project", "labels"]
    search_fields = ["key", "title", "source_ref"]
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
    actions = ["cancel", "block"]

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

    @admin.action(description="Cancel")
    def cancel(self, request: HttpRequest, rows: QuerySet[Task]) -> None:
        """Drop the tasks for good."""
        self._step(request, rows, Status.CANCELED)

    @admin.action(description="Block")
    def block(self, request: HttpRequest, rows: QuerySet[Task]) -> None:
        """Stop the tasks until somebody lifts the block."""
        self._step(request, rows, Status.BLOCKED)

    def _step(self, request: HttpRequest, rows: QuerySet[Task], to: str) -> None:
        def act(actor: Actor, task: Task) -> None:
            transition(actor=actor, task=task, step=Step(to=to, reason="Set in the admin."))

        each(self, request, rows.select_related("project"), act, f"Tasks moved to {to}")


def _steps(status: str, now_open: list[str]) -> list[Any]:
    names = dict(Status.choices)
    forced = [(to, names[to]) for to in names if to not in now_open and to != status]
    return [
        ("", "Stay where it is"),
        ("Open now", [(to, names[to]) for to in now_open]),
        ("By override", forced),
    ]


class ProjectRows(ReadOnlyAdmin):
    """Rows of a project that only the house writes."""

    show_full_result_count = False
    list_per_page = 50


@admin.register(Event)
class EventAdmin(ProjectRows):
    """The history, append-only."""

    list_display = ["project", "seq", "type", *BY, "target_type", "target_id", "at"]
    list_filter = ["project", "actor_kind", "type"]
    search_fields = ["=target_id", "type", "actor_name"]
    list_select_related = ["project"]
    date_hierarchy = "at"
    ordering = ["-id"]


@admin.register(EventStream)
class EventStreamAdmin(ProjectRows):
    """Where each project's history stands."""

    list_display = ["project", "head_seq", "head_hash", "floor_seq", "epoch"]
    list_select_related = ["project"]


@admin.register(Transition)
class TransitionAdmin(ProjectRows):
    """Every change of a status, append-only."""

    list_display = ["task", "from_status", "to_status", *BY, "reason", "override", "automatic", "at"]
    list_filter = ["to_status", "from_status", "actor_kind", "override", "automatic", "project"]
    search_fields = ["task__key", "actor_name", "=idempotency_key", "=request_id"]
    list_select_related = ["task"]
    date_hierarchy = "at"
    ordering = ["-id"]


@admin.register(Refusal)
class RefusalAdmin(ProjectRows):
    """What was refused, append-only: where safety stops show."""

    list_display = ["task", "from_status", "to_status", "code", *BY, "at"]
    list_filter = ["code", "to_status", "actor_kind", "project"]
    search_fields = ["task__key", "actor_name", "reason"]
    list_select_related = ["task"]
    date_hierarchy = "at"


class VersionInline(ReadOnlyInline):
    """What a message said before."""

    model = MessageVersion
    fields = ["version", "content", *BY, "at"]


class MentionInline(ReadOnlyInline):
    """Who is named in a message."""

    model = Mention
    fields = ["agent", "user"]


@admin.register(Message)
class MessageAdmin(ProjectRows):
    """Threads, with everything that was said before an edit."""

    list_display = ["task", "type", *BY, "__str__", "created_at", "edited_at", "deleted_at"]
    list_filter = ["type", "actor_kind", "project"]
    search_fields = ["task__key", "content", "actor_name"]
    list_select_related = ["task"]
    date_hierarchy = "created_at"
    inlines = [VersionInline, MentionInline]


@admin.register(MessageVersion)
class MessageVersionAdmin(ProjectRows):
    """Earlier versions, append-only."""

    list_display = ["message", "version", *BY, "at"]
    search_fields = ["message__task__key", "content"]
    list_select_related = ["message"]
    date_hierarchy = "at"


@admin.register(Review)
class ReviewAdmin(ProjectRows):
    """Peer reviews."""

    list_display = ["task", "kind", "state", "score", "severity", *BY, "created_at"]
    list_filter = ["kind", "state", "severity", "project"]
    search_fields = ["task__key", "content", "actor_name"]
    list_select_related = ["task"]
    date_hierarchy = "created_at"


@admin.register(Label)
class LabelAdmin(ProjectRows):
    """Words on tasks."""

    list_display = ["name", "project", "color"]
    list_filter = ["project"]
    search_fields = ["name"]
    list_select_related = ["project"]


@admin.register(Assignment)
class AssignmentAdmin(ProjectRows):
    """Who is on what."""

    list_display = ["task", "agent", "user", "created_at"]
    search_fields = ["task__key", "agent__slug", "user__username"]
    list_select_related = ["task", "agent", "user"]
    date_hierarchy = "created_at"


@admin.register(Dependency)
class DependencyAdmin(ProjectRows):
    """What waits for what."""

    list_display = ["task", "depends_on", *BY, "created_at"]
    search_fields = ["task__key", "depends_on__key"]
    list_select_related = ["task", "depends_on"]
    date_hierarchy = "created_at"


@admin.register(Subscription)
class SubscriptionAdmin(ProjectRows):
    """Who follows which thread."""

    list_display = ["task", "agent", "user", "muted", "created_at"]
    list_filter = ["muted"]
    search_fields = ["task__key", "agent__slug", "user__username"]
    list_select_related = ["task", "agent", "user"]


@admin.register(Mention)
class MentionAdmin(ProjectRows):
    """Who was named where."""

    list_display = ["message", "agent", "user"]
    search_fields = ["agent__slug", "user__username"]
    list_select_related = ["message", "agent", "user"]


@admin.register(ImportedTask)
class ImportedTaskAdmin(ProjectRows):
    """Tasks as their source last told them."""

    list_display = ["task", "imported_at"]
    search_fields = ["task__key", "task__source_ref"]
    list_select_related = ["task"]
    date_hierarchy = "imported_at"


@admin.register(TaskCounter)
class TaskCounterAdmin(ProjectRows):
    """The last task number given."""

    list_display = ["project", "last_number"]
    list_select_related = ["project"]


@admin.register(SignInLink)
class SignInLinkAdmin(ProjectRows):
    """Links that sign in once; their secrets are nowhere."""

    list_display = ["user", "created_at", "expires_at", "used_at"]
    list_select_related = ["user"]
    exclude = ["digest"]
