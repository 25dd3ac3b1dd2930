"""The tables of the reports as CSV files: the figures of the page, whole and unrounded.

UTF-8 with a byte order mark, so that spreadsheets read names rightly. Money is in major units with a point, shares
are parts of one. Texts that a spreadsheet would take for a formula begin with a single quote.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.money import to_major

from .audit_export import harmless
from .reports import Figures, Line, Report

TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "sales": ("periods", "channels", "categories"),
    "store": ("periods", "channels", "categories", "hours"),
    "stores": ("stores",),
    "staff": ("staff",),
}
"""The tables of each report, the usual one first."""

_FIGURES: Final = (
    "currency", "orders", "items", "average_order", "returns", "returned", "net_sales", "net_identified", "net_members",
    "identified_orders", "member_orders", "identified_share", "member_share",
)  # fmt: skip
_COMPARED: Final = ("compared_orders", "compared_net_sales", "compared_identified_share")
_Row = tuple[tuple[object, ...], Figures, Figures | None]


def csv_of(report: Report, table: str, names: Mapping[str, str]) -> tuple[bytes, int]:
    """A table as a file, and the number of its lines. `names` are those of the staff or stores of its lines."""
    heads, lines = _TABLES[table]
    out = io.StringIO()
    writer = csv.writer(out)
    compared = report.was is not None and table != "hours"
    writer.writerow((*heads, *_FIGURES, *(_COMPARED if compared else ())))
    count = 0
    for key, now, was in lines(report, names):
        count += 1
        cells = [harmless(cell) if isinstance(cell, str) else cell for cell in key]
        writer.writerow((*cells, *_figures(now, report), *(_compared(was, report) if compared else ())))
    return codecs.BOM_UTF8 + out.getvalue().encode("utf-8", "replace"), count


def table_of(kind: str, asked: str | None) -> str:
    """The table of a report that is asked for. Raises InvalidInput."""
    table = asked or TABLES[kind][0]
    if table not in TABLES[kind]:
        raise InvalidInput("table is one of %(names)s.", field="table", names=", ".join(TABLES[kind]))
    return table


def _figures(sums: Figures, report: Report) -> tuple[object, ...]:
    return (
        report.currency or "",
        sums.orders,
        _plain(sums.items_micro),
        _money(sums.average_minor, report),
        sums.returns,
        *(
            _money(minor, report)
            for minor in (sums.returned_minor, sums.net_minor, sums.identified_minor, sums.members_minor)
        ),
        sums.identified,
        sums.members,
        _share(sums.identified_share),
        _share(sums.members_share),
    )


def _compared(was: Figures | None, report: Report) -> tuple[object, ...]:
    was = was or Figures()
    return was.orders, _money(was.net_minor, report), _share(was.identified_share)


def _money(minor: int | None, report: Report) -> str:
    return "" if minor is None else f"{to_major(minor, report.currency or ''):f}"


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.4f}"


def _plain(micro: int) -> str:
    return f"{micro / 1_000_000:.6f}".rstrip("0").rstrip(".")


def _periods(report: Report, _: Mapping[str, str]) -> Iterator[_Row]:
    for period in report.periods:
        yield (period.days.first, period.days.last), period.now, period.was


def _plain_lines(
    pick: Callable[[Report], list[Line]],
) -> Callable[[Report, Mapping[str, str]], Iterator[_Row]]:
    def lines(report: Report, _: Mapping[str, str]) -> Iterator[_Row]:
        for line in pick(report):
            yield (line.key,), line.now, line.was

    return lines


def _named_lines(report: Report, names: Mapping[str, str]) -> Iterator[_Row]:
    for line in report.lines:
        yield (line.key, names.get(line.key, "")), line.now, line.was


def _hours(report: Report, _: Mapping[str, str]) -> Iterator[_Row]:
    for (weekday, hour), sums in sorted(report.hours.items()):
        yield (weekday, hour), sums, None


_TABLES: Final[Mapping[str, tuple[tuple[str, ...], Callable[[Report, Mapping[str, str]], Any]]]] = {
    "periods": (("first_day", "last_day"), _periods),
    "channels": (("channel",), _plain_lines(lambda report: report.channels)),
    "categories": (("category",), _plain_lines(lambda report: report.categories)),
    "stores": (("store", "name"), _named_lines),
    "staff": (("staff", "name"), _named_lines),
    "hours": (("weekday", "hour"), _hours),
}
