"""Backups: a consistent copy of an installation in a folder, made while the server runs, without its secrets."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from types import ModuleType

from django.db import connection

from missioncontrol.kernel.clock import database_now
from missioncontrol.ops import postgresql_copy, sqlite_copy
from missioncontrol.ops.errors import BackupProblem
from missioncontrol.ops.manifest import Manifest, describe
from tasks.services.checkpoints import default_path


def engine() -> ModuleType:
    """The module that copies the database in use."""
    return postgresql_copy if connection.vendor == "postgresql" else sqlite_copy


def make_backup(path: Path) -> Manifest:
    """Make the backup `path`, a new folder that only its owner can read; answers its manifest.

    The folder appears under its name when it is whole. Neither the secret key nor sessions are in it; keys and
    passwords are as hashes. Raises BackupProblem when the path exists or the copy cannot be made.
    """
    if path.exists():
        raise BackupProblem(f"{path} exists already. Name a new folder.")
    path.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        manifest = _fill(made)
        made.rename(path)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return manifest


def _fill(folder: Path) -> Manifest:
    now = database_now()
    # Before the database: a checkpoint must not have seen more than the copy holds.
    if default_path().exists():
        shutil.copyfile(default_path(), folder / default_path().name)
    heads = engine().copy_out(folder)
    manifest = describe(
        made_at=now, engine=connection.vendor, server=engine().version(), heads=heads, folder=folder
    )
    manifest.write(folder)
    return manifest
