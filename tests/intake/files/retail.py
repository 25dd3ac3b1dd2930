"""What the file Online Retail II says of its customers, computed without any code of the import."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq

from tests.intake.files.support import DATA

FILE = DATA / "retail" / "online_retail_ii.parquet"
LINES = 1_044_847
INVOICES = 53_628
CANCELLATIONS = 8_292
CUSTOMERS = 5_942
LONDON = ZoneInfo("Europe/London")


class Customer(NamedTuple):
    """A customer's figures; dates are None for one who only ever sent things back."""

    orders: int
    returns: int
    spend_minor: int
    first_at: datetime | None
    last_at: datetime | None


class Invoice(NamedTuple):
    """An invoice as the file has it: signed, in pence."""

    total_minor: int
    lines: int
    quantity: int
    at: datetime
    customer: int | None
    country: str


class Line(NamedTuple):
    """A row of the file, its columns in their order."""

    invoice: str
    ts: datetime
    customer_id: int | None
    sku: str
    product_name: str | None
    quantity: int
    unit_price: float
    country: str


@cache
def pence(quantity: int, price: float) -> int:
    """A line's total: quantity times the price as written, rounded to pence, halves to the even penny."""
    return int((quantity * Decimal(repr(price)) * 100).quantize(Decimal(1), ROUND_HALF_EVEN))


def utc(local: datetime) -> datetime:
    """A British local time as UTC."""
    return local.replace(tzinfo=LONDON).astimezone(UTC)


def read() -> tuple[dict[str, Invoice], dict[str, Customer]]:
    """Invoices by number, and customers by number."""
    columns = pq.read_table(FILE, columns=list(Line._fields)).to_pydict()
    rows: dict[str, list[Line]] = defaultdict(list)
    for values in zip(*columns.values(), strict=True):
        rows[values[0]].append(Line(*values))
    invoices = {number: _invoice(lines) for number, lines in rows.items()}
    by_customer: dict[int, dict[str, Invoice]] = defaultdict(dict)
    for number, invoice in invoices.items():
        if invoice.customer is not None:
            by_customer[invoice.customer][number] = invoice
    return invoices, {str(number): _customer(own) for number, own in by_customer.items()}


def _invoice(lines: list[Line]) -> Invoice:
    (customer,) = {line.customer_id for line in lines}
    (country,) = {line.country for line in lines}
    return Invoice(
        total_minor=sum(pence(line.quantity, line.unit_price) for line in lines),
        lines=len(lines),
        quantity=sum(line.quantity for line in lines),
        at=utc(min(line.ts for line in lines)),
        customer=customer,
        country=country,
    )


def _customer(invoices: dict[str, Invoice]) -> Customer:
    orders = [invoice.at for number, invoice in invoices.items() if not number.startswith("C")]
    return Customer(
        orders=len(orders),
        returns=len(invoices) - len(orders),
        spend_minor=sum(invoice.total_minor for invoice in invoices.values()),
        first_at=min(orders, default=None),
        last_at=max(orders, default=None),
    )
