"""How lists over several projects are narrowed: by the names people use, turned into rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.api.serializers import FilterSerializer, SlugField
from tasks.services.access import get_project, get_task


class ProjectParameter(FilterSerializer):
    """`?project=` where one slug exists in several projects."""

    paged = False
    project = SlugField(max_length=60, required=False)


def with_rows(actor: Actor, filters: Mapping[str, Any]) -> dict[str, Any]:
    """The filters, with rows for a `project` and a `task` that are named. Raises NotFound for what is not visible."""
    narrowed = dict(filters)
    if "project" in filters:
        narrowed["project"] = get_project(actor, filters["project"])
    if "task" in filters:
        narrowed["task"] = get_task(actor, filters["task"])
    return narrowed
