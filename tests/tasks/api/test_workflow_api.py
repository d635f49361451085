"""Steps of the workflow over HTTP, from a claim to done."""

from __future__ import annotations

import pytest

from tasks.models import Message, Project, Refusal, Task, Transition
from tasks.services.projects import update_project
from tests.agents.building import (
    HOUSE,
    Caller,
    a_project,
    a_service,
    events,
    nobody,
    problem,
)
from tests.tasks.building import CHECKLIST, DELIVERABLE, PLAN, forced
from tests.tasks.building import a_task as made

pytestmark = pytest.mark.django_db


def claimed(project: Project, bolt: Caller) -> str:
    """The key of a task that the agent holds."""
    key = made(project).key
    assert bolt.post("/agent/claim", {"task": key}).status_code == 200
    return key


def at_work(project: Project, bolt: Caller) -> str:
    """The key of a task that the agent is working on."""
    key = claimed(project, bolt)
    answer = bolt.post(f"/tasks/{key}/transition", {"to": "in_progress", "work_plan": PLAN})
    assert answer.status_code == 200, answer.content
    return key


def test_the_table_is_read_by_whoever_shows_a_credential(ada: Caller, bolt: Caller) -> None:
    table = ada.get("/workflow").json()
    assert [status["name"] for status in table["statuses"]][:3] == ["inbox", "ready", "assigned"]
    edge = next(e for e in table["edges"] if (e["from"], e["to"]) == ("assigned", "in_progress"))
    assert edge["actors"] == ["A", "H"]
    assert {r["name"] for r in edge["requirements"]} == {"assigned", "work_plan"}
    assert bolt.get("/workflow").json() == table
    problem(nobody().get("/workflow"), 401)


def test_a_task_goes_from_claim_to_done(project: Project, ada: Caller, bolt: Caller) -> None:
    key = at_work(project, bolt)
    handed_in = bolt.post(
        f"/tasks/{key}/transition", {"to": "review", "deliverable": DELIVERABLE, "checklist": CHECKLIST}
    )
    assert handed_in.json()["status"] == "review"
    assert handed_in.json()["lease"] is None
    assert handed_in["ETag"] == f'"{handed_in.json()["version"]}"'
    closed = ada.post(f"/tasks/{key}/transition", {"to": "done", "reason": "Well done."}).json()
    assert (closed["status"], closed["progress"]) == ("done", 100)
    assert closed["completed_at"]
    assert [(t.from_status, t.to_status) for t in Transition.objects.order_by("id")] == [
        ("inbox", "ready"), ("ready", "assigned"), ("assigned", "in_progress"), ("in_progress", "review"),
        ("review", "done"),
    ]  # fmt: skip


def test_a_refusal_lists_all_that_is_missing_and_the_steps_that_are_open(
    project: Project, bolt: Caller
) -> None:
    key = at_work(project, bolt)
    document = problem(bolt.post(f"/tasks/{key}/transition", {"to": "review"}), 422, "transition_refused")
    assert {error["field"] for error in document["errors"]} == {"deliverable", "checklist"}
    assert document["allowed_transitions"] == ["ready", "review", "blocked", "failed"]
    assert Task.objects.get().status == "in_progress"
    assert Refusal.objects.get().actor_kind == "agent"


def test_a_refusal_under_a_key_is_logged_and_replayed(project: Project, bolt: Caller) -> None:
    key = claimed(project, bolt)
    path = f"/tasks/{key}/transition"
    first = bolt.post(path, {"to": "done"}, Idempotency_Key="k")
    again = bolt.post(path, {"to": "done"}, Idempotency_Key="k")
    assert (first.status_code, again.status_code) == (422, 422)
    assert again["Idempotency-Replayed"] == "true"
    assert Refusal.objects.count() == 1


def test_a_step_under_a_key_is_taken_once_and_traced(project: Project, bolt: Caller) -> None:
    key = claimed(project, bolt)
    sent = {"to": "in_progress", "work_plan": PLAN}
    first = bolt.post(f"/tasks/{key}/transition", sent, Idempotency_Key="k")
    again = bolt.post(f"/tasks/{key}/transition", sent, Idempotency_Key="k")
    assert first.json() == again.json()
    assert Transition.objects.get(to_status="in_progress").idempotency_key == "k"


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "to"), ({"to": "gone"}, "to"), ({"to": 1}, "to"), ({"to": "done", "by": "ada"}, "by"),
     ({"to": "done", "lease_token": "1"}, "lease_token"), ({"to": "done", "override": 1}, "override")],
)  # fmt: skip
def test_a_bad_step_is_named(project: Project, ada: Caller, body: dict[str, object], field: str) -> None:
    key = made(project).key
    for path in ("transition", "transition/dry-run"):
        document = problem(ada.post(f"/tasks/{key}/{path}", body), 422, "invalid")
        assert [error["field"] for error in document["errors"]] == [field]


def test_an_override_is_for_those_who_operate(project: Project, ada: Caller, bolt: Caller) -> None:
    key = made(project).key
    forcing = {"to": "done", "override": True, "reason": "Done elsewhere."}
    problem(bolt.post(f"/tasks/{key}/transition", forcing), 403, "override_not_yours")
    problem(a_service(project, "write").post(f"/tasks/{key}/transition", forcing), 403, "override_not_yours")
    problem(ada.post(f"/tasks/{key}/transition", {**forcing, "reason": ""}), 422, "transition_refused")
    assert ada.post(f"/tasks/{key}/transition", forcing).json()["status"] == "done"
    assert Transition.objects.get(to_status="done").override


def test_a_dry_run_says_what_is_missing_and_changes_nothing(
    project: Project, ada: Caller, bolt: Caller
) -> None:
    key = claimed(project, bolt)
    before = (len(events(project)), Task.objects.get().version)
    answer = bolt.post(f"/tasks/{key}/transition/dry-run", {"to": "in_progress"}).json()
    assert (answer["allowed"], [e["field"] for e in answer["missing"]]) == (False, ["work_plan"])
    assert "started now" in answer["effects"]
    answer = bolt.post(f"/tasks/{key}/transition/dry-run", {"to": "in_progress", "work_plan": PLAN}).json()
    assert (answer["allowed"], answer["missing"], answer["refusal"]) == (True, [], "")
    answer = bolt.post(f"/tasks/{key}/transition/dry-run", {"to": "done"}).json()
    assert (answer["allowed"], answer["code"]) == (False, "no_edge")
    answer = bolt.post(f"/tasks/{key}/transition/dry-run", {"to": "done", "override": True}).json()
    assert (answer["allowed"], answer["code"]) == (False, "override_not_yours")
    assert (len(events(project)), Task.objects.get().version) == before
    assert not Refusal.objects.exists()


def test_a_dry_run_refuses_whom_the_step_refuses(project: Project, ada: Caller, bolt: Caller) -> None:
    key = claimed(project, bolt)
    other = made(project, "Another one").key
    assert ada.post(f"/tasks/{other}/assign", {"agents": ["bolt"]}).status_code == 200
    step = {"to": "in_progress", "work_plan": PLAN}

    assert refused(bolt, other, step) == "at_capacity"
    assert ada.post("/agents/bolt/pause", {}).status_code == 200
    assert refused(bolt, key, step) == "paused"


def refused(caller: Caller, key: str, step: dict[str, object]) -> str:
    """The code that both the dry run and the step answer."""
    told = caller.post(f"/tasks/{key}/transition/dry-run", step).json()
    assert (told["allowed"], told["effects"]) == (False, [])
    answer = caller.post(f"/tasks/{key}/transition", step)
    assert answer.status_code in {403, 409}, answer.content
    assert answer.json()["code"] == told["code"]
    return str(told["code"])


# The short form -----------------------------------------------------------------------------------------------------


def test_the_short_form_moves_and_reports_in_one_step(project: Project, bolt: Caller) -> None:
    key = at_work(project, bolt)
    shown = bolt.patch(f"/tasks/{key}/status", {"status": "in_progress", "progress": 30}).json()
    assert (shown["status"], shown["progress"]) == ("in_progress", 30)
    sent = {"status": "blocked", "blocked_reason": "No access.", "progress": 40}
    shown = bolt.patch(f"/tasks/{key}/status", sent).json()
    assert (shown["status"], shown["blocked_reason"], shown["progress"]) == ("blocked", "No access.", 40)
    assert Transition.objects.get(to_status="blocked").reason == "No access."


def test_the_short_form_keeps_the_gates(project: Project, bolt: Caller) -> None:
    key = claimed(project, bolt)
    document = problem(bolt.patch(f"/tasks/{key}/status", {"status": "in_progress", "progress": 10}), 422)
    assert [error["field"] for error in document["errors"]] == ["work_plan"]
    assert Task.objects.get().progress == 0
    problem(bolt.patch(f"/tasks/{key}/status", {"status": "blocked"}), 422)
    problem(bolt.patch(f"/tasks/{key}/status", {"status": "running"}), 422)
    problem(bolt.patch(f"/tasks/{key}/status", {"progress": 5}), 422)
    problem(bolt.patch(f"/tasks/{key}/status", {"status": "assigned", "progress": 101}), 422)
    problem(bolt.patch(f"/tasks/{key}/status", {"status": "assigned", "progress": 5, "lease_token": 9}), 409)


def test_the_same_status_again_changes_nothing(project: Project, ada: Caller) -> None:
    task = made(project)
    before = len(events(project))
    assert ada.patch(f"/tasks/{task.key}/status", {"status": "ready"}).json()["version"] == task.version
    assert len(events(project)) == before


# Blocks -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["inbox", "ready", "assigned", "in_progress"])
def test_a_lifted_block_sends_the_task_back_to_where_it_was(
    project: Project, ada: Caller, bolt: Caller, origin: str
) -> None:
    update_project(actor=HOUSE, project=project, changes={"auto_triage": False})
    key = at_work(project, bolt) if origin in {"assigned", "in_progress"} else made(project).key
    forced(Task.objects.get(), origin)
    ada.post(f"/tasks/{key}/block", {"reason": "Wait."})
    shown = ada.post(f"/tasks/{key}/unblock", {"note": "Go on."}).json()
    assert shown["status"] == {"inbox": "ready"}.get(origin, origin)
    assert shown["blocked_reason"] == ""
    assert Transition.objects.order_by("-id")[0].reason == "Go on."


def test_an_agent_lifts_its_own_block_and_no_other(project: Project, ada: Caller, bolt: Caller) -> None:
    key = at_work(project, bolt)
    assert bolt.post(f"/tasks/{key}/block", {"reason": "Thinking."}).json()["status"] == "blocked"
    shown = bolt.post(f"/tasks/{key}/unblock").json()
    assert (shown["status"], shown["lease"]["token"]) == ("in_progress", 2)
    ada.post(f"/tasks/{key}/block", {"reason": "Stop."})
    problem(bolt.post(f"/tasks/{key}/unblock"), 403, "block_not_yours")
    assert Task.objects.get().status == "blocked"


def test_a_block_whose_way_back_is_barred_goes_to_the_nearest_that_is_open(
    project: Project, ada: Caller, bolt: Caller
) -> None:
    task = forced(made(project, agents=[project.agents.get()]), "in_progress")
    ada.post(f"/tasks/{task.key}/block", {"reason": "Wait."})
    assert ada.post(f"/tasks/{task.key}/unblock").json()["status"] == "assigned"


def test_a_block_may_be_lifted_to_a_named_status(project: Project, ada: Caller, bolt: Caller) -> None:
    key = at_work(project, bolt)
    ada.post(f"/tasks/{key}/block", {"reason": "Wait."})
    problem(ada.post(f"/tasks/{key}/unblock", {"to": "review"}), 422, "transition_refused")
    assert ada.post(f"/tasks/{key}/unblock", {"to": "assigned"}).json()["status"] == "assigned"


def test_a_block_needs_a_reason_and_lifting_one_needs_a_block(project: Project, ada: Caller) -> None:
    key = made(project).key
    problem(ada.post(f"/tasks/{key}/block", {}), 422, "invalid")
    problem(ada.post(f"/tasks/{key}/block", {"reason": " "}), 422, "invalid")
    problem(ada.post(f"/tasks/{key}/unblock", {}), 422, "not_blocked")


def test_lifting_a_block_needs_the_right_to_operate(project: Project) -> None:
    task = forced(made(project), "blocked")
    problem(a_service(project, "write").post(f"/tasks/{task.key}/unblock"), 403)
    assert a_service(project, "write", "operate").post(f"/tasks/{task.key}/unblock").status_code == 200


# Moves --------------------------------------------------------------------------------------------------------------


def column(ada: Caller, status: str) -> list[str]:
    rows = ada.get(f"/tasks?status={status}&ordering=position").json()["results"]
    return [row["title"] for row in rows]


def test_cards_are_ordered_by_their_neighbours(project: Project, ada: Caller) -> None:
    cards = {name: made(project, name) for name in ("c", "b", "a")}
    assert column(ada, "ready") == ["a", "b", "c"]
    ada.post(f"/tasks/{cards['a'].key}/move", {"after": cards["b"].key})
    assert column(ada, "ready") == ["b", "a", "c"]
    ada.post(f"/tasks/{cards['c'].key}/move", {"before": str(cards["b"].pk)})
    assert column(ada, "ready") == ["c", "b", "a"]
    assert len(events(project, "task.moved")) == 2


def test_a_card_is_dropped_between_two_in_another_column(project: Project, ada: Caller) -> None:
    upper, lower = forced(made(project, "upper"), "blocked"), forced(made(project, "lower"), "blocked")
    ada.post(f"/tasks/{lower.key}/move", {"after": upper.key})
    card = made(project, "card")
    sent = {"to": "blocked", "reason": "Wait.", "after": upper.key, "before": lower.key}
    assert ada.post(f"/tasks/{card.key}/move", sent).json()["status"] == "blocked"
    assert column(ada, "blocked") == ["upper", "card", "lower"]


def test_a_refused_move_says_what_is_missing_and_is_logged(
    project: Project, ada: Caller, bolt: Caller
) -> None:
    task = made(project, agents=[project.agents.get()])
    document = problem(ada.post(f"/tasks/{task.key}/move", {"to": "in_progress"}), 422, "transition_refused")
    assert [error["field"] for error in document["errors"]] == ["work_plan"]
    assert "in_progress" in document["allowed_transitions"]
    assert Refusal.objects.get().to_status == "in_progress"
    moved = ada.post(f"/tasks/{task.key}/move", {"to": "in_progress", "work_plan": PLAN})
    assert moved.json()["work_plan"] == PLAN


def test_a_full_column_takes_no_more_without_override(project: Project, ada: Caller) -> None:
    update_project(actor=HOUSE, project=project, changes={"wip_limits": {"blocked": 1}})
    forced(made(project), "blocked")
    task = made(project)
    sent = {"to": "blocked", "reason": "Wait."}
    problem(ada.post(f"/tasks/{task.key}/move", sent), 422, "wip_limit")
    assert Refusal.objects.get().code == "wip_limit"
    assert ada.post(f"/tasks/{task.key}/move", {**sent, "override": True}).json()["status"] == "blocked"


def test_the_order_of_the_board_belongs_to_people(project: Project, bolt: Caller) -> None:
    key, other = claimed(project, bolt), made(project)
    problem(bolt.post(f"/tasks/{key}/move", {"after": other.key}), 403)
    moved = bolt.post(f"/tasks/{key}/move", {"to": "in_progress", "work_plan": PLAN})
    assert moved.json()["status"] == "in_progress"


def test_a_neighbour_elsewhere_is_unknown(project: Project, ada: Caller) -> None:
    foreign = made(a_project("zeus"))
    document = problem(ada.post(f"/tasks/{made(project).key}/move", {"after": foreign.key}), 422)
    assert document["errors"][0]["field"] == "after"


def test_a_handover_is_in_the_thread(project: Project, bolt: Caller) -> None:
    key = claimed(project, bolt)
    shown = bolt.post(f"/tasks/{key}/release", {"handover": "Begun, not done."}).json()
    assert (shown["status"], shown["assignees"], shown["holder"]) == ("ready", [], None)
    assert Message.objects.get().content == "Begun, not done."
