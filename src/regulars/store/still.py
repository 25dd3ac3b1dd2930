"""A workspace as it is at one moment, for reading at length; other processes may look at the same moment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Final, LiteralString, Self

import psycopg
from psycopg import IsolationLevel, sql

from .database import Connection, Database, set_workspace
from .errors import unavailable
from .pipeline import Row
from .queries import load_queries

_SQL = load_queries("regulars.store", "simulation.sql")
_NAME: Final = re.compile(r"[0-9A-F-]{1,60}")
PAGE_ROWS: Final = 5_000
IDLE_SECONDS: Final = 3_600
"""How long one may think between two reads."""


class Still:
    """Opened by `with`. `name` is a moment that another one keeps open, from its `share`."""

    def __init__(self, database: Database, workspace_id: int, name: str | None = None) -> None:
        assert name is None or _NAME.fullmatch(name), "a name comes from share"
        self._database, self._workspace_id, self._name = database, workspace_id, name
        self._connection: Connection | None = None
        self._streams = 0

    def __enter__(self) -> Self:
        connection = self._database.connect(wait_seconds=5.0, idle_seconds=IDLE_SECONDS)
        self._connection = connection
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        try:
            if self._name is not None:
                connection.execute(sql.SQL("set transaction snapshot {}").format(sql.Literal(self._name)))
            set_workspace(connection, self._workspace_id)
            connection.execute(_SQL.sort_in_memory)
        except psycopg.Error as error:
            connection.close()
            raise unavailable(error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._at.close()

    @property
    def _at(self) -> Connection:
        assert self._connection is not None, "used inside with"
        return self._connection

    def share(self) -> str:
        """The name of this moment, for as long as this is open."""
        return str(self.rows(_SQL.share_moment)[0][0])

    def rows(self, query: LiteralString, **values: Any) -> list[Row]:
        """The rows of a query about the workspace that has a bound of its own. Raises StoreUnavailable."""
        try:
            return self._at.execute(query, self._values(values)).fetchall()
        except psycopg.Error as error:
            raise unavailable(error) from error

    def stream(self, query: LiteralString, **values: Any) -> Iterator[Row]:
        """The rows of a query of any size, fetched PAGE_ROWS at a time. Raises StoreUnavailable."""
        self._streams += 1
        try:
            with self._at.cursor(name=f"stream_{self._streams}", binary=True) as cursor:
                cursor.itersize = PAGE_ROWS
                yield from cursor.execute(query, self._values(values))
        except psycopg.Error as error:
            raise unavailable(error) from error

    def _values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {"workspace_id": self._workspace_id, **values}
