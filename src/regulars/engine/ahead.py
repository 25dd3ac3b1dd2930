"""Read what the next batch needs while this one is being written.

A turn leaves PostgreSQL waiting while it decides, and waits itself while PostgreSQL reads. So a large batch is
read ahead, on a connection and a thread of its own, before the lock is its own. That is safe because a workspace
has one writer: between this reading and the batch's own turn nothing was written but by the turn before it,
whose footprint is known. What that turn touched is read again under the lock. When the workspace's counters say
that somebody else wrote, everything is. Whoever changes customer state moves one of those counters.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from msgspec import Struct, field

from regulars.store.session import Call, Row, Session
from regulars.vocabulary.errors import RegularsError

from .prepared import Item


class Footprint(Struct):
    """What a turn loaded or wrote, and the counters it left: (event_no, turn_no, cache_no)."""

    counters: tuple[int, int, int]
    keys: set[str] = field(default_factory=set)
    records: set[str] = field(default_factory=set)
    receipts: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)


class Ahead:
    """Reads for one batch at a time; a reading that fails is none."""

    def __init__(self, session: Session, workspace_id: int) -> None:
        self._session = session
        self._workspace_id = workspace_id
        self._thread: ThreadPoolExecutor | None = None
        self._items: Sequence[Item] | None = None
        self._rows: Future[list[list[Row]]] | None = None

    def start(self, items: Sequence[Item], calls: list[Call]) -> None:
        """Begin to read for a batch."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead")
        self._items, self._rows = items, self._thread.submit(self._read, calls)

    def take(self, items: Sequence[Item]) -> list[list[Row]] | None:
        """The rows of each call, if they were read for this very batch; they are given out once."""
        asked, rows = self._items, self._rows
        self._items = self._rows = None
        if rows is None:
            return None
        try:
            found = rows.result()
        except RegularsError:
            return None
        return found if asked is items else None

    def close(self) -> None:
        """End thread and connection."""
        if self._thread is not None:
            self._thread.shutdown(wait=True)
        self._session.close()

    def _read(self, calls: list[Call]) -> list[list[Row]]:
        try:
            self._session.begin(self._workspace_id)
            return self._session.run(calls)
        finally:
            self._session.rollback()
