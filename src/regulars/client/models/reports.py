# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: reports."""

from __future__ import annotations

from datetime import date, datetime

import msgspec


class LinesReport(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One line a store or member of staff, the most net first."""

    as_of: datetime | None
    days: ReportDays
    compared_days: ReportDays | None
    currency: str | None
    currencies: list[ReportCurrency]
    total: ReportFigures
    compared: ReportFigures | None
    lines: list[ReportLine]


class ReportCurrency(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A currency there are figures in, and its net over these days."""

    currency: str
    net_minor: int


class ReportDays(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Business days, both ends included."""

    from_: date = msgspec.field(name="from")
    to: date


class ReportFigures(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Sums of receipts. Amounts are minor units of the report's currency; net is paid less returned."""

    orders: int
    returns: int
    # Sold, returns not taken off.
    items: float
    paid_minor: int
    returned_minor: int
    net_minor: int
    average_order_minor: int | None
    # Orders that name a customer.
    identified_orders: int
    identified_net_minor: int
    # Orders of customers known by card, number, email or phone.
    member_orders: int
    member_net_minor: int


class ReportLine(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Figures of one name: empty where the receipts tell none."""

    name: str
    figures: ReportFigures
    compared: ReportFigures | None


class ReportPeriod(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Figures of one step."""

    from_: date = msgspec.field(name="from")
    to: date
    figures: ReportFigures
    compared: ReportFigures | None


class SalesReport(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Sales by period, channel and category."""

    as_of: datetime | None
    days: ReportDays
    compared_days: ReportDays | None
    currency: str | None
    currencies: list[ReportCurrency]
    total: ReportFigures
    compared: ReportFigures | None
    periods: list[ReportPeriod]
    channels: list[ReportLine]
    categories: list[ReportLine]
