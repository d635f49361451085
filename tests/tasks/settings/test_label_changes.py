"""Labels changed for the whole project: every task that carries one changes with it, and says so."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from missioncontrol.kernel.errors import Conflict, DomainError, NotFound, Refused
from tasks.models import Label, Project, SavedView, Task, User
from tasks.queries.labels import counted_labels, reach_of
from tasks.services.audit import verify_chain
from tasks.services.label_changes import (
    create_label,
    delete_label,
    get_label,
    merge_label,
    rename_label,
)
from tasks.services.tasks import edit_task
from tasks.services.views import save_view
from tests.agents.building import events
from tests.tasks.building import HOUSE, a_member, a_project, a_task, actor_of, together

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return a_project()


@pytest.fixture
def ada(project: Project) -> User:
    return a_member(project)


def label(project: Project, name: str) -> Label:
    return Label.objects.get(project=project, name=name)


def names(task: Task) -> list[str]:
    return sorted(task.labels.values_list("name", flat=True))


def test_a_renamed_label_is_renamed_on_every_task_with_a_version_and_an_event_each(
    project: Project, ada: User
) -> None:
    tasks = [a_task(project, labels=["river", "wood"]), a_task(project, labels=["river"])]
    other = a_task(project, labels=["wood"])

    rename_label(actor=actor_of(ada), label=label(project, "river"), name="stream")

    assert [names(task) for task in (*tasks, other)] == [["stream", "wood"], ["stream"], ["wood"]]
    told = events(project, "task.updated")
    assert [(event.data["before"], event.data["after"]) for event in told] == [
        ({"labels": ["river", "wood"]}, {"labels": ["stream", "wood"]}),
        ({"labels": ["river"]}, {"labels": ["stream"]}),
    ]
    for task, event in zip(tasks, told, strict=True):
        now = Task.objects.get(pk=task.pk)
        assert now.version == task.version + 1 == event.data["version"]
        assert (event.data["key"], event.data["status"], event.actor_name) == (task.key, "ready", "ada")
    assert Task.objects.get(pk=other.pk).version == other.version
    (renamed,) = events(project, "label.renamed")
    assert (renamed.data["before"], renamed.data["after"], renamed.data["tasks"]) == (
        {"name": "river"},
        {"name": "stream"},
        2,
    )
    assert verify_chain(project).ok


def test_the_same_name_again_changes_nothing(project: Project, ada: User) -> None:
    task = a_task(project, labels=["river"])
    rename_label(actor=actor_of(ada), label=label(project, "river"), name="river")
    assert Task.objects.get(pk=task.pk).version == task.version
    assert not events(project, "label.renamed")


def test_a_name_that_is_taken_is_refused_and_a_stale_one_conflicts(project: Project, ada: User) -> None:
    task = a_task(project, labels=["river", "wood"])
    with pytest.raises(Refused) as taken:
        rename_label(actor=actor_of(ada), label=label(project, "river"), name="wood")
    assert (taken.value.code, taken.value.errors[0].field) == ("label_exists", "name")
    with pytest.raises(Conflict, match="“river” by now"):
        rename_label(actor=actor_of(ada), label=label(project, "river"), name="sea", was="lake")
    with pytest.raises(Refused):
        create_label(actor=actor_of(ada), project=project, name="wood")
    assert names(task) == ["river", "wood"]
    assert not events(project, "task.updated")


def test_saved_views_follow_a_new_name_whoever_they_belong_to(project: Project, ada: User) -> None:
    ben = a_member(project, "ben", "operator")
    a_task(project, labels=["river"])
    for user, query in ((ada, 'is:open label:wood,river -label:"river"'), (ben, "label:riverside river")):
        save_view(actor=actor_of(user), project=project, name="Mine", query=query)

    rename_label(actor=actor_of(ada), label=label(project, "river"), name="old river")

    assert set(SavedView.objects.values_list("query", flat=True)) == {
        'is:open label:wood,"old river" -label:"old river"',
        "label:riverside river",
    }
    assert len(events(project, "view.changed")) == 1


def test_a_merged_label_is_replaced_once_and_gone(project: Project, ada: User) -> None:
    both, one = a_task(project, labels=["river", "stream"]), a_task(project, labels=["stream"])
    source, target = label(project, "stream"), label(project, "river")

    merge_label(actor=actor_of(ada), label=source, into=target)

    assert (names(both), names(one)) == (["river"], ["river"])
    assert list(Label.objects.values_list("name", flat=True)) == ["river"]
    assert [event.data["after"]["labels"] for event in events(project, "task.updated")] == [
        ["river"],
        ["river"],
    ]
    assert events(project, "label.merged")[0].data["tasks"] == 2
    with pytest.raises(Refused):
        merge_label(actor=actor_of(ada), label=target, into=target)
    with pytest.raises(NotFound):
        merge_label(actor=actor_of(ada), label=source, into=target)


def test_a_deleted_label_leaves_its_tasks(project: Project, ada: User) -> None:
    task = a_task(project, labels=["river", "wood"])
    river = label(project, "river")

    delete_label(actor=actor_of(ada), label=river)

    assert names(task) == ["wood"]
    assert Task.objects.get(pk=task.pk).version == task.version + 1
    assert events(project, "label.deleted")[0].data["before"] == {"name": "river"}
    with pytest.raises(NotFound):
        get_label(project, str(river.pk))


def test_reach_says_what_a_change_touches(project: Project, ada: User) -> None:
    a_task(project, labels=["river"])
    save_view(actor=actor_of(ada), project=project, name="Mine", query="label:river")
    reach = reach_of(label(project, "river"))
    assert (reach.tasks, reach.open_tasks, reach.views) == (1, 1, 1)
    assert [(row.name, row.tasks_count, row.open_count) for row in counted_labels(project)] == [
        ("river", 1, 1)
    ]


def test_a_rename_costs_the_same_queries_for_five_and_for_fifty_tasks(project: Project, ada: User) -> None:
    def cost(name: str, count: int) -> int:
        for _ in range(count):
            a_task(project, labels=[name])
        with CaptureQueriesContext(connection) as caught:
            rename_label(actor=actor_of(ada), label=label(project, name), name=f"{name}-new")
        return len(caught)

    assert cost("few", 5) == cost("many", 50)


@pytest.mark.django_db(transaction=True)
def test_tasks_labelled_while_the_label_is_renamed_end_with_one_that_exists() -> None:
    project = a_project()
    actor = actor_of(a_member(project))
    tasks = [a_task(project, f"Task {n}") for n in range(6)]
    a_task(project, labels=["river"])
    river = label(project, "river")

    jobs = [
        lambda task=task: edit_task(actor=HOUSE, task=task, changes={"labels": ["river"]}) for task in tasks
    ]
    results = together([*jobs, lambda: rename_label(actor=actor, label=river, name="stream")])

    assert [result for result in results if isinstance(result, Exception)] == []
    for task in tasks:
        assert len(names(task)) == 1 and names(task)[0] in {"river", "stream"}
    assert verify_chain(project).ok


@pytest.mark.django_db(transaction=True)
def test_tasks_labelled_while_the_label_is_deleted_lose_it_or_make_it_anew() -> None:
    project = a_project()
    actor = actor_of(a_member(project))
    tasks = [a_task(project, f"Task {n}") for n in range(6)]
    a_task(project, labels=["river"])
    river = label(project, "river")

    jobs = [
        lambda task=task: edit_task(actor=HOUSE, task=task, changes={"labels": ["river"]}) for task in tasks
    ]
    results = together([*jobs, lambda: delete_label(actor=actor, label=river)])

    assert [
        each for each in results if isinstance(each, Exception) and not isinstance(each, DomainError)
    ] == []
    assert not Label.objects.filter(pk=river.pk).exists()
    for task in tasks:
        assert names(task) in ([], ["river"])
    assert verify_chain(project).ok
