"""Write where every chain stands, signed, outside the database: `manage.py checkpoint [--json]`."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand

from missioncontrol.kernel.clock import database_now
from tasks.services.checkpoints import default_path, write_checkpoint


class Command(BaseCommand):
    """Keep a copy of the file elsewhere: what it says makes a rewritten history visible."""

    help = "Append a signed checkpoint of every project's chain to checkpoints.jsonl in the data folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--file", type=Path, help="Another file to append to.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the lines and say which."""
        path = options["file"] or default_path()
        made = write_checkpoint(now=database_now(), path=path)
        if options["json"]:
            told = {"file": str(path), "checkpoints": [asdict(point) for point in made]}
            self.stdout.write(orjson.dumps(told).decode())
            return
        lines = [f"{point.project}: event {point.seq}" for point in made] or ["There are no events yet."]
        self.stdout.write("\n".join(lines))
