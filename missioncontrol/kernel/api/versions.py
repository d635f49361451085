"""Optimistic locking for people's edits: `ETag` out, `If-Match` or `version` in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rest_framework.request import Request

from missioncontrol.kernel.errors import FieldError, Malformed

_IF_MATCH = re.compile(r'(?:W/)?"(\d{1,18})"', re.ASCII)


def etag_for(version: int) -> str:
    """The entity tag of a row at `version`."""
    return f'"{version}"'


def expected_version(request: Request, body: Mapping[str, Any]) -> int | None:
    """The version the caller saw, from `If-Match` or from `version` in the body; None when it does not care.

    Raises Malformed for a header that is no tag of ours and for two sources that differ.
    """
    from_body: int | None = body.get("version")
    header = request.headers.get("If-Match", "").strip()
    if header in ("", "*"):
        return from_body
    found = _IF_MATCH.fullmatch(header)
    if found is None:
        raise Malformed('If-Match must be one entity tag such as "12", or *.', code="bad_if_match")
    version = int(found[1])
    if from_body not in (None, version):
        raise Malformed(
            "If-Match and version differ.", errors=[FieldError("version", f"If-Match says {version}.")]
        )
    return version
