# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: reports."""

from __future__ import annotations

from datetime import date, datetime

import msgspec


class DayBeyondLimit(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A member's day beyond `points_per_day` or `card_uses_per_day` of the programme; a limit is null
    where none is.
    """

    # 32 hexadecimal digits.
    profile_id: str
    programme: int
    day: date
    point: str
    points: int
    purchases: int
    points_per_day: int | None
    card_uses_per_day: int | None


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


class LoyaltyAlerts(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What to look at since a time. It stops and delays nothing."""

    since: datetime
    adjusters: list[UnusualAdjuster]
    days: list[DayBeyondLimit]


class OwedCohort(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Points issued in one month and currency; counts from its first day to the closing."""

    month: date
    currency: str
    # revenue: given with a sale, a part of its price. cost: given without. One of cost, revenue.
    kind: str
    issued: int
    redeemed: int
    expired: int
    outstanding: int
    expected_breakage: int
    movement: OwedMovement
    # Outstanding points that bought vouchers which were not used yet.
    in_vouchers: int = 0


class OwedMovement(msgspec.Struct, kw_only=True, omit_defaults=True):
    """From one balance to the next, in minor units: opening + issued + redeemed + estimate + expired =
    closing.
    """

    opening_minor: int
    issued_minor: int
    redeemed_minor: int
    # Because another share is now expected to be redeemed.
    estimate_minor: int
    expired_minor: int
    closing_minor: int


class OwedTotal(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The sum of the cohorts of one currency and kind."""

    currency: str
    # One of cost, revenue.
    kind: str
    outstanding: int
    movement: OwedMovement


class PointsOwedReport(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Points of one type: what is owed at the end of `days`, and how it came from their beginning.

    `issued`, `redeemed` and `expired` are of these days, by the day they were posted; rates are parts
    of one. `active_members` earned or redeemed within 365 days. `breakage` is of the months of issue
    that are used up. Points are owed until they are used, so `in_vouchers` of the outstanding ones
    bought `vouchers` that were not used yet. `ledger_off` is the ledger's outstanding points less those
    of lots and vouchers, which is 0; null for a closing that is over. Without a programme, `programme`
    and `point` are null and nothing is owed.
    """

    programme: int | None = None
    point: str | None = None
    days: ReportDays
    issued: int = 0
    redeemed: int = 0
    expired: int = 0
    outstanding: int = 0
    in_vouchers: int = 0
    vouchers: int = 0
    expected_breakage: int = 0
    redemption_rate: float | None = None
    members: int = 0
    active_members: int = 0
    active_rate: float | None = None
    sales: int = 0
    member_sales: int = 0
    participation: float | None = None
    breakage: float | None = None
    ledger_off: int | None = None
    totals: list[OwedTotal] = msgspec.field(default_factory=list)
    cohorts: list[OwedCohort] = msgspec.field(default_factory=list)


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


class UnusualAdjuster(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Somebody who adjusted points far more than others; `usual` is how often the middle one of all others
    did.
    """

    actor: str
    adjustments: int
    given: int
    taken: int
    usual: int
