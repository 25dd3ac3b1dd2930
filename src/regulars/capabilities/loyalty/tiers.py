"""Tiers as a function of dated credit alone: no state is kept, so order, merging and unmerging cannot disturb them.

On a day with new credit the window's credit is added up; every tier it reaches is held from that day to the end of the
cycle after it, and the grace. The tier of a day is the highest held. So an upgrade comes at once, a refund (negative
credit on the day of the refund) shortens nothing that is held, more credit never gives a lower tier, and two members
who turn out to be one have the tier of the union of their credit. What comes and goes on one day counts as its sum.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date, timedelta
from math import inf

from msgspec import Struct

from .expiry import add_months
from .programme import Programme
from .terms import Cycle, Tier

Credits = Iterable[tuple[date, int]]
"""(day in the programme's zone, units of credit); what a refund takes is negative and lies on the day of the refund."""


class TierStanding(Struct, frozen=True):
    """Where a member stands on a day.

    `tier` since `since` (None for the first tier and for one fallen back to) and through `until` (None: for good).
    `credit` is what the window holds. `next_tier` needs `missing` more in the window. `keep_missing` more are needed to
    hold the tier for another cycle. `projected` is the tier after `until` if nothing more is bought; `warning` says
    that this is lower and near. `review`: refunds took back credit that the tier was reached with.
    """

    tier: str
    level: int
    since: date | None = None
    until: date | None = None
    credit: int = 0
    next_tier: str | None = None
    missing: int = 0
    keep_missing: int = 0
    projected: str = ""
    warning: bool = False
    review: bool = False


class _Held(Struct):
    """What reaching a tier last gave: its first and last day, and what the window held and credit came to then."""

    since: date
    until: date
    window: int
    total: int


def tier_at(programme: Programme, history: Credits, on: date) -> TierStanding:
    """The tier on a day, from all credit up to and including it. A programme without tiers gives the tier ''.

    Takes one pass over the days with credit, about 2 ms for 500 of them; what lies after `on` does not matter. A sale's own credit counts for the
    next sale when the caller leaves it out.
    """
    tiers, cycle = programme.tier, programme.cycle
    if not tiers:
        return TierStanding("", 0)
    held, window, total = _pass(tiers, cycle, history, on)
    level, until = _level(tiers, cycle, held, on)
    own = held.get(level)
    own = own if own is not None and own.until >= on else None
    projected = _level(tiers, cycle, held, until + timedelta(days=1))[0] if until is not None else level
    near = until is not None and projected < level and (until - on).days <= cycle.warn_days
    above = tiers[level + 1] if level + 1 < len(tiers) else None
    return TierStanding(
        tier=tiers[level].code,
        level=level,
        since=own.since if own is not None else None,
        until=until,
        credit=window,
        next_tier=above.code if above is not None else None,
        missing=max(above.threshold - window, 0) if above is not None else 0,
        keep_missing=max(tiers[level].threshold - window, 0),
        projected=tiers[projected].code,
        warning=near and cycle.warn_days > 0,
        review=own is not None and own.window + total - own.total < tiers[level].threshold,
    )


def _pass(
    tiers: tuple[Tier, ...], cycle: Cycle, history: Credits, on: date
) -> tuple[dict[int, _Held], int, int]:
    """By level what reaching it last gave; the window's credit on the day; all credit up to it."""
    held: dict[int, _Held] = {}
    thresholds = [tier.threshold for tier in tiers]
    lowest = min(thresholds[1:], default=inf)
    known = [one for one in history if one[0] <= on]
    amounts = [amount for _, amount in known]
    if sum(amount for amount in amounts if amount > 0) < lowest:  # so no window can have reached anything
        opened = _opened(cycle, on)
        return held, sum(amount for day, amount in known if day >= opened), sum(amounts)
    days = _by_day(known)
    window = total = first = 0
    for day, (amount, grown) in days:
        window += amount
        total += amount
        opened = _opened(cycle, day)
        while days[first][0] < opened:
            window -= days[first][1][0]
            first += 1
        if grown and window >= lowest:
            until = _until(cycle, day)
            for level in range(1, bisect_right(thresholds, window)):
                _reach(held, level, day, until, window, total)
    opened = _opened(cycle, on)
    while first < len(days) and days[first][0] < opened:
        window -= days[first][1][0]
        first += 1
    return held, window, total


def _by_day(history: Credits) -> list[tuple[date, tuple[int, bool]]]:
    """Credit of each day in order, and whether any of it was new, so that the order within a day cannot matter."""
    days: dict[date, tuple[int, bool]] = {}
    for day, amount in history:
        so_far, grown = days.get(day, (0, False))
        days[day] = so_far + amount, grown or amount > 0
    return sorted(days.items())


def _reach(held: dict[int, _Held], level: int, day: date, until: date, window: int, total: int) -> None:
    """A level is reached on a day: it goes on where it was held until the day before, else it begins."""
    before = held.get(level)
    if before is None or before.until.toordinal() < day.toordinal() - 1:
        held[level] = _Held(day, until, window, total)
        return
    before.until, before.window, before.total = until, window, total


def _opened(cycle: Cycle, day: date) -> date:
    """The first day of the window that ends on this day."""
    if cycle.window == "calendar_year":
        return date(day.year, 1, 1)
    return add_months(day, -cycle.months) + timedelta(days=1)


def _until(cycle: Cycle, day: date) -> date:
    """The last day a tier reached on this day is held, grace included."""
    if cycle.window == "calendar_year":
        end = date(day.year + (1 if cycle.kept == "next_year" else 0), 12, 31)
    else:
        end = add_months(day, cycle.months) - timedelta(days=1)
    return end + timedelta(days=cycle.grace_days)


def _after(cycle: Cycle, until: date) -> date:
    """The last day of the cycle that follows one, for members who go down a level at a time."""
    if cycle.window == "calendar_year":
        grace = timedelta(days=cycle.grace_days)
        return date((until - grace).year + 1, 12, 31) + grace
    return add_months(until, cycle.months)


def _level(
    tiers: tuple[Tier, ...], cycle: Cycle, held: dict[int, _Held], on: date
) -> tuple[int, date | None]:
    """The highest level on a day, and the last day of it."""
    best: tuple[int, date | None] = (0, None)
    for top in range(len(tiers) - 1, 0, -1):
        if top not in held:
            continue
        level, until = top, held[top].until
        while until < on and level > 1 and cycle.down == "one_level":
            level, until = level - 1, _after(cycle, until)
        if until >= on:
            best = max(best, (level, until), key=lambda one: (one[0], one[1] or date.min))
    return best
