"""What the till's calls write, told to an engine and played again from its log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from regulars.vocabulary.events import ENROLLED, HELD
from tests.engine.club import BASE, Club, sale
from tests.engine.test_points import check, running
from tests.engine.world import World


@pytest.fixture
def club(world: World) -> Iterator[Club]:
    with running(world) as found:
        found.publish(BASE)
        yield found


def test_a_claimed_sale_moves_to_its_member_with_all_that_came_back_of_it(club: Club) -> None:
    club.enrol("ann")
    club.tell(sale(None, 5_000, 1, "R-1", lines=(("1", 2, 4_000), ("2", 1, 1_000))))
    back = sale(None, 2_000, 2, "B-1", lines=(("1", 1, 2_000),))
    back["type"] = "sale.refunded"
    back["sale"]["original_receipt"] = "R-1"
    club.tell(back)
    club.sell("ann", 1_000, 3)
    club.tell(sale("ann", 5_000, 1, "R-1", lines=(("1", 2, 4_000), ("2", 1, 1_000)), version=2))
    assert club.balance("ann") == 10 + 30
    check(club.world)


def test_a_blocked_member_cannot_hold_and_a_replaced_card_blocks_nobody(club: Club) -> None:
    ann = club.enrol("ann")
    club.sell("ann", 10_000, 1)
    club.say(ENROLLED, ann, status="blocked")
    assert club.say(HELD, ann, amount=10).refused == "member_blocked"
    club.say(ENROLLED, ann, status="replaced")
    assert club.say(HELD, ann, amount=10).state == "open"
    check(club.world)
