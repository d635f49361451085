"""Every answer can be found again by its request id."""

from __future__ import annotations

import pytest
from django.test import Client


@pytest.mark.parametrize("path", ["/plain", "/nowhere", "/api/v1/nowhere", "/api/v1/things"])
def test_a_sane_id_is_taken_on_every_answer(db: None, path: str) -> None:
    assert Client().get(path, headers={"X-Request-ID": "abc.D_1-2"})["X-Request-ID"] == "abc.D_1-2"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "é", "a\nb", "<script>"])
def test_anything_else_gets_a_new_one(db: None, given: str) -> None:
    made = Client().get("/plain", headers={"X-Request-ID": given})["X-Request-ID"]
    assert made != given
    assert len(made) == 32


def test_a_failure_has_one_too(transactional_db: None, caller: Client) -> None:
    response = caller.post("/api/v1/broken/bug", headers={"X-Request-ID": "mine"})
    assert (response.status_code, response["X-Request-ID"]) == (500, "mine")
