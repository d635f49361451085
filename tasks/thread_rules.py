"""What a message and a review may hold. Pure: text and references go in, cleaned values or field errors come out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from missioncontrol.kernel.errors import FieldError, Refused
from missioncontrol.kernel.text import BadText, clean_line, clean_text, is_visible, normalise

MAX_CONTENT = 100_000
MAX_RESPONSE = 10_000
MAX_ARTIFACTS = 50
MAX_FILES = 200
MAX_NAME = 300
MAX_TYPE = 60
MAX_URL = 2_000
MAX_PATH = 1_000
CHANGES = ("add", "modify", "delete")
EXCERPT = 200


def excerpt_of(content: str, length: int = EXCERPT) -> str:
    """The beginning of a text on one line, at most `length` characters."""
    line = " ".join(content[: length * 4].split())
    return line if len(line) <= length else f"{line[: length - 1]}…"


def checked_text(value: str, *, field: str, max_length: int = MAX_CONTENT) -> str:
    """The text, cleaned. Raises Refused for control characters, lone surrogates and too much of it."""
    try:
        return clean_text(value, max_length=max_length)
    except BadText as error:
        raise _refused(field, str(error)) from error


def checked_content(value: str, artifacts: Iterable[Any] = ()) -> str:
    """What a message says; only one that carries artifacts may say nothing. Raises Refused."""
    content = checked_text(value, field="content")
    if not is_visible(content) and not artifacts:
        raise _refused("content", "Say something.")
    return content


def checked_artifacts(values: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """References `{name, type, url?}`, cleaned; addresses are http or https only. Raises Refused."""
    found = [_artifact(value, f"artifacts.{number}") for number, value in enumerate(values)]
    if len(found) > MAX_ARTIFACTS:
        raise _refused("artifacts", f"At most {MAX_ARTIFACTS} artifacts are allowed.")
    return found


def checked_files(values: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The files of a changeset `{path, change, diff}`, each path once. Raises Refused."""
    found = [_file(value, f"files.{number}") for number, value in enumerate(values)]
    if not 1 <= len(found) <= MAX_FILES:
        raise _refused("files", f"A changeset has 1 to {MAX_FILES} files.")
    if len({each["path"] for each in found}) < len(found):
        raise _refused("files", "Name each path once.")
    return found


def is_web_address(url: str) -> bool:
    """Whether `url` is an absolute http or https address that a browser could open."""
    if len(url) > MAX_URL or any(character.isspace() or character == "\\" for character in url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def _artifact(value: Mapping[str, Any], path: str) -> dict[str, str]:
    found = {
        "name": _line(value.get("name"), f"{path}.name", MAX_NAME),
        "type": _line(value.get("type"), f"{path}.type", MAX_TYPE),
    }
    url = value.get("url") or ""
    if url:
        found["url"] = _line(url, f"{path}.url", MAX_URL)
        if not is_web_address(found["url"]):
            raise _refused(f"{path}.url", "Must be an http or https address.")
    return found


def _file(value: Mapping[str, Any], path: str) -> dict[str, str]:
    change = value.get("change")
    if change not in CHANGES:
        raise _refused(f"{path}.change", f"Must be one of {', '.join(CHANGES)}.")
    return {
        "path": _line(value.get("path"), f"{path}.path", MAX_PATH),
        "change": change,
        "diff": _diff(value.get("diff") or "", f"{path}.diff"),
    }


def _diff(value: Any, field: str) -> str:
    """A diff keeps the white space at its ends, where it means something."""
    if not isinstance(value, str):
        raise _refused(field, "Must be a string.")
    if len(value) > MAX_CONTENT:
        raise _refused(field, f"Has {len(value)} characters; at most {MAX_CONTENT} are allowed.")
    try:
        return normalise(value)
    except BadText as error:
        raise _refused(field, str(error)) from error


def _line(value: Any, field: str, max_length: int) -> str:
    if not isinstance(value, str):
        raise _refused(field, "Must be a string.")
    try:
        line = clean_line(value, max_length=max_length)
    except BadText as error:
        raise _refused(field, str(error)) from error
    if not line:
        raise _refused(field, "Must not be empty.")
    return line


def _refused(field: str, message: str) -> Refused:
    return Refused(f"{field}: {message}", errors=[FieldError(field, message)], code="invalid")
