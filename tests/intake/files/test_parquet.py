"""Parquet gives the same events as the CSV of the same rows."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from regulars.intake.files.errors import FileUnreadable
from regulars.vocabulary.events import Sale
from tests.intake.files.support import Desk

NOON = datetime(2026, 7, 1, 12, 0)


def write(desk: Desk, columns: dict[str, Any], name: str = "data.parquet", **options: Any) -> Any:
    path = desk.folder / name
    pq.write_table(pa.table(columns), path, **options)
    return path


def sale(desk: Desk) -> Sale:
    (event,) = desk.gate.all()
    assert event.sale is not None
    return event.sale


@pytest.mark.parametrize(
    "at",
    [
        pa.array([NOON], pa.timestamp("s")),
        pa.array([NOON], pa.timestamp("ns")),
        pa.array([NOON.replace(tzinfo=UTC)], pa.timestamp("us", tz="Asia/Tokyo")),
        pa.array(["2026-07-01T13:00:00+01:00"]),
        pa.array(["2026-07-01T12:00:00Z"]).dictionary_encode(),
    ],
    ids=["seconds", "nanoseconds", "zoned", "text", "dictionary"],
)
def test_times_of_any_type_are_read(desk: Desk, at: pa.Array) -> None:
    columns = {"receipt": ["R1"], "occurred_at": at, "currency": ["GBP"], "total": ["1"]}
    mapping = """
        kind = "sales"
        time_zone = "UTC"
        [fields]
        receipt = "receipt"
        occurred_at = "occurred_at"
        currency = "currency"
        total = "total"
        """
    desk.run("sales", write(desk, columns), mapping)
    assert desk.gate.all()[0].occurred_at == NOON.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("price", "minor"),
    [
        (pa.array([0.1 + 0.2]), 30),
        (pa.array([6.95], pa.float32()), 695),
        (pa.array([Decimal("6.950")], pa.decimal128(10, 3)), 695),
        (pa.array([7], pa.int8()), 700),
        (pa.array(["6.95"]), 695),
    ],
)
def test_amounts_of_any_type_are_exact(desk: Desk, price: pa.Array, minor: int) -> None:
    columns = {
        "receipt": pa.array([489434]),
        "occurred_at": ["2026-07-01T12:00:00Z"],
        "currency": ["GBP"],
        "sku": [22041.0],
        "unit_price": price,
    }
    desk.run("sales", write(desk, columns))
    line = sale(desk).lines[0]
    assert (sale(desk).receipt, line.sku, line.unit_price_minor, line.total_minor) == (
        "489434",
        "22041",
        minor,
        minor,
    )


def test_empty_cells_and_numbers_that_are_none_are_no_values(desk: Desk) -> None:
    columns = {
        "external_id": pa.array([1.0, 2.0, float("nan")]),
        "given_name": ["Ann", None, "Cid"],
        "birth_date": pa.array([date(1990, 2, 1), None, None]),
        "visits": pa.array([3, 4, None]),
        "newsletter": pa.array([True, False, None]),
    }
    desk.run("customers", write(desk, columns))
    first, second = (event.customer for event in desk.gate.all())
    assert first is not None
    assert second is not None
    assert (first.external_id, first.birth_date, first.traits) == (
        "1",
        date(1990, 2, 1),
        {"visits": 3, "newsletter": True},
    )
    assert (second.external_id, second.given_name) == ("2", None)
    assert [(line, field) for line, field, _ in desk.rejects()] == [(3, "customer")]


def test_many_row_groups_count_their_rows_through(desk: Desk) -> None:
    ids = [str(number) for number in range(5_000)]
    ids[4_321] = "x" * 300
    report = desk.run("customers", write(desk, {"external_id": ids}, row_group_size=700))
    assert report.applied == 4_999
    assert desk.rejects() == [(4_322, "external_id", "has over 200 characters")]


def test_a_column_of_lists_is_left_out_and_refused_where_it_is_asked_for(desk: Desk) -> None:
    path = write(desk, {"external_id": ["1"], "tags": [["a"]]})
    assert desk.run("customers", path).unused_columns == ["tags"]
    with pytest.raises(FileUnreadable, match="'tags' holds lists"):
        desk.run("customers", path, '[fields]\nexternal_id = "external_id"\n[traits]\ntags = "tags"\n')


def test_a_text_with_a_nul_character_rejects_its_row(desk: Desk) -> None:
    desk.run("customers", write(desk, {"external_id": ["1", "2"], "given_name": ["A\0nn", "Bob"]}))
    assert desk.rejects() == [(1, "given_name", "holds a NUL character")]


def test_a_file_cut_short_is_refused(desk: Desk) -> None:
    path = write(desk, {"external_id": ["1"] * 1000})
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(FileUnreadable, match="damaged Parquet"):
        desk.run("customers", path)
