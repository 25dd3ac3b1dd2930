"""The examples that come with the program work as they are."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from regulars.intake.files.mapping_file import load_mapping
from regulars.vocabulary.imports import ImportKind
from tests.intake.files.support import Desk

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
DATA = EXAMPLES / "data"
MAPPINGS = EXAMPLES / "mappings"
KINDS: dict[str, ImportKind] = {
    "online-retail.toml": "sales",
    "till-report.toml": "sales",
    "vouchers.toml": "vouchers",
    "crm-contacts.toml": "customers",
    "fake-1000.toml": "customers",
    "febrl.toml": "customers",
    "historical.toml": "customers",
    "senzing.toml": "customers",
}


@pytest.mark.parametrize("path", sorted(MAPPINGS.glob("*.toml")), ids=lambda path: path.name)
def test_every_mapping_is_sound(path: Path) -> None:
    assert load_mapping(path, KINDS[path.name]).kind == KINDS[path.name]


@pytest.mark.parametrize(("kind", "events"), [("sales", 4), ("customers", 3), ("products", 3)])
def test_files_with_our_headers_import_without_a_mapping(desk: Desk, kind: ImportKind, events: int) -> None:
    report = desk.run(kind, DATA / f"{kind}.csv")
    assert (report.events, report.rows_rejected, report.unused_columns) == (events, 0, [])


def test_the_till_report_becomes_sales_and_a_return(desk: Desk) -> None:
    report = desk.run("sales", DATA / "till-report.csv", MAPPINGS / "till-report.toml")
    assert (report.rows, report.rows_skipped, report.rows_rejected, report.events) == (6, 1, 0, 3)
    events = desk.gate.sales()
    first, return_ = events["1001"].sale, events["1003"].sale
    assert first is not None
    assert return_ is not None
    assert events["1001"].occurred_at == datetime(2026, 3, 2, 8, 12, 33, tzinfo=UTC)
    assert (events["1001"].store, events["1001"].till) == ("branch-4", "02")
    assert (first.total_minor, first.business_date, first.tenders[0].kind) == (842, date(2026, 3, 2), "card")
    assert [(line.name, line.quantity, line.unit_price_minor) for line in first.lines] == [
        ("Käse, jung", Decimal("0.35"), 1890),
        ("Brötchen", Decimal(4), 45),
    ]
    assert (events["1003"].type, return_.total_minor, return_.lines[0].quantity) == (
        "sale.refunded",
        499,
        Decimal(1),
    )
    second = events["1002"].sale
    assert second is not None
    assert second.total_minor == 549


def test_the_contacts_become_customers(desk: Desk) -> None:
    report = desk.run("customers", DATA / "crm-contacts.tsv", MAPPINGS / "crm-contacts.toml")
    assert (report.rows, report.rows_skipped, report.rows_rejected) == (3, 1, 0)
    jane, john = (event.customer for event in desk.gate.all())
    assert jane is not None
    assert john is not None
    assert (jane.external_id, jane.given_name, jane.family_name) == ("0031", "Jane", "Doe")
    assert (jane.email, jane.birth_date, jane.traits) == (
        "jane@example.com",
        date(1990, 2, 1),
        {"newsletter": "yes"},
    )
    assert (john.given_name, john.phone, john.address and john.address.country) == (
        "John Michael",
        None,
        "IE",
    )
