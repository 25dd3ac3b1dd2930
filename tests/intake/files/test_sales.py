"""Rows of a sales file become one sale per receipt."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from regulars.vocabulary.events import LINES_PER_SALE_MAX, Event, Sale
from tests.intake.files.support import Desk, csv_text

HEADER = ("receipt", "occurred_at", "currency", "sku", "quantity", "unit_price", "external_id")
NOON = "2026-03-01T12:00:00+00:00"


def sale_of(event: Event) -> Sale:
    assert event.sale is not None
    return event.sale


def test_the_lines_of_a_receipt_become_one_sale(desk: Desk) -> None:
    report = desk.run(
        "sales",
        csv_text(
            HEADER,
            ("R1", NOON, "GBP", "TEA", "2", "3.50", "c-1"),
            ("R1", NOON, "GBP", "MUG", "1", "8.00", "c-1"),
            ("R2", NOON, "GBP", "TEA", "0.25", "10.00", ""),
        ),
    )
    assert (report.rows, report.events, report.applied, report.rows_rejected) == (3, 2, 2, 0)
    first, second = desk.gate.all()
    assert first.type == "sale.completed"
    assert first.customer is not None
    assert first.customer.external_id == "c-1"
    assert sale_of(first).total_minor == 1500
    assert [
        (line.sku, line.quantity, line.unit_price_minor, line.total_minor) for line in sale_of(first).lines
    ] == [
        ("TEA", Decimal(2), 350, 700),
        ("MUG", Decimal(1), 800, 800),
    ]
    assert second.customer is None
    assert sale_of(second).total_minor == 250


def test_scattered_lines_come_together_in_the_order_in_which_receipts_begin(desk: Desk) -> None:
    rows = [(f"R{number % 50}", NOON, "GBP", f"P{number}", "1", "1.00", "") for number in range(400)]
    desk.run("sales", csv_text(HEADER, *rows))
    events = desk.gate.all()
    assert [sale_of(event).receipt for event in events] == [f"R{number}" for number in range(50)]
    for number, event in enumerate(events):
        assert [line.sku for line in sale_of(event).lines] == [f"P{number + 50 * turn}" for turn in range(8)]
        assert sale_of(event).total_minor == 800


def test_the_earliest_time_of_a_receipt_counts(desk: Desk) -> None:
    desk.run(
        "sales",
        csv_text(
            HEADER,
            ("R1", "2026-03-01T12:05:00Z", "GBP", "A", "1", "1", ""),
            ("R2", NOON, "GBP", "A", "1", "1", ""),
            ("R1", "2026-03-01T12:03:00Z", "GBP", "B", "1", "1", ""),
        ),
    )
    assert desk.gate.sales()["R1"].occurred_at == datetime(2026, 3, 1, 12, 3, tzinfo=UTC)


def test_a_bad_line_rejects_its_receipt_and_no_other(desk: Desk) -> None:
    report = desk.run(
        "sales",
        csv_text(
            HEADER,
            ("R1", NOON, "GBP", "A", "1", "1", ""),
            ("R2", NOON, "GBP", "A", "1", "1", ""),
            ("R1", NOON, "GBP", "B", "many", "1", ""),
        ),
    )
    assert set(desk.gate.sales()) == {"R2"}
    assert report.rows_rejected == 2
    assert desk.rejects() == [
        (4, "quantity", "is not a number"),
        (2, "receipt", "another line of it was rejected, and with it the whole receipt"),
    ]


def test_two_customers_or_currencies_on_one_receipt_are_refused(desk: Desk) -> None:
    desk.run(
        "sales",
        csv_text(
            HEADER,
            ("R1", NOON, "GBP", "A", "1", "1", "c-1"),
            ("R1", NOON, "GBP", "B", "1", "1", "c-2"),
            ("R2", NOON, "GBP", "A", "1", "1", ""),
            ("R3", NOON, "GBP", "A", "1", "1", ""),
            ("R2", NOON, "EUR", "A", "1", "1", ""),
        ),
    )
    assert set(desk.gate.sales()) == {"R3"}
    assert [(line, field) for line, field, _ in desk.rejects()] == [(2, "external_id"), (4, "currency")]


def test_receipt_numbers_that_start_again_are_told_apart_or_refused(desk: Desk) -> None:
    rows = [
        ("1", "2026-03-01T09:00:00Z", "GBP", "2026-03-01", "A", "1", "1.00"),
        ("1", "2026-03-05T09:00:00Z", "GBP", "2026-03-05", "B", "1", "2.00"),
    ]
    header = ("receipt", "occurred_at", "currency", "business_date", "sku", "quantity", "unit_price")
    desk.run("sales", csv_text(header, *rows))
    assert [sale_of(event).business_date for event in desk.gate.all()] == [date(2026, 3, 1), date(2026, 3, 5)]
    without = [name.replace("business_date", "note") for name in header]
    report = desk.run("sales", csv_text(without, *rows))
    assert report.events == 0
    ((line, field, reason),) = desk.rejects()
    assert (line, field) == (2, "occurred_at")
    assert "business_date" in reason


def test_a_receipt_has_at_most_so_many_lines(desk: Desk) -> None:
    fits = [("R1", NOON, "GBP", "A", "1", "0.01", "")] * LINES_PER_SALE_MAX
    too_many = [("R2", NOON, "GBP", "A", "1", "0.01", "")] * (LINES_PER_SALE_MAX + 1)
    report = desk.run("sales", csv_text(HEADER, *fits, *too_many))
    assert set(desk.gate.sales()) == {"R1"}
    assert len(sale_of(desk.gate.sales()["R1"]).lines) == LINES_PER_SALE_MAX
    assert report.rows_rejected == LINES_PER_SALE_MAX + 1
    assert desk.rejects() == [
        (LINES_PER_SALE_MAX + 2, "receipt", "has 2,001 lines; a sale has at most 2,000")
    ]


@pytest.mark.parametrize(
    ("quantity", "price", "total"),
    [("3", "0.335", 100), ("1", "0.005", 0), ("3", "0.005", 2), ("-2", "1.25", -250), ("1.5", "0.99", 148)],
)
def test_a_line_is_rounded_once_half_to_even(desk: Desk, quantity: str, price: str, total: int) -> None:
    desk.run("sales", csv_text(HEADER, ("R1", NOON, "GBP", "A", quantity, price, "")))
    (event,) = desk.gate.all()
    assert sale_of(event).total_minor == total
    assert sale_of(event).lines[0].total_minor == total


@pytest.mark.parametrize(("currency", "minor"), [("GBP", 1250), ("JPY", 12), ("KWD", 12500)])
def test_amounts_follow_the_currency_of_their_row(desk: Desk, currency: str, minor: int) -> None:
    header = ("receipt", "occurred_at", "currency", "total")
    amount = "12" if currency == "JPY" else "12.5"
    desk.run("sales", csv_text(header, ("R1", NOON, currency, amount)))
    (event,) = desk.gate.all()
    assert (sale_of(event).total_minor, sale_of(event).lines) == (minor, [])


def test_a_stated_total_wins_over_the_lines_and_is_exact(desk: Desk) -> None:
    header = (*HEADER[:6], "total")
    desk.run(
        "sales",
        csv_text(
            header,
            ("R1", NOON, "GBP", "A", "1", "5.00", "4.50"),
            ("R1", NOON, "GBP", "B", "1", "5.00", "4.50"),
            ("R2", NOON, "GBP", "B", "1", "5.00", "4.505"),
        ),
    )
    assert sale_of(desk.gate.sales()["R1"]).total_minor == 450
    assert [(line, field) for line, field, _ in desk.rejects()] == [(4, "total")]


def test_discount_shipping_and_tip_make_the_total(desk: Desk) -> None:
    header = (
        "receipt",
        "occurred_at",
        "currency",
        "sku",
        "unit_price",
        "line_discount",
        "discount",
        "shipping",
        "tip",
    )
    desk.run(
        "sales",
        csv_text(
            header,
            ("R1", NOON, "GBP", "A", "10", "1", "2", "3.50", "0.50"),
            ("R1", NOON, "GBP", "B", "4", "", "", "", ""),
        ),
    )
    (event,) = desk.gate.all()
    sale = sale_of(event)
    assert (sale.total_minor, sale.discount_minor, sale.shipping_minor, sale.tip_minor) == (
        1500,
        200,
        350,
        50,
    )
    assert [line.total_minor for line in sale.lines] == [900, 400]


def test_refunds_written_with_negative_figures_are_turned(desk: Desk) -> None:
    mapping = """
        kind = "sales"
        currency = "GBP"
        refund_amounts = "negative"
        [fields]
        receipt = "invoice"
        kind = { column = "invoice", cases = [{ starts_with = "C", value = "refund" }], otherwise = "sale" }
        occurred_at = "at"
        sku = "sku"
        quantity = "n"
        unit_price = "price"
        total = "total"
        """
    desk.run(
        "sales",
        csv_text(
            ("invoice", "at", "sku", "n", "price", "total"),
            ("C1", NOON, "A", "-2", "1.50", "-3.00"),
            ("C2", NOON, "A", "1", "1.50", ""),
            ("9", NOON, "A", "-1", "0", ""),
        ),
        mapping,
    )
    sales = desk.gate.sales()
    assert [sales[name].type for name in ("C1", "C2", "9")] == [
        "sale.refunded",
        "sale.refunded",
        "sale.completed",
    ]
    assert (sale_of(sales["C1"]).total_minor, sale_of(sales["C1"]).lines[0].quantity) == (300, Decimal(2))
    assert (sale_of(sales["C2"]).total_minor, sale_of(sales["C2"]).lines[0].quantity) == (-150, Decimal(-1))
    assert sale_of(sales["9"]).lines[0].quantity == -1


def test_a_unit_price_is_worked_out_from_a_line_total(desk: Desk) -> None:
    header = (
        "receipt",
        "occurred_at",
        "currency",
        "sku",
        "quantity",
        "line_total",
        "tender",
        "coupon",
        "version",
    )
    desk.run("sales", csv_text(header, ("R1", NOON, "GBP", "A", "4", "10.00", "card", "TEN", "3")))
    (event,) = desk.gate.all()
    sale = sale_of(event)
    assert (sale.lines[0].unit_price_minor, sale.total_minor) == (250, 1000)
    assert [(tender.kind, tender.amount_minor) for tender in sale.tenders] == [("card", 1000)]
    assert (sale.coupons, sale.version) == (["TEN"], 3)


def test_a_corrected_receipt_is_a_new_event_and_an_unchanged_one_is_not(desk: Desk) -> None:
    row = ("R1", NOON, "GBP", "A", "1", "1", "")
    desk.run("sales", csv_text(HEADER, row))
    again = desk.run("sales", csv_text(HEADER, row, ("R2", NOON, "GBP", "A", "1", "1", "")))
    assert (again.applied, again.duplicate) == (1, 1)
    changed = desk.run("sales", csv_text(HEADER, (*row[:5], "2", "")))
    assert (changed.applied, changed.duplicate) == (1, 0)


def test_a_country_alone_is_no_customer(desk: Desk) -> None:
    header = (*HEADER, "country")
    row = ("R1", NOON, "GBP", "A", "1", "1")
    desk.run("sales", csv_text(header, (*row, "", "GB"), ("R2", *row[1:], "c-1", "GB")))
    sales = desk.gate.sales()
    assert sales["R1"].customer is None
    customer = sales["R2"].customer
    assert customer is not None
    assert customer.address is not None
    assert customer.address.country == "GB"
