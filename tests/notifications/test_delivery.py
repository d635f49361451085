"""The decision whether an agent is told, against the table written out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.delivery import Context, should_deliver
from notifications.models import NotificationType
from tasks.workflow import Status

STATUSES = [status.value for status in Status]
TYPES = [kind.value for kind in NotificationType]

# what is known | delivered
TABLE: list[tuple[dict[str, Any], bool]] = [
    ({"type": "assignment", "state": "quarantined"}, False),
    ({"type": "mention", "is_removed": True}, False),
    ({"type": "thread_update", "state": "quarantined", "status": "in_progress"}, False),
    ({"type": "thread_update", "by_agent": True, "is_assigned": True, "status": "done"}, False),
    ({"type": "thread_update", "by_agent": True, "is_assigned": True, "status": "blocked"}, False),
    ({"type": "thread_update", "by_agent": True, "is_assigned": True, "status": "failed"}, False),
    ({"type": "thread_update", "by_agent": True, "is_assigned": True, "status": "canceled"}, False),
    ({"type": "thread_update", "by_agent": True, "is_reviewer": True, "status": "done"}, False),
    ({"type": "thread_update", "by_agent": True, "answers_agent": True, "status": "in_progress"}, False),
    (
        {
            "type": "thread_update",
            "by_agent": True,
            "answers_agent": True,
            "status": "review",
            "can_review": True,
        },
        False,
    ),
    (
        {
            "type": "thread_update",
            "by_agent": True,
            "answers_agent": True,
            "is_mentioned": True,
            "status": "in_progress",
        },
        False,
    ),
    (
        {
            "type": "thread_update",
            "by_agent": True,
            "answers_agent": True,
            "is_assigned": True,
            "status": "in_progress",
        },
        True,
    ),
    ({"type": "thread_update", "by_agent": True, "status": "review", "can_review": True}, True),
    ({"type": "thread_update", "by_agent": True, "status": "review", "is_reviewer": True}, True),
    ({"type": "thread_update", "by_agent": True, "status": "review"}, False),
    ({"type": "thread_update", "by_agent": True, "status": "in_progress", "can_review": True}, False),
    ({"type": "thread_update", "by_agent": True, "status": "in_progress"}, False),
    ({"type": "thread_update", "by_agent": True, "status": "in_progress", "is_assigned": True}, True),
    ({"type": "thread_update", "by_agent": True, "status": "in_progress", "is_mentioned": True}, True),
    ({"type": "status_change", "status": "done"}, False),
    ({"type": "status_change", "status": "blocked", "is_assigned": True}, False),
    ({"type": "status_change", "status": "failed"}, True),
    ({"type": "status_change", "status": "canceled"}, True),
    ({"type": "status_change", "status": "in_progress"}, True),
    ({"type": "thread_update", "status": "done"}, True),
    ({"type": "thread_update", "status": "blocked"}, True),
    ({"type": "assignment", "by_agent": True, "status": "done"}, True),
    ({"type": "mention", "by_agent": True, "status": "blocked"}, True),
    ({"type": "response_request", "by_agent": True, "status": "blocked"}, True),
    ({"type": "approval_decided", "status": "blocked"}, True),
]

contexts = st.builds(
    Context,
    type=st.sampled_from(TYPES),
    status=st.sampled_from(["", *STATUSES]),
    by_agent=st.booleans(),
    answers_agent=st.booleans(),
    state=st.sampled_from(["active", "paused", "drained", "quarantined"]),
    is_removed=st.booleans(),
    is_assigned=st.booleans(),
    is_mentioned=st.booleans(),
    is_reviewer=st.booleans(),
    can_review=st.booleans(),
)


@pytest.mark.parametrize(("known", "delivered"), TABLE)
def test_the_first_line_that_applies_decides(known: dict[str, Any], delivered: bool) -> None:
    assert should_deliver(Context(**known))[0] is delivered


@given(contexts)
def test_every_decision_has_a_reason(context: Context) -> None:
    assert should_deliver(context)[1].strip()


@given(contexts)
def test_nothing_reaches_an_agent_in_quarantine_or_removed(context: Context) -> None:
    if context.is_removed or context.state == "quarantined":
        assert not should_deliver(context)[0]


@given(contexts)
def test_what_a_person_writes_always_reaches_agents_that_may_hear(context: Context) -> None:
    if not context.by_agent and context.type == "thread_update" and not context.is_removed:
        assert should_deliver(context)[0] is (context.state != "quarantined")


@given(contexts)
def test_agents_never_talk_to_agents_on_a_task_at_rest(context: Context) -> None:
    if context.by_agent and context.type == "thread_update" and context.status in {"done", "blocked"}:
        assert not should_deliver(context)[0]
