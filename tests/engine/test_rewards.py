"""Rewards of the catalogue: held by name, had with a sale, and what comes back of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from regulars.vocabulary.events import ADJUSTED, CAPTURED, HELD
from tests.engine.club import BASE, Club, sale
from tests.engine.test_points import check, running
from tests.engine.world import World
from tests.rewards import REWARDS

pytestmark = pytest.mark.embedded_only
TIERS = """
[[tier]]
code = "base"
name = "Base"
[[tier]]
code = "gold"
name = "Gold"
threshold = 1_000_000
"""
VOUCHERS = "select value_minor, currency, expires_at, record_id, sealed is not null from promotion_code"


@pytest.fixture
def club(world: World) -> Iterator[Club]:
    with running(world) as found:
        found.publish(BASE + TIERS + REWARDS)
        yield found


def rich(club: Club) -> str:
    """Somebody with a thousand points."""
    ann = club.enrol("ann")
    assert club.say(ADJUSTED, ann, amount=1_000, reason="To spend.").refused is None
    return ann


def bought(club: Club, hold: str | None, receipt: str = "R-1", hour: int = 2, **more: Any) -> None:
    """Two lines of 10.00, of which the second is the mug, with a hold."""
    event = sale("ann", 1_000, hour, receipt, lines=(("1", 1, 1_000), ("2", 1, 0)), **more)
    club.tell(event | {"loyalty": {"spends": [{"hold": hold}]}})


def test_points_and_their_type_follow_from_the_reward(club: Club) -> None:
    ann = rich(club)
    assert club.say(HELD, ann, 1, reward="no-such").refused == "unknown_reward"
    assert club.say(HELD, ann, 1, reward="gala").refused == "other_tier"
    answer = club.say(HELD, ann, 1, reward="mug", amount=5)
    assert (answer.refused, answer.points[0].held) == (None, 200)
    assert club.say(HELD, ann, 1, amount=900).refused == "insufficient_points"
    part = club.say(CAPTURED, ann, 1, hold=answer.hold, amount=100)
    assert (part.refused, part.points[0].balance) == (None, 800), "a reward is had as a whole"
    told = club.world.rows("select reason from ledger_txn where kind = 'hold'")
    assert told == [("A mug",)]
    check(club.world)


def test_r7_points_of_a_product_come_back_with_it_alone(club: Club) -> None:
    ann = rich(club)
    bought(club, club.say(HELD, ann, 1, reward="mug").hold)
    assert club.balance("ann") == 810
    club.refund("ann", "R-1", 3, ("1", 1, 1_000))
    assert club.balance("ann") == 800, "what it earned is taken back, and the mug is kept"
    club.refund("ann", "R-1", 4, ("2", 1, 0))
    assert club.balance("ann") == 1_000
    check(club.world)


def test_c14_a_voucher_is_no_part_of_the_goods(club: Club) -> None:
    ann = rich(club)
    bought(club, club.say(HELD, ann, 1, reward="later").hold)
    ((value, currency, ends, record_id, sealed),) = club.world.rows(VOUCHERS)
    assert (value, currency, record_id.hex, sealed) == (200, "GBP", ann, True)
    assert ends == datetime(2026, 4, 1, 23, tzinfo=UTC), "30 days after the sale, at midnight in London"
    club.refund("ann", "R-1", 3, ("1", 1, 1_000), ("2", 1, 0))
    assert club.balance("ann") == 900, "all goods came back; the voucher is kept and its points stay spent"
    check(club.world)


def test_a_void_takes_the_voucher_back_and_gives_the_points(club: Club) -> None:
    ann = rich(club)
    bought(club, club.say(HELD, ann, 1, reward="later").hold)
    club.tell(sale("ann", 0, 3, "R-1") | {"id": "v-1", "type": "sale.voided"})
    assert club.balance("ann") == 1_000
    revoked = "select h.returned from promotion_code c join loyalty_hold h on h.hold_id = c.hold_id"
    assert club.world.rows(revoked) == [(100,)]
    check(club.world)


def test_points_of_a_voucher_that_was_used_stay_spent_when_its_sale_is_voided(club: Club) -> None:
    """Else they would have both: what the voucher took off, and the points that bought it."""
    ann = rich(club)
    bought(club, club.say(HELD, ann, 1, reward="later").hold)
    ((code,),) = club.world.rows("select replace(code_hash::text, '-', '') from promotion_code")
    used = [{"promotion": "~voucher", "version": 1, "amount_minor": 200, "code": code, "code_most": 1}]
    club.sell("ann", 1_000, 3, "R-2", loyalty={"promotions": used})
    club.tell(sale("ann", 0, 4, "R-1") | {"id": "v-1", "type": "sale.voided"})
    assert club.balance("ann") == 910, "R-2 earned 10, and what R-1 earned went"
    assert club.world.rows("select returned from loyalty_hold") == [(0,)]
    check(club.world)
    club.tell(sale("ann", 0, 5, "R-2") | {"id": "v-2", "type": "sale.voided"})
    assert club.balance("ann") == 900, "the voucher is good again, so it is that or the points"
    assert club.world.rows("select uses from promotion_count where scope = 'code'") == [(0,)]
    check(club.world)


def test_a_sale_of_nothing_but_a_reward_can_come_back(club: Club) -> None:
    ann = rich(club)
    hold = club.say(HELD, ann, 1, reward="mug").hold
    event = sale("ann", 0, 2, "R-9", lines=(("1", 1, 0),))
    club.tell(event | {"loyalty": {"spends": [{"hold": hold}]}})
    assert club.balance("ann") == 800
    club.refund("ann", "R-9", 3, ("1", 1, 0))
    assert club.balance("ann") == 1_000
    check(club.world)
