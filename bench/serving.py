"""The pooled one-hop handler against Django's own ASGI handler: same server, same middleware, same views."""

from __future__ import annotations

import sys

from bench.harness import Load, Request, Result, at_least, judge, load, place, server

CLIENTS = 8
SECONDS = 6.0
WARM_UP_S = 1.5
VIEWS = {"plain": Request("GET", "/plain"), "claim": Request("POST", "/claim")}


def run() -> list[Result]:
    """Rates of both handlers on both views, and their ratio."""
    with place() as where:
        rates: dict[tuple[str, str], Load] = {}
        for kind in ("stock", "pooled"):
            with server(where, "bench.serving_app", kind, path="/plain") as url:
                for name, request in VIEWS.items():
                    load(url, [request] * CLIENTS, seconds=WARM_UP_S)
                    rates[kind, name] = load(url, [request] * CLIENTS, seconds=SECONDS)
    return [
        result for name in VIEWS for result in _compare(name, rates["stock", name], rates["pooled", name])
    ]


def _compare(name: str, stock: Load, pooled: Load) -> list[Result]:
    ratio = pooled.rate / stock.rate
    return [
        Result(f"{name}: stock handler", stock.rate, "req/s"),
        Result(f"{name}: pooled handler", pooled.rate, "req/s"),
        Result(f"{name}: errors", stock.errors + pooled.errors, "", "<= 0", not stock.errors + pooled.errors),
        at_least(f"{name}: ratio", ratio, 4.0) if name == "plain" else Result(f"{name}: ratio", ratio, "x"),
    ]


if __name__ == "__main__":
    sys.exit(judge(run()))
