"""The thread's tab and its fragments: pages of messages, who may do what to them, previews, changes, followers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from missioncontrol.kernel.api.authentication import person
from tasks.models import Message, Project, Task, User
from tasks.queries import thread as queries
from tasks.services.subscriptions import subscribe, unsubscribe
from tasks.services.tasks import create_task
from tasks.services.thread import delete_message, edit_message, post_message
from tests.agents.building import a_member, a_project, an_agent

pytestmark = pytest.mark.django_db
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def task(project: Project, ada: User) -> Task:
    return create_task(actor=person(ada), project=project, title="Mend the pump")


def said(task: Task, user: User, content: str = "It drips.", **more: Any) -> Message:
    return post_message(actor=person(user), task=Task.objects.get(pk=task.pk), content=content, **more)


def several(task: Task, user: User, count: int) -> list[Message]:
    return [said(task, user, f"Word {number}") for number in range(count)]


def tab(client: Client, task: Task, query: str = "") -> str:
    answer = client.get(f"/p/apollo/t/{task.key}/thread{query}", headers=FRAGMENT)
    assert answer.status_code == 200
    return answer.content.decode()


def shown(page: str) -> list[str]:
    return re.findall(r'id="message-([0-9a-f-]{36})"', page)


def changes(client: Client, message: Message, key: str) -> Any:
    return client.get(f"/p/apollo/t/{key}/messages/{message.pk}/changes", headers=FRAGMENT)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_latest_messages_come_first_and_earlier_ones_a_page_at_a_time(
    ada: User, hers: Client, task: Task
) -> None:
    ids = [str(message.pk) for message in several(task, ada, 2 * queries.PAGE + 7)]

    latest = tab(hers, task)
    further = tab(hers, task, f"?from={shown(latest)[0]}&further")
    whole = tab(hers, task, f"?from={shown(further)[0]}&further")

    assert shown(latest) == ids[-queries.PAGE :]
    assert shown(further) == ids[-2 * queries.PAGE :]
    assert shown(whole) == ids
    assert "data-earlier" in latest and "data-earlier" in further
    assert "data-earlier" not in whole


def test_the_thread_drawn_anew_reaches_as_far_back_as_it_was_read(
    ada: User, hers: Client, task: Task
) -> None:
    ids = [str(message.pk) for message in several(task, ada, queries.PAGE + 20)]
    fresh = said(task, ada, "Just now")

    assert shown(tab(hers, task, f"?from={ids[3]}")) == [*ids[3:], str(fresh.pk)]


@pytest.mark.parametrize(
    "query", ["?from=nonsense", "?from=%00", "?from=00000000-0000-7000-8000-000000000000"]
)
def test_a_place_that_is_none_shows_the_latest(ada: User, hers: Client, task: Task, query: str) -> None:
    ids = [str(message.pk) for message in several(task, ada, 3)]

    assert shown(tab(hers, task, query)) == ids


def test_a_thread_goes_back_to_its_limit_and_then_says_where_to_find_the_rest(
    ada: User, hers: Client, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE", 4)
    monkeypatch.setattr(queries, "MOST", 6)
    ids = [str(message.pk) for message in several(task, ada, 10)]

    page = tab(hers, task, f"?from={ids[0]}")

    assert shown(page) == ids[-6:]
    assert "data-earlier" not in page
    assert "Older messages are found" in page


def test_a_thread_needs_the_same_number_of_queries_with_five_messages_and_with_fifty(
    project: Project, ada: User, hers: Client, task: Task
) -> None:
    def grow(count: int) -> None:
        first = said(task, ada)
        for number in range(count):
            agent, _ = an_agent(project, f"bolt-{Message.objects.count()}")
            said(task, ada, f"Word {number} @{agent.slug}", reply_to=first.pk)

    grow(5)
    with CaptureQueriesContext(connection) as few:
        tab(hers, task)
    grow(45)
    with CaptureQueriesContext(connection) as many:
        tab(hers, task)

    assert len(many) == len(few)


def test_people_are_offered_what_they_may_do_to_a_message_and_no_more(
    project: Project, ada: User, hers: Client, task: Task
) -> None:
    said(task, ada)
    ben, vera = a_member(project, "ben", "operator"), a_member(project, "vera", "viewer")

    offered = {
        name: set(re.findall(r'data-message="(\w+)"', tab(signed_in(user), task)))
        for name, user in (("ada", ada), ("ben", ben), ("vera", vera))
    }

    assert offered["ada"] == {"reply", "link", "edit", "delete"}
    assert offered["ben"] == {"reply", "link", "delete"}
    assert offered["vera"] == {"link"}


def test_an_answer_shows_what_it_answers(ada: User, hers: Client, task: Task) -> None:
    first = said(task, ada, "Is it <b>tight</b>?")
    said(task, ada, "Yes.", reply_to=first.pk)

    page = tab(hers, task)

    assert f'href="#message-{first.pk}"' in page
    assert "ada: Is it &lt;b&gt;tight&lt;/b&gt;?" in page


def test_an_answer_to_a_deleted_message_does_not_say_what_it_said(
    ada: User, hers: Client, task: Task
) -> None:
    first = said(task, ada, "The secret word")
    said(task, ada, "Yes.", reply_to=first.pk)
    delete_message(actor=person(ada), message=first)

    page = tab(hers, task)

    assert "secret" not in page
    assert "a message that was deleted" in page


def test_who_follows_is_named_and_oneself_can_follow_or_stop(
    project: Project, ada: User, hers: Client, task: Task
) -> None:
    ben = a_member(project, "ben")
    gone, _ = an_agent(project, "gone", name="Gone")
    said(task, ada, "Look @gone")
    type(gone).objects.filter(pk=gone.pk).update(removed_at=task.created_at)
    subscribe(actor=person(ben), task=task)

    both = tab(hers, task)
    unsubscribe(actor=person(ada), task=task)
    alone = tab(hers, task)

    assert "Followed by ada and ben" in both and 'aria-pressed="true" title="Who follows' in both
    assert "Followed by ben" in alone and 'aria-pressed="false" title="Who follows' in alone


def test_a_preview_is_what_the_server_would_show_and_runs_nothing(hers: Client, project: Project) -> None:
    answer = hers.post("/p/apollo/preview", {"content": "It *drips* <script>x</script>"}, headers=FRAGMENT)

    page = answer.content.decode()
    assert "<em>drips</em>" in page
    assert "<script>" not in page
    assert "Nothing to preview yet" in hers.post("/p/apollo/preview", {"content": " "}).content.decode()


def test_a_preview_is_for_members_who_come_from_our_own_pages(hers: Client, project: Project) -> None:
    a_project("secret")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(username="ada"))

    assert hers.post("/p/secret/preview", {"content": "x"}).status_code == 404
    assert hers.get("/p/apollo/preview").status_code == 405
    assert strict.post("/p/apollo/preview", {"content": "x"}).status_code == 403
    assert Client().post("/p/apollo/preview", {"content": "x"}, headers=FRAGMENT).status_code == 401


def test_the_changes_of_a_message_say_who_when_and_which_words(ada: User, hers: Client, task: Task) -> None:
    message = said(task, ada, "Use the old pump <now>.")
    edit_message(actor=person(ada), message=message, content="Use the new pump <now>.")

    answer = changes(hers, message, task.key)

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Use the <del>old</del><ins>new</ins> pump &lt;now&gt;." in page
    assert page.count("<strong>ada</strong>") == 2


def test_what_a_deleted_message_said_is_for_its_author_and_operators(
    project: Project, ada: User, hers: Client, task: Task
) -> None:
    ben = a_member(project, "ben", "operator")
    vera = a_member(project, "vera", "viewer")
    message = said(task, ben, "Regretted")
    delete_message(actor=person(ben), message=message)

    assert "<del>Regretted</del>" in changes(hers, message, task.key).content.decode()
    assert "deleted it" in changes(signed_in(ben), message, task.key).content.decode()
    assert changes(signed_in(vera), message, task.key).status_code == 404
    assert 'data-message="changes"' not in tab(signed_in(vera), task)


def test_the_changes_of_a_message_are_found_at_its_own_task_only(
    project: Project, ada: User, hers: Client, task: Task
) -> None:
    message = said(task, ada)
    other = create_task(actor=person(ada), project=project, title="Other")
    elsewhere = create_task(actor=person(ada), project=a_project("secret"), title="Theirs")
    theirs = said(elsewhere, ada)

    assert changes(hers, message, other.key).status_code == 404
    assert changes(hers, theirs, elsewhere.key).status_code == 404
    assert hers.get(f"/p/apollo/t/{task.key}/messages/nonsense/changes").status_code == 404


def test_a_long_history_of_changes_needs_the_same_number_of_queries(
    ada: User, hers: Client, task: Task
) -> None:
    message = said(task, ada)

    def changed(count: int) -> int:
        for number in range(count):
            message.refresh_from_db()
            edit_message(actor=person(ada), message=message, content=f"Now {message.version} {number}")
        with CaptureQueriesContext(connection) as caught:
            assert changes(hers, message, task.key).status_code == 200
        return len(caught)

    assert changed(5) == changed(45)
