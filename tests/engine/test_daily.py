"""Birthday gifts and reminders: on the day, made up for after a standstill, once, and never twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from msgspec.json import encode

from regulars.intake.daily import MEMBERS, Daily
from regulars.vocabulary.events import LINKED, OPENED, Decision, Event
from tests.engine.club import BASE, KNOWN, LONDON, TIERS, Club, at
from tests.engine.test_announce import listen, of
from tests.engine.test_held_back import check
from tests.engine.world import World

pytestmark = pytest.mark.embedded_only
GIFT = '[[bonus]]\nid = "cake"\npoint = "points"\non = "birthday"\npoints = 50\n'
TODAY = datetime.now(LONDON).date()


class Clock:
    """The engine's and the daily work's: noon of a day, so many days from today."""

    def __init__(self) -> None:
        self.days = 0

    def __call__(self) -> datetime:
        return datetime.combine(day(self.days), time(12), LONDON).astimezone(UTC)


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def club(world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Club]:
    start = datetime.combine(day(-400), time(9), LONDON).astimezone(UTC)
    monkeypatch.setattr("tests.engine.club.START", start)
    gate = world.gate(clock=clock)
    try:
        yield Club(world, gate)
    finally:
        gate.close()


def run(club: Club, clock: Clock, *, times: int = 1, page: int = 500) -> None:
    """The daily work of a program that starts anew, in pages of a size."""

    async def work() -> None:
        daily = Daily(club.gate, club.world.database, club.world.master, clock=clock, members_per_page=page)
        for _ in range(times):
            await daily.run(club.world.workspace_id)

    asyncio.run(work())


def born(club: Club, name: str, on: date) -> str:
    """A member whose birthday is that of a day, many years ago."""
    record_id = club.enrol(name)
    told = {"id": f"born-{name}", "type": "customer.updated", "occurred_at": at(1).isoformat()}
    birth = f"1980-{on:%m-%d}"
    club.tell(told | {"customer": {"external_id": name, "given_name": name.title(), "birth_date": birth}})
    return record_id


def gifts(club: Club) -> list[tuple[Any, ...]]:
    """When gifts were for, and how many points there are of them."""
    return club.world.rows(
        "select (t.occurred_at at time zone 'Europe/London')::date, sum(e.amount)::int from ledger_txn t"
        " join ledger_entry e using (workspace_id, txn_id) where t.kind = 'bonus' group by 1 order by 1"
    )


def test_a_birthday_gift_comes_on_the_day_once(club: Club, clock: Clock) -> None:
    club.publish(BASE + GIFT, since=at(0), now=at(0))
    born(club, "ann", day(1))
    born(club, "bob", day(2))
    run(club, clock, times=2)
    assert gifts(club) == []
    clock.days = 1
    run(club, clock, times=2)
    run(club, clock)
    assert gifts(club) == [(day(1), 50)]
    assert (club.balance("ann"), club.balance("bob")) == (50, 0)
    check(club)


def test_days_that_passed_while_nothing_ran_are_made_up_for_page_by_page(club: Club, clock: Clock) -> None:
    club.publish(BASE + GIFT, since=at(0), now=at(0))
    for number in range(1, 8):
        born(club, f"m-{number}", day(number))
    run(club, clock)
    clock.days = 5
    run(club, clock, page=2)
    assert gifts(club) == [(day(number), 50) for number in range(1, 6)]
    run(club, clock, times=2)
    assert [balance for _, balance in gifts(club)] == [50] * 5
    check(club)


def test_a_pass_that_was_cut_off_goes_on_and_gives_nothing_twice(club: Club, clock: Clock) -> None:
    """The program stopped after the gifts of a page, before it wrote down that it gave them."""
    club.publish(BASE + GIFT, since=at(0), now=at(0))
    for number in range(4):
        born(club, f"m-{number}", day(1))
    run(club, clock)
    position = club.world.rows(f"select done_day, after from loyalty_daily where task = '{MEMBERS}'")
    clock.days = 1
    run(club, clock, page=2)
    with club.world.database.session(club.world.workspace_id) as connection:
        connection.execute(
            "update loyalty_daily set done_day = %s, upto = null, after = %s where task = %s",
            (*position[0], MEMBERS),
        )
    run(club, clock, page=3)
    assert gifts(club) == [(day(1), 200)]
    check(club)


def test_who_was_born_on_29_february_has_a_birthday_every_year_and_who_left_has_none(club: Club) -> None:
    club.publish(BASE + GIFT, since=at(0), now=at(0))
    ann, bob = born(club, "ann", date(2024, 2, 29)), born(club, "bob", date(2024, 2, 28))
    club.say("regulars.enrolled", bob, 2, status="left")
    # The year after a leap year, whatever today is.
    year = day(0).year + (1 if day(0) > date(day(0).year, 2, 20) else 0)
    feb = date(year, 2, 28) if (year % 4) else date(year, 2, 29)
    answers = [
        club.say("regulars.birthday", ann, business_day=one) for one in (feb - timedelta(days=1), feb, feb)
    ]
    assert [one.refused for one in answers] == ["no_birthday", None, None]
    assert [one.points[0].balance for one in answers] == [0, 50, 50]
    club.say("regulars.birthday", bob, business_day=date(year, 2, 28))
    assert club.balance("bob") == 0


def test_m3_two_gifts_of_one_year_stay_when_two_turn_out_to_be_one(club: Club, clock: Clock) -> None:
    first = '[[bonus]]\nid = "first"\npoint = "points"\non = "first_purchase"\npoints = 10\n'
    club.publish(BASE + GIFT + first, since=at(0), now=at(0))
    ann, ana = born(club, "ann", day(1)), born(club, "ana", day(1))
    for name in ("ann", "ana"):
        club.sell(name, 1_000, 50, f"first-{name}")
    run(club, clock)
    clock.days = 1
    run(club, clock)
    assert club.balance("ann") + club.balance("ana") == 140
    decision = Decision([(ann, ana)], together=True, actor="user:1", reason="Same")
    club.command(encode(Event(id="d-1", type=LINKED, occurred_at=clock(), decision=decision)))
    club.sell("ann", 500, 20, "late")  # counts the history anew: this is the first purchase now
    assert club.balance("ann") + club.balance("ana") == 145
    clock.days = 2
    run(club, clock, times=2)
    assert club.balance("ann") + club.balance("ana") == 145
    check(club)


@pytest.mark.parametrize(
    ("named", "told", "points"),
    [
        ("review", "review.posted", 5),
        ("referral", "customer.referred", 5),
        ("custom.app.opened", "custom.app.opened", 5),
        ("consent.given", "consent.given", 5),
        ("custom.app.opened", "custom.app.closed", 0),
    ],
)
def test_any_event_that_a_programme_names_earns(club: Club, named: str, told: str, points: int) -> None:
    club.publish(
        BASE + f'[[bonus]]\nid = "b"\npoint = "points"\non = "{named}"\npoints = 5\nonce = "day"\n',
        since=at(0),
        now=at(0),
    )
    club.enrol("ann")
    event = {"type": told, "customer": {"external_id": "ann", "email": "ann@example.com"}}
    if told == "consent.given":
        event["consent"] = {"channel": "email", "purpose": "marketing"}
    for number, hour in enumerate((1, 2, 30)):  # twice on one day, once on another
        club.tell(event | {"id": f"e-{number}", "occurred_at": at(hour).isoformat()}, door="events")
    club.tell(event | {"id": "e-0", "occurred_at": at(1).isoformat()}, door="events")
    club.tell(event | {"id": "x", "occurred_at": at(1).isoformat(), "customer": {"external_id": "no-member"}})
    assert club.balance("ann") == 2 * points
    check(club)


def test_complaint_10_a_reminder_lists_every_day_on_which_points_end_and_comes_once(
    club: Club, clock: Clock
) -> None:
    text = BASE.replace(
        "value = {", 'expiry = { policy = "days", days = 60 }\nreminder_days = [7, 2]\nvalue = {'
    )
    club.publish(text, since=at(0), now=at(0))
    listen(club.world, "loyalty.points_expiring")
    ann, bob = club.enrol("ann"), club.enrol("bob")
    for who, number, points in ((ann, 8, 30), (ann, 20, 40), (bob, 20, 5)):
        ends = datetime.combine(day(number + 1), time(), LONDON).astimezone(UTC)
        club.say(OPENED, who, 3, amount=points, expires_at=ends)
    run(club, clock)
    assert of(club.world, "loyalty.points_expiring") == []
    clock.days = 1
    run(club, clock, times=3, page=1)
    both = [{"last_day": day(8).isoformat(), "points": 30}, {"last_day": day(20).isoformat(), "points": 40}]
    told = {"profile_id": ann, "programme": 1, "point": "points", "ending": both}
    assert of(club.world, "loyalty.points_expiring") == [told]
    clock.days = 7  # a day late for the second reminder, and nothing ran
    run(club, clock, times=2)
    assert of(club.world, "loyalty.points_expiring") == [told, told]
    clock.days = 14
    run(club, clock, page=1)
    later = of(club.world, "loyalty.points_expiring")[2:]
    assert [
        (one["profile_id"], one["ending"]) for one in sorted(later, key=lambda one: one["profile_id"] != ann)
    ] == [
        (ann, both[1:]),
        (bob, [{"last_day": day(20).isoformat(), "points": 5}]),
    ]


def test_a_tier_that_ends_is_announced_once_and_not_where_it_is_kept(club: Club, clock: Clock) -> None:
    text = (
        BASE.replace("[currencies]", KNOWN + "[currencies]")
        + TIERS
        + "[cycle]\nmonths = 12\nwarn_days = 10\n"
    )
    club.publish(text, since=at(0), now=at(0))
    listen(club.world, "loyalty.tier_ending")
    bought = datetime.combine(day(15), time(10), LONDON)
    bought = bought.replace(year=bought.year - 1)  # gold until the day before a year later: in 14 days
    hour = (bought.astimezone(UTC) - at(0)).total_seconds() / 3_600
    ann = club.sell("ann", 15_000, hour).profile_id
    club.sell("bob", 15_000, hour)
    club.sell("bob", 12_000, hour + 24 * 60)
    run(club, clock)
    clock.days = 3
    run(club, clock)
    assert of(club.world, "loyalty.tier_ending") == []
    clock.days = 6
    run(club, clock, times=2, page=1)
    clock.days = 8
    run(club, clock)
    (told,) = of(club.world, "loyalty.tier_ending")
    assert told == {
        "profile_id": ann,
        "programme": 1,
        "tier": "gold",
        "until": (bought.date().replace(year=bought.year + 1) - timedelta(days=1)).isoformat(),
        "becomes": "base",
        "keep_missing": told["keep_missing"],
    }
