"""The same two views behind either handler: `python -m bench.serving_app pooled|stock`, on `MC_PORT`."""

from __future__ import annotations

import os
import sys
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "missioncontrol.settings")

import django

django.setup()

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

ROWS = 200_000
TABLE = (
    "CREATE TABLE IF NOT EXISTS bench_card (id INTEGER PRIMARY KEY, state INTEGER NOT NULL, holder INTEGER)"
)
INDEX = "CREATE INDEX IF NOT EXISTS bench_free ON bench_card (id) WHERE state = 0"


def plain(request: HttpRequest) -> HttpResponse:
    """What every page and answer costs: the middleware, a session that is not there, a little JSON."""
    return JsonResponse({"method": request.method, "path": request.path})


@csrf_exempt
def claim(request: HttpRequest) -> HttpResponse:
    """Take the first free row: one read that skips locked rows, one conditional update, one transaction."""
    lock = "FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM bench_card WHERE state = 0 ORDER BY id LIMIT 1 {lock}")
        row = cursor.fetchone()
        if row is None:
            return HttpResponse(status=204)
        cursor.execute("UPDATE bench_card SET state = 1, holder = 7 WHERE id = %s AND state = 0", row)
    return JsonResponse({"id": row[0]})


urlpatterns = [path("plain", plain), path("claim", claim)]


def prepare() -> None:
    """Make the table both views' runs share, with enough rows for all of them."""
    with connection.cursor() as cursor:
        cursor.execute(TABLE)
        cursor.execute(INDEX)
        cursor.execute("SELECT count(*) FROM bench_card")
        if cursor.fetchone()[0] == 0:
            numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s)"
            cursor.execute(f"{numbers} INSERT INTO bench_card (id, state) SELECT i, 0 FROM n", [ROWS])


def application(kind: str) -> Any:
    """The handler to measure."""
    if kind == "stock":
        from django.core.handlers.asgi import ASGIHandler

        return ASGIHandler()
    from missioncontrol.serving.body_limit import BodyLimit
    from missioncontrol.serving.handler import PooledHandler

    return BodyLimit(PooledHandler(), settings.MC_MAX_BODY)


def main(kind: str) -> None:
    """Serve until terminated."""
    from missioncontrol.serving.server import Server, bind

    settings.ROOT_URLCONF = __name__ if __name__ != "__main__" else "bench.serving_app"
    prepare()
    listener = bind(settings.MC_BIND, settings.MC_PORT)
    Server(application(kind), listener, max_body=settings.MC_MAX_BODY).run()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
