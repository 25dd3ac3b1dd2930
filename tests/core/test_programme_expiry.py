"""When points end: at midnight of the programme's zone, over clock changes, leap days and turns of the year."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.capabilities.loyalty.expiry import (
    Upcoming,
    active_from,
    add_months,
    expires_at,
    last_day,
    reminders,
    start_of,
    upcoming,
)
from regulars.capabilities.loyalty.terms import Expiry, PointType

BERLIN = ZoneInfo("Europe/Berlin")
AUCKLAND = ZoneInfo("Pacific/Auckland")
BEIRUT = ZoneInfo("Asia/Beirut")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expiry", "active", "last"),
    [
        (Expiry("days", days=1), "2026-03-28 22:59", "2026-03-29"),
        (Expiry("days", days=1), "2026-03-28 23:00", "2026-03-30"),  # already Sunday in Berlin
        (Expiry("days", days=365), "2027-03-01 12:00", "2028-02-29"),
        (Expiry("months", months=24), "2026-11-26 12:00", "2028-11-30"),
        (Expiry("months", months=1), "2028-01-31 12:00", "2028-02-29"),
        (Expiry("months", months=12), "2026-12-31 22:59", "2027-12-31"),
        (Expiry("months", months=12), "2026-12-31 23:00", "2028-01-31"),  # already the new year in Berlin
        (Expiry("yearly", month_day="12-31"), "2026-12-31 22:59", "2026-12-31"),
        (Expiry("yearly", month_day="12-31"), "2026-12-31 23:00", "2027-12-31"),
        (Expiry("yearly", month_day="12-31", grace_months=2), "2027-06-01 12:00", "2028-02-29"),
        (Expiry("yearly", month_day="02-29"), "2026-06-01 12:00", "2027-02-28"),
        (Expiry("yearly", month_day="03-15", grace_months=1), "2026-03-16 12:00", "2027-04-15"),
    ],
)
def test_i14_the_last_day_is_a_day_of_the_programme(expiry: Expiry, active: str, last: str) -> None:
    assert last_day(expiry, at(active), BERLIN) == date.fromisoformat(last)


def test_h6_i14_points_end_at_midnight_of_the_programme_whatever_the_clocks_did() -> None:
    assert expires_at(Expiry("days", days=1), at("2026-03-28 12:00"), BERLIN) == at("2026-03-29 22:00")
    assert expires_at(Expiry("days", days=1), at("2026-10-24 12:00"), BERLIN) == at("2026-10-25 23:00")
    assert expires_at(Expiry("days", days=1), at("2026-09-25 23:00"), AUCKLAND) == at("2026-09-27 11:00")


def test_i14_a_day_whose_midnight_is_skipped_begins_with_the_change() -> None:
    assert start_of(date(2026, 3, 29), BEIRUT) == at("2026-03-28 22:00")


def test_points_that_never_expire_have_no_end() -> None:
    assert expires_at(Expiry(), at("2026-01-01 00:00"), BERLIN) is None


def test_h7_points_activate_later_at_the_same_time_of_day_and_expire_from_then() -> None:
    active = active_from(at("2026-03-20 12:00"), 14, BERLIN)
    assert active == at("2026-04-03 11:00")
    assert last_day(Expiry("days", days=30), active, BERLIN) == date(2026, 5, 3)


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC)),
    st.sampled_from([BERLIN, AUCKLAND, BEIRUT, ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")]),
    st.one_of(
        st.builds(Expiry, st.just("days"), days=st.integers(1, 4_000)),
        st.builds(Expiry, st.just("months"), months=st.integers(1, 120)),
        st.builds(
            Expiry,
            st.just("yearly"),
            month_day=st.sampled_from(["01-01", "02-28", "02-29", "06-30", "12-31"]),
            grace_months=st.integers(0, 24),
        ),
    ),
)
def test_i14_the_end_is_the_first_instant_after_the_last_day(active, zone, expiry) -> None:  # type: ignore[no-untyped-def]
    ends, last = expires_at(expiry, active, zone), last_day(expiry, active, zone)
    assert ends is not None and last is not None
    assert ends > active
    assert ends.astimezone(zone).date() == last + timedelta(days=1)
    assert (ends - timedelta(microseconds=1)).astimezone(zone).date() == last
    later = expires_at(expiry, active + timedelta(days=1), zone)
    assert later is not None and later >= ends


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(-200, 200))
def test_months_keep_the_day_or_end_with_the_month(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)


def test_h5_complaint_10_every_upcoming_end_is_listed_and_what_has_ended_never_counts() -> None:
    now = at("2026-11-26 12:00")
    lots = [
        (at("2026-12-31 23:00"), 40),
        (at("2026-11-30 23:00"), 7),
        (at("2026-12-31 23:00"), 2),
        (None, 99),
    ]
    lots += [(now, 5), (at("2027-01-31 23:00"), 0)]
    assert upcoming(lots, now, BERLIN) == [
        Upcoming(date(2026, 11, 30), 7, 4),
        Upcoming(date(2026, 12, 31), 42, 35),
    ]


def test_reminders_fall_on_the_beginning_of_their_days() -> None:
    point = PointType("points", "Points", reminder_days=(7, 30, 7))
    assert reminders(point, at("2026-11-30 23:00"), BERLIN) == [
        at("2026-10-30 23:00"),
        at("2026-11-22 23:00"),
    ]
