"""Whether a rule's limits hold: for a moment and a place, and for a line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from .purchase import Purchase, PurchaseLine, within
from .terms import WEEKDAYS, Exclude, Where


class Moment(Struct, frozen=True):
    """Where and when something happened, for whom: the day and the minute of it in the programme's zone."""

    day: date
    minute: int
    tier: str
    store: str | None = None
    channel: str | None = None


def moment(at: datetime, zone: ZoneInfo, tier: str, store: str | None, channel: str | None) -> Moment:
    """The moment of an instant."""
    local = at.astimezone(zone)
    return Moment(local.date(), local.hour * 60 + local.minute, tier, store, channel)


def holds(where: Where, now: Moment) -> bool:
    """Whether time, place and tier are within the limits."""
    if where.stores and now.store not in where.stores:
        return False
    if where.channels and now.channel not in where.channels:
        return False
    if where.tiers and now.tier not in where.tiers:
        return False
    return _in_time(where, now)


def _in_time(where: Where, now: Moment) -> bool:
    day = now.day
    if where.time_from is not None and where.time_to is not None:
        opens, closes = _minutes(where.time_from), _minutes(where.time_to)
        if opens < closes and not opens <= now.minute < closes:
            return False
        if opens > closes and closes <= now.minute < opens:
            return False
        if opens > closes and now.minute < closes:
            # After midnight it is still the evening before.
            day -= timedelta(days=1)
    if where.weekdays and WEEKDAYS[day.weekday()] not in where.weekdays:
        return False
    if where.date_from is not None and day < where.date_from:
        return False
    return where.date_to is None or day <= where.date_to


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def fits(where: Where, line: PurchaseLine | None) -> bool:
    """Whether a line is among the products meant; None is what is no line, such as shipping."""
    if line is None:
        return not (where.skus or where.categories or where.brands)
    if line.sku in where.without_skus or line.brand in where.without_brands:
        return False
    if (
        line.category is not None
        and where.without_categories
        and within(line.category, where.without_categories)
    ):
        return False
    if not (where.skus or where.categories or where.brands):
        return True
    return (
        line.sku in where.skus
        or line.brand in where.brands
        or (line.category is not None and bool(where.categories) and within(line.category, where.categories))
    )


def chosen(where: Where, purchase: Purchase, base: Mapping[str, int]) -> dict[str, int]:
    """The lines meant and what of them earns; none where that is less than the minimum in the sale's currency."""
    if where.of_products():
        by_id = {line.line_id: line for line in purchase.lines}
        meant = {name: minor for name, minor in base.items() if fits(where, by_id.get(name))}
    else:
        meant = dict(base)
    minimum = where.minimum_minor.get(purchase.currency)
    return {} if minimum is not None and sum(meant.values()) < minimum else meant


def tender_share(where: Where, purchase: Purchase, exclude: Exclude) -> tuple[int, int]:
    """The part of what was paid in money that the tenders meant paid, as a fraction."""
    if not where.tenders:
        return 1, 1
    away = sum(minor for kind, minor in purchase.tenders if kind in exclude.tenders)
    money = sum(purchase.paid().values()) - away
    paid = sum(minor for kind, minor in purchase.tenders if kind in where.tenders)
    return (min(max(paid, 0), money), money) if money > 0 else (0, 1)
