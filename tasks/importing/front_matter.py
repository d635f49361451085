"""Markdown files with YAML front matter: read as plain text values, and refused when they try to be clever."""

from __future__ import annotations

import re
from typing import Any

import yaml

from .records import BadRow

MAX_FRONT_MATTER = 64 * 1024
MAX_DEPTH = 8

_FENCE = re.compile(r"\A\ufeff?---[ \t]*\n(.*?\n)?---[ \t]*(?:\n|\Z)", re.DOTALL)
_PEOPLE_LINE = re.compile(r"^[ \t]*(?:assignee:|reporter:|-[ \t]+@).*$", re.MULTILINE)
_BARE_NAME = re.compile(r"(?<![\w\"'@/.-])@[\w./-]+")


class _TextLoader(yaml.SafeLoader):
    """PyYAML's safe loader without guessing: every scalar stays the text it is, so `1:30` never becomes 90."""

    yaml_implicit_resolvers: dict[str, Any] = {}


def split(content: str) -> tuple[dict[str, Any], str]:
    """The front matter and the body of a file with line feeds; raises BadRow."""
    match = _FENCE.match(content)
    if match is None:
        raise BadRow("The file does not begin with front matter between two lines of ---.")
    return _load(match[1] or ""), content[match.end() :]


def _load(text: str) -> dict[str, Any]:
    if len(text) > MAX_FRONT_MATTER:
        raise BadRow(f"The front matter is longer than {MAX_FRONT_MATTER} characters.")
    text = _PEOPLE_LINE.sub(_quote_names, text)
    try:
        _refuse_tricks(text)
        values = _TextLoader(text).get_single_data()
    except yaml.YAMLError as error:
        raise BadRow(f"The front matter is not valid YAML: {_where(error)}") from error
    if not isinstance(values, dict):
        raise BadRow("The front matter holds no fields.")
    return {name: None if value in ("", "null", "~") else value for name, value in values.items()}


def _quote_names(match: re.Match[str]) -> str:
    """A bare @name is no YAML, and yet what people write."""
    return _BARE_NAME.sub(lambda name: f'"{name[0]}"', match[0])


def _refuse_tricks(text: str) -> None:
    """Aliases can blow a small file up without end, tags ask for objects, deep nesting for stack."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise BadRow("The front matter uses YAML anchors or aliases, which are not read.")
        if getattr(event, "tag", None) is not None:
            raise BadRow("The front matter uses YAML tags, which are not read.")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise BadRow(f"The front matter is nested deeper than {MAX_DEPTH} levels.")


def _where(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "unreadable"
    return f"{problem} (line {mark.line + 2})." if mark else f"{problem}."
