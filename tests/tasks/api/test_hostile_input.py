"""Whatever is sent, the answer is a clear one: never a 5xx, and never a row that breaks a list later."""

from __future__ import annotations

import json
import string
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from missioncontrol.kernel.api.serializers import StrictSerializer
from tasks.api.assigning import AssignBody, DependencyBody
from tasks.api.projects import MemberBody, ModeBody, NewProjectBody, ProjectChanges
from tasks.api.tasks import NewTaskBody, TaskChanges
from tasks.api.workflow import BlockBody, MoveBody, StatusBody, StepBody, UnblockBody
from tasks.models import Project, Task
from tests.agents.building import a_member, a_project, an_agent, signed_in
from tests.tasks.building import CHECKLIST, DELIVERABLE, PLAN, a_task

WHOLE: dict[str, tuple[type[StrictSerializer], dict[str, Any]]] = {
    "POST /tasks": (NewTaskBody, {"project": "apollo", "title": "T"}),
    "PATCH /tasks/APOL-1": (TaskChanges, {"title": "T"}),
    "POST /tasks/APOL-1/transition": (StepBody, {"to": "blocked", "reason": "x"}),
    "POST /tasks/APOL-1/transition/dry-run": (StepBody, {"to": "in_progress"}),
    "PATCH /tasks/APOL-1/status": (StatusBody, {"status": "blocked", "blocked_reason": "x"}),
    "POST /tasks/APOL-1/block": (BlockBody, {"reason": "x"}),
    "POST /tasks/APOL-1/unblock": (UnblockBody, {}),
    "POST /tasks/APOL-1/assign": (AssignBody, {"agents": ["bolt"]}),
    "POST /tasks/APOL-1/move": (MoveBody, {"to": "ready"}),
    "POST /tasks/APOL-1/dependencies": (DependencyBody, {"depends_on": "APOL-2"}),
    "DELETE /tasks/APOL-1/dependencies": (DependencyBody, {"depends_on": "APOL-2"}),
    "POST /projects": (NewProjectBody, {"slug": "zeus"}),
    "PATCH /projects/apollo": (ProjectChanges, {"name": "N"}),
    "POST /projects/apollo/mode": (ModeBody, {"mode": "normal"}),
    "PUT /projects/apollo/members/ada": (MemberBody, {"role": "owner"}),
}
FIELDS = {where: list(body().fields) for where, (body, _) in WHOLE.items()}
INNER = [
    "bullets",
    "items",
    "label",
    "checked",
    "artifacts",
    "name",
    "type",
    "url",
    "agent",
    "user",
    "summary",
]
NAMES = sorted({name for names in FIELDS.values() for name in names} | set(INNER))
TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from([
        "", " ", "\u0000", "\u202e", "\u200b", "\ufeff", "\ud800", "ready", "done", "blocked", "inbox", "set", "apollo",
        "APOL-1", "APOL-2", "APOL-999999999999", "00000000-0000-0000-0000-000000000000", "1e400", "NaN", "Infinity",
        "-1", "9" * 400, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2024-02-30T00:00:00Z",
        "bolt", "ada",
        "javascript:alert(1)", "https://e.org/\u0000", "' OR 1=1 --", "%00", "../../etc/passwd", "a" * 5000, "İ" * 150,
    ]),
)  # fmt: skip
NUMBERS = st.one_of(
    st.integers(min_value=-(2**70), max_value=2**70),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([0, -1, 1, 2**31, 2**63, 2**63 - 1, -(2**63), 10**300]),
)
LEAVES = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.dictionaries(st.one_of(st.sampled_from(NAMES), TEXTS), inner, max_size=4),
    ),
    max_leaves=12,
)
BODIES = st.one_of(VALUES, st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8))
CASES = st.sampled_from(sorted(WHOLE)).flatmap(
    lambda where: st.tuples(
        st.just(where),
        st.one_of(
            BODIES,
            st.dictionaries(st.sampled_from(FIELDS[where]), VALUES, max_size=4).map(
                lambda given: {**WHOLE[where][1], **given}
            ),
        ),
    )
)
"""An address with any body, or with a good one of which some fields are anything."""
WITH_WORK = {"work_plan": PLAN, "deliverable": DELIVERABLE, "checklist": CHECKLIST}
QUERIES = st.lists(
    st.tuples(
        st.sampled_from([
            "project", "status", "assignee", "label", "type", "priority", "q", "updated_since", "created_by", "parent",
            "source", "blocked", "overdue", "mine", "limit", "cursor", "ordering", "x",
        ]),
        st.text(alphabet=string.printable + "%é\u0000\u2028", max_size=30),
    ),
    max_size=4,
)  # fmt: skip


def sent(body: Any) -> bytes:
    """The body as JSON, lone surrogates and NaN as their senders would write them."""
    return json.dumps(body).encode("utf-8", "surrogatepass")


class HostileInput(TestCase):
    """Everybody who may write, sending what nobody should."""

    project: Project

    @classmethod
    def setUpTestData(cls) -> None:
        """A project with two tasks, an owner and an agent."""
        cls.project = a_project()
        a_member(cls.project)
        agent, _ = an_agent(cls.project)
        a_task(cls.project, agents=[agent], **WITH_WORK)
        a_task(cls.project)

    def setUp(self) -> None:
        super().setUp()
        self.caller = signed_in(a_member(self.project))

    @settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=CASES)
    def test_no_body_is_answered_with_a_failure(self, case: tuple[str, Any]) -> None:
        (method, path), body = case[0].split(), case[1]
        answer = getattr(self.caller, method.lower())(path, sent(body))
        assert answer.status_code < 500, answer.content
        if answer.status_code >= 400:
            document = answer.json()
            assert answer["Content-Type"] == "application/problem+json"
            assert {"type", "title", "status", "detail", "code", "errors"} <= set(document)
        self.assert_everything_can_be_listed()

    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    @given(parameters=QUERIES)
    def test_no_query_is_answered_with_a_failure(self, parameters: list[tuple[str, str]]) -> None:
        for path in ("/tasks", "/projects", "/tasks/APOL-1/subtasks"):
            raw = "&".join(f"{name}={value}" for name, value in parameters)
            answer = self.caller.get(f"{path}?{raw.replace('#', '%23')}")
            assert answer.status_code < 500, answer.content

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(name=st.text(alphabet=st.characters(exclude_characters="/?#"), min_size=1, max_size=50))
    def test_no_address_is_answered_with_a_failure(self, name: str) -> None:
        quoted = quote(name.encode("utf-8", "surrogatepass"))
        for path in (f"/tasks/{quoted}", f"/projects/{quoted}", f"/projects/apollo/members/{quoted}"):
            assert self.caller.get(path).status_code in {200, 400, 404}

    def assert_everything_can_be_listed(self) -> None:
        for path in ("/tasks?limit=200", "/projects", "/events?project=apollo"):
            assert self.caller.get(path).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    "title", ["<script>alert(1)</script>", "\u202egnp.exe", "🦊" * 70, "İstanbul", "{{ 7*7 }}"]
)
def test_strange_but_harmless_titles_are_kept_as_they_are(title: str) -> None:
    project = a_project()
    ada = signed_in(a_member(project))
    assert ada.post("/tasks", {"project": "apollo", "title": title}).json()["title"] == title
    assert Task.objects.get().title == title


@pytest.mark.django_db
def test_a_body_over_the_limit_is_refused() -> None:
    project = a_project()
    ada = signed_in(a_member(project))
    big = {"project": "apollo", "title": "T", "description": "x" * (1024 * 1024)}
    answer = ada.post("/tasks", big)
    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"
    assert not Task.objects.exists()
