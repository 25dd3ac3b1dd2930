"""What is worth a look in loyalty."""

from __future__ import annotations

from datetime import date, datetime

from litestar import get
from msgspec import Struct

from regulars.console.services.alerts import load_alerts

from .deps import AtVisit
from .shapes import Id


class UnusualAdjuster(Struct, frozen=True):
    """Somebody who adjusted points far more than others; `usual` is how often the middle one of all others did."""

    actor: str
    adjustments: int
    given: int
    taken: int
    usual: int


class DayBeyondLimit(Struct, frozen=True):
    """A member's day beyond `points_per_day` or `card_uses_per_day` of the programme; a limit is null where none is."""

    profile_id: Id
    programme: int
    day: date
    point: str
    points: int
    purchases: int
    points_per_day: int | None
    card_uses_per_day: int | None


class LoyaltyAlerts(Struct, frozen=True):
    """What to look at since a time. It stops and delays nothing."""

    since: datetime
    adjusters: list[UnusualAdjuster]
    days: list[DayBeyondLimit]


@get("/v1/reports/loyalty/alerts", summary="What is worth a look in loyalty")
async def loyalty_alerts(visit: AtVisit) -> LoyaltyAlerts:
    """Unusual adjustments, and members beyond a programme's limits, of the last 30 days."""
    async with visit.api.database.read(visit.workspace_id) as conn:
        found = await load_alerts(conn, visit.workspace_id, now=visit.deps.clock())
    return LoyaltyAlerts(
        since=found.since,
        adjusters=[
            UnusualAdjuster(one.actor, one.adjustments, one.given, one.taken, one.usual)
            for one in found.adjusters
        ],
        days=[
            DayBeyondLimit(
                one.profile_id.hex,
                one.programme,
                one.day,
                one.point,
                one.points,
                one.purchases,
                one.points_max,
                one.purchases_max,
            )
            for one in found.days
        ],
    )
