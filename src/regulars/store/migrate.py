"""Migrations: numbered plain-SQL files, applied in order, each once.

A file is `NNNN_pre_slug.sql` (before the new program starts: additive, the previous release runs on it)
or `NNNN_post_slug.sql` (after the last old program has stopped: removals). Files run in the order of
their names, one transaction each, under an advisory lock, so any number of programs may start at once.
A file that was applied must never change: its checksum is kept and compared. A line `-- no-transaction`
is for files with statements such as CREATE INDEX CONCURRENTLY; those hold one statement only.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Literal, cast

import msgspec
import psycopg

from regulars.store.database import Connection, Database
from regulars.store.errors import MigrationError
from regulars.store.queries import load_queries

Phase = Literal["pre", "post"]
_NAME = re.compile(r"(?P<number>\d{4})_(?P<phase>pre|post)_[a-z0-9_]+\.sql")
_NO_TRANSACTION = re.compile(r"^--\s*no-transaction\s*$", re.MULTILINE)
_QUERIES = load_queries("regulars.store", "migrate.sql")
_ROLE_STEPS = ("create_role", "become_role")


class Migration(msgspec.Struct, frozen=True):
    """One file."""

    name: str
    phase: Phase
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def in_transaction(self) -> bool:
        """False for a file that says it cannot run inside one."""
        return _NO_TRANSACTION.search(self.sql) is None


def load_migrations(directory: Traversable | None = None) -> tuple[Migration, ...]:
    """The files in the order they run. Raises MigrationError on a bad or repeated number."""
    directory = directory or resources.files("regulars.store").joinpath("migrations")
    files = {entry.name: entry for entry in directory.iterdir() if entry.name.endswith(".sql")}
    numbers: dict[str, str] = {}
    migrations = []
    for name in sorted(files):
        match = _NAME.fullmatch(name)
        if match is None:
            raise MigrationError(f"{name} is not named NNNN_pre_slug.sql or NNNN_post_slug.sql.")
        if match["number"] in numbers:
            raise MigrationError(f"{numbers[match['number']]} and {name} have the same number.")
        numbers[match["number"]] = name
        text = files[name].read_text(encoding="utf-8")
        migrations.append(Migration(name=name, phase=cast(Phase, match["phase"]), sql=text))
    return tuple(migrations)


def migrate(
    database: Database,
    *,
    phases: tuple[Phase, ...] = ("pre", "post"),
    migrations: tuple[Migration, ...] | None = None,
    wait_seconds: float = 10.0,
    report: Callable[[str], None] = lambda _: None,
) -> list[str]:
    """Apply what is missing and return the names of the files applied now.

    A second call does nothing. With `phases=("pre",)` it stops before the first pending `post` file,
    since later files may count on it. Raises MigrationError; what was applied before the failing file stays.
    """
    files = load_migrations() if migrations is None else migrations
    connection = database.connect_owner(wait_seconds=wait_seconds)
    try:
        with _locked(connection):
            _prepare(connection)
            applied = _apply_all(connection, files, phases, report)
            connection.execute(_QUERIES.close_partitions)
            return applied
    except psycopg.Error as error:
        raise MigrationError(f"The migrations cannot run: {_reason(error)}") from error
    finally:
        connection.close()


def pending(database: Database, *, migrations: tuple[Migration, ...] | None = None) -> list[str]:
    """Names of the files not applied yet; changes nothing. Raises MigrationError when applied ones changed."""
    files = load_migrations() if migrations is None else migrations
    connection = database.connect_owner()
    try:
        applied: dict[str, str] = {}
        if connection.execute(_QUERIES.ledger_exists).fetchone() == (True,):
            applied = dict(connection.execute(_QUERIES.applied).fetchall())
        return [migration.name for migration in _pending(applied, files)]
    finally:
        connection.close()


def open_tables(connection: Connection) -> list[str]:
    """Tables through which a workspace could see another: none, or a migration forgot its policy."""
    return [str(name) for (name,) in connection.execute(_QUERIES.open_tables).fetchall()]


def sql_text(migrations: tuple[Migration, ...] | None = None) -> str:
    """Everything `migrate` would run on an empty database, for administrators who run SQL themselves."""
    files = load_migrations() if migrations is None else migrations
    parts = [f"-- {_QUERIES.purpose(step)}\n{_QUERIES[step]};" for step in (*_ROLE_STEPS, "grant_defaults")]
    parts += [f"{_QUERIES[step]};" for step in ("create_ledger", "protect_ledger")]
    for migration in files:
        body = migration.sql.strip()
        values = f"('{migration.name}', '{migration.checksum}')"
        note = f"INSERT INTO schema_migration (name, checksum) VALUES {values};"  # noqa: S608 - checked names
        wrapped = f"BEGIN;\n{body}\n{note}\nCOMMIT;" if migration.in_transaction else f"{body}\n{note}"
        parts.append(f"-- {migration.name}\n{wrapped}")
    parts.append(f"-- {_QUERIES.purpose('close_partitions')}\n{_QUERIES['close_partitions']};")
    return "\n\n".join(parts) + "\n"


@contextmanager
def _locked(connection: Connection) -> Iterator[None]:
    connection.execute(_QUERIES.lock)
    try:
        yield
    finally:
        if not connection.closed and not connection.broken:
            connection.execute(_QUERIES.unlock)


def _prepare(connection: Connection) -> None:
    """Role, default rights and the table of applied files; all of it may be there already."""
    create_roles(connection)
    connection.execute(_QUERIES.grant_defaults)
    connection.execute(_QUERIES.create_ledger)
    connection.execute(_QUERIES.protect_ledger)


def create_roles(connection: Connection) -> None:
    """The role the program works as, and the login's right to become it. Raises MigrationError."""
    try:
        for step in _ROLE_STEPS:
            connection.execute(_QUERIES[step])
    except psycopg.errors.InsufficientPrivilege as error:
        login = connection.info.user
        raise MigrationError(
            f"The login {login!r} needs the role regulars_app and may not give it to itself. Ask an "
            f'administrator to run: CREATE ROLE regulars_app NOLOGIN; GRANT regulars_app TO "{login}";'
        ) from error


def _pending(applied: Mapping[str, str], files: tuple[Migration, ...]) -> list[Migration]:
    unknown = set(applied) - {migration.name for migration in files}
    if unknown:
        raise MigrationError(
            f"The database was migrated by a newer program ({min(unknown)} is unknown here). Install that version."
        )
    for migration in files:
        if applied.get(migration.name, migration.checksum) != migration.checksum:
            raise MigrationError(
                f"{migration.name} was changed after it was applied. Bring back the applied text."
            )
    return [migration for migration in files if migration.name not in applied]


def _apply_all(
    connection: Connection,
    files: tuple[Migration, ...],
    phases: tuple[Phase, ...],
    report: Callable[[str], None],
) -> list[str]:
    applied: list[str] = []
    for migration in _pending(dict(connection.execute(_QUERIES.applied).fetchall()), files):
        if migration.phase not in phases:
            break
        report(f"Applying {migration.name}")
        _apply(connection, migration)
        applied.append(migration.name)
    return applied


def _apply(connection: Connection, migration: Migration) -> None:
    note = {"name": migration.name, "checksum": migration.checksum}
    text = migration.sql.encode()
    try:
        if migration.in_transaction:
            with connection.transaction():
                connection.execute(text)
                connection.execute(_QUERIES.record, note)
        else:
            connection.execute(text)
            connection.execute(_QUERIES.record, note)
    except psycopg.Error as error:
        raise MigrationError(f"{migration.name} failed{_line(migration, error)}: {_reason(error)}") from error


def _line(migration: Migration, error: psycopg.Error) -> str:
    position = error.diag.statement_position
    if position is None:
        return ""
    return f" at line {migration.sql.count(chr(10), 0, int(position)) + 1}"


def _reason(error: psycopg.Error) -> str:
    return error.diag.message_primary or type(error).__name__
