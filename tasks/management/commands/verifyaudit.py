"""Verify the history: `manage.py verifyaudit [--project SLUG] [--checkpoints FILE] [--json]`."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError

from tasks.services.audit import ChainReport, verify_all
from tasks.services.checkpoints import CheckpointFile, read_checkpoints


class Command(BaseCommand):
    """Exits 0 when every chain holds and contains its checkpoints, 1 otherwise."""

    help = "Verify the chain of events and the signed checkpoints; name the first broken link."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--project", default="", help="Only this project, by slug.")
        parser.add_argument(
            "--checkpoints", type=Path, help="The file; by default checkpoints.jsonl of the data."
        )
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify and say what was found."""
        kept = read_checkpoints(options["checkpoints"])
        reports = list(verify_all(kept.points, options["project"]))
        if options["project"] and not reports:
            raise CommandError(f"There is no project “{options['project']}”.")
        if options["json"]:
            self.stdout.write(_as_json(reports, kept))
        else:
            self.stdout.write("\n".join(_lines(reports, kept)))
        if kept.broken or not all(report.ok for report in reports):
            raise SystemExit(1)


def _as_json(reports: list[ChainReport], kept: CheckpointFile) -> str:
    broken = {"line": kept.line, "what": kept.broken} if kept.broken else None
    told = {
        "ok": not kept.broken and all(report.ok for report in reports),
        "projects": [report.as_dict() for report in reports],
        "checkpoints": {"lines": len(kept.points), "broken": broken},
    }
    return orjson.dumps(told).decode()


def _lines(reports: list[ChainReport], kept: CheckpointFile) -> list[str]:
    lines = [_line(report) for report in reports] or ["There is no project yet."]
    if kept.broken:
        lines.append(f"checkpoints: BROKEN at line {kept.line}: {kept.broken}")
    return lines


def _line(report: ChainReport) -> str:
    notes = "".join(f" {note}" for note in report.notes)
    if report.broken:
        return f"{report.project}: BROKEN at event {report.broken.seq}: {report.broken.what}{notes}"
    compared = f", {report.checkpoints} checkpoints" if report.checkpoints else ""
    return f"{report.project}: {report.checked} events up to {report.head} hold{compared}.{notes}"
