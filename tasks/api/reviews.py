"""Peer reviews over HTTP."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from missioncontrol.kernel.api.pagination import page
from missioncontrol.kernel.api.serializers import (
    ChoiceField,
    FilterSerializer,
    IntegerField,
    LineField,
    ListField,
    StrictSerializer,
    TextField,
)
from missioncontrol.kernel.api.views import ApiView
from missioncontrol.kernel.text import BadText, normalise
from tasks.api.thread_shapes import REVIEWS, ReviewAnswer, review_json
from tasks.models import ReviewKind, ReviewState
from tasks.patches import MAX_PATCH, files_of
from tasks.queries.timeline import reviews_of
from tasks.services.access import Need, get_task
from tasks.services.reviews import ANSWERS, SEVERITIES, create_review, get_review, respond_review
from tasks.thread_rules import CHANGES, MAX_CONTENT, MAX_FILES, MAX_PATH, MAX_RESPONSE

ORDERINGS = {"created_at": ("created_at", "id")}


class DiffField(TextField):
    """A diff: white space at its ends means something and stays."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)

    def _cleaned(self, data: str) -> str:
        try:
            return normalise(data)
        except BadText as error:
            raise serializers.ValidationError(str(error)) from error


class FileBody(StrictSerializer):
    """One file of a changeset."""

    path = LineField(max_length=MAX_PATH)
    change = ChoiceField(choices=CHANGES)
    diff = DiffField(required=False, allow_blank=True, max_length=MAX_CONTENT)


class NewReviewBody(StrictSerializer):
    """POST /tasks/{task}/reviews: praise has a score, a refute a severity, a changeset files."""

    kind = ChoiceField(choices=ReviewKind.choices)
    content = TextField(required=False, allow_blank=True, max_length=MAX_CONTENT)
    score = IntegerField(required=False, allow_null=True, min_value=1, max_value=10)
    severity = ChoiceField(choices=SEVERITIES, required=False)
    files = ListField(child=FileBody(), required=False, max_length=MAX_FILES)
    patch = DiffField(
        required=False,
        max_length=MAX_PATCH,
        help_text="In place of `files`: a unified diff, which is cut into them.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The files come one by one or as one patch, not both."""
        if "patch" in attrs and attrs.get("files"):
            raise serializers.ValidationError({"patch": "Send either files or a patch."})
        return attrs


class ResponseBody(StrictSerializer):
    """POST /reviews/{id}/respond."""

    state = ChoiceField(choices=ANSWERS)
    response = TextField(required=False, allow_blank=True, max_length=MAX_RESPONSE)


class ReviewFilters(FilterSerializer):
    """What reviews can be narrowed by."""

    kind = ChoiceField(choices=ReviewKind.choices, required=False)
    state = ChoiceField(choices=ReviewState.choices, required=False)


class ReviewList(ApiView):
    """GET and POST /tasks/{task}/reviews."""

    @extend_schema(operation_id="list_reviews", parameters=[ReviewFilters], responses=REVIEWS)
    def get(self, request: Request, task: str) -> Response:
        """The peer reviews of a task, oldest first."""
        found = get_task(self.actor, task)
        rows = reviews_of(found).filter(**self.query(ReviewFilters))
        shown = page(
            rows,
            request,
            ordering="created_at",
            allowed=ORDERINGS,
            row=lambda review: review_json(review, found),
        )
        return self.respond(shown)

    @extend_schema(operation_id="create_review", request=NewReviewBody, responses={201: ReviewAnswer})
    def post(self, request: Request, task: str) -> Response:
        """Say what one thinks of the work; a refute or changeset sends a task in review back."""
        found = get_task(self.actor, task, Need.WRITE)
        body = self.read_body(NewReviewBody)
        if "patch" in body:
            body["files"] = files_of(body.pop("patch"))
        review = create_review(actor=self.actor, task=found, **body)
        shown = review_json(review, found) | {"task_status": review.task.status}
        return self.respond(shown, status=201)


class ReviewResponse(ApiView):
    """POST /reviews/{id}/respond."""

    @extend_schema(operation_id="respond_to_review", request=ResponseBody, responses=ReviewAnswer)
    def post(self, request: Request, review: str) -> Response:
        """Accept or reject a pending review."""
        body = self.read_body(ResponseBody)
        found = get_review(self.actor, review, Need.WRITE)
        answered = respond_review(actor=self.actor, review=found, **body)
        return self.respond(review_json(answered, found.task) | {"task_status": found.task.status})
