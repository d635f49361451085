"""The index follows every row, however it is written."""

from __future__ import annotations

import pytest
from django.db import connection

from agents.services.registry import remove_agent
from tasks import search_index
from tasks.models import Message, Project, SearchDoc, Task
from tasks.services.tasks import edit_task
from tasks.services.thread import delete_message, edit_message, post_message
from tests.agents.building import Caller, a_member, an_agent
from tests.tasks.building import HOUSE, a_task
from tests.tasks.views.building import fill

from .building import found, titles

pytestmark = pytest.mark.django_db


def test_a_task_is_found_by_what_it_says_now(project: Project, ada: Caller) -> None:
    task = a_task(project, "Mend the pump", description="It drips on the staging server.")
    assert titles(ada, "pump") == titles(ada, "staging") == ["Mend the pump"]

    edit_task(actor=HOUSE, task=task, changes={"title": "Replace the valve"})

    assert titles(ada, "pump") == []
    assert titles(ada, "valve") == titles(ada, "staging") == ["Replace the valve"]
    assert SearchDoc.objects.filter(ref=task.pk).count() == 1


def test_a_message_is_found_until_it_is_deleted(project: Project, ada: Caller) -> None:
    task = a_task(project)
    message = post_message(actor=HOUSE, task=task, content="The gasket is worn")
    assert found(ada, "gasket") == [("message", task.title)]

    edit_message(actor=HOUSE, message=message, content="The impeller is worn")
    assert found(ada, "gasket") == []
    assert found(ada, "impeller") == [("message", task.title)]

    delete_message(actor=HOUSE, message=Message.objects.get(pk=message.pk))
    assert found(ada, "impeller") == []
    assert not SearchDoc.objects.filter(ref=message.pk).exists()


def test_an_agent_is_found_by_name_role_and_skill_until_it_is_removed(project: Project, ada: Caller) -> None:
    agent, _ = an_agent(project, "scout", name="Scout", role_text="Reads manuals", skills=["hydraulics"])
    for words in ("scout", "manuals", "hydraulics"):
        assert found(ada, words) == [("agent", "Scout")]

    remove_agent(actor=HOUSE, agent=agent)

    assert found(ada, "scout") == []


def test_rows_written_in_bulk_are_found_and_rows_removed_are_not(project: Project, ada: Caller) -> None:
    agent, _ = an_agent(project)
    fill(project, 12, a_member(project, "ben"), agent)
    assert len(titles(ada, "retry hook")) == 12

    Task.objects.filter(project=project).update(title="Something else")
    assert titles(ada, "retry") == []
    assert len(titles(ada, "something")) == 12

    doomed = Task.objects.filter(project=project).order_by("number").first()
    assert doomed is not None
    doomed.delete()
    assert len(titles(ada, "something")) == 11


def test_what_was_there_before_the_index_is_indexed_by_the_migration(project: Project, ada: Caller) -> None:
    a_task(project, "Mend the pump")
    with connection.cursor() as cursor:
        search_index.disconnect(connection.vendor, cursor.execute, search_index.TASKS)
        a_task(project, "Written while nobody listened")
        assert titles(ada, "listened") == []
        search_index.connect(connection.vendor, cursor.execute, search_index.TASKS)

    assert titles(ada, "listened") == ["Written while nobody listened"]
    assert titles(ada, "pump") == ["Mend the pump"]
    assert SearchDoc.objects.filter(kind="task").count() == 2


def test_triggers_that_a_migration_took_away_come_back_and_the_table_is_indexed_again(
    project: Project, ada: Caller
) -> None:
    with connection.cursor() as cursor:
        search_index.disconnect(connection.vendor, cursor.execute, search_index.TASKS)
        a_task(project, "Written while nobody listened")
        search_index.keep(connection, search_index.TASKS)
        if connection.vendor != "sqlite":  # no other database loses them, so nobody looks
            search_index.connect(connection.vendor, cursor.execute, search_index.TASKS)
    a_task(project, "Somebody listened")

    assert titles(ada, "listened") == ["Somebody listened", "Written while nobody listened"]


def test_writing_what_is_not_shown_in_searches_leaves_the_index_alone(project: Project, ada: Caller) -> None:
    task = a_task(project, "Mend the pump")
    doc = SearchDoc.objects.get(ref=task.pk)

    Task.objects.get(pk=task.pk).save()
    edit_task(actor=HOUSE, task=task, changes={"priority": 1})

    assert SearchDoc.objects.get(ref=task.pk).pk == doc.pk
    assert titles(ada, "pump") == ["Mend the pump"]


@pytest.mark.parametrize(
    "text", ["\ufdfa" * 100_000, "漢字" * 50_000, "x" * 100_000, "a b " * 25_000, "'); DROP"]
)
def test_no_text_is_too_odd_to_be_written(project: Project, ada: Caller, text: str) -> None:
    task = a_task(project, "Odd one", description=text)
    assert Task.objects.get(pk=task.pk).description
    assert titles(ada, "odd") == ["Odd one"]
