"""The tool endpoints."""

from __future__ import annotations

from rest_framework import serializers

from missioncontrol.kernel.api.schema import Described


class ToolAnswer(Described):
    """What a tool endpoint answers; further members say what was done."""

    success = serializers.BooleanField()


class ToolRefusal(Described):
    """What a tool endpoint answers when it did nothing."""

    success = serializers.BooleanField()
    error = serializers.CharField()
    code = serializers.CharField()


TOOL_ANSWERS = {200: ToolAnswer, **dict.fromkeys((400, 401, 404, 405, 422), ToolRefusal)}
