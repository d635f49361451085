"""Short ways to call the small API."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client


def post(
    client: Client, path: str, body: Any = None, *, key: str = "", method: str = "post", **headers: str
) -> Any:
    """POSTs `body` (bytes as they are) under /api/v1."""
    data = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
    if key:
        headers["Idempotency-Key"] = key
    return getattr(client, method)(
        f"/api/v1{path}", data=data, content_type="application/json", headers=headers
    )


def fields(response: Any) -> dict[str, str]:
    """The errors of a problem document by field; checks that it is a whole one."""
    assert response["Content-Type"] == "application/problem+json"
    document = response.json()
    assert document["status"] == response.status_code
    assert {"type", "title", "detail", "code", "errors"} <= set(document)
    return {error["field"]: error["message"] for error in document["errors"]}
