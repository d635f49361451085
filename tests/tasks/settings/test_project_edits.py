"""Several people edit the settings of a project: nobody's change is lost, and none is overwritten unseen."""

from __future__ import annotations

import pytest

from tasks.errors import VersionConflict
from tasks.models import Project
from tasks.services.project_edits import edit_settings, flat
from tasks.services.projects import update_project
from tests.agents.building import events
from tests.tasks.building import a_member, a_project, actor_of, together

pytestmark = pytest.mark.django_db


def test_what_two_people_changed_apart_is_kept_of_both() -> None:
    project = a_project(wip_limits={"ready": 9})
    ada, ben = actor_of(a_member(project)), actor_of(a_member(project, "ben"))
    seen = flat(project)
    update_project(
        actor=ben, project=project, changes={"name": "Theirs", "wip_limits": {"ready": 9, "review": 3}}
    )

    edit_settings(
        actor=ada, project=project, seen=seen, asked={**seen, "lease_s": 60, "wip_limits.blocked": 2}
    )

    project.refresh_from_db()
    assert (project.name, project.lease_s) == ("Theirs", 60)
    assert project.wip_limits == {"ready": 9, "review": 3, "blocked": 2}
    last = events(project, "project.updated")[-1]
    assert (set(last.data["after"]), last.actor_name) == ({"lease_s", "wip_limits"}, "ada")


def test_the_same_setting_changed_by_both_names_it_and_who_and_writes_nothing() -> None:
    project = a_project()
    ada, ben = actor_of(a_member(project)), actor_of(a_member(project, "ben"))
    seen = flat(project)
    edit_settings(actor=ben, project=project, seen=seen, asked={"wip_limits.review": 5, "name": "Theirs"})

    with pytest.raises(VersionConflict) as conflict:
        edit_settings(
            actor=ada,
            project=project,
            seen=seen,
            asked={"wip_limits.review": 4, "lease_s": 60, "name": "Theirs"},
        )

    assert [(error.field, error.message) for error in conflict.value.errors] == [
        ("wip_limits.review", "ben changed it meanwhile.")
    ]
    project.refresh_from_db()
    assert (project.lease_s, project.wip_limits) == (1800, {"review": 5})


def test_nested_settings_are_set_and_taken_out_one_by_one() -> None:
    project = a_project(loop_limits={"ping_pong": {"minutes": 5, "alternations": 4}})
    ada = actor_of(a_member(project))
    seen = flat(project)
    assert seen["loop_limits.ping_pong.minutes"] == 5

    asked = {"loop_limits.ping_pong.minutes": None, "loop_limits.review_cycles.cycles": 7}
    edit_settings(actor=ada, project=project, seen=seen, asked=asked)
    project.refresh_from_db()
    assert project.loop_limits == {"ping_pong": {"alternations": 4}, "review_cycles": {"cycles": 7}}

    edit_settings(
        actor=ada, project=project, seen=flat(project), asked={"loop_limits.ping_pong.alternations": None}
    )
    project.refresh_from_db()
    assert project.loop_limits == {"review_cycles": {"cycles": 7}}


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_is_told() -> None:
    project = a_project()
    people = [actor_of(a_member(project, name)) for name in ("ada", "ben")]
    seen = flat(project)

    results = together(
        [
            lambda actor=actor: edit_settings(
                actor=actor, project=project, seen=seen, asked={"name": f"By {actor.name}"}
            )
            for actor in people
        ]
    )

    won = [result for result in results if isinstance(result, Project)]
    lost = [result for result in results if isinstance(result, VersionConflict)]
    assert (len(won), len(lost)) == (1, 1)
    project.refresh_from_db()
    assert project.name == won[0].name
