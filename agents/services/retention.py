"""Throwing away what nobody needs any more. Tasks, threads, transitions and approvals are kept for ever."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module

from django.conf import settings
from django.db.models import Q

from agents.models import ActivityEntry, AgentSession
from missioncontrol.kernel.api.idempotency import purge
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.isolation import Isolated
from tasks.models import Project, Refusal, SignInLink
from tasks.services.audit import prune_events
from tasks.services.undo import forget_images

Cleaner = Callable[[datetime], int]

LINK_DAYS = 7
SESSION_DAYS = 30
ACTIVITY_DAYS = 30
REFUSAL_DAYS = 90
PICTURE_DAYS = 1


class RetentionFailed(RuntimeError):
    """Some of the clean-up failed; the rest was done."""


def register(name: str, cleaner: Cleaner) -> None:
    """Let `cleaner(now)` remove what is too old, once a day; it answers how many rows that were."""
    _cleaners[name] = cleaner


def clean_up(*, now: datetime | None = None) -> dict[str, int]:
    """Let every cleaner do its work and answer what each removed.

    One that fails stops no other; RetentionFailed is raised at the end and names those that did.
    """
    now = now or database_now()
    removed: dict[str, int] = {}
    failed: list[str] = []
    for name, cleaner in _cleaners.items():
        with Isolated(f"clean-up of {name}") as attempt:
            removed[name] = cleaner(now)
        if attempt.error is not None:
            failed.append(name)
    if failed:
        raise RetentionFailed(", ".join(failed))
    return removed


def _old_answers(now: datetime) -> int:
    return purge(now=now)


def _old_links(now: datetime) -> int:
    gone, _ = SignInLink.objects.filter(expires_at__lt=now - timedelta(days=LINK_DAYS)).delete()
    return gone


def _old_agent_sessions(now: datetime) -> int:
    before = now - timedelta(days=SESSION_DAYS)
    gone, _ = AgentSession.objects.filter(Q(expires_at__lt=before) | Q(ended_at__lt=before)).delete()
    return gone


def _old_browser_sessions(_now: datetime) -> int:
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    return 0


def _old_activity(now: datetime) -> int:
    gone, _ = ActivityEntry.objects.filter(at__lt=now - timedelta(days=ACTIVITY_DAYS)).delete()
    return gone


def _old_refusals(now: datetime) -> int:
    gone, _ = Refusal.objects.filter(at__lt=now - timedelta(days=REFUSAL_DAYS)).delete()
    return gone


def _old_pictures(now: datetime) -> int:
    return forget_images(before=now - timedelta(days=PICTURE_DAYS))


def _old_events(now: datetime) -> int:
    days = settings.MC_EVENT_RETENTION_DAYS
    if not days:
        return 0
    return sum(prune_events(project, keep_days=days, now=now) for project in Project.objects.all())


_cleaners: dict[str, Cleaner] = {
    "answers": _old_answers,
    "sign-in links": _old_links,
    "agent sessions": _old_agent_sessions,
    "browser sessions": _old_browser_sessions,
    "activity": _old_activity,
    "refusals": _old_refusals,
    "pictures of changes": _old_pictures,
    "events": _old_events,
}
