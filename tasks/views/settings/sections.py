"""The sections of a project's settings, and the frame around each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tasks.services.access import Need, can, require
from tasks.views.pages import Visit, frame


@dataclass(frozen=True, slots=True)
class Section:
    """One page of the settings: its name in addresses, its title, its icon, and what it takes to read it."""

    name: str
    title: str
    icon: str
    need: Need = Need.READ

    def address(self, slug: str) -> str:
        """Where it is."""
        return f"/p/{slug}/settings/{self.name}" if self.name != "general" else f"/p/{slug}/settings"


SECTIONS = (
    Section("general", "General", "gear"),
    Section("members", "Members and roles", "users"),
    Section("workflow", "Workflow", "columns"),
    Section("labels", "Labels", "tag"),
    Section("limits", "Policy and budgets", "shield"),
    Section("agents", "Agents and keys", "bot"),
    Section("tokens", "Tokens", "key", Need.ADMIN),
    Section("audit", "Audit", "document", Need.ADMIN),
)
_BY_NAME = {section.name: section for section in SECTIONS}


def settings_frame(visit: Visit, name: str) -> dict[str, Any]:
    """What the page of a section shows around its content. Raises Forbidden (403) where it is not for this person."""
    here = _BY_NAME[name]
    ensure_may_read(visit, name)
    allowed = [section for section in SECTIONS if can(visit.actor, visit.project, section.need)]
    return frame(visit, "settings") | {
        "section": here,
        "sections": [(section, section.address(visit.project.slug)) for section in allowed],
        "owns": owns(visit),
        "saved": visit.request.GET.get("saved", "")[:20],
    }


def ensure_may_read(visit: Visit, name: str) -> None:
    """Raises Forbidden (403) where the section is not for this person."""
    require(visit.actor, visit.project, _BY_NAME[name].need)


def owns(visit: Visit) -> bool:
    """Whether the person may change settings."""
    return can(visit.actor, visit.project, Need.ADMIN)
