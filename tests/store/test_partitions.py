"""The event log always has the months it needs."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest

from regulars.store.database import Database, set_workspace
from regulars.store.partitions import ensure_partitions

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
AROUND = ["event_2026_10", "event_2026_11", "event_2026_12", "event_2027_01", "event_2027_02"]


def test_the_months_around_now_are_made_once(database: Database) -> None:
    owner = database.connect_owner()
    assert ensure_partitions(owner, NOW) == AROUND
    assert ensure_partitions(owner, NOW) == []
    owner.close()


def test_a_month_far_away_is_made_when_asked_for(database: Database) -> None:
    owner = database.connect_owner()
    ensure_partitions(owner, NOW)
    assert ensure_partitions(owner, NOW, also=[datetime(2031, 12, 31, 23, tzinfo=UTC)]) == ["event_2031_12"]
    owner.close()


def test_time_moves_on_without_gaps(database: Database) -> None:
    owner = database.connect_owner()
    ensure_partitions(owner, NOW)
    assert ensure_partitions(owner, datetime(2027, 1, 31, tzinfo=UTC)) == ["event_2027_03", "event_2027_04"]
    owner.close()


def test_a_partition_is_reached_through_the_log_alone(database: Database) -> None:
    owner = database.connect_owner()
    ensure_partitions(owner, NOW)
    owner.close()
    connection = database.connect()
    set_workspace(connection, 1)
    assert connection.execute("SELECT count(*) FROM event").fetchone() == (0,)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT count(*) FROM event_2026_11")
    connection.close()
