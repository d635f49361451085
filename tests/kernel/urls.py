"""A small API for the tests of what every endpoint shares."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import path
from drf_spectacular.utils import extend_schema

from missioncontrol.kernel.api import serializers as kernel
from missioncontrol.kernel.api.pagination import page
from missioncontrol.kernel.api.views import ApiView, etag_for, expected_version
from missioncontrol.kernel.errors import Conflict, FieldError, NotFound, Refused
from missioncontrol.kernel.models import JobRun
from missioncontrol.kernel.transactions import unit

handler400 = "missioncontrol.kernel.api.problems.handler400"
handler403 = "missioncontrol.kernel.api.problems.handler403"
handler404 = "missioncontrol.kernel.api.problems.handler404"
handler500 = "missioncontrol.kernel.api.problems.handler500"


class Part(kernel.StrictSerializer):
    label = kernel.LineField()
    weight = kernel.IntegerField(required=False)


class Thing(kernel.StrictSerializer):
    name = kernel.LineField()
    text = kernel.TextField(required=False, allow_blank=True)
    slug = kernel.SlugField(required=False)
    count = kernel.IntegerField(required=False, min_value=0)
    flag = kernel.BooleanField(required=False)
    kind = kernel.ChoiceField(choices=["one", "two"], required=False)
    at = kernel.InstantField(required=False)
    id = kernel.UUIDField(required=False)
    part = Part(required=False)
    parts = Part(many=True, required=False)
    tags = kernel.ListField(child=kernel.LineField(), required=False)
    version = kernel.IntegerField(required=False)


class ThingFilter(kernel.FilterSerializer):
    kind = kernel.ChoiceField(choices=["one", "two"], required=False)
    runs = kernel.IntegerField(required=False)
    tag = kernel.ListField(child=kernel.SlugField(), required=False)
    open = kernel.BooleanField(required=False)
    since = kernel.InstantField(required=False)
    q = kernel.TextField(required=False)


class Things(ApiView):
    """Makes a JobRun for every thing, because it is a row the kernel has."""

    @extend_schema(operation_id="things_list", parameters=[ThingFilter], responses=Part(many=True))
    def get(self, request, **kwargs):
        given = self.query(ThingFilter)
        rows = JobRun.objects.values("name", "runs", "succeeded_at")
        if "runs" in given:
            rows = rows.filter(runs=given["runs"])
        return self.respond(
            page(
                rows,
                request,
                ordering="name",
                allowed={"name": ("name",), "runs": ("runs", "name"), "done": ("-succeeded_at", "name")},
                row=lambda row: {"name": row["name"], "runs": row["runs"]},
            )
        )

    @extend_schema(operation_id="things_create", request=Thing, responses={201: Thing})
    def post(self, request, **kwargs):
        given = self.read_body(Thing)
        with unit():
            made = make(given["name"])
        if given.get("kind") == "two":
            raise Refused(
                "No twos.", errors=[FieldError("kind", "Is two.")], extra={"next_action": "Send one."}
            )
        return self.respond(
            {"name": made.name, "by": self.actor.name}, status=201, headers={"ETag": etag_for(1)}
        )

    def patch(self, request, **kwargs):
        given = self.read_body(Thing, partial=True)
        if expected_version(request, given) not in (None, 7):
            raise Conflict("Changed meanwhile.")
        return self.respond({"echo": given})


def make(name: str) -> JobRun:
    from django.utils import timezone

    return JobRun.objects.create(name=name, first_seen_at=timezone.now())


class Secret(ApiView):
    answers_secret = True

    def post(self, request):
        return self.respond({"key": "mca_hush"}, status=201)


class Waiting(ApiView):
    idempotency = "manual"

    def post(self, request):
        from django.db import connection

        given = self.read_body(Thing)
        held = connection.in_atomic_block
        with unit():
            make(given["name"])
            response = self.respond({"held": held}, status=409 if given.get("kind") == "one" else 200)
            request.idempotency.store(response)
            if given.get("kind") == "two":
                raise Refused("No twos.")
        return response


class Broken(ApiView):
    """Fails in the way named in the path."""

    def post(self, request, how):
        make("half")
        FAILURES[how]()
        return self.respond({})


def _busy():
    import sqlite3

    from django.db import OperationalError

    cause = sqlite3.OperationalError("database is locked")
    cause.sqlite_errorcode = sqlite3.SQLITE_BUSY
    raise OperationalError("database is locked") from cause


def _duplicate():
    make("same")
    make("same")


def _too_long():
    JobRun.objects.filter(runs=0).update(runs=2**70)


def _bug():
    raise RuntimeError("a mistake")


def _gone():
    raise NotFound("No such thing.")


def _stopped():
    from rest_framework.exceptions import Throttled

    raise Throttled(3)


FAILURES = {
    "busy": _busy, "duplicate": _duplicate, "out-of-range": _too_long, "bug": _bug, "gone": _gone, "stopped": _stopped,
}  # fmt: skip


class Open(ApiView):
    permission_classes = []

    def get(self, request, name=""):
        return self.respond({"hello": name})

    def post(self, request):
        return self.respond({"got": self.read_body(Thing)})


def plain(request):
    return HttpResponse("plain")


urlpatterns = [
    path("api/v1/things", Things.as_view()),
    path("api/v1/things/<str:name>", Things.as_view()),
    path("api/v1/secret", Secret.as_view()),
    path("api/v1/waiting", Waiting.as_view()),
    path("api/v1/broken/<str:how>", Broken.as_view()),
    path("api/v1/open", Open.as_view()),
    path("api/v1/open/<str:name>", Open.as_view()),
    path("plain", plain),
]
