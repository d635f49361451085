"""A list read page by page shows every row once, whatever is added meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client, RequestFactory
from rest_framework.request import Request

from missioncontrol.kernel.api.pagination import page
from missioncontrol.kernel.errors import Malformed
from missioncontrol.kernel.models import JobRun
from tests.kernel.asking import fields

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
ALLOWED = {
    "name": ("name",),
    "runs": ("runs", "name"),
    "done": ("succeeded_at", "name"),
    "mixed": ("-runs", "name"),
}


def fill(count: int) -> None:
    JobRun.objects.bulk_create(
        JobRun(
            name=f"job-{number:03}",
            first_seen_at=NOON,
            runs=number % 7,
            succeeded_at=None if number % 3 else NOON + timedelta(microseconds=number % 11),
        )
        for number in range(count)
    )


def walk(client: Client, query: str) -> list[str]:
    names: list[str] = []
    url: str | None = f"/api/v1/things?{query}"
    while url:
        answer = client.get(url).json()
        names += [row["name"] for row in answer["results"]]
        url = answer["next"]
    return names


def asked(query: str) -> Request:
    return Request(RequestFactory().get(f"/list?{query}"))


def walk_rows(rows: Any, ordering: str) -> list[Any]:
    seen: list[Any] = []
    query = f"limit=4&ordering={ordering}"
    while query:
        answer = page(rows, asked(query), ordering="name", allowed=ALLOWED)
        seen += answer["results"]
        query = (answer["next"] or "?").split("?", 1)[1]
    return seen


@pytest.mark.parametrize("ordering", ["name", "-name", "runs", "-runs", "done", "-done"])
@pytest.mark.parametrize("limit", [1, 7, 50])
def test_every_row_is_shown_once_in_every_ordering(caller: Client, ordering: str, limit: int) -> None:
    fill(40)
    names = walk(caller, f"ordering={ordering}&limit={limit}")
    assert sorted(names) == [f"job-{number:03}" for number in range(40)]


@pytest.mark.parametrize("ordering", list(ALLOWED) + [f"-{name}" for name in ALLOWED])
def test_models_and_values_come_in_the_same_order(db: None, ordering: str) -> None:
    fill(30)
    models = walk_rows(JobRun.objects.all(), ordering)
    values = walk_rows(JobRun.objects.values("name", "runs", "succeeded_at"), ordering)
    assert [row.name for row in models] == [row["name"] for row in values]
    assert len(models) == 30


def test_the_order_is_the_one_asked_for_and_nulls_are_last(db: None) -> None:
    fill(30)
    for ordering in ("done", "-done"):
        times = [row.succeeded_at for row in walk_rows(JobRun.objects.all(), ordering)]
        known = [moment for moment in times if moment]
        assert known == sorted(known, reverse=ordering == "-done")
        assert times[len(known) :] == [None] * (30 - len(known))
    mixed = [(-row.runs, row.name) for row in walk_rows(JobRun.objects.all(), "mixed")]
    assert mixed == sorted(mixed)


def test_rows_added_before_the_cursor_shift_nothing(caller: Client) -> None:
    fill(20)
    first = caller.get("/api/v1/things?limit=10").json()
    JobRun.objects.create(name="a-new-one", first_seen_at=NOON)
    second = caller.get(first["next"]).json()
    assert [row["name"] for row in second["results"]] == [f"job-{number:03}" for number in range(10, 20)]
    assert second["next"] is None


def test_a_page_costs_one_query_however_many_rows(caller: Client, django_assert_num_queries: Any) -> None:
    fill(5)
    query = asked("limit=2")
    with django_assert_num_queries(1):
        page(JobRun.objects.all(), query, ordering="name", allowed=ALLOWED)
    JobRun.objects.all().delete()
    fill(300)
    with django_assert_num_queries(1) as captured:
        answer = page(JobRun.objects.all(), asked("limit=200"), ordering="name", allowed=ALLOWED)
    assert len(answer["results"]) == 200
    assert "COUNT" not in captured[0]["sql"]


def test_fifty_rows_unless_asked_and_filters_stay_in_the_link(caller: Client) -> None:
    fill(60)
    answer = caller.get("/api/v1/things?ordering=-name&open=true").json()
    assert len(answer["results"]) == 50
    assert "open=true" in answer["next"]
    assert "ordering=-name" in answer["next"]


@pytest.mark.parametrize(
    "limit", ["0", "-1", "201", "abc", "1e1", "99999999999", "%D9%A3", "5.0", "+5", " 5"]
)
def test_a_limit_that_is_none_names_the_bounds(caller: Client, limit: str) -> None:
    response = caller.get(f"/api/v1/things?limit={limit}")
    assert response.status_code == 400
    assert fields(response) == {"limit": "Must be a whole number from 1 to 200."}


def test_an_unknown_ordering_names_the_known(caller: Client) -> None:
    response = caller.get("/api/v1/things?ordering=password")
    assert response.status_code == 400
    assert "name, -name, runs" in fields(response)["ordering"]


@pytest.mark.parametrize("cursor", ["x", "x:y", ":", "bnVsbA:sig", "é", "a" * 10_000])
def test_a_made_up_cursor_is_malformed(caller: Client, cursor: str) -> None:
    response = caller.get("/api/v1/things", {"cursor": cursor})
    assert response.status_code == 400
    assert list(fields(response)) == ["cursor"]


def test_a_cursor_cannot_be_changed_or_used_for_another_ordering(db: None) -> None:
    fill(5)
    url = page(JobRun.objects.all(), asked("limit=2"), ordering="name", allowed=ALLOWED)["next"]
    query = url.split("?", 1)[1]
    with pytest.raises(Malformed):
        page(
            JobRun.objects.all(),
            asked(query.replace("cursor=", "cursor=A")),
            ordering="name",
            allowed=ALLOWED,
        )
    with pytest.raises(Malformed, match="another ordering"):
        page(JobRun.objects.all(), asked(f"{query}&ordering=-name"), ordering="name", allowed=ALLOWED)
