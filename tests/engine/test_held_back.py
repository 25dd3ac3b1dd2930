"""F3: what is suspicious is pending with a reason, until a person decides or its time is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from regulars.store.ledger_audit import audit_ledger
from regulars.vocabulary.events import HELD, REVIEWED, SWEPT
from regulars.vocabulary.intake import LoyaltyAnswer
from tests.engine.club import BASE, TIERS, Club, at, sale
from tests.engine.world import World

pytestmark = pytest.mark.embedded_only
WAIT = '[limits]\nbeyond = "wait"\nreview_days = 7\n'


class Clock:
    """The engine's, which stands still until it is set: so many hours after the start."""

    def __init__(self) -> None:
        self.hour = 100.0

    def __call__(self) -> datetime:
        return at(self.hour)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def club(world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Club]:
    """A club whose hours lie around now: the log takes events of these months alone."""
    start = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) - timedelta(days=2)
    monkeypatch.setattr("tests.engine.club.START", start)
    gate = world.gate(clock=clock)
    try:
        yield Club(world, gate)
    finally:
        gate.close()


def publish(club: Club, text: str) -> None:
    club.publish(text, since=at(-100), now=at(0))


def check(club: Club) -> None:
    world = club.world
    with world.database.session(world.workspace_id) as connection:
        assert audit_ledger(connection, world.workspace_id) == []
    assert world.rebuild_differences() == []


def asked(club: Club) -> list[tuple[Any, ...]]:
    """What waits for a person: why, how many points, in which stores; the first one first."""
    return club.world.rows(
        "select command ->> 'why', (command ->> 'amount')::int, stores from approval"
        " where state = 'open' order by expires_at, approval_id"
    )


def decide(club: Club, member: str, status: str) -> LoyaltyAnswer:
    """A person's word on the only earning that waits."""
    ((earning,),) = club.world.rows("select command ->> 'earning' from approval where state = 'open'")
    return club.say(REVIEWED, member, earning=earning, status=status, actor="user:1")


def stood(answer: LoyaltyAnswer) -> tuple[int, int, str]:
    return answer.points[0].balance, answer.points[0].pending, answer.waits


def test_f3_what_goes_beyond_the_points_of_a_day_waits_and_is_good_on_its_own_in_the_end(
    club: Club, clock: Clock
) -> None:
    publish(club, BASE + WAIT + "points_per_day = 100\n")
    ann = club.enrol("ann")
    assert stood(club.sell("ann", 6_000, 1).loyalty[0]) == (60, 0, "")
    assert stood(club.sell("ann", 5_000, 2, "R-2").loyalty[0]) == (60, 50, "points_per_day")
    assert stood(club.sell("ann", 2_000, 26).loyalty[0]) == (80, 50, "")  # another day
    assert asked(club) == [("points_per_day", 50, ["s1"])]
    assert club.say(HELD, ann, amount=81).refused == "insufficient_points"
    clock.hour = 2 + 7 * 24
    assert stood(club.say(SWEPT, ann)) == (130, 0, "")
    check(club)


def test_f3_a_late_sale_of_the_day_moves_what_waits_and_nothing_is_asked_twice(club: Club) -> None:
    publish(club, BASE + WAIT + "points_per_day = 100\n")
    club.enrol("ann")
    club.sell("ann", 8_000, 5, "R-5")
    assert asked(club) == []
    (answer,) = club.sell("ann", 7_000, 2, "R-2").loyalty
    assert (answer.points[0].balance, answer.points[0].pending) == (70, 80)
    assert asked(club) == [("points_per_day", 80, ["s1"])]
    club.tell(sale("ann", 0, 6, "R-2") | {"id": "v-2", "type": "sale.voided"})
    assert asked(club) == []
    assert club.balance("ann") == 80
    check(club)


def test_f3_the_uses_of_a_card_in_a_day_are_counted_by_the_card(club: Club) -> None:
    publish(club, BASE + WAIT + "card_uses_per_day = 2\n")
    club.enrol("ann")
    club.enrol("bob")
    for hour in (1, 2):
        assert club.sell("ann", 1_000, hour).loyalty[0].waits == ""
    assert club.sell("bob", 1_000, 3).loyalty[0].waits == ""
    assert club.sell("ann", 1_000, 4).loyalty[0].waits == "card_uses_per_day"
    check(club)


def test_f3_r1_a_refund_lowers_what_waits_and_a_refusal_takes_the_rest_with_its_credit(club: Club) -> None:
    publish(club, BASE + TIERS + WAIT + "points_per_day = 100\n")
    ann = club.enrol("ann")
    club.sell("ann", 12_000, 1, "R-1", lines=(("1", 3, 9_000), ("2", 1, 3_000)))
    assert asked(club) == [("points_per_day", 120, ["s1"])]
    answer = club.refund("ann", "R-1", 20, ("1", 1, 3_000)).loyalty[-1]
    assert stood(answer)[:2] == (0, 90)
    assert asked(club) == [("points_per_day", 90, ["s1"])]
    assert club.sell("ann", 1_000, 30).loyalty[0].points[0].change == 20  # gold, while nobody decided
    refused = decide(club, ann, "refused")
    assert (stood(refused), refused.tier) == ((10, 0, ""), "base")
    club.refund("ann", "R-1", 40, ("1", 2, 6_000), ("2", 1, 3_000))
    assert club.balance("ann") == 10
    check(club)


def test_f3_what_a_person_released_can_be_spent_and_stays_released(club: Club) -> None:
    publish(club, BASE + WAIT + "points_per_day = 100\n")
    ann = club.enrol("ann")
    club.sell("ann", 12_000, 5, "R-1")
    assert stood(decide(club, ann, "released")) == (120, 0, "")
    (answer,) = club.sell("ann", 500, 1).loyalty  # counts the day anew
    assert stood(answer)[:2] == (125, 0)
    ((earning,),) = club.world.rows("select command ->> 'earning' from approval")
    again = club.say(REVIEWED, ann, earning=earning, status="refused")
    assert again.refused == "not_waiting"
    check(club)


def test_f3_what_is_refused_unless_somebody_looks_never_becomes_good(club: Club, clock: Clock) -> None:
    publish(club, BASE + TIERS + WAIT + 'points_per_day = 100\nunreviewed = "refuse"\n')
    ann = club.enrol("ann")
    assert club.sell("ann", 12_000, 1).loyalty[0].tier == "base"
    clock.hour = 1 + 7 * 24
    assert stood(club.say(SWEPT, ann)) == (0, 0, "")
    assert club.balance("ann") == 0
    check(club)


def test_f3_a_cashier_who_is_the_customer_has_to_wait(club: Club) -> None:
    publish(club, BASE + WAIT + "own_card = true\n")
    for number, (code, address) in enumerate((("c-1", "Ann@Example.com"), ("c-2", "bob@example.com"))):
        staff = {"code": code, "email": address}
        club.tell(
            {
                "id": f"staff-{number}",
                "type": "staff.updated",
                "occurred_at": at(0).isoformat(),
                "staff_details": staff,
            }
        )
    club.enrol("ann")
    told = {"id": "web", "type": "customer.updated", "occurred_at": at(0).isoformat()}
    club.tell(told | {"customer": {"external_id": "ann", "email": "ann@example.com"}})
    waits = [
        club.sell("ann", 1_000, hour, staff=code).loyalty[0].waits
        for hour, code in ((1, "c-2"), (2, "c-1"), (3, "nobody"))
    ]
    assert waits == ["", "own_card", ""]
    assert asked(club) == [("own_card", 10, ["s1"])]
    check(club)


def test_f3_somebody_referred_from_the_same_device_or_home_waits(club: Club) -> None:
    referral = '[[bonus]]\nid = "friend"\npoint = "points"\non = "referral"\npoints = 50\nonce = "always"\n'
    publish(club, BASE + referral + WAIT + "same_referral = true\n")
    club.enrol("ann")
    flat = {"line1": "1 High St", "postcode": "N1 1AA", "city": "London", "country": "GB"}
    people: dict[str, dict[str, Any]] = {
        "ann": {"device": "d-1", "family_name": "Lee", "address": flat},
        "eve": {"device": "d-1"},
        "zoe": {"device": "d-2"},
    }
    for name, more in people.items():
        told = {"id": f"about-{name}", "type": "customer.updated", "occurred_at": at(0).isoformat()}
        club.tell(told | {"customer": {"external_id": name} | more})
    waits = {}
    for hour, name in enumerate(("zoe", "eve", "ann", "unknown"), 1):
        told = {"id": f"ref-{name}", "type": "customer.referred", "occurred_at": at(hour).isoformat()}
        result = club.tell(told | {"customer": {"external_id": "ann"}, "properties": {"referred": name}})
        waits[name] = result.loyalty[0].waits
    assert waits == {"zoe": "", "eve": "same_referral", "ann": "same_referral", "unknown": ""}
    assert club.balance("ann") == 200
    check(club)


def test_limits_that_only_tell_hold_nothing_back(club: Club) -> None:
    publish(club, BASE + "[limits]\npoints_per_day = 10\ncard_uses_per_day = 1\n")
    club.enrol("ann")
    for hour in (1, 2):
        assert club.sell("ann", 5_000, hour).loyalty[0].points[0].pending == 0
    assert asked(club) == []
    assert club.world.rows("select used from loyalty_account") == [({},)]


def test_the_time_for_a_decision_can_pass(club: Club, clock: Clock) -> None:
    publish(club, BASE + WAIT + "points_per_day = 100\n")
    ann = club.enrol("ann")
    club.sell("ann", 12_000, 1)
    clock.hour = 1 + 7 * 24
    assert decide(club, ann, "refused").refused == "not_waiting"
    (days,) = club.world.rows("select expires_at - asked_at from approval")
    assert days[0] == timedelta(hours=1 + 7 * 24 - 100)
    check(club)
