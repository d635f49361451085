"""Projects: made whole, set, held, and never without an owner."""

from __future__ import annotations

from dataclasses import replace

import pytest

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.errors import Conflict, Forbidden, NotFound, Refused
from tasks.errors import AgentHalted, VersionConflict
from tasks.models import EventStream, Membership, Project, TaskCounter, User
from tasks.modes import Act, ensure
from tasks.services.access import (
    Need,
    can,
    get_project,
    get_task,
    require_may_create_projects,
    visible_projects,
)
from tasks.services.projects import (
    create_project,
    remove_member,
    set_archived,
    set_global_mode,
    set_member,
    set_mode,
    update_project,
)
from tests.agents.building import events
from tests.tasks.building import BOSS, HOUSE, a_member, a_project, a_service, a_task, actor_of, an_agent

pytestmark = pytest.mark.django_db


def test_a_project_comes_with_its_counter_its_stream_and_its_owner() -> None:
    ada = User.objects.create_user("ada")
    project = create_project(actor=HOUSE, slug="apollo", name="Apollo", creator=ada, workflow="light")
    assert (project.key_prefix, project.workflow) == ("APOL", "light")
    assert TaskCounter.objects.get(project=project).last_number == 0
    assert EventStream.objects.get(project=project).head_seq == 2
    assert Membership.objects.get(project=project, user=ada).role == "owner"


@pytest.mark.parametrize(
    ("slug", "prefix"),
    [("apollo", "APOL"), ("x", "X"), ("42-go", "GO"), ("4-2", "PRJ"), ("a-b-c-d-e", "ABCD")],
)
def test_a_prefix_is_made_from_the_slug(slug: str, prefix: str) -> None:
    assert a_project(slug).key_prefix == prefix


def test_a_taken_slug_conflicts_and_leaves_nothing() -> None:
    a_project()
    with pytest.raises(Conflict) as taken:
        a_project()
    assert taken.value.code == "slug_taken"
    assert Project.objects.count() == EventStream.objects.count() == 1


def test_unknown_settings_are_named() -> None:
    with pytest.raises(Refused) as refused:
        a_project(mode="paused", colour="red")
    assert [error.field for error in refused.value.errors] == ["colour", "mode"]


def test_settings_change_with_their_event_and_only_when_they_differ() -> None:
    project = a_project()
    changed = update_project(actor=BOSS, project=project, changes={"workflow": "light", "name": "apollo"})
    assert changed.version == project.version + 1
    assert events(project, "project.updated")[0].data["after"] == {"workflow": "light"}
    again = update_project(actor=BOSS, project=project, changes={"workflow": "light"})
    assert (again.version, len(events(project, "project.updated"))) == (changed.version, 1)
    with pytest.raises(VersionConflict):
        update_project(actor=BOSS, project=project, changes={"name": "x"}, expected_version=project.version)


def test_a_project_never_loses_its_last_owner() -> None:
    project = a_project()
    ada, uma = a_member(project), a_member(project, "uma", "operator")
    for attempt in (
        lambda: remove_member(actor=BOSS, project=project, user=ada),
        lambda: set_member(actor=BOSS, project=project, user=ada, role="viewer"),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.code == "last_owner"
    set_member(actor=BOSS, project=project, user=uma, role="owner")
    remove_member(actor=BOSS, project=project, user=ada)
    assert list(Membership.objects.values_list("user__username", flat=True)) == ["uma"]
    assert events(project, "project.member_removed")[0].data["name"] == "ada"
    with pytest.raises(NotFound):
        remove_member(actor=BOSS, project=project, user=ada)


# Modes --------------------------------------------------------------------------------------------------------------

MODES = {
    "normal": {Act.READ, Act.BEAT, Act.MESSAGE, Act.WRITE, Act.START},
    "draining": {Act.READ, Act.BEAT, Act.MESSAGE, Act.WRITE},
    "paused": {Act.READ, Act.BEAT, Act.MESSAGE},
    "quarantined": {Act.READ, Act.BEAT},
}
STATES = {"active": "normal", "drained": "draining", "paused": "paused", "quarantined": "quarantined"}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("act", list(Act))
def test_the_strictest_of_mode_and_state_decides_what_an_agent_may_do(
    mode: str, state: str, act: Act
) -> None:
    agent = Actor(kind="agent", id="a", name="bolt", mode=mode, state=state)
    if act in MODES[mode] & MODES[STATES[state]]:
        ensure(agent, act)
    else:
        with pytest.raises(AgentHalted) as halted:
            ensure(agent, act)
        assert halted.value.extra["next_action"]
    ensure(replace(BOSS, mode=mode), act)


def test_a_mode_says_who_set_it_and_why_once() -> None:
    project = a_project()
    for _ in range(2):
        held = set_mode(actor=actor_of(a_member(project)), project=project, mode="paused", reason="Leak.")
    assert (held.mode, held.mode_reason, held.mode_set_by) == ("paused", "Leak.", "ada")
    assert held.mode_since is not None
    assert len(events(project, "project.mode_changed")) == 1
    with pytest.raises(Refused):
        set_mode(actor=BOSS, project=project, mode="asleep")


def test_the_global_mode_is_told_in_every_project() -> None:
    one, two = a_project(), a_project("zeus")
    set_global_mode(actor=BOSS, mode="draining", reason="Upgrade.")
    for project in (one, two):
        assert events(project, "project.mode_changed")[0].data["scope"] == "global"


# Who may ------------------------------------------------------------------------------------------------------------

MAY = {
    "viewer": {"read"},
    "operator": {"read", "write", "operate"},
    "owner": {"read", "write", "operate", "admin"},
    "staff": {"read", "write", "operate", "admin"},
    "agent": {"read", "write"},
    "service read": {"read"},
    "service write": {"read", "write"},
    "service operate": {"read", "operate"},
    "service admin": {"read", "admin"},
    "system": {"read", "write", "operate", "admin"},
}


@pytest.mark.parametrize("who", MAY)
def test_rights_are_those_of_the_table(who: str) -> None:
    project = a_project()
    if who in {"viewer", "operator", "owner"}:
        actor = actor_of(a_member(project, "pat", who))
    elif who == "staff":
        actor = actor_of(User.objects.create_user("grace", is_staff=True))
    elif who == "agent":
        actor = an_agent(project)[1]
    else:
        actor = a_service(project, who.split()[1]) if " " in who else HOUSE
    assert {need.value for need in Need if can(actor, project, need)} == MAY[who]


def test_what_is_elsewhere_is_not_there() -> None:
    project, elsewhere = a_project(), a_project("zeus")
    task = a_task(elsewhere)
    callers = [actor_of(a_member(project)), an_agent(project)[1], a_service(project, "admin")]
    for actor in callers:
        assert [row.slug for row in visible_projects(actor)] == ["apollo"]
        with pytest.raises(NotFound):
            get_project(actor, "zeus")
        for ref in (task.key, str(task.pk)):
            with pytest.raises(NotFound):
                get_task(actor, ref)


def test_an_archived_project_is_gone_for_everybody_until_it_is_restored() -> None:
    project = a_project()
    ada = actor_of(a_member(project))
    before = len(events(project))

    for _ in range(2):
        set_archived(actor=HOUSE, project=project, archived=True)
    with pytest.raises(NotFound):
        get_project(ada, "apollo")

    set_archived(actor=HOUSE, project=project, archived=False)
    assert get_project(ada, "apollo").pk == project.pk
    assert [event.type for event in events(project)][before:] == ["project.archived", "project.unarchived"]


def test_projects_are_made_by_staff_owners_and_operators() -> None:
    project = a_project()
    for allowed in (
        actor_of(a_member(project, "ada", "owner")),
        actor_of(a_member(project, "uma", "operator")),
        actor_of(User.objects.create_user("grace", is_staff=True)),
        HOUSE,
    ):
        require_may_create_projects(allowed)
    for refused in (
        actor_of(a_member(project, "vera", "viewer")),
        actor_of(User.objects.create_user("stan")),
        an_agent(project)[1],
        a_service(project, "admin"),
    ):
        with pytest.raises(Forbidden):
            require_may_create_projects(refused)
