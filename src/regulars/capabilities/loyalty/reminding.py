"""What members are told in time: points that will end, a tier that will. Days are the programme's."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from msgspec import Struct

from .expiry import Upcoming, end_of, upcoming
from .programme import Programme
from .tiers import Credits, TierStanding, tier_at


class Window(Struct, frozen=True):
    """Points of a type that end after `starts` and no later than `ends` are to be reminded of."""

    point: str
    starts: datetime
    ends: datetime


def windows(programme: Programme, since: date, upto: date) -> list[Window]:
    """What is to be reminded of on the days after `since`, up to and with `upto`: each lot once for each of its days."""
    return [
        Window(
            point.code,
            end_of(since + timedelta(days=days), programme.zone),
            end_of(upto + timedelta(days=days), programme.zone),
        )
        for point in programme.point
        for days in sorted(set(point.reminder_days))
    ]


def to_remind(
    programme: Programme,
    lots: Iterable[tuple[str, datetime, int]],
    due: Iterable[Window],
    now: datetime,
) -> dict[str, list[Upcoming]]:
    """Of a member's lots (type, end, points), every day on which points of a type end that is due, the soonest first."""
    by_type: dict[str, list[tuple[datetime | None, int]]] = {}
    reminded: set[str] = set()
    looked = list(due)
    for point, ends, left in lots:
        by_type.setdefault(point, []).append((ends, left))
        if any(one.point == point and one.starts < ends <= one.ends for one in looked):
            reminded.add(point)
    return {point: upcoming(by_type[point], now, programme.zone) for point in sorted(reminded)}


def tier_to_warn_of(programme: Programme, credit: Credits, since: date, upto: date) -> TierStanding | None:
    """Where a member stands whose tier ends so soon that they are warned on one of the days after `since` up to `upto`."""
    cycle = programme.cycle
    if not cycle.warn_days or len(programme.tier) < 2:
        return None
    standing = tier_at(programme, credit, upto)
    if not standing.warning or standing.until is None:
        return None
    return standing if since < standing.until - timedelta(days=cycle.warn_days) <= upto else None
