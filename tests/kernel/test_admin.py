"""Staff read the kernel's rows and cannot change them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from missioncontrol.kernel.models import IdempotencyRecord, JobRun


@pytest.fixture
def staff(db: None, settings: Any) -> Client:
    settings.ROOT_URLCONF = "missioncontrol.urls"
    client = Client()
    client.force_login(get_user_model().objects.create_superuser(username="grace"))
    return client


@pytest.mark.parametrize("model", [JobRun, IdempotencyRecord])
def test_rows_are_listed_and_shown_but_not_changed(staff: Client, model: Any) -> None:
    now = timezone.now()
    if model is JobRun:
        row = JobRun.objects.create(name="leases.expire", first_seen_at=now)
    else:
        row = IdempotencyRecord.objects.create(
            actor_kind="agent", actor_id="a1", method="POST", path="/api/v1/tasks", key="k", body_hash="h",
            body=b"hush-hush", created_at=now, locked_until=now,
        )  # fmt: skip
    base = f"/admin/kernel/{model._meta.model_name}/"
    assert staff.get(base).status_code == 200
    shown = staff.get(f"{base}{row.pk}/change/")
    assert shown.status_code == 200
    assert b"hush-hush" not in shown.content
    assert staff.post(f"{base}{row.pk}/change/", {"name": "x"}).status_code == 403
    assert staff.post(f"{base}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert staff.get(f"{base}add/").status_code == 403
    assert model.objects.count() == 1
