"""What is worth a look in loyalty: who adjusts far more than the others, and members beyond a programme's limits.

It tells and stops nothing. Both look at the last 30 days alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from statistics import median
from typing import Final
from uuid import UUID

from msgspec import Struct

from regulars.capabilities.loyalty.programme import in_force
from regulars.store.database import AsyncConnection
from regulars.store.queries import load_queries

from .common import rows
from .member_books import load_rules

WINDOW: Final = timedelta(days=30)
ADJUSTERS_MAX: Final = 1_000
DAYS_MAX: Final = 50
ADJUSTMENTS_MIN: Final = 5
TIMES_THE_OTHERS: Final = 3
"""Unusual is so many times the middle one of all others, from so many adjustments on."""
SQL: Final = load_queries("regulars.store.views", "alerts.sql")


class Adjuster(Struct, frozen=True):
    """Somebody who adjusted points far more than others: how often, and how many points they gave and took.

    `usual`: how often the middle one of all others did.
    """

    actor: str
    adjustments: int
    given: int
    taken: int
    usual: int


class BusyDay(Struct, frozen=True):
    """A member's day beyond a limit: what it earned of a point type, in how many purchases. A limit is None where none is."""

    profile_id: UUID
    programme: int
    day: date
    point: str
    points: int
    purchases: int
    points_max: int | None
    purchases_max: int | None


class Alerts(Struct, frozen=True):
    """What to look at; `since` is where the look begins."""

    since: datetime
    adjusters: list[Adjuster]
    days: list[BusyDay]


async def load_alerts(conn: AsyncConnection, workspace_id: int, *, now: datetime) -> Alerts:
    """What is worth a look now, the latest and the most first; bounded in number."""
    since = now - WINDOW
    asked = {"workspace_id": workspace_id, "since": since}
    found = await rows(conn, SQL.adjusters, asked | {"limit": ADJUSTERS_MAX})
    days: list[BusyDay] = []
    for number, versions in (await load_rules(conn, workspace_id)).items():
        version = in_force(versions, now)
        limits = version.programme.limits if version is not None else None
        if version is None or limits is None or (limits.points_per_day or limits.card_uses_per_day) is None:
            continue
        most = (limits.points_per_day, limits.card_uses_per_day)
        params = asked | {
            "programme": number,
            "zone": version.programme.time_zone,
            "points": most[0],
            "uses": most[1],
            "limit": DAYS_MAX,
        }
        for profile_id, day, point, points, purchases in await rows(conn, SQL.busy_days, params):
            days.append(BusyDay(profile_id, number, day, point, points, purchases, *most))
    all_who = [Adjuster(actor, times, given, taken, 0) for actor, times, given, taken in found]
    return Alerts(since, unusual(all_who), days)


def unusual(adjusters: Sequence[Adjuster]) -> list[Adjuster]:
    """Those who adjusted far more often, or gave far more, than the others; nobody where there are no others."""
    found = []
    for one in adjusters:
        others = [other for other in adjusters if other.actor != one.actor]
        if not others or one.adjustments < ADJUSTMENTS_MIN:
            continue
        often, given = median(other.adjustments for other in others), median(other.given for other in others)
        if one.adjustments >= TIMES_THE_OTHERS * often or one.given >= TIMES_THE_OTHERS * given > 0:
            found.append(Adjuster(one.actor, one.adjustments, one.given, one.taken, round(often)))
    return found
