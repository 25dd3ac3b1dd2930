"""All that is known of people, as it is at one moment, read in pages: nothing that goes on meanwhile is seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self

import msgspec

from regulars.capabilities.identity.state import Fields, Record
from regulars.store.database import Database
from regulars.store.queries import load_queries
from regulars.store.rows import uuids
from regulars.store.session import Call, Row, Session
from regulars.store.vault import Vault, open_sealed

_SQL = load_queries("regulars.store", "models.sql")
_IDENTITY = load_queries("regulars.capabilities.identity")
PAGE_RECORDS = 1_000
IDLE_SECONDS = 3_600
"""How long one may think between two reads."""
FIRST = "0" * 32
_decode = msgspec.json.Decoder(Fields).decode


class Snapshot:
    """Opened by `with`. Records come in the order of their ids, which says nothing of when they came."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self.vault = vault
        self._session = Session(database, idle_seconds=IDLE_SECONDS)

    def __enter__(self) -> Self:
        workspace_id = self.vault.workspace_id
        self._session.begin(workspace_id)
        self._session.run([Call(_SQL.hold_still, {})])
        self._session.commit()
        self._session.begin(workspace_id)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.rollback()
        self._session.close()

    def run(self, sql: Any, **values: Any) -> list[Row]:
        """The rows of a query about the workspace."""
        return self._session.run([Call(sql, {"workspace_id": self.vault.workspace_id, **values})])[0]

    def count(self) -> int:
        """How many records there are."""
        return int(self.run(_SQL.count_records)[0][0])

    def records(self) -> Iterator[Record]:
        """All of them."""
        for row in self.pages(_IDENTITY.load_page):
            yield Record(*row)

    def some(self, ids: Iterable[str]) -> list[Record]:
        """Those of some ids that are there."""
        return [Record(*row) for row in self.run(_SQL.load_some, ids=uuids(ids))]

    def fields(self, record: Record) -> Fields:
        """What a record says."""
        return _decode(open_sealed(self.vault.unwrap(record.wrapped), record.sealed))

    def pages(self, sql: Any) -> Iterator[Row]:
        """The rows of a query that goes on after an id in its first column."""
        after = FIRST
        while rows := self.run(sql, after=after, limit=PAGE_RECORDS):
            yield from rows
            after = rows[-1][0]


def in_bunches(ids: Iterable[Sequence[int]], most: int) -> Iterator[list[Sequence[int]]]:
    """Groups together, as long as they hold no more than `most`; one that is larger comes alone."""
    bunch: list[Sequence[int]] = []
    held = 0
    for group in ids:
        if bunch and held + len(group) > most:
            yield bunch
            bunch, held = [], 0
        bunch.append(group)
        held += len(group)
    if bunch:
        yield bunch
