"""What every page of the admin shares, and the kernel's own rows.

Nothing here writes a row: what staff change goes through the services, with its event, or is not to be changed.
"""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import get_fields_from_path
from django.db.models import BooleanField
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


class RecentValuesFilter(admin.FieldListFilter):
    """What a column of many rows can be narrowed to: the values of its latest rows, read without a scan of all."""

    READ = 1_000

    def __init__(
        self, field: Any, request: HttpRequest, params: Any, model: Any, model_admin: Any, field_path: str
    ) -> None:
        self.lookup_kwarg = field_path
        super().__init__(field, request, params, model, model_admin, field_path)
        self.chosen: list[Any] | None = self.used_parameters.get(field_path)  # type: ignore[assignment]
        latest = model._default_manager.order_by("-pk").values_list(field_path, flat=True)[: self.READ]
        self.values = sorted({str(value) for value in [*latest, *(self.chosen or [])] if value is not None})

    def expected_parameters(self) -> list[str | None]:
        """The column's own name."""
        return [self.lookup_kwarg]

    def has_output(self) -> bool:
        """Where there is something to choose from."""
        return len(self.values) > 1 or self.chosen is not None

    def choices(self, changelist: Any) -> Any:
        """All, and each value."""
        chosen = {str(value) for value in self.chosen or []}
        yield {
            "selected": not chosen,
            "query_string": changelist.get_query_string(remove=[self.lookup_kwarg]),
            "display": "All",
        }
        for value in self.values:
            yield {
                "selected": value in chosen,
                "query_string": changelist.get_query_string({self.lookup_kwarg: value}),
                "display": value or "–",
            }


class HouseAdmin(Base):
    """What every page shares: references are looked up as one types, and orders ask for the right to change."""

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        """Every reference to what can be searched: a list of all tasks or people would never end."""
        return [field.name for field in self.opts.get_fields() if self._can_look_up(field)]

    def _can_look_up(self, field: Any) -> bool:
        if not (field.many_to_one or field.many_to_many or field.one_to_one) or field.auto_created:
            return False
        known: Any = self.admin_site._registry.get(field.remote_field.model)
        return known is not None and bool(known.search_fields)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Whoever may change such rows may give orders about them, also where no row is edited by hand."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")


class ReadOnlyAdmin(HouseAdmin):
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

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """As declared, but no filter reads a whole table in search of its values."""
        return [self._narrowly(one) for one in super().get_list_filter(request)]

    def _narrowly(self, declared: Any) -> Any:
        if not isinstance(declared, str):
            return declared
        column = get_fields_from_path(self.model, declared)[-1]
        known = column.flatchoices or column.is_relation or isinstance(column, BooleanField)
        return declared if known else (declared, RecentValuesFilter)


class ReadOnlyInline(InlineBase):
    """Rows shown beside what they belong to; nobody adds, changes or deletes them by hand."""

    extra = 0
    can_delete = False
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> Any:
        """With what the rows refer to, however many there are."""
        referred = [field.name for field in self.opts.get_fields() if field.many_to_one or field.one_to_one]
        own = [name for name in referred if not getattr(self.opts.get_field(name), "auto_created", False)]
        return super().get_queryset(request).select_related(*own)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


class _AdminMeta(ABCMeta, MediaDefiningClass):
    """Lets a page of the admin leave a method to its subclasses: without it, registering one fails."""


class ServiceAdmin(HouseAdmin, metaclass=_AdminMeta):
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
    list_filter = [("failed_at", admin.EmptyFieldListFilter)]
    search_fields = ["name", "error"]
    date_hierarchy = "succeeded_at"


@admin.register(IdempotencyRecord)
class IdempotencyRecordAdmin(HouseRows):
    """Which requests were answered under a key; the answers themselves are their callers' own."""

    list_display = ["method", "path", "actor_kind", "actor_id", "key", "state", "status", "created_at"]
    list_filter = ["state", "actor_kind", "status"]
    date_hierarchy = "created_at"
    search_fields = ["=key", "path", "=actor_id"]
    exclude = ["body", "headers", "body_hash", "owner"]


@admin.register(LogEntry)
class LogEntryAdmin(HouseRows):
    """What staff did in these pages; the history of what they did it to is in the events."""

    list_display = ["action_time", "user", "content_type", "object_repr", "action_flag"]
    list_filter = ["action_flag", "content_type"]
    search_fields = ["object_repr", "=object_id", "user__username", "change_message"]
    list_select_related = ["user", "content_type"]
    date_hierarchy = "action_time"
