"""A backup is whole, holds no secret, and comes back as it was, in a new epoch."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from missioncontrol.ops.manifest import sha256_of
from tests.missioncontrol.ops_commands.building import (
    Installation,
    an_installation,
    copy_of,
    empty_database,
    filled,
)

pytestmark = pytest.mark.own
COUNT = "SELECT count(*) FROM tasks_project"
EPOCHS = "SELECT CAST(epoch AS text) FROM tasks_eventstream"
SESSION = "INSERT INTO django_session VALUES ('stolen-session-key', 'x', '2099-01-01 00:00:00')"


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation with a history. Tests only read it; those that write take a copy."""
    return filled(an_installation(tmp_path_factory.mktemp("origin") / "data"))


@pytest.fixture(scope="module")
def backup(origin: Installation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of it."""
    path = tmp_path_factory.mktemp("backups") / "monday"
    origin.ask("backup", str(path))
    return path


def heads(installation: Installation) -> dict[str, int]:
    report = installation.ask("verifyaudit")
    return {project["project"]: project["head"] for project in report["projects"]}


def test_the_manifest_names_versions_heads_and_checksums(origin: Installation, backup: Path) -> None:
    manifest = json.loads((backup / "manifest.json").read_text())
    assert {head["project"]: head["seq"] for head in manifest["streams"]} == heads(origin)
    assert {stored["name"] for stored in manifest["files"]} == {"database.sqlite3", "checkpoints.jsonl"}
    assert set(manifest["versions"]) == {"mission_control", "python", "django", "sqlite"}
    assert "tasks.0001_initial" in manifest["migrations"]


def test_a_backup_is_its_owners_alone_and_holds_neither_secret_nor_session(
    origin: Installation, tmp_path: Path
) -> None:
    signed_in = copy_of(origin, tmp_path / "data")
    signed_in.write(SESSION)
    path = tmp_path / "backup"
    signed_in.ask("backup", str(path))
    assert path.stat().st_mode & 0o077 == 0
    everything = b"".join(file.read_bytes() for file in path.iterdir())
    assert b"stolen-session-key" not in everything
    assert settings.SECRET_KEY.encode() not in everything
    assert signed_in.rows("SELECT count(*) FROM django_session") == [(1,)]


def test_a_backup_is_consistent_while_somebody_writes(origin: Installation, tmp_path: Path) -> None:
    busy = copy_of(origin, tmp_path / "data")
    with closing(sqlite3.connect(busy.folder / "missioncontrol.sqlite3")) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE tasks_project SET name = 'Half done'")
        busy.ask("backup", str(tmp_path / "backup"))
        writer.rollback()
    with closing(sqlite3.connect(tmp_path / "backup" / "database.sqlite3")) as copy:
        assert copy.execute("SELECT count(*) FROM tasks_project WHERE name = 'Half done'").fetchone() == (0,)


def test_a_backup_never_overwrites(origin: Installation, backup: Path) -> None:
    before = (backup / "manifest.json").read_bytes()
    done = origin.run("backup", str(backup))
    assert done.returncode == 1
    assert "exists already" in done.stderr
    assert (backup / "manifest.json").read_bytes() == before


def test_an_empty_installation_gets_everything_back_in_a_new_epoch(
    origin: Installation, backup: Path, tmp_path: Path
) -> None:
    fresh = an_installation(tmp_path / "data")
    report = fresh.ask("restore", str(backup))
    assert report["ok"]
    assert [(chain["head"], chain["checkpoints"]) for chain in report["chains"]] == [
        (heads(origin)["apollo"], 1)
    ]
    assert fresh.rows(COUNT) == [(1,)]
    assert fresh.rows(EPOCHS) != origin.rows(EPOCHS)


def test_a_restore_is_an_event_and_the_chain_holds_after_it(
    origin: Installation, backup: Path, tmp_path: Path
) -> None:
    fresh = an_installation(tmp_path / "data")
    fresh.ask("restore", str(backup))
    assert heads(fresh) == {"apollo": heads(origin)["apollo"] + 1}
    newest = "SELECT type, actor_kind, actor_id, payload FROM tasks_event ORDER BY seq DESC LIMIT 1"
    [(kind, actor_kind, actor, payload)] = fresh.rows(newest)
    assert (kind, actor_kind, actor) == ("project.restored", "system", "restore")
    made_at = json.loads((backup / "manifest.json").read_text())["made_at"]
    assert json.loads(payload)["after"]["restored_from"] == made_at


def test_an_installation_with_projects_is_replaced_only_by_force(
    origin: Installation, backup: Path, tmp_path: Path
) -> None:
    other = copy_of(origin, tmp_path / "data")
    other.ask("createproject", "later")
    refused = other.run("restore", str(backup))
    assert refused.returncode == 1
    assert "--force" in refused.stderr
    assert other.rows(COUNT) == [(2,)]
    assert other.ask("restore", str(backup), "--force")["ok"]
    assert other.rows(COUNT) == [(1,)]


def test_a_database_in_use_is_left_alone(origin: Installation, backup: Path, tmp_path: Path) -> None:
    served = copy_of(origin, tmp_path / "data")
    with closing(sqlite3.connect(served.folder / "missioncontrol.sqlite3")) as server:
        server.execute(COUNT)
        done = served.run("restore", str(backup), "--force")
    assert done.returncode == 1
    assert "in use" in done.stderr
    assert served.rows(EPOCHS) == origin.rows(EPOCHS)


@pytest.mark.parametrize("damage", ["flipped", "missing", "no manifest", "newer", "other engine"])
def test_a_backup_that_does_not_fit_changes_nothing(backup: Path, tmp_path: Path, damage: str) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(backup, copy)
    words = spoil(copy, damage)
    fresh = an_installation(tmp_path / "data")
    done = fresh.run("restore", str(copy))
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert fresh.rows("SELECT count(*) FROM sqlite_master") == [(0,)]


def spoil(copy: Path, damage: str) -> str:
    """Damage the copy of a backup; answers words of the refusal."""
    database, manifest = copy / "database.sqlite3", copy / "manifest.json"
    told = json.loads(manifest.read_text())
    if damage == "flipped":
        raw = bytearray(database.read_bytes())
        raw[len(raw) // 2] ^= 1
        database.write_bytes(raw)
        return "damaged"
    if damage == "missing":
        database.unlink()
        return "missing"
    if damage == "no manifest":
        manifest.unlink()
        return "no backup"
    if damage == "newer":
        manifest.write_text(json.dumps({**told, "migrations": [*told["migrations"], "tasks.9999_future"]}))
        return "newer version"
    manifest.write_text(json.dumps({**told, "engine": "postgresql"}))
    return "runs on sqlite"


def test_a_history_changed_before_the_backup_is_named_and_the_command_fails(
    origin: Installation, tmp_path: Path
) -> None:
    forged = copy_of(origin, tmp_path / "data")
    forged.write("DROP TRIGGER tasks_event_never_changed")
    forged.write("UPDATE tasks_event SET payload = '{}' WHERE seq = 2")
    forged.ask("backup", str(tmp_path / "backup"))
    fresh = an_installation(tmp_path / "fresh")
    done = fresh.run("restore", str(tmp_path / "backup"), "--json")
    assert done.returncode == 1
    [chain] = json.loads(done.stdout)["chains"]
    assert chain["broken"]["seq"] == 2


@pytest.mark.services
def test_postgresql_goes_out_and_comes_back(tmp_path: Path) -> None:
    with empty_database("mc_backup_from") as source, empty_database("mc_backup_to") as target:
        redis = settings.MC_REDIS_URL
        origin = filled(an_installation(tmp_path / "a", MC_DATABASE_URL=source, MC_REDIS_URL=redis))
        fresh = an_installation(tmp_path / "b", MC_DATABASE_URL=target, MC_REDIS_URL=redis)
        path = str(tmp_path / "backup")
        origin.ask("backup", path)
        report = fresh.ask("restore", path)
        assert report["ok"]
        assert [chain["checkpoints"] for chain in report["chains"]] == [1]
        assert heads(fresh) == {"apollo": heads(origin)["apollo"] + 1}
        assert fresh.rows(EPOCHS) != origin.rows(EPOCHS)
        assert fresh.run("restore", path).returncode == 1
        assert fresh.ask("restore", path, "--force")["ok"]


@pytest.mark.services
def test_postgresql_keeps_what_it_has_when_the_copy_fails_or_somebody_is_connected(tmp_path: Path) -> None:
    with empty_database("mc_backup_kept") as url:
        redis = settings.MC_REDIS_URL
        kept = filled(an_installation(tmp_path / "a", MC_DATABASE_URL=url, MC_REDIS_URL=redis))
        path = tmp_path / "backup"
        kept.ask("backup", str(path))
        with psycopg.connect(url):
            done = kept.run("restore", str(path), "--force")
        assert done.returncode == 1
        assert "in use" in done.stderr
        truncate_dump(path)
        done = kept.run("restore", str(path), "--force")
        assert done.returncode == 1
        assert "pg_restore failed" in done.stderr
        assert kept.rows(COUNT) == [(1,)]


def truncate_dump(path: Path) -> None:
    """Cut the dump's end off and make the manifest agree, as a disk that lies would."""
    dump = path / "database.dump"
    dump.write_bytes(dump.read_bytes()[:-2000])
    told = json.loads((path / "manifest.json").read_text())
    for stored in told["files"]:
        stored["sha256"] = sha256_of(path / stored["name"])
    (path / "manifest.json").write_text(json.dumps(told))


@pytest.mark.services
def test_a_missing_tool_is_one_clear_line(tmp_path: Path) -> None:
    url = settings.MC_DATABASE_URL
    here = an_installation(tmp_path / "a", MC_DATABASE_URL=url, MC_REDIS_URL=settings.MC_REDIS_URL)
    done = here.run("backup", str(tmp_path / "backup"), PATH=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: pg_dump is not installed")
    assert not (tmp_path / "backup").exists()
