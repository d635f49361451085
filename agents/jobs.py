"""The schedule of this app: thin, one service call each. Every job is safe to run twice at once."""

from __future__ import annotations

from agents.services import (
    activity,
    auto_approve,
    chain_checks,
    decisions,
    leasing,
    loops,
    oversight,
    retention,
)
from missioncontrol.kernel.jobs import job


@job("leases.expire", every_s=30)
def expire_leases() -> int:
    """Take tasks back whose agents let their lease run out."""
    return leasing.expire_leases()


@job("agents.offline", every_s=60)
def mark_offline() -> int:
    """Notice agents that missed three beats."""
    return activity.mark_offline()


@job("approvals.expire", every_s=60)
def expire_approvals() -> int:
    """Expire requests nobody decided in time."""
    return decisions.expire_due()


@job("approvals.escalate", every_s=600)
def escalate_approvals() -> int:
    """Escalate requests that have waited half their life."""
    return decisions.escalate_due()


@job("loops.scan", every_s=900)
def scan_for_loops() -> int:
    """Break loops that nobody saw happen."""
    return loops.scan()


@job("tasks.auto_approve", every_s=900)
def auto_approve_tasks() -> int:
    """Close what nobody objects to."""
    return auto_approve.approve_due()


@job("retention.clean_up", daily_at="03:10", lease_s=3600)
def clean_up() -> int:
    """Throw away what nobody needs any more."""
    return sum(retention.clean_up().values())


@job("audit.check", daily_at="03:40", lease_s=3600)
def check_history() -> int:
    """Verify the history and write a checkpoint of it."""
    return oversight.check_history()


@job("audit.requested", every_s=60, lease_s=3600)
def check_requested_histories() -> int:
    """Verify the histories that somebody asked about."""
    return chain_checks.run_requested()


@job("jobs.overdue", every_s=300)
def check_jobs() -> int:
    """Tell the operators of jobs that do not get done."""
    return oversight.check_jobs("jobs.overdue")
