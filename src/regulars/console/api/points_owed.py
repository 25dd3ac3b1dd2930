"""The report of points owed, for programs: by month of issue, with what moved the liability, and the rates beside it."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Annotated, Literal

from litestar import get
from litestar.params import QueryParameter
from msgspec import Meta, Struct

from regulars.capabilities.loyalty.liability import Movement
from regulars.console.services.points_owed import PointsOwed, load_points_owed, read_span

from .deps import AtVisit
from .reports import From, ReportDays, To

OwedKind = Literal["revenue", "cost"]


class OwedMovement(Struct, frozen=True):
    """From one balance to the next, in minor units: opening + issued + redeemed + estimate + expired = closing."""

    opening_minor: int
    issued_minor: int
    redeemed_minor: int
    estimate_minor: Annotated[int, Meta(description="Because another share is now expected to be redeemed.")]
    expired_minor: int
    closing_minor: int


class OwedCohort(Struct, frozen=True):
    """Points issued in one month and currency; counts from its first day to the closing."""

    month: date
    currency: str
    kind: Annotated[
        OwedKind, Meta(description="revenue: given with a sale, a part of its price. cost: given without.")
    ]
    issued: int
    redeemed: int
    expired: int
    outstanding: int
    expected_breakage: int
    movement: OwedMovement
    in_vouchers: Annotated[
        int, Meta(description="Outstanding points that bought vouchers which were not used yet.")
    ] = 0


class OwedTotal(Struct, frozen=True):
    """The sum of the cohorts of one currency and kind."""

    currency: str
    kind: OwedKind
    outstanding: int
    movement: OwedMovement


class PointsOwedReport(Struct, frozen=True, kw_only=True):
    """Points of one type: what is owed at the end of `days`, and how it came from their beginning.

    `issued`, `redeemed` and `expired` are of these days, by the day they were posted; rates are parts of one.
    `active_members` earned or redeemed within 365 days. `breakage` is of the months of issue that are used up.
    Points are owed until they are used, so `in_vouchers` of the outstanding ones bought `vouchers` that were not used yet.
    `ledger_off` is the ledger's outstanding points less those of lots and vouchers, which is 0; null for a closing that is
    over.
    Without a programme, `programme` and `point` are null and nothing is owed.
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
    totals: list[OwedTotal] = []
    cohorts: list[OwedCohort] = []


@get("/v1/reports/loyalty", summary="Report of points owed")
async def report_loyalty(
    visit: AtVisit,
    first: From = None,
    last: To = None,
    programme: Annotated[
        int | None, QueryParameter(name="programme", ge=1, le=32_767, description="Absent: the first.")
    ] = None,
    point: Annotated[
        str | None,
        QueryParameter(name="point", max_length=64, description="A type of points; absent: the first."),
    ] = None,
) -> PointsOwedReport:
    """What is owed for points by IFRS 15, from month of issue to month of issue; this month so far without days.

    404 for a programme or points that are not there. A key that is limited to stores is refused: points belong to none.
    """
    now = visit.deps.clock()
    span = read_span(first, last, today=now.date())
    async with visit.api.database.read(visit.workspace_id) as conn:
        found = await load_points_owed(
            conn, visit.workspace_id, span, programme=programme, point=point, stores=visit.stores, now=now
        )
    if found is None:
        return PointsOwedReport(days=ReportDays(span.first, span.last))
    return _told(found)


def _told(found: PointsOwed) -> PointsOwedReport:
    return PointsOwedReport(
        programme=found.programme,
        point=found.point.code,
        days=ReportDays(found.span.first, found.span.last),
        issued=found.issued,
        redeemed=found.redeemed,
        expired=found.expired,
        outstanding=found.outstanding,
        in_vouchers=found.points_in_vouchers,
        vouchers=found.vouchers,
        expected_breakage=found.expected_breakage,
        redemption_rate=_rate(found.redemption_rate),
        members=found.members,
        active_members=found.active_members,
        active_rate=_rate(found.active_rate),
        sales=found.sales,
        member_sales=found.member_sales,
        participation=_rate(found.participation),
        breakage=_rate(found.breakage),
        ledger_off=found.off,
        totals=[
            OwedTotal(one.currency, one.kind.value, one.outstanding, _movement(one.movement))
            for one in found.report.totals
        ],
        cohorts=[
            OwedCohort(
                one.month, one.currency, one.kind.value, one.issued, one.redeemed, one.expired, one.outstanding,
                one.expected_breakage, _movement(one.movement),
                found.in_vouchers.get((one.currency, one.kind, one.month), 0),
            )
            for one in found.report.rows
        ],
    )  # fmt: skip


def _movement(one: Movement) -> OwedMovement:
    return OwedMovement(
        one.opening_minor,
        one.issued_minor,
        one.redeemed_minor,
        one.estimate_minor,
        one.expired_minor,
        one.closing_minor,
    )


def _rate(share: Fraction | None) -> float | None:
    return None if share is None else float(share)
