"""The documents an agent keeps: as they are now, and as they were."""

from __future__ import annotations

from datetime import date

from agents.models import Agent, AgentDocument, AgentDocumentVersion, DocumentKind
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import FieldError, NotFound, Refused
from missioncontrol.kernel.transactions import unit
from tasks.errors import VersionConflict
from tasks.events import record
from tasks.models import stamp
from tasks.modes import Act, ensure


def find_document(agent: Agent, kind: str, day: date | None) -> AgentDocument:
    """The document; of daily notes the one of `day`. Raises NotFound, or Refused for a date that is not wanted."""
    _check_date(kind, day)
    document = agent.documents.filter(kind=kind, date=day).first()
    if document is None:
        raise NotFound("There is no such document yet.")
    return document


def put_document(
    *,
    actor: Actor,
    agent: Agent,
    kind: str,
    content: str,
    day: date | None = None,
    expected_version: int | None = None,
) -> AgentDocument:
    """Write the document and keep this version of it; the same text again is no change.

    Raises `AgentHalted` (403), Refused (422) for a date that is missing or not wanted, VersionConflict (409) when
    `expected_version` is not the present one (0: there is none yet).
    """
    ensure(actor, Act.WRITE)
    _check_date(kind, day)
    with unit():
        document, _ = AgentDocument.objects.get_or_create(
            agent=agent, kind=kind, date=day, defaults={"version": 0}
        )
        document = AgentDocument.objects.select_for_update().get(pk=document.pk)
        if expected_version not in (None, document.version):
            raise VersionConflict("The document was changed meanwhile.", extra={"version": document.version})
        if document.version and document.content == content:
            return document
        return _write(actor, document, content)


def today_of(day: date | None, kind: str, today: date) -> date | None:
    """The day a daily note is about: `day`, or `today` when not said; other documents have none."""
    return day or today if kind == DocumentKind.DAILY_NOTE else day


def _check_date(kind: str, day: date | None) -> None:
    if (kind == DocumentKind.DAILY_NOTE) == (day is not None):
        return
    message = "Only daily notes have a date." if day else "Daily notes need a date."
    raise Refused(message, code="invalid", errors=[FieldError("date", message)])


def _write(actor: Actor, document: AgentDocument, content: str) -> AgentDocument:
    now = database_now()
    document.version += 1
    document.content, document.updated_at = content, now
    document.save(update_fields=["version", "content", "updated_at"])
    AgentDocumentVersion.objects.create(
        document=document, version=document.version, content=content, at=now, **stamp(actor)
    )
    agent = document.agent
    data = {"slug": agent.slug, "kind": document.kind, "date": document.date, "version": document.version}
    target = ("agent", agent.pk)
    record(project_id=agent.project_id, type="agent.document_written", actor=actor, target=target, data=data)
    return document
