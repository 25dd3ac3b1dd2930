"""Reports: the figures of the pages, for programs. They name nobody: staff and stores stand by their codes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Annotated, Any

from litestar import get
from litestar.params import QueryParameter
from msgspec import Meta, Struct

from regulars.console.services import reports as service
from regulars.console.services.report_spans import Days, read_asked

from .deps import AtVisit, Visit
from .shapes import items_of


class ReportFigures(Struct, frozen=True):
    """Sums of receipts. Amounts are minor units of the report's currency; net is paid less returned."""

    orders: int
    returns: int
    items: Annotated[float, Meta(description="Sold, returns not taken off.")]
    paid_minor: int
    returned_minor: int
    net_minor: int
    average_order_minor: int | None
    identified_orders: Annotated[int, Meta(description="Orders that name a customer.")]
    identified_net_minor: int
    member_orders: Annotated[
        int, Meta(description="Orders of customers known by card, number, email or phone.")
    ]
    member_net_minor: int


class ReportDays(Struct, frozen=True, rename={"first": "from", "last": "to"}):
    """Business days, both ends included."""

    first: date
    last: date


class ReportCurrency(Struct, frozen=True):
    """A currency there are figures in, and its net over these days."""

    currency: str
    net_minor: int


class ReportPeriod(Struct, frozen=True, rename={"first": "from", "last": "to"}):
    """Figures of one step."""

    first: date
    last: date
    figures: ReportFigures
    compared: ReportFigures | None


class ReportLine(Struct, frozen=True):
    """Figures of one name: empty where the receipts tell none."""

    name: str
    figures: ReportFigures
    compared: ReportFigures | None


class ReportHead(Struct, frozen=True, kw_only=True):
    """What a report is of. `as_of`: all receipts up to then are in; null while they are added up for the first time."""

    as_of: datetime | None
    days: ReportDays
    compared_days: ReportDays | None
    currency: str | None
    currencies: list[ReportCurrency]
    total: ReportFigures
    compared: ReportFigures | None


class SalesReport(ReportHead, frozen=True, kw_only=True):
    """Sales by period, channel and category."""

    periods: list[ReportPeriod]
    channels: list[ReportLine]
    categories: list[ReportLine]


class LinesReport(ReportHead, frozen=True, kw_only=True):
    """One line a store or member of staff, the most net first."""

    lines: list[ReportLine]


def _asked(name: str, text: str) -> QueryParameter:
    return QueryParameter(name=name, description=text, max_length=200)


Span = Annotated[str | None, _asked("span", "today, 7d, 28d (the usual), 90d or year (this one).")]
From = Annotated[str | None, _asked("from", "First day, instead of a span.")]
To = Annotated[str | None, _asked("to", "Last day; today when absent.")]
Compared = Annotated[str | None, _asked("compare", "previous (the usual), year or none.")]
InCurrency = Annotated[str | None, _asked("currency", "ISO 4217; absent: the one of most orders.")]
OfStore = Annotated[str | None, _asked("store", "Only this store.")]
InSteps = Annotated[str | None, _asked("step", "day, week or month.")]


@get("/v1/reports/sales", summary="Report of sales")
async def report_sales(
    visit: AtVisit,
    span: Span = None,
    first: From = None,
    last: To = None,
    compare: Compared = None,
    step: InSteps = None,
    currency: InCurrency = None,
    store: OfStore = None,
) -> SalesReport:
    """Sales by period, channel and category, in one currency. A few days compare with the same days a week before."""
    said = {"span": span, "from": first, "to": last, "compare": compare, "step": step, "currency": currency}
    found = await _load(visit, service.load_sales, said | {"store": store})
    return SalesReport(
        **_head(found),
        periods=[
            ReportPeriod(p.days.first, p.days.last, _figures(p.now), _maybe(p.was)) for p in found.periods
        ],
        channels=_lines(found.channels),
        categories=_lines(found.categories),
    )


@get("/v1/reports/stores", summary="Report of stores")
async def report_stores(
    visit: AtVisit,
    span: Span = None,
    first: From = None,
    last: To = None,
    compare: Compared = None,
    currency: InCurrency = None,
    store: OfStore = None,
) -> LinesReport:
    """One line a store, in one currency."""
    said = {"span": span, "from": first, "to": last, "compare": compare, "currency": currency, "store": store}
    return await _lines_report(visit, service.load_stores, said)


@get("/v1/reports/staff", summary="Report of staff")
async def report_staff(
    visit: AtVisit,
    span: Span = None,
    first: From = None,
    last: To = None,
    compare: Compared = None,
    currency: InCurrency = None,
    store: OfStore = None,
) -> LinesReport:
    """One line a member of staff, in one currency; the line with an empty name is of receipts that tell none."""
    said = {"span": span, "from": first, "to": last, "compare": compare, "currency": currency, "store": store}
    return await _lines_report(visit, service.load_staff, said)


async def _load(
    visit: Visit, load: Callable[..., Awaitable[service.Report]], said: Mapping[str, str | None]
) -> service.Report:
    """A report of what was asked for, within the stores of the caller."""
    now = visit.deps.clock()
    asked = read_asked({name: text for name, text in said.items() if text}, today=now.date())
    async with visit.api.database.read(visit.workspace_id) as conn:
        return await load(conn, visit.workspace_id, asked, visit.stores, now=now)


async def _lines_report(
    visit: Visit, load: Callable[..., Awaitable[service.Report]], said: Mapping[str, str | None]
) -> LinesReport:
    found = await _load(visit, load, said)
    return LinesReport(**_head(found), lines=_lines(found.lines))


def _head(found: service.Report) -> dict[str, Any]:
    return {
        "as_of": found.standing.as_of,
        "days": _days(found.asked.days),
        "compared_days": _days(found.asked.was) if found.asked.was else None,
        "currency": found.currency,
        "currencies": [ReportCurrency(*one) for one in found.currencies],
        "total": _figures(found.total),
        "compared": _maybe(found.was),
    }


def _days(days: Days) -> ReportDays:
    return ReportDays(days.first, days.last)


def _lines(lines: Iterable[service.Line]) -> list[ReportLine]:
    return [ReportLine(line.key, _figures(line.now), _maybe(line.was)) for line in lines]


def _maybe(sums: service.Figures | None) -> ReportFigures | None:
    return _figures(sums) if sums is not None else None


def _figures(sums: service.Figures) -> ReportFigures:
    return ReportFigures(
        orders=sums.orders,
        returns=sums.returns,
        items=items_of(sums.items_micro),
        paid_minor=sums.paid_minor,
        returned_minor=sums.returned_minor,
        net_minor=sums.net_minor,
        average_order_minor=sums.average_minor,
        identified_orders=sums.identified,
        identified_net_minor=sums.identified_minor,
        member_orders=sums.members,
        member_net_minor=sums.members_minor,
    )
