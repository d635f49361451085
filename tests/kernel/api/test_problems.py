"""Whatever goes wrong, a program gets a problem document and a person a page."""

from __future__ import annotations

import pytest
from django.test import Client

from missioncontrol.kernel.api.problems import problem_response
from missioncontrol.kernel.errors import FieldError, Refused
from missioncontrol.kernel.models import JobRun
from tests.kernel.asking import fields, post


def test_a_refusal_carries_its_fields_and_extras(caller: Client) -> None:
    response = post(caller, "/things", {"name": "x", "kind": "two"})
    assert response.status_code == 422
    assert fields(response) == {"kind": "Is two."}
    document = response.json()
    assert (document["code"], document["next_action"]) == ("refused", "Send one.")
    assert document["type"] == "urn:missioncontrol:problem:refused"


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ("busy", 503, "unavailable"),
        ("duplicate", 409, "conflict"),
        ("out-of-range", 422, "out_of_range"),
        ("gone", 404, "not_found"),
        ("stopped", 429, "throttled"),
        ("bug", 500, "internal_error"),
    ],
)
def test_every_failure_has_its_status_and_code(
    transactional_db: None, caller: Client, how: str, status: int, code: str
) -> None:
    response = post(caller, f"/broken/{how}")
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert fields(response) == {}
    if status in (429, 503):
        assert int(response["Retry-After"]) >= 1
        assert response.json()["retryable"] is True


def test_a_mistake_of_ours_says_nothing_of_its_cause(transactional_db: None, caller: Client) -> None:
    assert "a mistake" not in post(caller, "/broken/bug").content.decode()


def test_an_unknown_address_of_the_api_is_a_problem_document(db: None) -> None:
    for path in ("/api/v1/nowhere", "/agent/nowhere", "/mcp"):
        response = Client().get(path)
        assert (response.status_code, response.json()["instance"]) == (404, path)
        assert fields(response) == {}


def test_an_unknown_page_is_html(db: None) -> None:
    response = Client().get("/nowhere")
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


def test_a_form_without_its_token_is_refused_with_a_way_on(db: None) -> None:
    response = Client(enforce_csrf_checks=True).post("/plain", {"a": "b"})
    assert response.status_code == 403
    assert "Load the page again" in response.content.decode()


def test_a_problem_can_be_answered_outside_the_framework() -> None:
    response = problem_response(
        Refused("No.", errors=[FieldError("a", "Bad.")], extra={"status": 1, "more": 2})
    )
    assert response.status_code == 422
    assert fields_of(response.content) == {"a": "Bad."}
    assert b'"more":2' in response.content


def fields_of(content: bytes) -> dict[str, str]:
    import json

    document = json.loads(content)
    assert document["status"] == 422
    return {error["field"]: error["message"] for error in document["errors"]}


def test_half_done_work_of_a_keyed_request_is_undone_by_a_failure(
    transactional_db: None, caller: Client
) -> None:
    for how in ("busy", "duplicate", "out-of-range", "bug", "stopped"):
        post(caller, f"/broken/{how}", key=how)
        assert not JobRun.objects.exists()
