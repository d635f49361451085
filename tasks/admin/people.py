"""People, their roles in projects, and the links they sign in with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.admin import HouseRows, ReadOnlyInline, ServiceAdmin, staff_actor
from tasks.models import Membership, SignInLink, User
from tasks.services import projects

if TYPE_CHECKING:
    PersonBase = UserAdmin[User]
else:
    PersonBase = UserAdmin


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


@admin.register(Membership)
class MembershipAdmin(ServiceAdmin):
    """Roles: given, changed and taken with their event."""

    list_display = ["project", "user", "role", "created_at"]
    list_filter = ["role", "project"]
    search_fields = ["user__username", "project__slug"]
    list_select_related = ["project", "user"]
    fields = ["project", "user", "role"]
    date_hierarchy = "created_at"
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

    def changed(self, actor: Actor, row: Any, changes: dict[str, Any], form: Any) -> None:
        """The role; a new membership is a role that is given."""
        role = form.cleaned_data["role"]
        row.pk = projects.set_member(actor=actor, project=row.project, user=row.user, role=role).pk

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Through the service."""
        projects.remove_member(actor=staff_actor(request), project=obj.project, user=obj.user)


@admin.register(SignInLink)
class SignInLinkAdmin(HouseRows):
    """Links that sign in once; their secrets are nowhere."""

    list_display = ["user", "created_at", "expires_at", "used_at"]
    list_filter = [("used_at", admin.EmptyFieldListFilter)]
    search_fields = ["user__username"]
    date_hierarchy = "created_at"
    list_select_related = ["user"]
    exclude = ["digest"]
