"""Reports: sales, stores and staff, each as a page and as files. Who is limited to stores sees those alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any, Final

from litestar import Response, get
from msgspec import Struct

from regulars.console.accounts import actor_of
from regulars.console.i18n import _
from regulars.console.services import report_tables as tables
from regulars.console.services import reports as service
from regulars.console.services.report_spans import STEPS, Asked, read_asked
from regulars.console.services.reports import Line, Report
from regulars.console.services.staff import staff_names
from regulars.console.web import plots
from regulars.console.web.deps import WebRequest
from regulars.console.web.desk import AtDesk, Desk, Visit
from regulars.console.web.security import PAGE_HEADERS
from regulars.store.audit import write_line_async
from regulars.vocabulary.errors import InvalidInput

LINES_SHOWN_MAX: Final = 100
SORTS: Final = ("-net", "name", "change", "orders", "average", "items", "returned", "identified", "members")
LOADS: Final[Mapping[str, Callable[..., Awaitable[Report]]]] = {
    "sales": service.load_sales,
    "stores": service.load_stores,
    "store": service.load_store,
    "staff": service.load_staff,
}
"""By the name each report has in its addresses."""


class _Words(Struct, frozen=True):
    """What the head of a report says of its span."""

    span: str
    compared: str
    spans: list[tuple[str, str]]
    comparisons: list[tuple[str, str]]
    steps: list[tuple[str, str]]


@get("/reports", include_in_schema=False)
async def reports(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """The reports begin with sales."""
    await desk.visit_to(request, "reports")
    return desk.go("/reports/sales")


@get([f"/reports/{kind}" for kind in LOADS], include_in_schema=False)
async def report_page(request: WebRequest, desk: AtDesk) -> Response[Any]:
    """The report an address names."""
    return await _page(request, desk, _kind(request))


@get([f"/reports/{kind}.csv" for kind in LOADS], include_in_schema=False)
async def report_file(request: WebRequest, desk: AtDesk) -> Response[bytes]:
    """A table of the report an address names. Leaves an audit line."""
    return await _file(request, desk, _kind(request))


HANDLERS = (reports, report_page, report_file)


def _kind(request: WebRequest) -> str:
    return request.url.path.strip("/").partition("/")[2].removesuffix(".csv")


async def _page(request: WebRequest, desk: Desk, kind: str) -> Response[Any]:
    visit = await desk.visit_to(request, "reports")
    params, error = request.query_params, None
    try:
        asked = read_asked(params, today=_today(desk), sorts=SORTS)
    except InvalidInput as found:
        error = found
        kept = {"store": params["store"]} if kind == "store" and params.get("store") else {}
        asked = read_asked(kept, today=_today(desk), sorts=SORTS)
    report, names = await _load(desk, visit, kind, asked)
    lines = _sorted(report.lines, asked.sort, names)
    context: dict[str, Any] = {
        "report": report,
        "words": _words(asked),
        "error": error,
        "sold": any((report.total.orders, report.total.returns)),
        "moved": service.change,
        "names": names,
        "lines": lines[:LINES_SHOWN_MAX],
        "left_out": max(0, len(lines) - LINES_SHOWN_MAX),
        **_parts(report, kind, names),
    }
    status = 400 if error else 200
    return await desk.page(request, visit, f"pages/report_{kind}.html", "reports", status=status, **context)


async def _file(request: WebRequest, desk: Desk, kind: str) -> Response[bytes]:
    visit = await desk.visit_to(request, "reports", acts=True)
    table = tables.table_of(kind, request.query_params.get("table"))
    asked = read_asked(request.query_params, today=_today(desk), sorts=SORTS)
    report, names = await _load(desk, visit, kind, asked)
    body, lines = tables.csv_of(report, table, names)
    details: dict[str, Any] = {
        "table": table,
        "first_day": asked.days.first.isoformat(),
        "last_day": asked.days.last.isoformat(),
        "currency": report.currency,
        "lines": lines,
    }
    if asked.store is not None:
        details["store"] = asked.store
    async with desk.deps.db.write(desk.workspace_id) as conn:
        actor = actor_of(visit.viewer.user_id)
        await write_line_async(conn, desk.workspace_id, actor, "report.exported", f"report:{kind}", details)
    name = f"{kind}-{table}-{asked.days.first}-{asked.days.last}.csv"
    headers = {**PAGE_HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, headers=headers, media_type="text/csv")


async def _load(desk: Desk, visit: Visit, kind: str, asked: Asked) -> tuple[Report, Mapping[str, str]]:
    """The report, and the names of its lines."""
    async with desk.deps.db.read(desk.workspace_id) as conn:
        load, now = LOADS[kind], desk.deps.clock()
        report = await load(conn, desk.workspace_id, asked, visit.viewer.stores, now=now)
        if kind == "staff":
            return report, await staff_names(conn, desk.deps.vault, [line.key for line in report.lines])
    return report, report.stores


def _today(desk: Desk) -> date:
    return desk.deps.clock().astimezone(desk.deps.zone).date()


def _words(asked: Asked) -> _Words:
    spans = [
        ("today", _("Today")),
        ("7d", _("Last 7 days")),
        ("28d", _("Last 28 days")),
        ("90d", _("Last 90 days")),
        ("year", _("This year")),
    ]
    steps = {"day": _("Day"), "week": _("Week"), "month": _("Month")}
    return _Words(
        span=dict(spans).get(asked.span) or plots.days_words(asked.days),
        compared=plots.days_words(asked.was) if asked.was else "",
        spans=spans,
        comparisons=[
            ("previous", _("The span before")),
            ("year", _("The same days last year")),
            ("none", _("Nothing")),
        ],
        steps=[(step, steps[step]) for step in STEPS],
    )


def _parts(report: Report, kind: str, names: Mapping[str, str]) -> dict[str, Any]:
    """Plots and rows of the tables under them."""
    compared = plots.days_words(report.asked.was) if report.asked.was else ""
    if kind == "stores":
        plot = plots.bar_plot(report, report.lines, _store_name(names), compared, "stores-table")
        return {"plots": {"stores": plot}}
    if kind == "staff":
        return {"plots": {"staff": plots.share_plot(report, report.lines, _staff_name(names), "staff-table")}}
    return {
        "plots": {
            "periods": plots.period_plot(report, compared),
            "channels": plots.bar_plot(report, report.channels, _channel_name, compared, "channels-table"),
            "categories": plots.bar_plot(
                report, report.categories, _category_name, compared, "categories-table"
            ),
        },
        "period_rows": [(plots.days_words(p.days), p.now, p.was) for p in report.periods],
        "channel_rows": [(_channel_name(line.key), line.now, line.was) for line in report.channels],
        "category_rows": [(_category_name(line.key), line.now, line.was) for line in report.categories],
        "heat": plots.heat(report.hours),
        "weekdays": _weekdays(),
        "busiest": _busiest(report),
    }


def _busiest(report: Report) -> str:
    if not report.hours:
        return ""
    weekday, hour = max(report.hours, key=lambda at: (report.hours[at].orders, -at[0], -at[1]))
    return _("Busiest on %(day)s at %(hour)s:00.", day=_weekdays()[weekday - 1], hour=f"{hour:02d}")


def _weekdays() -> list[str]:
    return _("Mon Tue Wed Thu Fri Sat Sun").split()


def _channel_name(channel: str) -> str:
    names = {"store": _("Stores"), "online": _("Online"), "app": _("App"), "phone": _("Phone")}
    return names.get(channel, channel) or _("Channel not told")


def _category_name(category: str) -> str:
    return category or _("Category not told")


def _store_name(names: Mapping[str, str]) -> Callable[[str], str]:
    return lambda code: names.get(code, code) or _("No store")


def _staff_name(names: Mapping[str, str]) -> Callable[[str], str]:
    return lambda code: names.get(code) or code or _("Not told")


def _sorted(lines: list[Line], sort: str, names: Mapping[str, str]) -> list[Line]:
    """In the order asked for; those that have no such figure come last."""
    key, down = sort.removeprefix("-"), sort.startswith("-")
    if key == "name":
        return sorted(lines, key=lambda line: (names.get(line.key) or line.key).casefold(), reverse=down)
    figure: dict[str, Callable[[Line], float | None]] = {
        "net": lambda line: line.now.net_minor,
        "change": lambda line: line.change,
        "orders": lambda line: line.now.orders,
        "average": lambda line: line.now.average_minor,
        "items": lambda line: line.now.items_per_order,
        "returned": lambda line: line.now.returned_share,
        "identified": lambda line: line.now.identified_share,
        "members": lambda line: line.now.members_share,
    }
    measured = [(value, line) for line in lines if (value := figure[key](line)) is not None]
    measured.sort(key=lambda one: one[0], reverse=down)
    return [line for _, line in measured] + [line for line in lines if figure[key](line) is None]
