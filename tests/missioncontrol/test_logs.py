"""A log line tells the operator what to look at, and nothing that must stay secret."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings

from missioncontrol.logs import HIDDEN, hide_secrets


@pytest.mark.parametrize(
    "name", ["authorization", "Cookie", "password", "api_key", "MC_SECRET_KEY", "lease_token", "session_key"]
)
def test_values_under_telling_names_are_hidden(name: str) -> None:
    assert hide_secrets(None, "info", {name: "hunter2", "event": "x"}) == {name: HIDDEN, "event": "x"}


@pytest.mark.parametrize(
    "text", ["key mca_AbC123_-xyz was used", "Authorization: Bearer abc.def-ghi", "mcs_0123456789"]
)
def test_keys_in_a_text_are_hidden(text: str) -> None:
    shown = hide_secrets(None, "info", {"event": text})["event"]
    assert HIDDEN in shown
    assert not any(secret in shown for secret in ("AbC123", "abc.def", "0123456789"))


def test_other_text_stays_as_it_is() -> None:
    event = {"event": "task PRJ-12 moved to done", "count": 3}
    assert hide_secrets(None, "info", dict(event)) == event


TOLD = """
import django
django.setup()
import logging
from django.core.exceptions import DisallowedHost
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils.log import log_response

request = RequestFactory().get("/somewhere")
csrf = logging.getLogger("django.security.csrf")
for status in (400, 401, 403, 404, 409, 429, 500):
    log_response("answered %s", status, response=HttpResponse(status=status), request=request)
log_response("answered csrf", response=HttpResponse(status=403), request=request, logger=csrf)
probe = RequestFactory().get("/ready")
log_response("answered a probe", response=HttpResponse(status=503), request=probe)
log_response("answered a broken probe", response=HttpResponse(status=500), request=probe)
try:
    raise DisallowedHost("deep inside")
except DisallowedHost:
    logging.getLogger("django.security.DisallowedHost").error("wrong host", exc_info=True)
try:
    raise ValueError("our mistake")
except ValueError:
    logging.getLogger("django.request").error("answered an exception", exc_info=True)
"""


def told(level: str) -> str:
    """What an installation with this log level writes for a row of answers."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "MC_LOG_LEVEL": level}
    command = [sys.executable, "-c", TOLD]
    done = subprocess.run(
        command, env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    )
    return done.stderr


def test_refusals_are_not_logged_and_failures_are() -> None:
    lines = told("INFO")
    assert "answered 500" in lines
    assert "answered an exception" in lines
    assert "ValueError: our mistake" in lines
    assert "answered a broken probe" in lines
    assert "answered a probe" not in lines
    assert not any(f"answered {what}" in lines for what in (400, 401, 403, 404, 409, 429, "csrf"))


def test_a_suspicious_request_is_one_line() -> None:
    lines = told("INFO").splitlines()
    assert sum("wrong host" in line and "warning" in line for line in lines) == 1
    assert not any("deep inside" in line for line in lines)


def test_debugging_shows_refusals_too() -> None:
    lines = told("DEBUG")
    assert "answered 404" in lines
    assert "answered csrf" in lines
