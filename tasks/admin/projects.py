"""Projects and their settings, and the switch for the whole installation."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.admin import HouseRows, ServiceAdmin, each
from tasks.admin.people import MembershipInline
from tasks.models import Label, Mode, Project, SavedView, SystemState, TaskCounter
from tasks.services import audit, projects


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
    list_filter = [
        "mode", "workflow", "autonomy", "auto_triage", "agents_may_close", "done_needs_approval",
        ("archived_at", admin.EmptyFieldListFilter),
    ]  # fmt: skip
    search_fields = ["slug", "name", "key_prefix"]
    date_hierarchy = "created_at"
    readonly_fields = [
        "id", "slug", "key_prefix", "mode", "mode_reason", "mode_set_by", "mode_since", "archived_at",
        "created_at", "updated_at", "version", "wip_limits", "loop_limits",
    ]  # fmt: skip
    inlines = [MembershipInline]
    actions = ["to_normal", "drain", "pause", "quarantine", "verify_audit_chain", "archive", "restore"]

    def changed(self, actor: Actor, row: Any, changes: dict[str, Any], form: Any) -> None:
        """Settings only; the mode has its actions."""
        projects.update_project(actor=actor, project=row, changes=changes)

    @admin.action(description="Let agents work (normal)", permissions=["operate"])
    def to_normal(self, request: HttpRequest, rows: QuerySet[Project]) -> None:
        """Lift every hold."""
        self._set_mode(request, rows, Mode.NORMAL)

    @admin.action(description="Drain: agents finish and start nothing", permissions=["operate"])
    def drain(self, request: HttpRequest, rows: QuerySet[Project]) -> None:
        """Let work run out."""
        self._set_mode(request, rows, Mode.DRAINING)

    @admin.action(description="Pause: agents write nothing", permissions=["operate"])
    def pause(self, request: HttpRequest, rows: QuerySet[Project]) -> None:
        """Stop agents."""
        self._set_mode(request, rows, Mode.PAUSED)

    @admin.action(description="Quarantine: agents may only read", permissions=["operate"])
    def quarantine(self, request: HttpRequest, rows: QuerySet[Project]) -> None:
        """Shut agents out."""
        self._set_mode(request, rows, Mode.QUARANTINED)

    @admin.action(description="Verify the audit chain", permissions=["operate"])
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

    @admin.action(description="Archive: out of everybody's reach", permissions=["operate"])
    def archive(self, request: HttpRequest, rows: QuerySet[Project]) -> None:
        """Close the project; nothing is deleted."""
        self._set_archived(request, rows, True)

    @admin.action(description="Restore from the archive", permissions=["operate"])
    def restore(self, request: HttpRequest, rows: QuerySet[Project]) -> None:
        """Open the project again."""
        self._set_archived(request, rows, False)

    def _set_archived(self, request: HttpRequest, rows: QuerySet[Project], archived: bool) -> None:
        def act(actor: Actor, project: Project) -> None:
            projects.set_archived(actor=actor, project=project, archived=archived)

        each(self, request, rows, act, "Projects archived" if archived else "Projects restored")

    def _set_mode(self, request: HttpRequest, rows: QuerySet[Project], mode: str) -> None:
        def act(actor: Actor, project: Project) -> None:
            projects.set_mode(actor=actor, project=project, mode=mode, reason="Set in the admin.")

        each(self, request, rows, act, f"Projects set to {mode}")


@admin.register(Label)
class LabelAdmin(HouseRows):
    """Words on tasks."""

    list_display = ["name", "project", "color"]
    list_filter = ["project"]
    search_fields = ["name"]
    list_select_related = ["project"]


@admin.register(TaskCounter)
class TaskCounterAdmin(HouseRows):
    """The last task number given."""

    list_display = ["project", "last_number"]
    list_filter = ["project"]
    search_fields = ["project__slug"]
    list_select_related = ["project"]


@admin.register(SavedView)
class SavedViewAdmin(HouseRows):
    """Views of boards, private and shared; their owners change them."""

    list_display = ["name", "project", "owner", "shared", "query", "updated_at"]
    list_filter = ["shared", "project"]
    search_fields = ["name", "query", "owner__username"]
    list_select_related = ["project", "owner"]
    date_hierarchy = "created_at"
