"""Rows and ids in binary mean in the database what they say here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars.engine.tables import EVENT, FIGURES, SALE
from regulars.store.database import Database
from regulars.store.errors import DataFault
from regulars.store.rows import RowType, uuids
from regulars.store.session import Call, Session

HEX = st.binary(min_size=16, max_size=16).map(bytes.hex)
TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=20)
TIME = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
BIG = st.integers(-(2**63), 2**63 - 1)
SALES = st.fixed_dictionaries(
    {
        "sale_id": HEX,
        "kind": st.integers(-(2**15), 2**15 - 1),
        "version": BIG,
        "source_id": st.integers(-(2**31), 2**31 - 1),
        "record_id": st.none() | HEX,
        "counted_on": st.none() | HEX,
        "counted": st.booleans(),
        "void": st.booleans(),
        "occurred_at": TIME,
        "business_date": st.dates(date(1970, 1, 1), date(2200, 1, 1)),
        **dict.fromkeys(("store", "till", "channel", "staff"), st.none() | TEXT),
        "receipt": TEXT,
        "receipt_key": HEX,
        "original_key": st.none() | HEX,
        "original_id": st.none() | HEX,
        "original_store": st.none() | TEXT,
        "original_till": st.none() | TEXT,
        "original_date": st.none() | st.dates(date(1970, 1, 1), date(2200, 1, 1)),
        "currency": TEXT,
        **dict.fromkeys(("total_minor", "tax_minor", "discount_minor", "items_micro", "event_no"), BIG),
        "event_key": HEX,
        "lines": st.binary(max_size=50),
    }
)


SALES_COLUMNS = SALE.names[1:]
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def session(module_database: Database) -> Iterator[Session]:
    made = Session(module_database)
    made.begin(1)
    yield made
    made.rollback()
    made.close()


@MANY
@given(sales=st.lists(SALES, max_size=5))
def test_rows_come_out_as_they_went_in(session: Session, sales: list[dict[str, Any]]) -> None:
    columns = {name: [sale[name] for sale in sales] for name in SALES_COLUMNS}
    rows = SALE.rows(len(sales), columns, {"workspace_id": 1})
    found = session.run([Call("select x.* from unnest(%(rows)b::sale[]) as x", {"rows": rows})])[0]
    assert found == [(1, *(sale[name] for name in SALES_COLUMNS)) for sale in sales]


@MANY
@given(ids=st.lists(HEX, max_size=20))
def test_ids_come_out_as_they_went_in(session: Session, ids: list[str]) -> None:
    found = session.run([Call("select unnest(%(ids)s::uuid[])", {"ids": uuids(ids)})])[0]
    assert [row[0] for row in found] == ids


@pytest.mark.parametrize("row_type", [EVENT, FIGURES, SALE], ids=["event", "figures", "sale"])
def test_the_columns_are_those_of_the_table(module_database: Database, row_type: RowType) -> None:
    with module_database.session(1, read_only=True) as connection:
        names = connection.execute(
            "select attname from pg_attribute where attrelid = %(table)s::regclass and attnum > 0"
            " and not attisdropped order by attnum",
            {"table": row_type.table},
        ).fetchall()
    assert row_type.names == tuple(row[0] for row in names)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("kind", 2**15),
        ("version", 2**63),
        ("sale_id", "no id"),
        ("receipt", "\ud800"),
        ("occurred_at", None),
        ("total_minor", None),
    ],
)
def test_a_value_that_does_not_fit_blames_the_data(session: Session, column: str, value: Any) -> None:
    sale: dict[str, Any] = {
        "sale_id": "0" * 32, "kind": 1, "version": 1, "source_id": 1, "record_id": None, "counted_on": None,
        "counted": True, "void": False, "occurred_at": datetime.now(UTC), "business_date": date(2026, 1, 1),
        "store": None, "till": None, "channel": None, "staff": None, "receipt": "1", "receipt_key": "0" * 32,
        "original_key": None, "original_id": None, "original_store": None, "original_till": None,
        "original_date": None, "currency": "GBP", "total_minor": 0, "tax_minor": 0, "discount_minor": 0,
        "items_micro": 0, "event_no": 1, "event_key": "0" * 32, "lines": b"[]",
    }  # fmt: skip
    insert = "insert into sale select x.* from unnest(%(rows)b::sale[]) as x"
    with pytest.raises(DataFault):
        session.run([Call(insert, {"rows": SALE.rows(1, {}, sale | {"workspace_id": 1, column: value})})])
