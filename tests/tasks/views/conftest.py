"""A project, its owner, and her browser."""

from __future__ import annotations

import pytest
from django.test import Client

from tasks.models import Project, User
from tests.agents.building import a_member, a_project


@pytest.fixture
def project() -> Project:
    return a_project("apollo")


@pytest.fixture
def ada(project: Project) -> User:
    return a_member(project, "ada")


@pytest.fixture
def hers(ada: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(ada)
    return client
