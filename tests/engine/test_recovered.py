"""R5, the other way: points that were spent when their sale came back are kept from the refund in money."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from regulars.vocabulary.events import CAPTURED, HELD, SWEPT
from tests.engine.club import BASE, Club, sale
from tests.engine.test_held_back import check
from tests.engine.world import World

pytestmark = pytest.mark.embedded_only


@pytest.fixture
def club(world: World) -> Iterator[Club]:
    gate = world.gate()
    try:
        yield Club(world, gate)
    finally:
        gate.close()


def refund(club: Club, minor: int, keeps: int, number: int = 1) -> None:
    """A till takes back goods of R-1 for so much, and may keep so much of the money."""
    event = sale("ann", minor, 5, f"B-{number}", lines=(("1", minor // 1_000, minor),))
    event["type"], event["loyalty"] = "sale.refunded", {"recovers_minor": keeps}
    event["sale"]["original_receipt"] = "R-1"
    club.tell(event)


def spent(club: Club, points: int) -> str:
    """A member with 100 points of R-1 who spent some of them."""
    ann = club.enrol("ann")
    club.sell("ann", 10_000, 1, "R-1", lines=(("1", 10, 10_000),))
    club.say(CAPTURED, ann, hold=club.say(HELD, ann, amount=points).hold)
    return ann


def test_r5_what_is_kept_settles_the_debt_exactly_and_goes_back_with_the_return(club: Club) -> None:
    club.publish(BASE + "[debt]\nrecover_from_refund = true\n")
    ann = spent(club, 70)
    refund(club, 5_000, 5_000)  # 50 points, of which 30 are there
    assert club.say(SWEPT, ann).points[0].balance == 0
    assert club.world.rows("select debt from loyalty_account") == [({},)]
    entries = club.world.rows(
        "select debit, credit, amount::int from ledger_entry where debit = 'recovered' or credit = 'recovered'"
    )
    assert entries == [("recovered", "debt", 20)]
    club.tell(sale("ann", 0, 6, "B-1") | {"id": "v-1", "type": "sale.voided"})
    assert club.say(SWEPT, ann).points[0].balance == 30
    check(club)


def test_r5_no_more_is_kept_than_the_refund_pays_in_money(club: Club) -> None:
    club.publish(BASE + "[debt]\nrecover_from_refund = true\n")
    ann = spent(club, 100)
    refund(club, 5_000, 8)
    assert club.say(SWEPT, ann).points[0].balance == 8 - 50
    club.sell("ann", 10_000, 9)
    assert club.say(SWEPT, ann).points[0].balance == 58
    check(club)


def test_r5_a_programme_that_does_not_say_so_keeps_nothing(club: Club) -> None:
    club.publish(BASE)
    ann = spent(club, 100)
    refund(club, 5_000, 5_000)
    assert club.say(SWEPT, ann).points[0].balance == -50
    check(club)
