"""What people complain of elsewhere, by the numbers of the list the rules were made from; the others are in tests/core."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.json import encode

from regulars.capabilities.loyalty.expiry import upcoming
from regulars.vocabulary.events import CAPTURED, HELD, OPENED, RELEASED, SWEPT
from regulars.vocabulary.intake import TILL
from tests.engine.club import BASE, LONDON, Club, sale
from tests.engine.test_points import check
from tests.engine.world import World

pytestmark = pytest.mark.embedded_only  # the same statements run on both in test_points.py
POINTS = {"kind": "points", "amount_minor": 100}


@pytest.fixture
def club(world: World) -> Iterator[Club]:
    gate = world.gate()
    try:
        found = Club(world, gate)
        found.publish(BASE)
        found.enrol("ann")
        yield found
    finally:
        gate.close()


def ann(club: Club) -> str:
    """The record of the one member."""
    return club.world.vault.hash("record", "1", "external_id", "ann")


def buy_with_points(club: Club, receipt: str, hour: int) -> None:
    """A sale of 10.00 in two lines, 1.00 of it paid with 100 points."""
    hold = club.say(HELD, ann(club), hour, amount=100).hold
    tenders = [POINTS, {"kind": "card", "amount_minor": 900}]
    lines = (("1", 1, 600), ("2", 1, 400))
    club.sell("ann", 1_000, hour, receipt, lines=lines, tenders=tenders, loyalty={"spends": [{"hold": hold}]})


def test_complaint_1_buying_and_refunding_over_and_over_earns_nothing(club: Club) -> None:
    for number in range(5):
        club.sell("ann", 3_000, 2 * number + 1, f"R-{number}")
        club.refund("ann", f"R-{number}", 2 * number + 2, ("1", 1, 3_000))
        assert club.balance("ann") == 0
    check(club.world)


def test_complaint_2_a_refund_does_not_spend_the_points_again(club: Club) -> None:
    club.say(OPENED, ann(club), amount=500)
    buy_with_points(club, "R-1", 1)
    assert club.balance("ann") == 409
    club.refund("ann", "R-1", 2, ("1", 1, 600))
    # 60 of the 100 points come back with the line they paid for, and its share of the 9 earned goes.
    assert club.balance("ann") == 409 + 60 - 5
    club.refund("ann", "R-1", 3, ("2", 1, 400))
    assert club.balance("ann") == 500
    check(club.world)


def test_complaint_3_a_till_that_sends_its_queue_again_doubles_nothing(club: Club) -> None:
    queue = [encode(sale("ann", 1_000, n, f"R-{n}") | {"id": f"first-{n}"}) for n in range(1, 6)]
    again = [encode(sale("ann", 1_000, n, f"R-{n}") | {"id": f"second-{n}"}) for n in range(1, 6)]
    source = club.world.sources[1]
    with ThreadPoolExecutor(4) as pool:
        waiting = [
            pool.submit(club.gate.submit_wait, source, bodies, door=TILL) for bodies in (queue, again, queue)
        ]
        statuses = [one.result()[0].status for one in waiting]
    assert "rejected" not in statuses
    assert club.balance("ann") == 50
    check(club.world)


@pytest.mark.parametrize("order", range(4))
def test_complaint_4_cancelling_and_refunding_commute(club: Club, order: int) -> None:
    back: dict[str, Any] = sale("ann", 600, 3, "B-1", lines=(("1", 1, 600),))
    back["type"] = "sale.refunded"
    back["sale"]["original_receipt"] = "R-1"
    told = [
        sale("ann", 1_000, 1, "R-1", lines=(("1", 1, 600), ("2", 1, 400))),
        back,
        sale("ann", 0, 4, "R-1") | {"id": "v-1", "type": "sale.voided"},
        sale("ann", 2_000, 2, "R-2"),
    ]
    random.Random(order).shuffle(told)
    for event in told:
        club.tell(event)
    assert club.balance("ann") == 20
    check(club.world)


def test_complaint_10_every_lot_that_will_end_is_shown(club: Club) -> None:
    now = datetime.now(UTC)
    for number, days in enumerate((5, 40, 40, 90)):
        club.say(OPENED, ann(club), amount=10 * (number + 1), expires_at=now + timedelta(days=days))
    rows = club.world.rows("select expires_at, remaining from loyalty_lot where remaining > 0")
    found = upcoming(rows, now, LONDON)
    assert [(one.points, one.days_left) for one in found] == [(10, 5), (50, 40), (40, 90)]


def test_complaint_13_a_rule_that_is_gone_still_takes_back_what_it_gave(club: Club) -> None:
    club.sell("ann", 10_000, 1, "R-1")
    now = datetime.now(UTC)
    club.publish(
        BASE.split("[[earn]]")[0] + '[[earn]]\nid = "other"\npoint = "points"\nper = "sale"\npoints = 1\n',
        since=now,
        now=now,
    )
    club.refund("ann", "R-1", 2, ("1", 1, 10_000))
    assert club.balance("ann") == 0
    check(club.world)


def test_complaint_14_what_is_not_refunded_of_the_shipping_keeps_no_points(club: Club) -> None:
    """R9: everything but the shipping came back, and shipping never earned."""
    club.sell("ann", 3_500, 1, "R-1", lines=(("1", 1, 3_000),), shipping_minor=500)
    assert club.balance("ann") == 30
    club.refund("ann", "R-1", 2, ("1", 1, 3_000))
    assert club.balance("ann") == 0
    check(club.world)


def test_complaint_15_points_are_taken_when_they_are_asked_for(club: Club) -> None:
    """Nobody has to choose the customer again: a hold lowers what is there in its own answer."""
    club.say(OPENED, ann(club), amount=500)
    held = club.say(HELD, ann(club), amount=300)
    assert (held.points[0].balance, held.points[0].held) == (500, 300)
    assert club.say(CAPTURED, ann(club), hold=held.hold).points[0].balance == 200
    again = club.say(HELD, ann(club), amount=100)
    assert club.say(RELEASED, ann(club), hold=again.hold).points[0].held == 0
    assert club.say(SWEPT, ann(club)).points[0].balance == 200
    check(club.world)
