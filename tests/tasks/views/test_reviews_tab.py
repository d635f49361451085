"""The reviews tab: what was said, what would follow, and who may say and answer what."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tasks.models import Project, Review, Task, User
from tasks.patches import files_of
from tasks.queries.reviews import LINES_OF_FILE
from tasks.services.assigning import assign
from tasks.services.reviews import create_review, respond_review
from tests.agents.building import Caller, a_member, events, signed_in
from tests.tasks.building import BOSS, a_service, a_task, an_agent, forced
from tests.tasks.test_patches import ADDED, MODIFIED

pytestmark = pytest.mark.django_db
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def task(project: Project) -> Task:
    return a_task(project)


@pytest.fixture
def api(ada: User) -> Caller:
    return signed_in(ada)


def tab(client: Client, task: Task) -> str:
    return client.get(f"/p/apollo/t/{task.key}/reviews", headers=FRAGMENT).content.decode()


def review(task: Task, kind: str = "praise", actor: Any = BOSS, **said: Any) -> Review:
    given = {"score": 8} if kind == "praise" else {"severity": "major"} if kind == "refute" else {}
    return create_review(actor=actor, task=Task.objects.get(pk=task.pk), kind=kind, **{**given, **said})


def test_a_review_shows_its_kind_its_weight_and_what_became_of_it(hers: Client, task: Task) -> None:
    settled = review(task, content="It is *good*.")
    respond_review(
        actor=a_service(task.project, "write"), review=settled, state="accepted", response="Thanks."
    )
    review(task, "refute", severity="critical", content="It is wrong.")

    page = tab(hers, task)

    assert page.index("It is wrong.") < page.index("It is <em>good</em>.")
    for told in ("8 of 10", "Critical", "Accepted by ci", "“Thanks.”", "Pending"):
        assert told in page


def test_a_changeset_shows_each_file_with_its_lines_told_apart(hers: Client, task: Task) -> None:
    long = "--- a/long\n+++ b/long\n@@ -0,0 +1,999 @@\n" + "\n".join(f"+{n}" for n in range(999))
    files = [*files_of(MODIFIED + ADDED + long), {"path": "x<b>", "change": "delete", "diff": ""}]
    review(task, "changeset", files=files)

    page = tab(hers, task)

    assert '<span data-line="add">+here' in page
    assert '<span data-line="del">--- b' in page
    assert '<code class="grow">x&lt;b&gt;</code>' in page
    assert f"{999 + 3 - LINES_OF_FILE} more lines" in page


def test_what_a_refute_would_do_is_said_before_it_is_sent(project: Project, hers: Client, task: Task) -> None:
    assert "is not in review" in tab(hers, task)
    forced(task, "review")
    assert "nobody is assigned to take it up" in tab(hers, task)
    assign(actor=BOSS, task=Task.objects.get(pk=task.pk), agents=[an_agent(project)[0]])
    assert f"This sends {task.key} back to In progress." in tab(hers, task)
    forced(task, "done")
    assert "Reopen it first" in tab(hers, task)


def test_nobody_is_offered_to_review_their_own_work(ada: User, hers: Client, task: Task) -> None:
    assert "data-give-review" in tab(hers, task)
    assign(actor=BOSS, task=task, users=[ada])
    page = tab(hers, task)
    assert "data-give-review" not in page
    assert "Somebody else reviews your work" in page


def test_only_others_are_offered_to_answer_and_only_while_it_is_pending(
    ada: User, hers: Client, api: Caller, task: Task
) -> None:
    mine = api.post(f"/tasks/{task.key}/reviews", {"kind": "praise", "score": 3}).json()["id"]
    theirs = review(task)

    page = tab(hers, task)
    assert f'id="accept-{theirs.pk}"' in page
    assert f'id="accept-{mine}"' not in page
    assert "Your pending praise will be replaced" in page

    assert api.post(f"/reviews/{theirs.pk}/respond", {"state": "rejected"}).status_code == 200
    assert f'id="accept-{theirs.pk}"' not in tab(hers, task)


def test_a_viewer_reads_reviews_and_gives_none(project: Project, task: Task) -> None:
    review(task, content="Look here")
    client = Client()
    client.force_login(a_member(project, "vera", "viewer"))

    page = tab(client, task)

    assert "Look here" in page
    assert "data-give-review" not in page
    assert "data-answer-review" not in page


def test_a_pasted_diff_becomes_the_files_of_a_changeset(api: Caller, project: Project, task: Task) -> None:
    answer = api.post(f"/tasks/{task.key}/reviews", {"kind": "changeset", "patch": MODIFIED + ADDED})

    assert answer.status_code == 201
    assert [each["path"] for each in answer.json()["files"]] == ["app/copy.py", "new.txt"]
    assert Review.objects.get(task=task).files[1]["change"] == "add"
    assert events(project, "review.created")[0].data["title"] == "Changeset (2 files)"


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "changeset", "patch": "Please change line 3"},
        {"kind": "changeset", "patch": ADDED, "files": [{"path": "x", "change": "add"}]},
        {"kind": "changeset", "patch": "+" * 500_001},
    ],
)
def test_a_patch_that_cannot_be_read_is_refused_beside_its_field(
    api: Caller, task: Task, body: dict[str, Any]
) -> None:
    answer = api.post(f"/tasks/{task.key}/reviews", body)

    assert answer.status_code in {400, 422}
    assert [error["field"] for error in answer.json()["errors"]] == ["patch"]
    assert not Review.objects.filter(task=task).exists()


def test_the_tab_costs_the_same_with_5_and_with_50_reviews(hers: Client, project: Project) -> None:
    def cost(count: int) -> int:
        task = a_task(project)
        for _ in range(count):
            review(task)
        with CaptureQueriesContext(connection) as queries:
            tab(hers, task)
        return len(queries)

    assert cost(5) == cost(50) <= 16
