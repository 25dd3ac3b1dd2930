"""The event log is cut by month of `received_at`: makes sure that the month to write to is there.

Months are UTC. A missing month refuses every event, so serve calls `ensure_partitions` at start and
once a day, which leaves months of slack.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from psycopg import sql

from regulars.store.database import Connection
from regulars.store.queries import load_queries

MONTHS_BEHIND = 1
MONTHS_AHEAD = 3
_QUERIES = load_queries("regulars.store", "partitions.sql")


def ensure_partitions(owner: Connection, now: datetime, *, also: Iterable[datetime] = ()) -> list[str]:
    """Create the partitions around `now`, and those of the moments in `also`; return the names of new ones.

    `owner` comes from `Database.connect_owner`. Repeated calls do nothing, concurrent ones wait.
    """
    wanted = {_month(now, step) for step in range(-MONTHS_BEHIND, MONTHS_AHEAD + 1)}
    wanted |= {_month(moment, 0) for moment in also}
    with owner.transaction():
        if all(_name(month) in _existing(owner) for month in wanted):
            return []
        owner.execute(_QUERIES.lock)
        existing = _existing(owner)
        missing = sorted(month for month in wanted if _name(month) not in existing)
        for month in missing:
            _create(owner, month)
    return [_name(month) for month in missing]


def _existing(owner: Connection) -> set[str]:
    return {str(name) for (name,) in owner.execute(_QUERIES.existing).fetchall()}


def _create(owner: Connection, month: datetime) -> None:
    partition = sql.Identifier(_name(month))
    bounds = {"start": sql.Literal(month.isoformat()), "end": sql.Literal(_month(month, 1).isoformat())}
    owner.execute(sql.SQL(_QUERIES.create).format(partition=partition, **bounds))
    owner.execute(sql.SQL(_QUERIES.close).format(partition=partition))


def _month(moment: datetime, step: int) -> datetime:
    """The first instant of the month `step` months after that of `moment`."""
    moment = moment.astimezone(UTC)
    count = moment.year * 12 + moment.month - 1 + step
    return datetime(count // 12, count % 12 + 1, 1, tzinfo=UTC)


def _name(month: datetime) -> str:
    return f"event_{month:%Y_%m}"
