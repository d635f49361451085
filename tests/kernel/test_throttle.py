"""Counting is exact, each for themselves, and ends with its window; the same in memory and in Redis."""

from __future__ import annotations

import threading
import time
from uuid import uuid4

import pytest
from django.conf import settings
from redis.exceptions import ConnectionError as RedisConnectionError

from missioncontrol.kernel import throttle
from missioncontrol.kernel.redis_counters import RedisCounters, SharedElseLocal


@pytest.fixture
def subject() -> str:
    """Somebody nobody has counted yet."""
    return uuid4().hex


def test_the_limit_is_exact_and_says_when_to_come_back(subject: str) -> None:
    answers = [throttle.hit("test", subject, limit=3, window_s=60) for _ in range(5)]
    assert answers[:3] == [None, None, None]
    assert all(wait is not None and 1 <= wait <= 61 for wait in answers[3:])


def test_each_subject_and_scope_counts_alone(subject: str) -> None:
    assert throttle.hit("test", subject, limit=1, window_s=60) is None
    assert throttle.hit("other", subject, limit=1, window_s=60) is None
    assert throttle.hit("test", f"{subject}2", limit=1, window_s=60) is None
    assert throttle.hit("test", subject, limit=1, window_s=60) is not None


def test_the_count_ends_with_its_window(subject: str) -> None:
    assert throttle.hit("test", subject, limit=1, window_s=1) is None
    assert throttle.hit("test", subject, limit=1, window_s=1) is not None
    time.sleep(1.1)
    assert throttle.hit("test", subject, limit=1, window_s=1) is None


def test_many_threads_together_get_exactly_the_limit(subject: str) -> None:
    answers: list[int | None] = []
    ready = threading.Barrier(8)

    def ask() -> None:
        ready.wait()
        answers.extend([throttle.hit("test", subject, limit=100, window_s=60) for _ in range(50)])

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(None) == 100
    assert len(answers) == 400


def test_ten_wrong_passwords_make_one_name_wait_at_one_address(subject: str) -> None:
    for _ in range(10):
        assert throttle.login_wait(ip="198.51.100.1", username=subject) is None
        throttle.login_failed(ip="198.51.100.1", username=subject)
    wait = throttle.login_wait(ip="198.51.100.1", username=subject.upper())
    assert wait is not None
    assert 0 < wait <= 15 * 60 + 1
    assert throttle.login_wait(ip="198.51.100.2", username=subject) is None
    assert throttle.login_wait(ip="198.51.100.1", username=f"{subject}2") is None


def test_a_right_password_forgets_the_wrong_ones(subject: str) -> None:
    for _ in range(9):
        throttle.login_failed(ip="198.51.100.1", username=subject)
    throttle.login_succeeded(ip="198.51.100.1", username=subject)
    for _ in range(9):
        throttle.login_failed(ip="198.51.100.1", username=subject)
    assert throttle.login_wait(ip="198.51.100.1", username=subject) is None


def test_a_name_that_is_no_text_is_counted_like_any(subject: str) -> None:
    throttle.login_failed(ip="198.51.100.1", username=f"\ud800{subject}")
    assert throttle.login_wait(ip="198.51.100.1", username=f"\ud800{subject}") is None


def test_memory_is_given_back_when_windows_end() -> None:
    counters = throttle.LocalCounters()
    for number in range(1_000):
        counters.add(f"key-{number}", 0)
    counters._next_sweep = 0.0
    counters.add("last", 60)
    assert list(counters._rows) == ["last"]


def test_without_redis_each_process_counts_for_itself() -> None:
    counters = SharedElseLocal(RedisCounters("redis://127.0.0.1:1/0"))
    with pytest.raises(RedisConnectionError):
        counters.shared.add("key", 60)
    assert [counters.add("key", 60)[0] for _ in range(3)] == [1, 2, 3]
    assert counters.peek("key")[0] == 3
    counters.clear("key")
    assert counters.peek("key")[0] == 0


def counters_of_a_process() -> throttle.Counters:
    throttle.reset()
    return throttle._counters()


def test_processes_share_their_count_exactly_where_there_is_redis(subject: str) -> None:
    one, other = counters_of_a_process(), counters_of_a_process()
    counts = [one.add(subject, 60)[0], other.add(subject, 60)[0], one.add(subject, 60)[0]]
    assert counts == ([1, 2, 3] if settings.MC_REDIS_URL else [1, 1, 2])
    count, left = one.peek(subject)
    assert count == counts[-1]
    assert 58 < left <= 60
    one.clear(subject)
    assert one.peek(subject)[0] == 0
