"""Many statements in one round trip, at the cost of their bytes: prepared once, sent as they come.

The engine and the look-ups run the same few statements for ever. A cursor of psycopg costs some hundred
microseconds for each; libpq's pipeline mode under it, spoken to directly, a tenth of that. Values are still
adapted by psycopg, so they mean the same as everywhere else.
"""

from __future__ import annotations

import re
import select
from collections.abc import Iterable, Mapping
from itertools import count
from typing import TYPE_CHECKING, Any, Final, LiteralString, NamedTuple

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, Format
from psycopg.pq.abc import PGresult

if TYPE_CHECKING:
    from .database import Connection

KEYED_PLANS: Final = (
    "set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set enable_hashjoin = off; "
    "set enable_mergejoin = off; set enable_material = off; set enable_bitmapscan = off; "
    "set enable_memoize = off; set jit = off"
)
"""For who looks rows up by key, always: plans are made once, whatever the statistics say of a young table."""

Row = tuple[Any, ...]

_PLACE: Final = re.compile(r"%(?:%|\((\w+)\)([sbt]))")
_FORMATS: Final = {"s": PyFormat.AUTO, "b": PyFormat.BINARY, "t": PyFormat.TEXT}
_READ, _WRITE = select.POLLIN, select.POLLOUT


class Call(NamedTuple):
    """A named query's text and its parameters."""

    sql: LiteralString
    params: Mapping[str, Any]


class _Query(NamedTuple):
    """A query as PostgreSQL numbers its parameters, with their names and formats in that order."""

    text: bytes
    names: tuple[str, ...]
    formats: tuple[PyFormat, ...]


class Pipeline:
    """Sends statements over one connection, of which nothing else is asked meanwhile."""

    def __init__(self, connection: Connection) -> None:
        self._pgconn = connection.pgconn
        self._adapt = Transformer(connection)
        self._queries: dict[str, _Query] = {}
        self._prepared: dict[tuple[str, tuple[int, ...]], bytes] = {}
        self._fresh: list[tuple[str, tuple[int, ...]]] = []
        self._numbers = count(1)
        self._poll = select.poll()

    def run(self, calls: Iterable[Call | bytes]) -> list[list[Row]]:
        """Send all calls, and commands such as BEGIN as bytes; the rows of each, none where it gives none.

        Each is sent when it comes. Raises the first error of the server, psycopg.OperationalError when the
        connection is lost, and what `calls` raises; if it still lives, the connection is in order then.
        """
        pgconn = self._pgconn
        if pgconn.status != ConnStatus.OK:
            raise psycopg.OperationalError("the connection is lost")
        socket = pgconn.socket
        self._poll.register(socket, _READ)
        pgconn.enter_pipeline_mode()
        sent: list[bool] = []
        self._forget_doubtful()
        try:
            try:
                for call in calls:
                    self._send(call, sent)
                    pgconn.flush()
            finally:
                pgconn.pipeline_sync()
                rows, error = self._receive(sent)
                pgconn.exit_pipeline_mode()
        finally:
            self._poll.unregister(socket)
        if error is not None:
            raise error
        self._fresh.clear()
        return rows

    def _forget_doubtful(self) -> None:
        """What a run that failed has prepared may not be there: it is prepared anew, under another name."""
        for key in self._fresh:
            del self._prepared[key]
        self._fresh.clear()

    def _send(self, call: Call | bytes, sent: list[bool]) -> None:
        """Put a call on the way; `sent` notes for each message whether its answer is the caller's."""
        pgconn, adapt = self._pgconn, self._adapt
        if isinstance(call, bytes):
            pgconn.send_query_params(call, None)
            sent.append(True)
            return
        query = self._queries.get(call.sql) or self._read(call.sql)
        params = adapt.dump_sequence([call.params[name] for name in query.names], query.formats)
        types = adapt.types or ()
        name = self._prepared.get((call.sql, types))
        if name is None:
            name = f"regulars_{next(self._numbers)}".encode()
            pgconn.send_prepare(name, query.text, types)
            sent.append(False)
            self._prepared[call.sql, types] = name
            self._fresh.append((call.sql, types))
        pgconn.send_query_prepared(name, params, adapt.formats, Format.BINARY)
        sent.append(True)

    def _read(self, sql: str) -> _Query:
        places: dict[tuple[str, str], int] = {}

        def number(found: re.Match[str]) -> str:
            if found[1] is None:
                return "%"
            return f"${places.setdefault((found[1], found[2]), len(places) + 1)}"

        text = _PLACE.sub(number, sql).encode()
        query = _Query(text, tuple(n for n, _ in places), tuple(_FORMATS[f] for _, f in places))
        self._queries[sql] = query
        return query

    def _receive(self, sent: list[bool]) -> tuple[list[list[Row]], psycopg.Error | None]:
        """The rows of all that was sent, and the first error, up to the end of the pipeline."""
        rows: list[list[Row]] = []
        error: psycopg.Error | None = None
        for wanted in sent:
            found: list[Row] = []
            while (result := self._result()) is not None:
                if result.status == ExecStatus.TUPLES_OK:
                    self._adapt.set_pgresult(result, set_loaders=True, format=Format.BINARY)
                    found = self._adapt.load_rows(0, result.ntuples, tuple)
                elif result.status == ExecStatus.FATAL_ERROR and error is None:
                    error = error_from_result(result)
            if wanted:
                rows.append(found)
        end = self._result()
        if end is None or end.status != ExecStatus.PIPELINE_SYNC:
            raise psycopg.OperationalError("the connection is lost")
        return rows, error

    def _result(self) -> PGresult | None:
        """The next result; None at the end of a message's answer. Waits for it, and goes on sending meanwhile."""
        pgconn = self._pgconn
        while pgconn.is_busy():
            unsent = pgconn.flush()
            events = self._poll_for(_READ | _WRITE if unsent else _READ)
            if events & ~_WRITE:
                pgconn.consume_input()
        return pgconn.get_result()

    def _poll_for(self, events: int) -> int:
        self._poll.modify(self._pgconn.socket, events)
        return self._poll.poll()[0][1]
