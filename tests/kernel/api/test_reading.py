"""One serializer serves every request without carrying anything from one to the next."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from rest_framework import serializers as drf

from missioncontrol.kernel.api import serializers as kernel
from missioncontrol.kernel.api.reading import read
from tests.kernel.urls import Part, Thing


class WithLists(kernel.StrictSerializer):
    tags = kernel.ListField(child=kernel.SlugField(), default=list)
    part = Part(default=dict)


class Shared(kernel.StrictSerializer):
    inner = drf.ListField(child=drf.DictField(default={}))


def test_a_default_is_new_every_time() -> None:
    read(WithLists, {})["tags"].append("left over")
    assert read(WithLists, {}) == {"tags": [], "part": {}}


def test_a_default_that_requests_would_share_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="must be a callable"):
        read(Shared, {})


def test_partial_and_whole_bodies_are_read_apart() -> None:
    assert read(Thing, {}, partial=True) == {}
    with pytest.raises(drf.ValidationError):
        read(Thing, {})


def test_many_threads_get_their_own_values() -> None:
    def ask(number: int) -> bool:
        data = {"name": f"n{number}", "count": number, "parts": [{"label": f"p{number}"}]}
        return read(Thing, data) == data

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(2_000)))
