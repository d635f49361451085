"""What an import would do to each task that was read: nothing is written but the verdict."""

from __future__ import annotations

from collections import Counter

from missioncontrol.kernel.clock import database_now
from tasks.importing import keeping
from tasks.models import ImportedTask, ImportRow, Verdict
from tasks.services.importing.batches import Ground
from tasks.services.importing.directory import Directory
from tasks.services.importing.holding import Held

BATCH = 500


def judge(held: Held) -> dict[str, int]:
    """Mark every row of the import as new, changed or unchanged, and count them."""
    source = held.row
    ground = Ground(held.actor, source.project, _fresh_source(held), Directory({}, {}), database_now())
    counted: Counter[str] = Counter()
    last = -1
    while True:
        rows = list(source.rows.filter(number__gt=last).defer("record")[:BATCH])
        if not rows:
            return {verdict: counted[verdict] for verdict in Verdict.values}
        last = rows[-1].number
        with held.batch():
            counted.update(_judge(ground, rows))


def _fresh_source(held: Held) -> str:
    held.row.refresh_from_db(fields=["source"])
    return held.row.source


def _judge(ground: Ground, rows: list[ImportRow]) -> Counter[str]:
    tasks = ground.tasks(row.ref for row in rows)
    known = [row for row in rows if row.ref in tasks]
    digests = dict(
        ImportedTask.objects.filter(task__in=[task.pk for task in tasks.values()]).values_list(
            "task_id", "digest"
        )
    )
    records = dict(ImportRow.objects.filter(pk__in=[row.pk for row in known]).values_list("pk", "record"))
    same = []
    for row in known:
        told = keeping.from_json(records[row.pk] or {})
        if digests.get(tasks[row.ref].pk) == told.digest():
            same.append(row.pk)
    if known:
        changed = [row.pk for row in known if row.pk not in set(same)]
        ImportRow.objects.filter(pk__in=changed).update(verdict=Verdict.CHANGED)
        ImportRow.objects.filter(pk__in=same).update(verdict=Verdict.UNCHANGED)
    return Counter(
        {
            Verdict.NEW.value: len(rows) - len(known),
            Verdict.CHANGED.value: len(known) - len(same),
            Verdict.UNCHANGED.value: len(same),
        }
    )
