"""The agents' page in a browser: giving an agent's task away, and canceling it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from agents.models import Agent
from agents.queries.credentials import agent_actor
from agents.services.claims import claim
from missioncontrol.kernel.api.authentication import person
from tasks.models import Project, Task, Transition, User
from tasks.services.transition import Step, transition
from tests.agents.building import a_member, an_agent
from tests.tasks.undo.building import let_time_pass

from .acting import PLAN, Board, a_task

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Visit = Callable[..., BrowserContext]


@pytest.fixture
def scout(project: Project) -> Agent:
    return an_agent(project, "scout", name="Scout")[0]


def held(project: Project, ada: User, agent: Agent, **fields: Any) -> Task:
    """A task in progress that the agent holds."""
    task = a_task(project, ada, **fields)
    actor = agent_actor(agent, None)
    claim(actor=actor, task_ref=task.key)
    step = Step(to="in_progress", work_plan=PLAN)
    return transition(actor=actor, task=Task.objects.get(pk=task.pk), step=step)


def agents_page(visit: Visit, user: User) -> Page:
    page = visit(user).new_page()
    page.goto("/p/apollo/agents")
    expect(page.locator("body[data-ready]")).to_be_attached()
    return page


def test_a_task_is_given_to_another_agent(project: Project, ada: User, scout: Agent, visit: Visit) -> None:
    bolt, _ = an_agent(project, "bolt", name="Bolt")
    task = held(project, ada, scout)
    board = Board.open(visit(ada), project)
    page = agents_page(visit, ada)
    page.get_by_role("button", name=f"Reassign {task.key}").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Give it to").select_option(label="Bolt")
    expect(dialog).to_contain_text(f"{task.key} goes to Assigned for Bolt; Scout's lease ends.")
    dialog.get_by_role("button", name="Reassign").click()

    expect(page.locator("#toasts .toast", has_text=f"{task.key} is with Bolt")).to_be_visible()
    expect(page.locator("#agent-scout")).not_to_contain_text(task.key)
    board.expect_in(task, "assigned")
    after = Task.objects.get(pk=task.pk)
    assert (after.status, after.holder_id) == ("assigned", None)
    assert [row.agent for row in after.assignments.all()] == [bolt]
    let_time_pass()
    assert claim(actor=agent_actor(bolt, None)).task == after  # type: ignore[union-attr]


def test_a_task_goes_back_to_the_pool(project: Project, ada: User, scout: Agent, visit: Visit) -> None:
    task = held(project, ada, scout)
    page = agents_page(visit, ada)
    page.get_by_role("button", name=f"Reassign {task.key}").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"{task.key} goes back to Ready; Scout's lease ends.")
    dialog.get_by_role("button", name="Reassign").click()

    expect(page.locator("#agent-scout")).not_to_contain_text(task.key)
    after = Task.objects.get(pk=task.pk)
    assert (after.status, after.holder_id, after.assignments.count()) == ("ready", None, 0)


def test_a_task_only_assigned_goes_back_to_ready_too(
    project: Project, ada: User, scout: Agent, visit: Visit
) -> None:
    task = a_task(project, ada)
    claim(actor=agent_actor(scout, None), task_ref=task.key)
    page = agents_page(visit, ada)
    page.get_by_role("button", name=f"Reassign {task.key}").click()
    page.get_by_role("dialog").get_by_role("button", name="Reassign").click()

    expect(page.locator("#toasts .toast", has_text="back in the pool")).to_be_visible()
    after = Task.objects.get(pk=task.pk)
    assert (after.status, after.assignments.count()) == ("ready", 0)


def test_a_task_is_canceled_with_a_reason(project: Project, ada: User, scout: Agent, visit: Visit) -> None:
    task = held(project, ada, scout)
    page = agents_page(visit, ada)
    page.get_by_role("button", name=f"Cancel {task.key}").click()
    dialog = page.get_by_role("dialog", name=f"Cancel {task.key}")
    expect(dialog).to_contain_text(f"{task.key} goes to Canceled for good; Scout's lease ends.")
    dialog.get_by_role("button", name="Cancel the task").click()
    expect(dialog.locator('[data-error="reason"]')).to_be_visible()
    assert Task.objects.get(pk=task.pk).status == "in_progress"

    dialog.get_by_label("Reason").fill("The customer left")
    dialog.get_by_role("button", name="Cancel the task").click()

    expect(page.locator("#agent-scout")).not_to_contain_text(task.key)
    after = Task.objects.get(pk=task.pk)
    assert (after.status, after.holder_id) == ("canceled", None)
    step = Transition.objects.filter(task=task).latest("id")
    assert (step.to_status, step.reason, step.actor_name) == ("canceled", "The customer left", "ada")


def test_a_task_that_changed_hands_meanwhile_is_left_alone(
    project: Project, ada: User, scout: Agent, visit: Visit
) -> None:
    task = held(project, ada, scout)
    context = visit(ada)
    context.route_web_socket("**/ws/**", lambda socket: socket.close())
    page = context.new_page()
    page.goto("/p/apollo/agents")
    expect(page.locator("body[data-ready]")).to_be_attached()
    step = Step(to="canceled", reason="Not wanted")
    transition(actor=person(ada), task=Task.objects.get(pk=task.pk), step=step)

    page.get_by_role("button", name=f"Reassign {task.key}").click()

    expect(page.locator("#toasts .toast", has_text=f"{task.key} is no longer with Scout")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_viewer_is_offered_neither(project: Project, ada: User, scout: Agent, visit: Visit) -> None:
    task = held(project, ada, scout)
    page = agents_page(visit, a_member(project, "vic", "viewer"))

    expect(page.locator("#agent-scout")).to_contain_text(task.key)
    expect(page.locator("[data-reassign], [data-cancel-task], [data-post^='/agents']")).to_have_count(0)
