"""What waits for a person: what is in it, for whom, and in which order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import Alert, Approval, ResponseRequest
from agents.queries.credentials import agent_actor
from agents.services import alerts, decisions
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.api.authentication import person
from missioncontrol.kernel.clock import database_now
from notifications.models import Notification
from notifications.queries.waiting.gathering import KINDS, gather
from notifications.queries.waiting.items import Item
from notifications.queries.waiting.sources import counts, reach_of
from notifications.services.inbox import mark_read
from tasks.models import Project, Task, User
from tasks.services.dependencies import add_dependency
from tasks.services.thread import post_message
from tests.notifications.builders import run_relay
from tests.tasks.building import BOSS, forced

from .building import World, a_task, a_world, an_agent, ask, everything

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return a_world()


def inbox(actor: Actor, project: Project | None = None) -> list[Item]:
    return gather(reach_of(actor, project), database_now())


def needing(actor: Actor, project: Project | None = None) -> int:
    return sum(counts(reach_of(actor, project), database_now()).values())


def kinds(found: list[Item]) -> list[str]:
    return [item.kind for item in found]


def test_everything_that_waits_is_there_and_counted_alike(world: World) -> None:
    everything(world)
    found = inbox(world.ann, world.project)
    assert sorted(kinds(found)) == sorted(KINDS)
    assert all(item.may_act for item in found)
    assert needing(world.ann, world.project) == len(found)
    assert needing(world.ann) == len(inbox(world.ann)) == len(found)


def test_as_many_queries_for_fifty_of_each_kind_as_for_five(world: World) -> None:
    everything(world, 5)
    with CaptureQueriesContext(connection) as few:
        inbox(world.ann, world.project)
    everything_more(world)
    with CaptureQueriesContext(connection) as many:
        found = inbox(world.ann, world.project)
    assert len(found) >= 6 * 50
    assert len(many) == len(few), "\n".join(query["sql"][:150] for query in many)


def everything_more(world: World) -> None:
    """Fifty of each, written at once: only how they are read is looked at."""
    now = database_now()
    approval, alert = Approval.objects.all()[0], Alert.objects.all()[0]
    note = Notification.objects.filter(type="mention", user_id=world.ann.id)[0]
    question = ResponseRequest.objects.all()[0]
    for number in range(50):
        task = a_task(
            world.project, f"More {number}", agents=[an_agent(world.project, f"more-{number}").agent]
        )
        forced(task, "review" if number % 2 else "blocked")
        forced(a_task(world.project, f"Even more {number}"), "blocked" if number % 2 else "review")
        Approval(
            **{
                **columns(approval),
                "payload_hash": str(number),
                "requester_agent": task.assignments.get().agent,
            }
        ).save()
        Alert(
            **{**columns(alert), "dedupe_key": f"more-{number}", "agent": task.assignments.get().agent}
        ).save()
        Notification(**{**columns(note), "seq": 10_000 + number, "task": task}).save()
        ResponseRequest(**{**columns(question), "task": task, "created_at": now}).save()


def columns(row: object) -> dict[str, object]:
    """A row's columns without its key."""
    fields = row._meta.concrete_fields  # type: ignore[attr-defined]
    return {field.name: getattr(row, field.name) for field in fields if not field.primary_key}


def test_other_projects_stay_apart_and_strangers_see_nothing(world: World) -> None:
    everything(world)
    other = a_world("other")
    assert kinds(inbox(other.ann)) == []
    assert needing(other.ann) == 0
    ask(other, task=None)
    both = inbox(person(User.objects.create_superuser("grace")))
    assert {item.project.slug for item in both} == {"atlas", "other"}


def test_a_viewer_sees_what_waits_and_settles_only_what_is_aimed_at_them(world: World) -> None:
    everything(world)
    task = a_task(world.project)
    post_message(actor=world.bob, task=task, content=f"@{world.vic.name} look")
    run_relay()
    found = inbox(world.vic, world.project)
    assert [item.kind for item in found if item.may_act] == ["mention"]
    assert {item.kind for item in found} == {"mention", "approval", "review", "blocked", "alert"}
    assert needing(world.vic, world.project) == 1


def test_what_i_asked_for_or_approved_already_waits_for_somebody_else(world: World) -> None:
    red = ask(world, task=None, risk="red")
    mine = ask(world, task=None, actor=world.ann, payload={"by": "ann"})
    decisions.approve(actor=world.ann, approval=red)
    by_id = {item.row.pk: item for item in inbox(world.ann)}
    assert {pk: item.may_act for pk, item in by_id.items()} == {red.pk: False, mine.pk: False}
    assert needing(world.ann) == 0
    votes = by_id[red.pk].votes
    assert votes is not None
    assert ([vote.actor_name for vote in votes.yes], votes.needed, votes.able) == (
        [world.ann.name],
        2,
        [world.bob.name],
    )
    assert needing(world.bob) == 2


def test_requests_that_ran_out_are_gone_before_the_job_has_been_by(world: World) -> None:
    approval = ask(world, task=None)
    Approval.objects.update(expires_at=approval.created_at)
    assert inbox(world.ann) == []
    assert needing(world.ann) == 0


def test_reviews_are_mine_or_anybodys(world: World) -> None:
    mine, theirs, anybodys, machines = (forced(a_task(world.project, name), "review") for name in "abcd")
    Task.objects.filter(pk=mine.pk).update(reviewer_user_id=world.ann.id)
    Task.objects.filter(pk=theirs.pk).update(reviewer_user_id=world.bob.id)
    Task.objects.filter(pk=machines.pk).update(reviewer_agent=world.agent)
    assert {item.task for item in inbox(world.ann)} == {mine, anybodys}
    assert {item.task for item in inbox(world.bob)} == {theirs, anybodys}


def test_what_waits_for_other_tasks_goes_on_by_itself_and_needs_nobody(world: World) -> None:
    first, second = a_task(world.project, "first"), a_task(world.project, "second")
    add_dependency(actor=BOSS, task=second, depends_on=first)
    assert Task.objects.get(pk=second.pk).status == "blocked"
    assert inbox(world.ann) == []
    forced(first, "canceled")
    assert [item.task for item in inbox(world.ann)] == [second]


def test_who_stands_still_comes_before_who_has_other_work(world: World) -> None:
    idle, busy = an_agent(world.project, "idle").agent, world.agent
    later = ask(world, task=None, actor=agent_actor(idle, None), payload={"of": "idle"}, expires_in_s=7200)
    sooner = ask(world, task=None, payload={"of": "busy"}, expires_in_s=3600)
    assert busy.held_tasks.count() == 1
    found = inbox(world.ann)
    assert [item.row.pk for item in found] == [later.pk, sooner.pk]
    assert [[agent.slug for agent in item.standing] for item in found] == [["idle"], []]


def test_what_expires_soon_comes_first_and_red_before_yellow(world: World) -> None:
    made = {}
    for name, fields in {
        "yellow": {"expires_in_s": 3000},
        "red": {"risk": "red", "expires_in_s": 6000},
        "soon": {"expires_in_s": 300},
    }.items():
        made[name] = ask(world, task=None, payload={"n": name}, **fields).pk
    assert [item.row.pk for item in inbox(world.ann)] == [made["soon"], made["red"], made["yellow"]]


def test_an_acknowledged_alert_goes_down_and_a_resolved_one_goes(world: World) -> None:
    grave = alerts.raise_alert(
        project_id=world.project.pk, kind="a", title="a", severity="critical", dedupe_key="a"
    )
    alerts.raise_alert(project_id=world.project.pk, kind="b", title="b", dedupe_key="b")
    assert [item.row.title for item in inbox(world.ann)] == ["a", "b"]
    alerts.acknowledge(actor=world.ann, alert=grave)
    assert [item.row.title for item in inbox(world.ann)] == ["b", "a"]
    alerts.resolve(actor=world.ann, alert=grave)
    assert [item.row.title for item in inbox(world.ann)] == ["b"]


def test_mentions_go_when_they_are_read_and_questions_when_they_are_answered(world: World) -> None:
    everything(world)
    by_kind = {item.kind: item for item in inbox(world.ann)}
    mark_read(actor=world.ann, notification_id=by_kind["mention"].row.pk)
    question = by_kind["request"]
    assert question.task is not None
    post_message(actor=world.ann, task=question.task, content="Blue.")
    assert {"mention", "request"}.isdisjoint(kinds(inbox(world.ann)))


def test_alike_are_requests_with_the_same_payload_or_of_one_agent_with_one_tool(world: World) -> None:
    other = agent_actor(an_agent(world.project, "other").agent, None)
    tool = {"tool": "files.read", "path": "a"}
    first = ask(world, task=None, payload=tool)
    same_tool = ask(world, task=None, payload={**tool, "path": "b"})
    same_payload = ask(world, task=None, payload=tool, actor=other)
    for stranger in (
        {"payload": {"tool": "shell"}},
        {"payload": tool, "risk": "red"},
        {"payload": tool, "action_type": "mail"},
    ):
        ask(world, task=None, **stranger)  # type: ignore[arg-type]
    asked_by_me = ask(world, task=None, payload=tool, actor=world.ann)
    alike = {item.row.pk: set(item.alike) for item in inbox(world.ann)}
    assert alike[first.pk] == {str(same_tool.pk), str(same_payload.pk)}
    assert alike[same_tool.pk] == {str(first.pk)}
    assert alike[asked_by_me.pk] == set()
    assert [pk for pk, others in alike.items() if others] and len(alike) == 7


def test_an_old_request_is_offered_for_as_long_as_it_can_be_decided(world: World) -> None:
    ask(world, task=None, expires_in_s=60)
    reach = reach_of(world.ann)
    assert len(gather(reach, database_now())) == 1
    assert gather(reach, database_now() + timedelta(seconds=61)) == []
