"""One transaction at a time on the engine's own connection, its statements sent in pipelines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, NoReturn

import psycopg
from psycopg.adapt import Loader
from psycopg.pq import Format, TransactionStatus

from .database import WORKSPACE, Connection, Database
from .errors import DataFault, blames_the_data, means_outage, unavailable
from .pipeline import KEYED_PLANS, Call, Pipeline, Row
from .queries import load_queries
from .rows import Rows, Uuids, UuidsDumper, rows_dumper

__all__ = ["Call", "DataFault", "Row", "Session"]

# A plan made while a table was empty may scan it for ever; plans are made anew ever more rarely.
_REPLAN_EVERY = 4096
_QUERIES = load_queries("regulars.store", "connection.sql")


class _HexLoader(Loader):
    """uuid columns as 32 hexadecimal digits, the form ids have everywhere in the program."""

    format = Format.BINARY

    def load(self, data: Any) -> str:
        return bytes(data).hex()


class Session:
    """A connection of the engine. Not for use by two threads at once."""

    def __init__(self, database: Database, *, wait_seconds: float = 5.0, idle_seconds: int = 60) -> None:
        """`idle_seconds`: how long a transaction may idle before the server ends it and frees its locks."""
        self._database = database
        self._wait_seconds = wait_seconds
        self._idle_seconds = idle_seconds
        self._connection: Connection | None = None
        self._begun = self._opened = 0
        self._pipeline: Pipeline | None = None
        self._unnamed: int | None = None
        self.statements = 0

    def another(self) -> Session:
        """A second session with the same database; it opens its connection when it is used."""
        return Session(self._database, wait_seconds=self._wait_seconds, idle_seconds=self._idle_seconds)

    def begin(self, workspace_id: int) -> None:
        """Start a transaction that sees one workspace; opens the connection when there is none.

        Nothing is sent yet: the first statements take the workspace's name along.
        """
        try:
            if self._connection is None or self._connection.closed:
                self._connection = self._database.connect(
                    wait_seconds=self._wait_seconds, idle_seconds=self._idle_seconds
                )
                types: dict[str, int] = dict(self._connection.execute(_QUERIES.row_types).fetchall())
                self._connection.adapters.register_loader("uuid", _HexLoader)
                self._connection.adapters.register_dumper(Rows, rows_dumper(types))
                self._connection.adapters.register_dumper(Uuids, UuidsDumper)
                self._connection.execute(KEYED_PLANS.encode())
                self._connection.commit()
                self._pipeline = Pipeline(self._connection)
            self._begun += 1
            self._unnamed = workspace_id
        except psycopg.Error as error:
            self._fail(error)

    def run(self, calls: Sequence[Call]) -> list[list[Row]]:
        """Send all calls in one pipeline; rows of each, in order (empty for calls that return none).

        Raises DataFault when the values are to blame and StoreUnavailable when the server is.
        """
        return self._send(calls, last=False)

    def finish(self, calls: Iterable[Call]) -> None:
        """Run the last calls of a transaction and commit it, all in one pipeline; see `run` and `commit`.

        Each call is sent when it comes, so that the server works on it while the next one is made.
        """
        self._send(calls, last=True)

    def _send(self, calls: Iterable[Call], *, last: bool) -> list[list[Row]]:
        pipeline = self._pipeline
        assert pipeline is not None, "run comes between begin and commit"
        try:
            # A commit is skipped by the server when a call before it failed.
            return pipeline.run(chain(self._opening(), self._counted(calls), [b"commit"] if last else []))[
                self._opened :
            ]
        except psycopg.Error as error:
            self._fail(error)

    def _opening(self) -> Iterator[Call | bytes]:
        """What comes first in a transaction."""
        self._opened = 0
        if self._unnamed is not None:
            workspace_id, self._unnamed = self._unnamed, None
            self._opened = 2
            yield b"begin"
            if self._begun & (self._begun - 1) == 0 or self._begun % _REPLAN_EVERY == 0:
                self._opened = 3
                yield b"discard plans"
            yield Call(WORKSPACE, {"workspace_id": workspace_id})

    def _counted(self, calls: Iterable[Call]) -> Iterator[Call]:
        for call in calls:
            self.statements += 1
            yield call

    @property
    def connection(self) -> Connection:
        """The connection of the transaction at hand, for what no pipeline can do; the first call comes before."""
        assert self._connection is not None, "there is a connection between begin and commit"
        assert self._unnamed is None, "the first call names the workspace"
        return self._connection

    def commit(self) -> None:
        """Make everything since `begin` durable. An error means it may or may not have happened."""
        assert self._connection is not None, "commit comes after begin"
        try:
            self._connection.commit()
        except psycopg.Error as error:
            self._fail(error)

    def rollback(self) -> None:
        """Forget everything since `begin`; never raises."""
        connection, self._unnamed = self._connection, None
        if connection is None or connection.closed:
            return
        try:
            if connection.info.transaction_status != TransactionStatus.IDLE:
                connection.rollback()
        except psycopg.Error:
            connection.close()

    def close(self) -> None:
        """Close the connection; `begin` opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = self._pipeline = None

    def _fail(self, error: psycopg.Error) -> NoReturn:
        if blames_the_data(error) or isinstance(error, psycopg.DataError):
            state = getattr(error, "sqlstate", None) or ""
            raise DataFault(f"The database refused a value (SQLSTATE {state}).") from error
        # Whatever else is wrong, the events are not to blame: they are not taken, and nothing is quarantined.
        if means_outage(error):
            self.close()
        raise unavailable(error) from error
