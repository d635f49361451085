"""Put a backup back: `manage.py restore PATH [--force] [--json]`."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError

from missioncontrol.ops.errors import BackupProblem
from missioncontrol.ops.restore import Restored, restore_backup
from tasks.services.audit import ChainReport


class Command(BaseCommand):
    """Replaces the whole installation; exits 1 when a chain of events in the backup does not hold."""

    help = "Put a backup back and verify it. Stop servers and workers first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("path", type=Path, metavar="PATH", help="the folder that backup made")
        parser.add_argument("--force", action="store_true", help="replace an installation that is not empty")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Restore and report. Raises CommandError, with nothing changed, when the backup cannot be put back."""
        try:
            restored = restore_backup(options["path"], force=options["force"])
        except (BackupProblem, OSError) as error:
            raise CommandError(str(error)) from error
        as_json = orjson.dumps(restored.as_dict()).decode()
        self.stdout.write(as_json if options["json"] else "\n".join(_lines(restored)))
        if not restored.ok:
            raise SystemExit(1)


def _lines(restored: Restored) -> list[str]:
    opening = f"Restored as of {restored.manifest.made_at}."
    return [opening, *(_line(chain) for chain in restored.chains), *restored.notes]


def _line(chain: ChainReport) -> str:
    notes = "".join(f" {note}" for note in chain.notes)
    if chain.broken:
        return f"  {chain.project}: BROKEN at event {chain.broken.seq}: {chain.broken.what}{notes}"
    return f"  {chain.project}: {chain.checked} events up to {chain.head} hold.{notes}"
