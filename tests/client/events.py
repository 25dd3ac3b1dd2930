"""Events as a till would write them with the client."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from regulars.client.models import Customer, Event, Line, Sale

THEN = datetime(2026, 3, 2, 10, 15, tzinfo=UTC)


def sale(number: str, *, total_minor: int = 899, currency: str = "GBP", **customer: Any) -> Event:
    """A sale of one line; to nobody unless something of the customer is given."""
    line = Line(sku="COF-1", name="Premium coffee", category="Coffee", total_minor=total_minor)
    return Event(
        id=f"sale-{number}",
        type="sale.completed",
        occurred_at=THEN,
        channel="store",
        store="london-1",
        customer=Customer(**customer) if customer else None,
        sale=Sale(receipt=number, currency=currency, total_minor=total_minor, lines=[line]),
    )


def said(number: str, **customer: Any) -> Event:
    """What a source says of a customer."""
    return Event(id=number, type="customer.updated", occurred_at=THEN, customer=Customer(**customer))
