"""Look at everything that serving needs: `manage.py doctor [--json]`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

import orjson
from django.core.management.base import BaseCommand

from missioncontrol.ops.doctor import Finding, examine

MARKS = {"ok": "ok", "warning": "WARN", "problem": "FAIL"}


class Command(BaseCommand):
    """Says what it found, thing by thing; exits 1 when there is a problem, warnings alone exit 0."""

    help = "Look at versions, settings, database, jobs, history, clock and disk, and say what is wrong."
    # The findings tell about the settings: they must not end the command before it can.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Examine and tell."""
        findings = examine()
        well = not any(finding.state == "problem" for finding in findings)
        if options["json"]:
            told = {"ok": well, "findings": [finding.as_dict() for finding in findings]}
            self.stdout.write(orjson.dumps(told).decode())
        else:
            self.stdout.write("\n".join(_line(finding) for finding in findings))
        if not well:
            raise SystemExit(1)


def _line(finding: Finding) -> str:
    advice = f"\n{'':6}{'':14}{finding.advice}" if finding.advice else ""
    return f"{MARKS[finding.state]:6}{finding.name:14}{finding.found}{advice}"
