"""A project, its owner and an agent of it, as callers."""

from __future__ import annotations

import pytest

from tasks.models import Project
from tests.agents.building import Caller, a_member, a_project, an_agent, signed_in


@pytest.fixture
def project() -> Project:
    return a_project()


@pytest.fixture
def ada(project: Project) -> Caller:
    return signed_in(a_member(project))


@pytest.fixture
def bolt(project: Project) -> Caller:
    return an_agent(project)[1]
