"""Shapes that several request bodies share: plan, deliverable, checklist, references to tasks and people."""

from __future__ import annotations

import math
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from missioncontrol.kernel.api.serializers import (
    BooleanField,
    IntegerField,
    LineField,
    ListField,
    StrictSerializer,
    TextField,
)
from tasks.thread_rules import MAX_ARTIFACTS, MAX_TYPE, MAX_URL, is_web_address

MAX_BULLETS = 50
MAX_ITEMS = 100
MAX_REASON = 10_000
MAX_LEASE_TOKEN = 2**63 - 1
LARGEST_MEASURE = 10**9


@extend_schema_field({"oneOf": [{"type": "number", "minimum": 0}, {"type": "string", "maxLength": 60}]})
class MeasureField(serializers.Field[Any, Any, Any, Any]):
    """A cost or a duration as its author writes it: a number from 0 on, or a short line such as `2 h`."""

    default_error_messages = {"type": "Must be a number from 0 on, or a short text such as “2 h”."}

    def to_internal_value(self, data: Any) -> int | float | str:
        """The number or the line."""
        if isinstance(data, str):
            return str(LineField(max_length=60, allow_blank=True).run_validation(data))
        if isinstance(data, bool) or not isinstance(data, (int, float)):
            self.fail("type")
        if not (math.isfinite(data) and 0 <= data <= LARGEST_MEASURE):
            self.fail("type")
        return data

    def to_representation(self, value: Any) -> Any:
        """As it was stored."""
        return value


class WorkPlanBody(StrictSerializer):
    """What the assignee means to do. How many bullets are enough, the workflow says."""

    bullets = ListField(child=LineField(max_length=1000, allow_blank=True), max_length=MAX_BULLETS)
    estimated_cost = MeasureField(required=False, allow_null=True)
    estimated_duration = MeasureField(required=False, allow_null=True)


class ArtifactBody(StrictSerializer):
    """Something made, by reference."""

    name = LineField()
    type = LineField(max_length=MAX_TYPE)
    url = LineField(max_length=MAX_URL, required=False, allow_blank=True)

    def validate_url(self, value: str) -> str:
        """Only addresses that are safe to show as links."""
        if value and not is_web_address(value):
            raise serializers.ValidationError("Must be an http or https address.")
        return value


class DeliverableBody(StrictSerializer):
    """What is handed in for review."""

    summary = TextField(required=False, allow_blank=True, max_length=10_000)
    content = TextField(required=False, allow_blank=True)
    artifacts = ListField(child=ArtifactBody(), required=False, max_length=MAX_ARTIFACTS)


class ChecklistItemBody(StrictSerializer):
    """One thing a reviewer looks for."""

    label = LineField(max_length=500)  # type: ignore[assignment]
    checked = BooleanField()
    note = TextField(required=False, allow_blank=True, max_length=2000)


class ChecklistBody(StrictSerializer):
    """The review checklist."""

    items = ListField(child=ChecklistItemBody(), max_length=MAX_ITEMS)


class WorkBody(StrictSerializer):
    """What a step of the workflow can bring along."""

    work_plan = WorkPlanBody(required=False)
    deliverable = DeliverableBody(required=False)
    checklist = ChecklistBody(required=False)


class LeaseField(IntegerField):
    """The token of the lease the caller believes to hold."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, min_value=0, max_value=MAX_LEASE_TOKEN, **options)


class UndoableField(BooleanField):
    """Whether the change shall wait for a possible undo before agents and bells hear of it (`MC_UNDO_S`)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            required=False,
            help_text="Let the caller undo this for a few seconds: until then no agent and no bell hears of it.",
            **options,
        )


class ReviewerBody(StrictSerializer):
    """Exactly one of `agent` (slug) and `user` (name)."""

    agent = LineField(required=False, max_length=60)
    user = LineField(required=False, max_length=150)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the two, not both."""
        if len(attrs) != 1:
            raise serializers.ValidationError("Name either an agent or a user.")
        return attrs


class Nothing(StrictSerializer):
    """An empty body."""
