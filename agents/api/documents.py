"""An agent's documents over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api.caller import agent_of
from agents.api.descriptions.documents import VERSIONS, DocumentAnswer
from agents.models import AgentDocument, AgentDocumentVersion, DocumentKind
from agents.services import documents
from missioncontrol.kernel.api.pagination import page
from missioncontrol.kernel.api.serializers import FilterSerializer, IntegerField, StrictSerializer, TextField
from missioncontrol.kernel.api.versions import etag_for, expected_version
from missioncontrol.kernel.api.views import ApiView
from missioncontrol.kernel.errors import NotFound


class DocumentFilters(FilterSerializer):
    """Which daily note; today's (UTC) when not said."""

    date = serializers.DateField(required=False)


class DocumentBody(StrictSerializer):
    """What the document says, in Markdown."""

    content = TextField(allow_blank=True)
    version = IntegerField(min_value=0, required=False)


class Document(ApiView):
    """GET and PUT /agent/documents/{kind}."""

    @extend_schema(operation_id="get_document", parameters=[DocumentFilters], responses=DocumentAnswer)
    def get(self, request: Request, kind: str) -> Response:
        """The document as it is now."""
        agent, now = agent_of(self.credential)
        day = self._day(kind, now.date())
        return self._shown(documents.find_document(agent, kind, day))

    @extend_schema(
        operation_id="put_document",
        parameters=[DocumentFilters],
        request=DocumentBody,
        responses=DocumentAnswer,
    )
    def put(self, request: Request, kind: str) -> Response:
        """Write the document; every version is kept."""
        body = self.read_body(DocumentBody)
        agent, now = agent_of(self.credential)
        document = documents.put_document(
            actor=self.actor,
            agent=agent,
            kind=kind,
            day=self._day(kind, now.date()),
            content=body["content"],
            expected_version=expected_version(request, body),
        )
        return self._shown(document)

    def _day(self, kind: str, today: date) -> date | None:
        if kind not in DocumentKind.values:
            raise NotFound(f"There are {', '.join(DocumentKind.values)}, but no “{kind}”.")
        return documents.today_of(self.query(DocumentFilters).get("date"), kind, today)

    def _shown(self, document: AgentDocument) -> Response:
        names = ("kind", "date", "content", "version", "updated_at")
        shown = {name: getattr(document, name) for name in names}
        return self.respond(shown, headers={"ETag": etag_for(document.version)})


class DocumentVersions(Document):
    """GET /agent/documents/{kind}/versions."""

    http_method_names = ["get", "head", "options"]

    @extend_schema(operation_id="list_document_versions", parameters=[DocumentFilters], responses=VERSIONS)
    def get(self, request: Request, kind: str) -> Response:
        """Every version of the document, newest first."""
        agent, now = agent_of(self.credential)
        document = documents.find_document(agent, kind, self._day(kind, now.date()))
        versions = document.versions.all()
        return self.respond(
            page(versions, request, ordering="-version", allowed={"version": ["version"]}, row=_version)
        )


def _version(row: AgentDocumentVersion) -> dict[str, Any]:
    by = {"kind": row.actor_kind, "name": row.actor_name}
    return {"version": row.version, "content": row.content, "at": row.at, "by": by}
