"""How request bodies are read: JSON, strictly, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.http import UnreadablePostError
from rest_framework.parsers import BaseParser

from missioncontrol.kernel import strict_json
from missioncontrol.kernel.errors import Malformed, TooLarge


class StrictJSONParser(BaseParser):
    """`application/json` through the strict reader; an empty body is an empty object.

    Raises Malformed (400) for what is not strict JSON and TooLarge (413) past `MC_MAX_BODY` bytes.
    """

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The value in the body."""
        limit = settings.MC_MAX_BODY
        try:
            data = stream.read(limit + 1)
        except UnreadablePostError as error:
            raise Malformed("The body ended early.") from error
        if len(data) > limit:
            raise TooLarge(f"The body is larger than {limit} bytes.")
        return strict_json.loads(data) if data.strip() else {}
