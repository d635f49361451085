"""`simulate` brings its own token and takes it away again."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.core.management import CommandError, call_command

from agents.models import Agent, ServiceToken
from tasks.models import Event
from tests.agents.building import a_project
from tests.support.server import LiveServer


@pytest.mark.django_db(transaction=True)
def test_simulated_agents_work_with_a_token_that_ends_with_them(live_server_asgi: LiveServer) -> None:
    project = a_project("demo")
    arguments = [
        "--url",
        live_server_asgi.url,
        "--agents",
        "2",
        "--seconds",
        "4",
        "--pace",
        "0.2",
        "--seed",
        "1",
    ]
    call_command("simulate", *arguments)
    assert Agent.objects.filter(project=project, slug__startswith="sim-").count() == 2
    assert Event.objects.filter(project=project, type="task.claimed").exists()
    token = ServiceToken.objects.get(project=project)
    assert isinstance(token.revoked_at, datetime)


@pytest.mark.django_db(transaction=True)
def test_a_server_that_is_not_there_is_an_exit_code_and_no_token_stays() -> None:
    a_project("demo")
    with pytest.raises(SystemExit) as ended:
        call_command("simulate", "--url", "http://127.0.0.1:1", "--seconds", "1")
    assert ended.value.code not in (0, None)
    assert not ServiceToken.objects.filter(revoked_at__isnull=True).exists()


@pytest.mark.django_db
def test_an_unknown_project_is_one_clear_line() -> None:
    with pytest.raises(CommandError, match="project"):
        call_command("simulate", "--project", "nowhere")
    assert not ServiceToken.objects.exists()
