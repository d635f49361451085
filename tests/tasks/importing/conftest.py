"""A project and its owner."""

from __future__ import annotations

import pytest

from tasks.models import Project, User
from tests.agents.building import a_member, a_project


@pytest.fixture
def project() -> Project:
    return a_project("apollo")


@pytest.fixture
def ada(project: Project) -> User:
    return a_member(project, "ada")
