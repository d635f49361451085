"""What can be found: one row per task, message and agent, written by database triggers and by nothing else."""

from __future__ import annotations

from django.db import models

from .projects import Project
from .tasks import Task


class SearchDoc(models.Model):
    """A thing that can be found; `ref` is its primary key, `task` the task it is or belongs to.

    Ids grow in the order things came, and are the order in which equally good answers are shown. On PostgreSQL
    the row has two more columns, `title_words` and `words`; on SQLite they are in `SearchTitle` and `SearchText`.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=8)
    ref = models.UUIDField(unique=True)
    project = models.ForeignKey(
        Project, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    task = models.ForeignKey(
        Task, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )

    class Meta:
        indexes = [models.Index(fields=["project", "id"], name="search_by_project")]

    def __str__(self) -> str:
        return f"{self.kind} {self.ref}"


class SearchWords(models.Model):
    """The words of a `SearchDoc` in a full-text index of SQLite's, which no other database has."""

    doc = models.OneToOneField(
        SearchDoc, primary_key=True, db_column="rowid", on_delete=models.DO_NOTHING, related_name="+"
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.pk)


class SearchTitle(SearchWords):
    """The words of its title."""

    class Meta:
        managed = False
        db_table = "tasks_searchtitle"


class SearchText(SearchWords):
    """All its words."""

    class Meta:
        managed = False
        db_table = "tasks_searchtext"
