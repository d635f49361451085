"""What every endpoint promises about credentials, bodies, queries and answers."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from missioncontrol.kernel.models import JobRun
from tests.kernel.asking import fields, post


def test_nobody_is_told_to_sign_in(db: None) -> None:
    response = Client().get("/api/v1/things")
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert response.json()["code"] == "unauthenticated"


def test_a_person_acts_under_their_own_name(caller: Client) -> None:
    response = post(caller, "/things", {"name": "first"})
    assert response.status_code == 201
    assert response.json() == {"name": "first", "by": "ada"}
    assert response["ETag"] == '"1"'
    assert JobRun.objects.get().name == "first"


def test_a_browser_needs_the_csrf_token(db: None) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(get_user_model().objects.create_user(username="eve"))
    refused = post(client, "/things", {"name": "x"})
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf_failed")
    assert not JobRun.objects.exists()
    client.cookies["csrftoken"] = "a" * 32
    assert post(client, "/things", {"name": "x"}, **{"X-CSRFToken": "a" * 32}).status_code == 201


def test_a_person_who_was_deactivated_is_nobody(caller: Client) -> None:
    get_user_model().objects.update(is_active=False)
    assert caller.get("/api/v1/things").status_code == 401


def test_unknown_fields_are_named_at_every_depth(caller: Client) -> None:
    body = {
        "name": "x",
        "actor_type": "human",
        "part": {"label": "a", "colour": 1},
        "parts": [{"label": "b", "z": 2}],
    }
    response = post(caller, "/things", body)
    assert response.status_code == 422
    assert set(fields(response)) == {"actor_type", "part.colour", "parts.0.z"} or set(fields(response)) == {
        "part.colour",
        "parts.0.z",
        "actor_type",
    }
    assert not JobRun.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": 5}, "name"),
        ({"name": ["x"]}, "name"),
        ({"name": None}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "\u200b"}, "name"),
        ({"name": "a\x07"}, "name"),
        ({"name": "x" * 301}, "name"),
        ({"name": "x", "count": "5"}, "count"),
        ({"name": "x", "count": True}, "count"),
        ({"name": "x", "count": 1.0}, "count"),
        ({"name": "x", "count": -1}, "count"),
        ({"name": "x", "count": 2**62}, "count"),
        ({"name": "x", "flag": 1}, "flag"),
        ({"name": "x", "flag": "true"}, "flag"),
        ({"name": "x", "kind": "three"}, "kind"),
        ({"name": "x", "kind": {"a": []}}, "kind"),
        ({"name": "x", "slug": "Not A Slug"}, "slug"),
        ({"name": "x", "slug": 7}, "slug"),
        ({"name": "x", "at": 5}, "at"),
        ({"name": "x", "at": "soon"}, "at"),
        ({"name": "x", "at": "0001-01-01T00:00:00+23:00"}, "at"),
        ({"name": "x", "id": 1}, "id"),
        ({"name": "x", "id": "1"}, "id"),
        ({"name": "x", "part": "no"}, "part"),
        ({"name": "x", "parts": {"a": 1}}, "parts"),
        ({"name": "x", "tags": "no"}, "tags"),
        ({"name": "x", "tags": ["a"] * 201}, "tags"),
        ({"name": "x", "tags": ["a", 2]}, "tags.1"),
        ([1], "body"),
        ("text", "body"),
        (None, "name"),
    ],
)
def test_a_wrong_body_is_refused_by_field(caller: Client, body: Any, field: str) -> None:
    response = post(caller, "/things", body)
    assert response.status_code == 422
    assert list(fields(response)) == [field]


@pytest.mark.parametrize(
    "body", [b"{", b"[" * 50_000, b'{"name": "\\ud800"}', b'{"name": "\\u0000"}', b'{"name": 1e999}', b"\xff"]
)
def test_what_is_not_strict_json_is_malformed(caller: Client, body: bytes) -> None:
    response = post(caller, "/things", body)
    assert (response.status_code, response.json()["code"]) == (400, "malformed")


def test_a_body_over_the_limit_is_refused(caller: Client, settings: Any) -> None:
    settings.MC_MAX_BODY = 100
    assert post(caller, "/things", {"name": "x" * 100}).status_code == 413


def test_other_media_types_and_methods_are_refused_by_name(caller: Client) -> None:
    form = caller.post("/api/v1/things", {"name": "x"})
    assert (form.status_code, form.json()["code"]) == (415, "unsupported_media_type")
    deleted = caller.delete("/api/v1/things")
    assert (deleted.status_code, deleted.json()["code"]) == (405, "method_not_allowed")
    assert deleted["Allow"] == "GET, POST, PATCH, HEAD, OPTIONS"
    image = caller.get("/api/v1/things", headers={"Accept": "image/png"})
    assert (image.status_code, image.json()["code"]) == (406, "not_acceptable")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("colour=red", "colour"),
        ("kind=three", "kind"),
        ("kind=one&kind=two", "kind"),
        ("runs=abc", "runs"),
        ("runs=" + "9" * 5_000, "runs"),
        ("runs=%D9%A3", "runs"),
        ("tag=ok,NOT", "tag.1"),
        ("open=perhaps", "open"),
        ("since=yesterday", "since"),
    ],
)
def test_a_bad_parameter_is_malformed_by_name(caller: Client, query: str, field: str) -> None:
    response = caller.get(f"/api/v1/things?{query}")
    assert response.status_code == 400
    assert list(fields(response)) == [field]


@pytest.mark.parametrize("query", ["q=%00", "q=%ED%A0%80", "q=%FF", "q=%1B", "%00=1"])
def test_a_query_that_is_no_text_is_malformed(caller: Client, query: str) -> None:
    assert caller.get(f"/api/v1/things?{query}").status_code == 400


def test_good_parameters_are_typed_and_blank_ones_absent(caller: Client) -> None:
    post(caller, "/things", {"name": "x"})
    assert len(caller.get("/api/v1/things?runs=0&kind=&tag=a,b&tag=c&open=true").json()["results"]) == 1
    assert caller.get("/api/v1/things?runs=1").json()["results"] == []


@pytest.mark.parametrize("path", ["/api/v1/things/%00", "/api/v1/things/a%1Bb"])
def test_an_address_that_is_no_text_is_nowhere(caller: Client, path: str) -> None:
    assert caller.get(path).status_code == 404


@pytest.mark.parametrize(
    ("header", "status"),
    [('"7"', 200), ('W/"7"', 200), ("*", 200), ('"6"', 409), ("7", 400), ('"x"', 400), ('"7", "8"', 400)],
)
def test_if_match_is_the_version_seen(caller: Client, header: str, status: int) -> None:
    response = post(caller, "/things", {}, method="patch", **{"If-Match": header})
    assert response.status_code == status


def test_the_version_may_stand_in_the_body_but_not_contradict(caller: Client) -> None:
    assert post(caller, "/things", {"version": 7}, method="patch").status_code == 200
    assert post(caller, "/things", {"version": 6}, method="patch").status_code == 409
    assert post(caller, "/things", {"version": 6}, method="patch", **{"If-Match": '"7"'}).status_code == 400


def test_a_public_view_needs_no_credential(db: None) -> None:
    assert Client().get("/api/v1/open/you").json() == {"hello": "you"}
    assert post(Client(), "/open", {"name": "x"}, key="k").json() == {"got": {"name": "x"}}


def test_each_caller_has_a_rate_of_their_own(caller: Client, settings: Any) -> None:
    settings.MC_KEY_RATE = 2
    other = Client()
    other.force_login(get_user_model().objects.create_user(username="bob"))
    assert [caller.get("/api/v1/things").status_code for _ in range(3)] == [200, 200, 429]
    refused = caller.get("/api/v1/things")
    assert 1 <= int(refused["Retry-After"]) <= 61
    assert refused.json()["retry_after_s"] == int(refused["Retry-After"])
    assert other.get("/api/v1/things").status_code == 200


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [
    "name",
    "text",
    "slug",
    "count",
    "flag",
    "kind",
    "at",
    "id",
    "part",
    "parts",
    "tags",
    "version",
    "other",
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.dictionaries(st.sampled_from(FIELDS), ANYTHING) | ANYTHING)
def test_no_body_is_ever_a_failure_of_ours(caller: Client, body: Any) -> None:
    assert post(caller, "/things", body, method="patch").status_code in {200, 400, 409, 422}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    raw=st.binary(max_size=60),
    name=st.sampled_from(["limit", "cursor", "ordering", "runs", "q", "since", "tag"]),
)
def test_no_query_is_ever_a_failure_of_ours(caller: Client, raw: bytes, name: str) -> None:
    encoded = "".join(f"%{byte:02X}" for byte in raw)
    assert caller.get(f"/api/v1/things?{name}={encoded}").status_code in {200, 400}
    assert caller.get("/api/v1/things", QUERY_STRING=raw.decode("latin-1")).status_code in {200, 400}


@pytest.mark.parametrize(
    "method", ["QUERY", "ACTOR", "RESPOND", "DISPATCH", "INITIAL", "_ATTEMPT", "__CLASS__", "é"]
)
def test_a_method_is_never_taken_for_the_name_of_something_else(caller: Client, method: str) -> None:
    response = caller.generic(method, "/api/v1/things", '{"name": "x"}', "application/json")
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert not JobRun.objects.exists()
