"""What a first start needs and a later one skips: tables, a project, an operator with a way in."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command, get_commands
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from missioncontrol.kernel.models import IdempotencyRecord

PROJECT = "demo"
OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class FirstRun:
    """What the start found or made; `sign_in` is a one-time link, empty once somebody can sign in."""

    sign_in: str = ""


def prepare() -> FirstRun:
    """Bring the database up to date and, where nobody exists yet, make the first operator and the demo."""
    migrate()
    forget_running()
    if get_user_model().objects.exists() or "createoperator" not in get_commands():
        return FirstRun()
    call("createproject", PROJECT, "--name", "Demo")
    made = call("createoperator", OPERATOR, "--project", PROJECT, "--role", "owner", "--staff")
    if settings.MC_DEMO and "seeddemo" in get_commands():
        call("seeddemo", "--project", PROJECT)
    return FirstRun(sign_in=made["sign_in_link"] or "")


def forget_running() -> None:
    """Drop the idempotency records of requests a killed server was answering.

    This process is the only one on this database: nobody answers them any more, so a retry need not wait.
    """
    IdempotencyRecord.objects.filter(state=IdempotencyRecord.State.RUNNING).delete()


def migrate() -> None:
    """Apply what is not applied yet, without a word when there is nothing.

    Raises CommandError when the database has what this code does not know.
    """
    executor = MigrationExecutor(connection)
    if unknown := unknown_migrations(executor.loader):
        raise CommandError(
            f"A newer version of Mission Control made this database: {unknown[0]} is unknown to this one."
            " Update the code, or choose another folder with MC_DATA_DIR."
        )
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)


def unknown_migrations(loader: MigrationLoader) -> list[str]:
    """What was applied to the database, as `app.name`, and has no file here."""
    strange = set(loader.applied_migrations or ()) - set(loader.disk_migrations or ())
    return sorted(f"{app}.{name}" for app, name in strange if app in loader.migrated_apps)


def call(name: str, *arguments: str) -> dict[str, Any]:
    """Run one of our commands and read the object it prints."""
    output = io.StringIO()
    call_command(name, *arguments, "--json", stdout=output)
    answer: dict[str, Any] = json.loads(output.getvalue())
    return answer
