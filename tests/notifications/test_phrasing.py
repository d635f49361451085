"""Every type of event that the code can record is told in plain words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from notifications.phrasing import KINDS, PHRASES, kind_of, say, types_of

BASE = Path(settings.BASE_DIR)
SERVICES = sorted(
    path for app in ("tasks", "agents", "notifications") for path in (BASE / app / "services").rglob("*.py")
)
TYPE = re.compile(r"[a-z_]+\.(?!jsonl$)[a-z_]+")
NAMES_OF_OTHER_THINGS = {"system", "getLogger", "nudge"}
"""Calls whose dotted argument is the name of a job or a log, not of an event."""


def recorded() -> dict[str, Path]:
    """Every text in the services that has the shape of an event's type, and is not the name of something else."""
    found: dict[str, Path] = {}
    for path in SERVICES:
        tree = ast.parse(path.read_text())
        others = {id(argument) for argument in _arguments_of_others(tree)}
        for node in ast.walk(tree):
            text = node.value if isinstance(node, ast.Constant) and id(node) not in others else None
            if isinstance(text, str) and TYPE.fullmatch(text):
                found[text] = path
    return found


def _arguments_of_others(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in NAMES_OF_OTHER_THINGS:
                yield from node.args
            yield from (word.value for word in node.keywords if word.arg == "action_type")
        if isinstance(node, ast.Assign) and [getattr(one, "id", "") for one in node.targets] == ["SALT"]:
            yield node.value


def test_every_type_that_can_be_recorded_has_a_phrase_and_no_phrase_is_of_nothing() -> None:
    assert set(recorded()) == set(PHRASES)


def test_every_kind_is_offered_and_has_types() -> None:
    assert {kind_of(type) for type in PHRASES} == set(KINDS)
    assert sorted(type for kind in KINDS for type in types_of(kind)) == sorted(PHRASES)


@pytest.mark.parametrize("type", [*PHRASES, "hull.painted_blue"])
def test_a_phrase_says_something_even_of_an_event_without_data(type: str) -> None:
    for data in ({}, {"before": None, "after": 3, "added": [], "name": 7, "reason": {"a": 1}}):
        said = say(type, data)

        assert said.before.strip() == said.before != ""
        assert "None" not in said.before + said.after


@pytest.mark.parametrize(
    ("type", "data", "told"),
    [
        (
            "task.transitioned",
            {
                "before": {"status": "in_progress"},
                "after": {"status": "review"},
                "reason": "Done",
                "override": True,
            },
            ("moved", "from In progress to Review by override", "Done"),
        ),
        (
            "task.updated",
            {"after": {"title": "a", "due_at": "b", "priority": 1}},
            ("changed the title, due at and priority of", "", ""),
        ),
        (
            "task.assigned",
            {"added": {"names": ["ada", "bolt"]}, "removed": {"names": []}},
            ("assigned", "to ada and bolt", ""),
        ),
        ("task.assigned", {"added": {"names": []}, "removed": {"names": ["bolt"]}}, ("took", "off bolt", "")),
        (
            "agent.state_changed",
            {"name": "Bolt", "after": {"state": "drained"}, "reason": "Night"},
            ("drained Bolt", "", "Night"),
        ),
        (
            "agent.health_changed",
            {"after": {"health": "working", "task": "x", "progress": 40}},
            ("reports working on", "(40 %)", ""),
        ),
        (
            "approval.decided",
            {"status": "denied", "summary": "Drop the table", "key": "A-1", "reason": "No"},
            ("denied “Drop the table” for", "", "No"),
        ),
        (
            "project.member_set",
            {"name": "ben", "after": {"role": "operator"}},
            ("made ben an operator", "", ""),
        ),
        ("view.saved", {"shared": True, "name": "Mine"}, ("saved the view “Mine”", "", "")),
        ("view.deleted", {"shared": False}, ("deleted a view of their own", "", "")),
        ("project.unarchived", {"after": {"archived": False}}, ("opened the project again", "", "")),
        ("hull.painted_blue", {}, ("hull: painted blue", "", "")),
    ],
)
def test_what_happened_is_said_in_plain_words(
    type: str, data: dict[str, object], told: tuple[str, str, str]
) -> None:
    said = say(type, data)

    assert (said.before, said.after, said.detail) == told
