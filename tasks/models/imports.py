"""What imports brought: each of them while it is under way and after, and each task as its source last told it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from missioncontrol.kernel.ids import uuid7

from .common import ActorStamped
from .projects import Project
from .tasks import Task


class ImportedTask(models.Model):
    """The task as its source last told it.

    A field is written again only when the source says something else than `fields`: what people changed on the
    board since then stays. `digest` is over the whole record and tells an unchanged one without comparing fields.
    """

    task = models.OneToOneField(Task, on_delete=models.CASCADE, primary_key=True, related_name="imported")
    digest = models.CharField(max_length=64)
    fields = models.JSONField(default=dict)
    imported_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.task_id} as imported at {self.imported_at:%Y-%m-%d %H:%M}"


class ImportState(models.TextChoices):
    """How far an import has come. Mission Control works on some states, in the others it waits for a person."""

    UPLOADING = "uploading", "Uploading"
    LOOKING = "looking", "Looking at the file"
    MAPPING = "mapping", "Waiting for its columns"
    READING = "reading", "Reading"
    PREVIEW = "preview", "Waiting to be started"
    RUNNING = "running", "Importing"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELED = "canceled", "Canceled"


WORKED = (ImportState.LOOKING, ImportState.READING, ImportState.RUNNING)
"""States in which a job is to do something."""

ENDED = (ImportState.DONE, ImportState.FAILED, ImportState.CANCELED)


class Import(ActorStamped):
    """Tasks of another tracker on their way onto the board: the file, what was read of it, what became of it.

    `options` is what a person chose (separator, head, columns, words for statuses), `shape` what was found in the file
    (encoding, heads, samples, words met). `read` counts the rows read so far, `total` all of them, `done` those that
    were handled. Whoever works on it holds it under `holder` until `held_until`; `attempts` counts the times it was
    taken up since it last got anywhere.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="imports")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="imports"
    )
    state = models.CharField(max_length=10, choices=ImportState.choices, default=ImportState.UPLOADING)
    format = models.CharField(max_length=10, blank=True, default="")
    source = models.CharField(max_length=30, blank=True, default="")
    filename = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField()
    received = models.PositiveBigIntegerField(default=0)
    options = models.JSONField(default=dict, blank=True)
    shape = models.JSONField(default=dict, blank=True)
    read = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    holder = models.CharField(max_length=32, blank=True, default="")
    held_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["project", "-created_at", "-id"], name="import_newest"),
            models.Index(fields=["changed_at"], condition=models.Q(ended_at=None), name="import_open"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=ImportState.values), name="import_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(done__lte=models.F("total")), name="import_done_in_total"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=ENDED, ended_at__isnull=False)
                | (~models.Q(state__in=ENDED) & models.Q(ended_at=None)),
                name="import_ended_at",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.filename} ({self.state})"

    @property
    def is_worked(self) -> bool:
        """Whether a job is to do something about it."""
        return self.state in WORKED

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in ENDED


class ImportPiece(models.Model):
    """A part of the file, as it was sent; the parts go when the import ends."""

    source = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="pieces")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["source", "number"], name="import_piece_once")]

    def __str__(self) -> str:
        return f"{self.source_id} {self.number}"


class Verdict(models.TextChoices):
    """What an import finds a task to be, before it writes anything."""

    NEW = "new", "New"
    CHANGED = "changed", "Changed"
    UNCHANGED = "unchanged", "Unchanged"


class RowResult(models.TextChoices):
    """What became of a task; `made` is created, and its links are still to come."""

    WAITING = "waiting", "Waiting"
    MADE = "made", "Created, not linked yet"
    CREATED = "created", "Created"
    UPDATED = "updated", "Updated"
    UNCHANGED = "unchanged", "Unchanged"


class ImportRow(models.Model):
    """A task that an import read: as a record until it is written, then what became of it."""

    source = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    file = models.CharField(max_length=200, blank=True, default="")
    line = models.PositiveIntegerField(default=0)
    ref = models.CharField(max_length=180)
    title = models.CharField(max_length=300)
    status = models.CharField(max_length=16)
    made_at = models.DateTimeField()
    record = models.JSONField(null=True)
    verdict = models.CharField(max_length=9, choices=Verdict.choices, default=Verdict.NEW)
    result = models.CharField(max_length=9, choices=RowResult.choices, default=RowResult.WAITING)
    task_key = models.CharField(max_length=30, blank=True, default="")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["source", "number"], name="import_row_once"),
            models.UniqueConstraint(fields=["source", "ref"], name="import_row_ref_once"),
        ]
        indexes = [
            models.Index(fields=["source", "result", "verdict", "made_at", "number"], name="import_row_next")
        ]

    def __str__(self) -> str:
        return f"{self.ref} {self.result}"


class ImportNote(models.Model):
    """A row, or a part of one, that an import left out, and why."""

    source = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="notes")
    file = models.CharField(max_length=200, blank=True, default="")
    line = models.PositiveIntegerField(default=0)
    ref = models.CharField(max_length=200, blank=True, default="")
    reason = models.CharField(max_length=500)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.reason}"
