"""Every page of the admin, for every model: it opens, it finds, it narrows, and it costs the same however many rows."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.db import connection, transaction
from django.db.models import ForeignKey
from django.forms import ModelChoiceField, ModelMultipleChoiceField
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from missioncontrol.kernel.admin import HouseRows
from tasks.models import User

from .building import one_of_each

pytestmark = pytest.mark.django_db
FEW, MANY = 3, 30
NOT_SHOWN = {
    "sessions.Session": "its keys let people in",
    "auth.Permission": "Django's own words",
    "contenttypes.ContentType": "Django's own words",
    "tasks.SearchTitle": "no table that Django knows",
    "tasks.SearchText": "no table that Django knows",
}
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
HOUSES = ("tasks", "agents", "notifications", "kernel")
LISTED_BY_DJANGO = {"user_permissions", "permissions", "groups", "content_type"}


@dataclass
class Seen:
    """What the pages answered: statuses of those that were opened, queries of the lists, fields of the forms."""

    opened: dict[Any, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    queries: dict[Any, list[list[str]]] = field(default_factory=lambda: defaultdict(list))
    rows: dict[Any, list[int]] = field(default_factory=lambda: defaultdict(list))
    choosing: dict[Any, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))
    inside: dict[Any, list[int]] = field(default_factory=lambda: defaultdict(list))


@pytest.fixture(scope="module")
def seen(django_db_setup: None, django_db_blocker: Any) -> Seen:
    """Everything is built and looked at once, for all the tests of this module."""
    found = Seen()
    with django_db_blocker.unblock(), transaction.atomic():
        staff = Client(raise_request_exception=False)
        staff.force_login(User.objects.create_superuser("grace"))
        for number in range(FEW):
            one_of_each(number)
        for model in MODELS:
            _open_everything(staff, model, found)
            _count(staff, model, found)
        for number in range(FEW, MANY):
            one_of_each(number)
        for model in MODELS:
            _count(staff, model, found)
        transaction.set_rollback(True)
    return found


def page(model: Any, name: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def _count(staff: Client, model: Any, found: Seen) -> None:
    path = page(model, "changelist")
    staff.get(path)  # what Django keeps between requests, like content types, is known after this
    with CaptureQueriesContext(connection) as counted:
        answer = staff.get(path)
    found.queries[model].append([query["sql"] for query in counted])
    found.rows[model].append(len(answer.context["cl"].result_list) if answer.status_code == 200 else -1)


def _open_everything(staff: Client, model: Any, found: Seen) -> None:
    opened = found.opened[model]

    def look(path: str, **query: Any) -> Any:
        answer = staff.get(path, query)
        opened[f"{path}?{query}" if query else path] = answer.status_code
        return answer

    path, shown = page(model, "changelist"), admin.site.get_model_admin(model)
    changelist = look(path).context["cl"]
    if shown.search_fields:
        look(path, q="bolt 1 ümläut\"'%_")
    for narrowing in changelist.filter_specs:
        for choice in list(narrowing.choices(changelist))[:4]:
            look(path + choice["query_string"])
    if shown.date_hierarchy:
        dated = shown.date_hierarchy
        for parts in (("year",), ("year", "month"), ("year", "month", "day")):
            look(path, **{f"{dated}__{part}": {"year": 2026, "month": 3, "day": 2}[part] for part in parts})
    for column in range(1, len(changelist.list_display)):
        look(path, o=column)
    row = model._default_manager.order_by("-pk").first()
    if row is not None:
        changed = look(page(model, "change", row.pk))
        look(page(model, "history", row.pk))
        _fields(changed, model, found)
    request = changelist_request(staff)
    if shown.has_add_permission(request):
        _fields(look(page(model, "add")), model, found)


def changelist_request(staff: Client) -> Any:
    return staff.get("/admin/").wsgi_request


def _fields(answer: Any, model: Any, found: Seen) -> None:
    form = answer.context["adminform"].form if answer.status_code == 200 else None
    for name, one in form.fields.items() if form else ():
        if isinstance(one, (ModelChoiceField, ModelMultipleChoiceField)):
            found.choosing[model][name] = getattr(one.widget, "widget", one.widget)


def test_every_model_of_every_app_has_its_page() -> None:
    hidden = {model._meta.label for model in apps.get_models() if model not in admin.site._registry}
    assert hidden <= set(NOT_SHOWN)
    assert not {label for label in hidden if label.split(".")[0] in HOUSES} - {
        "tasks.SearchTitle",
        "tasks.SearchText",
    }


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_page_search_filter_date_and_order_opens(seen: Seen, model: Any) -> None:
    assert seen.rows[model][0] > 0, "nothing was looked at"
    assert {path: status for path, status in seen.opened[model].items() if status != 200} == {}
    assert any(path.endswith("/history/") for path in seen.opened[model])


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_list_of_thirty_rows_costs_as_many_queries_as_one_of_three(seen: Seen, model: Any) -> None:
    few, many = seen.queries[model]
    assert len(many) == len(few), "\n".join(many)
    if model._meta.label != "tasks.SystemState":
        assert seen.rows[model][1] >= MANY > seen.rows[model][0] or model._meta.label == "tasks.Event"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_no_reference_is_chosen_from_a_list_of_everything(seen: Seen, model: Any) -> None:
    for name, widget in seen.choosing[model].items():
        if name not in LISTED_BY_DJANGO:
            assert isinstance(widget, (AutocompleteSelect, AutocompleteSelectMultiple)), name
    for each in model._meta.fields:
        target = admin.site._registry.get(each.related_model) if isinstance(each, ForeignKey) else None
        if model._meta.app_label in HOUSES and target is not None:
            assert target.search_fields, f"{each} cannot be looked up"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_big_tables_are_not_counted_for_a_headline_nor_scanned_for_a_filter(seen: Seen, model: Any) -> None:
    shown = admin.site.get_model_admin(model)
    if isinstance(shown, HouseRows):
        assert not shown.show_full_result_count
        # The dates above a list are read apart; a filter would read every row in search of its values.
        scans = [sql for sql in seen.queries[model][1] if "DISTINCT" in sql and "trunc" not in sql.lower()]
        assert scans == []
