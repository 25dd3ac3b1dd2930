"""When people come: opening hours, weekdays and seasons, or around the clock for a live show."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from .world import Branch

DAY_MS: Final = 86_400_000
HOUR_MS: Final = 3_600_000
EPOCH: Final = date(1970, 1, 1)
WEEKDAY_PULL: Final = (0.4, 0.4, 0.45, 0.5, 0.65, 1.0, 0.6)
"""How likely a planned visit stays on its weekday, Monday to Sunday; otherwise it slips to the next day."""
MONTH_PULL: Final = (0.85, 0.85, 0.95, 1.0, 1.0, 0.95, 0.95, 1.0, 1.0, 1.05, 1.3, 1.7)
"""How much more often than on average people shop, January to December."""
_SEARCH_DAYS: Final = 14


def to_datetime(at_ms: int) -> datetime:
    """Unix milliseconds as an aware UTC time."""
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def to_ms(at: datetime) -> int:
    """An aware time as Unix milliseconds."""
    return int(at.timestamp() * 1000)


class Calendar(Protocol):
    """Turns the moment a visit is planned for into the moment it happens."""

    pace: float

    def visit_at(self, branch: Branch, planned_ms: int, now_ms: int, rng: Random) -> int:
        """Never before `now_ms`."""

    def pull(self, at_ms: int) -> float:
        """How busy the season is; 1 is average."""


class TradingHours:
    """The shops' real hours. `pace` 1: a day lasts a day."""

    pace = 1.0

    def __init__(self) -> None:
        self._midnights: dict[tuple[str, int], int] = {}
        self._pulls: dict[int, float] = {}

    def visit_at(self, branch: Branch, planned_ms: int, now_ms: int, rng: Random) -> int:
        """Some time within opening hours of the planned day or, if that is shut, full or over, of one after."""
        day = planned_ms // DAY_MS
        for ahead in range(_SEARCH_DAYS):
            weekday = (day + ahead + 3) % 7
            opens, closes = branch.opens[weekday], branch.closes[weekday]
            if closes and rng.random() < WEEKDAY_PULL[weekday]:
                midnight = self._midnight(branch, day + ahead)
                at_ms = midnight + int((opens + (closes - opens) * _hour_share(rng)) * HOUR_MS)
                if at_ms >= now_ms:
                    return at_ms
        return max(planned_ms, now_ms) + _SEARCH_DAYS * DAY_MS

    def pull(self, at_ms: int) -> float:
        """By month."""
        day = at_ms // DAY_MS
        if day not in self._pulls:
            self._pulls[day] = MONTH_PULL[month_of(at_ms) - 1]
        return self._pulls[day]

    def _midnight(self, branch: Branch, day: int) -> int:
        key = (branch.time_zone, day)
        if key not in self._midnights:
            self._midnights[key] = _local_midnight_ms(branch.zone, day)
        return self._midnights[key]


class AroundTheClock:
    """Always open, and `pace` times as busy as in real life: for a live demo at any hour."""

    def __init__(self, pace: float) -> None:
        self.pace = pace

    def visit_at(self, branch: Branch, planned_ms: int, now_ms: int, rng: Random) -> int:
        """As planned."""
        return max(planned_ms, now_ms)

    def pull(self, at_ms: int) -> float:
        """No seasons."""
        return 1.0


def month_of(at_ms: int) -> int:
    """The month, 1 to 12, in UTC."""
    return (EPOCH + timedelta(days=at_ms // DAY_MS)).month


def _hour_share(rng: Random) -> float:
    """A moment between opening (0) and closing (1), with a hump around noon and a lower one before closing."""
    if rng.random() < 0.35:
        return rng.random()
    middle = 0.4 if rng.random() < 0.6 else 0.8
    return min(0.999, max(0.0, middle + (rng.random() + rng.random() - 1.0) * 0.25))


def _local_midnight_ms(zone: ZoneInfo, day: int) -> int:
    date_ = EPOCH + timedelta(days=day)
    return to_ms(datetime(date_.year, date_.month, date_.day, tzinfo=zone))
