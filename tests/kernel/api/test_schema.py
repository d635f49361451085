"""The description of the API says what every endpoint shares."""

from __future__ import annotations

from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from tests.kernel import urls


@pytest.fixture
def described() -> dict[str, Any]:
    schema: dict[str, Any] = SchemaGenerator(patterns=urls.urlpatterns[:1]).get_schema(
        request=None, public=True
    )
    return schema


def test_every_operation_may_answer_a_problem(described: dict[str, Any]) -> None:
    for operation in described["paths"]["/api/v1/things"].values():
        content = operation["responses"]["default"]["content"]
        assert content["application/problem+json"]["schema"]["$ref"] == "#/components/schemas/Problem"
    assert {"code", "errors", "detail"} <= set(described["components"]["schemas"]["Problem"]["required"])


def test_post_and_patch_take_an_idempotency_key_and_get_does_not(described: dict[str, Any]) -> None:
    operations = described["paths"]["/api/v1/things"]
    names = {
        method: {each["name"] for each in operations[method].get("parameters", [])} for method in operations
    }
    assert "Idempotency-Key" in names["post"] & names["patch"]
    assert names["get"] == {"kind", "runs", "tag", "open", "since", "q"}


def test_the_fields_have_their_types_and_limits(described: dict[str, Any]) -> None:
    fields = described["components"]["schemas"]["Thing"]["properties"]
    assert fields["name"]["maxLength"] == 300
    assert fields["count"]["minimum"] == 0
    assert fields["at"]["format"] == "date-time"
    assert fields["slug"]["pattern"].startswith("^[a-z0-9]")


def test_people_sign_in_by_session(described: dict[str, Any]) -> None:
    assert described["components"]["securitySchemes"]["session"]["in"] == "cookie"
    assert {"session": []} in described["paths"]["/api/v1/things"]["get"]["security"]


def test_a_body_says_that_it_takes_nothing_else(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    assert schemas["Thing"]["additionalProperties"] is False
    assert schemas["Part"]["additionalProperties"] is False
    assert "additionalProperties" not in schemas["Problem"]
