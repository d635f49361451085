"""How a search could go on."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tasks.models import Project
from tests.agents.building import Caller, an_agent
from tests.tasks.building import a_task

pytestmark = pytest.mark.django_db


def suggested(caller: Caller, q: str) -> list[dict[str, Any]]:
    answer = caller.get(f"/search/suggest?q={quote(q)}")
    assert answer.status_code == 200, answer.content
    rows: list[dict[str, Any]] = answer.json()["results"]
    return rows


def test_keys_titles_agents_and_labels_are_suggested(project: Project, ada: Caller) -> None:
    first = a_task(project, "Apples for the pump", labels=["appliance", "good apple"])
    an_agent(project, "appy", name="Appy")

    assert [(row["kind"], row["query"]) for row in suggested(ada, "app")] == [
        ("task", first.key),
        ("agent", "agent:appy"),
        ("label", "label:appliance"),
    ]
    assert [row["query"] for row in suggested(ada, "pump label:good")] == ['pump label:"good apple"']
    assert [row["query"] for row in suggested(ada, "pump agent:")] == ["pump agent:appy"]
    assert [row["key"] for row in suggested(ada, first.key[:-1].lower())] == [first.key]


def test_at_most_eight_are_suggested_and_none_for_nothing(project: Project, ada: Caller) -> None:
    for number in range(9):
        a_task(project, f"Pump {number}", labels=[f"pump-{number}"])
        an_agent(project, f"pump-{number}")

    assert len(suggested(ada, "pump")) == 8
    assert suggested(ada, "!!!") == []
    assert suggested(ada, "zebra") == []
