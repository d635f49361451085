"""A project whose tasks move by no rule but the step under test."""

from __future__ import annotations

import pytest

from tasks.models import Project
from tests.tasks.building import a_project


@pytest.fixture
def project() -> Project:
    return a_project(auto_triage=False, agents_may_close=True)
