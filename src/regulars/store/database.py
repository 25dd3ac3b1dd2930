"""Connections: who we are in the database, and which workspace a transaction may see.

Every connection gives up the rights of its login for the role `regulars_app` and is refused when that
role could look past row-level security. Each transaction names its workspace first; without a name it
sees nothing. The engine has synchronous connections of its own, the web side shares a bounded pool.
All errors of the connection itself become StoreUnavailable; errors of a statement pass unchanged.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from typing import Any, LiteralString, NoReturn, TypeAlias

import msgspec
import psycopg
from psycopg import conninfo
from psycopg.pq import TransactionStatus
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from regulars.store.errors import (
    StoreMisconfigured,
    StoreUnavailable,
    holds_unfit_text,
    means_outage,
    unavailable,
)
from regulars.store.pipeline import Call
from regulars.store.queries import load_queries
from regulars.store.reading import Reader, T, Then
from regulars.vocabulary.errors import InvalidInput

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]
AsyncConnection: TypeAlias = psycopg.AsyncConnection[tuple[Any, ...]]

APP_ROLE = "regulars_app"
SERVER_VERSION_MIN = 150000
CONNECT_TIMEOUT_SECONDS = 5
UNHURRIED_NICE = 15
_QUERIES = load_queries("regulars.store", "connection.sql")
WORKSPACE = _QUERIES.set_workspace
_holding: ContextVar[bool] = ContextVar("holding", default=False)

# Statements are prepared the second time they are seen: ours are few and come back for ever.
_PREPARE_THRESHOLD = 1
# When the machine of a client dies, the server notices within some five seconds and frees its locks.
_GUARD = (
    "SET idle_in_transaction_session_timeout = '{idle}s'; SET statement_timeout = '{statement}s';"
    "SET tcp_keepalives_idle = 2; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 3"
)


class Database:
    """One PostgreSQL database, reached by its DSN."""

    def __init__(
        self,
        dsn: str,
        *,
        application: str = "regulars",
        connections_max: int = 8,
        wait_seconds: float = 5.0,
        statement_timeout_seconds: int = 30,
        embedded: bool = False,
    ) -> None:
        """Nothing is opened yet. `wait_seconds` bounds how long a caller waits for a pooled connection.

        `embedded`: the server is a process of this machine, started by ours.
        """
        self._embedded = embedded
        self._dsn = conninfo.make_conninfo(
            dsn, application_name=application, connect_timeout=CONNECT_TIMEOUT_SECONDS, client_encoding="utf8"
        )
        self._connections_max = connections_max
        self._wait_seconds = wait_seconds
        self._web_guard = _guard(statement_timeout_seconds)
        self._pool: AsyncConnectionPool[AsyncConnection] | None = None
        self._reader = Reader(lambda: self.connect(wait_seconds=self._wait_seconds), _reading)
        self._writer = Reader(lambda: self.connect(wait_seconds=self._wait_seconds), _writing, name="writer")

    def __repr__(self) -> str:
        parts = conninfo.conninfo_to_dict(self._dsn)
        return f"Database({parts.get('dbname')!r} at {parts.get('host')!r})"

    @property
    def dsn(self) -> str:
        """The connection string, password included: hand it to programs, never to a log."""
        return self._dsn

    # -- synchronous: the engine, the command line, migrations -------------------------------------

    def connect(self, *, wait_seconds: float = 0.0, idle_seconds: int = 60) -> Connection:
        """A connection as `regulars_app`, autocommit off, for one thread at a time.

        Tries again with growing pauses for `wait_seconds`. The server ends it when it idles in a
        transaction for `idle_seconds`, so that a stuck holder of a lock cannot stop others for ever.
        Raises StoreUnavailable, and StoreMisconfigured where the role or the server is unfit.
        """
        connection = self._open(wait_seconds)
        try:
            connection.execute(_guard(0, idle_seconds))
            if connection.execute(_QUERIES.role_exists).fetchone() == (True,):
                connection.execute(_QUERIES.take_role)
            _refuse_unsafe(connection.execute(_QUERIES.describe_role).fetchone())
        except psycopg.Error as error:
            connection.close()
            _translate(error)
        except StoreMisconfigured:
            connection.close()
            raise
        connection.autocommit = False
        set_json_loads(msgspec.json.decode, connection)  # a fifth of the standard library's time
        return connection

    def connect_owner(self, *, wait_seconds: float = 0.0) -> Connection:
        """A connection with the rights of the login, autocommit on: migrations, partitions, backups."""
        return self._open(wait_seconds)

    @contextmanager
    def session(
        self, workspace_id: int, *, read_only: bool = False, unhurried: bool = False
    ) -> Iterator[Connection]:
        """One transaction on a connection of its own; for the command line, where a pool is no gain.

        `unhurried`: nobody waits for it, so an embedded server works on it where there is nothing else to do.
        """
        connection = self.connect(wait_seconds=self._wait_seconds)
        try:
            if unhurried and self._embedded:
                with suppress(OSError):  # it was another user who started the server
                    os.setpriority(os.PRIO_PROCESS, connection.info.backend_pid, UNHURRIED_NICE)
            connection.read_only = read_only
            with connection.transaction():
                set_workspace(connection, workspace_id)
                yield connection
        except psycopg.Error as error:
            _translate(error)
        finally:
            connection.close()

    def _open(self, wait_seconds: float) -> Connection:
        deadline = time.monotonic() + wait_seconds
        for pause in _pauses():
            try:
                connection = psycopg.connect(self._dsn, autocommit=True, prepare_threshold=_PREPARE_THRESHOLD)
                return _fit(connection)
            except psycopg.OperationalError as error:
                _refuse_hopeless(error)
                if time.monotonic() + pause > deadline:
                    raise unavailable(error) from error
            time.sleep(pause)
        raise AssertionError("the pauses never end")

    # -- asynchronous: the web side ----------------------------------------------------------------

    async def open(self) -> None:
        """Open the pool. It connects in the background; the first caller waits for it."""
        if self._pool is None:
            pool: AsyncConnectionPool[AsyncConnection] = AsyncConnectionPool(
                self._dsn,
                min_size=1,
                max_size=self._connections_max,
                max_waiting=self._connections_max * 25,
                timeout=self._wait_seconds,
                reconnect_timeout=2.0,
                kwargs={"autocommit": True, "prepare_threshold": _PREPARE_THRESHOLD},
                configure=self._configure,
                open=False,
            )
            await pool.open()
            self._pool = pool

    async def close(self) -> None:
        """Close the pool; repeated calls do nothing."""
        pool, self._pool = self._pool, None
        await asyncio.to_thread(self._reader.close)
        await asyncio.to_thread(self._writer.close)
        if pool is not None:
            await pool.close(timeout=5.0)

    @asynccontextmanager
    async def read(self, workspace_id: int) -> AsyncIterator[AsyncConnection]:
        """A read-only transaction that sees one workspace. A broken connection is replaced unseen."""
        async with self._transaction("BEGIN READ ONLY", workspace_id) as connection:
            yield connection

    async def ask(self, workspace_id: int, *calls: Call) -> list[list[tuple[Any, ...]]]:
        """Rows of look-ups by key over one workspace, in one round trip shared with all who ask meanwhile."""
        return await self._reader.ask(workspace_id, *calls)

    async def ask_on(
        self, workspace_id: int, calls: Sequence[Call], then: Then[T]
    ) -> tuple[T, list[list[tuple[Any, ...]]]]:
        """What `then` makes of the rows, and the rows of what it says to ask next, in one transaction, as `ask` does.

        `then` runs on a thread that all who ask wait for: it takes microseconds and touches nothing but its rows.
        """
        return await self._reader.ask_on(workspace_id, calls, then)

    async def put(self, workspace_id: int, call: Call, *, durable: bool = True) -> list[tuple[Any, ...]]:
        """One write of management data by key, in one round trip and one commit shared with all who write meanwhile.

        It is done again when its connection turns out to be broken, so it must be one that may be. What is not
        `durable` is seen by all at once, but may be gone after the server or the machine went down.
        """
        before = () if durable else (b"set local synchronous_commit = off",)
        return (await self._writer.ask(workspace_id, call, before=before))[0]

    @asynccontextmanager
    async def write(self, workspace_id: int) -> AsyncIterator[AsyncConnection]:
        """A transaction for management data of one workspace: commits at the end, rolls back on an error.

        Customer state is written by the engine's turn alone. When the connection dies at the commit,
        StoreUnavailable is raised and the write may or may not have happened.
        """
        async with self._transaction("BEGIN", workspace_id) as connection:
            yield connection

    @asynccontextmanager
    async def _transaction(self, begin: LiteralString, workspace_id: int) -> AsyncIterator[AsyncConnection]:
        pool = self._pool
        if pool is None:
            raise StoreUnavailable("The database pool is not open.")
        # Who holds a connection and waits for another may wait for somebody who does the same.
        assert not _holding.get(), "a task takes one connection of the pool at a time"
        connection = await self._begun(
            pool, f"{begin}; SET LOCAL regulars.workspace_id = {int(workspace_id)}"
        )
        held = _holding.set(True)
        try:
            yield connection
            _refuse_aborted(connection)
            await connection.execute("COMMIT")
        except psycopg.Error as error:
            _translate(error)
        finally:
            _holding.reset(held)
            try:
                await _roll_back(connection)
            finally:
                # The pool replaces a connection that is broken or closed.
                await pool.putconn(connection)

    async def _begun(self, pool: AsyncConnectionPool[AsyncConnection], begin: str) -> AsyncConnection:
        """A pooled connection with a transaction begun. The begin doubles as the check that it is alive."""
        deadline = time.monotonic() + self._wait_seconds
        while True:
            connection = await self._taken(pool, deadline)
            try:
                await connection.execute(begin.encode())
                return connection
            except psycopg.OperationalError as error:
                await pool.putconn(connection)
                if time.monotonic() > deadline:
                    raise unavailable(error) from error
            except BaseException:
                await pool.putconn(connection)
                raise

    async def _taken(self, pool: AsyncConnectionPool[AsyncConnection], deadline: float) -> AsyncConnection:
        try:
            return await pool.getconn(timeout=max(0.05, deadline - time.monotonic()))
        except (PoolTimeout, TooManyRequests, PoolClosed) as error:
            raise unavailable(error) from error

    async def _configure(self, connection: AsyncConnection) -> None:
        await connection.execute(self._web_guard)
        _refuse_unfit(connection)
        found = await (await connection.execute(_QUERIES.role_exists)).fetchone()
        if found == (True,):
            await connection.execute(_QUERIES.take_role)
        _refuse_unsafe(await (await connection.execute(_QUERIES.describe_role)).fetchone())


def _reading(workspace_id: int) -> list[Call | bytes]:
    """Begins a transaction that sees one workspace and changes nothing."""
    return [b"begin read only", Call(WORKSPACE, {"workspace_id": workspace_id})]


def _writing(workspace_id: int) -> list[Call | bytes]:
    """Begins a transaction that sees one workspace."""
    return [b"begin", Call(WORKSPACE, {"workspace_id": workspace_id})]


def set_workspace(connection: Connection, workspace_id: int) -> None:
    """Let the rest of the transaction see one workspace. May be sent inside a pipeline."""
    connection.execute(_QUERIES.set_workspace, {"workspace_id": workspace_id})


def _fit(connection: Connection) -> Connection:
    try:
        _refuse_unfit(connection)
    except StoreMisconfigured:
        connection.close()
        raise
    return connection


async def _roll_back(connection: AsyncConnection) -> None:
    """End a transaction that did not commit; a connection that cannot do so is closed."""
    if connection.closed or connection.info.transaction_status == TransactionStatus.IDLE:
        return
    try:
        await connection.execute("ROLLBACK")
    except psycopg.Error:
        await connection.close()


def _refuse_aborted(connection: AsyncConnection) -> None:
    """A COMMIT after a failed statement rolls back without a word; say it instead."""
    if connection.info.transaction_status == TransactionStatus.INERROR:
        raise psycopg.errors.InFailedSqlTransaction(
            "a statement of this transaction failed; nothing was kept"
        )


def _guard(statement_seconds: int, idle_seconds: int = 60) -> bytes:
    return _GUARD.format(statement=statement_seconds, idle=idle_seconds).encode()


def _pauses() -> Iterator[float]:
    """Growing pauses between tries, in seconds, blurred so that many clients do not return at once."""
    pause = 0.05
    while True:
        yield pause * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
        pause = min(pause * 2, 1.0)


def _refuse_unfit(connection: Connection | AsyncConnection) -> None:
    """Refuse a server that is too old or a database in another encoding."""
    info = connection.info
    if info.server_version < SERVER_VERSION_MIN:
        raise StoreMisconfigured(
            f"PostgreSQL {info.server_version // 10000} is too old; use version {SERVER_VERSION_MIN // 10000} or newer."
        )
    if info.parameter_status("server_encoding") != "UTF8":
        raise StoreMisconfigured("The database must have the encoding UTF8. Create it with: ENCODING 'UTF8'")


def _refuse_unsafe(row: tuple[Any, ...] | None) -> None:
    """Refuse a role that row-level security does not hold. `row` comes from `describe_role`."""
    name, superuser, bypasses, owns_tables = row or ("nobody", True, True, True)
    if not (superuser or bypasses or owns_tables):
        return
    reason = "is a superuser" if superuser else "has BYPASSRLS" if bypasses else "owns the tables"
    raise StoreMisconfigured(
        f"The program would work as the database role {name!r}, which {reason} and so sees every workspace. "
        f"Run `regulars migrate` to create the role {APP_ROLE!r}, or let an administrator create it."
    )


def _refuse_hopeless(error: psycopg.OperationalError) -> None:
    """Tell a wrong password, role or database name from an outage: waiting does not cure those."""
    text = str(error)
    hopeless = ("authentication failed", "no password supplied", "does not exist", "no pg_hba.conf entry")
    if any(sign in text for sign in hopeless) and "No such file" not in text:
        first = next((line for line in text.splitlines() if any(sign in line for sign in hopeless)), text)
        raise StoreMisconfigured(f"PostgreSQL refuses the connection: {first.strip()}") from error


def _translate(error: psycopg.Error) -> NoReturn:
    if means_outage(error):
        raise unavailable(error) from error
    if holds_unfit_text(error):
        raise InvalidInput(
            "A value holds what cannot be stored, such as a NUL character or a number out of range."
        ) from error
    raise error
