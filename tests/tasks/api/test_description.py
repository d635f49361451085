"""The API's description: whole, true, and readable in a browser under our content security policy."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser

from tests.agents.building import a_member, a_project, an_agent, signed_in
from tests.support.server import LiveServer
from tests.tasks.building import CHECKLIST, DELIVERABLE, PLAN, a_task


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    answer = Client().get("/api/v1/openapi.json")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    found: dict[str, Any] = answer.json()
    return found


def test_the_document_is_the_one_that_is_kept(described: dict[str, Any]) -> None:
    kept = json.loads((settings.BASE_DIR / "docs" / "openapi.json").read_text())
    assert described == kept, "make openapi writes it anew"


def test_every_operation_has_its_own_name_and_says_what_it_does(described: dict[str, Any]) -> None:
    operations = [
        operation
        for path in described["paths"].values()
        for method, operation in path.items()
        if method in {"get", "post", "put", "patch", "delete"}
    ]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names)) > 60
    assert all(operation.get("description") or operation.get("summary") for operation in operations)
    assert not [path for path in described["paths"] if path.endswith("/")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "path"), [("TaskAnswer", "/tasks/{key}"), ("ProjectAnswer", "/projects/apollo")]
)
def test_an_answer_has_the_members_it_is_said_to_have(
    described: dict[str, Any], name: str, path: str
) -> None:
    project = a_project()
    agent, _ = an_agent(project)
    work = {"work_plan": PLAN, "deliverable": DELIVERABLE, "checklist": CHECKLIST}
    task = a_task(project, agents=[agent], reviewer=agent, **work)
    shown = signed_in(a_member(project)).get(path.format(key=task.key)).json()
    said = described["components"]["schemas"][name]
    assert set(shown) == set(said["properties"]) == set(said["required"])


@pytest.mark.django_db
def test_a_list_row_has_the_members_it_is_said_to_have(described: dict[str, Any]) -> None:
    project = a_project()
    a_task(project)
    answer = signed_in(a_member(project)).get("/tasks").json()
    assert set(answer["results"][0]) == set(described["components"]["schemas"]["TaskLine"]["properties"])
    assert set(answer) == set(described["components"]["schemas"]["TaskLineList"]["properties"])


@pytest.mark.browser
def test_the_page_reads_the_document_and_breaks_no_rule(
    live_server_asgi: LiveServer, browser: Browser
) -> None:
    page = browser.new_context().new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{live_server_asgi.url}/api/v1/docs")
    page.get_by_text("/api/v1/tasks/{task}/transition", exact=True).wait_for()
    page.locator("#operations-tasks-transition_task button.opblock-summary-control").click()
    page.get_by_text("Take one step of the workflow.").first.wait_for()
    assert complaints == []
