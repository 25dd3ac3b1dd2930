"""Many statements in one round trip: values arrive as they are, errors leave the connection in order."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars.store.database import Connection, Database
from regulars.store.pipeline import Call, Pipeline

Fresh = tuple[Connection, Pipeline]
texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
VALUES = {
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "text": texts,
    "bytea": st.binary(max_size=2_000),
    "timestamptz": st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),
    "date": st.dates(date(1970, 1, 1), date(2200, 1, 1)),
    "uuid": st.uuids(),
    "boolean": st.booleans(),
    "text[]": st.lists(texts),
}


@pytest.fixture
def fresh(module_database: Database) -> Iterator[Fresh]:
    connection = module_database.connect()
    yield connection, Pipeline(connection)
    connection.close()


@pytest.mark.parametrize("type_", sorted(VALUES))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_values_come_back_as_they_went(fresh: Fresh, type_: str, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.none() | VALUES[type_], min_size=1, max_size=4))
    sql: Any = f"select %(one)s::{type_}, %(one)s::{type_} is null, '100%%'"
    rows = fresh[1].run([Call(sql, {"one": value}) for value in values])
    assert rows == [[(value, value is None, "100%")] for value in values]


def test_a_time_with_any_offset_is_the_same_instant(fresh: Fresh) -> None:
    at = datetime(2026, 11, 22, 10, 15, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert fresh[1].run([Call("select %(at)s::timestamptz", {"at": at})]) == [[(at,)]]


def test_an_error_undoes_all_and_the_next_transaction_goes_on(fresh: Fresh) -> None:
    connection, pipeline = fresh
    pipeline.run([b"begin", b"create temporary table t (n integer primary key)", b"commit"])
    add = "insert into t values (%(n)s)"
    for _ in range(3):
        with pytest.raises(psycopg.errors.UniqueViolation):
            pipeline.run([b"begin", *(Call(add, {"n": n}) for n in (1, 2, 2, 3)), b"commit"])
        connection.rollback()
        assert pipeline.run([Call("select count(*) from t", {})]) == [[(0,)]]
    pipeline.run([b"begin", Call(add, {"n": 1}), b"commit"])
    assert pipeline.run([Call("select n from t", {})]) == [[(1,)]]


def test_what_the_calls_raise_is_raised_and_nothing_is_kept(fresh: Fresh) -> None:
    connection, pipeline = fresh

    def calls() -> Iterator[Call | bytes]:
        yield b"begin"
        yield b"create temporary table t (n integer)"
        raise ZeroDivisionError("a rule went wrong")

    with pytest.raises(ZeroDivisionError):
        pipeline.run(calls())
    connection.rollback()
    assert pipeline.run([Call("select to_regclass('t')", {})]) == [[(None,)]]


def test_megabytes_in_both_directions_at_once_do_not_block(fresh: Fresh) -> None:
    """Neither side reads while it writes more than the socket holds, unless the program sees to it."""
    big = b"x" * 3_000_000
    echo = "select %(data)b::bytea"
    done: list[Any] = []
    thread = threading.Thread(target=lambda: done.extend(fresh[1].run([Call(echo, {"data": big})] * 12)))
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    assert done == [[(big,)]] * 12


def test_a_lost_connection_is_an_outage(fresh: Fresh, module_database: Database) -> None:
    connection, pipeline = fresh
    owner = module_database.connect_owner()
    owner.execute("select pg_terminate_backend(%s, 5000)", (connection.info.backend_pid,))
    owner.close()
    with pytest.raises(psycopg.OperationalError):
        pipeline.run([Call("select 1", {})])
    with pytest.raises(psycopg.OperationalError):
        pipeline.run([Call("select 1", {})])


def test_a_statement_is_prepared_once(fresh: Fresh) -> None:
    _, pipeline = fresh
    for n in range(5):
        pipeline.run([Call("select %(n)s::integer", {"n": n})] * 3)
    named = "select count(*) from pg_prepared_statements where statement like 'select $1::integer%%'"
    assert pipeline.run([Call(named, {})]) == [[(1,)]]


def test_errors_leave_no_statements_behind(fresh: Fresh) -> None:
    """A stream of bad events must not fill the server's memory."""
    connection, pipeline = fresh
    divide = "select 100 / %(n)s::integer"
    pipeline.run([Call(divide, {"n": 1})])
    for _ in range(20):
        with pytest.raises(psycopg.errors.DivisionByZero):
            pipeline.run([Call(divide, {"n": 0}), Call("select 'never sent' || %(n)s::text", {"n": "x"})])
        connection.rollback()
    assert pipeline.run([Call("select count(*) < 10 from pg_prepared_statements", {})]) == [[(True,)]]
    assert pipeline.run([Call(divide, {"n": 5})]) == [[(20,)]]


def test_the_same_name_in_two_formats_is_two_parameters(fresh: Fresh) -> None:
    key = UUID(int=7)
    sql = "select %(key)s::uuid, %(raw)b::bytea, %(key)s::uuid"
    assert fresh[1].run([Call(sql, {"key": key, "raw": b"\x00\xff"})]) == [[(key, b"\x00\xff", key)]]
