"""Run every background job once, here and now."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from missioncontrol.kernel.jobs import Outcome, run_all_jobs


class Command(BaseCommand):
    """`manage.py runjobs`: for a cron line, a test or a look; exits 1 when a job failed."""

    help = "Run every background job once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--json` prints one object."""
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the jobs in order of name and print what each did."""
        outcomes = run_all_jobs()
        if options["json"]:
            self.stdout.write(json.dumps({"jobs": [asdict(outcome) for outcome in outcomes]}))
        else:
            for outcome in outcomes:
                self.stdout.write(_line(outcome))
        if any(outcome.status == "failed" for outcome in outcomes):
            raise SystemExit(1)


def _line(outcome: Outcome) -> str:
    return f"{outcome.name}: {outcome.status} in {outcome.duration_ms} ms {outcome.error or outcome.result}".rstrip()
