"""Projects over HTTP: their settings, their mode, their members."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from missioncontrol.kernel.api.pagination import page
from missioncontrol.kernel.api.serializers import (
    BooleanField,
    ChoiceField,
    IntegerField,
    LineField,
    SlugField,
    StrictSerializer,
    TextField,
)
from missioncontrol.kernel.api.versions import etag_for, expected_version
from missioncontrol.kernel.api.views import ApiView
from missioncontrol.kernel.errors import NotFound
from tasks.api.descriptions import MEMBERS, PROJECTS, MemberAnswer, ProjectAnswer
from tasks.models import Autonomy, Membership, Mode, Project, Role, User, Workflow
from tasks.services import projects as services
from tasks.services.access import Need, get_project, require_may_create_projects, visible_projects
from tasks.services.people import find_person
from tasks.workflow import Status

SHOWN = (
    "id", "slug", "name", "description", "key_prefix", "workflow", "autonomy", "auto_triage",
    "agents_may_close", "done_needs_approval", "lease_s", "abandon_limit", "auto_approve_after_s",
    "wip_limits", "loop_limits", "timezone", "mode", "mode_reason", "mode_set_by", "mode_since",
    "created_at", "updated_at", "version",
)  # fmt: skip
ORDERINGS = {"name": ("name", "id"), "slug": ("slug",), "created": ("created_at", "id")}
MEMBER_ORDERINGS = {"name": ("user__username", "id")}
MAX_LIMITS = 30
WEEK_S = 7 * 86_400


class ColumnLimitsField(serializers.DictField):
    """How many tasks a column may hold, by status."""

    default_error_messages = {"unknown": "Unknown status: {names}."}

    def __init__(self, **options: Any) -> None:
        super().__init__(child=IntegerField(min_value=1, max_value=1_000_000), **options)

    def to_internal_value(self, data: Any) -> dict[str, int]:
        """The limits."""
        if isinstance(data, dict) and (unknown := set(data) - set(Status.values)):
            self.fail("unknown", names=", ".join(sorted(str(name)[:100] for name in unknown)))
        return dict(super().to_internal_value(data))


class LoopLimitsField(serializers.DictField):
    """Thresholds of loop detection that differ from the defaults: kind of loop, then name of the threshold."""

    default_error_messages = {"many": "Too many entries."}

    def __init__(self, **options: Any) -> None:
        numbers = serializers.DictField(child=IntegerField(min_value=1, max_value=1_000_000))
        super().__init__(child=numbers, **options)

    def to_internal_value(self, data: Any) -> dict[str, dict[str, int]]:
        """The thresholds."""
        found = dict(super().to_internal_value(data))
        if len(found) > MAX_LIMITS or any(len(inner) > MAX_LIMITS for inner in found.values()):
            self.fail("many")
        return found


class ProjectFields(StrictSerializer):
    """Settings of a project."""

    description = TextField(required=False, allow_blank=True)
    workflow = ChoiceField(choices=Workflow.choices, required=False)
    autonomy = ChoiceField(choices=Autonomy.choices, required=False)
    auto_triage = BooleanField(required=False)
    agents_may_close = BooleanField(required=False)
    done_needs_approval = BooleanField(required=False)
    lease_s = IntegerField(required=False, min_value=10, max_value=86_400)
    abandon_limit = IntegerField(required=False, min_value=1, max_value=1000)
    auto_approve_after_s = IntegerField(required=False, min_value=0, max_value=52 * WEEK_S)
    wip_limits = ColumnLimitsField(required=False)
    loop_limits = LoopLimitsField(required=False)
    timezone = LineField(required=False, max_length=64)

    def validate_timezone(self, value: str) -> str:
        """A name the tz database knows."""
        if value not in available_timezones():
            raise serializers.ValidationError("Unknown time zone; write it like Europe/Berlin.")
        return value


class NewProjectBody(ProjectFields):
    """POST /projects."""

    slug = SlugField(max_length=60)
    name = LineField(required=False, max_length=200)
    key_prefix = serializers.RegexField(r"^[A-Z][A-Z0-9]{0,7}\Z", required=False)


class ProjectChanges(ProjectFields):
    """PATCH /projects/{slug}."""

    name = LineField(required=False, max_length=200)
    version = IntegerField(required=False, min_value=1)


class ModeBody(StrictSerializer):
    """POST /projects/{slug}/mode."""

    mode = ChoiceField(choices=Mode.choices)
    reason = LineField(required=False, allow_blank=True, max_length=500)


class MemberBody(StrictSerializer):
    """PUT /projects/{slug}/members/{username}."""

    role = ChoiceField(choices=Role.choices)


class NewMemberBody(MemberBody):
    """POST /projects/{slug}/members."""

    who = LineField(max_length=254, help_text="The user name, or the e-mail address.")


def project_json(project: Project) -> dict[str, Any]:
    """One project with its settings."""
    return {name: getattr(project, name) for name in SHOWN}


def member_json(row: Membership) -> dict[str, Any]:
    """One person and the role; the user must be loaded."""
    return {"user": row.user.username, "name": row.user.shown_name, "role": row.role}


class ProjectView(ApiView):
    """What the views of one project share."""

    def show(self, project: Project, status: int = 200) -> Response:
        """The project, with its version as entity tag."""
        headers = {"ETag": etag_for(project.version)}
        if status == 201:
            headers["Location"] = f"/api/v1/projects/{project.slug}"
        return self.respond(project_json(project), status, headers)


class ProjectList(ProjectView):
    """GET and POST /projects."""

    @extend_schema(operation_id="list_projects", responses=PROJECTS)
    def get(self, request: Request) -> Response:
        """The projects the caller may see."""
        projects = visible_projects(self.actor)
        return self.respond(page(projects, request, ordering="name", allowed=ORDERINGS, row=project_json))

    @extend_schema(operation_id="create_project", request=NewProjectBody, responses={201: ProjectAnswer})
    def post(self, request: Request) -> Response:
        """Make a project; the caller becomes its owner."""
        body = self.read_body(NewProjectBody)
        require_may_create_projects(self.actor)
        creator = User.objects.filter(pk=self.actor.user_id or 0).first()
        return self.show(services.create_project(actor=self.actor, creator=creator, **body), 201)


class ProjectDetail(ProjectView):
    """GET and PATCH /projects/{slug}."""

    @extend_schema(operation_id="get_project", responses=ProjectAnswer)
    def get(self, request: Request, slug: str) -> Response:
        """One project."""
        return self.show(get_project(self.actor, slug))

    @extend_schema(operation_id="edit_project", request=ProjectChanges, responses=ProjectAnswer)
    def patch(self, request: Request, slug: str) -> Response:
        """Change settings."""
        body = self.read_body(ProjectChanges)
        version = expected_version(request, body)
        body.pop("version", None)
        project = get_project(self.actor, slug, Need.ADMIN)
        return self.show(
            services.update_project(actor=self.actor, project=project, changes=body, expected_version=version)
        )


class ProjectMode(ProjectView):
    """POST /projects/{slug}/mode."""

    @extend_schema(operation_id="set_project_mode", request=ModeBody, responses=ProjectAnswer)
    def post(self, request: Request, slug: str) -> Response:
        """Say what agents may do here: normal, draining, paused, quarantined."""
        body = self.read_body(ModeBody)
        project = get_project(self.actor, slug, Need.OPERATE)
        return self.show(services.set_mode(actor=self.actor, project=project, **body))


class MemberList(ApiView):
    """GET and POST /projects/{slug}/members."""

    @extend_schema(operation_id="list_members", responses=MEMBERS)
    def get(self, request: Request, slug: str) -> Response:
        """Who belongs to the project, in which role."""
        rows = Membership.objects.filter(project=get_project(self.actor, slug)).select_related("user")
        return self.respond(page(rows, request, ordering="name", allowed=MEMBER_ORDERINGS, row=member_json))

    @extend_schema(operation_id="add_member", request=NewMemberBody, responses={201: MemberAnswer})
    def post(self, request: Request, slug: str) -> Response:
        """Take a person into the project, by user name or e-mail address."""
        body = self.read_body(NewMemberBody)
        project = get_project(self.actor, slug, Need.ADMIN)
        user, role = find_person(body["who"]), body["role"]
        row = services.add_member(actor=self.actor, project=project, user=user, role=role)
        return self.respond(member_json(row), status=201)


class MemberDetail(ApiView):
    """GET, PUT and DELETE /projects/{slug}/members/{username}."""

    @extend_schema(operation_id="get_member", responses=MemberAnswer)
    def get(self, request: Request, slug: str, username: str) -> Response:
        """One member."""
        rows = Membership.objects.filter(project=get_project(self.actor, slug)).select_related("user")
        row = rows.filter(user__username=username).first()
        if row is None:
            raise NotFound("No such member.")
        return self.respond(member_json(row))

    @extend_schema(operation_id="set_member", request=MemberBody, responses=MemberAnswer)
    def put(self, request: Request, slug: str, username: str) -> Response:
        """Give a person a role here."""
        role = self.read_body(MemberBody)["role"]
        project = get_project(self.actor, slug, Need.ADMIN)
        user = _person(username)
        row = services.set_member(actor=self.actor, project=project, user=user, role=role)
        return self.respond(member_json(row))

    @extend_schema(operation_id="remove_member", responses={204: None})
    def delete(self, request: Request, slug: str, username: str) -> Response:
        """Take a person out of the project; the last owner stays."""
        project = get_project(self.actor, slug, Need.ADMIN)
        services.remove_member(actor=self.actor, project=project, user=_person(username))
        return self.respond(None, status=204)


def _person(username: str) -> User:
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise NotFound("There is no such person.")
    return user
