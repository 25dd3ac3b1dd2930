"""Restores: a backup takes the place of what is in the database, all of it or nothing.

    check the backup → mark the database → load in one transaction → migrate → (the caller reapplies
    erasures) → remove the mark

The load and the note that it is complete commit together, so a process killed at any moment leaves either
what was there or what the backup holds, and the mark, which keeps every program from starting until a
restore has run to its end.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, LiteralString

import psycopg
from psycopg import sql

from regulars.vocabulary.errors import Conflict, InvalidInput

from .backup import (
    DUMP,
    Manifest,
    digest,
    erasures,
    list_workspaces,
    programs,
    read_manifest,
    unknown_migrations,
)
from .database import Connection, Database, set_workspace
from .errors import StoreMisconfigured
from .migrate import create_roles, migrate
from .opening import Store
from .queries import load_queries
from .register import Register
from .tools import run_tool, stream_tool
from .unfinished import is_unfinished

_QUERIES = load_queries("regulars.store", "backup.sql")
# What a dump says of things that are not ours to make: the schema itself and rights on objects to come.
_NOT_OURS = re.compile(
    r"^\d+; \d+ \d+ (?:SCHEMA|DEFAULT ACL|EXTENSION|(?:ACL|COMMENT) - (?:SCHEMA|EXTENSION)) "
)
# A setting that servers before version 17 do not know.
_TOO_NEW = b"SET transaction_timeout"
_COPY = re.compile(rb"^COPY .+ FROM stdin;\n$")
_COPY_END = b"\\.\n"
_CHUNK_BYTES = 256 * 1024
# What a fresh schema holds already.
_ALWAYS_FILLED = frozenset({"workspace", "workspace_state", "schema_migration"})
# A server notices within this time that the client of an interrupted restore has gone.
_OTHERS_SECONDS = 12.0


class RestoreFailed(StoreMisconfigured):
    """The backup could not be loaded; what was in the database is still there."""

    code = "restore_failed"


@contextmanager
def restoring(
    store: Store, directory: Path, *, force: bool, report: Callable[[str], None] = lambda _: None
) -> Iterator[Manifest]:
    """Load a backup, then let the caller reapply erasures; the database is free again when that is done.

    Raises InvalidInput for a backup that is damaged or was made with another master key or by a newer
    program, Conflict when the database holds something (unless `force`) or others use it, and RestoreFailed
    when loading fails; in all these cases what was there stays. An error of the caller leaves the mark.
    """
    manifest = checked(store, directory)
    owner = Database(store.database.dsn).connect_owner(wait_seconds=5.0)
    try:
        if owner.execute(_QUERIES.lock_restore).fetchone() != (True,):
            raise Conflict("Another restore of this database is at work. Wait for it to end.")
        create_roles(owner)
        fresh = _mark(owner, manifest, force=force)
        try:
            _await_alone(owner)
            _keep_erasures(store, owner)
            report("Loading the data")
            _load(store, directory, manifest)
        except BaseException:
            # Nothing came back, so there is nothing to finish; an earlier attempt's mark stays.
            if fresh:
                owner.execute(_QUERIES.drop_marker)
            raise
        report("Migrating")
        migrate(store.database)
        store.ensure_partitions()
        yield manifest
        owner.execute(_QUERIES.look_anew)
        owner.execute(_QUERIES.drop_marker)
    finally:
        owner.close()


def checked(store: Store, directory: Path) -> Manifest:
    """The manifest of a backup that this program can restore with this master key. Raises InvalidInput."""
    manifest = read_manifest(directory)
    dump = directory / DUMP
    if manifest.master_key != store.master.fingerprint():
        raise InvalidInput(
            f"The backup opens with the master key {manifest.master_key}; this home has "
            f"{store.master.fingerprint()}. Set REGULARS_MASTER_KEY to the exported key.",
            field="master_key",
        )
    unknown = unknown_migrations(manifest)
    if unknown:
        raise InvalidInput(
            f"The backup was made by Regulars {manifest.version}, whose schema ({unknown[0]}) this version does "
            "not know. Install that version or a newer one.",
            field="directory",
        )
    if (
        not dump.is_file()
        or dump.stat().st_size != manifest.dump_bytes
        or digest(dump) != manifest.dump_sha256
    ):
        raise InvalidInput(f"{dump} is not what its manifest says: damaged or incomplete.", field="directory")
    return manifest


def _mark(owner: Connection, manifest: Manifest, *, force: bool) -> bool:
    """Mark the database, once it is sure that it may be replaced. True when it was not marked before."""
    migrated, schema = _row(owner, _QUERIES.is_migrated)
    if schema != manifest.schema:
        raise InvalidInput(f"The backup belongs into the schema {manifest.schema!r}.", field="database_url")
    unfinished = is_unfinished(owner)
    may_replace = force or (unfinished and _row(owner, _QUERIES.read_marker) == (True,))
    if not may_replace and migrated and _holds_something(owner):
        raise Conflict(
            "The database is not empty. Restore into a new home, or give --force to replace everything in it."
        )
    if not unfinished:
        with owner.transaction():
            owner.execute(_QUERIES.create_marker)
            owner.execute(_QUERIES.fill_marker, {"may_replace": may_replace})
    return not unfinished


def _holds_something(owner: Connection) -> bool:
    """True when there is an event, a user or the like; a fresh schema with its first workspace holds nothing."""
    tables = {str(name) for (name,) in owner.execute(_QUERIES.tables).fetchall()} - _ALWAYS_FILLED
    queries = [sql.SQL(_QUERIES.has_rows).format(table=sql.Identifier(name)) for name in sorted(tables)]
    for number, _ in list_workspaces(owner):
        with owner.transaction():
            set_workspace(owner, number)
            if any(owner.execute(query).fetchone() == (True,) for query in queries):
                return True
    return False


def _await_alone(owner: Connection) -> None:
    """Wait for others to leave, such as the server's side of an interrupted restore. Raises Conflict."""
    deadline = time.monotonic() + _OTHERS_SECONDS
    while owner.execute(_QUERIES.others).fetchone() != (0,):
        if time.monotonic() > deadline:
            raise Conflict(
                "Other programs use the database. Stop `regulars serve` and the like, then restore."
            )
        time.sleep(0.1)


def _keep_erasures(store: Store, owner: Connection) -> None:
    """Note the erasures of the data that is about to go, in case a crash kept one out of the register."""
    migrated, _ = _row(owner, _QUERIES.is_migrated)
    if migrated:
        Register(store.home).append(erasures(owner, store.master.fingerprint(), datetime.now(UTC)))


def _load(store: Store, directory: Path, manifest: Manifest) -> None:
    """Put the backup in the place of our tables, in one transaction."""
    dump, tool = directory / DUMP, programs(store) / "pg_restore"
    listing = store.home / f".restore-{time.time_ns()}.list"
    connection = Database(store.database.dsn).connect_owner()
    try:
        contents = run_tool(tool, "--list", str(dump)).splitlines()
        wanted = [line for line in contents if not line.startswith(";") and not _NOT_OURS.match(line)]
        listing.write_text("\n".join(wanted) + "\n", encoding="utf-8")
        with (
            connection.transaction(),
            stream_tool(tool, "--file=-", "--no-owner", f"--use-list={listing}", str(dump)) as script,
        ):
            _make_room(connection)
            rows = _play(connection, script)
            if rows != sum(manifest.rows.values()):
                raise RestoreFailed(
                    "The backup has not the rows its manifest counts; the database is as it was."
                )
            moved = sql.SQL(_QUERIES.move_marker).format(schema=sql.Identifier(manifest.schema))
            connection.execute(moved)
    except psycopg.Error as error:
        state = error.sqlstate or type(error).__name__
        raise RestoreFailed(
            f"The backup cannot be loaded (SQLSTATE {state}); the database is as it was."
        ) from error
    finally:
        connection.close()
        listing.unlink(missing_ok=True)


def _make_room(connection: Connection) -> None:
    """Drop our tables and functions; the transaction brings them back, or nothing happened."""
    names = [sql.Identifier(str(name)) for (name,) in connection.execute(_QUERIES.tables).fetchall()]
    if names:
        connection.execute(sql.SQL(_QUERIES.drop_tables).format(tables=sql.SQL(", ").join(names)))
    for (function,) in connection.execute(_QUERIES.functions).fetchall():
        # The catalogue spells the name with its quotes and types, which an identifier cannot hold.
        connection.execute(sql.SQL(_QUERIES.drop_function).format(function=sql.SQL(function)))


def _play(connection: Connection, script: IO[bytes]) -> int:
    """Run what pg_restore prints: statements, and rows between `COPY … FROM stdin` and its end.

    Returns the number of rows.
    """
    rows = 0
    statements: list[bytes] = []
    old_server = connection.info.server_version < 170000
    for line in script:
        if _COPY.match(line):
            _run(connection, statements)
            rows += _copy(connection, line, script)
        elif not line.startswith(b"\\") and not (old_server and line.startswith(_TOO_NEW)):
            statements.append(line)
    _run(connection, statements)
    return rows


def _run(connection: Connection, statements: list[bytes]) -> None:
    text = b"".join(statements)
    statements.clear()
    if text.strip():
        connection.execute(text, prepare=False)


def _copy(connection: Connection, statement: bytes, script: IO[bytes]) -> int:
    """Send the rows up to the line that ends them; how many they were."""
    cursor = connection.cursor()
    with cursor.copy(statement) as copy:
        held: list[bytes] = []
        size = 0
        for line in script:
            if line == _COPY_END:
                break
            held.append(line)
            size += len(line)
            if size >= _CHUNK_BYTES:
                copy.write(b"".join(held))
                held.clear()
                size = 0
        copy.write(b"".join(held))
    return cursor.rowcount


def _row(connection: Connection, query: LiteralString) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None, "the query always answers"
    return row
