"""Figures of the reports, as pages, files and the API show them.

Currencies are never added: a report is in one, the one asked for or the one of most orders. Whoever is limited to
stores gets figures of those alone; what was sold in no store is then left out too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from msgspec import Struct, field

from regulars.capabilities.profile.figures import round_div
from regulars.store.database import AsyncConnection
from regulars.store.queries import load_queries
from regulars.vocabulary.errors import NotFound

from .common import row, rows
from .report_spans import Asked, Days

_SQL = load_queries("regulars.store.views", "reports.sql")
WEEKDAYS = range(1, 8)
NO_STORE = ""


class Figures(Struct):
    """Sums of receipts in one currency.

    `identified`: orders that name a customer; `members`: those whose customer is known by card, number, e-mail or
    phone. `items_micro` is what was sold, in millionths, returns not taken off.
    """

    orders: int = 0
    identified: int = 0
    members: int = 0
    returns: int = 0
    items_micro: int = 0
    paid_minor: int = 0
    returned_minor: int = 0
    identified_minor: int = 0
    members_minor: int = 0

    @property
    def net_minor(self) -> int:
        """Paid minus returned."""
        return self.paid_minor - self.returned_minor

    @property
    def anonymous_minor(self) -> int:
        """What of the net names no customer."""
        return self.net_minor - self.identified_minor

    @property
    def average_minor(self) -> int | None:
        """Mean of what orders came to, rounded half to even."""
        return round_div(self.paid_minor, self.orders) if self.orders else None

    @property
    def items_per_order(self) -> float | None:
        """Mean number of items."""
        return self.items_micro / 1_000_000 / self.orders if self.orders else None

    @property
    def identified_share(self) -> float | None:
        """Share of orders that name a customer."""
        return self.identified / self.orders if self.orders else None

    @property
    def members_share(self) -> float | None:
        """Share of orders of known customers."""
        return self.members / self.orders if self.orders else None

    @property
    def returned_share(self) -> float | None:
        """What was returned as a share of what was paid."""
        return self.returned_minor / self.paid_minor if self.paid_minor > 0 else None

    def add(self, other: Figures) -> None:
        """Add figures of the same currency."""
        self.orders += other.orders
        self.identified += other.identified
        self.members += other.members
        self.returns += other.returns
        self.items_micro += other.items_micro
        self.paid_minor += other.paid_minor
        self.returned_minor += other.returned_minor
        self.identified_minor += other.identified_minor
        self.members_minor += other.members_minor


class Line(Struct, frozen=True):
    """Figures of one channel, category, store or member of staff; `was` those of the compared days."""

    key: str
    now: Figures
    was: Figures | None = None

    @property
    def change(self) -> float | None:
        """How the net changed, None where there is nothing to compare with."""
        return change(self.now.net_minor, self.was.net_minor) if self.was else None


class Period(Struct, frozen=True):
    """Figures of one step of the span."""

    days: Days
    now: Figures
    was: Figures | None = None


class Standing(Struct, frozen=True):
    """How fresh the figures are: all receipts up to `as_of` are in; None while they are added up for the first time.

    `waiting` is the number of days that are to be added up anew.
    """

    as_of: datetime | None
    waiting: int
    months_until: date


class Report(Struct, frozen=True):
    """What all reports have. `currencies` are all there are figures in, with their net, the most orders first."""

    asked: Asked
    standing: Standing
    currency: str | None
    currencies: list[tuple[str, int]]
    total: Figures
    was: Figures | None
    stores: dict[str, str]
    periods: list[Period] = field(default_factory=list)
    channels: list[Line] = field(default_factory=list)
    categories: list[Line] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    hours: dict[tuple[int, int], Figures] = field(default_factory=dict)


_Named = dict[str, dict[str, Figures]]
"""Per currency, figures by name."""


class _Reader:
    """The questions of one report, over the stores it may be of."""

    def __init__(
        self,
        conn: AsyncConnection,
        workspace_id: int,
        asked: Asked,
        standing: Standing,
        stores: Sequence[str],
    ) -> None:
        self._conn = conn
        self._workspace_id = workspace_id
        self._asked = asked
        self._standing = standing
        self._stores = stores

    async def by_day(self, part: str, days: Days | None) -> tuple[dict[str, dict[date, Figures]], _Named]:
        """Per currency the figures of days, and of names."""
        per_day: dict[str, dict[date, Figures]] = {}
        named: _Named = {}
        if days is not None:
            params = self._params(part) | {"first": days.first, "last": days.last}
            for currency, day, name, *sums in await rows(self._conn, _SQL.by_day, params):
                if day is not None:
                    per_day.setdefault(currency, {})[day] = Figures(*sums)
                else:
                    named.setdefault(currency, {})[name] = Figures(*sums)
        return per_day, named

    async def named(self, part: str, days: Days | None, sql: Any = _SQL.by_name) -> _Named:
        """Per currency the figures of names, or of stores."""
        out: _Named = {}
        if days is not None:
            parts = pieces(days, self._standing.months_until)
            params = self._params(part) | {
                "spans": [span for span, _ in parts],
                "firsts": [piece.first for _, piece in parts],
                "lasts": [piece.last for _, piece in parts],
            }
            for currency, name, *sums in await rows(self._conn, sql, params):
                out.setdefault(currency, {})[name] = Figures(*sums)
        return out

    def _params(self, part: str) -> dict[str, Any]:
        return {"workspace_id": self._workspace_id, "part": part, "stores": list(self._stores)}


async def load_sales(
    conn: AsyncConnection, workspace_id: int, asked: Asked, limited: frozenset[str] | None, *, now: datetime
) -> Report:
    """Sales by period, channel and category, of all stores or of the one asked for. Raises NotFound."""
    standing, names, codes = await _begin(conn, workspace_id, asked, limited, now)
    whole = limited is None and asked.store is None
    reader = _Reader(conn, workspace_id, asked, standing, [NO_STORE] if whole else codes)
    part, categories_part = ("channels", "categories") if whole else ("channel", "category")
    days, channels = await reader.by_day(part, asked.days)
    was_days, was_channels = await reader.by_day(part, asked.was)
    categories = await reader.named(categories_part, asked.days)
    was_categories = await reader.named(categories_part, asked.was)
    currency, currencies = _currency(asked, channels, was_channels)
    report = _report(asked, standing, currency, currencies, channels, was_channels, names)
    report.periods.extend(_periods(asked, days.get(currency or "", {}), was_days.get(currency or "", {})))
    report.channels.extend(_lines(asked, currency, channels, was_channels))
    report.categories.extend(_lines(asked, currency, categories, was_categories))
    return report


async def load_stores(
    conn: AsyncConnection, workspace_id: int, asked: Asked, limited: frozenset[str] | None, *, now: datetime
) -> Report:
    """One line a store."""
    standing, names, codes = await _begin(conn, workspace_id, asked, limited, now)
    reader = _Reader(conn, workspace_id, asked, standing, codes)
    stores = await reader.named("channel", asked.days, _SQL.by_store)
    was = await reader.named("channel", asked.was, _SQL.by_store)
    currency, currencies = _currency(asked, stores, was)
    report = _report(asked, standing, currency, currencies, stores, was, names)
    report.lines.extend(_lines(asked, currency, stores, was))
    return report


async def load_store(
    conn: AsyncConnection, workspace_id: int, asked: Asked, limited: frozenset[str] | None, *, now: datetime
) -> Report:
    """The store asked for: its sales, and its hours of the week as (day of the week, hour). Raises NotFound."""
    if asked.store is None:
        raise NotFound("Say which store.", field="store")
    report = await load_sales(conn, workspace_id, asked, limited, now=now)
    reader = _Reader(conn, workspace_id, asked, report.standing, [asked.store])
    hours = (await reader.named("hour", asked.days)).get(report.currency or "", {})
    for name, figures in hours.items():
        weekday, _, hour = name.partition("-")
        report.hours[int(weekday), int(hour)] = figures
    return report


async def load_staff(
    conn: AsyncConnection, workspace_id: int, asked: Asked, limited: frozenset[str] | None, *, now: datetime
) -> Report:
    """One line a member of staff; the one with an empty key is what names nobody."""
    standing, names, codes = await _begin(conn, workspace_id, asked, limited, now)
    reader = _Reader(conn, workspace_id, asked, standing, codes)
    staff = await reader.named("staff", asked.days)
    was = await reader.named("staff", asked.was)
    currency, currencies = _currency(asked, staff, was)
    report = _report(asked, standing, currency, currencies, staff, was, names)
    report.lines.extend(_lines(asked, currency, staff, was))
    return report


def change(now: float | None, was: float | None) -> float | None:
    """The change against an earlier figure, None where there is none to compare with."""
    return (now - was) / was if now is not None and was is not None and was > 0 else None


def pieces(days: Days, months_until: date) -> list[tuple[str, Days]]:
    """A span as days at its ends and the whole months between, as far as those are added up."""
    one = timedelta(days=1)
    begin = days.first if days.first.day == 1 else _next_month(days.first)
    end = min((days.last + one).replace(day=1), months_until)
    if begin >= end:
        return [("day", days)]
    found = [("month", Days(begin, end - one))]
    if days.first < begin:
        found.append(("day", Days(days.first, begin - one)))
    if end <= days.last:
        found.append(("day", Days(end, days.last)))
    return found


async def _begin(
    conn: AsyncConnection, workspace_id: int, asked: Asked, limited: frozenset[str] | None, now: datetime
) -> tuple[Standing, dict[str, str], list[str]]:
    """One moment for all questions: how fresh it is, names of stores, codes of the stores the report is of."""
    await conn.execute(_SQL.one_moment)
    workspace = {"workspace_id": workspace_id}
    state = await row(conn, _SQL.standing, workspace)
    assert state is not None, "an aggregate always answers"
    months_until, waiting, first_filling, since = state
    as_of = None if first_filling else since or now
    standing = Standing(as_of, waiting, months_until or date.min)
    known = await rows(conn, _SQL.store_codes, workspace)
    names = {code: name or code for code, name in known if limited is None or code in limited}
    if asked.store is None:
        return standing, names, [*names, *([NO_STORE] if limited is None else [])]
    if asked.store not in names:
        raise NotFound("There is no store with this code.", field="store")
    return standing, names, [asked.store]


def _report(
    asked: Asked,
    standing: Standing,
    currency: str | None,
    currencies: list[tuple[str, int]],
    named: _Named,
    was: _Named,
    stores: dict[str, str],
) -> Report:
    code = currency or ""
    compared = _sum(was.get(code, {}).values()) if asked.was else None
    return Report(asked, standing, currency, currencies, _sum(named.get(code, {}).values()), compared, stores)


def _currency(asked: Asked, *named: _Named) -> tuple[str | None, list[tuple[str, int]]]:
    """The currency asked for, else the one of most orders; and all with what they came to in the span."""
    now, was = ({code: _sum(names.values()) for code, names in one.items()} for one in named)
    none = Figures()
    ordered = sorted(
        now.keys() | was.keys(),
        key=lambda code: (-now.get(code, none).orders, -was.get(code, none).orders, code),
    )
    found = [(code, now.get(code, none).net_minor) for code in ordered]
    if asked.currency is not None:
        return asked.currency, found
    return (ordered[0] if ordered else None), found


def _sum(parts: Iterable[Figures]) -> Figures:
    out = Figures()
    for part in parts:
        out.add(part)
    return out


def _periods(asked: Asked, days: Mapping[date, Figures], was: Mapping[date, Figures]) -> list[Period]:
    steps = asked.steps()
    now = [Figures() for _ in steps]
    before = [Figures() for _ in steps]
    for day, figures in days.items():
        now[asked.bucket(day)].add(figures)
    for day, figures in was.items():
        place = asked.compared_bucket(day)
        if 0 <= place < len(steps):
            before[place].add(figures)
    compared = before if asked.was else [None] * len(steps)
    return [Period(*one) for one in zip(steps, now, compared, strict=True)]


def _lines(asked: Asked, currency: str | None, named: _Named, was: _Named) -> list[Line]:
    """The most net first."""
    mine, theirs = named.get(currency or "", {}), was.get(currency or "", {})
    found = [
        Line(key, mine.get(key, Figures()), theirs.get(key, Figures()) if asked.was else None)
        for key in mine.keys() | theirs.keys()
    ]
    return sorted(found, key=lambda line: (-line.now.net_minor, line.key))


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)
