"""What every page of the admin shares, and the kernel's own rows.

Nothing here writes a row: what staff change goes through the services, with its event, or is not to be changed.
"""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.forms import Form
from django.forms.widgets import MediaDefiningClass
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.api.authentication import person
from missioncontrol.kernel.errors import DomainError
from missioncontrol.kernel.middleware import request_id_of
from missioncontrol.kernel.models import IdempotencyRecord, JobRun

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
    InlineBase = admin.TabularInline[Any, Any]
else:
    Base = admin.ModelAdmin
    InlineBase = admin.TabularInline

BY = ["actor_kind", "actor_name"]
"""The columns that say who did it."""


def staff_actor(request: HttpRequest) -> Actor:
    """The member of staff behind a request of the admin, as services know people."""
    return person(request.user).within(request_id=request_id_of(request), source="admin")


def told(error: DomainError) -> str:
    """A refusal in one line for a person."""
    return " ".join(dict.fromkeys([error.message, *(each.message for each in error.errors)]))


class ReadOnlyAdmin(Base):
    """Rows that nobody adds, changes or deletes by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


class HouseRows(ReadOnlyAdmin):
    """Many rows, which only the house and the API write."""

    show_full_result_count = False
    list_per_page = 50


class ReadOnlyInline(InlineBase):
    """Rows shown beside what they belong to; nobody adds, changes or deletes them by hand."""

    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


class _AdminMeta(ABCMeta, MediaDefiningClass):
    """Lets a page of the admin leave a method to its subclasses: without it, registering one fails."""


class ServiceAdmin(Base, metaclass=_AdminMeta):
    """Rows that staff change through a service: `changed` is told the fields, and may refuse.

    A refusal is shown as it was said, and nothing is changed. Rows are neither added nor deleted here unless a
    subclass says how.
    """

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody, unless a subclass knows how."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody, unless a subclass knows how."""
        return False

    @abstractmethod
    def changed(self, actor: Actor, row: Any, changes: dict[str, Any], form: Any) -> None:
        """Hand the changed fields to the service; raises DomainError."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Through the service, never with `save()`."""
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        self.changed(staff_actor(request), obj, changes, form)

    def save_related(self, request: HttpRequest, form: Form, formsets: Any, change: bool) -> None:
        """Inlines are to read: nothing is saved, and the page's log says so."""
        for formset in formsets:
            formset.save(commit=False)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """Django's page without its outer transaction: what a service keeps of a refusal must stay."""
        try:
            shown: HttpResponse = self._changeform_view(request, object_id, form_url, extra_context)  # type: ignore[attr-defined]
        except DomainError as error:
            self.message_user(request, told(error), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return shown


def each(
    model_admin: Any, request: HttpRequest, rows: Iterable[Any], act: Callable[[Actor, Any], Any], done: str
) -> None:
    """Do `act` to every row of an admin action, one by one, and say how many went well and which were refused."""
    actor, well = staff_actor(request), 0
    for row in rows:
        try:
            act(actor, row)
            well += 1
        except DomainError as error:
            model_admin.message_user(request, f"{row}: {told(error)}", messages.ERROR)
    if well:
        model_admin.message_user(request, f"{done}: {well}.", messages.SUCCESS)


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    """When each job last succeeded, and why not."""

    list_display = [
        "name",
        "succeeded_at",
        "failed_at",
        "consecutive_failures",
        "duration_ms",
        "runs",
        "result",
    ]
    search_fields = ["name", "error"]


@admin.register(IdempotencyRecord)
class IdempotencyRecordAdmin(ReadOnlyAdmin):
    """Which requests were answered under a key; the answers themselves are their callers' own."""

    list_display = ["method", "path", "actor_kind", "actor_id", "key", "state", "status", "created_at"]
    list_filter = ["state", "actor_kind", "status"]
    search_fields = ["=key", "path", "=actor_id"]
    exclude = ["body", "headers", "body_hash", "owner"]
    show_full_result_count = False
