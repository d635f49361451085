"""Restoring: a backup put back, checked link by link, with new epochs so that nobody trusts old numbers."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.jobs import release_all_jobs
from missioncontrol.ops.backup import engine
from missioncontrol.ops.errors import BackupProblem
from missioncontrol.ops.manifest import Head, Manifest, check_files, read_manifest
from tasks.models import EventStream, Project, User
from tasks.services.audit import ChainReport, verify_all
from tasks.services.checkpoints import CheckpointFile, default_path, read_checkpoints, write_checkpoint
from tasks.services.epochs import begin_new_epochs


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore came to: the backup's manifest, the chains as they were in it, and what to know."""

    manifest: Manifest
    chains: tuple[ChainReport, ...]
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every chain holds."""
        return all(chain.ok for chain in self.chains)

    def as_dict(self) -> dict[str, Any]:
        """The report as plain data."""
        chains = [chain.as_dict() for chain in self.chains]
        return {"ok": self.ok, "made_at": self.manifest.made_at, "chains": chains, "notes": self.notes}


def restore_backup(path: Path, *, force: bool = False) -> Restored:
    """Put the backup in `path` back, in place of everything that is here.

    Raises BackupProblem, with nothing changed, for a backup that is damaged, of another kind of database or of a newer
    version, for an installation in use, and for one that holds projects or people unless `force`.
    """
    manifest = read_manifest(path)
    check_files(manifest, path)
    _check_fits(manifest)
    if not force and _holds_something():
        raise BackupProblem(
            "This installation holds projects or people already. Use --force to replace them."
        )
    engine().put_back(path)
    call_command("migrate", interactive=False, verbosity=0)
    release_all_jobs()
    kept, notes = _checkpoints(path)
    chains = tuple(_compared(verify_all(kept.points), manifest.streams))
    begin_new_epochs(actor=Actor.system("restore"), restored_from=manifest.made_at)
    return Restored(manifest, chains, (*notes, *_continue_checkpoints(path, kept)))


def _check_fits(manifest: Manifest) -> None:
    if manifest.engine != connection.vendor:
        raise BackupProblem(
            f"The backup is of {manifest.engine}; this installation runs on {connection.vendor}."
        )
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations or ()}
    ours = {name.split(".")[0] for name in known}
    newer = [name for name in manifest.migrations if name not in known and name.split(".")[0] in ours]
    if newer:
        raise BackupProblem(f"The backup is of a newer version, which knows {newer[-1]}. Update first.")


def _holds_something() -> bool:
    tables = connection.introspection.table_names()
    asked = (Project, User)
    return any(each._meta.db_table in tables and each.objects.exists() for each in asked)


def _checkpoints(path: Path) -> tuple[CheckpointFile, list[str]]:
    """The backup's own checkpoints, where this installation's secret can read them."""
    kept = read_checkpoints(path / default_path().name)
    if not kept.broken:
        return kept, []
    return kept, [
        f"The backup's checkpoints stop at line {kept.line}: {kept.broken} They are signed with the secret key of the"
        " installation that was backed up."
    ]


def _compared(chains: Iterable[ChainReport], heads: Sequence[Head]) -> Iterable[ChainReport]:
    """The chains, each with a note where it does not end as the manifest says."""
    promised = {head.project: (head.seq, head.hash) for head in heads}
    found = {
        stream.project.slug: (stream.head_seq, stream.head_hash)
        for stream in EventStream.objects.select_related("project")
    }
    for chain in chains:
        if promised.get(chain.project) == found[chain.project]:
            yield chain
        else:
            yield replace(chain, notes=(*chain.notes, "It does not end where the manifest says."))


def _continue_checkpoints(path: Path, kept: CheckpointFile) -> list[str]:
    """Keep the backup's checkpoints where there are none, and begin the new epoch with one."""
    if kept.points and not kept.broken and not default_path().exists():
        shutil.copyfile(path / default_path().name, default_path())
    write_checkpoint(now=database_now())
    return ["Every session ended: people sign in anew, and open boards reload."]
