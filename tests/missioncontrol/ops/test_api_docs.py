"""The API's description refuses as the API does."""

from __future__ import annotations

import pytest
from django.test import Client

from missioncontrol.ops import api_docs
from tests.tasks.building import together


@pytest.mark.parametrize("path", ["/api/v1/openapi.json", "/api/v1/docs"])
@pytest.mark.parametrize("method", ["POST", "OPTIONS", "X-Y"])
@pytest.mark.django_db
def test_only_reading_is_served_and_the_rest_is_a_problem_document(path: str, method: str) -> None:
    response = Client().generic(method, path)

    assert response.status_code == 405
    assert response["Content-Type"] == "application/problem+json"
    assert response["Allow"] == "GET, HEAD"
    assert response.json()["code"] == "method_not_allowed"


def test_the_page_takes_no_parameters_and_minds_none() -> None:
    response = Client().get("/api/v1/docs?" + "&" * 2_000)

    assert (response.status_code, response["Content-Type"]) == (200, "text/html; charset=utf-8")


@pytest.mark.django_db(transaction=True)
def test_many_who_ask_first_at_the_same_time_get_the_same_document() -> None:
    api_docs._generated.cache_clear()
    asking = [lambda: Client().get("/api/v1/openapi.json")] * 6

    answers = together(asking)

    assert [answer.status_code for answer in answers] == [200] * 6
    assert len({answer.content for answer in answers}) == 1
