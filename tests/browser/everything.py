"""A project with one of everything that can be seen, and every address at which something is."""

from __future__ import annotations

from agents.models import Severity
from agents.queries.credentials import agent_actor
from agents.services.alerts import raise_alert
from agents.services.approvals import request_approval
from agents.services.documents import put_document
from missioncontrol.kernel.api.authentication import person
from tasks.models import Project, Task, User
from tasks.services.dependencies import add_dependency
from tasks.services.reviews import create_review
from tasks.services.thread import post_message
from tests.agents.building import HOUSE, a_member, an_agent
from tests.tasks.importing.runs import read, sent

from .acting import PLAN, a_task, moved

LONG = "Aword" * 30
MARKDOWN = f"""# A head

Some *text* with `code`, [a link](https://example.org), {LONG} and

| a | table |
|---|---|
| with | {LONG} |

```
a long line of code {LONG}
```

- [ ] open
- [x] done
"""


SECTIONS = ("", "/members", "/workflow", "/labels", "/limits", "/agents", "/tokens", "/audit")
TABLE = f"id,title,status,labels\nA,{LONG},To Do,river\nB,Open the gate,Odd,\nC,,Done,\n"


def fill(project: Project, ada: User) -> Task:
    """Put one of everything into the project; the task that has the most of it."""
    agent, _ = an_agent(project, "scout", name="Scout", skills=["python"], role_text="Looks ahead.")
    an_agent(project, "resting", name="Resting")
    a_member(project, "grace", "viewer")
    first = a_task(project, ada, "Find the leak", labels=["river", "api"], due_at="2020-01-01T00:00:00Z")
    task = a_task(
        project,
        ada,
        f"Mend the pump {LONG}",
        description=MARKDOWN,
        agents=[agent],
        labels=["river"],
        parent=first,
    )
    add_dependency(actor=person(ada), task=task, depends_on=first)
    a_task(project, ada, "Close the gate", parent=task)
    moved(task, ada, "in_progress", work_plan=PLAN)
    post_message(actor=person(ada), task=task, content=f"@scout look at this\n\n{MARKDOWN}")
    create_review(actor=person(ada), task=task, kind="praise", content="Well done", score=8)
    create_review(actor=person(ada), task=task, kind="refute", content="It still drips", severity="major")
    put_document(actor=HOUSE, agent=agent, kind="working", content=MARKDOWN)
    raise_alert(
        project_id=project.pk, kind="agent_offline", title="Scout is silent", severity=Severity.WARNING,
        detail="Three beats missed", task=None, dedupe_key="silent", actor=HOUSE,
    )  # fmt: skip
    request_approval(
        actor=agent_actor(agent, None), project=project, task=task, action_type="deploy",
        summary=f"Deploy the pump {LONG}", payload={"env": "live", "why": LONG}, risk="red",
    )  # fmt: skip
    sent(project, ada, TABLE)
    read(project, ada, TABLE)
    for status in ("blocked", "canceled"):
        moved(a_task(project, ada, f"Now {status}"), ada, status, reason="The staging key expired")
    return Task.objects.get(pk=task.pk)


def addresses(project: Project, task: Task) -> list[str]:
    """Every page of a signed-in person, with the drawer on each of its tabs."""
    home, drawer = f"/p/{project.slug}", f"/p/{project.slug}/t/{task.key}"
    tabs = ("", "/thread", "/plan", "/reviews", "/timeline", "/history", "/approvals", "/why", "/report")
    searches = ("", "?q=pump", "?q=elephant", "?q=kind:x")
    return [
        home,
        f"{home}?q=is:blocked&lane=label",
        f"{home}?q=nothing-like-it",
        f"{home}?q=is:angry",
        *(drawer + tab for tab in tabs),
        *(f"{home}/search{search}" for search in searches),
        *(f"{home}/{page}" for page in ("agents", "agents/scout", "agents/scout/documents/working", "feed")),
        f"{home}/inbox",
        f"{home}/inbox?kind=mention",
        *(f"{home}/settings{section}" for section in SECTIONS),
        f"{home}/import",
        *(f"{home}/import/{each.pk}" for each in project.imports.all()),
        "/projects/new",
        "/inbox",
        "/me",
        "/api/v1/docs",
        "/nowhere",
    ]
