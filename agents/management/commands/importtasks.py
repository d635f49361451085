"""Bring the tasks of another tracker onto a board."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from agents.services.imported_agents import enrol_imported
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.errors import DomainError
from missioncontrol.kernel.transactions import unit
from tasks.importing import csv_files
from tasks.importing.formats import READERS
from tasks.importing.records import Reading, UnreadableSource
from tasks.models import Project
from tasks.services.access import get_project
from tasks.services.importing.importer import ImportReport, import_tasks


class _TakenBack(Exception):
    """Carries what a dry run found out of the transaction that it ends."""

    def __init__(self, told: tuple[ImportReport, list[str]]) -> None:
        super().__init__()
        self.told = told


class Command(BaseCommand):
    """`manage.py importtasks --format beads|backlog|csv|github --project SLUG PATH`; see docs/importing.md."""

    help = "Import tasks from another tracker; importing again changes only what changed there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to read, and where to."""
        parser.add_argument(
            "path", type=Path, metavar="PATH", help="the folder or file that holds the export"
        )
        parser.add_argument("--format", required=True, choices=sorted(READERS))
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="FIELD=HEAD",
            help="with csv: the column of a field, where its head does not say so; may be given again",
        )
        parser.add_argument(
            "--create-agents", action="store_true", help="register unknown assignees, paused, without keys"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="report what would change, and change nothing"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import as the installation's administrator, and report."""
        try:
            project = get_project(Actor.system("importtasks"), options["project"])
            reading = _read(options)
            with _bar(len(reading.tasks)) as advance:
                report, enrolled = _import(project, reading, options, advance)
        except (DomainError, UnreadableSource) as error:
            raise CommandError(str(error)) from error
        told = {
            "project": project.slug,
            "dry_run": options["dry_run"],
            "agents": enrolled,
            **report.as_dict(),
        }
        self.stdout.write(json.dumps(told) if options["json"] else _as_text(told))


def _read(options: dict[str, Any]) -> Reading:
    if not options["map"]:
        return READERS[options["format"]](options["path"])
    if options["format"] != "csv":
        raise CommandError("--map goes with --format csv.")
    pairs = [pair.partition("=") for pair in options["map"]]
    return csv_files.read(options["path"], {field: head for field, _, head in pairs})


def _import(
    project: Project, reading: Reading, options: dict[str, Any], advance: Callable[[int], None]
) -> tuple[ImportReport, list[str]]:
    """The report and the slugs of the agents that were registered; a dry run takes both back."""
    actor = _administrator(project)
    if not options["dry_run"]:
        return _write(actor, project, reading, options, advance)
    try:
        with unit():
            raise _TakenBack(_write(actor, project, reading, options, advance))
    except _TakenBack as dry:
        return dry.told


def _write(
    actor: Actor, project: Project, reading: Reading, options: dict[str, Any], advance: Callable[[int], None]
) -> tuple[ImportReport, list[str]]:
    enrolled = []
    if options["create_agents"]:
        names = [name for task in reading.tasks.values() for name in task.assignees]
        enrolled = enrol_imported(actor=actor, project=project, names=names)
    report = import_tasks(
        actor=actor, project=project, source=options["format"], reading=reading, progress=advance
    )
    return report, [agent.slug for agent in enrolled]


def _administrator(project: Project) -> Actor:
    """Whoever may run this command may do anything; in the history it shows as the service `import`."""
    scopes = frozenset({"read", "write", "operate", "admin"})
    return Actor("service", "import", "import", project_id=project.pk, scopes=scopes, source="import")


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on a terminal; silence anywhere else."""
    columns = (TextColumn("importing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(file=sys.stderr)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        row = progress.add_task("importing", total=total)
        yield lambda done: progress.advance(row, done)


def _as_text(told: dict[str, Any]) -> str:
    lines = [f"{row['file']}:{row['line']} {row['id']}: {row['reason']}" for row in told["skipped"]]
    counts = f"{told['created']} created, {told['updated']} updated, {told['unchanged']} unchanged"
    if told["agents"]:
        lines.append(f"Registered, paused and without keys: {', '.join(told['agents'])}")
    opening = "Dry run, nothing was kept: " if told["dry_run"] else ""
    return "\n".join([*lines, f"{opening}{counts}, {len(told['skipped'])} rows or parts of rows left out."])
