"""General settings: what the project is called, where its days begin, what holds its agents, and its end."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from missioncontrol.kernel import text
from tasks.models import Mode
from tasks.services import projects as services
from tasks.services.access import Need, require
from tasks.services.project_edits import flat
from tasks.views.pages import MEANINGS, Visit, in_project
from tasks.views.settings.editing import SettingsForm, done, draw_with, home, show_or_save
from tasks.views.settings.fields import Choice, Line, Paragraphs
from tasks.views.settings.sections import settings_frame

TEMPLATE = "settings/general.html"
ELSEWHERE = "Other"


def zones() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every time zone, in groups by the part of the world."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(available_timezones()):
        area = name.partition("/")[0] if "/" in name else ELSEWHERE
        groups.setdefault(area, []).append((name, name.replace("_", " ")))
    return [*((area, names) for area, names in sorted(groups.items()) if area != ELSEWHERE), *_others(groups)]


def _others(groups: dict[str, list[tuple[str, str]]]) -> list[tuple[str, list[tuple[str, str]]]]:
    return [(ELSEWHERE, groups[ELSEWHERE])] if ELSEWHERE in groups else []


class GeneralForm(SettingsForm):
    """Name, description, time zone."""

    name = Line(max_length=200, label="Name", error_messages={"required": "A project needs a name."})
    description = Paragraphs(
        label="Description", required=False, help_text="What it is for. Markdown works; agents can read it."
    )
    timezone = Choice(
        label="Time zone", choices=zones, help_text="Where its days begin: for standups, briefs and budgets."
    )


@require_http_methods(["GET", "HEAD", "POST"])
@in_project
def general(visit: Visit) -> HttpResponse:
    """The page, and what its form sends."""
    return show_or_save(visit, GeneralForm, draw_with(visit, TEMPLATE, _context(visit)))


@require_POST
@in_project
def mode(visit: Visit) -> HttpResponse:
    """Say what agents may do in this project."""
    require(visit.actor, visit.project, Need.OPERATE)
    post = visit.request.POST
    reason = "".join(letter for letter in post.get("reason", "") if text.is_clean(letter)).strip()
    services.set_mode(actor=visit.actor, project=visit.project, mode=post.get("mode", ""), reason=reason)
    return done(visit.request, f"/p/{visit.project.slug}/settings?saved=mode")


@require_POST
@in_project
def archive(visit: Visit) -> HttpResponse:
    """Put the project out of everybody's reach, after its slug was typed."""
    require(visit.actor, visit.project, Need.ADMIN)
    typed = visit.request.POST.get("confirm", "")
    if typed.strip() != visit.project.slug:
        context = _context(visit) | {"typed": typed[:100], "archive_error": True}
        return draw_with(visit, TEMPLATE, context)(GeneralForm(flat(visit.project)), 422)
    services.set_archived(actor=visit.actor, project=visit.project, archived=True)
    return done(visit.request, home())


def _context(visit: Visit) -> dict[str, Any]:
    meanings = {"normal": "Agents work as their own state lets them.", **MEANINGS}
    modes = [(value, label, meanings[value]) for value, label in Mode.choices]
    return settings_frame(visit, "general") | {"modes": modes}
