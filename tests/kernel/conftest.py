"""The small API of urls.py, and people who call it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from missioncontrol.kernel import throttle


@pytest.fixture(autouse=True)
def small_api(settings: Any) -> Iterator[None]:
    settings.ROOT_URLCONF = "tests.kernel.urls"
    throttle.reset()
    yield
    throttle.reset()


@pytest.fixture
def caller(db: None) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(get_user_model().objects.create_user(username="ada"))
    return client
