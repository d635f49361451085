"""Subtasks, dependencies and the graph in the drawer: what is shown to whom, and what it costs."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tasks.models import Project, Task, User
from tasks.queries.neighbourhood import MOST, neighbourhood
from tasks.services.dependencies import add_dependency
from tests.agents.building import a_member, a_project
from tests.tasks.building import BOSS, a_task, an_agent, forced

pytestmark = pytest.mark.django_db
FRAGMENT = {"HX-Request": "true"}


def overview(client: Client, task: Task) -> str:
    return client.get(f"/p/apollo/t/{task.key}", headers=FRAGMENT).content.decode()


def wait(task: Task, *others: Task) -> None:
    for other in others:
        add_dependency(actor=BOSS, task=task, depends_on=other)


def test_the_overview_counts_subtasks_and_shows_who_is_on_them(project: Project, hers: Client) -> None:
    task = a_task(project)
    agent, _ = an_agent(project, "bolt", name="Bolt Bauer")
    forced(a_task(project, "First part", parent=task), "done")
    a_task(project, "Second part", parent=task, agents=[agent])
    forced(a_task(project, "Third part", parent=task), "canceled")

    page = overview(hers, task)

    assert '<span class="faint num">1/2</span>' in page
    assert page.index("First part") < page.index("Second part") < page.index("Third part")
    assert 'title="Bolt Bauer' in page


def test_a_canceled_dependency_is_flagged_where_it_stands(project: Project, hers: Client) -> None:
    task, other, open_one = a_task(project), a_task(project), a_task(project)
    wait(task, other, open_one)
    forced(other, "canceled")

    page = overview(hers, task)

    row = page[page.index(f'id="linked-waits-{other.key}"') :]
    assert "Will not be done" in row[: row.index("</li>")]
    assert page.count("Will not be done") == 1


def test_a_viewer_sees_the_links_and_nothing_to_change_them(project: Project) -> None:
    task, other = a_task(project), a_task(project)
    wait(task, other)
    client = Client()
    client.force_login(a_member(project, "vera", "viewer"))

    page = overview(client, task)

    assert f'id="linked-waits-{other.key}"' in page
    for offer in ("data-unlink", "data-open-pick", "data-add-subtask"):
        assert offer not in page


def test_tasks_to_link_are_found_by_key_and_title_and_never_the_task_itself(
    project: Project, hers: Client
) -> None:
    task, pump = a_task(project, "Mend the roof"), a_task(project, "Mend the pump")
    a_task(a_project("zeus"), "Mend the temple")

    def found(text: str) -> list[str]:
        answer = hers.get(f"/p/apollo/t/{task.key}/links/candidates", {"q": text}).json()
        return [each["key"] for each in answer["tasks"]]

    assert found("mend") == [pump.key]
    assert found(pump.key.lower()) == [pump.key]
    assert found("temple\0") == []


@pytest.mark.parametrize("end", ["links/graph", "links/candidates", "reviews", "report", "timeline/list"])
def test_other_peoples_tasks_are_not_there(project: Project, ada: User, hers: Client, end: str) -> None:
    foreign = a_task(a_project("zeus"))
    stranger = Client()
    stranger.force_login(a_member(a_project("hera"), "sten"))
    own = a_task(project)

    assert hers.get(f"/p/apollo/t/{foreign.key}/{end}").status_code == 404
    assert hers.get(f"/p/zeus/t/{foreign.key}/{end}").status_code == 404
    assert stranger.get(f"/p/apollo/t/{own.key}/{end}").status_code == 404
    assert hers.get(f"/p/apollo/t/{own.key}/{end}").status_code == 200


def test_the_graph_holds_what_is_waited_for_what_waits_and_the_family(project: Project, hers: Client) -> None:
    parent = a_task(project, "Parent")
    task = a_task(project, "Here", parent=parent)
    part, near, far, later = (a_task(project, name) for name in ("Part", "Near", "Far", "Later"))
    Task.objects.filter(pk=part.pk).update(parent=task)
    stranger = a_task(project, "Stranger")
    wait(task, near)
    wait(near, far)
    wait(later, task)
    wait(stranger, far)

    found = neighbourhood(Task.objects.get(pk=task.pk))

    told = {each.node.title: each for each in found.standing}
    assert set(told) == {"Parent", "Here", "Part", "Near", "Far", "Later"}
    assert told["Here"].waits_for == (near.key,)
    assert told["Here"].parts == (part.key,)
    assert told["Far"].box.x < told["Near"].box.x < told["Here"].box.x < told["Later"].box.x
    assert sorted(line.family for line in found.lines) == [False, False, False, True, True]
    assert not found.cut
    page = hers.get(f"/p/apollo/t/{task.key}/links/graph").content.decode()
    assert f'aria-label="{far.key} Far, Ready"' in page
    assert re.search(rf'href="/p/apollo/t/{task.key}"[^>]*aria-current="true"', page)
    assert f"waits for {near.key}" in page


def test_a_graph_that_is_too_large_keeps_the_nearest_and_says_so(project: Project, hers: Client) -> None:
    task = a_task(project, "Here")
    chain = [a_task(project, f"Step {number}") for number in range(MOST + 10)]
    for one, other in zip([task, *chain], chain, strict=False):
        wait(one, other)

    found = neighbourhood(Task.objects.get(pk=task.pk))

    assert found.cut
    assert {each.node.key for each in found.standing} == {each.key for each in [task, *chain[: MOST - 1]]}
    assert f"Only the {MOST} nearest" in hers.get(f"/p/apollo/t/{task.key}/links/graph").content.decode()


def test_overview_and_graph_cost_the_same_with_5_and_with_50_links(project: Project, hers: Client) -> None:
    def cost(count: int, end: str) -> int:
        task = a_task(project)
        before = task
        for number in range(count):
            one = a_task(project, f"Part {number}", parent=task)
            wait(task, a_task(project))
            wait(before, one) if before is not task else None
            before = one
        with CaptureQueriesContext(connection) as queries:
            assert hers.get(f"/p/apollo/t/{task.key}{end}", headers=FRAGMENT).status_code == 200
        return len(queries)

    for end in ("", "/links/graph"):
        assert cost(5, end) == cost(50, end) <= 20
