"""Checks of a project's history over HTTP."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api.descriptions.tokens import ChainCheckAnswer
from agents.models import ChainCheck
from agents.services import chain_checks
from missioncontrol.kernel.api.views import ApiView
from tasks.services.access import Need, get_project

SHOWN = (
    "state", "ok", "finished_at", "finished_by", "checked", "floor", "head", "compared", "broken_seq",
    "broken_what", "notes", "checkpoint_seq", "checkpoint_at", "file_note",
)  # fmt: skip


class ChainCheckView(ApiView):
    """GET and POST /projects/{slug}/audit/check."""

    @extend_schema(operation_id="get_chain_check", responses=ChainCheckAnswer)
    def get(self, request: Request, slug: str) -> Response:
        """What the last check came to, and whether one is on its way."""
        project = get_project(self.actor, slug, Need.ADMIN)
        return self.respond(_shown(chain_checks.check_of(project)))

    @extend_schema(operation_id="request_chain_check", request=None, responses={202: ChainCheckAnswer})
    def post(self, request: Request, slug: str) -> Response:
        """Ask for a check of the whole history; a job does it, and asking twice is asking once."""
        project = get_project(self.actor, slug, Need.ADMIN)
        return self.respond(_shown(chain_checks.request_check(actor=self.actor, project=project)), 202)


def _shown(check: ChainCheck) -> dict[str, object]:
    return {name: getattr(check, name) for name in SHOWN}
