"""Newcomers are counted live on the last day; the days before are counted anew after some minutes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from regulars.console.services.newcomers import KEPT_SECONDS, Newcomers
from tests.console.stage import Stage, details

LONDON = ZoneInfo("Europe/London")


def test_whole_days_are_kept_for_some_minutes_and_the_last_one_never(stage: Stage) -> None:
    now = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=5)
    ticks = [0.0]
    newcomers = Newcomers(stage.workspace_id, lambda: ticks[0])

    async def count() -> dict[date, int]:
        async with stage.database.read(stage.workspace_id) as conn:
            return await newcomers.per_day(conn, now - timedelta(days=3), now, LONDON)

    def come(number: str, at: datetime) -> None:
        stage.send(details(number, loyalty_card=f"L{number}", given_name="Ada", at=at))

    before, today = (now - timedelta(days=1)).astimezone(LONDON).date(), now.astimezone(LONDON).date()
    come("1", now - timedelta(days=1))
    come("2", now - timedelta(hours=1))
    assert stage.run(count()) == {before: 1, today: 1}
    come("3", now - timedelta(days=1))
    come("4", now - timedelta(hours=2))
    assert stage.run(count()) == {before: 1, today: 2}
    ticks[0] = KEPT_SECONDS + 1
    assert stage.run(count()) == {before: 2, today: 2}
