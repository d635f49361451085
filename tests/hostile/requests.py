"""Hostile requests over every address of the site, each from one number, so that any of them can be sent again."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from tests.hostile import junk

_PLACE = re.compile(r"<(?:\w+:)?(\w+)>")
_SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
# Pages of the admin are asked for afterwards; to sign out would end the attack.
_LEFT_OUT = ("admin/", "sign-out")


@dataclass(frozen=True)
class Attack:
    """One request. `caller` is the name of one whose credentials it carries."""

    number: int
    caller: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    content_type: str
    body: bytes

    def __str__(self) -> str:
        shown = self.body if len(self.body) < 300 else self.body[:200] + b"..."
        where = f"{self.path[:300]}?{self.query[:200]}" if self.query else self.path[:300]
        sent = f"{dict(self.headers)} {self.content_type} {shown!r}"
        return f"#{self.number} {self.method} {where} as {self.caller} {sent}"


@dataclass(frozen=True)
class Targets:
    """What there is to aim at: names for the places of addresses, own and foreign, and who may call."""

    callers: Sequence[str]
    own: Mapping[str, Sequence[str]]
    foreign: Mapping[str, Sequence[str]]
    body: Mapping[str, Any] = field(default_factory=dict)


def attacks(targets: Targets, *, seed: int, count: int, first: int = 0) -> Iterator[Attack]:
    """`count` requests from number `first` on; the same seed and number make the same request."""
    routes = list(addresses())
    for number in range(first, first + count):
        rng = random.Random(f"{seed}:{number}")
        yield _attack(rng, number, routes[number % len(routes)], targets)


@cache
def addresses() -> tuple[str, ...]:
    """Every address with its places, as `/api/v1/tasks/<str:task>`."""
    found = dict.fromkeys(_walk(get_resolver().url_patterns, ""))
    return tuple(f"/{route}" for route in found if not route.startswith(_LEFT_OUT))


def _walk(patterns: Sequence[Any], before: str) -> Iterator[str]:
    for entry in patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            if not route.startswith("admin/"):
                yield from _walk(entry.url_patterns, route)
        elif isinstance(entry, URLPattern):
            yield route


def _attack(rng: random.Random, number: int, route: str, targets: Targets) -> Attack:
    known = _methods(route)
    method = rng.choice(known) if known and rng.random() < 0.85 else rng.choice(junk.METHODS)
    sound = rng.random() < 0.6  # of the rest, only one thing is wrong at a time: it gets further in
    return Attack(
        number=number,
        caller=rng.choice(targets.callers),
        method=method,
        path=_fill(rng, route, targets),
        query=rng.choice(junk.QUERIES) if rng.random() < (0.15 if method not in _SAFE else 0.8) else "",
        headers=rng.choice(junk.HEADERS) if not sound else {},
        content_type=rng.choice(junk.TYPES) if rng.random() < 0.1 else "application/json",
        body=b"" if method in _SAFE and rng.random() < 0.8 else _body(rng, route, method, targets),
    )


def _fill(rng: random.Random, route: str, targets: Targets) -> str:
    def place(match: re.Match[str]) -> str:
        name, draw = match.group(1), rng.random()
        own = targets.own.get(name, junk.REFS)
        foreign = targets.foreign.get(name, own)
        return str(rng.choice(own if draw < 0.7 else foreign if draw < 0.85 else junk.REFS))

    path = _PLACE.sub(place, route)
    if rng.random() < 0.03:
        path = rng.choice(
            [path + "/", path.upper(), "/" + path, path + "/../..", path + "%00", path + "/%2e%2e/x"]
        )
    return path


def _body(rng: random.Random, route: str, method: str, targets: Targets) -> bytes:
    if rng.random() < 0.15:
        return rng.choice(junk.BODIES)
    good = {
        **example(route, method),
        **{k: v for k, v in targets.body.items() if k in example(route, method)},
    }
    if rng.random() < 0.1:
        good["project"] = rng.choice(targets.foreign["slug"])
    return junk.spoiled(rng, good)


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((settings.BASE_DIR / "docs" / "openapi.json").read_text())
    return document


@cache
def operations(route: str) -> Mapping[str, Any]:
    """What the description says about an address, by method."""
    found: Mapping[str, Any] = _document()["paths"].get(_PLACE.sub(r"{\1}", route), {})
    return {
        name.upper(): value
        for name, value in found.items()
        if name in {"get", "post", "put", "patch", "delete"}
    }


def _methods(route: str) -> list[str]:
    return sorted(operations(route))


@cache
def example(route: str, method: str) -> dict[str, Any]:
    """A body that fits the description of the operation, or an empty one."""
    content = operations(route).get(method, {}).get("requestBody", {}).get("content", {})
    made = _sample(next(iter(content.values()))["schema"]) if content else {}
    return made if isinstance(made, dict) else {}


def _sample(schema: Mapping[str, Any]) -> Any:
    if "$ref" in schema:
        return _sample(_document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    for word in ("oneOf", "anyOf", "allOf"):
        if word in schema:
            return _sample(schema[word][0])
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    return _of_kind(kind[0] if isinstance(kind, list) else kind, schema)


def _of_kind(kind: str, schema: Mapping[str, Any]) -> Any:
    if kind == "object":
        return {name: _sample(member) for name, member in schema.get("properties", {}).items()}
    if kind == "array":
        return [_sample(schema.get("items", {"type": "string"}))] * max(1, schema.get("minItems", 1))
    if kind == "string":
        by_format = {"date-time": "2030-01-01T00:00:00Z", "date": "2030-01-01", "decimal": "1.50"}
        by_format["uuid"] = "00000000-0000-7000-8000-000000000000"
        return by_format.get(schema.get("format", ""), "some words")
    return {"integer": max(1, schema.get("minimum", 1)), "number": 1.5, "boolean": True}.get(kind)
