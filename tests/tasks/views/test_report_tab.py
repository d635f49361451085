"""The report in the drawer: the same text as the API's, under the page's own title."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from missioncontrol.kernel.api.authentication import person
from tasks.models import Project, Task, User
from tasks.queries.report import report
from tasks.services.assigning import assign
from tasks.services.dependencies import add_dependency
from tasks.services.tasks import edit_task
from tasks.services.thread import post_message
from tasks.templatetags.mc import moment
from tests.agents.building import signed_in
from tests.tasks.building import a_task, forced

pytestmark = pytest.mark.django_db


def test_the_report_is_rendered_with_buttons_to_copy_and_to_keep_it(
    project: Project, ada: User, hers: Client
) -> None:
    task = forced(a_task(project, "Mend the <pump>"), "done")
    post_message(actor=person(ada), task=task, content="# Loud\n\n<script>alert(1)</script>")

    page = hers.get(f"/p/apollo/t/{task.key}/report", headers={"HX-Request": "true"}).content.decode()

    assert re.findall(r"<h1\b", page) == []
    assert "<h2>Timeline</h2>" in page
    assert "(override)" in page
    assert "<script>" not in page
    assert f'href="/api/v1/tasks/{task.key}/report" download="{task.key}.md"' in page
    text = signed_in(ada).get(f"/tasks/{task.key}/report")
    assert text["Content-Type"].startswith("text/markdown")


def test_the_report_says_what_each_edit_was_about(project: Project, ada: User) -> None:
    task, other = a_task(project), a_task(project)
    add_dependency(actor=person(ada), task=task, depends_on=other)
    edit_task(actor=person(ada), task=task, changes={"title": "Mend it", "estimate_minutes": 30})
    assign(actor=person(ada), task=task, users=[ada])

    told = report(Task.objects.select_related("project").get(pk=task.pk), timezone.now())

    assert f"ada · dependency added: {other.key}" in told
    assert (
        "ada · updated: title, estimate minutes" in told or "ada · updated: estimate minutes, title" in told
    )
    assert "ada · assigned: +ada" in told


def test_a_moment_says_utc_until_the_page_knows_better(project: Project) -> None:
    at = datetime(2026, 12, 1, 9, 5, tzinfo=ZoneInfo("America/New_York"))
    assert moment(at) == (
        '<time datetime="2026-12-01T14:05:00Z" title="1 Dec 2026 14:05 UTC" data-local>1 Dec 2026 14:05 UTC</time>'
    )
    assert moment(None) == ""
