"""Plots of the reports: their numbers for js/chart.js, and the sentence that says the same without a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final

from msgspec import Struct

from regulars.console.format import day as in_full
from regulars.console.format import day_of_year, money, month_of_year, percent, shorten, signed_percent
from regulars.console.i18n import _, ngettext
from regulars.console.services.report_spans import Days, Step
from regulars.console.services.reports import Figures, Line, Period, Report, change
from regulars.vocabulary.money import exponent, to_major

BARS_MAX: Final = 12
_LABEL_CHARACTERS_MAX: Final = 24


class Plot(Struct, frozen=True):
    """A picture of figures: `data` is what the script draws, `summary` one sentence, `table` the id of its table."""

    data: dict[str, Any]
    summary: str
    table: str


def period_plot(report: Report, compared_with: str) -> Plot:
    """Net sales of each step, those of identified customers apart, against the compared days."""
    series = [
        _series(
            _("Identified customers"),
            "solid",
            [p.now.identified_minor for p in report.periods],
            report,
            "net",
        ),
        _series(_("Anonymous"), "hatched", [p.now.anonymous_minor for p in report.periods], report, "net"),
    ]
    if report.was is not None:
        was = [p.was.net_minor if p.was else 0 for p in report.periods]
        series.append(_series(compared_with, "line", was, report))
    labels = [day_words(p.days.first, report.asked.step) for p in report.periods]
    return Plot(
        _data("columns", labels, series, report), _period_summary(report, compared_with), "periods-table"
    )


def bar_plot(
    report: Report, lines: Sequence[Line], name: Callable[[str], str], compared_with: str, table: str
) -> Plot:
    """Net sales of the largest lines, as bars that lie."""
    shown = lines[:BARS_MAX]
    series = [_series(_("Net sales"), "solid", [line.now.net_minor for line in shown], report)]
    if report.was is not None:
        was = [line.was.net_minor if line.was else 0 for line in shown]
        series.append(_series(compared_with, "hatched", was, report))
    labels = [shorten(name(line.key), _LABEL_CHARACTERS_MAX) for line in shown]
    summary = _("Net sales came to %(sum)s.", sum=money(report.total.net_minor, report.currency or ""))
    if shown and report.total.net_minor > 0:
        share = percent(shown[0].now.net_minor / report.total.net_minor)
        sum_ = money(shown[0].now.net_minor, report.currency or "", short=True)
        summary = _(
            "Most: %(name)s with %(sum)s, %(share)s of net sales.",
            name=name(shown[0].key),
            sum=sum_,
            share=share,
        )
    return Plot(_data("bars", labels, series, report), summary, table)


def share_plot(report: Report, lines: Sequence[Line], name: Callable[[str], str], table: str) -> Plot:
    """Share of orders with an identified customer of those with most orders, as bars that lie. Sales of nobody are left out."""
    shown = sorted(
        (line for line in lines if line.key and line.now.orders), key=lambda line: -line.now.orders
    )[:BARS_MAX]
    shown.sort(key=lambda line: -(line.now.identified_share or 0))
    values = [round((line.now.identified_share or 0) * 100, 1) for line in shown]
    labels = [shorten(name(line.key), _LABEL_CHARACTERS_MAX) for line in shown]
    data = {
        "kind": "bars",
        "unit": "percent",
        "labels": labels,
        "series": [{"name": _("Identified sales"), "look": "solid", "values": values}],
    }
    summary = ""
    if shown:
        summary = _(
            "Customers were identified in %(share)s of all orders; %(name)s leads with %(best)s.",
            share=percent(report.total.identified_share),
            name=name(shown[0].key),
            best=percent(shown[0].now.identified_share),
        )
    return Plot(data, summary, table)


def day_words(day: date, step: Step = "day") -> str:
    """`5 Oct`, or `Oct 2026` of a month."""
    return month_of_year(day) if step == "month" else day_of_year(day)


def days_words(days: Days) -> str:
    """`5 – 11 Oct 2026`, as short as the two ends allow."""
    first, last = days.first, days.last
    whole = in_full(last)
    if first == last:
        return whole
    if first.year != last.year:
        return f"{day_words(first)} {first.year} – {whole}"
    return f"{first.day} – {whole}" if first.month == last.month else f"{day_words(first)} – {whole}"


def _period_summary(report: Report, compared_with: str) -> str:
    total, code = report.total, report.currency or ""
    text = ngettext(
        "Net sales came to %(sum)s in %(n)s order",
        "Net sales came to %(sum)s in %(n)s orders",
        total.orders,
        sum=money(total.net_minor, code),
    )
    moved = change(total.net_minor, report.was.net_minor if report.was else None)
    if moved is not None:
        text += _(", %(change)s against %(days)s", change=signed_percent(moved), days=compared_with)
    best = max(report.periods, key=_net)
    if len(report.periods) > 1 and best.now.net_minor > 0:
        text += _(
            "; most on %(days)s with %(sum)s", days=days_words(best.days), sum=money(best.now.net_minor, code)
        )
    return f"{text}."


def _net(period: Period) -> int:
    return period.now.net_minor


def _series(
    name: str, look: str, minors: Sequence[int], report: Report, stack: str | None = None
) -> dict[str, Any]:
    values = [float(to_major(minor, report.currency or "")) for minor in minors]
    return {"name": name, "look": look, "values": values, **({"stack": stack} if stack else {})}


def _data(kind: str, labels: Sequence[str], series: list[dict[str, Any]], report: Report) -> dict[str, Any]:
    code = report.currency or ""
    return {
        "kind": kind,
        "unit": "money",
        "currency": code,
        "digits": exponent(code),
        "labels": labels,
        "series": series,
    }


def heat(hours: dict[tuple[int, int], Figures]) -> list[tuple[int, list[tuple[Figures, int]]]]:
    """Rows of the week's hours that sold anything: the hour, and per weekday its figures with a shade from 0 to 5."""
    if not hours:
        return []
    most = max(figures.orders for figures in hours.values()) or 1
    first, last = min(hour for _, hour in hours), max(hour for _, hour in hours)
    rows = []
    for hour in range(first, last + 1):
        week = [hours.get((weekday, hour), Figures()) for weekday in range(1, 8)]
        rows.append((hour, [(figures, -(-figures.orders * 5 // most)) for figures in week]))
    return rows
