"""Numbers for Prometheus: this process's requests and threads, and the jobs of the whole installation."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from missioncontrol.kernel.clock import database_now
from missioncontrol.ops import queries
from missioncontrol.serving.metrics import registry as serving_registry
from notifications.live.metrics import registry as live_registry


class JobCollector(Collector):
    """The age of each job's last success, its failures in a row and the time its last run took."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One family per number, one sample per job."""
        states = queries.job_states()
        now = database_now()
        ages = GaugeMetricFamily(
            "mc_job_last_success_age_seconds", "Seconds since the last success.", labels=["job"]
        )
        failures = GaugeMetricFamily("mc_job_failures_in_a_row", "Failures in a row.", labels=["job"])
        seconds = GaugeMetricFamily("mc_job_duration_seconds", "Time of the last run.", labels=["job"])
        for state in states:
            if state.last_success is not None:
                ages.add_metric([state.name], (now - state.last_success).total_seconds())
            failures.add_metric([state.name], state.failures)
            seconds.add_metric([state.name], state.duration_ms / 1000)
        yield from (ages, failures, seconds)


def exposition() -> tuple[bytes, str]:
    """The text for one scrape and its content type."""
    text = generate_latest(serving_registry) + generate_latest(live_registry)
    if queries.database_answers():
        jobs = CollectorRegistry()
        jobs.register(JobCollector())
        text += generate_latest(jobs)
    return text, CONTENT_TYPE_LATEST
