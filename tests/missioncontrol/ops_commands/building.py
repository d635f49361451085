"""Installations of their own for tests: an empty folder, or an empty database, and the real commands on them."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings

MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]
OURS = "MC_DATABASE_URL", "MC_REDIS_URL", "MC_TEST_DATA_DIR", "DJANGO_SETTINGS_MODULE"


@dataclass(frozen=True)
class Installation:
    """An installation: its data folder and the environment that its commands run in."""

    folder: Path
    environment: dict[str, str]

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """One command, with what it printed."""
        environment = {**self.environment, **variables}
        return subprocess.run(
            [*MANAGE, *arguments], env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    def ask(self, *arguments: str) -> dict[str, Any]:
        """One command that succeeds, and the object it prints."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr + done.stdout
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        """What the database answers, asked past Django."""
        url = self.environment.get("MC_DATABASE_URL")
        if url:
            with psycopg.connect(url) as line:
                return line.execute(question).fetchall()
        with closing(sqlite3.connect(self.folder / "missioncontrol.sqlite3")) as database:
            return database.execute(question).fetchall()

    def write(self, statement: str) -> None:
        """Change the database past Django."""
        with closing(sqlite3.connect(self.folder / "missioncontrol.sqlite3")) as database, database:
            database.execute(statement)


def an_installation(folder: Path, **variables: str) -> Installation:
    """An empty installation, embedded unless `variables` say otherwise, with the tests' secret key."""
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    data = {"MC_DATA_DIR": str(folder), "MC_SECRET_KEY": settings.SECRET_KEY}
    return Installation(folder, {**kept, **data, **variables})


def filled(installation: Installation) -> Installation:
    """The same with tables, one project, its owner, an agent, and a checkpoint of the history so far."""
    assert installation.run("migrate", "-v0").returncode == 0
    installation.ask("createproject", "apollo")
    installation.ask("createoperator", "ada", "--project", "apollo", "--role", "owner")
    installation.ask("createagent", "otter", "--project", "apollo")
    installation.ask("checkpoint")
    return installation


def copy_of(installation: Installation, folder: Path) -> Installation:
    """A second installation that begins where the first is."""
    shutil.copytree(installation.folder, folder)
    return an_installation(folder)


@contextmanager
def empty_database(name: str) -> Iterator[str]:
    """The address of an empty PostgreSQL database beside the one the tests were pointed at."""
    base = settings.MC_DATABASE_URL.rpartition("/")[0]
    with psycopg.connect(f"{base}/postgres", autocommit=True) as line:
        line.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        line.execute(f'CREATE DATABASE "{name}"')
        yield f"{base}/{name}"
        line.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
