"""New epochs: what a stream gets when its project's history was put back to an earlier state."""

from __future__ import annotations

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.ids import uuid7
from missioncontrol.kernel.transactions import unit
from tasks.events import record
from tasks.models import EventStream


def begin_new_epochs(*, actor: Actor, restored_from: str) -> int:
    """Give every stream a new epoch and record it; answers how many streams there are.

    Whoever followed a stream by number may have seen events that are gone now, and is told to start anew.
    `restored_from` is the moment of the backup, RFC 3339.
    """
    with unit():
        streams = list(EventStream.objects.select_for_update().order_by("pk"))
        for stream in streams:
            _renew(stream, actor, restored_from)
    return len(streams)


def _renew(stream: EventStream, actor: Actor, restored_from: str) -> None:
    epoch = uuid7()
    EventStream.objects.filter(pk=stream.pk).update(epoch=epoch)
    data = {
        "before": {"epoch": stream.epoch},
        "after": {"epoch": epoch, "restored_from": restored_from, "head": stream.head_seq},
    }
    target = ("project", stream.pk)
    record(project_id=stream.pk, type="project.restored", actor=actor, target=target, data=data)
