"""The planner's picture of a young workspace, whose tables grow faster than autovacuum looks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

from regulars.store.queries import load_queries
from regulars.store.session import Call, Session
from regulars.vocabulary.errors import RegularsError

from .batch import Memory

FIRST: Final = 500
GROWTH: Final = 4
UNTIL: Final = 4_000_000
"""From so many events on autovacuum looks often enough."""
_TURN = load_queries("regulars.store", "turn.sql")


class Statistics:
    """Has PostgreSQL look at the tables anew, on a connection of its own: no turn waits for it."""

    def __init__(self, session: Session, workspace_id: int, memory: Memory) -> None:
        self._session = session
        self._workspace_id = workspace_id
        self._memory = memory
        self._looking = ThreadPoolExecutor(max_workers=1, thread_name_prefix="statistics")

    def look(self, event_no: int) -> None:
        """After a turn that ended with this event: look anew when the log has grown enough since the last look."""
        due = self._memory.statistics_due
        if event_no < due:
            return
        while self._memory.statistics_due <= event_no:
            self._memory.statistics_due = max(FIRST, self._memory.statistics_due * GROWTH)
        if due > 0 and event_no <= UNTIL:  # at the start of an engine the one before it has seen to that
            self._looking.submit(self._refresh)

    def close(self) -> None:
        """Wait for a look that is on its way."""
        self._looking.shutdown(wait=True)
        self._session.close()

    def _refresh(self) -> None:
        """A failure costs speed only."""
        try:
            self._session.begin(self._workspace_id)
            self._session.run([Call(_TURN.refresh_statistics, {})])
            self._session.commit()
        except RegularsError:
            self._session.rollback()
        finally:
            self._session.close()  # seldom needed
