"""Is the history whole: every chain of events, checked link by link against itself and against checkpoints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Max

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.transactions import unit
from tasks.events import digest, record
from tasks.models import Event, EventStream, Project
from tasks.services.checkpoints import Checkpoint

CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class Break:
    """The first link that does not hold: the number of the event and what is wrong with it."""

    seq: int
    what: str


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What verifying one project's chain came to.

    `checked` events between `floor` (removed by retention up to there) and `head` were looked at, and `checkpoints` of
    the ones given could be compared. `notes` say what could not be.
    """

    project: str
    floor: int
    head: int
    checked: int = 0
    checkpoints: int = 0
    broken: Break | None = None
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every link holds."""
        return self.broken is None

    def as_dict(self) -> dict[str, Any]:
        """The report as plain data."""
        return {"ok": self.ok, **asdict(self)}


def verify_chain(project: Project, checkpoints: Sequence[Checkpoint] = ()) -> ChainReport:
    """Check every event of the project, its number, its link and its content, the head, and `checkpoints`.

    Reads in chunks; events written meanwhile are left for the next time.
    """
    highest = Event.objects.filter(project=project).aggregate(last=Max("seq"))["last"] or 0
    stream = EventStream.objects.get(project=project)
    current = [each for each in checkpoints if each.epoch == stream.epoch]
    walk = _Walk(stream, current)
    broken = walk.check(highest)
    if broken and _floor_now(project.pk) > stream.floor_seq:
        return verify_chain(project, checkpoints)  # retention removed events below our feet
    past = len(checkpoints) - len(current)
    notes = (f"{past} checkpoints are of an earlier epoch, before a restore.",) if past else ()
    return ChainReport(
        project.slug, stream.floor_seq, stream.head_seq, walk.checked, walk.compared, broken, notes
    )


def verify_all(checkpoints: Sequence[Checkpoint], slug: str = "") -> Iterator[ChainReport]:
    """The report of every project, or of the one called `slug` (none when there is none), each with its checkpoints."""
    projects = Project.objects.filter(stream__isnull=False).order_by("slug")
    for project in projects.filter(slug=slug) if slug else projects:
        yield verify_chain(project, [each for each in checkpoints if each.project_id == project.pk])


def prune_events(project: Project, *, keep_days: int, now: datetime) -> int:
    """Remove events older than `keep_days` days from the lower end of the chain; answers how many.

    The stream keeps the hash of the last one removed, so that the rest can still be verified from there. The youngest
    event always stays. Readers further behind than that are told to start anew.
    """
    actor = Actor.system("retention")
    with unit():
        stream = EventStream.objects.select_for_update().get(project=project)
        last = _last_to_go(stream, now - timedelta(days=keep_days))
        if last is None:
            return 0
        EventStream.objects.filter(pk=project.pk).update(floor_seq=last.seq, floor_hash=last.hash)
        gone, _ = Event.objects.filter(project=project, seq__lte=last.seq).delete()
        data = {"before": {"floor": stream.floor_seq}, "after": {"floor": last.seq}}
        target = ("project", project.pk)
        record(project_id=project.pk, type="project.history_pruned", actor=actor, target=target, data=data)
    return gone


def _last_to_go(stream: EventStream, before: datetime) -> Event | None:
    """The last event of the unbroken stretch of old ones at the lower end."""
    events = Event.objects.filter(project_id=stream.pk, seq__gt=stream.floor_seq, seq__lt=stream.head_seq)
    first_kept = events.filter(at__gte=before).order_by("seq").values_list("seq", flat=True).first()
    old = events.filter(seq__lt=first_kept) if first_kept else events
    return old.order_by("-seq").first()


def _floor_now(project_id: UUID) -> int:
    return EventStream.objects.values_list("floor_seq", flat=True).get(project_id=project_id)


class _Walk:
    """One pass along a chain, from the floor to the head it had at the start."""

    def __init__(self, stream: EventStream, checkpoints: Sequence[Checkpoint]) -> None:
        self.stream = stream
        self.seq, self.link = stream.floor_seq, stream.floor_hash
        self.checked = self.compared = 0
        self.expected: dict[int, list[Checkpoint]] = {}
        for each in checkpoints:
            self.expected.setdefault(each.seq, []).append(each)

    def check(self, highest: int) -> Break | None:
        """The first thing that is wrong, or None."""
        broken = self._compare()
        for event in self._events():
            if broken:
                break
            broken = self._step(event)
        return broken or self._end(highest)

    def _events(self) -> Iterator[Event]:
        rows = Event.objects.filter(project_id=self.stream.pk, seq__lte=self.stream.head_seq).order_by("seq")
        while chunk := list(rows.filter(seq__gt=self.seq)[:CHUNK]):
            yield from chunk

    def _step(self, event: Event) -> Break | None:
        if event.seq != self.seq + 1:
            return Break(self.seq + 1, "The event is missing.")
        if event.prev_hash != self.link:
            return Break(event.seq, "Its link to the event before it is wrong.")
        if digest(event) != event.hash:
            return Break(event.seq, "Its content was changed after it was written.")
        self.seq, self.link = event.seq, event.hash
        self.checked += 1
        return self._compare()

    def _compare(self) -> Break | None:
        for point in self.expected.pop(self.seq, ()):
            self.compared += 1
            if point.hash != self.link:
                return Break(self.seq, f"It is not the event that the checkpoint of {point.at} saw.")
        return None

    def _end(self, highest: int) -> Break | None:
        head = self.stream.head_seq
        if self.seq != head:
            return Break(self.seq + 1, f"The event is missing; the head is at {head}.")
        if self.link != self.stream.head_hash:
            return Break(head, "The head's hash is not that of the last event.")
        if highest > head:
            return Break(head + 1, "There are events beyond the head.")
        beyond = [seq for seq in self.expected if seq > head]
        if beyond:
            return Break(head + 1, f"A checkpoint saw events up to {max(beyond)}; they are gone.")
        return None
