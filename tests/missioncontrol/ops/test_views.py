"""Probes get the truth in the status code and nothing secret in the body."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db.models import F
from django.test import Client, override_settings
from pytest_django import DjangoAssertNumQueries

from missioncontrol.kernel.jobs import JOBS, Job
from missioncontrol.kernel.models.jobs import JobRun
from missioncontrol.ops import queries

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _one_job(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(queries, "JOBS", {"test.work": Job("test.work", lambda: None, 30)})
    JOBS["test.work"] = queries.JOBS["test.work"]
    yield
    del JOBS["test.work"]


def test_health_needs_no_database(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        answer = client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "no-cache" in answer["Cache-Control"]


def test_ready_is_200_when_every_job_succeeded_on_time(client: Client) -> None:
    JOBS["test.work"].run()
    answer = client.get("/ready")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["status"], body["database"], body["broker"], body["overdue"]) == ("ready", True, True, [])
    assert body["jobs"]["test.work"]["last_success"] is not None


def test_a_job_that_never_succeeded_makes_it_not_ready(client: Client) -> None:
    answer = client.get("/ready")
    assert answer.status_code == 503
    assert answer.json()["overdue"] == ["test.work"]


def test_an_overdue_job_makes_it_not_ready(client: Client) -> None:
    JOBS["test.work"].run()
    JobRun.objects.update(succeeded_at=F("succeeded_at") - timedelta(minutes=3))
    answer = client.get("/ready")
    assert (answer.status_code, answer.json()["overdue"]) == (503, ["test.work"])


def test_a_failing_job_shows_the_kind_of_its_error_and_not_its_text(client: Client) -> None:
    def fail() -> None:
        raise ValueError("postgres://user:hunter2@host")

    Job("test.work", fail, 30).run()
    answer = client.get("/ready")
    assert answer.status_code == 503
    assert answer.json()["jobs"]["test.work"]["error"] == "ValueError"
    assert b"hunter2" not in answer.content


def test_a_broker_that_is_away_makes_it_not_ready(client: Client) -> None:
    JOBS["test.work"].run()
    with override_settings(MC_REDIS_URL="redis://:hunter2@127.0.0.1:1/0"):
        answer = client.get("/ready")
    assert (answer.status_code, answer.json()["broker"]) == (503, False)
    assert b"hunter2" not in answer.content


def test_metrics_are_prometheus_text_with_the_jobs(client: Client) -> None:
    JOBS["test.work"].run()
    answer = client.get("/metrics")
    assert answer["Content-Type"].startswith("text/plain")
    text = answer.content.decode()
    assert 'mc_job_failures_in_a_row{job="test.work"} 0.0' in text
    assert "mc_http_threads_busy" in text


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics"])
def test_probes_only_read(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
