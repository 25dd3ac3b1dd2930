"""Backups: everything of the database at one moment, and a manifest that says what it is.

A backup is a directory: `regulars.dump` (pg_dump's own format) and `manifest.json`, which is written last,
so a directory without one is no backup. Personal data in it is sealed under keys that are themselves sealed
under the master key, which is never part of a backup. Taking one disturbs nobody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from msgspec import Struct
from psycopg import sql

from regulars import __version__
from regulars.vocabulary.errors import InvalidInput

from . import cluster
from .database import Connection, Database, set_workspace
from .errors import StoreMisconfigured, unavailable
from .home import write_private
from .migrate import load_migrations
from .opening import Store
from .programs import find_programs
from .queries import load_queries
from .register import Entry, Register
from .tools import run_tool

DUMP = "regulars.dump"
MANIFEST = "manifest.json"
LOG = "backups.jsonl"
FORMAT = 1
_QUERIES = load_queries("regulars.store", "backup.sql")
_MIGRATE = load_queries("regulars.store", "migrate.sql")
# Sealed bytes do not shrink; their spelling as text does, and the lightest level sees to that.
_COMPRESSION = "gzip:1"
_DIGEST_CHUNK_BYTES = 1024 * 1024


class Workspace(Struct, frozen=True):
    """A workspace in a backup, and the number of its newest event."""

    workspace_id: int
    name: str
    event_no: int


class Manifest(Struct, frozen=True):
    """What a backup is. `master_key` is the fingerprint of the key that opens it, never the key."""

    format: int
    version: str
    began_at: datetime
    server_version: int
    schema: str
    migrations: dict[str, str]
    rows: dict[str, int]
    workspaces: list[Workspace]
    master_key: str
    dump_bytes: int
    dump_sha256: str


class Backup(Struct, frozen=True):
    """A backup that was taken. `master_key_note` tells the operator how to keep what opens it."""

    directory: str
    manifest: Manifest
    master_key_note: str


class Taken(Struct, frozen=True):
    """One line of the list of backups in the home: when it began and where it was put."""

    began_at: datetime
    directory: str


def backup(store: Store, directory: Path, *, report: Callable[[str], None] = lambda _: None) -> Backup:
    """Write a backup into an empty or new directory, while others work on.

    Raises InvalidInput when the directory holds something, and StoreMisconfigured when the login may not
    read all rows or a program of PostgreSQL fails; what was written then is removed.
    """
    directory = _prepare(directory)
    dsn = full_dsn(store)
    connection = Database(dsn).connect_owner(wait_seconds=5.0)
    dump = directory / DUMP
    try:
        refuse_blind(connection)
        if not _row(connection, _QUERIES.is_migrated)[0]:
            raise InvalidInput("There is nothing to back up: this database holds no data of Regulars.")
        began = datetime.now(UTC)
        connection.execute(_QUERIES.begin_snapshot)
        snapshot, schema, server_version = _row(connection, _QUERIES.export_snapshot)
        report("Writing the data")
        arguments = ("--format=custom", f"--compress={_COMPRESSION}", f"--snapshot={snapshot}")
        run_tool(programs(store) / "pg_dump", *arguments, f"--schema={schema}", f"--file={dump}", dsn=dsn)
        report("Counting what was written")
        manifest = Manifest(
            format=FORMAT,
            version=__version__,
            began_at=began,
            server_version=server_version,
            schema=schema,
            migrations=dict(connection.execute(_MIGRATE.applied).fetchall()),
            rows=count_rows(connection),
            workspaces=_workspaces(connection),
            master_key=store.master.fingerprint(),
            dump_bytes=dump.stat().st_size,
            dump_sha256=digest(dump),
        )
        # Erasures that a crash kept out of the register are noted before anybody relies on this backup.
        noted = erasures(connection, store.master.fingerprint(), began - timedelta(microseconds=1))
        Register(store.home).append(noted)
    except psycopg.Error as error:
        dump.unlink(missing_ok=True)
        raise unavailable(error) from error
    except BaseException:
        dump.unlink(missing_ok=True)
        raise
    finally:
        connection.close()
    write_private(directory / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
    _note(store.home, Taken(began, str(directory)))
    return Backup(str(directory), manifest, master_key_note(store.home, manifest.master_key))


def read_manifest(directory: Path) -> Manifest:
    """What a backup says of itself. Raises InvalidInput when there is none, or one that cannot be read."""
    path = directory / MANIFEST
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise InvalidInput(
            f"{directory} is no backup, or one that did not finish: it has no {MANIFEST}.", field="directory"
        ) from None
    except msgspec.MsgspecError as error:
        raise InvalidInput(f"{path} cannot be read as a manifest.", field="directory") from error
    if manifest.format > FORMAT:
        raise InvalidInput(
            f"The backup was made by Regulars {manifest.version}. Install that version or a newer one.",
            field="directory",
        )
    return manifest


def backups_taken(home: Path) -> list[Taken]:
    """The backups this home knows of, oldest first; a line that was torn by a crash is passed over."""
    try:
        lines = (home / LOG).read_bytes().splitlines()
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        try:
            found.append(msgspec.json.decode(line, type=Taken))
        except msgspec.MsgspecError:
            continue
    return sorted(found, key=lambda taken: taken.began_at)


def full_dsn(store: Store) -> str:
    """A login that sees all rows: the superuser of the embedded server, else what the settings name."""
    if store.embedded is not None:
        return store.embedded.superuser_dsn(cluster.DATABASE)
    return store.database.dsn


def programs(store: Store) -> Path:
    """Where pg_dump and pg_restore are; newer ones than the server are fine."""
    return store.embedded.bin_dir if store.embedded is not None else find_programs()


def refuse_blind(connection: Connection) -> None:
    """Raise StoreMisconfigured when row-level security hides rows from this login."""
    sees_all, login = _row(connection, _QUERIES.sees_all_rows)
    if not sees_all:
        raise StoreMisconfigured(
            f"The login {login!r} does not see all rows, so a backup by it would be incomplete. Let an "
            "administrator run: CREATE ROLE regulars_backup LOGIN BYPASSRLS PASSWORD '…'; "
            "GRANT pg_read_all_data TO regulars_backup; and set REGULARS_DATABASE_URL to that login for the backup."
        )


def count_rows(connection: Connection) -> dict[str, int]:
    """How many rows each of our tables has, as this login sees them."""
    counts = {}
    for (name,) in connection.execute(_QUERIES.tables).fetchall():
        query = sql.SQL(_QUERIES.count_rows).format(table=sql.Identifier(name))
        counts[str(name)] = int(_row(connection, query)[0])
    return counts


def erasures(connection: Connection, master_key: str, clean_after: datetime) -> list[Entry]:
    """The erasures that the database knows of, as lines of the register."""
    found = []
    for number, _ in list_workspaces(connection):
        with connection.transaction():
            set_workspace(connection, number)
            rows = connection.execute(_QUERIES.erasures, {"workspace_id": number}).fetchall()
        for erasure_id, at, actor, marks, proof in rows:
            plain = [mark.replace("-", "") for mark in marks]
            found.append(
                Entry(
                    erasure_id=erasure_id.hex,
                    workspace_id=number,
                    at=at.astimezone(UTC),
                    clean_after=clean_after,
                    actor=actor,
                    marks=plain,
                    master_key=master_key,
                    quarantined=proof.pop("quarantined", []),
                    proof=proof,
                )
            )
    return found


def list_workspaces(connection: Connection) -> list[tuple[int, str]]:
    """(number, name) of each workspace, in the order they were made."""
    rows = connection.execute(_QUERIES.workspaces).fetchall()
    return [(int(number), str(name)) for number, name in rows]


def unknown_migrations(manifest: Manifest) -> list[str]:
    """Files of the backup's schema that this program does not have, or has with another text."""
    ours = {migration.name: migration.checksum for migration in load_migrations()}
    return sorted(name for name, checksum in manifest.migrations.items() if ours.get(name) != checksum)


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    hasher = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_DIGEST_CHUNK_BYTES):
            hasher.update(chunk)
    return hasher.hexdigest()


def master_key_note(home: Path, fingerprint: str) -> str:
    """How to keep the key that opens a backup."""
    path = home / "master.key"
    where = f"the file {path}" if path.exists() else "the value of REGULARS_MASTER_KEY"
    return (
        f"The backup opens only with the master key {fingerprint}, which is not in it. To export the key, copy "
        f"{where} to a safe away from the backups; set REGULARS_MASTER_KEY to its text where you restore."
    )


def _prepare(directory: Path) -> Path:
    directory = directory.expanduser().resolve()
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        filled = any(directory.iterdir())
    except OSError as error:
        raise InvalidInput(
            f"{directory} cannot be used for a backup: {error.strerror}.", field="directory"
        ) from error
    if filled:
        raise InvalidInput(f"{directory} is not empty. Name a new directory.", field="directory")
    return directory


def _workspaces(connection: Connection) -> list[Workspace]:
    found = []
    for number, name in list_workspaces(connection):
        row = connection.execute(_QUERIES.newest_event, {"workspace_id": number}).fetchone()
        found.append(Workspace(number, name, int(row[0]) if row else 0))
    return found


def _note(home: Path, taken: Taken) -> None:
    """Add a line to the home's list of backups: an erasure's proof says which of them still hold a person."""
    path = home / LOG
    before = path.read_bytes() if path.exists() else b""
    whole = before[: before.rfind(b"\n") + 1]
    write_private(path, whole + msgspec.json.encode(taken) + b"\n")


def _row(connection: Connection, query: Any) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None, "the query always answers"
    return row
