"""An agent's socket: what a change that can be undone would tell it comes when the change stands, or never."""

from __future__ import annotations

from typing import Any

import pytest

from tasks.models import Change
from tasks.services.undo import release_due
from tests.notifications.builders import a_key, a_person, a_project, a_task, acting, an_agent
from tests.notifications.sockets import listening
from tests.support.server import LiveServer
from tests.tasks.undo.building import assigned, undone


@pytest.mark.django_db(transaction=True)
def test_a_stop_is_pushed_once_the_change_stands_and_never_when_it_is_undone(
    live_server_asgi: LiveServer, settings: Any
) -> None:
    settings.MC_UNDO_S = 2
    project = a_project()
    ada, scout, bolt = acting(a_person(project, "ada")), an_agent(project, "scout"), an_agent(project, "bolt")
    first, second = (a_task(project, on=(scout,), status="assigned") for _ in range(2))
    with listening(live_server_asgi, "/ws/agent", key=a_key(scout)) as line:
        assert line.read()["type"] == "hello"
        taken_back = assigned(ada, first, agents=[bolt])
        undone(ada, taken_back)
        stands = assigned(ada, second, agents=[bolt])
        frame = line.read()
        while frame["type"] != "directive":
            frame = line.read()
        assert (frame["directive"], frame["task"]) == ("stop_task", second.key)
    release_due()
    change = Change.objects.get(pk=stands.pk)
    assert change.released_at is not None and change.released_at >= change.due_at
