"""Copy the installation into a folder: `manage.py backup PATH [--json]`."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError

from missioncontrol.ops.backup import make_backup
from missioncontrol.ops.errors import BackupProblem
from missioncontrol.ops.manifest import Manifest


class Command(BaseCommand):
    """A consistent copy while the server runs; keep `MC_SECRET_KEY` (or `data/secret_key`) apart from it."""

    help = "Copy the database into a new folder, consistently, while the server runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("path", type=Path, metavar="PATH", help="a new folder")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the backup and say what is in it. Raises CommandError when it cannot be made."""
        try:
            manifest = make_backup(options["path"])
        except (BackupProblem, OSError) as error:
            raise CommandError(str(error)) from error
        told = {"path": str(options["path"]), **manifest.as_dict()}
        as_json = orjson.dumps(told).decode()
        self.stdout.write(as_json if options["json"] else "\n".join(_lines(options["path"], manifest)))


def _lines(path: Path, manifest: Manifest) -> list[str]:
    files = [f"  {stored.name}: {stored.bytes:,} bytes" for stored in manifest.files]
    heads = [f"  {head.project}: up to event {head.seq}" for head in manifest.streams]
    last = "The secret key is not in it: keep a copy of that elsewhere."
    return [f"{path} holds the {manifest.engine} database as of {manifest.made_at}:", *files, *heads, last]
