"""What the handler counts about requests in this process."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

registry = CollectorRegistry()
ProcessCollector(registry=registry)
REQUESTS = Counter("mc_http_requests", "Requests answered.", ["method", "status"], registry=registry)
SECONDS = Histogram(
    "mc_http_request_seconds",
    "Time a request spent on its thread; those that may wait for work are left out.",
    registry=registry,
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
THREADS = Gauge("mc_http_threads_busy", "Requests running or queued.", ["pool"], registry=registry)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def count(method: str, status: int, seconds: float | None) -> None:
    """Note one answered request; `seconds` is None for one that may have waited."""
    REQUESTS.labels(method if method in METHODS else "other", str(status)).inc()
    if seconds is not None:
        SECONDS.observe(seconds)
