"""When points can be spent and when they end: days are the programme's, and end at its midnight.

An end is the first instant at which the points are gone, the midnight that ends the last day. So a balance counts what
ends after now, and a run that comes late changes nothing.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct

from .terms import Expiry, PointType


# The same few thousand days come up for every member.
@lru_cache(maxsize=10_000)
def add_months(day: date, months: int) -> date:
    """The same day of a later month, or its last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    number = day.day if day.day <= 28 else min(day.day, monthrange(year, month + 1)[1])
    return date(year, month + 1, number)


def month_end(day: date) -> date:
    """The last day of its month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The instant a day begins there, in UTC; where a clock change skips midnight, the change."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The instant a day is over there, in UTC."""
    return start_of(day + timedelta(days=1), zone)


def active_from(occurred_at: datetime, pending_days: int, zone: ZoneInfo) -> datetime:
    """When points of a sale can be spent: at once, or at the same time of day so many days later, in UTC."""
    if not pending_days:
        return occurred_at.astimezone(UTC)
    return (occurred_at.astimezone(zone) + timedelta(days=pending_days)).astimezone(UTC)


def last_day(expiry: Expiry, active_at: datetime, zone: ZoneInfo) -> date | None:
    """The last day points that can be spent from `active_at` are good for, None for ever."""
    day = active_at.astimezone(zone).date()
    if expiry.policy == "days" and expiry.days is not None:
        return day + timedelta(days=expiry.days)
    if expiry.policy == "months" and expiry.months is not None:
        return month_end(add_months(day, expiry.months))
    if expiry.policy == "yearly" and expiry.month_day is not None:
        return _yearly(day, int(expiry.month_day[:2]), int(expiry.month_day[3:]), expiry.grace_months)
    return None


def _yearly(day: date, month: int, number: int, grace_months: int) -> date:
    """The next such day, this one included, and the grace after it; the end of a month stays one."""
    year = day.year if (month, number) >= (day.month, day.day) else day.year + 1
    last = monthrange(year, month)[1]
    fixed = date(year, month, min(number, last))
    later = add_months(fixed, grace_months)
    return month_end(later) if number >= last else later


def expires_at(expiry: Expiry, active_at: datetime, zone: ZoneInfo) -> datetime | None:
    """The first instant, in UTC, at which points that can be spent from `active_at` are gone; None for never."""
    last = last_day(expiry, active_at, zone)
    return None if last is None else end_of(last, zone)


class Upcoming(Struct, frozen=True):
    """Points that end together: the last day they are good for, how many, and in how many days that is."""

    last_day: date
    points: int
    days_left: int


def upcoming(lots: Iterable[tuple[datetime | None, int]], now: datetime, zone: ZoneInfo) -> list[Upcoming]:
    """Every day on which points of these lots (end, what is left) will end, the soonest first.

    Lots that have ended, never end or are empty are left out.
    """
    today = now.astimezone(zone).date()
    by_day: dict[date, int] = defaultdict(int)
    for ends, left in lots:
        if ends is not None and ends > now and left > 0:
            by_day[(ends.astimezone(zone) - timedelta(microseconds=1)).date()] += left
    return [Upcoming(day, points, (day - today).days) for day, points in sorted(by_day.items())]


def reminders(point: PointType, ends: datetime, zone: ZoneInfo) -> list[datetime]:
    """The instants, in UTC and in order, at which a member is to be reminded of points that end then.

    A reminder of n days falls on the beginning of the day n days before the last one.
    """
    last = (ends.astimezone(zone) - timedelta(microseconds=1)).date()
    return sorted(start_of(last - timedelta(days=days), zone) for days in set(point.reminder_days))
