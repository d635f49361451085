"""What a task waits for: held while it is open, freed when it is done, flagged when it never will be."""

from __future__ import annotations

import itertools

import pytest

from missioncontrol.kernel.errors import NotFound, Refused
from tasks.errors import CycleRefused, NotYourTask
from tasks.models import Dependency, Project, Task
from tasks.services import dependencies
from tasks.services.assigning import assign
from tasks.services.dependencies import add_dependency, remove_dependency
from tasks.services.tasks import edit_task
from tasks.services.transition import Step, transition
from tests.agents.building import events
from tests.tasks.building import BOSS, a_project, a_task, an_agent, forced

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return a_project()


def fresh(task: Task) -> Task:
    return Task.objects.get(pk=task.pk)


def test_a_ready_task_is_held_while_it_waits(project: Project) -> None:
    task, other = a_task(project), a_task(project)
    add_dependency(actor=BOSS, task=task, depends_on=other)
    held = fresh(task)
    assert (held.status, held.block_cause, held.blocked_by, held.open_dependencies) == (
        "blocked", "dependencies", "system", 1,
    )  # fmt: skip
    assert held.blocked_reason == f"Waits for {other.key}."
    assert events(project, "task.dependency_added")[0].data["depends_on"] == other.key


def test_a_task_made_with_an_open_dependency_is_held_at_once(project: Project) -> None:
    other = a_task(project)
    assert a_task(project, dependencies=[other]).status == "blocked"
    done = forced(a_task(project), "done")
    assert a_task(project, dependencies=[done]).status == "ready"


def test_the_last_one_done_frees_it(project: Project) -> None:
    first, second = a_task(project), a_task(project)
    task = a_task(project, dependencies=[first, second])
    forced(first, "done")
    assert (fresh(task).status, fresh(task).open_dependencies) == ("blocked", 1)
    forced(second, "done")
    assert (fresh(task).status, fresh(task).open_dependencies, fresh(task).blocked_reason) == ("ready", 0, "")


def test_freeing_an_assigned_task_gives_it_back_to_its_assignees(project: Project) -> None:
    other = a_task(project)
    task = forced(a_task(project), "ready")
    add_dependency(actor=BOSS, task=task, depends_on=other)
    assign(actor=BOSS, task=fresh(task), agents=[an_agent(project)[0]])
    forced(other, "done")
    assert fresh(task).status == "assigned"


def test_a_block_set_by_a_person_is_not_lifted_by_a_dependency(project: Project) -> None:
    other = a_task(project)
    task = transition(actor=BOSS, task=a_task(project), step=Step(to="blocked", reason="Wait."))
    add_dependency(actor=BOSS, task=task, depends_on=other)
    forced(other, "done")
    assert fresh(task).status == "blocked"


def test_a_reopened_dependency_holds_a_ready_task_again(project: Project) -> None:
    other = forced(a_task(project), "done")
    task = a_task(project, dependencies=[other])
    transition(actor=BOSS, task=other, step=Step(to="review", reason="Not so."))
    assert (fresh(task).status, fresh(task).open_dependencies) == ("blocked", 1)


def test_a_canceled_dependency_never_counts_and_flags_the_task(project: Project) -> None:
    other = a_task(project)
    task = a_task(project, dependencies=[other])
    forced(other, "canceled")
    flagged = fresh(task)
    assert (flagged.status, flagged.open_dependencies) == ("blocked", 1)
    assert flagged.dependency_flag == f"{other.key} will not be done."
    assert events(project, "task.dependency_canceled")[0].target_id == str(task.pk)
    remove_dependency(actor=BOSS, task=flagged, depends_on=other)
    assert (fresh(task).status, fresh(task).dependency_flag) == ("ready", "")


def test_the_same_dependency_twice_is_one(project: Project) -> None:
    task, other = a_task(project), a_task(project)
    first = add_dependency(actor=BOSS, task=task, depends_on=other)
    assert add_dependency(actor=BOSS, task=task, depends_on=other) == first
    assert (Dependency.objects.count(), len(events(project, "task.dependency_added"))) == (1, 1)


def test_circles_of_any_length_are_refused(project: Project) -> None:
    tasks = [a_task(project, str(n)) for n in range(5)]
    for one, other in itertools.pairwise(tasks):
        add_dependency(actor=BOSS, task=one, depends_on=other)
    for early in range(4):
        for late in range(early, 5):
            with pytest.raises(CycleRefused):
                add_dependency(actor=BOSS, task=tasks[late], depends_on=tasks[early])
    add_dependency(actor=BOSS, task=tasks[0], depends_on=tasks[4])


def test_a_refused_circle_names_the_way_round(project: Project) -> None:
    a, b, c, aside = (a_task(project, name) for name in "abcd")
    add_dependency(actor=BOSS, task=b, depends_on=aside)
    add_dependency(actor=BOSS, task=b, depends_on=c)
    add_dependency(actor=BOSS, task=c, depends_on=a)
    told = len(events(project, "task.dependency_added"))
    with pytest.raises(CycleRefused) as refused:
        add_dependency(actor=BOSS, task=a, depends_on=b)
    way = [a.key, b.key, c.key, a.key]
    assert refused.value.extra["path"] == way
    assert refused.value.message == f"{a.key} would wait for itself: {' → '.join(way)}."
    assert [error.field for error in refused.value.errors] == ["depends_on"]
    assert not Dependency.objects.filter(task=a).exists()
    assert len(events(project, "task.dependency_added")) == told
    with pytest.raises(CycleRefused, match="A task cannot wait for itself"):
        add_dependency(actor=BOSS, task=a, depends_on=a)


def test_a_refused_parent_names_the_way_round(project: Project) -> None:
    top = a_task(project, "Top")
    middle = a_task(project, "Middle", parent=top)
    leaf = a_task(project, "Leaf", parent=middle)
    with pytest.raises(CycleRefused) as refused:
        edit_task(actor=BOSS, task=top, changes={"parent": leaf})
    assert refused.value.extra["path"] == [top.key, leaf.key, middle.key, top.key]
    assert [error.field for error in refused.value.errors] == ["parent"]
    assert fresh(top).parent is None


def test_what_is_elsewhere_or_not_there_is_not_found(project: Project) -> None:
    task, foreign = a_task(project), a_task(a_project("zeus"))
    with pytest.raises(NotFound):
        add_dependency(actor=BOSS, task=task, depends_on=foreign)
    with pytest.raises(NotFound):
        remove_dependency(actor=BOSS, task=task, depends_on=a_task(project))


def test_there_is_an_end_to_what_one_task_waits_for(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dependencies, "MAX_DEPENDENCIES", 2)
    task = a_task(project, dependencies=[a_task(project), a_task(project)])
    with pytest.raises(Refused) as refused:
        add_dependency(actor=BOSS, task=task, depends_on=a_task(project))
    assert refused.value.code == "too_many"


def test_an_agent_lets_only_its_own_tasks_wait(project: Project) -> None:
    agent, actor = an_agent(project)
    other = a_task(project)
    foreign = a_task(project, agents=[an_agent(project, "rust")[0]])
    for task in (foreign, a_task(project)):
        with pytest.raises(NotYourTask):
            add_dependency(actor=actor, task=task, depends_on=other)
    mine = a_task(project, agents=[agent])
    add_dependency(actor=actor, task=mine, depends_on=other)
    add_dependency(actor=BOSS, task=foreign, depends_on=other)
    with pytest.raises(NotYourTask):
        remove_dependency(actor=actor, task=foreign, depends_on=other)
    remove_dependency(actor=actor, task=mine, depends_on=other)
    assert Dependency.objects.get().task == foreign
