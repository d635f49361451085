"""The drawer: the same cost however much hangs on a task, as a fragment and as a page."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from missioncontrol.kernel.api.authentication import person
from tasks.errors import TransitionRefused
from tasks.models import Project, Task, User
from tasks.services.dependencies import add_dependency
from tasks.services.tasks import create_task
from tasks.services.thread import post_message
from tasks.services.transition import Step, transition
from tests.agents.building import a_member, an_agent

pytestmark = pytest.mark.django_db
FRAGMENT = {"HX-Request": "true"}
TABS = [
    "",
    "/thread",
    "/plan",
    "/reviews",
    "/timeline",
    "/history",
    "/approvals",
    "/approvals/list",
    "/report",
]


def task_of(project: Project, ada: User, **fields: object) -> Task:
    given = {"title": "Mend the pump", "description": "It *drips*.", "priority": 2, **fields}
    return create_task(actor=person(ada), project=project, **given)  # type: ignore[arg-type]


def grow(project: Project, ada: User, task: Task, count: int) -> None:
    for number in range(count):
        task_of(project, ada, title=f"Part {number}", parent=task)
        add_dependency(actor=person(ada), task=task, depends_on=task_of(project, ada))
        post_message(actor=person(ada), task=task, content=f"Word {number}")


@pytest.mark.parametrize("tab", TABS)
def test_a_tab_needs_the_same_number_of_queries_however_much_hangs_on_the_task(
    project: Project, ada: User, hers: Client, tab: str
) -> None:
    agent, _ = an_agent(project)
    task = task_of(project, ada, agents=[agent])
    grow(project, ada, task, 2)
    with CaptureQueriesContext(connection) as few:
        assert hers.get(f"/p/apollo/t/{task.key}{tab}", headers=FRAGMENT).status_code == 200

    grow(project, ada, task, 20)

    with CaptureQueriesContext(connection) as many:
        assert hers.get(f"/p/apollo/t/{task.key}{tab}", headers=FRAGMENT).status_code == 200
    assert len(many) == len(few)
    assert len(few) <= 16


def test_htmx_gets_the_drawer_alone_and_a_visitor_the_whole_board(
    project: Project, ada: User, hers: Client
) -> None:
    task = task_of(project, ada)

    fragment = hers.get(f"/p/apollo/t/{task.key}", headers=FRAGMENT).content.decode()
    page = hers.get(f"/p/apollo/t/{task.key}").content.decode()
    restored = hers.get(
        f"/p/apollo/t/{task.key}", headers={**FRAGMENT, "HX-History-Restore-Request": "true"}
    ).content.decode()

    assert fragment.lstrip().startswith("<section")
    assert "<em>drips</em>" in fragment
    for whole in (page, restored):
        assert 'id="board"' in whole
        assert "<em>drips</em>" in whole


def test_the_history_shows_steps_overrides_and_refusals(project: Project, ada: User, hers: Client) -> None:
    task = task_of(project, ada)
    with pytest.raises(TransitionRefused):
        transition(actor=person(ada), task=task, step=Step(to="in_progress"))
    transition(
        actor=person(ada), task=task, step=Step(to="done", override=True, reason="It was done by hand")
    )

    page = hers.get(f"/p/apollo/t/{task.key}/history", headers=FRAGMENT).content.decode()

    assert "It was done by hand" in page
    assert "Override" in page
    assert "In progress refused" in page


def test_a_deliverable_never_links_to_anything_but_the_web(project: Project, ada: User, hers: Client) -> None:
    task = task_of(project, ada)
    artifacts = [
        {"name": "Good", "type": "url", "url": "https://example.org/a"},
        {"name": "Bad", "type": "url", "url": "javascript:alert(1)"},
    ]
    Task.objects.filter(pk=task.pk).update(deliverable={"summary": "Done", "artifacts": artifacts})

    page = hers.get(f"/p/apollo/t/{task.key}/plan", headers=FRAGMENT).content.decode()

    assert 'href="https://example.org/a"' in page
    assert "javascript:" not in page
    assert "Bad" in page


def test_a_viewer_reads_but_is_offered_nothing_to_change(project: Project, ada: User) -> None:
    task = task_of(project, ada)
    client = Client()
    client.force_login(a_member(project, "vera", "viewer"))

    page = client.get(f"/p/apollo/t/{task.key}/thread", headers=FRAGMENT).content.decode()

    assert "data-composer" not in page
    assert "data-move-task" not in page


@pytest.mark.parametrize("path", ["/t/APOL-99", "/t/x", "/t/APOL-1/nonsense", "/t/%00"])
def test_what_is_not_there_is_a_page_that_says_so(
    project: Project, ada: User, hers: Client, path: str
) -> None:
    task_of(project, ada)

    assert hers.get(f"/p/apollo{path}").status_code == 404
