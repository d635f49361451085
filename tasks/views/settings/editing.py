"""A form of settings: shown, sent, refused beside its fields, and kept apart from what others change meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse

from missioncontrol.kernel.errors import DomainError
from tasks.errors import VersionConflict
from tasks.models import Project
from tasks.services.access import Need, require
from tasks.services.project_edits import edit_settings, flat
from tasks.views.pages import Visit
from tasks.views.settings.fields import Count, Switch

Scalar = str | int | bool | None


class SettingsForm(forms.Form):
    """A form whose fields are settings of a project, called as `flat` calls them.

    `shown` are the values it is drawn from: they travel with it, so that the answer knows what the person changed.
    """

    def __init__(self, shown: Mapping[str, Any], data: QueryDict | None = None) -> None:
        super().__init__(data, initial=dict(shown), auto_id="set-%s", use_required_attribute=False)
        self.fields |= self.made()
        self.sent = data
        self.shown = {name: shown.get(name) for name in self.fields}
        self.dirty = data is not None

    def made(self) -> dict[str, forms.Field]:
        """Further fields, which are not written down one by one."""
        return {}

    @property
    def seen(self) -> str:
        """The values it is drawn from, for the hidden field that brings them back."""
        return json.dumps(self.shown)

    @property
    def asked(self) -> dict[str, Any]:
        """What a valid form says."""
        return {name: self.cleaned_data[name] for name in self.fields}

    def told(self, name: str, value: Any) -> str:
        """A value of a field in words."""
        field = self.fields[name]
        if isinstance(field, Switch):
            return "on" if value else "off"
        if isinstance(field, forms.ChoiceField):
            return str(dict(_flat_choices(field)).get(value, value))
        if value in (None, ""):
            return field.unset if isinstance(field, Count) else "nothing"
        return str(field.prepare_value(value))

    def groups(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """What it holds in words, for who may not change it: under each title the fields' names and values."""
        return [("", self.in_words(self.fields))]

    def in_words(self, names: Iterable[str]) -> list[tuple[str, str]]:
        """Names and values of these fields."""
        return [(str(self[name].label), self.told(name, self.shown[name])) for name in names]


Draw = Callable[[SettingsForm, int], HttpResponse]


def show_or_save(visit: Visit, form_class: type[SettingsForm], draw: Draw) -> HttpResponse:
    """The form drawn by `draw(form, status)`, or, where it was sent, the page anew once it is saved."""
    if visit.request.method != "POST":
        return draw(form_class(flat(visit.project)), 200)
    require(visit.actor, visit.project, Need.ADMIN)
    seen = read_seen(visit.request)
    form = form_class(flat(visit.project) | seen, visit.request.POST)
    if not form.is_valid():
        return draw(form, 422)
    try:
        edit_settings(actor=visit.actor, project=visit.project, seen=seen, asked=form.asked)
    except VersionConflict as conflict:
        return draw(_after(form, conflict, Project.objects.get(pk=visit.project.pk)), 409)
    except DomainError as error:
        _complain(form, error)
        return draw(form, error.status)
    return done(visit.request, f"{visit.request.path}?saved=1")


def draw_with(visit: Visit, template: str, context: Mapping[str, Any]) -> Draw:
    """What draws a form into a page."""

    def draw(form: SettingsForm, status: int) -> HttpResponse:
        return render(visit.request, template, {**context, "form": form}, status=status)

    return draw


def done(request: HttpRequest, where: str) -> HttpResponse:
    """On to a page after something was done; a script is told where instead of being sent there."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": where})
    return HttpResponseRedirect(where, status=303)


def home() -> str:
    """Where a person goes for whom the project is gone."""
    return reverse("home")


def read_seen(request: HttpRequest) -> dict[str, Scalar]:
    """The values that the form was drawn from, as it brought them back; nothing where they cannot be read."""
    try:
        found = json.loads(request.POST.get("seen", "")[:300_000])
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    plain = (str, int, bool, type(None))
    return {name: value for name, value in found.items() if isinstance(value, plain)}


def _after(form: SettingsForm, conflict: VersionConflict, project: Project) -> SettingsForm:
    """The form drawn from the values of now, with what the person changed still in it and the clashes named."""
    now = flat(project)
    asked = form.asked
    data = QueryDict(mutable=True) if form.sent is None else form.sent.copy()
    for name, value in form.shown.items():
        if asked[name] == value:
            _write(data, name, form.fields[name], now.get(name))
    fresh = type(form)(now, data)
    fresh.full_clean()
    for error in conflict.errors:
        theirs = fresh.told(error.field, now.get(error.field))
        fresh.add_error(
            error.field, f"{error.message} It is {theirs} now. Save again to put yours in its place."
        )
    return fresh


def _write(data: QueryDict, name: str, field: forms.Field, value: Any) -> None:
    if not isinstance(field, Switch):
        data[name] = "" if value is None else str(field.prepare_value(value))
    elif value:
        data[name] = "on"
    else:
        data.pop(name, None)


def _complain(form: SettingsForm, error: DomainError) -> None:
    for each in error.errors:
        form.add_error(each.field if each.field in form.fields else None, each.message)
    if not error.errors:
        form.add_error(None, error.message)


def _flat_choices(field: forms.ChoiceField) -> Iterable[tuple[Any, Any]]:
    for value, label in field.choices:  # type: ignore[union-attr, misc]
        if isinstance(label, (list, tuple)):
            yield from label
        else:
            yield value, label
