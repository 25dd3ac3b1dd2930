"""Figures of the front page: sales of a span against an earlier one, by hour or day, channel and shop.

Currencies are never added: the page shows one at a time and says what the others came to.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from regulars.console.charts import Point
from regulars.console.format import day_of_year, money, weekday
from regulars.console.i18n import _
from regulars.store.database import AsyncConnection
from regulars.store.queries import load_queries

from .common import rows, store_names
from .log import LogEnd, log_end
from .newcomers import Newcomers
from .rejected import count_open

SQL = load_queries("regulars.store.views", "home.sql")
SPANS: Final[dict[str, int]] = {"today": 1, "7d": 7, "28d": 28, "90d": 90}
COMPARISONS: Final = ("previous", "year", "none")
TREND_DAYS = 14
PARTS_SHOWN = 8
# The hours of a busy chain are too many receipts to add up on the way; its days come from the roll-up.
HOURLY_ORDERS_MAX = 20_000
CANARY_LATE = timedelta(minutes=2)
_YEAR = timedelta(days=364)


class Asked(Struct, frozen=True):
    """What the page is asked for; unknown words fall back to today against the day before."""

    span: str = "today"
    compare: str = "previous"
    currency: str | None = None

    @classmethod
    def read(cls, span: str | None, compare: str | None, currency: str | None) -> Asked:
        """From a URL."""
        return cls(
            span if span in SPANS else "today",
            compare if compare in COMPARISONS else "previous",
            currency if currency and len(currency) == 3 and currency.isalpha() else None,
        )


class Sums(Struct):
    """Receipts of a part, in one currency."""

    orders: int = 0
    identified: int = 0
    returns: int = 0
    paid_minor: int = 0
    returned_minor: int = 0

    @property
    def net_minor(self) -> int:
        """Paid minus returned."""
        return self.paid_minor - self.returned_minor

    @property
    def share(self) -> float | None:
        """Share of orders whose customer is known to us."""
        return self.identified / self.orders if self.orders else None

    @property
    def average_minor(self) -> int | None:
        """Mean of what orders came to."""
        return round(self.paid_minor / self.orders) if self.orders else None

    def add(self, other: Sums) -> None:
        """Add another part of the same currency."""
        self.orders += other.orders
        self.identified += other.identified
        self.returns += other.returns
        self.paid_minor += other.paid_minor
        self.returned_minor += other.returned_minor


class PartShare(Struct, frozen=True):
    """A channel or shop with its share of the whole."""

    name: str
    sums: Sums
    share: float


class Home(Struct, frozen=True):
    """The front page. `was` is the compared span, None when there is none; trends run oldest first.

    `customers` and `new_customers` are of the whole chain: None for somebody limited to some stores.
    """

    asked: Asked
    currency: str | None
    others: list[tuple[str, int]]
    now: Sums
    was: Sums | None
    points: list[Point]
    hourly: bool
    channels: list[PartShare]
    shops: list[PartShare]
    shops_more: int
    sales_trend: list[int]
    orders_trend: list[int]
    share_trend: list[float]
    average_trend: list[int]
    customers: int | None
    new_customers: int | None
    new_customers_was: int | None
    new_trend: list[int]
    rejected: int
    end: LogEnd
    canary_late: bool
    compared_with: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing has ever arrived."""
        return self.end.event_no == 0


class _Parts(Struct):
    """Sums of a span: per currency, and within it per day, channel and shop."""

    total: dict[str, Sums] = field(default_factory=dict)
    days: dict[str, dict[date, Sums]] = field(default_factory=dict)
    channels: dict[str, dict[str, Sums]] = field(default_factory=dict)
    shops: dict[str, dict[str, Sums]] = field(default_factory=dict)


class _Span(Struct, frozen=True):
    """Business days from first to last, both included, and the span they are compared with."""

    first: date
    last: date
    was_first: date | None
    was_last: date | None

    @property
    def days(self) -> list[date]:
        """Every day of the span."""
        return _days(self.first, self.last)


async def load_home(
    conn: AsyncConnection,
    workspace_id: int,
    asked: Asked,
    *,
    now: datetime,
    zone: ZoneInfo,
    stores: frozenset[str] | None,
    newcomers: Newcomers,
) -> Home:
    """Everything the front page shows; sales of some `stores`, or of all and of none (None)."""
    span = _span(asked, now.astimezone(zone).date())
    sales = _Sales(conn, workspace_id, None if stores is None else sorted(stores))
    parts = await sales.sums(span.first, span.last)
    trend_first = min(span.first, span.last - timedelta(days=TREND_DAYS - 1))
    trend = parts if trend_first == span.first else await sales.sums(trend_first, span.last)
    currency = _currency(asked, parts, trend)
    was_parts = None
    if span.was_first and span.was_last:
        was_parts = await sales.sums(span.was_first, span.was_last)
    sums = parts.total.get(currency or "", Sums())
    hourly = asked.span == "today" and sums.orders <= HOURLY_ORDERS_MAX
    points, was = await _points(sales, span, parts, was_parts, currency, hourly, now, zone)
    fresh: tuple[int | None, int | None, list[int]] = (None, None, [])
    if stores is None:
        fresh = await _new_customers(conn, newcomers, span, trend_first, now, zone)
    shops = _shares(
        parts.shops.get(currency or "", {}), await store_names(conn, workspace_id), _("Online, no shop")
    )
    series = [trend.days.get(currency or "", {}).get(one, Sums()) for one in _days(trend_first, span.last)]
    end = await log_end(conn, workspace_id)
    return Home(
        asked=asked,
        currency=currency,
        others=sorted((code, one.net_minor) for code, one in parts.total.items() if code != currency),
        now=sums,
        was=was,
        points=points,
        hourly=hourly,
        channels=_shares(parts.channels.get(currency or "", {}), _channel_names(), _("Channel not told")),
        shops=shops[:PARTS_SHOWN],
        shops_more=max(0, len(shops) - PARTS_SHOWN),
        sales_trend=[one.net_minor for one in series],
        orders_trend=[one.orders for one in series],
        share_trend=[one.share or 0.0 for one in series],
        average_trend=[one.average_minor or 0 for one in series],
        customers=end.profiles if stores is None else None,
        new_customers=fresh[0],
        new_customers_was=fresh[1],
        new_trend=fresh[2],
        rejected=await count_open(conn, workspace_id, 1000),
        end=end,
        canary_late=end.canary_at is not None and now - end.canary_at > CANARY_LATE,
        compared_with=_compared_with(asked, span),
    )


def change(now: float | None, was: float | None) -> float | None:
    """The change against an earlier figure, None where there is none to compare with."""
    return (now - was) / was if now is not None and was else None


def _span(asked: Asked, today: date) -> _Span:
    length = timedelta(days=SPANS[asked.span])
    first = today - length + timedelta(days=1)
    if asked.compare == "none":
        return _Span(first, today, None, None)
    # A day is compared with the same day of the week before: shops live by the week.
    back = _YEAR if asked.compare == "year" else max(length, timedelta(days=7))
    return _Span(first, today, first - back, today - back)


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


class _Sales:
    """Sums of the sales of some stores (None: of all, and of none)."""

    def __init__(self, conn: AsyncConnection, workspace_id: int, stores: list[str] | None) -> None:
        self._conn = conn
        self._params = {"workspace_id": workspace_id, "stores": stores}

    async def sums(self, first: date, last: date) -> _Parts:
        """Of business days from first to last."""
        params = {**self._params, "from_day": first, "to_day": last}
        out = _Parts()
        for currency, business_date, channel, store, *figures in await rows(
            self._conn, SQL.sales_by_part, params
        ):
            sums = Sums(*figures)
            if business_date is not None:
                out.days.setdefault(currency, {})[business_date] = sums
                out.total.setdefault(currency, Sums()).add(sums)
            elif channel is not None:
                out.channels.setdefault(currency, {})[channel] = sums
            else:
                out.shops.setdefault(currency, {})[store] = sums
        return out

    async def hours(
        self, currency: str, from_at: datetime, to_at: datetime, zone: ZoneInfo
    ) -> dict[int, Sums]:
        """Per hour of the day, in one currency."""
        params = {**self._params, "from_at": from_at, "to_at": to_at, "zone": zone.key}
        found = await rows(self._conn, SQL.sales_by_hour, params)
        return {
            hour: Sums(orders, identified, returns, paid, paid - net)
            for code, hour, orders, identified, net, paid, returns in found
            if code == currency
        }


def _currency(asked: Asked, parts: _Parts, trend: _Parts) -> str | None:
    """The currency asked for where there are sales in it, else the one of most orders."""
    total = parts.total or trend.total
    if asked.currency in total:
        return asked.currency
    return max(sorted(total), key=lambda code: total[code].orders) if total else None


async def _points(
    sales: _Sales,
    span: _Span,
    parts: _Parts,
    was_parts: _Parts | None,
    currency: str | None,
    hourly: bool,
    now: datetime,
    zone: ZoneInfo,
) -> tuple[list[Point], Sums | None]:
    """Columns of the chart, and the compared sums (of today: up to the same time of day)."""
    code = currency or ""
    if hourly:
        mine = await sales.hours(code, _start(span.last, zone), now, zone)
        theirs: dict[int, Sums] | None = None
        was = None
        if span.was_last is not None:
            start = _start(span.was_last, zone)
            theirs = await sales.hours(code, start, start + timedelta(days=1), zone)
            was = _add(await sales.hours(code, start, start + (now - _start(span.last, zone)), zone))
        return _hour_points(mine, theirs, code), was
    was_days = was_parts.days.get(code, {}) if was_parts else None
    points = []
    for one in span.days:
        value = parts.days.get(code, {}).get(one, Sums()).net_minor
        before = (
            was_days.get(one - (span.first - span.was_first), Sums()).net_minor
            if was_days and span.was_first
            else None
        )
        words = day_of_year(one)
        points.append(Point(words, f"{weekday(one)} {words}: {money(value, code)}", value, before))
    return points, was_parts.total.get(code, Sums()) if was_parts else None


def _hour_points(mine: dict[int, Sums], theirs: dict[int, Sums] | None, code: str) -> list[Point]:
    hours = [*mine, *(theirs or {})]
    first, last = min([7, *hours]), max([20, *hours])
    points = []
    for hour in range(first, last + 1):
        value = mine.get(hour, Sums()).net_minor
        was = theirs.get(hour, Sums()).net_minor if theirs is not None else None
        points.append(
            Point(f"{hour:02d}", f"{hour:02d}:00–{hour + 1:02d}:00: {money(value, code)}", value, was)
        )
    return points


def _add(parts: dict[int, Sums]) -> Sums:
    out = Sums()
    for part in parts.values():
        out.add(part)
    return out


async def _new_customers(
    conn: AsyncConnection, newcomers: Newcomers, span: _Span, trend_first: date, now: datetime, zone: ZoneInfo
) -> tuple[int, int | None, list[int]]:
    """Of the span, of the compared one (of today: up to the same time of day), and per day of the trend."""
    per_day = await newcomers.per_day(conn, _start(trend_first, zone), now + timedelta(minutes=5), zone)
    fresh = sum(count for one, count in per_day.items() if one >= span.first)
    was = None
    if span.was_first is not None:
        start = _start(span.was_first, zone)
        earlier = await newcomers.per_day(conn, start, start + (now - _start(span.first, zone)), zone)
        was = sum(earlier.values())
    return fresh, was, [per_day.get(one, 0) for one in _days(trend_first, span.last)]


def _shares(parts: dict[str, Sums], names: dict[str, str], nameless: str) -> list[PartShare]:
    whole = sum(max(0, one.net_minor) for one in parts.values())
    found = [
        PartShare(
            names.get(key, key) if key else nameless, one, max(0, one.net_minor) / whole if whole else 0.0
        )
        for key, one in parts.items()
    ]
    return sorted(found, key=lambda part: (-part.sums.net_minor, part.name))


def _channel_names() -> dict[str, str]:
    return {"store": _("Stores"), "online": _("Online"), "app": _("App"), "phone": _("Phone")}


def _compared_with(asked: Asked, span: _Span) -> str:
    if span.was_first is None:
        return ""
    if asked.compare == "year":
        return _("same days last year")
    return _("same day last week") if asked.span == "today" else _("the days before")


def _start(one: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(one, time(), tzinfo=zone)
