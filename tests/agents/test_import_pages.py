"""The pages of an import: each step, what they cost, who may see them, and what a report can never do."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agents.models import Agent, AgentKey
from tasks.models import Import, Project, Task, User
from tests.agents.building import a_member, a_project
from tests.tasks.importing.runs import brought, fresh, read, sent, table, worked

pytestmark = pytest.mark.django_db
FILE = "Key,Summary,State,Who\nA,Base,To Do,nux\nB,=1+1,Odd,ada\n"


@pytest.fixture
def project() -> Project:
    return a_project("apollo")


@pytest.fixture
def ada(project: Project) -> User:
    return a_member(project, "ada")


@pytest.fixture
def hers(ada: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(ada)
    return client


def at(source: Import, rest: str = "") -> str:
    return f"/p/{source.project.slug}/import/{source.pk}{rest}"


def upload(client: Client, content: str | bytes, name: str = "team.csv", **told: str) -> Any:
    data = content if isinstance(content, bytes) else content.encode()
    return client.post("/p/apollo/import", {"file": SimpleUploadedFile(name, data), **told})


def test_a_file_goes_from_the_form_to_the_board_step_by_step(project: Project, hers: Client) -> None:
    assert "Imported before" in hers.get("/p/apollo/import").content.decode()
    answer = upload(hers, FILE)
    source = worked(Import.objects.get())
    assert answer["Location"] == at(source)

    columns = hers.get(at(source)).content.decode()
    assert "What do the columns mean?" in columns
    assert '<option value="title" selected>' in columns
    chosen = {"column-0": "id", "column-1": "title", "column-2": "status", "column-3": "assignees"}
    assert hers.post(at(source, "/columns"), chosen).status_code == 302
    worked(source)

    preview = hers.get(at(source)).content.decode()
    assert "Import 2 tasks" in preview
    assert "=1+1" in preview
    assert "Nobody here is called nux" in preview
    assert "status: “Odd” is not known here" in preview
    assert hers.post(at(source, "/statuses"), {"status-1": "blocked"}).status_code == 302
    worked(source)

    assert hers.post(at(source, "/start"), {"with_agents": "1"}).status_code == 302
    worked(source)
    report = hers.get(at(source)).content.decode()
    assert "2</strong> created" in report
    assert hers.get("/p/apollo/import").content.decode().count(at(source)) == 1
    assert dict(Task.objects.values_list("source_ref", "status")) == {"csv:A": "assigned", "csv:B": "blocked"}
    assert (Agent.objects.get().slug, Agent.objects.get().state, AgentKey.objects.count()) == (
        "nux",
        "paused",
        0,
    )


def test_only_owners_register_agents_with_an_import(project: Project, ada: User) -> None:
    client = Client()
    client.force_login(a_member(project, "ben", "operator"))
    source = read(project, ada, "id,title,assignee\nA,Base,nux\n")

    assert "Register an agent" not in client.get(at(source)).content.decode()
    assert client.post(at(source, "/start"), {"with_agents": "1"}).status_code == 403
    assert (Agent.objects.count(), fresh(source).state) == (0, "preview")
    assert client.post(at(source, "/start")).status_code == 302


def test_the_file_can_come_in_pieces(project: Project, hers: Client) -> None:
    data = FILE.encode()
    told = {"filename": "team.csv", "size": str(len(data)), "format": "csv"}
    begun = hers.post("/p/apollo/import", told, headers={"Accept": "application/json"})
    path = begun.json()["at"]
    piece = {"data": data, "content_type": "application/octet-stream"}

    assert begun.status_code == 201
    assert "The file has not arrived yet" in hers.get(path).content.decode()
    assert hers.post(f"{path}/pieces/7", **piece).status_code == 422
    for _ in range(2):
        answer = hers.post(f"{path}/pieces/0", **piece)
        assert (answer.status_code, answer.json()) == (200, {"received": len(data), "state": "looking"})


@pytest.mark.parametrize(
    ("told", "status", "reason"),
    [
        ({"filename": "a.csv", "size": "0"}, 422, "The file is empty"),
        ({"filename": "a.csv", "size": "x"}, 422, "The file is empty"),
        ({"filename": "a.csv", "size": "9" * 14}, 413, "at most 64.0 MB"),
        ({"filename": "", "size": "5"}, 422, "Choose a file"),
        ({"filename": "a.csv", "size": "5", "format": "odd"}, 422, "Choose one of CSV"),
    ],
)
def test_a_refused_file_is_told_beside_its_field(
    hers: Client, told: dict[str, str], status: int, reason: str
) -> None:
    answer = hers.post("/p/apollo/import", told)
    assert answer.status_code == status
    assert reason in answer.content.decode()
    problem = hers.post("/p/apollo/import", told, headers={"Accept": "application/json"})
    assert problem.status_code == status
    assert reason in problem.json()["errors"][0]["message"]


def test_wrong_columns_stand_beside_their_column_and_keep_what_was_chosen(
    project: Project, ada: User, hers: Client
) -> None:
    source = sent(project, ada, FILE)
    answer = hers.post(at(source, "/columns"), {"column-0": "title", "column-1": "title", "name": "x" * 30})
    html = answer.content.decode()

    assert answer.status_code == 422
    assert "Two columns are Title. Leave one out." in html
    assert html.count('<option value="title" selected>') == 2
    assert f'value="{"x" * 30}"' in html
    none = hers.post(at(source, "/columns"), {"column-0": "id"}).content.decode()
    assert "Choose the column that holds the titles." in none
    assert fresh(source).state == "mapping"


def test_the_file_can_be_looked_at_again_with_another_separator(
    project: Project, ada: User, hers: Client
) -> None:
    source = sent(project, ada, "a;b,c\n1;2,3\n")
    hers.post(at(source, "/columns"), {"act": "look", "delimiter": ";"})
    source = worked(source)

    assert (source.shape["heads"], source.shape["layout"]["has_head"]) == (["Column 1", "Column 2"], False)
    assert hers.post(at(source, "/columns"), {"act": "look", "delimiter": "x"}).status_code == 422


def test_a_step_that_was_taken_meanwhile_is_told_on_the_page(
    project: Project, ada: User, hers: Client
) -> None:
    source = brought(project, ada, table(1))
    for step in ("/start", "/cancel", "/back"):
        answer = hers.post(at(source, step))
        assert answer.status_code == 409
        assert "The import has moved on meanwhile: it is done." in answer.content.decode()
    assert hers.post(at(source, "/explode")).status_code == 404


def test_progress_asks_for_the_page_once_there_is_nothing_to_wait_for(
    project: Project, ada: User, hers: Client
) -> None:
    source = read(project, ada, table(3))
    hers.post(at(source, "/start"))
    waiting = hers.get(at(source, "/progress?state=running"))
    assert "0 of 3 tasks" in waiting.content.decode()
    assert "HX-Refresh" not in waiting.headers

    worked(source)
    assert hers.get(at(source, "/progress?state=running"))["HX-Refresh"] == "true"


def test_imports_are_for_owners_and_operators_of_their_project(project: Project, ada: User) -> None:
    source = read(project, ada, FILE, columns={"title": 1})
    viewer, stranger = Client(), Client()
    viewer.force_login(a_member(project, "ben", "viewer"))
    stranger.force_login(a_member(a_project("borealis"), "cy"))
    elsewhere = f"/p/borealis/import/{source.pk}"

    for path in ("/p/apollo/import", at(source), at(source, "/progress"), at(source, "/report.csv")):
        assert viewer.get(path).status_code == 403
        assert stranger.get(path).status_code == 404
        assert Client().get(path).status_code == 302
    for step in ("/start", "/cancel", "/columns", "/statuses", "/pieces/0"):
        assert viewer.post(at(source, step)).status_code == 403
        assert stranger.post(at(source, step)).status_code == 404
        assert stranger.post(elsewhere + step).status_code == 404
    assert stranger.get(elsewhere).status_code == 404
    assert stranger.get("/p/borealis/import/no-id").status_code == 404
    assert "/import" not in viewer.get("/p/apollo").content.decode()
    assert fresh(source).state == "preview"


def test_a_report_shows_everything_and_runs_no_formula(project: Project, ada: User, hers: Client) -> None:
    content = "id,title,labels\n=2,\"=cmd|' /C calc'!A0\",\n+3,@sum,auto-approve\n4,,\n5,-x,\n"
    source = brought(project, ada, content)
    answer = hers.get(at(source, "/report.csv"))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text)))

    assert answer["Content-Disposition"].startswith("attachment")
    assert [(row["result"], row["id"], row["title"]) for row in rows[:3]] == [
        ("created", "'=2", "'=cmd|' /C calc'!A0"),
        ("created", "'+3", "'@sum"),
        ("created", "5", "'-x"),
    ]
    assert {(row["result"], row["line"]) for row in rows[3:]} == {("left_out", "3"), ("left_out", "4")}
    kept = json.loads(b"".join(hers.get(at(source, "/report.json")).streaming_content))  # type: ignore[attr-defined]
    assert (kept["created"], [row["id"] for row in kept["rows"]]) == (3, ["=2", "+3", "5", "+3", ""])
    assert hers.get(at(source, "/report.xls")).status_code == 404


def test_text_of_the_file_is_text_on_every_page(project: Project, ada: User, hers: Client) -> None:
    bad = "<script>alert(1)</script>"
    source = sent(project, ada, f"title,{bad}\n{bad},{bad}\n,{bad}\n", f"{bad[:8]}.csv")
    pages = [hers.get(at(source))]
    hers.post(at(source, "/columns"), {"column-0": "title", "column-1": "status"})
    worked(source)
    pages.append(hers.get(at(source)))
    hers.post(at(source, "/start"))
    worked(source)
    pages += [hers.get(at(source)), hers.get("/p/apollo/import")]

    for page in pages:
        assert page.status_code == 200
        assert bad not in page.content.decode()


def test_every_page_takes_the_same_number_of_queries_for_5_and_for_50_rows(
    project: Project, ada: User, hers: Client
) -> None:
    def cost(path: str) -> int:
        with CaptureQueriesContext(connection) as made:
            assert hers.get(path).status_code == 200
        return len(made)

    def costs(rows: int) -> list[int]:
        content = table(rows, assignee="ada", labels="x", **{"blocked by": "T-1", "due": "never"})
        waiting = read(project, ada, content, name=f"n{rows}")
        done = brought(project, ada, content, name=f"d{rows}")
        for _ in range(rows // 10):
            brought(project, ada, table(1), name=f"m{rows}")
        return [cost(at(waiting)), cost(at(done)), cost("/p/apollo/import")]

    few = costs(5)
    assert costs(50) == few
    assert max(few) < 25
