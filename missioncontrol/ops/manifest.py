"""What a backup says about itself: when, of what, up to which event, and the checksums of its files."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import django
import orjson
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from missioncontrol import __version__
from missioncontrol.ops.errors import BackupProblem

FORMAT = 1
NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class Head:
    """Where one project's stream of events ended in the copy."""

    project: str
    project_id: str
    epoch: str
    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file of the backup; `bytes` long, with its SHA-256 in hex."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The manifest. `made_at` is RFC 3339 in UTC, `engine` sqlite or postgresql, `versions` what wrote it."""

    made_at: str
    engine: str
    versions: dict[str, str]
    migrations: tuple[str, ...]
    streams: tuple[Head, ...]
    files: tuple[StoredFile, ...]
    format: int = FORMAT

    def as_dict(self) -> dict[str, Any]:
        """The manifest as plain data."""
        return asdict(self)

    def write(self, folder: Path) -> None:
        """Put the manifest into the folder."""
        (folder / NAME).write_bytes(orjson.dumps(self.as_dict(), option=orjson.OPT_INDENT_2) + b"\n")


def describe(*, made_at: datetime, engine: str, server: str, heads: Iterable[Head], folder: Path) -> Manifest:
    """The manifest of the files that lie in `folder`."""
    versions = {
        "mission_control": __version__,
        "python": platform.python_version(),
        "django": django.get_version(),
        engine: server,
    }
    files = tuple(_stored(path) for path in sorted(folder.iterdir()))
    applied = tuple(applied_migrations())
    return Manifest(made_at.isoformat(), engine, versions, applied, tuple(heads), files)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup. Raises BackupProblem when the folder holds none that this version knows."""
    try:
        told = orjson.loads((folder / NAME).read_bytes())
        if told["format"] != FORMAT:
            raise BackupProblem(f"The backup has format {told['format']}; this version reads {FORMAT}.")
        streams = tuple(Head(**row) for row in told.pop("streams"))
        files = tuple(StoredFile(**row) for row in told.pop("files"))
        migrations = tuple(told.pop("migrations"))
        return Manifest(**told, streams=streams, files=files, migrations=migrations)
    except FileNotFoundError as error:
        raise BackupProblem(f"{folder} is no backup: it holds no {NAME}.") from error
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError, OSError) as error:
        raise BackupProblem(f"{folder / NAME} cannot be read: {error}") from error


def check_files(manifest: Manifest, folder: Path) -> None:
    """Compare every file with its checksum. Raises BackupProblem for the first that is missing or differs."""
    for stored in manifest.files:
        path = folder / Path(stored.name).name
        if not path.is_file():
            raise BackupProblem(f"The backup is not whole: {stored.name} is missing.")
        if sha256_of(path) != stored.sha256:
            raise BackupProblem(f"The backup is damaged: {stored.name} is not what its checksum says.")


def applied_migrations() -> list[str]:
    """The names of the migrations applied to the database, as `app.name`."""
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _stored(path: Path) -> StoredFile:
    return StoredFile(path.name, path.stat().st_size, sha256_of(path))
