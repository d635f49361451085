"""Two at once, with real threads: both land, or one is told that it lost. Nothing is overwritten or done twice."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from missioncontrol.kernel.errors import Conflict
from tasks.errors import CycleRefused, TransitionRefused, VersionConflict
from tasks.models import Dependency, Event, EventStream, Membership, Project, Task, Transition
from tasks.services.assigning import assign
from tasks.services.board import move
from tasks.services.dependencies import add_dependency
from tasks.services.projects import create_project, remove_member, set_member
from tasks.services.tasks import create_task, edit_task
from tasks.services.transition import Step, transition
from tests.agents.building import a_service as a_calling_service
from tests.tasks.building import BOSS, HOUSE, PLAN, a_member, a_project, a_task, an_agent, forced, together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project() -> Project:
    return a_project()


def kinds(results: list[Any]) -> list[str]:
    return sorted(type(result).__name__ for result in results)


def assert_history_is_whole(project: Project) -> None:
    numbers = list(Event.objects.filter(project=project).order_by("seq").values_list("seq", flat=True))
    assert numbers == list(range(1, EventStream.objects.get(project=project).head_seq + 1))


def test_the_same_step_taken_by_eight_at_once_is_taken_once(project: Project) -> None:
    task = a_task(project)
    step = Step(to="blocked", reason="Wait.")
    results = together([lambda: transition(actor=BOSS, task=task, step=step)] * 8)
    assert {getattr(result, "status", result) for result in results} == {"blocked"}
    assert Transition.objects.filter(task=task, to_status="blocked").count() == 1
    assert_history_is_whole(project)


def test_of_two_different_steps_the_second_starts_from_where_the_first_led(project: Project) -> None:
    for _ in range(5):
        task = forced(a_task(project), "review")
        results = together(
            [
                lambda task=task: transition(actor=BOSS, task=task, step=Step(to="done")),  # type: ignore[misc]
                lambda task=task: transition(actor=BOSS, task=task, step=Step(to="failed")),  # type: ignore[misc]
            ]
        )
        final = Task.objects.get(pk=task.pk).status
        assert kinds(results) == ["Task", "TransitionRefused"]
        assert isinstance(next(r for r in results if isinstance(r, Exception)), TransitionRefused)
        steps = Transition.objects.filter(task=task).order_by("-id")
        assert (steps[0].from_status, steps[0].to_status) == ("review", final)
    assert_history_is_whole(project)


def test_two_agents_start_the_same_task_and_one_gets_the_lease(project: Project) -> None:
    pairs = [an_agent(project, f"bot-{n}") for n in range(4)]
    task = a_task(project, agents=[agent for agent, _ in pairs], work_plan=PLAN)
    step = Step(to="in_progress")
    results = together(
        [lambda actor=actor: transition(actor=actor, task=task, step=step) for _, actor in pairs]  # type: ignore[misc]
    )
    row = Task.objects.get()
    assert row.lease_token == 1
    assert Transition.objects.filter(to_status="in_progress").count() == 1
    assert all(isinstance(result, (Task, Conflict)) for result in results), results


def test_two_moves_into_one_column_both_land(project: Project) -> None:
    top, bottom = a_task(project, "top"), a_task(project, "bottom")
    move(actor=BOSS, task=bottom, after=top)
    cards = [a_task(project, f"card {n}") for n in range(6)]
    results = together(
        [lambda card=card: move(actor=BOSS, task=card, after=top, before=bottom) for card in cards]  # type: ignore[misc]
    )
    assert kinds(results) == ["Task"] * 6
    rows = list(
        Task.objects.filter(status="ready").order_by("position", "id").values_list("title", "position")
    )
    titles = [title for title, _ in rows]
    assert (titles[0], titles[-1]) == ("top", "bottom")
    assert set(titles[1:-1]) == {card.title for card in cards}
    assert_history_is_whole(project)


def test_a_circle_made_from_both_ends_at_once_is_never_closed(project: Project) -> None:
    for attempt in range(8):
        one, other = a_task(project, f"one {attempt}"), a_task(project, f"other {attempt}")
        results = together(
            [
                lambda one=one, other=other: add_dependency(actor=BOSS, task=one, depends_on=other),  # type: ignore[misc]
                lambda one=one, other=other: add_dependency(actor=BOSS, task=other, depends_on=one),  # type: ignore[misc]
            ]
        )
        assert kinds(results) == ["CycleRefused", "Dependency"], results
        assert any(isinstance(result, CycleRefused) for result in results)
    assert Dependency.objects.count() == 8


def test_two_edits_of_one_version_and_one_is_told(project: Project) -> None:
    task = a_task(project)

    def edit(title: str) -> Task:
        return edit_task(actor=BOSS, task=task, changes={"title": title}, expected_version=task.version)

    results = together([lambda: edit("Mine"), lambda: edit("Theirs")])
    assert kinds(results) == ["Task", "VersionConflict"]
    assert any(isinstance(result, VersionConflict) for result in results)
    winner = next(result for result in results if isinstance(result, Task))
    assert Task.objects.get().title == winner.title


def test_numbers_given_at_once_have_no_gap_and_no_double(project: Project) -> None:
    results = together([lambda: create_task(actor=HOUSE, project=project, title="T") for _ in range(10)])
    assert sorted(task.number for task in results) == list(range(1, 11))
    assert_history_is_whole(project)


def test_the_same_creation_sent_at_once_under_one_key_makes_one_task(project: Project) -> None:
    caller = a_calling_service(project, "write")
    body = {"project": "apollo", "title": "Once"}

    def send() -> Any:
        fresh = type(caller)(Client(raise_request_exception=False), caller.headers)
        return fresh.post("/tasks", body, Idempotency_Key="same")

    answers = together([send] * 6)
    statuses = {answer.status_code for answer in answers}
    assert 201 in statuses
    assert statuses <= {201, 409}, [answer.content for answer in answers]
    made = {answer.json()["key"] for answer in answers if answer.status_code == 201}
    assert made == {Task.objects.get().key}


def test_one_slug_asked_for_at_once_is_given_once() -> None:
    results = together([lambda: create_project(actor=HOUSE, slug="zeus") for _ in range(4)])
    assert kinds(results).count("Project") == 1
    assert all(isinstance(result, (Project, Conflict)) for result in results), results
    assert Project.objects.count() == EventStream.objects.count() == 1


def test_reassigning_while_the_holder_writes_leaves_no_lease_behind(project: Project) -> None:
    for attempt in range(5):
        one, first = an_agent(project, f"one-{attempt}")
        two, _ = an_agent(project, f"two-{attempt}")
        task = a_task(project, agents=[one], work_plan=PLAN)
        task = transition(actor=first, task=task, step=Step(to="in_progress"))
        together(
            [
                lambda task=task, two=two: assign(actor=BOSS, task=task, agents=[two]),  # type: ignore[misc]
                lambda task=task, first=first: edit_task(actor=first, task=task, changes={"progress": 50}),  # type: ignore[misc]
            ]
        )
        row = Task.objects.get(pk=task.pk)
        assert (row.holder_id, row.lease_expires_at) == (None, None)
        assert list(row.assignments.values_list("agent__slug", flat=True)) == [two.slug]
    assert_history_is_whole(project)


def test_dependencies_done_at_once_free_their_task(project: Project) -> None:
    for _ in range(4):
        needed = [a_task(project) for _ in range(3)]
        task = a_task(project, dependencies=needed)
        results = together([lambda each=each: forced(each, "done") for each in needed])  # type: ignore[misc]
        assert kinds(results) == ["Task"] * 3, results
        freed = Task.objects.get(pk=task.pk)
        assert (freed.status, freed.open_dependencies) == ("ready", 0)


def test_two_owners_who_take_out_each_other_leave_one(project: Project) -> None:
    for round_ in range(5):
        pair = [a_member(project, f"owner-{round_}-{name}") for name in "ab"]
        Membership.objects.filter(project=project).exclude(user__in=pair).delete()
        results = together(
            [lambda user=user: remove_member(actor=BOSS, project=project, user=user) for user in pair]
        )
        assert kinds(results) == ["NoneType", "Refused"]
        assert Membership.objects.filter(project=project, role="owner").count() == 1


def test_two_owners_who_step_down_at_once_leave_one(project: Project) -> None:
    for round_ in range(5):
        pair = [a_member(project, f"owner-{round_}-{name}") for name in "ab"]
        Membership.objects.filter(project=project).exclude(user__in=pair).delete()
        results = together(
            [
                lambda user=user: set_member(actor=BOSS, project=project, user=user, role="viewer")
                for user in pair
            ]
        )
        assert kinds(results) == ["Membership", "Refused"]
        assert Membership.objects.filter(project=project, role="owner").count() == 1
