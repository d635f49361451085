"""Rows that every app may need and none owns."""

from missioncontrol.kernel.models.idempotency import IdempotencyRecord
from missioncontrol.kernel.models.jobs import JobRun

__all__ = ["IdempotencyRecord", "JobRun"]
