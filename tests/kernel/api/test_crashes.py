"""A process that is killed in the middle leaves both the work and its answer, or neither."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from missioncontrol.kernel.models import IdempotencyRecord, JobRun
from tests.kernel.asking import post

CRASHING = """
import os, sys
import django
django.setup()
from django.contrib.auth import get_user_model
from django.test import Client
from django.test.utils import setup_test_environment
from missioncontrol.kernel.api import idempotency
from tests.kernel import urls
from tests.kernel.asking import post
from django.conf import settings

setup_test_environment()
settings.ROOT_URLCONF = "tests.kernel.urls"
client = Client()
client.cookies["sessionid"] = sys.argv[2]
make, store = urls.make, idempotency.Answering.store

def kill():
    os.kill(os.getpid(), 9)

if sys.argv[1] == "after the work":
    urls.make = lambda name: (make(name), kill())
elif sys.argv[1] == "before the commit":
    idempotency.Answering.store = lambda self, response: (store(self, response), kill())
post(client, "/things", {"name": "x"}, key="k1")
kill()
"""


def crash(client: Client, where: str) -> None:
    """Lets a process of its own answer the request as `client` and kills it there."""
    command = [sys.executable, "-c", CRASHING, where, client.cookies["sessionid"].value]
    ended = subprocess.run(command, env=environment(), cwd=settings.BASE_DIR, capture_output=True, timeout=60)
    assert ended.returncode == -9, ended.stderr.decode()


def environment() -> dict[str, str]:
    found = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "MC_TEST_DATA_DIR": str(settings.DATA_DIR),
    }
    if settings.MC_DATABASE_URL:
        base = settings.MC_DATABASE_URL.rpartition("/")[0]
        found["MC_DATABASE_URL"] = f"{base}/{connection.settings_dict['NAME']}"
    return found


@pytest.mark.parametrize("where", ["after the work", "before the commit"])
def test_killed_before_the_commit_there_is_neither_and_it_can_be_done_again(
    transactional_db: None, caller: Client, where: str
) -> None:
    crash(caller, where)
    assert not JobRun.objects.exists()
    assert IdempotencyRecord.objects.get().state == "running"
    assert post(caller, "/things", {"name": "x"}, key="k1").json()["code"] == "idempotency_running"
    IdempotencyRecord.objects.update(locked_until=timezone.now() - timedelta(seconds=1))
    assert post(caller, "/things", {"name": "x"}, key="k1").status_code == 201
    assert JobRun.objects.count() == 1


def test_killed_after_the_commit_there_are_both_and_the_answer_is_replayed(
    transactional_db: None, caller: Client
) -> None:
    crash(caller, "after the answer")
    assert JobRun.objects.count() == 1
    again = post(caller, "/things", {"name": "x"}, key="k1")
    assert (again.status_code, again["Idempotency-Replayed"]) == (201, "true")
    assert again.json() == {"name": "x", "by": "ada"}
    assert JobRun.objects.count() == 1
